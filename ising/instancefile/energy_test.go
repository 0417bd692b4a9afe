package instancefile

import (
	"math"
	"testing"

	"spinlearn/ising"
)

// Large terms that cancel leave the small ones: the sums are exact, and what float64 cannot
// hold of a field is in the rounding.
func TestSumsOfMixedTerms(t *testing.T) {
	for _, c := range []struct {
		name, text string
		least      float64 // of H, by hand
	}{
		{"field", "# vartype=BINARY\n0 0 1000000000\n0 1 -2000000000\n1 1 1000000000\n2 2 -0.001\n", -1e-3},
		{"sum beyond float64", "# vartype=BINARY\n0 0 1000000000000\n0 1 -0.0000000001\n1 1 1\n", 0},
		{"offset of a model", `{"version": {"bqm_schema": "3.0.0"}, "variable_labels": [0, 1], "variable_type": "SPIN", "offset": -56297915,
			"linear_biases": [0, 0], "quadratic_biases": [10.332215533], "quadratic_head": [0], "quadratic_tail": [1]}`, -56297925.332215533},
		{"offset of a native file", "# spinlearn instance v1 sites=2 bonds=1 offset=0.3\n0 1 0.1\n", 0.2},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := read(t, c.text, nil)
			v := make([]int8, f.Vertices())
			best := math.Inf(1)
			var least []int8
			for x := range 1 << len(v) {
				for i := range v {
					v[i] = int8(x>>i&1)*2 - 1
				}
				if s := f.SiteSpins(v); f.FileEnergy(s) < best {
					least, best = s, f.FileEnergy(s)
				}
			}
			// FileEnergy is at most one unit in the last place too low.
			if best > c.least+f.Rounding() || best < math.Nextafter(c.least, math.Inf(-1))-f.Rounding() {
				t.Errorf("least energy %v with rounding %v, want %v", best, f.Rounding(), c.least)
			}
			if f.Integers().Lost >= 0 {
				return // nothing is proven, and no float64 holds the instance's energy
			}
			if got := f.FileBound(least, f.Energy(least)-f.Rounding()); got != best-f.Rounding() || got > c.least {
				t.Errorf("bound %v of the least energy %v", got, best)
			}
			if got := f.FileBound(least, f.Energy(least)-1); got >= best-f.Rounding() {
				t.Errorf("bound %v by one lower", got)
			}
			if at := f.InstanceTarget(best); f.Energy(least) > at {
				t.Errorf("the least energy %v does not reach itself as a target", best)
			}
		})
	}
	exact := ising.Instance{Lattice: read(t, "2 1\n1 2 1\n", nil).Lattice, J: []float64{1}}
	wrong := ising.Instance{Lattice: exact.Lattice, J: exact.J, Error: 1e-3}
	if exact.Rounding() != 0 || wrong.Rounding() < 2e-3 {
		t.Errorf("rounding %v without and %v with an error", exact.Rounding(), wrong.Rounding())
	}
	if f := read(t, "# vartype=BINARY\n0 0 1000000000000\n0 1 -0.0000000001\n1 1 1\n", nil); f.Rounding() < 2*2.5e-11 {
		t.Errorf("rounding %v of a field that lost 2.5e-11", f.Rounding())
	}
}
