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
				p.Pack(w, s)
				got := make([]float64, s.Pixels()*s.Out)
				Convolve(got, padded, p, s)
				near(t, got, direct(x, w, s, periodic))
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
				Convolve(dx, padded, p, back)
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

func TestSinglePrecision(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	s := Shape{5, 6, 7, 9, 3}
	x, w := random[float32](s.Padded()*s.In, rng), random[float32](s.Weights(), rng)
	single, double := NewPacked[float32](s), NewPacked[float64](s)
	single.Pack(w, s)
	double.Pack(widen(w), s)
	y, z := make([]float32, s.Pixels()*s.Out), make([]float64, s.Pixels()*s.Out)
	Convolve(y, x, single, s)
	Convolve(z, widen(x), double, s)
	for i := range y {
		if math.Abs(float64(y[i])-z[i]) > 1e-4 { // 63 products of size 1 in 24-bit arithmetic
			t.Fatalf("output %d: float32 %v, float64 %v", i, y[i], z[i])
		}
	}
}

func TestReLU(t *testing.T) {
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
	p.Pack(random[float32](s.Weights(), rng), s)
	y := make([]float32, s.Pixels()*s.Out)
	b.ReportAllocs()
	for b.Loop() {
		Convolve(y, x, p, s)
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
