package exact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/certificate"
	"spinlearn/solver/descent"
	"spinlearn/solver/internal/graph"
	"spinlearn/solver/internal/packing"
)

// A Search is a way to find and prove a ground state.
type Search string

const (
	// Auto is Matching on two axes and Packing elsewhere, followed by Transfer or Exhaustive
	// where Packing proves nothing and one of these fits.
	Auto Search = "auto"
	// Matching finds ground states of two-dimensional lattices of any size by
	// minimum-weight perfect matching of the frustrated plaquettes, on tori with branch
	// and bound around it. It proves every result with a certificate.
	Matching Search = "matching"
	// Packing bounds the energy of any lattice or graph from below by packing frustrated
	// cycles, and looks for a configuration by annealing. Where the two meet it is a
	// proof, as in most cases up to 5×5×5 sites.
	Packing Search = "packing"
	// Exhaustive enumerates all configurations of at most [MaxExhaustive] spins in
	// Gray code.
	Exhaustive Search = "exhaustive"
	// Transfer is the min-plus transfer matrix, which adds the sites of one layer
	// after the other and keeps the least energy for every state of the last M
	// sites, M being the sites of a layer: a row in two dimensions. M is at most
	// [MaxLayerFree] if the axis across the layers is free and [MaxLayerPeriodic] if
	// it is periodic, where the first layer is enumerated too.
	Transfer Search = "transfer"
)

// The limits of the searches.
const (
	MaxExhaustive    = 24
	MaxLayerFree     = 16
	MaxLayerPeriodic = 10

	// MaxTorus and MaxPacked are the sites up to which [Expected] expects a proof of
	// tori and of other lattices than those of two axes. A graph must not be denser than
	// a cubic lattice of so many sites; see [Density].
	MaxTorus  = 200 * 200
	MaxPacked = 5 * 5 * 5

	maxDecisions = 1 << 30 // bytes to find the way back
)

// Settings of a search for a ground state with a proof.
type Settings struct {
	Search Search
	// Start is a configuration to begin with; nil means one found by a quick search. The
	// result is never worse.
	Start []int8

	near int // pairs listed for each plaquette at first, for tests
}

// Default returns the search that suits the lattice.
func Default() *Settings { return &Settings{Search: Auto} }

// Name implements [solver.Solver].
func (*Settings) Name() string { return "exact" }

// Check implements [solver.Solver]. A search may take an instance and yet prove nothing in
// reasonable time; see [Expected].
func (set *Settings) Check(in *ising.Instance) error {
	l := in.Lattice
	switch set.Search {
	case Auto, Packing:
		return nil
	case Matching:
		if l.Axes() != 2 {
			return fmt.Errorf("%w: Search = %s wants a lattice of two axes, not %v", solver.ErrSettings, Matching, l)
		}
		return nil
	case Exhaustive:
		if l.Sites() > MaxExhaustive {
			return tooLarge(l)
		}
		return nil
	case Transfer:
		if planTransfer(l) == nil {
			return tooLarge(l)
		}
		return nil
	}
	return fmt.Errorf("%w: Search = %q, want %s, %s, %s, %s or %s", solver.ErrSettings, set.Search, Auto, Matching, Packing, Transfer, Exhaustive)
}

// Expected returns the error, wrapping [solver.ErrTooLarge], that says why a proof is not to
// be expected on a lattice in reasonable time, else nil.
func Expected(l *ising.Lattice) error {
	torus := l.Axes() == 2 && l.Periodic()[0] && l.Periodic()[1]
	switch {
	case l.Axes() == 2 && (!torus || l.Sites() <= MaxTorus), fits(l) != "", l.Axes() != 2 && l.Sites() <= MaxPacked && Density(l) <= MaxPacked*6*6:
		return nil
	case torus:
		return fmt.Errorf("%w: a proof is not to be expected for tori of more than %d sites, %v has %d", solver.ErrTooLarge, MaxTorus, l, l.Sites())
	}
	return fmt.Errorf("%w: a proof is not to be expected for more than %d sites that do not form a lattice of two axes, or for as many bonds as %v has", solver.ErrTooLarge, MaxPacked, l)
}

// Density is the number of pairs of bonds that meet at a site, counted both ways: what a
// search for the cycles through all bonds costs.
func Density(l *ising.Lattice) (pairs int) {
	for i := range l.Sites() {
		pairs += len(l.BondsAt(i)) * len(l.BondsAt(i))
	}
	return pairs
}

// fits returns the cheaper of the enumerating searches that fit a lattice, "" if none does.
func fits(l *ising.Lattice) Search {
	plan := planTransfer(l)
	switch {
	case plan != nil && (l.Sites() > MaxExhaustive || plan.work() < math.Ldexp(1, l.Sites())):
		return Transfer
	case l.Sites() <= MaxExhaustive:
		return Exhaustive
	}
	return ""
}

func tooLarge(l *ising.Lattice) error {
	return fmt.Errorf("%w for enumeration: %v has %d sites; possible are %d sites of any lattice, layers of %d across a free axis, layers of %d across a periodic one",
		solver.ErrTooLarge, l, l.Sites(), MaxExhaustive, MaxLayerFree, MaxLayerPeriodic)
}

// Solve implements [solver.Solver]. It works on [ising.Integers], and the status is Proven
// only if bound and energy are the same integer and none of the couplings was lost. If the
// limit or ctx ends it, energy and bound are the best so far. No target ends it, and rng is
// not used.
func (set *Settings) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, _ *rand.Rand) (*solver.Result, error) {
	if err := cmp.Or(budget.Check(), solver.CheckStart(in, set.Start), set.Check(in)); err != nil {
		return nil, err
	}
	watch := budget.Start(ctx)
	s := *set
	if s.Search == Auto {
		s.Search = Packing
		if in.Axes() == 2 {
			s.Search = Matching
		}
	}
	r, err := s.run(in, watch)
	if more := fits(in.Lattice); set.Search == Auto && s.Search == Packing && more != "" && err == nil && r.Status == solver.Heuristic {
		s.Search = more
		c, stopped := s.run(in, watch)
		if c.Status == solver.Proven {
			c.Proof = r.Proof // of a lower bound
			c.Proof.Spins, c.Proof.Energy = signs(c.Spins), in.IntegerEnergy(c.Spins)
			return c, nil
		}
		r.Status, r.Elapsed, err = c.Status, c.Elapsed, stopped
	}
	return r, err
}

// run is Solve with one search.
func (set *Settings) run(in *ising.Instance, watch *solver.Watch) (r *solver.Result, err error) {
	q := newIntegers(in)
	stop := stopper{context.Background(), watch}
	switch set.Search {
	case Matching:
		r, err = q.match(in, watch, set)
	case Packing:
		r, err = q.pack(stop, in, watch, set)
	case Exhaustive:
		spins, stopped := enumerate(stop, in)
		r, err = q.enumerated(in, watch, spins, stopped)
	case Transfer:
		spins, stopped := transfer(stop, in, planTransfer(in.Lattice))
		r, err = q.enumerated(in, watch, spins, stopped)
	}
	if r != nil {
		r.Stats.Search = string(set.Search)
	}
	return r, err
}

// stopper is a context that a watch ends.
type stopper struct {
	context.Context
	watch *solver.Watch
}

func (s stopper) Err() error { return s.watch.Err() }

// finishing is about what it takes for each site to make a result of what is matched.
const finishing = 500 * time.Nanosecond

// match solves by Matching.
func (q *integers) match(in *ising.Instance, watch *solver.Watch, set *Settings) (*solver.Result, error) {
	start, stop := set.Start, stopper{context.Background(), watch.Sooner(time.Duration(in.Sites()) * finishing)}
	rng := ising.Stream(0, "exact", 0) // any will do: the energy does not depend on it
	if l := in.Lattice; !l.Periodic()[0] || !l.Periodic()[1] {
		spins, bound, proof, err := solvePlanar(stop, in, q, set.near)
		if spins == nil {
			return nil, err
		}
		if err != nil && start != nil && in.Energy(start) < in.Energy(spins) {
			spins = start
		}
		return q.result(in, watch, spins, bound, proof, err)
	}
	first := start
	if first == nil {
		first = slices.Repeat([]int8{1}, in.Sites())
	}
	t := newTorus(in, q, first, set.near, rng)
	stop.watch = stop.watch.Sooner(time.Duration(in.Sites()) * finishing) // as much again to find a configuration
	bound, proof, err := t.solve(stop)
	spins := q.spins(in.Lattice, t.best)
	if err != nil && slices.Equal(spins, first) { // nothing was found yet
		if s := quick(in, start, rng); in.Energy(s) < in.Energy(spins) {
			spins = s
		}
	}
	return q.result(in, watch, spins, bound, proof, err)
}

// quick returns the start, or a configuration found soon, for a search that was stopped.
func quick(in *ising.Instance, start []int8, rng *rand.Rand) []int8 {
	if start != nil {
		return start
	}
	tree := in.SpanningTree(in.J, rng)
	s := tree.Spins(in.J)
	descent.Subtrees(in, s, tree)
	return s
}

// pack solves by Packing. It looks for a better configuration than the start by annealing.
func (q *integers) pack(ctx context.Context, in *ising.Instance, watch *solver.Watch, set *Settings) (*solver.Result, error) {
	reads := anneal.Default()
	reads.Reads, reads.Sweeps = packReads, packSweeps
	a, _ := reads.Solve(ctx, in, solver.Budget{}, ising.Stream(0, "exact", 0)) // ctx ends with the watch
	spins := set.Start
	if spins == nil || in.Below(a.Energy, in.Energy(spins)) {
		spins = a.Spins
	}
	u, proof, err := packCycles(ctx, in, q, q.unsatisfied(in.Lattice, spins)-q.step+1, 0)
	return q.result(in, watch, spins, u, proof, err)
}

// packCycles returns a lower bound of the unsatisfied weight by packing frustrated cycles,
// with its proof, nil if there is none. It ends where the bound is enough or after so many
// pivots, 0 for no limit.
func packCycles(ctx context.Context, in *ising.Instance, q *integers, enough int64, pivots int) (int64, *certificate.Certificate, error) {
	g := &packing.Graph{Sites: in.Sites()}
	var bonds []int32 // those that exist
	for k, K := range q.K {
		if i, j := in.Ends(k); K != 0 {
			bonds = append(bonds, int32(k))
			g.From, g.To = append(g.From, int32(i)), append(g.To, int32(j))
			g.Weight, g.Negative = append(g.Weight, abs(K)), append(g.Negative, K < 0)
		}
	}
	p, err := packing.Pack(ctx, g, &packing.Settings{Enough: max(enough, 0), MaxPivots: pivots})
	if p == nil {
		return 0, nil, err
	}
	proof := &certificate.Certificate{Kind: certificate.KindPacking, Packing: &certificate.Packing{Denominator: p.Denominator, Cycles: []certificate.Cycle{}}}
	for _, c := range p.Cycles {
		for i, k := range c.Bonds {
			c.Bonds[i] = bonds[k]
		}
		proof.Packing.Cycles = append(proof.Packing.Cycles, certificate.Cycle(c))
	}
	return p.Bound, proof, err
}

// What annealing does for Packing.
const packReads, packSweeps = 64, 1000

// result puts together what is known: a configuration, a lower bound of the unsatisfied
// weight with its proof, 0 and nil if there is none, and the error that ended the search.
func (q *integers) result(in *ising.Instance, watch *solver.Watch, spins []int8, bound int64, proof *certificate.Certificate, err error) (*solver.Result, error) {
	u := q.unsatisfied(in.Lattice, spins)
	bound += ((u-bound)%q.step + q.step) % q.step
	if proof == nil {
		proof = &certificate.Certificate{Kind: certificate.KindPacking, Packing: &certificate.Packing{Denominator: 1, Cycles: []certificate.Cycle{}}}
	}
	proof.Format, proof.Sites, proof.Bonds, proof.Scale = certificate.Format, in.Sites(), in.Slots(), q.Scale
	proof.Energy, proof.Bound, proof.Spins = 2*u-q.Total, 2*bound-q.Total, signs(spins)
	return q.judge(in, watch, spins, bound, proof, err)
}

// enumerated returns the result of a search whose only proof is that it looked at all
// configurations, unless err ended it.
func (q *integers) enumerated(in *ising.Instance, watch *solver.Watch, spins []int8, err error) (*solver.Result, error) {
	if err != nil {
		return watch.Result(in, spins, solver.Stats{Reads: 1}, true)
	}
	return q.judge(in, watch, spins, q.unsatisfied(in.Lattice, spins), nil, nil)
}

// judge sets bound and status of a result. err is what ended the search, nil if it is over.
func (q *integers) judge(in *ising.Instance, watch *solver.Watch, spins []int8, least int64, proof *certificate.Certificate, err error) (*solver.Result, error) {
	if q.Lost >= 0 {
		spins = slices.Clone(spins)
		descent.Polish(graph.New(in), spins, false)
		if u := q.unsatisfied(in.Lattice, spins); proof != nil {
			proof.Energy, proof.Spins = 2*u-q.Total, signs(spins)
		}
	}
	r, stopped := watch.Result(in, spins, solver.Stats{Reads: 1}, err != nil)
	r.Proof = proof
	u := q.unsatisfied(in.Lattice, spins)
	r.Bound = q.bound(least, u)
	switch {
	case q.closed(least, u) && q.Lost < 0:
		r.Status = solver.Proven
		return r, nil
	case err == nil:
		r.Status = solver.Heuristic // the search was over before
		return r, nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return r, stopped
	}
	return r, err
}

// signs writes a configuration as a certificate does.
func signs(spins []int8) string {
	text := make([]byte, len(spins))
	for i, s := range spins {
		text[i] = '+'
		if s < 0 {
			text[i] = '-'
		}
	}
	return string(text)
}
