package anneal

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
	"spinlearn/solver/internal/graph"
	"spinlearn/solver/internal/lanes"
)

// Contraction improves a configuration of which some bonds are thought to be right. It
// freezes these bonds: their spins become one, and the smaller glass is annealed in 16
// replicas from random spins. What all replicas have in common is frozen next, until one
// spin is left, after Houdayer and Martin, Phys. Rev. Lett. 83, 1030 (1999). Descent ends it.
// The result is never worse than the start.
type Contraction struct {
	// Start is the configuration to improve; nil means the state of the spanning tree.
	Start []int8
	// Frozen tells of each bond, in the layout of the couplings, whether its two spins are to
	// keep their relative orientation in the first annealing; nil freezes none.
	Frozen []bool
	// Sweeps of each annealing, > 0.
	Sweeps int
}

// DefaultContraction returns annealings of 100 sweeps.
func DefaultContraction() *Contraction { return &Contraction{Sweeps: 100} }

// Name implements [solver.Solver].
func (*Contraction) Name() string { return "contract" }

// Check implements [solver.Solver].
func (set *Contraction) Check(in *ising.Instance) error { return set.validate(in) }

func (set *Contraction) validate(in *ising.Instance) error {
	switch {
	case set.Sweeps < 1:
		return fmt.Errorf("%w: Sweeps = %d, want at least 1", solver.ErrSettings, set.Sweeps)
	case set.Frozen != nil && len(set.Frozen) != in.Slots():
		return fmt.Errorf("%w: Frozen has %d bonds, the instance %d", solver.ErrSettings, len(set.Frozen), in.Slots())
	case in.Sites() > lanes.MaxSites:
		return fmt.Errorf("%w: %d sites, at most %d fit", solver.ErrTooLarge, in.Sites(), lanes.MaxSites)
	}
	return solver.CheckStart(in, set.Start)
}

// Solve implements [solver.Solver]. A target does not end it.
func (set *Contraction) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	if err := cmp.Or(budget.Check(), set.validate(in)); err != nil {
		return nil, err
	}
	watch := budget.Start(ctx)
	s := slices.Clone(set.Start)
	if s == nil {
		s = in.SpanningTree(in.J, rng).Spins(in.J)
	}
	g := graph.New(in)
	r := contraction{watch, Geometric, set.Sweeps, rand.NewPCG(rng.Uint64(), rng.Uint64())}
	updates := r.run(g, s, g.Held(in, set.Frozen))
	stopped := watch.Err() != nil
	flips := descent.Polish(g, s, stopped)
	return watch.Result(in, s, solver.Stats{Reads: 1, Updates: updates, Flips: int64(flips)}, stopped)
}

// contract lowers the energy of s by what it has in common with other states, at most
// 64, freezing the bonds on which they agree. It returns the number of
// updates.
func (a *annealing) contract(spins []int8, others [][]int8, sweeps int, src *rand.PCG) (updates int64) {
	g := a.cross.Graph
	c := g.Alike(spins, others)
	if !c.Shrink(g) {
		return 0
	}
	r := contraction{a.watch, a.set.Schedule, min(sweeps, 200+sweeps/8), src} // more sweeps gain nothing
	return r.run(g, spins, c)
}

// contraction is what the annealings of ever smaller graphs share.
type contraction struct {
	watch    *solver.Watch
	schedule Schedule
	sweeps   int
	src      *rand.PCG
}

// run lowers the energy of spins, whose clusters at first flip as a whole.
func (r *contraction) run(g *graph.Graph, spins []int8, c *graph.Clusters) (updates int64) {
	state := spins
	up := make([]int32, len(spins)) // the site of the present graph that each site has become
	for i := range up {
		up[i] = int32(i)
	}
	for r.watch.Err() == nil && c.Count() > 1 {
		small := g.Contract(state, c)
		others, n := r.anneal(small)
		updates += n
		next := slices.Repeat([]int8{1}, small.Sites())
		cross := descent.NewCrosser(small)
		for _, s := range others {
			small.Descend(s)
			cross.Improve(next, s)
		}
		small.Descend(next)
		for i, k := range up {
			up[i] = c.Of[k]
			spins[i] *= next[c.Of[k]]
		}
		g, state = small, next
		if c = g.Alike(next, others); !c.Shrink(g) {
			break
		}
	}
	return updates
}

// anneal returns the states of a graph that annealing from random spins ends at.
func (r *contraction) anneal(g *graph.Graph) (states [][]int8, updates int64) {
	n := g.Sites()
	ends, couplings := g.Bonds()
	replicas := lanes.NewNetwork(n, ends, couplings).NewReplicas(false, r.src)
	set := &Settings{Schedule: r.schedule}
	set.BetaMin, set.BetaMax = roughRange(g, r.src)
	p := plan{Settings: set, watch: r.watch, sites: n, sweeps: r.sweeps}
	sweeps := p.follow(func(beta float64, sweeps int) {
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
