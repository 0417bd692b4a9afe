package methods

import (
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/exact"
)

// Auto proves small complete graphs, and bounds larger ones within the time for it.
func TestAutoOfCompleteGraphs(t *testing.T) {
	for _, n := range []int{16, 40} {
		var ends [][2]int
		for i := range n {
			for j := range i {
				ends = append(ends, [2]int{j, i})
			}
		}
		l, err := ising.NewGraph(n, ends)
		if err != nil {
			t.Fatal(err)
		}
		rng := ising.Stream(9, "complete", 0)
		in := ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}.Draw(l, rng)
		if err := exact.Expected(l); (err == nil) != (n == 16) {
			t.Errorf("%d vertices: Expected says %v", n, err)
		}
		r, err := Auto{Workers: 1}.Solve(t.Context(), in, solver.Budget{}, rng)
		switch {
		case err != nil:
			t.Fatal(err)
		case n == 16 && (r.Status != solver.Proven || r.BoundStopped != 0):
			t.Errorf("16 vertices: %v, bound stopped after %v", r.Status, r.BoundStopped)
		case n == 40 && (r.Status != solver.Heuristic || r.Bound > r.Energy || r.BoundStopped != 0 && r.BoundStopped != BoundTime(l)):
			t.Errorf("40 vertices: %v, energy %v, bound %v, stopped after %v", r.Status, r.Energy, r.Bound, r.BoundStopped)
		}
	}
}
