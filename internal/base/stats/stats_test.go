package stats

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMean(t *testing.T) {
	none := math.NaN()
	for _, c := range []struct {
		values []float64
		want   Estimate
	}{
		{[]float64{5}, Estimate{5, 0, 1}},
		{[]float64{1, 0.75}, Estimate{0.875, 0.125, 2}},
		{[]float64{none, 1, none, 0.75, none}, Estimate{0.875, 0.125, 2}},
		{[]float64{none, -3}, Estimate{-3, 0, 1}},
		{[]float64{1, 2, 3, 4}, Estimate{2.5, math.Sqrt(5.0 / 3 / 4), 4}},
		{[]float64{1e12 + 1, 1e12 + 2, 1e12 + 3, 1e12 + 4}, Estimate{1e12 + 2.5, math.Sqrt(5.0 / 3 / 4), 4}},
		{[]float64{1e30, 1e30, -1e30, -1e30}, Estimate{0, 1e30 / math.Sqrt(3), 4}},
	} {
		got := Mean(c.values)
		if got.Mean != c.want.Mean || math.Abs(got.Error-c.want.Error) > 1e-15*c.want.Error || got.Count != c.want.Count {
			t.Errorf("Mean(%v) = %+v, want %+v", c.values, got, c.want)
		}
	}
	for _, values := range [][]float64{nil, {none}, {none, none}} {
		if got := Mean(values); got.Exists() || !math.IsNaN(got.Error) || got.Count != 0 {
			t.Errorf("Mean(%v) = %+v, want none", values, got)
		}
	}
}

// TestEqual takes values whose sums round: their mean is the value and their error 0.
func TestEqual(t *testing.T) {
	for _, v := range []float64{0, 0.1, -26, 1.0 / 3, -17.0 / 18, 1e12, 1e12 + 0.1, -1e30, 1e-30, math.Pi * 1e15} {
		for _, n := range []int{1, 2, 3, 5, 7, 1000} {
			if got, want := Mean(slices.Repeat([]float64{v}, n)), (Estimate{v, 0, n}); got != want {
				t.Errorf("%d times %v: %+v", n, v, got)
			}
		}
	}
}

// TestAgainstBigNumbers sets means and errors against the same in 2000 bits. What common
// part the values have must not matter to the error.
func TestAgainstBigNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		values := make([]float64, 2+rng.IntN(60))
		offset := math.Copysign(math.Pow(10, 40*rng.Float64()-20), rng.Float64()-0.5) * float64(rng.IntN(2))
		spread := math.Pow(10, 30*rng.Float64()-15)
		largest := 0.0
		for i := range values {
			values[i] = offset + spread*rng.NormFloat64()
			largest = max(largest, math.Abs(values[i]))
		}
		mean, sem := exactly(values)
		got := Mean(values)
		if math.Abs(got.Mean-mean) > 1e-15*largest || math.Abs(got.Error-sem) > 1e-14*sem || got.Count != len(values) {
			t.Fatalf("Mean(%v) = %+v, want %v ± %v", values, got, mean, sem)
		}
		rng.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		if again := Mean(values); math.Abs(again.Error-sem) > 1e-14*sem {
			t.Fatalf("in another order %+v, want %v ± %v", again, mean, sem)
		}
	}
}

func exactly(values []float64) (mean, sem float64) {
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(v) }
	n, sum, squares := number(float64(len(values))), number(0), number(0)
	for _, v := range values {
		sum.Add(sum, number(v))
	}
	m := number(0).Quo(sum, n)
	for _, v := range values {
		d := number(0).Sub(number(v), m)
		squares.Add(squares, d.Mul(d, d))
	}
	squares.Quo(squares, n)
	squares.Quo(squares, number(float64(len(values)-1)))
	mean, _ = m.Float64()
	sem, _ = number(0).Sqrt(squares).Float64()
	return mean, sem
}

func TestString(t *testing.T) {
	for _, c := range []struct {
		e    Estimate
		want string
	}{
		{Estimate{12.345, 1.234, 9}, "12.3 ± 1.2"},
		{Estimate{12.345, 23.4, 9}, "12 ± 23"},
		{Estimate{-0.01234, 0.00561, 9}, "-0.0123 ± 0.0056"},
		{Estimate{12345, 678, 9}, "12345 ± 678"},
		{Estimate{1, 0.0996, 9}, "1.00 ± 0.10"},
		{Estimate{1, 0.996, 9}, "1.0 ± 1.0"},
		{Estimate{0, 0, 9}, "0 ± 0"},
		{Estimate{math.Copysign(0, -1), 0, 9}, "0 ± 0"},
		{Estimate{5, 0, 9}, "5 ± 0"},
		{Estimate{-13.0 / 12, 0, 9}, "-1.083333 ± 0"},
		{Estimate{-13.0 / 12, 0, 1}, "-1.083333"},
		{Estimate{math.NaN(), math.NaN(), 0}, ""},
		{Estimate{0, 0.01, 9}, "0.000 ± 0.010"},
		{Estimate{0.000005, 0.000005, 9}, "0.0000050 ± 0.0000050"},
		{Estimate{1e-6, 1e-9, 9}, "(1.0000 ± 0.0010)e-6"},
		{Estimate{1.5e-20, 2e-21, 9}, "(1.50 ± 0.20)e-20"},
		{Estimate{1e-25, 2e-21, 9}, "(0.0 ± 2.0)e-21"},
		{Estimate{-1.25e30, 3e28, 9}, "(-1.250 ± 0.030)e30"},
	} {
		if got := c.e.String(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.e, got, c.want)
		}
	}
	if got, want := (Estimate{0.0123, 0.0045, 9}).Times(100), (Estimate{1.23, 0.45, 9}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("in per cent %v, want %v", got, want)
	}
}

func TestQuantiles(t *testing.T) {
	for _, tt := range []struct{ values, p, want []float64 }{
		{[]float64{7}, []float64{0, 0.5, 1}, []float64{7, 7, 7}},
		{[]float64{2, 1}, []float64{0, 0.25, 0.5, 1}, []float64{1, 1.25, 1.5, 2}},
		{[]float64{4, 0, 2, 1, 3}, []float64{0.05, 0.5, 0.75}, []float64{0.2, 2, 3}},
	} {
		before := slices.Clone(tt.values)
		if got := Quantiles(tt.values, tt.p...); !slices.Equal(got, tt.want) {
			t.Errorf("Quantiles(%v, %v) = %v, want %v", tt.values, tt.p, got, tt.want)
		}
		if !slices.Equal(tt.values, before) {
			t.Errorf("the values %v became %v", before, tt.values)
		}
	}
}
