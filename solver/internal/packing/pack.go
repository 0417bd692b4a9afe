package packing

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
)

// A Graph is a spin glass on any graph. The four slices have an entry for each bond.
type Graph struct {
	// Sites is the number of sites, at most 2^30. They are numbered from 0.
	Sites int
	// From and To are the sites that a bond joins, two different ones. Bonds may be
	// parallel.
	From, To []int32
	// Weight is |J| ≥ 0 in any unit. The sum is at most [MaxWeight]. A bond of weight 0
	// has the same effect as no bond.
	Weight []int64
	// Negative marks the bonds with J < 0.
	Negative []bool
}

// MaxWeight is the largest allowed sum of weights.
const MaxWeight = 1 << 60

// Errors of [Pack] for malformed graphs wrap ErrGraph, those for settings out of range wrap
// ErrSettings.
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

// Settings are the settings of [Pack]. With the zero value the search continues to the
// optimum.
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
	// Y > 0 is the multiplier, in units of 1/Denominator of the [Result].
	Y int64
	// Bonds are the bonds of the cycle, in order.
	Bonds []int32
}

// A Result is a packing: for every bond the multipliers of the cycles through it sum
// to at most Denominator times its weight.
type Result struct {
	// Denominator is the largest power of two whose product with the sum of the weights is
	// at most 2^52, or 1 if there is none.
	Denominator int64
	// Cycles are all different.
	Cycles []Cycle
	// Bound is Σ Y / Denominator rounded up: every configuration leaves bonds of at
	// least this weight unsatisfied.
	Bound int64
	// Converged is true if the packing is an optimum of the linear program, up to
	// rounding errors. Then other packings can give a better bound only by rounding up.
	Converged bool
	// Pivots is the number of steps of the simplex method, Columns that of the cycles it
	// chose from, and Rounds that of the searches for new cycles.
	Pivots, Columns, Rounds int
}

const (
	// perturbation is added to the capacities, times a random number, in units of the mean
	// weight: without it equal weights make the simplex method stall.
	perturbation = 1e-5
	// violation is how much shorter than 1 a cycle must be to become a column.
	violation = 1e-6
	// hop is added to the price of each bond, so that of cycles with equal prices the one
	// with the fewest bonds is found.
	hop = 1e-8
	// crowd is the number of cycles through a site after which a round no longer searches
	// from that site.
	crowd = 4
	// roundPivots is the largest number of steps between two searches for cycles: better
	// columns are worth more than the optimum of those already known.
	roundPivots = 100
	// The search ends after stalledPivots, plus four times the number of bonds, steps
	// without a rise of the value, and after more than maxRestarts restarts. Only rounding
	// errors could cause either, and neither has been seen.
	stalledPivots = 10000
	maxRestarts   = 3
)

// Pack packs frustrated cycles of a graph until the packing is optimal or a limit of the
// settings is reached. Nil settings are the defaults. The same graph and settings give the
// same result on the same architecture. When the context ends, Pack returns the best packing
// so far together with an error that wraps ctx.Err(). The other errors wrap [ErrGraph] or
// [ErrSettings].
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

// packer is the state of one call of [Pack].
type packer struct {
	ctx     context.Context
	set     *Settings
	graph   *Graph
	cover   *cover
	simplex *simplex
	random  *rand.Rand

	denominator int64
	unit        float64         // the mean weight, in which the simplex method counts capacities
	exact       []float64       // capacities without perturbation
	length      []float64       // of bonds in a search
	visits      []int32         // by site: twice the number of the round's cycles through it
	label       []uint64        // random label of a bond; a cycle has the exclusive or of its bonds' labels
	known       map[uint64]bool // labels of all columns

	rounds    int
	highest   float64 // highest value of the simplex method so far
	risen     int     // number of pivots when it was reached
	nextTry   int     // number of pivots at which to round again, to see if the bound is enough
	best      packing
	stopped   stop
	converged bool
}

// A stop is the reason for the end of the search.
type stop int

const (
	running     stop = iota
	interrupted      // the context has ended
	enough           // the bound has reached Settings.Enough
	limit            // another limit has been reached
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

// search finds the optimum for the perturbed capacities, and from there that for the exact
// ones. It often takes no further cycles.
func (p *packer) search() {
	p.greedy()
	p.converged = p.stopped == running && p.optimize() && p.restore() && p.optimize()
}

// optimize alternates between the search for cycles and the simplex method. It returns true
// when no cycle is shorter than 1, or false if the search ends before.
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

// restore removes the perturbation of the capacities. The prices stay optimal for the
// columns, but multipliers and slacks may become negative; the dual simplex method removes
// these. restore returns false if the search ends before.
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

// refresh computes multipliers and prices anew, to remove rounding errors. If the inverse has
// drifted, refresh computes it anew too.
func (p *packer) refresh() {
	if p.simplex.compute(); p.simplex.drifted() {
		p.round() // because the repair may take long, or lose the basis
		p.simplex.repair(p.interrupted)
	}
}

// interrupted reports whether the context has ended.
func (p *packer) interrupted() bool {
	if p.ctx.Err() != nil {
		p.stopped = interrupted
	}
	return p.stopped == interrupted
}

// shouldStop reports whether the context has ended, a limit is reached, or the bound is
// enough.
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

// separate searches for frustrated cycles whose prices sum to less than 1, adds them as
// columns, and returns their number.
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

// add adds a cycle as a column and returns true, or returns false if it is one already.
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
			p.visits[i]++ // a cycle has two bonds at each of its sites
		}
	}
	return true
}
