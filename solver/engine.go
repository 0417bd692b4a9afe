package solver

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver/internal/lanes"
	"spinlearn/solver/internal/multispin"
)

// An Engine is a way to make reads of [Anneal].
type Engine string

const (
	// Multispin updates 64 to 512 replicas at a time, one bit each. It takes instances
	// whose couplings are of one size, with at most six bonds at a site. Replicas have
	// random numbers of their own, correlated only to 2^-16.
	Multispin Engine = "multispin"
	// Lanes updates 16 replicas side by side in float32, on any instance.
	Lanes Engine = "lanes"
	// Bipartite is Lanes where bonds join two kinds of sites only: it anneals one kind, at
	// the energy that the other kind's spins make in their best state, -Σ|h|.
	Bipartite Engine = "bipartite"
	// Sparse updates one replica and keeps the cost of every flip, on any instance.
	Sparse Engine = "sparse"
)

// engine makes groups of reads.
type engine interface {
	// lanes returns the number of reads of a group.
	lanes() int
	// anneal makes a group of at most so many reads, at least those asked for.
	anneal(s *schedule, reads int, src *rand.PCG) *group
}

// newEngine returns the engine of the settings, or the one that suits the instance and
// the number of reads.
func newEngine(in *ising.Instance, table *bonds, set *AnnealSettings) (engine, error) {
	name := set.Engine
	few := set.Reads == 1 || set.Reads == 2 // of which groups would be a waste
	const dense = 32                        // neighbours, where it pays to keep costs
	if name == "" && (few || in.Sites() > lanes.MaxSites || table.degree() > dense) {
		name = Sparse
	}
	ends, couplings := bondsOf(in)
	if name == "" || name == Multispin {
		e, err := newMultispin(in, ends, couplings)
		if err == nil {
			return e, nil
		}
		if name == Multispin {
			return nil, fmt.Errorf("%w: Engine = %s: %w", ErrSettings, name, err)
		}
	}
	switch name {
	case "", Lanes, Bipartite:
		if in.Sites() > lanes.MaxSites {
			return nil, fmt.Errorf("%w: Engine = %s: %d sites, at most %d fit", ErrSettings, name, in.Sites(), lanes.MaxSites)
		}
		net := lanes.NewNetwork(in.Sites(), ends, couplings)
		if name == Bipartite && !net.Bipartite() {
			return nil, fmt.Errorf("%w: Engine = %s: the sites of %v are not of two kinds", ErrSettings, name, in.Lattice)
		}
		return &lanesEngine{in, net, name != Lanes && net.Bipartite()}, nil
	case Sparse:
		return &sparseEngine{in, table}, nil
	}
	return nil, fmt.Errorf("%w: Engine = %q, want %s, %s, %s or %s", ErrSettings, name, Multispin, Lanes, Bipartite, Sparse)
}

// bondsOf lists the bonds that have a coupling.
func bondsOf(in *ising.Instance) (ends [][2]int32, couplings []float64) {
	for k, v := range in.J {
		if v != 0 {
			i, j := in.Ends(k)
			ends = append(ends, [2]int32{int32(i), int32(j)})
			couplings = append(couplings, v)
		}
	}
	return ends, couplings
}

type multispinEngine struct {
	in    *ising.Instance
	net   *multispin.Network
	size  float64 // of the couplings
	whole int64   // the same on the grid
	bonds int
}

func newMultispin(in *ising.Instance, ends [][2]int32, couplings []float64) (*multispinEngine, error) {
	e := &multispinEngine{in: in, size: 1, bonds: len(ends)}
	negative := make([]bool, len(ends))
	for k, v := range couplings {
		if k == 0 {
			e.size = math.Abs(v)
		}
		if math.Abs(v) != e.size {
			return nil, fmt.Errorf("couplings %v and %v differ in size", couplings[0], v)
		}
		negative[k] = v < 0
	}
	e.whole = in.Integers().Total / int64(max(1, e.bonds))
	var err error
	e.net, err = multispin.NewNetwork(in.Sites(), ends, negative)
	return e, err
}

func (e *multispinEngine) lanes() int { return multispin.Lanes }

// energy returns the energy of a state that violates so many bonds.
func (e *multispinEngine) energy(broken int) float64 {
	return e.in.Integers().Energy(e.whole * int64(2*broken-e.bonds))
}

// elite is the number of states that a group's reads are combined to.
const elite = 16

// combined returns the number of reads that are combined: fewer where reads were short,
// so that it takes no longer than they did.
func (s *schedule) combined() int {
	if s.ctx.Err() != nil {
		return elite
	}
	return min(elite+s.sweeps/4, 8*elite)
}

func (e *multispinEngine) anneal(s *schedule, reads int, src *rand.PCG) *group {
	reads = (reads + 63) / 64 * 64
	r := e.net.NewReplicas(reads, src)
	if s.set.Start != nil {
		for lane := range reads {
			r.Set(lane, s.set.Start)
		}
	}
	sweeps := s.follow(func(beta float64, sweeps int) {
		r.SetBeta(beta * e.size)
		r.Sweep(sweeps)
	})
	r.SetBeta(math.Inf(1))
	const quench = 6 // sweeps, after which hardly a flip is left that gains
	r.Sweep(quench)
	broken := make([]int, reads)
	r.Broken(broken)
	g := newGroup(e.in, reads, sweeps)
	order := make([]int, reads)
	for lane, n := range broken {
		order[lane] = lane
		g.energies[lane] = e.energy(n)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(broken[a], broken[b]), cmp.Compare(a, b)) })
	s.combine(g, r.Store, order, src)
	return g
}

type lanesEngine struct {
	in   *ising.Instance
	net  *lanes.Network
	half bool
}

func (e *lanesEngine) lanes() int { return lanes.Lanes }

func (e *lanesEngine) anneal(s *schedule, _ int, src *rand.PCG) *group {
	r := e.net.NewReplicas(e.half, src)
	if s.set.Start != nil {
		for lane := range lanes.Lanes {
			r.Set(lane, s.set.Start)
		}
	}
	sweeps := s.follow(func(beta float64, sweeps int) {
		r.SetBeta(beta)
		r.Sweep(sweeps)
	})
	g := newGroup(e.in, lanes.Lanes, sweeps)
	order := make([]int, lanes.Lanes)
	states := make([][]int8, lanes.Lanes)
	for lane := range order {
		order[lane] = lane
		states[lane] = make([]int8, e.in.Sites())
		r.Store(states[lane], lane)
		if s.ctx.Err() == nil {
			g.stats.Flips += int64(Descent(e.in, states[lane]))
		}
		g.energies[lane] = e.in.Energy(states[lane])
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(g.energies[a], g.energies[b]), cmp.Compare(a, b)) })
	s.combine(g, func(dst []int8, lane int) { copy(dst, states[lane]) }, order, src)
	return g
}

func newGroup(in *ising.Instance, reads, sweeps int) *group {
	return &group{energies: make([]float64, reads), stats: Stats{
		Reads: reads, Sweeps: reads * sweeps, Updates: int64(reads) * int64(sweeps) * int64(in.Sites()),
	}}
}

// combine sets the group's best state: the first of the order, best first, crossed with
// those that follow.
func (s *schedule) combine(g *group, store func(dst []int8, lane int), order []int, src *rand.PCG) {
	g.spins = make([]int8, s.in.Sites())
	store(g.spins, order[0])
	g.stats.Flips += int64(Descent(s.in, g.spins))
	g.energy = s.in.Energy(g.spins)
	g.energies[order[0]] = g.energy
	// What several reads have found is hardly to be improved.
	const enough = 6
	if s.set.Independent || s.count(g.energies, g.energy) >= enough {
		return
	}
	// The best reads make a few states, each crossed with its share of the others.
	cross, other := newCrosser(s.cross.bonds), make([]int8, len(g.spins))
	for k, lane := range order[:min(s.combined(), len(order))] {
		if k < elite {
			g.elite = append(g.elite, make([]int8, len(g.spins)))
			store(g.elite[k], lane)
			continue
		}
		store(other, lane)
		cross.improve(g.elite[k%elite], other)
	}
	for _, state := range g.elite {
		if s.ctx.Err() != nil {
			break
		}
		cross.improve(g.spins, state)
	}
	g.stats.Updates += s.renormalise(g.spins, g.elite, src)
	g.stats.Flips += int64(Descent(s.in, g.spins))
	g.energy = s.in.Energy(g.spins)
}

type sparseEngine struct {
	in    *ising.Instance
	table *bonds
}

func (e *sparseEngine) lanes() int { return 1 }

func (e *sparseEngine) anneal(s *schedule, _ int, src *rand.PCG) *group {
	spins := slices.Clone(s.set.Start)
	if spins == nil {
		spins = randomSpins(e.in.Sites(), src.Uint64)
	}
	st := newState(e.table, spins)
	flips := int64(0)
	sweeps := s.follow(func(beta float64, sweeps int) {
		for range sweeps {
			flips += st.sweep(beta, src)
		}
	})
	st.store(spins)
	g := newGroup(e.in, 1, sweeps)
	g.stats.Flips = flips + int64(Descent(e.in, spins))
	g.spins, g.energy = spins, e.in.Energy(spins)
	g.energies[0] = g.energy
	return g
}

// Fits returns an error that wraps [ErrSettings] if the engine does not take the instance.
func (e Engine) Fits(in *ising.Instance) error {
	_, err := newEngine(in, newBonds(in), &AnnealSettings{Engine: e})
	return err
}
