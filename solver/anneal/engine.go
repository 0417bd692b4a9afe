package anneal

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
	"spinlearn/solver/internal/graph"
	"spinlearn/solver/internal/lanes"
	"spinlearn/solver/internal/multispin"
)

// An Engine is a way to make reads.
type Engine string

const (
	// AutoEngine lets the instance and the number of reads decide.
	AutoEngine Engine = "auto"
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

// Engines are the engines that can be asked for.
var Engines = []Engine{Multispin, Lanes, Bipartite, Sparse}

// engine makes groups of reads.
type engine interface {
	// lanes returns the number of reads of a group.
	lanes() int
	// anneal makes a group of at most so many reads, at least those asked for.
	anneal(s *schedule, reads int, src *rand.PCG) *group
}

// newEngine returns the engine of the settings, or the one that suits the instance and
// the number of reads.
func newEngine(in *ising.Instance, g *graph.Graph, set *Settings) (engine, error) {
	name := set.Engine
	few := set.Reads == 1 || set.Reads == 2 // of which groups would be a waste
	const dense = 32                        // neighbours, where it pays to keep costs
	if name == AutoEngine && (few || in.Sites() > lanes.MaxSites || g.Degree() > dense) {
		name = Sparse
	}
	if name == AutoEngine || name == Multispin {
		glass, err := multispin.NewGlass(in)
		if err == nil {
			return &multispinEngine{in, glass}, nil
		}
		if name == Multispin {
			return nil, fmt.Errorf("%w: Engine = %s: %w", solver.ErrSettings, name, err)
		}
	}
	switch name {
	case AutoEngine, Lanes, Bipartite:
		if in.Sites() > lanes.MaxSites {
			return nil, fmt.Errorf("%w: Engine = %s: %d sites, at most %d fit", solver.ErrSettings, name, in.Sites(), lanes.MaxSites)
		}
		ends, couplings := graph.List(in)
		net := lanes.NewNetwork(in.Sites(), ends, couplings)
		if name == Bipartite && !net.Bipartite() {
			return nil, fmt.Errorf("%w: Engine = %s: the sites of %v are not of two kinds", solver.ErrSettings, name, in.Lattice)
		}
		return &lanesEngine{in, net, name != Lanes && net.Bipartite()}, nil
	case Sparse:
		return &sparseEngine{in, g}, nil
	}
	return nil, fmt.Errorf("%w: Engine = %q, want %s, %s, %s, %s or %s", solver.ErrSettings, name, AutoEngine, Multispin, Lanes, Bipartite, Sparse)
}

type multispinEngine struct {
	in    *ising.Instance
	glass *multispin.Glass
}

func (e *multispinEngine) lanes() int { return multispin.Lanes }

// elite is the number of states that a group's reads are combined to.
const elite = 16

// combined returns the number of reads that are combined: fewer where reads were short,
// so that it takes no longer than they did.
func (s *schedule) combined() int {
	if s.watch.Err() != nil {
		return elite
	}
	return min(elite+s.sweeps/4, 8*elite)
}

func (e *multispinEngine) anneal(s *schedule, reads int, src *rand.PCG) *group {
	reads = (reads + 63) / 64 * 64
	r := e.glass.NewReplicas(reads, src)
	if s.set.Start != nil {
		for lane := range reads {
			r.Set(lane, s.set.Start)
		}
	}
	sweeps := s.follow(func(beta float64, sweeps int) {
		r.SetBeta(beta * e.glass.Size)
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
		g.energies[lane] = e.glass.Energy(n)
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
		if s.watch.Err() == nil {
			g.stats.Flips += int64(descent.Descend(e.in, states[lane]))
		}
		g.energies[lane] = e.in.Energy(states[lane])
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(g.energies[a], g.energies[b]), cmp.Compare(a, b)) })
	s.combine(g, func(dst []int8, lane int) { copy(dst, states[lane]) }, order, src)
	return g
}

func newGroup(in *ising.Instance, reads, sweeps int) *group {
	return &group{energies: make([]float64, reads), stats: solver.Stats{
		Reads: reads, Sweeps: reads * sweeps, Updates: int64(reads) * int64(sweeps) * int64(in.Sites()),
	}}
}

// combine sets the group's best state: the first of the order, best first, crossed with
// those that follow.
func (s *schedule) combine(g *group, store func(dst []int8, lane int), order []int, src *rand.PCG) {
	g.spins = make([]int8, s.in.Sites())
	store(g.spins, order[0])
	g.stats.Flips += int64(descent.Descend(s.in, g.spins))
	g.energy = s.in.Energy(g.spins)
	g.energies[order[0]] = g.energy
	// What several reads have found is hardly to be improved.
	const enough = 6
	if s.set.Independent || s.count(g.energies, g.energy) >= enough {
		return
	}
	// The best reads make a few states, each crossed with its share of the others.
	cross, other := descent.NewCrosser(s.cross.Graph), make([]int8, len(g.spins))
	for k, lane := range order[:min(s.combined(), len(order))] {
		if k < elite {
			g.elite = append(g.elite, make([]int8, len(g.spins)))
			store(g.elite[k], lane)
			continue
		}
		store(other, lane)
		cross.Improve(g.elite[k%elite], other)
	}
	for _, state := range g.elite {
		if s.watch.Err() != nil {
			break
		}
		cross.Improve(g.spins, state)
	}
	g.stats.Updates += s.contract(g.spins, g.elite, src)
	g.stats.Flips += int64(descent.Descend(s.in, g.spins))
	g.energy = s.in.Energy(g.spins)
}

// Check returns an error that wraps [solver.ErrSettings] if the engine does not take the instance.
func (e Engine) Check(in *ising.Instance) error {
	_, err := newEngine(in, graph.New(in), &Settings{Engine: e, Reads: Auto})
	return err
}
