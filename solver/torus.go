package solver

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver/internal/matching"
)

// torus is the search for a ground state of a lattice that is periodic along both axes.
//
// The least join over all four classes of joins bounds the energy from below. If it is of
// a wrong class, a better configuration must differ from it in an odd number of bonds of
// any closed loop whose parity it gets wrong. So bonds of such a loop are tried one after
// the other: one that cannot differ at a cost below that of the best configuration known
// is rigid. Once a loop of rigid bonds is found the best configuration is a ground state;
// where none exists the search branches over the bonds of a loop that are not.
type torus struct {
	ctx  context.Context
	in   *ising.Instance
	q    *integers
	p    *plaquettes
	cold *matching.Joiner // for joins that have nothing to start from
	rng  *rand.Rand

	set    []int8 // value of each bond: unset, 0 satisfied, 1 unsatisfied
	best   []bool // unsatisfied bonds of the best configuration known
	weight int64  // of best
	loops  loopFinder
	stats  torusStats
}

type torusStats struct{ nodes, trials, colds, windows, redone, extended, finds int }

const unset = int8(-1)

func newTorus(ctx context.Context, in *ising.Instance, q *integers, rng *rand.Rand) *torus {
	p := newPlaquettes(in.Lattice, q)
	return &torus{
		ctx: ctx, in: in, q: q, p: p, cold: matching.NewJoiner(p.Graph, p.sink), rng: rng,
		set: slices.Repeat([]int8{unset}, in.Bonds()), best: make([]bool, in.Bonds()), weight: 1 << 60,
		loops: newLoopFinder(in.Lattice),
	}
}

// class is which parities of a join are wrong: along a row, and along a column.
type class struct{ row, column bool }

func (c class) right() bool { return !c.row && !c.column }

// classOf returns the class of a join.
func (t *torus) classOf(join []bool) (c class) {
	n, cols := t.in.Sites(), t.in.Shape()[1]
	for k := n; k < n+cols; k++ {
		c.row = c.row != (join[k] != (t.q.K[k] < 0))
	}
	for k := 0; k < n; k += cols {
		c.column = c.column != (join[k] != (t.q.K[k] < 0))
	}
	return c
}

// offer keeps a join of the right class if it is the best.
func (t *torus) offer(weight int64, join []bool) {
	if weight < t.weight {
		t.weight = weight
		copy(t.best, join)
	}
}

// enough is the most that a configuration can weigh that is better than the best.
func (t *torus) enough() int64 { return t.weight - t.q.step }

func (t *torus) solve() (bound int64, err error) {
	join := make([]bool, t.in.Bonds())
	base, err := matching.NewJoiner(t.p.Graph, t.p.sink).Base(t.p.frustrated, join)
	if err != nil {
		return 0, err
	}
	root := base.Weight
	c := t.classOf(join)
	if c.right() {
		t.offer(root, join)
		return root, nil
	}
	if err := t.improve(join, c, root); err != nil {
		return root, err
	}
	if root > t.enough() {
		return t.weight, nil
	}
	if err := t.close(base, join, root, c); err != nil {
		return root, err
	}
	return t.weight, nil
}

// joinSet finds the least join with the bonds as set.
func (t *torus) joinSet(j *matching.Joiner, join []bool, find func(odd []bool) (int64, error)) (int64, error) {
	odd := slices.Clone(t.p.frustrated)
	weight := int64(0)
	for k, v := range t.set {
		j.Removed[k] = v != unset
		if v == 1 {
			odd[t.p.From[k]] = !odd[t.p.From[k]]
			odd[t.p.To[k]] = !odd[t.p.To[k]]
			weight += t.p.Weight[k]
		}
	}
	rest, err := find(odd)
	if err != nil {
		return 0, err
	}
	for k, v := range t.set {
		if v == 1 {
			join[k] = true
		}
	}
	return weight + rest, nil
}

// improve looks for a configuration of low energy. It starts from the least join, puts a
// domain wall across it to set its class right, and then again and again keeps the bonds
// of a row and a column, and so the class, and takes the best of the rest.
func (t *torus) improve(join []bool, c class, root int64) error {
	present := slices.Clone(join)
	for _, k := range t.wall(join, c) {
		present[k] = !present[k]
	}
	weight := int64(0)
	for k, is := range present {
		if is {
			weight += t.p.Weight[k]
		}
	}
	t.offer(weight, present)
	defer t.clear()
	next := make([]bool, len(join))
	n, rows, cols := t.in.Sites(), t.in.Shape()[0], t.in.Shape()[1]
	for failed := 0; failed < 6; {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		t.clear()
		r, c := t.rng.IntN(rows), t.rng.IntN(cols)
		for k := range cols {
			t.keep(n+r*cols+k, present)
		}
		for k := range rows {
			t.keep(k*cols+c, present)
		}
		t.stats.windows++
		w, err := t.joinSet(t.cold, next, func(odd []bool) (int64, error) { return t.cold.Join(odd, next, 1<<60) })
		if err != nil {
			return err
		}
		failed++
		if w < weight {
			weight, failed = w, 0
			copy(present, next)
			t.offer(weight, present)
		}
		if root > t.enough() {
			return nil
		}
	}
	return nil
}

func (t *torus) clear() {
	for k := range t.set {
		t.set[k] = unset
	}
}

// keep sets a bond to its value in a join.
func (t *torus) keep(k int, join []bool) {
	t.set[k] = 0
	if join[k] {
		t.set[k] = 1
	}
}

// wall returns a dual loop that changes the class, cheap if bonds of the join cost
// nothing.
func (t *torus) wall(join []bool, c class) []int32 {
	length := make([]int64, len(join))
	for k := range join {
		if !join[k] {
			length[k] = t.p.Weight[k]
		}
	}
	cols := t.in.Shape()[1]
	n := t.in.Sites()
	return t.walls(length, c, n, cols)
}

var errLost = errors.New("solver: a better configuration was lost")

const never = int64(1) << 60

// close proves that no configuration with the bonds as set is better than the best, or
// finds it. base is the least join with them, weight its whole weight, c its wrong class.
func (t *torus) close(base *matching.Base, join []bool, weight int64, c class) error {
	t.stats.nodes++
	bonds := len(t.set)
	saved := slices.Clone(t.set)
	defer copy(t.set, saved)
	other := make([]bool, bonds)
	flip := t.flipCosts(join) // upper bounds of what it costs to flip a bond
	length := make([]int64, bonds)
	start := int32(-1)
	for {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		gap := t.enough() - weight
		if gap < 0 {
			return nil
		}
		t.lengths(length, flip, join, gap)
		loop := t.loops.find(length, c, start)
		t.stats.finds++
		untested := 0
		for _, k := range loop {
			if t.set[k] != unset || flip[k] <= gap {
				continue
			}
			untested++
			cost, err := t.try(base, k, join, other, weight, flip)
			if err != nil {
				return err
			}
			if weight+cost > t.enough() {
				t.keep(int(k), join)
				start = k
				gap = t.enough() - weight
				continue
			}
			break // the loop may go another way
		}
		if untested > 0 {
			continue
		}
		open := slices.DeleteFunc(slices.Clone(loop), func(k int32) bool { return t.set[k] != unset })
		if len(open) > 0 && start >= 0 {
			start = -1
			continue // a loop somewhere else may do
		}
		return t.branch(open, flip, join, other)
	}
}

// branch goes over the bonds of a loop that are not set: one of them differs from the join
// in any better configuration.
func (t *torus) branch(open []int32, flip []int64, join, other []bool) error {
	slices.SortFunc(open, func(a, b int32) int {
		return cmpOr(flip[b], flip[a], a, b)
	})
	for _, k := range open {
		t.keep(int(k), join)
		t.set[k] = 1 - t.set[k]
		j := matching.NewJoiner(t.p.Graph, t.p.sink)
		child := make([]bool, len(join))
		var base *matching.Base
		w, err := t.joinSet(j, child, func(odd []bool) (_ int64, err error) {
			if base, err = j.Base(odd, child); err != nil {
				return 0, err
			}
			return base.Weight, nil
		})
		t.stats.colds++
		if err != nil && !errors.Is(err, matching.ErrImpossible) {
			return err
		}
		if err == nil && w <= t.enough() {
			if c := t.classOf(child); c.right() {
				t.offer(w, child)
			} else if err := t.close(base, child, w, c); err != nil {
				return err
			}
		}
		t.keep(int(k), join)
	}
	return nil
}

// try bounds from below what it costs to flip a bond, and notes what it finds on the way.
func (t *torus) try(base *matching.Base, k int32, join, other []bool, weight int64, flip []int64) (int64, error) {
	if !join[k] {
		t.stats.trials++
		trial := base.Try(k, t.enough()+1-weight)
		if trial.Cycle != nil {
			copy(other, join)
			cost := int64(0)
			for _, e := range trial.Cycle {
				other[e] = !other[e]
				if other[e] {
					cost += t.p.Weight[e]
				} else {
					cost -= t.p.Weight[e]
				}
			}
			for _, e := range trial.Cycle {
				flip[e] = min(flip[e], cost)
			}
			if t.classOf(other).right() {
				t.offer(weight+cost, other)
			}
		}
		if gap := t.enough() - weight; trial.Cost > gap || flip[k] <= gap {
			return trial.Cost, nil
		}
	}
	t.stats.colds++
	t.keep(int(k), join)
	t.set[k] = 1 - t.set[k]
	defer func() { t.set[k] = unset }()
	threshold := t.enough()
	w, err := t.joinSet(t.cold, other, func(odd []bool) (int64, error) {
		rest, err := t.cold.Join(odd, other, -1)
		return rest, err
	})
	if errors.Is(err, matching.ErrImpossible) {
		return never, nil
	}
	if err != nil {
		return 0, err
	}
	if w <= threshold {
		if t.classOf(other).right() {
			t.offer(w, other)
		}
		for e := range other {
			if other[e] != join[e] {
				flip[e] = min(flip[e], w-weight)
			}
		}
	}
	return w - weight, nil
}

// flipCosts returns for each bond what it costs to flip one of its spins, at most.
func (t *torus) flipCosts(join []bool) []int64 {
	cost := slices.Repeat([]int64{never}, len(join))
	for i := range t.in.Sites() {
		sum := int64(0)
		for _, k := range t.in.BondsAt(i) {
			switch {
			case t.set[k] != unset:
				sum = never
			case join[k]:
				sum -= t.p.Weight[k]
			default:
				sum += t.p.Weight[k]
			}
		}
		for _, k := range t.in.BondsAt(i) {
			cost[k] = min(cost[k], sum)
		}
	}
	return cost
}

// lengths makes loops prefer bonds that are set, then strong ones, and avoid those that
// are known not to be rigid.
func (t *torus) lengths(length, flip []int64, join []bool, gap int64) {
	typical := float64(t.q.total) / float64(len(length))
	for k := range length {
		switch {
		case t.set[k] != unset:
			length[k] = 0
		case flip[k] <= gap:
			length[k] = 4000 + int64(4000*float64(gap-flip[k])/float64(gap+1))
		case join[k]:
			length[k] = 3000
		default:
			length[k] = 100 + int64(500*typical/(float64(t.p.Weight[k])+0.6*typical))
		}
	}
}

func cmpOr(b, a int64, x, y int32) int {
	switch {
	case b < a:
		return -1
	case b > a:
		return 1
	}
	return int(x - y)
}
