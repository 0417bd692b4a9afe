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

// checkMean is check for a mean gap and its error.
func checkMean(what string, mean, err float64) error {
	if err := check(what, []float64{mean, err}); err != nil {
		return err
	}
	if err < 0 {
		return fmt.Errorf("plots: %s: error is %v, want >= 0", what, err)
	}
	return nil
}
