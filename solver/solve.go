package solver

import (
	"context"
	"math/rand/v2"
	"time"

	"spinlearn/ising"
)

// Solve chooses a method by what a proof costs. Where one is to be expected, see
// [CheckExact], it is [Exact]. Elsewhere it is [Anneal], and then a packing of frustrated
// cycles for [BoundTime], which bounds the energy from below and may prove it. A limit of
// 0 is none; of any other the packing gets at most a quarter. What annealing found is
// returned with an error that wraps ctx.Err() if ctx ends.
func Solve(ctx context.Context, in *ising.Instance, settings *AnnealSettings, rng *rand.Rand) (*Result, error) {
	set := AnnealSettings{}
	if settings != nil {
		set = *settings
	}
	if CheckExact(in.Lattice) == nil {
		return Exact(ctx, in, &ExactSettings{TimeLimit: set.TimeLimit, Start: set.Start})
	}
	begin := time.Now()
	packing := BoundTime(in.Lattice)
	if set.TimeLimit > 0 {
		packing = max(1, min(packing, set.TimeLimit/4))
		set.TimeLimit -= packing
	}
	found, err := Anneal(ctx, in, &set, rng)
	if err != nil {
		return found, err
	}
	r, err := Exact(ctx, in, &ExactSettings{Method: Packing, TimeLimit: packing, Start: found.Spins, only: true})
	if r == nil {
		return found, err
	}
	r.Stats, r.ReadEnergies = found.Stats, found.ReadEnergies
	r.Stats.Elapsed = time.Since(begin)
	if r.Status == TimeLimit {
		r.BoundStopped = packing
		if found.Status != TimeLimit {
			r.Status = Heuristic // the energy is what annealing finds without a limit
		}
	}
	return r, err
}

// BoundTime is how long [Solve] works on a bound that may not meet the energy: longer where
// it is small enough to be proven at times.
func BoundTime(l *ising.Lattice) time.Duration {
	if sparse(l) {
		return 4 * time.Second
	}
	return time.Second
}

// sparse reports whether to search for the cycles through all bonds takes little time. A
// complete graph of 26 vertices is at the limit; on those of more the packing takes minutes
// and meets the energy of hardly any.
func sparse(l *ising.Lattice) bool {
	work := 0
	for i := range l.Sites() {
		work += len(l.BondsAt(i)) * len(l.BondsAt(i))
	}
	return work <= 1<<14
}
