package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"spinlearn/internal/base/cputime"
)

func random[T Float](n int, rng *rand.Rand) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(rng.NormFloat64())
	}
	return v
}

// shapes yields small convolutions of every kind and boundary.
func shapes(yield func(Shape)) {
	for _, s := range []Shape{
		{Rows: 3, Cols: 3, In: 1, Out: 1, Width: 3}, {Rows: 4, Cols: 5, In: 4, Out: 16, Width: 3},
		{Rows: 5, Cols: 3, In: 3, Out: 5, Width: 3}, {Rows: 6, Cols: 4, In: 16, Out: 2, Width: 1},
		{Rows: 3, Cols: 7, In: 6, Out: 9, Width: 3}, {Rows: 2, Cols: 2, In: 5, Out: 4, Width: 1},
		{Rows: 2, Cols: 2, In: 4, Out: 4, Width: 3}, {Rows: 40, Cols: 6, In: 2, Out: 3, Width: 3},
	} {
		for k := range 8 {
			s.Periodic, s.ReLU = [2]bool{k&1 > 0, k&2 > 0}, k&4 > 0
			yield(s)
		}
	}
}

// at reads the image x outside its borders as the boundary says.
func at(x []float64, s Shape, r, c, i int) float64 {
	if r < 0 || r >= s.Rows {
		if !s.Periodic[0] {
			return 0
		}
		r = (r + s.Rows) % s.Rows
	}
	if c < 0 || c >= s.Cols {
		if !s.Periodic[1] {
			return 0
		}
		c = (c + s.Cols) % s.Cols
	}
	v := x[(r*s.Cols+c)*s.In+i]
	if s.ReLU {
		v = max(v, 0)
	}
	return v
}

func direct(x, w []float64, s Shape) []float64 {
	y := make([]float64, s.Pixels()*s.Out)
	h := s.Width / 2
	for r := range s.Rows {
		for c := range s.Cols {
			for k := range s.Width {
				for l := range s.Width {
					for i := range s.In {
						for o := range s.Out {
							y[(r*s.Cols+c)*s.Out+o] += at(x, s, r+k-h, c+l-h, i) * w[((k*s.Width+l)*s.In+i)*s.Out+o]
						}
					}
				}
			}
		}
	}
	return y
}

func TestForwardEqualsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	shapes(func(s Shape) {
		t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) {
			x, w := random[float64](s.Pixels()*s.In, rng), random[float64](s.Weights(), rng)
			bias, residual := random[float64](s.Out, rng), random[float64](s.Pixels()*s.Out, rng)
			want := direct(x, w, s)
			for i := range want {
				want[i] += bias[i%s.Out]
			}
			c, ws := NewConv[float64](s, false), &Workspace[float64]{}
			c.SetWeights(w, bias)
			got := make([]float64, len(want))
			c.Forward(got, x, nil, ws)
			near(t, got, want)
			for i := range want {
				want[i] += residual[i]
			}
			c.Forward(got, x, residual, ws)
			near(t, got, want)
		})
	})
}

// A convolution is linear in relu(x) and in w, so <dy, conv(x, w)> equals <dx, x> for
// the input gradient dx and <dw, w> for the weight gradient dw.
func TestGradientsAreAdjoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	shapes(func(s Shape) {
		t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) {
			x, w := random[float64](s.Pixels()*s.In, rng), random[float64](s.Weights(), rng)
			dy := random[float64](s.Pixels()*s.Out, rng)
			want := dot(dy, direct(x, w, s))
			c, ws := NewConv[float64](s, true), &Workspace[float64]{}
			c.SetWeights(w, make([]float64, s.Out))
			dx, residual := make([]float64, len(x)), random[float64](len(x), rng)
			c.InputGradient(dx, dy, x, nil, ws)
			near(t, []float64{dot(dx, x)}, []float64{want})
			if s.ReLU {
				for i := range dx {
					if x[i] <= 0 && dx[i] != 0 {
						t.Fatalf("gradient %v where the ReLU's input is %v", dx[i], x[i])
					}
				}
			}
			for i := range residual {
				residual[i] -= dx[i]
			}
			sum := slices.Clone(residual)
			c.InputGradient(sum, dy, x, sum, ws)
			for i := range residual {
				residual[i] += dx[i]
			}
			near(t, sum, residual)

			g, other := c.NewGradient(), c.NewGradient()
			half := make([]float64, len(dy)) // the gradient is linear in dy, too
			for i := range dy {
				half[i] = dy[i] / 2
			}
			c.WeightGradient(g, x, half, ws)
			c.WeightGradient(other, x, half, ws)
			dw, db := random[float64](len(w), rng), random[float64](s.Out, rng)
			c.Gradients(dw, db, []*Gradient[float64]{g, other})
			near(t, []float64{dot(dw, w)}, []float64{want})
			for o := range s.Out {
				sum := 0.0
				for q := range s.Pixels() {
					sum += dy[q*s.Out+o]
				}
				near(t, db[o:o+1], []float64{sum})
			}
			g.Clear()
			c.WeightGradient(g, x, dy, ws)
			c.Gradients(dw, db, []*Gradient[float64]{g})
			near(t, []float64{dot(dw, w)}, []float64{want})
		})
	})
}

// Each engine for float32 against the portable one in float64, over random shapes: odd
// sides, channels that do not fill vectors. The error is measured in units of the
// rounding error of a single product and sum of the size that the sum of the absolute
// values of all terms has.
func TestSinglePrecision(t *testing.T) {
	for _, e := range singles() {
		t.Run(e.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 3))
			n := 60
			if testing.Short() {
				n = 15
			}
			worst := 0.0
			for range n {
				s := Shape{
					Rows: 3 + rng.IntN(38), Cols: 3 + rng.IntN(38), In: channels(rng), Out: channels(rng), Width: 1 + 2*rng.IntN(2),
					Periodic: [2]bool{rng.IntN(2) == 0, rng.IntN(2) == 0}, ReLU: rng.IntN(2) == 0,
				}
				x, w, bias := random[float32](s.Pixels()*s.In, rng), random[float32](s.Weights(), rng), random[float32](s.Out, rng)
				y, dy := random[float32](s.Pixels()*s.Out, rng), random[float32](s.Pixels()*s.Out, rng)
				got := run(newConv(s, true, e), x, w, bias, y, dy)
				c := NewConv[float64](s, true)
				want := run(c, widen(x), widen(w), widen(bias), widen(y), widen(dy))
				size := run(c, absolute(x), absolute(w), absolute(bias), absolute(y), absolute(dy))
				for k, name := range []string{"output", "input gradient", "weight gradient", "bias gradient"} {
					for i := range want[k] {
						const unit = 1.0 / (1 << 24)
						u := math.Abs(float64(got[k][i])-want[k][i]) / (unit * size[k][i])
						worst = max(worst, u)
						if !(u <= 30) {
							t.Fatalf("%+v: %s, entry %d is %v, want %v: %.1f units", s, name, i, got[k][i], want[k][i], u)
						}
					}
				}
			}
			t.Logf("worst error %.1f units", worst)
		})
	}
}

// All vector kernels add the same products in the same order, so that a model does not
// depend on which of them the processor has.
func TestVectorKernelsAgree(t *testing.T) {
	engines := vectorEngines()
	if len(engines) < 2 {
		t.Skip("the processor has fewer than two kinds of vector kernels")
	}
	rng := rand.New(rand.NewPCG(1, 5))
	for range 30 {
		s := Shape{
			Rows: 3 + rng.IntN(20), Cols: 3 + rng.IntN(20), In: channels(rng), Out: channels(rng), Width: 1 + 2*rng.IntN(2),
			Periodic: [2]bool{rng.IntN(2) == 0, rng.IntN(2) == 0}, ReLU: rng.IntN(2) == 0,
		}
		x, w, bias := random[float32](s.Pixels()*s.In, rng), random[float32](s.Weights(), rng), random[float32](s.Out, rng)
		y, dy := random[float32](s.Pixels()*s.Out, rng), random[float32](s.Pixels()*s.Out, rng)
		want := run(newConv(s, true, engines[0]), x, w, bias, y, dy)
		for _, e := range engines[1:] {
			got := run(newConv(s, true, e), x, w, bias, y, dy)
			for k := range want {
				if !slices.Equal(got[k], want[k]) {
					t.Fatalf("%+v: result %d of %s differs from that of %s", s, k, e.name, engines[0].name)
				}
			}
		}
	}
}

// channels draws 1 to 130, mostly few.
func channels(rng *rand.Rand) int { return int(math.Exp(rng.Float64() * math.Log(131))) }

// run returns output, input gradient, weight gradient and bias gradient.
func run[T Float](c *Conv[T], x, w, bias, y, dy []T) [4][]T {
	ws := &Workspace[T]{}
	c.SetWeights(w, bias)
	out, dx := make([]T, len(y)), make([]T, len(x))
	c.Forward(out, x, y, ws)
	c.InputGradient(dx, dy, x, x, ws)
	g := c.NewGradient()
	c.WeightGradient(g, x, dy, ws)
	dw, db := make([]T, len(w)), make([]T, len(bias))
	c.Gradients(dw, db, []*Gradient[T]{g})
	return [4][]T{out, dx, dw, db}
}

func TestElementwise(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	for _, e := range singles() {
		for n := range 70 {
			x, y := random[float32](n, rng), random[float32](n, rng)
			positive, sum := make([]float32, n), slices.Clone(y)
			e.relu(positive, x, 1, n, n)
			e.add(sum, x)
			for i := range n {
				if positive[i] != max(x[i], 0) || sum[i] != x[i]+y[i] {
					t.Fatalf("%s: length %d, entry %d: %v and %v of %v and %v", e.name, n, i, positive[i], sum[i], x[i], y[i])
				}
			}
		}
		x := make([]float32, 33)
		x[0], x[32] = float32(math.NaN()), float32(math.NaN())
		e.relu(x, x, 3, 11, 11)
		if x[0] == x[0] || x[32] == x[32] {
			t.Errorf("%s: ReLU of NaN is %v and %v: a broken network would go unseen", e.name, x[0], x[32])
		}
	}
}

func TestChoose(t *testing.T) {
	engines := singles()
	for _, e := range engines {
		if got, err := choose(e.name, engines); err != nil || got != e {
			t.Errorf("%s: got %s, %v", e.name, got.name, err)
		}
	}
	if got, err := choose("", engines); err != nil || got != engines[0] {
		t.Errorf("got %s, %v; want the best", got.name, err)
	}
	last := engines[len(engines)-1:]
	for _, name := range []string{"avx2", "AVX512", "sse"} {
		if _, err := choose(name, last); err == nil || !strings.Contains(err.Error(), Variable) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), portableName) {
			t.Errorf("%s on a processor that lacks it: %v", name, err)
		}
	}
	names := map[string]bool{}
	for _, e := range engines {
		names[e.name] = true
	}
	if names["avx512"] != cpu.X86.HasAVX512F || names["avx2"] != (cpu.X86.HasAVX2 && cpu.X86.HasFMA) {
		t.Errorf("engines %v on a processor with AVX-512 %v, AVX2 %v", names, cpu.X86.HasAVX512F, cpu.X86.HasAVX2)
	}
}

func widen(v []float32) []float64 {
	w := make([]float64, len(v))
	for i := range v {
		w[i] = float64(v[i])
	}
	return w
}

func absolute(v []float32) []float64 {
	w := widen(v)
	for i := range w {
		w[i] = math.Abs(w[i])
	}
	return w
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func near(t *testing.T, got, want []float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-10*(1+math.Abs(want[i]))) { // rounding of at most a few hundred products
			t.Fatalf("entry %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func BenchmarkPeak(b *testing.B) {
	for _, e := range singles() {
		b.Run(e.name, func(b *testing.B) {
			n := 0
			start := cputime.Now()
			for b.Loop() {
				n += e.peak(1e6)
			}
			b.ReportMetric(float64(n)/(cputime.Now()-start).Seconds()/1e9, "GFLOP/s")
		})
	}
}

// BenchmarkConv counts the operations of the definition: a multiplication and an
// addition a weight and pixel. A 3×3 convolution is done with 2.25 times fewer
// multiplications, so that its rate may exceed the peak. Rates are per second of CPU time.
func BenchmarkConv(b *testing.B) {
	for _, e := range singles() {
		for _, s := range []Shape{
			{Rows: 16, Cols: 16, In: 16, Out: 16, Width: 3}, {Rows: 16, Cols: 16, In: 64, Out: 64, Width: 3},
			{Rows: 16, Cols: 16, In: 16, Out: 16, Width: 1}, {Rows: 16, Cols: 16, In: 4, Out: 16, Width: 3},
		} {
			s.Periodic, s.ReLU = [2]bool{true, true}, true
			rng := rand.New(rand.NewPCG(1, 1))
			x, dy := random[float32](s.Pixels()*s.In, rng), random[float32](s.Pixels()*s.Out, rng)
			y, dx := make([]float32, len(dy)), make([]float32, len(x))
			c, ws := newConv(s, true, e), &Workspace[float32]{}
			c.SetWeights(random[float32](s.Weights(), rng), random[float32](s.Out, rng))
			g := c.NewGradient()
			for _, f := range []struct {
				name string
				run  func()
			}{
				{"forward", func() { c.Forward(y, x, nil, ws) }},
				{"inputGradient", func() { c.InputGradient(dx, dy, x, nil, ws) }},
				{"weightGradient", func() { c.WeightGradient(g, x, dy, ws) }},
			} {
				b.Run(fmt.Sprintf("%s/width=%d/in=%d/out=%d/%s", e.name, s.Width, s.In, s.Out, f.name), func(b *testing.B) {
					b.ReportAllocs()
					start := cputime.Now()
					for b.Loop() {
						f.run()
					}
					seconds := (cputime.Now() - start).Seconds()
					flops := 2 * float64(s.Pixels()*s.Weights())
					b.ReportMetric(flops*float64(b.N)/seconds/1e9, "GFLOP/s")
				})
			}
		}
	}
}
