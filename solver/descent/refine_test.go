package descent_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
	"spinlearn/solver/exact"
	"spinlearn/solver/solvertest"
)

// refine improves a start, nil for none, with settings that change the defaults.
func refine(t testing.TB, in *ising.Instance, start []int8, change func(*descent.Refine)) *solver.Result {
	t.Helper()
	set := descent.DefaultRefine()
	set.Start = start
	change(set)
	r, err := set.Solve(t.Context(), in, solver.Budget{}, ising.Stream(1, "solver", 0))
	if err != nil {
		t.Fatal(err)
	}
	solvertest.CheckResult(t, in, r)
	return r
}

func TestRefine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	// As wide as the lattice, it is exact.
	for range 5 {
		in := solvertest.Gaussian.Draw(solvertest.Lattice(t, "8x20", "free"), rng)
		ground, err := exact.Default().Solve(t.Context(), in, solver.Budget{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r := refine(t, in, nil, func(s *descent.Refine) { s.Width = 8 }); math.Abs(r.Energy-ground.Energy) > in.Rounding() {
			t.Errorf("refined to %v, want %v", r.Energy, ground.Energy)
		}
	}
	for _, l := range []*ising.Lattice{solvertest.Lattice(t, "16x16", "periodic"), solvertest.Lattice(t, "6x6x6", "periodic"), solvertest.Graph(t, 200, 0.02, rng)} {
		in := solvertest.Gaussian.Draw(l, rng)
		start := solver.RandomSpins(l.Sites(), rng.Uint64)
		descent.Descend(in, start)
		last := in.Energy(start)
		for _, c := range []struct{ width, passes int }{{1, 1}, {3, 1}, {10, math.MaxInt}} {
			r := refine(t, in, start, func(s *descent.Refine) { s.Width, s.Passes = c.width, c.passes })
			if r.Energy >= last {
				t.Errorf("%v: width %d, %d passes: %v, from %v", l, c.width, c.passes, r.Energy, last)
			}
			last = r.Energy
			if again := refine(t, in, r.Spins, func(s *descent.Refine) { s.Width = c.width }); again.Energy > r.Energy+in.Rounding() {
				t.Errorf("%v: refined again from %v to %v", l, r.Energy, again.Energy)
			}
		}
	}
	in := solvertest.Gaussian.Draw(solvertest.Lattice(t, "100x100", "periodic"), rng)
	wide := descent.DefaultRefine()
	wide.Width = 14
	if r, err := wide.Solve(t.Context(), in, solver.Budget{Limit: time.Millisecond}, rng); err != nil || r.Status != solver.TimeLimit {
		t.Errorf("after a millisecond: %v, %v", r, err)
	}
	for want, c := range map[string]struct {
		change func(*descent.Refine)
		budget solver.Budget
	}{
		"Width = -1":        {change: func(s *descent.Refine) { s.Width = -1 }},
		"Width = 0":         {change: func(s *descent.Refine) { s.Width = 0 }},
		"Width = 19":        {change: func(s *descent.Refine) { s.Width = 19 }},
		"Passes = -1":       {change: func(s *descent.Refine) { s.Passes = -1 }},
		"Passes = 0":        {change: func(s *descent.Refine) { s.Passes = 0 }},
		"start of 4 spins":  {change: func(s *descent.Refine) { s.Start = make([]int8, 4) }},
		"time limit -1ns":   {budget: solver.Budget{Limit: -1}},
		"target energy NaN": {budget: solver.Budget{Target: new(math.NaN())}},
	} {
		set := descent.DefaultRefine()
		if c.change != nil {
			c.change(set)
		}
		if _, err := set.Solve(t.Context(), in, c.budget, rng); !errors.Is(err, solver.ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Where windows of one width find no more, wider ones go on if there is time, and what all
// have done is counted.
func TestRefineWidens(t *testing.T) {
	in := solvertest.Draw(t, solvertest.Gaussian, "14x14", "free", 0)
	run := func(widen bool, budget solver.Budget) *solver.Result {
		t.Helper()
		set := &descent.Refine{Width: 1, Passes: 3, Widen: widen}
		r, err := set.Solve(t.Context(), in, budget, ising.Stream(1, "solver", 0))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	timed := solver.Budget{Limit: time.Hour, Clock: func() time.Duration { return 0 }}
	narrow, wide := run(false, timed), run(true, timed)
	if wide.Energy >= narrow.Energy || wide.Status != solver.Heuristic || wide.Sweeps < narrow.Sweeps+8 || wide.Flips <= narrow.Flips {
		t.Errorf("widened: %v, %v, %d passes, %d gains; else %v, %d passes, %d gains",
			wide.Energy, wide.Status, wide.Sweeps, wide.Flips, narrow.Energy, narrow.Sweeps, narrow.Flips)
	}
	if endless := run(true, solver.Budget{}); !slices.Equal(endless.Spins, narrow.Spins) {
		t.Error("without a limit the windows were widened")
	}
}

func BenchmarkRefine(b *testing.B) {
	in := solvertest.Draw(b, solvertest.Gaussian, "64x64", "periodic", 0)
	for b.Loop() {
		r := refine(b, in, nil, func(s *descent.Refine) { s.Passes = 1 })
		b.ReportMetric(r.Energy/4096, "J/site")
	}
}
