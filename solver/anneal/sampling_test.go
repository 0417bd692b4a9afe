package anneal

import (
	"math"
	"math/rand/v2"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver/internal/graph"
)

// Sweeps at a fixed β visit the states of a small lattice as often as the Boltzmann
// distribution says: χ² over its energy levels.
func TestSweepSamplesBoltzmann(t *testing.T) {
	l, err := ising.NewLattice([]int{2, 3}, []bool{false, true})
	if err != nil {
		t.Fatal(err)
	}
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, ising.Stream(1, "couplings", 0))
	const beta, samples, between = 0.6, 40000, 5
	weight := make([]float64, 1<<6)
	total := 0.0
	s := make([]int8, 6)
	for code := range weight {
		for i := range s {
			s[i] = int8(1 - 2*(code>>i&1))
		}
		weight[code] = math.Exp(-beta * in.Energy(s))
		total += weight[code]
	}
	st := newState(graph.New(in), s)
	src := rand.NewPCG(1, 1)
	count := make([]float64, len(weight))
	for range samples {
		for range between {
			st.sweep(beta, src)
		}
		code := 0
		for i, v := range st.spin {
			if v < 0 {
				code |= 1 << i
			}
		}
		count[code]++
	}
	chi := 0.0
	for code, w := range weight {
		want := samples * w / total
		chi += (count[code] - want) * (count[code] - want) / want
	}
	if dof := float64(len(weight) - 1); chi > dof+5*math.Sqrt(2*dof) { // 5 standard deviations of χ²
		t.Errorf("χ² = %.1f with %v degrees of freedom", chi, dof)
	}
}

// One spin of known cost in a field that no other spin changes is flipped as often
// as exp(-βΔE) says, on both sides of the limits of the bins.
func TestSweepAcceptance(t *testing.T) {
	src := rand.NewPCG(1, 2)
	for _, x := range []float64{-1, 0, 1e-9, 0.1, 0.5, math.Ln2, 1, 3, 6.9, 7} {
		const n = 100000
		st := &state{Graph: &graph.Graph{Start: make([]int32, 2)}, spin: make([]float64, 1), cost: make([]float64, 1)}
		got := 0.0
		for range n {
			st.cost[0] = x
			got += float64(st.sweep(1, src)) / n
		}
		want := math.Min(1, math.Exp(-x))
		if math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/n)+1e-9 { // five standard errors and the rounding of the sum
			t.Errorf("accepted %v at βΔE = %v, want %v", got, x, want)
		}
	}
	for bin := range uint64(bins) {
		if !accept(minusLog[bin+1]-1e-9, bin, math.MaxUint64) || bin > 0 && accept(minusLog[bin]+1e-9, bin, 0) {
			t.Errorf("bin %d: accept and its limits disagree", bin)
		}
	}
}

func TestSchedules(t *testing.T) {
	for _, schedule := range []Schedule{Geometric, Linear} {
		set := Settings{BetaMin: 0.5, BetaMax: 8, Schedule: schedule}
		middle := map[Schedule]float64{Geometric: 2, Linear: 4.25}[schedule]
		for sweep, want := range map[int]float64{0: 0.5, 5: middle, 10: 8} {
			if got := set.beta(sweep, 11); math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: β of sweep %d is %v, want %v", schedule, sweep, got, want)
			}
		}
	}
	if got := (&Settings{BetaMin: 0.5, BetaMax: 8}).beta(0, 1); got != 8 {
		t.Errorf("β of a single sweep is %v, want 8", got)
	}
}
