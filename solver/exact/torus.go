package exact

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver/certificate"
	"spinlearn/solver/internal/matching"
)

// torus is the search for a ground state of a lattice that is periodic along both axes.
//
// The least join of any class bounds the unsatisfied weight. If its class is wrong, a
// configuration differs from it in an odd number of bonds of every closed loop whose
// parity it gets wrong. So the bonds of such a loop are tried one by one: a bond that
// differs only at a cost that no better configuration can have is rigid. A loop of rigid
// bonds proves that the best configuration known is a ground state. Where there is none,
// the search branches over the bonds of a loop that are not rigid.
type torus struct {
	in     *ising.Instance
	q      *integers
	p      *plaquettes
	joiner *matching.Joiner // for joins that are not a base
	rng    *rand.Rand
	loops  *winding

	set    []int8 // of each bond: unset, or 1 if it is to be unsatisfied, 0 if not
	best   []bool // unsatisfied bonds of the best configuration known
	weight int64  // of best
}

const (
	unset = int8(-1)
	never = int64(1) << 61 // more than any weight
)

// newTorus returns a search that begins with a configuration.
func newTorus(in *ising.Instance, q *integers, start []int8, near int, rng *rand.Rand) *torus {
	p := newPlaquettes(in.Lattice, q, near)
	t := &torus{
		in: in, q: q, p: p, joiner: p.joiner(), rng: rng, loops: newSiteWinding(in.Lattice),
		set: slices.Repeat([]int8{unset}, in.Slots()), best: make([]bool, in.Slots()),
	}
	for k := range t.best {
		i, j := in.Ends(k)
		t.best[k] = (q.K[k] < 0) != (start[i] != start[j])
	}
	t.weight = t.weigh(t.best)
	return t
}

func (t *torus) weigh(join []bool) (sum int64) {
	for k, is := range join {
		if is {
			sum += t.p.Weight(int32(k))
		}
	}
	return sum
}

func (t *torus) classOf(join []bool) class { return classOf(t.in.Lattice, t.q.K, join) }

// offer keeps a join of the right class if it is the best.
func (t *torus) offer(weight int64, join []bool) {
	if weight < t.weight {
		t.weight = weight
		copy(t.best, join)
	}
}

// enough is the most that a better configuration can weigh.
func (t *torus) enough() int64 { return t.weight - t.q.step }

// solve returns a lower bound of the unsatisfied weight, not rounded up to the step, and
// its proof. Unless ctx ends first it proves that best is a ground state.
func (t *torus) solve(ctx context.Context) (bound int64, proof *certificate.Certificate, err error) {
	join := make([]bool, t.in.Slots())
	joiner := t.p.joiner()
	base, err := joiner.Base(ctx, t.p.frustrated, join)
	duals := joiner.Duals()
	weight := duals.Bound()
	root := &certificate.Node{Steps: []certificate.Step{{Base: dual(duals)}}}
	pruned := &certificate.Certificate{Kind: certificate.KindTorus, Tree: &certificate.Node{Steps: append(slices.Clone(root.Steps), certificate.Step{Prune: true})}}
	if err != nil {
		return weight, pruned, err
	}
	c := t.classOf(join)
	if c.right() {
		t.offer(weight, join)
		return weight, pruned, nil
	}
	if err := t.improve(ctx, join, c, weight); err != nil {
		return weight, pruned, err
	}
	if weight > t.enough() {
		return weight, pruned, nil
	}
	bound, proof = weight, pruned
	// Where only loops around the torus are frustrated, as in antiferromagnets of odd
	// sides, the tree has no end but a packing does.
	if t.frustrated() < 0.25 {
		u, packed, err := packCycles(ctx, t.in, t.q, t.enough()+1, packPivots)
		if u > bound {
			bound, proof = u, packed
		}
		if err != nil || bound > t.enough() {
			return bound, proof, err
		}
	}
	if err := t.close(ctx, root, base, join, weight, c); err != nil {
		return bound, proof, err
	}
	return t.weight, &certificate.Certificate{Kind: certificate.KindTorus, Tree: root}, nil
}

// packPivots bounds the packing, whose time grows fast with the size, before the tree is
// tried all the same.
const packPivots = 20000

// frustrated returns the share of plaquettes that are.
func (t *torus) frustrated() float64 {
	count := 0
	for _, is := range t.p.frustrated {
		if is {
			count++
		}
	}
	return float64(count) / float64(t.in.Sites())
}

// base finds the least join with the bonds as set, and its weight with theirs.
func (t *torus) base(ctx context.Context, join []bool) (base *matching.Base, weight int64, err error) {
	j := t.p.joiner()
	odd, fixed := t.restrict(j)
	if base, err = j.Base(ctx, odd, join); err != nil {
		return nil, 0, err
	}
	t.complete(join)
	return base, fixed + base.Weight, nil
}

// leastJoin finds the least join with the bonds as set, and its weight with theirs; one
// that weighs at most enough need not be the least.
func (t *torus) leastJoin(ctx context.Context, join []bool, enough int64) (weight int64, err error) {
	odd, fixed := t.restrict(t.joiner)
	weight, err = t.joiner.Join(ctx, odd, join, enough-fixed)
	t.complete(join)
	return fixed + weight, err
}

// restrict removes the bonds that are set from a joiner, and returns the parities that
// are left and the weight of the bonds that are unsatisfied.
func (t *torus) restrict(j *matching.Joiner) (odd []bool, weight int64) {
	odd = slices.Clone(t.p.frustrated)
	for k, v := range t.set {
		j.Removed[k] = v != unset
		if v == 1 {
			u, v := t.p.Ends(int32(k))
			odd[u] = !odd[u]
			odd[v] = !odd[v]
			weight += t.p.Weight(int32(k))
		}
	}
	return odd, weight
}

func (t *torus) complete(join []bool) {
	for k, v := range t.set {
		if v == 1 {
			join[k] = true
		}
	}
}

// keep sets a bond to its value in a join, flip to the other one.
func (t *torus) keep(k int32, join []bool) { t.set[k] = value(join[k]) }
func (t *torus) flip(k int32, join []bool) { t.set[k] = value(!join[k]) }

func value(unsatisfied bool) int8 {
	if unsatisfied {
		return 1
	}
	return 0
}

// improve looks for a good configuration. It puts the cheapest of a few domain walls on
// the least join, to set its class right, and then again and again keeps the bonds of a
// row and a column, and so the class, and takes the best of the rest.
func (t *torus) improve(ctx context.Context, least []bool, c class, weight int64) error {
	const patience = 6
	defer t.clear()
	length := make([]int64, len(least))
	for k := range length {
		if !least[k] {
			length[k] = t.p.Weight(int32(k))
		}
	}
	w := newPlaquetteWinding(t.in.Lattice, t.p)
	present, next := slices.Clone(least), make([]bool, len(least))
	wall, err := w.shortest(ctx, length, c, w.starts(c))
	if err != nil {
		return err
	}
	for _, k := range wall {
		present[k] = !present[k]
	}
	reached := t.weigh(present)
	t.offer(reached, present)

	n, rows, cols := t.in.Sites(), t.in.Shape()[0], t.in.Shape()[1]
	pin := c // the parities to keep; those that were right stay so, mostly
	for failed := 0; failed < patience && weight <= t.enough(); failed++ {
		t.clear()
		if pin.row {
			row := t.rng.IntN(rows)
			for x := range cols {
				t.keep(int32(n+row*cols+x), present)
			}
		}
		if pin.column {
			col := t.rng.IntN(cols)
			for y := range rows {
				t.keep(int32(y*cols+col), present)
			}
		}
		found, err := t.leastJoin(ctx, next, -1)
		if err != nil {
			return err
		}
		switch {
		case !t.classOf(next).right():
			pin = class{true, true}
		case found < reached:
			reached, failed = found, -1
			present, next = next, present
			t.offer(reached, present)
		}
	}
	return nil
}

func (t *torus) clear() {
	for k := range t.set {
		t.set[k] = unset
	}
}

// close shows that no configuration with the bonds as set is better than the best, or
// finds it. base is their least join, of a weight at which one could be and of the wrong
// class c. The steps of the proof go to the node, which has the base.
func (t *torus) close(ctx context.Context, node *certificate.Node, base *matching.Base, join []bool, weight int64, c class) error {
	before := slices.Clone(t.set)
	defer copy(t.set, before)
	cost := t.flipCosts(join)
	length := make([]int64, len(join))
	all := t.loops.starts(c)
	starts := all
	for {
		if weight > t.enough() {
			node.Steps = append(node.Steps, certificate.Step{Prune: true})
			return nil
		}
		t.lengths(length, cost, join, t.enough()-weight)
		loop, err := t.loops.shortest(ctx, length, c, starts)
		if err != nil {
			return err
		}
		tried, err := t.tryLoop(ctx, node, base, loop, join, weight, cost)
		if err != nil {
			return err
		}
		if tried > 0 { // go on from what is rigid now
			if k := slices.IndexFunc(loop, func(k int32) bool { return t.set[k] != unset }); k >= 0 {
				i, _ := t.in.Ends(int(loop[k]))
				starts = []int32{int32(i)}
			}
			continue
		}
		open := slices.DeleteFunc(slices.Clone(loop), func(k int32) bool { return t.set[k] != unset })
		if len(open) > 0 && len(starts) < len(all) {
			starts = all // perhaps there is a better loop elsewhere
			continue
		}
		if err := t.branch(ctx, node, open, cost, join); err != nil {
			return err
		}
		node.Steps = append(node.Steps, certificate.Step{Loop: loop})
		return nil
	}
}

// tryLoop tries the bonds of a loop of which nothing is known, up to one that turns out
// not to be rigid, and returns their number.
func (t *torus) tryLoop(ctx context.Context, node *certificate.Node, base *matching.Base, loop []int32, join []bool, weight int64, cost []int64) (tried int, err error) {
	for _, k := range loop {
		if t.set[k] != unset || cost[k] <= t.enough()-weight {
			continue
		}
		tried++
		rigid, err := t.try(ctx, node, base, k, join, weight, cost)
		if err != nil {
			return tried, err
		}
		if !rigid {
			return tried, nil // the loop may go another way
		}
		t.keep(k, join)
	}
	return tried, nil
}

// try reports whether a bond differs from the join in no better configuration. It may find
// one, and it lowers cost, by which bonds are known to be flipped at most.
func (t *torus) try(ctx context.Context, node *certificate.Node, base *matching.Base, k int32, join []bool, weight int64, cost []int64) (rigid bool, err error) {
	other := slices.Clone(join)
	if !join[k] {
		trial, err := base.Try(ctx, k, t.enough()+1-weight)
		if err != nil {
			return false, err
		}
		for _, e := range trial.Cycle {
			other[e] = !other[e]
		}
		if trial.Cycle != nil {
			t.learn(join, other, weight, cost)
		}
		if weight+trial.Cost > t.enough() {
			node.Steps = append(node.Steps, certificate.Step{Rigid: rigidStep(k, weight, &trial)})
			return true, nil
		}
		if cost[k] <= t.enough()-weight {
			return false, nil
		}
	}
	// A base cannot tell for bonds of its join, nor where it would use the bond itself.
	t.flip(k, join)
	defer func() { t.set[k] = unset }()
	threshold := t.enough()
	w, err := t.leastJoin(ctx, other, threshold)
	switch {
	case errors.Is(err, matching.ErrImpossible):
		node.Steps = append(node.Steps, certificate.Step{Branch: &certificate.Branch{Bond: k, Value: t.set[k], Node: certificate.Node{
			Steps: []certificate.Step{{Loop: t.oddBoundary()}}}}})
		return true, nil
	case err != nil:
		return false, err
	case w > threshold: // only then is it known to be the least
		node.Steps = append(node.Steps, certificate.Step{Branch: &certificate.Branch{Bond: k, Value: t.set[k], Node: certificate.Node{
			Steps: []certificate.Step{{Base: dual(t.joiner.Duals())}, {Prune: true}}}}})
		return true, nil
	}
	t.learn(join, other, weight, cost)
	return false, nil
}

// learn takes from another join what flipping the bonds in which it differs costs at most,
// and the join itself if it is a better configuration.
func (t *torus) learn(join, other []bool, weight int64, cost []int64) {
	more := t.weigh(other) - weight
	for k := range other {
		if other[k] != join[k] {
			cost[k] = min(cost[k], more)
		}
	}
	if t.classOf(other).right() {
		t.offer(weight+more, other)
	}
}

// branch goes through the bonds of a loop that are not set, of which one differs from the
// join in any better configuration.
func (t *torus) branch(ctx context.Context, node *certificate.Node, open []int32, cost []int64, join []bool) error {
	slices.SortFunc(open, func(a, b int32) int { return cmp.Or(cmp.Compare(cost[b], cost[a]), cmp.Compare(a, b)) })
	for _, k := range open {
		t.flip(k, join)
		child := make([]bool, len(join))
		base, weight, err := t.base(ctx, child)
		switch {
		case errors.Is(err, matching.ErrImpossible):
			node.Steps = append(node.Steps, certificate.Step{Branch: &certificate.Branch{Bond: k, Value: t.set[k], Node: certificate.Node{
				Steps: []certificate.Step{{Loop: t.oddBoundary()}}}}})
		case err != nil:
			return err
		default:
			branch := &certificate.Branch{Bond: k, Value: t.set[k], Node: certificate.Node{Steps: []certificate.Step{{Base: dual(base.Duals())}}}}
			node.Steps = append(node.Steps, certificate.Step{Branch: branch})
			if c := t.classOf(child); c.right() || weight > t.enough() {
				if c.right() {
					t.offer(weight, child)
				}
				branch.Node.Steps = append(branch.Node.Steps, certificate.Step{Prune: true})
			} else if err := t.close(ctx, &branch.Node, base, child, weight, c); err != nil {
				return err
			}
		}
		t.keep(k, join)
	}
	return nil
}

// oddBoundary returns the bonds, all set, around a part of the plaquettes for which no join
// exists: closed loops of bonds whose values no configuration has.
func (t *torus) oddBoundary() []int32 {
	odd, _ := t.restrict(t.joiner)
	n := t.in.Sites()
	part := make([]int32, n) // of each plaquette, from 1
	for root := range int32(n) {
		if part[root] != 0 {
			continue
		}
		part[root] = root + 1
		isOdd := false
		for list := []int32{root}; len(list) > 0; {
			v := list[len(list)-1]
			list = list[:len(list)-1]
			isOdd = isOdd != odd[v]
			for _, a := range t.p.Arcs(v, nil) {
				if t.set[a.Edge] == unset && part[a.To] == 0 {
					part[a.To] = root + 1
					list = append(list, a.To)
				}
			}
		}
		if !isOdd {
			continue
		}
		var boundary []int32
		for k := range t.set {
			if a, b := t.p.Ends(int32(k)); (part[a] == root+1) != (part[b] == root+1) {
				boundary = append(boundary, int32(k))
			}
		}
		return boundary
	}
	panic("solver: a join exists")
}

// flipCosts returns for each bond the cost of flipping one of its spins.
func (t *torus) flipCosts(join []bool) []int64 {
	cost := slices.Repeat([]int64{never}, len(join))
	for i := range t.in.Sites() {
		sum := int64(0)
		for _, k := range t.in.BondsAt(i) {
			switch {
			case t.set[k] != unset:
				sum += never / 8
			case join[k]:
				sum -= t.p.Weight(k)
			default:
				sum += t.p.Weight(k)
			}
		}
		for _, k := range t.in.BondsAt(i) {
			cost[k] = min(cost[k], sum)
		}
	}
	return cost
}

// lengths makes loops prefer bonds that are set, then strong ones, and avoid those of the
// join, which take longer to try, and those that are not rigid.
func (t *torus) lengths(length, cost []int64, join []bool, gap int64) {
	typical := float64(t.q.Total) / float64(len(length))
	for k := range length {
		switch {
		case t.set[k] != unset:
			length[k] = 0
		case cost[k] <= gap:
			length[k] = 4000 + int64(4000*float64(gap-cost[k])/float64(gap+1))
		case join[k]:
			length[k] = 3000
		default:
			length[k] = 100 + int64(500*typical/(float64(t.p.Weight(int32(k)))+0.6*typical))
		}
	}
}

// dual returns the duals of a join in the words of a certificate.
func dual(d matching.Duals) *certificate.Dual {
	c := &certificate.Dual{Y: d.Y, Sets: sets(d.Sets)}
	if c.Y == nil {
		c.Y = [][2]int64{}
	}
	if c.Sets == nil {
		c.Sets = []certificate.Set{}
	}
	return c
}

func sets(list []matching.OddSet) (sets []certificate.Set) {
	for _, s := range list {
		sets = append(sets, certificate.Set(s))
	}
	return sets
}

func rigidStep(k int32, weight int64, trial *matching.Trial) *certificate.Rigid {
	c := &trial.Change
	return &certificate.Rigid{Bond: k, Value: 1, Bound: weight + trial.Cost, Y: c.Y, New: c.New, Z: c.Z, Sets: sets(c.Sets)}
}
