package anneal_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/descent"
	"spinlearn/solver/solvertest"
)

// Frozen bonds that are right lead to the ground state, whatever the others are; with all
// bonds frozen only descent is left; no start is made worse.
func TestFrozenBonds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	solved, without := 0, 0
	for range 20 {
		in := solvertest.Gaussian.Draw(solvertest.Lattice(t, "16x16", "periodic"), rng)
		truth := ground(t, in)
		start := solver.RandomSpins(256, rng.Uint64)
		run := func(frozen []bool) *solver.Result {
			set := anneal.DefaultContraction()
			set.Start, set.Frozen = start, frozen
			r, err := set.Solve(t.Context(), in, solver.Budget{}, rng)
			if err != nil {
				t.Fatal(err)
			}
			if r.Energy > in.Energy(start)+in.Rounding() {
				t.Errorf("energy %v, the start has %v", r.Energy, in.Energy(start))
			}
			return r
		}
		// A start that is wrong in a block, and bonds of which those around it are open.
		for i := range start {
			start[i] = truth.Spins[i]
			if r, c := i/16, i%16; r > 2 && r < 9 && c > 2 && c < 12 {
				start[i] *= -1
			}
		}
		frozen := make([]bool, in.Slots())
		for k := range frozen {
			i, j := in.Ends(k)
			frozen[k] = start[i]*start[j] == truth.Spins[i]*truth.Spins[j] && rng.IntN(10) > 0
		}
		if r := run(frozen); r.Energy <= truth.Energy+in.Rounding() {
			solved++
		}
		if r := run(nil); r.Energy <= truth.Energy+in.Rounding() {
			without++
		}
		descended := slices.Clone(start)
		descent.Descend(in, descended)
		if r := run(slices.Repeat([]bool{true}, in.Slots())); r.Energy != in.Energy(descended) {
			t.Errorf("all frozen: energy %v, want that of descent, %v", r.Energy, in.Energy(descended))
		}
	}
	if solved < 20 || without == 20 {
		t.Errorf("%d of 20 ground states with right bonds frozen, %d with none", solved, without)
	}
}

func TestContractionSettings(t *testing.T) {
	in := solvertest.Gaussian.Draw(solvertest.Lattice(t, "4x4", "periodic"), rand.New(rand.NewPCG(1, 5)))
	for want, c := range map[string]struct {
		set    anneal.Contraction
		budget solver.Budget
	}{
		"Sweeps = -1":        {set: anneal.Contraction{Sweeps: -1}},
		"Sweeps = 0":         {set: anneal.Contraction{}},
		"Frozen has 3 bonds": {set: anneal.Contraction{Sweeps: 1, Frozen: make([]bool, 3)}},
		"start of 2 spins":   {set: anneal.Contraction{Sweeps: 1, Start: []int8{1, 1}}},
		"time limit -1ns":    {set: anneal.Contraction{Sweeps: 1}, budget: solver.Budget{Limit: -1}},
	} {
		if _, err := c.set.Solve(t.Context(), in, c.budget, rand.New(rand.NewPCG(1, 6))); !errors.Is(err, solver.ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want it to name %s", err, want)
		}
	}
}

// BenchmarkRenormalise takes a 64×64 torus of which the bonds satisfied with more than 0.3 J
// are frozen.
func BenchmarkRenormalise(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 7))
	in := solvertest.Gaussian.Draw(solvertest.Lattice(b, "64x64", "periodic"), rng)
	first := anneal.Default()
	first.Reads, first.Sweeps = 16, 100
	start, err := first.Solve(b.Context(), in, solver.Budget{}, rng)
	if err != nil {
		b.Fatal(err)
	}
	set := anneal.DefaultContraction()
	set.Start, set.Frozen = start.Spins, make([]bool, in.Slots())
	for k, v := range in.J {
		i, j := in.Ends(k)
		set.Frozen[k] = v*float64(start.Spins[i]*start.Spins[j]) > 0.3
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := set.Solve(b.Context(), in, solver.Budget{}, rng); err != nil {
			b.Fatal(err)
		}
	}
}
