package solver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"spinlearn/ising"
	"spinlearn/solver/internal/lanes"
)

// RenormaliseSettings are the settings of [Renormalise].
type RenormaliseSettings struct {
	// Start is the configuration to improve; nil means the state of the spanning tree.
	Start []int8
	// Hold tells of each bond, in the layout of the couplings, whether its two spins are to
	// keep their relative orientation in the first annealing; nil holds none.
	Hold []bool
	// Sweeps of each annealing, > 0; 100 by default.
	Sweeps int
}

func (set *RenormaliseSettings) withDefaults(in *ising.Instance) (RenormaliseSettings, error) {
	s := RenormaliseSettings{}
	if set != nil {
		s = *set
	}
	if s.Sweeps == 0 {
		s.Sweeps = 100
	}
	if s.Sweeps < 1 {
		return s, fmt.Errorf("%w: Sweeps = %d, want more", ErrSettings, s.Sweeps)
	}
	if s.Hold != nil && len(s.Hold) != in.Bonds() {
		return s, fmt.Errorf("%w: Hold has %d bonds, the instance %d", ErrSettings, len(s.Hold), in.Bonds())
	}
	if in.Sites() > lanes.MaxSites {
		return s, fmt.Errorf("%w: %d sites, at most %d fit", ErrTooLarge, in.Sites(), lanes.MaxSites)
	}
	return s, checkStart(in, s.Start)
}

// Renormalise improves a configuration of which some bonds are thought to be right. The
// spins that those hold together become one, and the smaller glass of them is annealed in
// 16 replicas from random spins. What all replicas have in common is held next, until one
// spin is left: what [Anneal] does with its reads, after Houdayer and Martin, Phys. Rev.
// Lett. 83, 1030 (1999). Descent ends it. The result is never worse than the start.
func Renormalise(ctx context.Context, in *ising.Instance, settings *RenormaliseSettings, rng *rand.Rand) (*Result, error) {
	begin := time.Now()
	set, err := settings.withDefaults(in)
	if err != nil {
		return nil, err
	}
	s := slices.Clone(set.Start)
	if s == nil {
		s = in.SpanningTree(in.J, rng).Spins(in.J)
	}
	table := newBonds(in)
	r := renormalisation{ctx, Geometric, set.Sweeps, rand.NewPCG(rng.Uint64(), rng.Uint64())}
	updates := r.run(table, s, table.held(in, set.Hold))
	flips := table.polish(s)
	result := heuristic(in, s, Stats{Reads: 1, Updates: updates, Flips: int64(flips)}, begin)
	if err := ctx.Err(); err != nil {
		return interrupted(result, err)
	}
	return result, nil
}

// renormalise lowers the energy of s by what it has in common with other states, at most
// 64, as [Renormalise] does with the bonds on which they agree. It returns the number of
// updates.
func (s *schedule) renormalise(spins []int8, others [][]int8, src *rand.PCG) (updates int64) {
	table := s.cross.bonds
	c := table.alike(spins, others)
	if !c.shrink(table) {
		return 0
	}
	r := renormalisation{s.ctx, s.set.Schedule, min(s.sweeps, 200+s.sweeps/8), src} // more sweeps gain nothing
	return r.run(table, spins, c)
}

// renormalisation is what the annealings of one descent to ever smaller glasses share.
type renormalisation struct {
	ctx      context.Context
	schedule Schedule
	sweeps   int
	src      *rand.PCG
}

// run lowers the energy of spins, which the sites of a class at first flip together only.
func (r *renormalisation) run(table *bonds, spins []int8, c *classes) (updates int64) {
	state := spins
	up := make([]int32, len(spins)) // the spin of the present glass that each site has become
	for i := range up {
		up[i] = int32(i)
	}
	for r.ctx.Err() == nil && c.count() > 1 {
		small := table.contract(state, c)
		others, n := r.anneal(small)
		updates += n
		next := slices.Repeat([]int8{1}, small.sites())
		cross := newCrosser(small)
		for _, s := range others {
			small.descend(s)
			cross.improve(next, s)
		}
		small.descend(next)
		for i, k := range up {
			up[i] = c.of[k]
			spins[i] *= next[c.of[k]]
		}
		table, state = small, next
		if c = table.alike(next, others); !c.shrink(table) {
			break
		}
	}
	return updates
}

// anneal returns the states of a glass that annealing from random spins ends at.
func (r *renormalisation) anneal(table *bonds) (states [][]int8, updates int64) {
	n := table.sites()
	ends, couplings := table.list()
	replicas := lanes.NewNetwork(n, ends, couplings).NewReplicas(false, r.src)
	set := AnnealSettings{Schedule: r.schedule}
	set.BetaMin, set.BetaMax = table.roughRange(r.src)
	sweeps := set.follow(r.ctx, n, r.sweeps, func(beta float64, sweeps int) {
		replicas.SetBeta(beta)
		replicas.Sweep(sweeps)
	})
	spins := make([]int8, lanes.Lanes*n)
	for lane := range lanes.Lanes {
		states = append(states, part(spins, lane, n))
		replicas.Store(states[lane], lane)
	}
	return states, int64(sweeps) * int64(n) * lanes.Lanes
}

func part(spins []int8, k, n int) []int8 { return spins[k*n : (k+1)*n] }

// classes are sets of sites, each held together by bonds.
type classes struct {
	of      []int32 // of each site
	members []int32 // class by class
	start   []int32 // of each class in members, and the end
}

func (c *classes) count() int { return len(c.start) - 1 }

// shrink reports whether there are so much fewer classes than sites that it is worth the
// while to go on with them.
func (c *classes) shrink(b *bonds) bool { return float64(c.count()) <= 0.95*float64(b.sites()) }

// gather returns the classes in which neighbours are joined that hold says are to be: the
// k-th neighbour of site i, counted over all sites as in the table.
func (b *bonds) gather(hold func(i, k int32) bool) *classes {
	n := b.sites()
	c := &classes{of: slices.Repeat([]int32{-1}, n), members: make([]int32, 0, n), start: make([]int32, 0, n/4)}
	for root := range int32(n) {
		if c.of[root] >= 0 {
			continue
		}
		class := int32(len(c.start))
		c.start = append(c.start, int32(len(c.members)))
		c.of[root] = class
		c.members = append(c.members, root)
		for at := len(c.members) - 1; at < len(c.members); at++ {
			i := c.members[at]
			for k := b.start[i]; k < b.start[i+1]; k++ {
				if j := b.site[k]; c.of[j] < 0 && hold(i, k) {
					c.of[j] = class
					c.members = append(c.members, j)
				}
			}
		}
	}
	c.start = append(c.start, int32(n))
	return c
}

// alike returns the classes of sites that are oriented alike in all states, at most 64.
func (b *bonds) alike(s []int8, others [][]int8) *classes {
	differs := make([]uint64, len(s)) // bit k: from s in state k
	for k, other := range others {
		for i, v := range other {
			differs[i] |= uint64(uint8(v^s[i])>>7) << k
		}
	}
	return b.gather(func(i, k int32) bool { return differs[i] == differs[b.site[k]] })
}

// held returns the classes of sites that chosen bonds of the instance hold together.
func (b *bonds) held(in *ising.Instance, hold []bool) *classes {
	if hold == nil {
		return b.gather(func(_, _ int32) bool { return false })
	}
	chosen := make([]bool, 0, len(b.site)) // in the order of the table
	for i := range in.Sites() {
		for _, bond := range in.BondsAt(i) {
			if in.J[bond] != 0 {
				chosen = append(chosen, hold[bond])
			}
		}
	}
	return b.gather(func(_, k int32) bool { return chosen[k] })
}

// contract returns the glass whose spins are the classes. All its spins up stand for the
// state s.
func (b *bonds) contract(s []int8, c *classes) *bonds {
	n := c.count()
	small := &bonds{start: make([]int32, n+1), lost: b.lost}
	sum, whole, seen := make([]float64, n), make([]int64, n), make([]int32, n)
	for class := range int32(n) {
		begin := len(small.site)
		for _, i := range c.members[c.start[class]:c.start[class+1]] {
			for k := b.start[i]; k < b.start[i+1]; k++ {
				j := b.site[k]
				d := c.of[j]
				if d == class {
					continue
				}
				if seen[d] != class+1 {
					seen[d], sum[d], whole[d] = class+1, 0, 0
					small.site = append(small.site, d)
				}
				sum[d] += b.weight[k] * float64(s[i]*s[j])
				whole[d] += b.integers[k] * int64(s[i]*s[j])
			}
		}
		for _, d := range small.site[begin:] {
			small.weight = append(small.weight, sum[d])
			small.integers = append(small.integers, whole[d])
		}
		small.start[class+1] = int32(len(small.site))
	}
	return small
}
