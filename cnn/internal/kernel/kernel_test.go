package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func random[T Float](n int, rng *rand.Rand) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(rng.NormFloat64())
	}
	return v
}

var shapes = []Shape{
	{3, 3, 1, 1, 3}, {4, 5, 4, 16, 3}, {5, 3, 3, 5, 3}, {6, 4, 16, 2, 1}, {3, 7, 6, 9, 3}, {2, 2, 5, 4, 1}, {2, 2, 4, 4, 3},
}

// at reads the image x outside its borders as the boundary says.
func at(x []float64, s Shape, channels, r, c, i int, periodic [2]bool) float64 {
	if r < 0 || r >= s.Rows {
		if !periodic[0] {
			return 0
		}
		r = (r + s.Rows) % s.Rows
	}
	if c < 0 || c >= s.Cols {
		if !periodic[1] {
			return 0
		}
		c = (c + s.Cols) % s.Cols
	}
	return x[(r*s.Cols+c)*channels+i]
}

func direct(x, w []float64, s Shape, periodic [2]bool) []float64 {
	y := make([]float64, s.Pixels()*s.Out)
	h := s.Width / 2
	for r := range s.Rows {
		for c := range s.Cols {
			for k := range s.Width {
				for l := range s.Width {
					for i := range s.In {
						for o := range s.Out {
							y[(r*s.Cols+c)*s.Out+o] += at(x, s, s.In, r+k-h, c+l-h, i, periodic) *
								w[((k*s.Width+l)*s.In+i)*s.Out+o]
						}
					}
				}
			}
		}
	}
	return y
}

func boundaries(yield func([2]bool)) {
	for _, a := range []bool{false, true} {
		for _, b := range []bool{false, true} {
			yield([2]bool{a, b})
		}
	}
}

func TestConvolveEqualsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, s := range shapes {
		boundaries(func(periodic [2]bool) {
			t.Run(fmt.Sprint(s, periodic), func(t *testing.T) {
				x, w := random[float64](s.Pixels()*s.In, rng), random[float64](s.Weights(), rng)
				padded := make([]float64, s.Padded()*s.In)
				Pad(padded, x, s.Rows, s.Cols, s.In, s.Width, periodic, false)
				p := NewPacked[float64](s)
				bias, got := random[float64](s.Out, rng), random[float64](s.Pixels()*s.Out, rng)
				want := direct(x, w, s, periodic)
				for i := range want {
					want[i] += got[i] + bias[i%s.Out]
				}
				p.Pack(w, bias)
				Convolve(got, padded, p)
				near(t, got, want)
			})
		})
	}
}

// The convolution is linear in x and in w, so <dy, conv(x, w)> equals <dx, x> for
// the input gradient dx and <dw, w> for the weight gradient dw.
func TestGradientsAreAdjoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range shapes {
		boundaries(func(periodic [2]bool) {
			t.Run(fmt.Sprint(s, periodic), func(t *testing.T) {
				x, w := random[float64](s.Pixels()*s.In, rng), random[float64](s.Weights(), rng)
				dy := random[float64](s.Pixels()*s.Out, rng)
				want := dot(dy, direct(x, w, s, periodic))

				back := s.Transposed()
				padded := make([]float64, back.Padded()*back.In)
				Pad(padded, dy, s.Rows, s.Cols, s.Out, s.Width, periodic, false)
				p := NewPacked[float64](back)
				p.PackTransposed(w, s)
				dx := make([]float64, len(x))
				Convolve(dx, padded, p)
				near(t, []float64{dot(dx, x)}, []float64{want})

				padded = make([]float64, s.Padded()*s.In)
				Pad(padded, x, s.Rows, s.Cols, s.In, s.Width, periodic, false)
				dw, db := make([]float64, len(w)), make([]float64, s.Out)
				WeightGradient(dw, db, padded, dy, s, NewWorkspace[float64](s))
				near(t, []float64{dot(dw, w)}, []float64{want})
				for o := range s.Out {
					sum := 0.0
					for q := range s.Pixels() {
						sum += dy[q*s.Out+o]
					}
					near(t, db[o:o+1], []float64{sum})
				}
			})
		})
	}
}

// The float32 kernels of this machine against the portable ones in float64, over
// random shapes: odd sides, channel counts that do not fill vectors.
func TestSinglePrecision(t *testing.T) {
	t.Logf("AVX2: %v", useAVX2)
	rng := rand.New(rand.NewPCG(1, 3))
	for range 60 {
		s := Shape{3 + rng.IntN(20), 3 + rng.IntN(20), 1 + rng.IntN(40), 1 + rng.IntN(40), 1 + 2*rng.IntN(2)}
		x, w, bias := random[float32](s.Padded()*s.In, rng), random[float32](s.Weights(), rng), random[float32](s.Out, rng)
		y, dy := random[float32](s.Pixels()*s.Out, rng), random[float32](s.Pixels()*s.Out, rng)
		single, double := NewPacked[float32](s), NewPacked[float64](s)
		single.Pack(w, bias)
		double.Pack(widen(w), widen(bias))
		z := widen(y)
		Convolve(y, x, single)
		Convolve(z, widen(x), double)
		close32(t, fmt.Sprint("convolution ", s), y, z)

		dw, db := random[float32](s.Weights(), rng), random[float32](s.Out, rng)
		ew, eb := widen(dw), widen(db)
		WeightGradient(dw, db, x, dy, s, NewWorkspace[float32](s))
		WeightGradient(ew, eb, widen(x), widen(dy), s, NewWorkspace[float64](s))
		close32(t, fmt.Sprint("weight gradient ", s), dw, ew)
		close32(t, fmt.Sprint("bias gradient ", s), db, eb)

		back := s.Transposed()
		single, double = NewPacked[float32](back), NewPacked[float64](back)
		single.PackTransposed(w, s)
		double.PackTransposed(widen(w), s)
		g := random[float32](back.Padded()*back.In, rng)
		dx := make([]float32, back.Pixels()*back.Out)
		ex := widen(dx)
		Convolve(dx, g, single)
		Convolve(ex, widen(g), double)
		close32(t, fmt.Sprint("input gradient ", s), dx, ex)
	}
}

// close32 allows for the rounding of sums of a few hundred products of size 1.
func close32(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	for i := range want {
		if math.Abs(float64(got[i])-want[i]) > 2e-4*(1+math.Abs(want[i])) {
			t.Fatalf("%s: entry %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestElementwise(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	for n := range 40 {
		x, y := random[float32](n, rng), random[float32](n, rng)
		relu, mask, sum := make([]float32, n), append([]float32(nil), y...), append([]float32(nil), y...)
		storeReLU(relu, x)
		MaskNegative(mask, x)
		Add(sum, x)
		for i := range n {
			m := y[i]
			if x[i] <= 0 {
				m = 0
			}
			if relu[i] != max(x[i], 0) || mask[i] != m || sum[i] != x[i]+y[i] {
				t.Fatalf("length %d, entry %d: %v %v %v of %v and %v", n, i, relu[i], mask[i], sum[i], x[i], y[i])
			}
		}
	}
	nan := float32(math.NaN())
	relu := make([]float32, 9)
	storeReLU(relu, []float32{nan, 0, 0, 0, 0, 0, 0, 0, nan})
	if relu[0] == relu[0] || relu[8] == relu[8] {
		t.Errorf("ReLU of NaN is %v and %v: a broken network would go unseen", relu[0], relu[8])
	}
}

func TestReLUInDouble(t *testing.T) {
	x := []float64{-1, 2, 0, 3}
	dst := make([]float64, 4)
	Pad(dst, x, 2, 2, 1, 1, [2]bool{}, true)
	near(t, dst, []float64{0, 2, 0, 3})
	dx := []float64{5, 6, 7, 8}
	MaskNegative(dx, x)
	near(t, dx, []float64{0, 6, 0, 8})
}

func widen(v []float32) []float64 {
	w := make([]float64, len(v))
	for i := range v {
		w[i] = float64(v[i])
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

// flops counts a multiplication and an addition a weight and pixel.
func flops(s Shape) float64 { return 2 * float64(s.Pixels()*s.Weights()) }

func BenchmarkConvolve(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := Shape{16, 16, 16, 16, 3}
	x := random[float32](s.Padded()*s.In, rng)
	p := NewPacked[float32](s)
	p.Pack(random[float32](s.Weights(), rng), random[float32](s.Out, rng))
	y := make([]float32, s.Pixels()*s.Out)
	b.ReportAllocs()
	for b.Loop() {
		Convolve(y, x, p)
	}
	b.ReportMetric(flops(s)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkWeightGradient(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := Shape{16, 16, 16, 16, 3}
	x := random[float32](s.Padded()*s.In, rng)
	dy := random[float32](s.Pixels()*s.Out, rng)
	dw, db := make([]float32, s.Weights()), make([]float32, s.Out)
	ws := NewWorkspace[float32](s)
	b.ReportAllocs()
	for b.Loop() {
		WeightGradient(dw, db, x, dy, s, ws)
	}
	b.ReportMetric(flops(s)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
