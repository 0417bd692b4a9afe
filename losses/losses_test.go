package losses

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var all = map[string]Loss{
	"cross-entropy":          CrossEntropy{},
	"margin":                 Margin{Gamma: 1},
	"margin 3":               Margin{Gamma: 3},
	"local energy":           LocalEnergy{Temperature: 0.1},
	"local energy T=0":       LocalEnergy{},
	"local energy T=4 h0=.5": LocalEnergy{Temperature: 4, Offset: 0.5},
	"boltzmann":              Boltzmann{Temperature: 0.3},
	"boltzmann T=5":          Boltzmann{Temperature: 5},
}

var central = &fd.Settings{Formula: fd.Central, Step: 1e-6}

func TestSlopeIsDerivative(t *testing.T) {
	for name, loss := range all {
		t.Run(name, func(t *testing.T) {
			for _, c := range []float64{0, 0.2, 3, 17} {
				for u := -6.13; u < 6; u += 0.37 { // off the margin's corner
					_, got := loss.At(u, c)
					want := fd.Derivative(func(x float64) float64 { l, _ := loss.At(x, c); return l }, u, central)
					if math.Abs(got-want) > 1e-6 {
						t.Errorf("u = %v, c = %v: slope %v, central difference %v", u, c, got, want)
					}
				}
			}
		})
	}
}

// The values follow from the definitions with p and q written out.
func TestValues(t *testing.T) {
	entropy := func(q float64) float64 { return -q*math.Log(q) - (1-q)*math.Log(1-q) }
	for _, u := range []float64{-3, -0.5, 0, 0.7, 4} {
		for _, c := range []float64{0, 0.4, 2} {
			q := 1 / (1 + math.Exp(u)) // wrong
			p := 1 / (1 + math.Exp(c/0.3))
			for _, test := range []struct {
				loss Loss
				want float64
			}{
				{CrossEntropy{}, -math.Log(1 - q)},
				{Margin{Gamma: 1}, math.Max(0, 1-u)},
				{LocalEnergy{Temperature: 0.1, Offset: 0.25}, (c+0.5)*q - 0.1*entropy(q)},
				{Boltzmann{Temperature: 0.3}, -p*math.Log(q) - (1-p)*math.Log(1-q)},
			} {
				if got, _ := test.loss.At(u, c); math.Abs(got-test.want) > 1e-12 {
					t.Errorf("%#v at u = %v, c = %v: got %v, want %v", test.loss, u, c, got, test.want)
				}
			}
		}
	}
}

func TestMinimumOfLocalEnergy(t *testing.T) {
	loss := LocalEnergy{Temperature: 0.7, Offset: 0.2}
	if _, slope := loss.At((3+2*0.2)/0.7, 3); math.Abs(slope) > 1e-15 {
		t.Errorf("slope %v at u = (c+2h0)/T, want 0", slope)
	}
}

func TestExtremeLogits(t *testing.T) {
	for name, loss := range all {
		for _, u := range []float64{-800, 800} {
			for _, c := range []float64{0, 1, 1e3} {
				l, slope := loss.At(u, c)
				if math.IsNaN(l+slope) || math.IsInf(l+slope, 0) {
					t.Errorf("%s at u = %v, c = %v: %v, slope %v", name, u, c, l, slope)
				}
			}
		}
	}
	for _, test := range []struct {
		loss       Loss
		u, c, want float64
	}{
		{CrossEntropy{}, -800, 0, 800}, {CrossEntropy{}, 800, 0, 0},
		{Margin{Gamma: 1}, -800, 0, 801}, {Margin{Gamma: 1}, 800, 0, 0},
		{LocalEnergy{Temperature: 0.1}, -800, 3, 3}, {LocalEnergy{Temperature: 0.1}, 800, 3, 0},
		{Boltzmann{Temperature: 1}, -800, 0, 400}, {Boltzmann{Temperature: 1}, 800, 0, 400},
	} {
		if got, _ := test.loss.At(test.u, test.c); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%#v at %v: got %v, want %v", test.loss, test.u, got, test.want)
		}
	}
	// Two spins joined by J = 1, both saturated the same way: -J m m = -1.
	got := TrueEnergy(nil, []float64{800, 800, -800, -800}, []float64{0, 1, 0, 0, 0, 1, 0, 0}, 2, 2, 0.5)
	if want := -2.0 / 4; math.Abs(got-want) > 1e-12 {
		t.Errorf("true energy at ±800: got %v, want %v", got, want)
	}
}

// sample returns logits, labels with some missing, and costs of n entries.
func sample(rng *rand.Rand, n int) (z, y, c []float64) {
	for range n {
		z = append(z, 2*rng.NormFloat64())
		y = append(y, float64(rng.IntN(3)-1))
		c = append(c, rng.ExpFloat64())
	}
	return z, y, c
}

func TestInstanceGradients(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, loss := range all {
		z, y, c := sample(rng, 12)
		for kind, of := range map[string]func(grad, z []float64) float64{
			"mean":      func(grad, z []float64) float64 { return Mean(grad, z, y, c, loss) },
			"symmetric": func(grad, z []float64) float64 { return Symmetric(grad, z, y, c, loss) },
		} {
			t.Run(name+" "+kind, func(t *testing.T) { checkGradient(t, z, of) })
		}
	}
	J := make([]float64, 2*12)
	for i := range J {
		J[i] = rng.NormFloat64()
	}
	z, _, _ := sample(rng, 12)
	t.Run("true energy", func(t *testing.T) {
		checkGradient(t, z, func(grad, z []float64) float64 { return TrueEnergy(grad, z, J, 3, 4, 0.6) })
	})
}

func checkGradient(t *testing.T, z []float64, of func(grad, z []float64) float64) {
	t.Helper()
	got := make([]float64, len(z))
	of(got, z)
	want := fd.Gradient(nil, func(z []float64) float64 { return of(nil, z) }, z, central)
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6 {
			t.Errorf("entry %d: gradient %v, central difference %v", i, got[i], want[i])
		}
	}
}

func TestSymmetricIsMinimumOverFlip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		z, y, c := sample(rng, 9)
		flipped := make([]float64, len(y))
		for i := range y {
			flipped[i] = -y[i]
		}
		for name, loss := range all {
			got := Symmetric(nil, z, y, c, loss)
			want := math.Min(Mean(nil, z, y, c, loss), Mean(nil, z, flipped, c, loss))
			if got != want || got != Symmetric(nil, z, flipped, c, loss) {
				t.Fatalf("%s: got %v, want %v", name, got, want)
			}
		}
	}
}

// At T = 0 and m = ±1 the true energy is H/N.
func TestTrueEnergyOfSpins(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	const rows, cols = 3, 5
	J, z := make([]float64, 2*rows*cols), make([]float64, rows*cols)
	for i := range J {
		J[i] = rng.NormFloat64()
	}
	for i := range z {
		z[i] = 100 * float64(2*rng.IntN(2)-1)
	}
	want := 0.0
	for r := range rows {
		for c := range cols {
			i := r*cols + c
			want -= (J[2*i]*z[(r+1)%rows*cols+c] + J[2*i+1]*z[r*cols+(c+1)%cols]) * z[i] / 1e4 / (rows * cols)
		}
	}
	if got := TrueEnergy(nil, z, J, rows, cols, 0); math.Abs(got-want) > 1e-12 {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEmptyAndMismatched(t *testing.T) {
	grad := []float64{7, 7}
	if got := Mean(grad, []float64{1, 2}, []float64{0, 0}, []float64{1, 1}, CrossEntropy{}); got != 0 || grad[0] != 0 || grad[1] != 0 {
		t.Errorf("without labels: loss %v, gradient %v, want zeros", got, grad)
	}
	for name, f := range map[string]func(){
		"labels":    func() { Mean(nil, []float64{1, 2}, []float64{1}, []float64{1, 1}, CrossEntropy{}) },
		"costs":     func() { Symmetric(nil, []float64{1, 2}, []float64{1, 1}, []float64{1}, CrossEntropy{}) },
		"gradient":  func() { Mean([]float64{0}, []float64{1, 2}, []float64{1, 1}, []float64{1, 1}, CrossEntropy{}) },
		"couplings": func() { TrueEnergy(nil, make([]float64, 4), make([]float64, 7), 2, 2, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestGraphEqualsPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	const batch, rows, cols, channels = 3, 3, 4, 2
	n := rows * cols * channels
	z, y, c := sample(rng, batch*n)
	for name, loss := range all {
		for _, symmetric := range []bool{false, true} {
			of := Mean[float64]
			if symmetric {
				of = Symmetric[float64]
			}
			want, grad := 0.0, make([]float64, batch*n)
			for k := range batch {
				want += of(grad[k*n:(k+1)*n], z[k*n:(k+1)*n], y[k*n:(k+1)*n], c[k*n:(k+1)*n], loss) / batch
			}
			shape := tensor.Shape{batch, rows, cols, channels}
			compare(t, fmt.Sprint(name, symmetric), shape, z, want, grad, 1/float64(batch), func(zn *gorgonia.Node) (*gorgonia.Node, error) {
				g, dt := zn.Graph(), zn.Dtype()
				return Node(loss, zn, input(g, dt, "y", shape, y), input(g, dt, "c", shape, c), symmetric, 2)
			})
		}
	}

	n = rows * cols
	z, _, J := sample(rng, batch*n*2)
	z = z[:batch*n]
	temperature := 0.3
	want, grad := 0.0, make([]float64, batch*n)
	for k := range batch {
		want += TrueEnergy(grad[k*n:(k+1)*n], z[k*n:(k+1)*n], J[2*k*n:2*(k+1)*n], rows, cols, temperature) / batch
	}
	shape := tensor.Shape{batch, rows, cols, 1}
	compare(t, "true energy", shape, z, want, grad, 1/float64(batch), func(zn *gorgonia.Node) (*gorgonia.Node, error) {
		return TrueEnergyNode(zn, input(zn.Graph(), zn.Dtype(), "J", tensor.Shape{batch, rows, cols, 2}, J), &temperature, 2)
	})
}

// input adds a tensor with the given values to the graph.
func input(g *gorgonia.ExprGraph, dt tensor.Dtype, name string, shape tensor.Shape, v []float64) *gorgonia.Node {
	var backing any = append([]float64(nil), v...)
	if dt == tensor.Float32 {
		single := make([]float32, len(v))
		for i := range v {
			single[i] = float32(v[i])
		}
		backing = single
	}
	return gorgonia.NewTensor(g, dt, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name),
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))))
}

// compare runs the node in a graph of either type and checks value and gradient
// against the plain function's; times two runs, so that nothing accumulates.
func compare(t *testing.T, name string, shape tensor.Shape, z []float64, want float64, grad []float64, scale float64, build func(*gorgonia.Node) (*gorgonia.Node, error)) {
	t.Helper()
	for dt, tol := range map[tensor.Dtype]float64{tensor.Float64: 1e-14, tensor.Float32: 1e-5} { // rounding of each type
		g := gorgonia.NewGraph()
		zn := input(g, dt, "z", shape, z)
		cost, err := build(zn)
		if err != nil {
			t.Fatal(name, err)
		}
		grads, err := gorgonia.Grad(cost, zn)
		if err != nil {
			t.Fatal(name, err)
		}
		vm := gorgonia.NewTapeMachine(g)
		defer vm.Close()
		for range 2 {
			vm.Reset()
			if err := vm.RunAll(); err != nil {
				t.Fatal(name, err)
			}
			if got := number(cost.Value().Data()); math.Abs(got-want) > tol*(1+math.Abs(want)) {
				t.Errorf("%s %v: graph %v, plain %v", name, dt, got, want)
			}
			got := numbers(grads[0].Value().Data())
			for i := range grad {
				if math.Abs(got[i]-grad[i]*scale) > tol {
					t.Errorf("%s %v: gradient %d: graph %v, plain %v", name, dt, i, got[i], grad[i]*scale)
				}
			}
		}
	}
}

func number(v any) float64 {
	if single, ok := v.(float32); ok {
		return float64(single)
	}
	return v.(float64)
}

func numbers(v any) []float64 {
	single, ok := v.([]float32)
	if !ok {
		return v.([]float64)
	}
	double := make([]float64, len(single))
	for i := range single {
		double[i] = float64(single[i])
	}
	return double
}

func TestNodeShapes(t *testing.T) {
	g := gorgonia.NewGraph()
	a := input(g, tensor.Float64, "a", tensor.Shape{1, 2, 2, 2}, make([]float64, 8))
	b := input(g, tensor.Float64, "b", tensor.Shape{1, 2, 2, 1}, make([]float64, 4))
	if _, err := Node(CrossEntropy{}, a, a, b, false, 1); err == nil {
		t.Error("labels and costs of different shapes were accepted")
	}
	if _, err := TrueEnergyNode(a, b, new(float64), 1); err == nil {
		t.Error("couplings of one channel were accepted")
	}
}

func ExampleMean() {
	// A spin of label +1 predicted with confidence, one of label -1 left open.
	z, y, c := []float64{3, 0}, []float64{1, -1}, []float64{4, 0.5}
	fmt.Printf("cross-entropy %.3f\n", Mean(nil, z, y, c, CrossEntropy{}))
	fmt.Printf("local energy  %.3f\n", Mean(nil, z, y, c, LocalEnergy{Temperature: 0.1}))
	// Output:
	// cross-entropy 0.371
	// local energy  0.176
}
