package plots

import (
	"fmt"
	"math"
	"slices"
)

// limit bounds the magnitude of any value, so that spans and products of two
// values stay finite.
const limit = 1e30

// checkGaps is check for relative gaps, where NaN stands for an instance without one. At
// least one instance has one.
func checkGaps(what string, v []float64) error {
	gaps := slices.DeleteFunc(slices.Clone(v), math.IsNaN)
	if len(gaps) == 0 && len(v) > 0 {
		return fmt.Errorf("plots: %s: no instance has a relative gap", what)
	}
	return check(what, gaps)
}

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
