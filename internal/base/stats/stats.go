package stats

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// An Estimate is a mean with its standard error, in the unit of the values.
type Estimate struct {
	Mean  float64 // NaN if Count is 0
	Error float64 // at least 0; 0 if Count is 1, NaN if Count is 0
	Count int     // number of values
}

// Mean returns the mean of the values. NaN stands for a missing value and is left out. If all
// values are equal, the error is exactly 0, however large they are.
func Mean(values []float64) Estimate {
	var first float64
	var above []float64 // differences from the first value, so that a large common part causes no rounding errors
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		if above == nil {
			first = v
		}
		above = append(above, v-first)
	}
	switch len(above) {
	case 0:
		return Estimate{Mean: math.NaN(), Error: math.NaN()}
	case 1:
		return Estimate{Mean: first, Count: 1}
	}
	mean, deviation := stat.MeanStdDev(above, nil)
	n := len(above)
	return Estimate{first + mean, stat.StdErr(deviation, float64(n)), n}
}

// Exists reports whether there was at least one value.
func (e Estimate) Exists() bool { return !math.IsNaN(e.Mean) }

// Times returns the estimate of factor times the values, factor ≥ 0. It serves to change the
// unit.
func (e Estimate) Times(factor float64) Estimate {
	e.Mean *= factor
	e.Error *= factor
	return e
}

// String writes the mean and its error, the error with two significant digits and the mean
// with as many decimals: "-1.0833 ± 0.0012". Equal values give "-1.083333 ± 0", a single
// value gives "-1.083333", and no value gives "".
func (e Estimate) String() string {
	switch {
	case !e.Exists():
		return ""
	case e.Count == 1:
		return Number(e.Mean)
	case e.Error == 0:
		return Number(e.Mean) + " ± 0"
	}
	place := exponent(e.Error, 2) - 1 // power of ten of the last digit
	if top := max(exponent(e.Error, 2), exponent(e.Mean, 2)); place < -9 || top > 9 {
		unit := math.Pow(10, float64(top))
		return fmt.Sprintf("(%.*f ± %.*f)e%d", top-place, e.Mean/unit, top-place, e.Error/unit, top)
	}
	return fmt.Sprintf("%.*f ± %.*f", max(0, -place), e.Mean, max(0, -place), e.Error)
}

// exponent returns the power of ten of the first digit of v, after rounding to a number of
// digits. For v = 0 it is below all others.
func exponent(v float64, digits int) int {
	if v == 0 {
		return math.MinInt32
	}
	_, power, _ := strings.Cut(strconv.FormatFloat(v, 'e', digits-1, 64), "e")
	n, _ := strconv.Atoi(power) // 0 for infinities
	return n
}

// Number writes v with at most seven significant digits.
func Number(v float64) string {
	if v == 0 {
		return "0" // not -0
	}
	return strconv.FormatFloat(v, 'g', 7, 64)
}

// Quantiles returns the p-quantiles of the values, at least one and none of them NaN, for
// each p from 0 to 1, interpolated between the values: 0 is the least, 1 the greatest, and
// 0.5 the median. (The interpolation of [stat.Quantile] gives 1 for the median of 1 and 2.)
func Quantiles(values []float64, p ...float64) []float64 {
	v := slices.Sorted(slices.Values(values))
	q := make([]float64, len(p))
	for i, p := range p {
		at := p * float64(len(v)-1)
		k := int(at)
		q[i] = v[k] + (at-float64(k))*(v[min(k+1, len(v)-1)]-v[k])
	}
	return q
}
