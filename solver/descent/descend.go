package descent

import (
	"context"
	"math/rand/v2"

	"spinlearn/ising"
	"spinlearn/solver"
)

// Descend flips spins of s that lower the energy, that of [ising.Integers], until no single
// flip does, and returns the number of flips.
func Descend(in *ising.Instance, s []int8) (flips int) {
	// A table of bonds would cost more than the few sweeps that follow.
	K, field := in.Integers().K, make([]int64, len(s))
	for k := range in.Bonds() {
		i, j := in.Ends(k)
		field[i] += K[k] * int64(s[j])
		field[j] += K[k] * int64(s[i])
	}
	for before := -1; flips != before; {
		before = flips
		for i, h := range field {
			if int64(s[i])*h >= 0 {
				continue
			}
			s[i] = -s[i]
			flips++
			change := 2 * int64(s[i])
			for _, k := range in.BondsAt(i) {
				field[in.Across(k, i)] += change * K[k]
			}
		}
	}
	return flips
}

// Greedy is the solver that descends from random spins.
type Greedy struct{}

// Name implements [solver.Solver].
func (Greedy) Name() string { return "greedy descent" }

// Check implements [solver.Solver]: it takes any instance.
func (Greedy) Check(*ising.Instance) error { return nil }

// Solve implements [solver.Solver]. It looks at ctx once, at the start, and takes no longer than it must.
func (Greedy) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	if err := budget.Check(); err != nil {
		return nil, err
	}
	watch := budget.Start(ctx)
	s := solver.RandomSpins(in.Sites(), rng.Uint64)
	flips := 0
	if ctx.Err() == nil {
		flips = Descend(in, s)
	}
	return watch.Result(in, s, solver.Stats{Reads: 1, Flips: int64(flips)}, false)
}
