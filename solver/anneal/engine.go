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
	// read makes a group of at least so many reads.
	read(p *plan, count int, src *rand.PCG) *reads
}

// reads is a group of reads that have ended.
type reads struct {
	store    func(dst []int8, read int) // the configuration of a read
	energies []float64
	order    []int // of the reads, best first
	stats    solver.Stats
}

// newReads returns so many reads of so many sweeps, which are to be filled in.
func newReads(in *ising.Instance, count, sweeps int) *reads {
	r := &reads{energies: make([]float64, count), order: make([]int, count), stats: solver.Stats{
		Reads: count, Sweeps: count * sweeps, Updates: int64(count) * int64(sweeps) * int64(in.Sites()),
	}}
	for k := range r.order {
		r.order[k] = k
	}
	return r
}

// sort orders the reads by their energies.
func (r *reads) sort() {
	slices.SortFunc(r.order, func(a, b int) int { return cmp.Or(cmp.Compare(r.energies[a], r.energies[b]), cmp.Compare(a, b)) })
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

func (e *multispinEngine) read(p *plan, count int, src *rand.PCG) *reads {
	count = (count + 63) / 64 * 64
	replicas := e.glass.NewReplicas(count, src)
	if p.Start != nil {
		for lane := range count {
			replicas.Set(lane, p.Start)
		}
	}
	sweeps := p.follow(func(beta float64, sweeps int) {
		replicas.SetBeta(beta * e.glass.Size)
		replicas.Sweep(sweeps)
	})
	replicas.SetBeta(math.Inf(1))
	const quench = 6 // sweeps, after which hardly a flip is left that gains
	replicas.Sweep(quench)
	broken := make([]int, count)
	replicas.Broken(broken)
	r := newReads(e.in, count, sweeps)
	for k, n := range broken {
		r.energies[k] = e.glass.Energy(n)
	}
	r.store = replicas.Store
	r.sort()
	return r
}

type lanesEngine struct {
	in   *ising.Instance
	net  *lanes.Network
	half bool
}

func (e *lanesEngine) lanes() int { return lanes.Lanes }

func (e *lanesEngine) read(p *plan, _ int, src *rand.PCG) *reads {
	replicas := e.net.NewReplicas(e.half, src)
	if p.Start != nil {
		for lane := range lanes.Lanes {
			replicas.Set(lane, p.Start)
		}
	}
	sweeps := p.follow(func(beta float64, sweeps int) {
		replicas.SetBeta(beta)
		replicas.Sweep(sweeps)
	})
	r := newReads(e.in, lanes.Lanes, sweeps)
	states := make([][]int8, lanes.Lanes)
	for k := range states {
		states[k] = make([]int8, e.in.Sites())
		replicas.Store(states[k], k)
		if p.watch.Err() == nil {
			r.stats.Flips += int64(descent.Descend(e.in, states[k]))
		}
		r.energies[k] = e.in.Energy(states[k])
	}
	r.store = func(dst []int8, k int) { copy(dst, states[k]) }
	r.sort()
	return r
}

// Check returns an error that wraps [solver.ErrSettings] if the engine does not take the instance.
func (e Engine) Check(in *ising.Instance) error {
	_, err := newEngine(in, graph.New(in), &Settings{Engine: e, Reads: Auto})
	return err
}
