package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Exact is the largest relative gap, in per cent, that counts as zero: a part in
// 10¹¹, far above the rounding of an energy summed in float64 and far below any
// gap a chart can show.
const Exact = 1e-9

// limit bounds the magnitude of any value, so that spans and products of two
// values stay finite.
const limit = 1e30

// check returns an error if v is empty or holds a value that cannot be drawn.
func check(what string, v []float64) error {
	if len(v) == 0 {
		return fmt.Errorf("plots: %s: no values", what)
	}
	for i, x := range v {
		if math.IsNaN(x) || math.Abs(x) > limit {
			return fmt.Errorf("plots: %s: value %d is %v", what, i, x)
		}
	}
	return nil
}

// standardError returns the standard error of the mean of v, 0 for one value.
func standardError(v []float64) float64 {
	if len(v) < 2 {
		return 0
	}
	return stat.StdDev(v, nil) / math.Sqrt(float64(len(v)))
}

// quantiles returns the p-quantiles of v, interpolated between the values.
func quantiles(v []float64, p ...float64) []float64 {
	v = slices.Sorted(slices.Values(v))
	q := make([]float64, len(p))
	for i, p := range p {
		at := p * float64(len(v)-1)
		k := min(int(at), len(v)-1)
		q[i] = v[k]
		if k+1 < len(v) {
			q[i] += (at - float64(k)) * (v[k+1] - v[k])
		}
	}
	return q
}

// thin returns at most n of the values of v, evenly spaced by rank with both
// extremes kept, in an order without trend.
func thin(v []float64, n int) []float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s) > n {
		t := make([]float64, n)
		for i := range t {
			t[i] = s[i*(len(s)-1)/(n-1)]
		}
		s = t
	}
	return s
}

// jitter returns term i of a sequence spread evenly over -1 to 1: multiples of
// the golden ratio modulo 1.
func jitter(i int) float64 {
	_, f := math.Modf(float64(i+1) * 0.6180339887498949)
	return 2*f - 1
}

// relativeGap returns 100 (e−e0)/|e0| in per cent.
func relativeGap(e, e0 float64) float64 { return 100 * (e - e0) / math.Abs(e0) }
