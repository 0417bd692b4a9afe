package solver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"spinlearn/ising"
	"spinlearn/solver/certificate"
	"spinlearn/solver/internal/packing"
)

// A Method names an exact search.
type Method string

const (
	// Matching finds ground states of two-dimensional lattices of any size by
	// minimum-weight perfect matching of the frustrated plaquettes, on tori with branch
	// and bound around it. It proves every result with a certificate.
	Matching Method = "matching"
	// Packing bounds the energy of any lattice or graph from below by packing frustrated
	// cycles, and looks for a configuration by annealing. Where the two meet it is a
	// proof, as in most cases up to 5×5×5 sites.
	Packing Method = "packing"
	// Exhaustive enumerates all configurations of at most [MaxExhaustive] spins in
	// Gray code.
	Exhaustive Method = "exhaustive"
	// Transfer is the min-plus transfer matrix, which adds the sites of one layer
	// after the other and keeps the least energy for every state of the last M
	// sites, M being the sites of a layer: a row in two dimensions. M is at most
	// [MaxLayerFree] if the axis across the layers is free and [MaxLayerPeriodic] if
	// it is periodic, where the first layer is enumerated too.
	Transfer Method = "transfer"
)

// The limits of the methods.
const (
	MaxExhaustive    = 24
	MaxLayerFree     = 16
	MaxLayerPeriodic = 10

	// MaxTorus and MaxPacked are the sites up to which [CheckExact] expects a proof of
	// tori and of other lattices than those of two axes.
	MaxTorus  = 200 * 200
	MaxPacked = 5 * 5 * 5

	maxDecisions = 1 << 30 // bytes to find the way back
)

// ExactSettings are the settings of [Exact].
type ExactSettings struct {
	// Method is the search to use. By default it is Matching on two axes and Packing
	// elsewhere, followed by Transfer or Exhaustive where Packing proves nothing and one of
	// these fits.
	Method Method
	// TimeLimit ends the search with what it has; 0 means none.
	TimeLimit time.Duration
	// Start is a configuration to begin with; nil means one found by a quick search. The
	// result is never worse.
	Start []int8

	near int // pairs listed for each plaquette at first, for tests
}

// CheckExact returns the error, wrapping [ErrTooLarge], that says why a proof is not to be
// expected on a lattice in reasonable time, else nil.
func CheckExact(l *ising.Lattice) error {
	torus := l.Axes() == 2 && l.Periodic()[0] && l.Periodic()[1]
	switch {
	case l.Axes() == 2 && (!torus || l.Sites() <= MaxTorus), fits(l) != "", l.Axes() != 2 && l.Sites() <= MaxPacked:
		return nil
	case torus:
		return fmt.Errorf("%w: a proof is not to be expected for tori of more than %d sites, %v has %d", ErrTooLarge, MaxTorus, l, l.Sites())
	}
	return fmt.Errorf("%w: a proof is not to be expected for more than %d sites that do not form a lattice of two axes, %v has %d", ErrTooLarge, MaxPacked, l, l.Sites())
}

// fits returns the cheaper of the enumerating methods that fit a lattice, "" if none does.
func fits(l *ising.Lattice) Method {
	plan := planTransfer(l)
	switch {
	case plan != nil && (l.Sites() > MaxExhaustive || plan.work() < math.Ldexp(1, l.Sites())):
		return Transfer
	case l.Sites() <= MaxExhaustive:
		return Exhaustive
	}
	return ""
}

// Exact looks for a ground state and a proof that it is one. Its status is Proven if the
// bound is within the instance's tolerance of the energy. If the time limit ends it, or
// ctx, in which case there is an error, energy and bound are the best so far.
//
// Matching and Packing work on integers; see [Result.Scale]. It fails with [ErrTooLarge]
// if an enumerating method does not fit the lattice, and with [ErrSettings] if Matching is
// asked for on other than two axes.
func Exact(ctx context.Context, in *ising.Instance, settings *ExactSettings) (*Result, error) {
	begin := time.Now()
	set := ExactSettings{}
	if settings != nil {
		set = *settings
	}
	if set.TimeLimit < 0 {
		return nil, fmt.Errorf("%w: TimeLimit = %v, want at least 0", ErrSettings, set.TimeLimit)
	}
	if err := checkStart(in, set.Start); err != nil {
		return nil, err
	}
	byDefault := set.Method == ""
	if byDefault {
		set.Method = Packing
		if in.Axes() == 2 {
			set.Method = Matching
		}
	}
	limited := within(ctx, set.TimeLimit)
	r, err := exactBy(limited, in, &set)
	if m := fits(in.Lattice); set.Method == Packing && byDefault && m != "" && err == nil && r.Status != Proven {
		counted := set
		counted.Method = m
		if c, e := exactBy(limited, in, &counted); c != nil && c.Status == Proven {
			c.Scale, c.Rounding, c.Certificate = r.Scale, r.Rounding, r.Certificate // of a lower bound
			q := newIntegers(in)
			c.Certificate.Spins, c.Certificate.Energy = signs(c.Spins), 2*q.unsatisfied(in.Lattice, c.Spins)-q.total
			r, set.Method = c, m
		} else if e != nil {
			r.Status, err = Interrupted, e
		}
	}
	if r == nil {
		return nil, err
	}
	r.Method, r.Stats.Elapsed = set.Method, time.Since(begin)
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = nil
		if r.Status == Interrupted {
			r.Status = TimeLimit
		}
	}
	return r, err
}

func exactBy(ctx context.Context, in *ising.Instance, set *ExactSettings) (*Result, error) {
	begin := time.Now()
	switch set.Method {
	case Matching:
		if in.Axes() != 2 {
			return nil, fmt.Errorf("%w: Method = %s wants a lattice of two axes, not %v", ErrSettings, Matching, in.Lattice)
		}
		return match(ctx, in, set.Start, set.near)
	case Packing:
		return pack(ctx, in, set.Start)
	case Exhaustive:
		if in.Sites() > MaxExhaustive {
			return nil, tooLarge(in.Lattice)
		}
		return enumerate(ctx, in, begin)
	case Transfer:
		plan := planTransfer(in.Lattice)
		if plan == nil {
			return nil, tooLarge(in.Lattice)
		}
		return transfer(ctx, in, plan, begin)
	}
	return nil, fmt.Errorf("%w: Method = %q, want %s, %s, %s or %s", ErrSettings, set.Method, Matching, Packing, Transfer, Exhaustive)
}

func tooLarge(l *ising.Lattice) error {
	return fmt.Errorf("%w for enumeration: %v has %d sites; possible are %d sites of any lattice, layers of %d across a free axis, layers of %d across a periodic one",
		ErrTooLarge, l, l.Sites(), MaxExhaustive, MaxLayerFree, MaxLayerPeriodic)
}

// finishing is about what it takes for each site to make a result of what is matched.
const finishing = 500 * time.Nanosecond

// match is Exact by Matching.
func match(ctx context.Context, in *ising.Instance, start []int8, near int) (*Result, error) {
	ctx = earlier(ctx, time.Duration(in.Sites())*finishing)
	q := newIntegers(in)
	rng := ising.Stream(0, "exact", 0) // any will do: the energy does not depend on it
	if l := in.Lattice; !l.Periodic()[0] || !l.Periodic()[1] {
		spins, bound, proof, err := solvePlanar(ctx, in, q, near)
		if spins == nil {
			return nil, err
		}
		if err != nil && start != nil && in.Energy(start) < in.Energy(spins) {
			spins = start
		}
		return q.result(in, spins, bound, proof, err)
	}
	first := start
	if first == nil {
		first = slices.Repeat([]int8{1}, in.Sites())
	}
	t := newTorus(in, q, first, near, rng)
	bound, proof, err := t.solve(earlier(ctx, time.Duration(in.Sites())*finishing)) // as much again to find a configuration
	spins := q.spins(in.Lattice, t.best)
	if err != nil && slices.Equal(spins, first) { // nothing was found yet
		if s := quick(in, start, rng); in.Energy(s) < in.Energy(spins) {
			spins = s
		}
	}
	return q.result(in, spins, bound, proof, err)
}

// quick returns the start, or a configuration found soon, for a search that was stopped.
func quick(in *ising.Instance, start []int8, rng *rand.Rand) []int8 {
	if start != nil {
		return start
	}
	tree := in.SpanningTree(in.J, rng)
	s := tree.Spins(in.J)
	TreeDescent(in, s, tree)
	return s
}

// pack is Exact by Packing.
func pack(ctx context.Context, in *ising.Instance, start []int8) (*Result, error) {
	q := newIntegers(in)
	spins := start
	a, err := Anneal(ctx, in, &AnnealSettings{Reads: packReads, Sweeps: packSweeps}, ising.Stream(0, "exact", 0))
	if a == nil {
		return nil, err
	}
	if start == nil || a.Energy < in.Energy(start) {
		spins = a.Spins
	}
	u, proof, err := packCycles(ctx, in, q, q.unsatisfied(in.Lattice, spins)-q.step+1, 0)
	return q.result(in, spins, u, proof, err)
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
func (q *integers) result(in *ising.Instance, spins []int8, bound int64, proof *certificate.Certificate, err error) (*Result, error) {
	r := heuristic(in, spins, Stats{Reads: 1}, time.Now())
	r.Scale, r.Rounding = q.scale, q.rounding
	if proof == nil {
		proof = &certificate.Certificate{Kind: certificate.KindPacking, Packing: &certificate.Packing{Denominator: 1, Cycles: []certificate.Cycle{}}}
	}
	u := q.unsatisfied(in.Lattice, spins)
	bound += ((u-bound)%q.step + q.step) % q.step
	r.Bound = q.bound(bound)
	proof.Format, proof.Sites, proof.Bonds, proof.Scale = certificate.Format, in.Sites(), in.Bonds(), q.scale
	proof.Energy, proof.Bound, proof.Spins = 2*u-q.total, 2*bound-q.total, signs(spins)
	r.Certificate = proof
	switch {
	case r.Bound >= r.Energy-in.Tolerance():
		r.Status = Proven
		return r, nil
	case err != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)):
		return interrupted(r, err)
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
