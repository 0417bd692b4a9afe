package methods

import (
	"context"
	"math/rand/v2"
	"time"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/exact"
)

// Auto chooses by what a proof costs. Where one is to be expected ([exact.Expected]) it is
// exact search. Elsewhere it anneals, and then packs frustrated cycles for [BoundTime], which
// bounds the energy from below and may prove it. Of a time limit the packing gets at most a
// quarter.
type Auto struct{ Workers int }

// Name implements [solver.Solver].
func (Auto) Name() string { return "auto" }

// Check implements [solver.Solver]: it takes any instance.
func (Auto) Check(*ising.Instance) error { return nil }

// Solve implements [solver.Solver]. Its status is Heuristic where the bound was not brought
// up to the energy and the budget has no limit.
func (a Auto) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	if exact.Expected(in.Lattice) == nil {
		return exact.Default().Solve(ctx, in, budget, rng)
	}
	begin := time.Now()
	reads := anneal.Default()
	reads.Workers = a.Workers
	packing := solver.Budget{Limit: BoundTime(in.Lattice), Clock: budget.Clock}
	if budget.Limit > 0 {
		packing.Limit = max(1, min(packing.Limit, budget.Limit/4))
		budget.Limit = max(1, budget.Limit-packing.Limit)
	}
	found, err := reads.Solve(ctx, in, budget, rng)
	if err != nil {
		return found, err
	}
	bound := &exact.Settings{Search: exact.Packing, Start: found.Spins}
	r, err := bound.Solve(ctx, in, packing, rng)
	if r == nil {
		return found, err
	}
	if r.Status == solver.TimeLimit {
		r.BoundStopped = packing.Limit
		r.Status = found.Status // the limit of the packing is none that a user set
	}
	r.Stats = found.Stats
	r.Stats.Search = "anneal, packing"
	r.Stats.Elapsed = time.Since(begin)
	return r, err
}

// BoundTime is how long [Auto] works on a bound that may not meet the energy: longer where
// the instance is small enough to be proven at times.
func BoundTime(l *ising.Lattice) time.Duration {
	if exact.Density(l) <= 1<<14 {
		return 4 * time.Second
	}
	return time.Second
}
