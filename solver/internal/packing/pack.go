package packing

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
)

// A Graph is a spin glass of any shape. The four slices have an entry for every bond.
type Graph struct {
	// Sites is their number, at most 2^30; sites are 0 to Sites-1.
	Sites int
	// From and To are the sites that a bond joins, two different ones. Bonds may be
	// parallel.
	From, To []int32
	// Weight is |J| ≥ 0 in any unit; the sum is at most [MaxWeight]. A cycle through a
	// bond of weight 0 packs nothing, so such a bond is as good as absent.
	Weight []int64
	// Negative marks the bonds with J < 0.
	Negative []bool
}

// MaxWeight is the largest sum of weights.
const MaxWeight = 1 << 60

// ErrGraph is wrapped by the error of a malformed graph, ErrSettings by that of a
// setting out of range.
var (
	ErrGraph    = errors.New("packing: malformed graph")
	ErrSettings = errors.New("packing: invalid settings")
)

func (g *Graph) check() error {
	if g.Sites < 0 || g.Sites > 1<<30 {
		return fmt.Errorf("%w: %d sites, want 0 to 2^30", ErrGraph, g.Sites)
	}
	m := len(g.From)
	if len(g.To) != m || len(g.Weight) != m || len(g.Negative) != m {
		return fmt.Errorf("%w: %d, %d, %d and %d entries in From, To, Weight and Negative", ErrGraph, m, len(g.To), len(g.Weight), len(g.Negative))
	}
	total := int64(0)
	for e, w := range g.Weight {
		i, j := g.From[e], g.To[e]
		if i < 0 || j < 0 || int(i) >= g.Sites || int(j) >= g.Sites || i == j {
			return fmt.Errorf("%w: bond %d joins sites %d and %d of %d", ErrGraph, e, i, j, g.Sites)
		}
		if w < 0 {
			return fmt.Errorf("%w: bond %d has weight %d, want ≥ 0", ErrGraph, e, w)
		}
		if w > MaxWeight-total {
			return fmt.Errorf("%w: weights sum to more than 2^60", ErrGraph)
		}
		total += w
	}
	return nil
}

// Settings are the settings of [Pack]; the zero value goes on to the optimum.
type Settings struct {
	// Enough ends the search as soon as Result.Bound reaches it, in the unit of the
	// weights; 0 is no target.
	Enough int64
	// MaxPivots ends the search after that many pivots of the simplex method; 0 is no
	// limit.
	MaxPivots int
	// MaxBasis ends the search at a basis of more than that many cycles, as memory
	// and the time of a pivot grow with its square: 8 to 10 bytes times the square.
	// By default 6000.
	MaxBasis int
}

func (set *Settings) withDefaults() (*Settings, error) {
	s := Settings{}
	if set != nil {
		s = *set
	}
	if s.MaxBasis == 0 {
		s.MaxBasis = 6000
	}
	for _, f := range []struct {
		name  string
		value int64
	}{{"Enough", s.Enough}, {"MaxPivots", int64(s.MaxPivots)}, {"MaxBasis", int64(s.MaxBasis)}} {
		if f.value < 0 {
			return nil, fmt.Errorf("%w: %s = %d, want ≥ 0", ErrSettings, f.name, f.value)
		}
	}
	return &s, nil
}

// A Cycle is a frustrated cycle with its multiplier.
type Cycle struct {
	// Y > 0 is the multiplier in units of 1/Result.Denominator.
	Y int64
	// Bonds are the bonds in their order along the cycle, each once.
	Bonds []int32
}

// A Result is a packing: for every bond the multipliers of the cycles through it sum
// to at most Denominator times its weight.
type Result struct {
	// Denominator is a power of two: the largest for which it times the sum of the
	// weights is at most 2^52, or 1.
	Denominator int64
	// Cycles are different from each other and have multipliers > 0.
	Cycles []Cycle
	// Bound is Σ Y / Denominator rounded up: every configuration leaves bonds of at
	// least this weight unsatisfied.
	Bound int64
	// Converged is true if the packing is an optimum of the linear program, up to
	// rounding: no packing of frustrated cycles can give a better bound, except where
	// rounding up makes the difference.
	Converged bool
	// Pivots of the simplex method, Columns (cycles) that it had to choose from, and
	// Rounds of the search for violated cycles.
	Pivots, Columns, Rounds int
}

const (
	// perturbation of the capacities, in units of the mean weight: without it equal
	// weights make the simplex method stall.
	perturbation = 1e-5
	// violation by which a cycle is shorter than 1 if it is to become a column.
	violation = 1e-6
	// hop is added to the price of a bond, so that the shorter cycle in bonds wins
	// where prices are equal.
	hop = 1e-8
	// crowd is the number of cycles found in a round through a site that is then no
	// longer searched from.
	crowd = 4
	// roundPivots ends the pivots of a round early: good columns are worth more than
	// the optimum of the columns at hand.
	roundPivots = 100
	// stalledPivots, and four times the number of bonds, without a rise of the value
	// end the search, as do more than maxRestarts failures of the inverse: either may
	// come of rounding errors only, and none has been seen.
	stalledPivots = 10000
	maxRestarts   = 3
)

// Pack packs frustrated cycles of a graph until the bound is that of the linear
// program or a limit of the settings is reached; nil settings are the defaults. The
// same graph and settings give the same result on the same architecture. When the context ends, the packing so
// far comes back together with an error that wraps ctx.Err(). The other errors are
// [ErrGraph] and [ErrSettings].
func Pack(ctx context.Context, g *Graph, set *Settings) (*Result, error) {
	set, err := set.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	p := newPacker(ctx, g, set)
	p.search()
	if p.stopped != enough {
		p.round()
	}
	r := &Result{Denominator: p.denominator, Cycles: p.best.cycles, Bound: p.bound(p.best), Converged: p.converged,
		Pivots: p.simplex.pivots, Columns: len(p.simplex.columns), Rounds: p.rounds}
	if p.stopped == interrupted {
		return r, fmt.Errorf("packing: stopped after %d pivots: %w", r.Pivots, ctx.Err())
	}
	return r, nil
}

// packer is one call of [Pack].
type packer struct {
	ctx     context.Context
	set     *Settings
	graph   *Graph
	cover   *cover
	simplex *simplex
	random  *rand.Rand

	denominator int64
	unit        float64   // of the simplex method's capacities: the mean weight
	exact       []float64 // capacities without perturbation
	length      []float64 // of bonds in a search
	visits      []int32   // cycles of the round through a site
	label       []uint64  // of bonds; a cycle's is the exclusive or
	known       map[uint64]bool

	rounds    int
	highest   float64 // value of the simplex method
	risen     int     // pivots when it was reached
	nextTry   int     // pivots before which no packing is rounded to see if it is enough
	best      packing
	stopped   stop
	converged bool
}

// A stop is the reason to end the search.
type stop int

const (
	running stop = iota
	interrupted
	enough
	limit
)

func newPacker(ctx context.Context, g *Graph, set *Settings) *packer {
	m := len(g.Weight)
	p := &packer{ctx: ctx, set: set, graph: g, random: rand.New(rand.NewPCG(1, 2)), denominator: 1, unit: 1,
		cover: newCover(g, func(e int) bool { return g.Weight[e] == 0 }),
		exact: make([]float64, m), length: make([]float64, m), visits: make([]int32, g.Sites),
		label: make([]uint64, m), known: map[uint64]bool{}}
	total, positive := int64(0), 0
	for _, w := range g.Weight {
		total += w
		positive += int(min(w, 1))
	}
	if positive > 0 {
		p.denominator = 1 << max(0, 52-bits.Len64(uint64(total-1)))
		p.unit = float64(total) / float64(positive)
	}
	perturbed := make([]float64, m)
	for e, w := range g.Weight {
		p.exact[e] = float64(w) / p.unit
		perturbed[e] = p.exact[e] + perturbation*(0.5+p.random.Float64())
		p.label[e] = p.random.Uint64()
	}
	p.simplex = newSimplex(perturbed)
	return p
}

// search looks for the optimum: first with perturbed capacities, then from that basis
// with the exact ones, which is often optimal at once.
func (p *packer) search() {
	p.greedy()
	p.converged = p.stopped == running && p.optimize() && p.restore() && p.optimize()
}

// optimize runs rounds of search and simplex method until no cycle is violated and
// returns true, or returns false if the search ends before.
func (p *packer) optimize() bool {
	s := p.simplex
	p.highest, p.risen = 0, s.pivots
	for optimal := false; ; {
		p.refresh()
		if v := s.value(); v > p.highest*(1+1e-12) {
			p.highest, p.risen = v, s.pivots
		}
		found := p.separate()
		if p.stopped != running {
			return false
		}
		if found == 0 && optimal {
			return true
		}
		optimal = false
		for end := s.pivots + roundPivots; s.pivots < end && !optimal; {
			if p.shouldStop() {
				return false
			}
			optimal = !s.primalStep()
		}
	}
}

// restore removes the perturbation of the capacities: the basis stays optimal for its
// columns and is made feasible by the dual simplex method. It returns false if the
// search ends.
func (p *packer) restore() bool {
	copy(p.simplex.capacity, p.exact)
	p.risen = p.simplex.pivots
	for p.refresh(); p.simplex.dualStep(); {
		if p.shouldStop() {
			return false
		}
	}
	return true
}

// refresh computes values and prices anew from the inverse, and that too if it has
// drifted.
func (p *packer) refresh() {
	if p.simplex.compute(); p.simplex.drifted() {
		p.round() // it may be the last for long
		p.simplex.repair(p.interrupted)
	}
}

func (p *packer) interrupted() bool {
	if p.ctx.Err() != nil {
		p.stopped = interrupted
	}
	return p.stopped == interrupted
}

// shouldStop looks at the context, the limits and the target.
func (p *packer) shouldStop() bool {
	s := p.simplex
	switch {
	case p.interrupted():
	case p.set.MaxPivots > 0 && s.pivots >= p.set.MaxPivots, len(s.basic) > p.set.MaxBasis,
		s.pivots-p.risen > stalledPivots+4*len(s.capacity), s.restarts > maxRestarts:
		p.stopped = limit
	case p.set.Enough > 0 && s.pivots >= p.nextTry && s.value()*p.unit*(1-2*perturbation) > float64(p.set.Enough-1):
		p.round()
		if p.bound(p.best) >= p.set.Enough {
			p.stopped = enough
		}
		p.nextTry = s.pivots + 64 + s.pivots/16
	}
	return p.stopped != running
}

// separate adds columns for cycles that the prices violate and returns their number.
func (p *packer) separate() int {
	p.rounds++
	for e, x := range p.simplex.x {
		p.length[e] = max(x, 0) + hop
	}
	clear(p.visits)
	found := 0
	for _, root := range p.cover.roots {
		if p.interrupted() {
			break
		}
		if p.visits[root] >= 2*crowd {
			continue
		}
		if cycle := p.cover.shortest(root, p.length, 1-violation); cycle != nil && p.add(cycle) {
			found++
		}
	}
	return found
}

// add makes a cycle a column and returns true, or false if it is one already.
func (p *packer) add(cycle []int32) bool {
	var label uint64
	for _, e := range cycle {
		label ^= p.label[e]
	}
	if p.known[label] {
		return false
	}
	p.known[label] = true
	p.simplex.add(cycle)
	for _, e := range cycle {
		for _, i := range [2]int32{p.graph.From[e], p.graph.To[e]} {
			p.visits[i]++ // twice a cycle
		}
	}
	return true
}
