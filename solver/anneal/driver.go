package anneal

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"spinlearn/internal/base/parallel"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
)

// annealing is the state of one call of Solve.
type annealing struct {
	watch    *solver.Watch
	budget   solver.Budget
	share    time.Duration // of each group in a round, if not 0, the time for its reads in place of sweeps
	in       *ising.Instance
	set      *Settings
	engine   engine
	rng      *rand.Rand
	cross    *descent.Crosser
	best     []int8
	energy   float64
	energies []float64
	stats    solver.Stats
	groups   int      // begun, over all rounds
	elite    [][]int8 // the best of the last groups, up to 64
	fresh    int      // of them, since they were combined
}

// group is what a group of reads combined to.
type group struct {
	*reads
	spins  []int8 // the best, descended
	energy float64
	elite  [][]int8 // states to combine with
}

// run makes reads, in rounds of 16 groups, or of as many groups as there are workers if
// the course of the search depends on the time anyway.
func (a *annealing) run() {
	left := max(a.set.Reads, 0) // 0 is no end
	lanes := a.engine.lanes()
	for first := true; first || a.watch.Err() == nil && !a.reached(); first = false {
		round := a.set.Workers
		if left > 0 {
			if a.set.Sweeps > 0 {
				round = 16
			}
			round = min(round, (left+lanes-1)/lanes)
		}
		if left > 0 && a.set.Sweeps == Auto {
			rounds := ((left+lanes-1)/lanes + round - 1) / round
			a.share = max(1, (a.budget.Limit-a.watch.Used())*95/100/time.Duration(rounds))
		}
		counts := make([]int, round)
		for k := range counts {
			counts[k] = lanes
			if left > 0 {
				counts[k] = min(left, counts[k])
				left -= counts[k]
			}
		}
		a.round(counts)
		over := a.set.Reads > 0 && left == 0
		if a.fresh >= 4 || a.fresh > 1 && over {
			a.combine()
		}
		if over {
			return
		}
	}
}

// combine lowers the energy of the best by what it has in common with the best of other
// groups.
func (a *annealing) combine() {
	seed := rand.NewPCG(a.rng.Uint64(), a.rng.Uint64())
	if a.fresh = 0; a.reached() {
		return
	}
	a.stats.Updates += a.contract(a.best, a.elite, a.stats.Sweeps/a.stats.Reads, seed)
	a.stats.Flips += int64(descent.Descend(a.in, a.best))
	a.energy = a.in.Energy(a.best)
}

// round makes groups of so many reads each and adds them in order, up to the first with
// which the target is reached.
func (a *annealing) round(counts []int) {
	seeds := make([][2]uint64, len(counts))
	sweeps := make([]int, len(counts))
	for k := range counts {
		seeds[k] = [2]uint64{a.rng.Uint64(), a.rng.Uint64()}
		sweeps[k] = a.sweeps(len(counts))
		a.groups++
	}
	groups := make([]*group, len(counts))
	var hit atomic.Int64 // the first group that reached the target alone
	hit.Store(int64(len(counts)))
	parallel.Do(a.set.Workers, len(counts), func(k int) {
		if (k > 0 || a.best != nil) && a.watch.Err() != nil || int64(k) > hit.Load() {
			return
		}
		src := rand.NewPCG(seeds[k][0], seeds[k][1])
		p := &plan{a.set, a.watch, a.in.Sites(), sweeps[k], a.share}
		g := a.combineReads(a.engine.read(p, counts[k], src), p, src)
		groups[k] = g
		for first := hit.Load(); a.budget.Reached(a.in, g.energy) && int64(k) < first; first = hit.Load() {
			hit.CompareAndSwap(first, int64(k))
		}
	})
	for _, g := range groups {
		if g == nil {
			continue
		}
		a.add(g)
		if a.reached() {
			return
		}
	}
}

// add takes a group's reads into account.
func (a *annealing) add(g *group) {
	a.energies = append(a.energies, g.energies...)
	a.stats.Reads += g.stats.Reads
	a.stats.Sweeps += g.stats.Sweeps
	a.stats.Updates += g.stats.Updates
	a.stats.Flips += g.stats.Flips
	if !a.set.Independent {
		a.elite = append(a.elite, slices.Clone(g.spins))
		if a.fresh++; len(a.elite) > 64 {
			a.elite = slices.Delete(a.elite, 0, 1)
		}
	}
	if a.best == nil {
		a.best, a.energy = g.spins, g.energy
		return
	}
	if g.energy < a.energy {
		a.best, g.spins = g.spins, a.best
		a.energy = g.energy
	}
	if a.set.Independent {
		return
	}
	improved := a.cross.Improve(a.best, g.spins)
	for _, s := range g.elite {
		improved = a.cross.Improve(a.best, s) || improved
	}
	if improved {
		a.stats.Flips += int64(descent.Descend(a.in, a.best))
		a.energy = a.in.Energy(a.best)
	}
}

// count returns how many of the energies are e or less.
func (a *annealing) count(energies []float64, e float64) (n int) {
	for _, v := range energies {
		if !a.in.Below(e, v) {
			n++
		}
	}
	return n
}

// reached reports whether the best so far is as low as was asked.
func (a *annealing) reached() bool {
	return a.best != nil && a.budget.Reached(a.in, a.energy)
}

// sweeps returns the length of the next group's reads, of so many that run side by side:
// if it is not set, twice that of the group before, and the last until the time is up.
func (a *annealing) sweeps(beside int) int {
	if a.set.Sweeps > 0 {
		return a.set.Sweeps
	}
	const shortest = 32
	n := shortest << min(a.groups, 40)
	if a.stats.Sweeps == 0 {
		return n
	}
	spent := a.watch.Used()
	perSweep := float64(spent) / (float64(a.stats.Sweeps) / float64(a.stats.Reads) * float64(a.groups)) * float64(min(beside, a.set.Workers))
	if fit := 0.95 * float64(a.budget.Limit-spent) / perSweep; float64(n) > fit/2 {
		n = int(fit)
	}
	return max(n, 1)
}

// elite is the number of states that a group's reads are combined to.
const elite = 16

// combined returns the number of reads that are combined: fewer where reads were short,
// so that it takes no longer than they did.
func (p *plan) combined() int {
	if p.watch.Err() != nil {
		return elite
	}
	return min(elite+p.sweeps/4, 8*elite)
}

// combineReads returns a group's best state: the best read, crossed with those that follow,
// and what they have in common annealed again.
func (a *annealing) combineReads(r *reads, p *plan, src *rand.PCG) *group {
	g := &group{reads: r, spins: make([]int8, a.in.Sites())}
	r.store(g.spins, r.order[0])
	r.stats.Flips += int64(descent.Descend(a.in, g.spins))
	g.energy = a.in.Energy(g.spins)
	r.energies[r.order[0]] = g.energy
	// What several reads have found is hardly to be improved.
	const enough = 6
	if a.set.Independent || len(r.order) == 1 || a.count(r.energies, g.energy) >= enough {
		return g
	}
	// The best reads make a few states, each crossed with its share of the others.
	cross, other := descent.NewCrosser(a.cross.Graph), make([]int8, len(g.spins))
	for k, read := range r.order[:min(p.combined(), len(r.order))] {
		if k < elite {
			g.elite = append(g.elite, make([]int8, len(g.spins)))
			r.store(g.elite[k], read)
			continue
		}
		r.store(other, read)
		cross.Improve(g.elite[k%elite], other)
	}
	for _, state := range g.elite {
		if a.watch.Err() != nil {
			break
		}
		cross.Improve(g.spins, state)
	}
	r.stats.Updates += a.contract(g.spins, g.elite, p.sweeps, src)
	r.stats.Flips += int64(descent.Descend(a.in, g.spins))
	g.energy = a.in.Energy(g.spins)
	return g
}
