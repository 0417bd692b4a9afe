package solver

import (
	"math"
	"math/rand/v2"
	"testing"

	"spinlearn/ising"
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
	st := newState(newBonds(in), s)
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

func TestAcceptProbability(t *testing.T) {
	src := rand.NewPCG(1, 2)
	for _, x := range []float64{1e-9, 0.1, 0.5, math.Ln2, 1, 3} {
		const n = 200000
		got := 0.0
		for range n {
			if accept(x, src.Uint64()) {
				got += 1.0 / n
			}
		}
		want := math.Exp(-x)
		if math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/n)+1e-12 {
			t.Errorf("accepted %v at x = %v, want %v", got, x, want)
		}
	}
	if !accept(neverAccepted-1e-9, 0) || accept(1, math.MaxUint64) {
		t.Error("the extremes of the generator are decided wrongly")
	}
}

func TestSchedules(t *testing.T) {
	for _, schedule := range []Schedule{Geometric, Linear} {
		set := AnnealSettings{Sweeps: 11, BetaMin: 0.5, BetaMax: 8, Schedule: schedule}
		middle := map[Schedule]float64{Geometric: 2, Linear: 4.25}[schedule]
		for sweep, want := range map[int]float64{0: 0.5, 5: middle, 10: 8} {
			if got := set.beta(sweep); math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: β of sweep %d is %v, want %v", schedule, sweep, got, want)
			}
		}
	}
	if got := (&AnnealSettings{Sweeps: 1, BetaMin: 0.5, BetaMax: 8}).beta(0); got != 8 {
		t.Errorf("β of a single sweep is %v, want 8", got)
	}
}
