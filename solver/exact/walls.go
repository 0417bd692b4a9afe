package exact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/internal/matching"
)

// WallEnergies returns the energy of the cheapest domain wall across each bond, which
// flips the relative orientation of its ends and leaves all else free:
//
//	D_ij = min { H(s) : s_i s_j = -g_i g_j } - H(g) ≥ 0,
//
// g being a ground state of an instance of two axes. The result has the layout of J and
// the unit of the couplings; a missing bond, of J = 0, has 0. Where another ground state
// flips a bond D is 0, as for many of ±J couplings.
//
// On lattices that are free along an axis this is exact, but for the rounding of the
// couplings to integers; see [ising.Integers]. On a torus it is an upper bound: the energy of
// the cheapest wall that leaves alone one of three pairs of a row and a column, as every
// wall around a domain of less than a third of the sides does.
//
// It fails with [solver.ErrSettings] on other than two axes and where it finds that g is no
// ground state, and with ctx.Err() if ctx ends.
func WallEnergies(ctx context.Context, in *ising.Instance, ground []int8) ([]float64, error) {
	if in.Axes() != 2 {
		return nil, fmt.Errorf("%w: domain walls want a lattice of two axes, not %v", solver.ErrSettings, in.Lattice)
	}
	if len(ground) != in.Sites() {
		return nil, fmt.Errorf("%w: ground state of %d spins, want %d", solver.ErrSettings, len(ground), in.Sites())
	}
	for i, s := range ground {
		if s != 1 && s != -1 {
			return nil, fmt.Errorf("%w: spin %d of the ground state is %d, want ±1", solver.ErrSettings, i, s)
		}
	}
	w := newWallSearch(in, ground)
	for _, rigid := range crosses(in.Lattice) {
		if err := w.run(ctx, rigid); err != nil {
			return nil, err
		}
	}
	D := make([]float64, in.Slots())
	for k := range D {
		D[k] = 2 * float64(w.most[k]) / w.q.Scale
		if in.Below(D[k], 0) {
			return nil, fmt.Errorf("%w: the configuration is no ground state: its energy is %v, that of another %v", solver.ErrSettings, in.Energy(ground), in.Energy(ground)+D[k])
		}
		D[k] = max(0, D[k])
	}
	return D, nil
}

// crosses returns lists of bonds to keep as they are, one after the other: on a torus
// those of a row and a column, so that no wall winds, else none.
func crosses(l *ising.Lattice) [][]int32 {
	if !l.Periodic()[0] || !l.Periodic()[1] {
		return [][]int32{nil}
	}
	const count = 3
	rows, cols := l.Shape()[0], l.Shape()[1]
	lists := make([][]int32, count)
	for k := range lists {
		row, col := k*rows/count, k*cols/count
		for c := range cols {
			lists[k] = append(lists[k], int32(l.Bond(1, row*cols+c)))
		}
		for r := range rows {
			lists[k] = append(lists[k], int32(l.Bond(0, r*cols+col)))
		}
	}
	return lists
}

// wallSearch holds bounds of what flipping each bond costs, in unsatisfied weight. The
// upper ones are those of walls found. The lower ones come from joins with the bond
// flipped; and because a wall across a bond crosses any other way between its ends, the
// least bound on that way is one too.
type wallSearch struct {
	in     *ising.Instance
	p      *plaquettes
	q      *integers
	ground []bool  // unsatisfied bonds
	bonds  []int32 // those that exist, strong ones first: their bounds serve many ways

	most  []int64
	least []int64 // if the rigid bonds are kept

	reached []int32 // of each site: the walk that came there last
	walk    int32
	queue   []int32
}

func newWallSearch(in *ising.Instance, ground []int8) *wallSearch {
	q := newIntegers(in)
	w := &wallSearch{
		in: in, p: newPlaquettes(in.Lattice, q, 0), q: q, ground: make([]bool, in.Slots()),
		most: make([]int64, in.Slots()), least: make([]int64, in.Slots()), reached: make([]int32, in.Sites()),
	}
	for k := range in.Bonds() {
		i, j := in.Ends(k)
		w.ground[k] = (q.K[k] < 0) != (ground[i] != ground[j])
		if q.K[k] != 0 {
			w.most[k] = never
			w.bonds = append(w.bonds, int32(k))
		}
	}
	slices.SortStableFunc(w.bonds, func(a, b int32) int { return cmp.Compare(w.p.Weight(b), w.p.Weight(a)) })
	for i := range in.Sites() {
		w.offer(in.BondsAt(i))
	}
	return w
}

// offer lowers the upper bounds by a wall across the given bonds.
func (w *wallSearch) offer(wall []int32) {
	cost := int64(0)
	for _, k := range wall {
		if w.ground[k] {
			cost -= w.p.Weight(k)
		} else {
			cost += w.p.Weight(k)
		}
	}
	for _, k := range wall {
		w.most[k] = min(w.most[k], cost)
	}
}

// run finds the cheapest walls that do not cross the rigid bonds.
func (w *wallSearch) run(ctx context.Context, rigid []int32) error {
	joiner := matching.NewJoiner(w.p, -1)
	odd := slices.Clone(w.p.frustrated)
	clear(w.least)
	for _, k := range rigid {
		w.least[k] = never
		w.set(joiner, odd, k, w.ground[k])
	}
	join := make([]bool, len(w.ground))
	base, err := joiner.Base(ctx, odd, join)
	if err != nil {
		return err
	}
	w.offer(w.wall(joiner, join))
	for _, k := range w.bonds {
		if join[k] || w.ground[k] || w.settled(k) {
			continue
		}
		trial, err := base.Try(ctx, k, w.most[k])
		if err != nil {
			return err
		}
		w.least[k] = trial.Cost
		for _, e := range trial.Cycle {
			join[e] = !join[e]
		}
		w.offer(w.wall(joiner, join))
		for _, e := range trial.Cycle {
			join[e] = !join[e]
		}
	}
	// Few are left: bonds that no way helps to settle among those of the join and those so
	// weak that the base would rather use them than go around.
	for _, k := range w.bonds {
		if w.settled(k) {
			continue
		}
		flipped := slices.Clone(odd)
		w.set(joiner, flipped, k, !w.ground[k])
		_, err := joiner.Join(ctx, flipped, join, -1)
		if err != nil && !errors.Is(err, matching.ErrImpossible) {
			return err
		}
		if err == nil {
			w.offer(append(w.wall(joiner, join), k))
		}
		joiner.Removed[k] = false
		w.least[k] = w.most[k]
	}
	return nil
}

// set takes a bond out of the joins to come and adapts their parities to its state.
func (w *wallSearch) set(joiner *matching.Joiner, odd []bool, k int32, unsatisfied bool) {
	joiner.Removed[k] = true
	if unsatisfied {
		u, v := w.p.Ends(k)
		odd[u] = !odd[u]
		odd[v] = !odd[v]
	}
}

// wall returns the bonds in which a join differs from the ground state.
func (w *wallSearch) wall(joiner *matching.Joiner, join []bool) (wall []int32) {
	for _, k := range w.bonds {
		if join[k] != w.ground[k] && !joiner.Removed[k] {
			wall = append(wall, k)
		}
	}
	return wall
}

// settled reports whether the bounds of a bond meet, and makes them meet if there is a way
// between its ends over bonds none of which costs less.
func (w *wallSearch) settled(k int32) bool {
	if w.least[k] >= w.most[k] {
		return true
	}
	i, j := w.in.Ends(int(k))
	w.walk++
	w.reached[i] = w.walk
	w.queue = append(w.queue[:0], int32(i))
	for len(w.queue) > 0 && w.reached[j] != w.walk {
		v := int(w.queue[len(w.queue)-1])
		w.queue = w.queue[:len(w.queue)-1]
		for _, e := range w.in.BondsAt(v) {
			if to := w.in.Across(e, v); w.least[e] >= w.most[k] && w.reached[to] != w.walk {
				w.reached[to] = w.walk
				w.queue = append(w.queue, int32(to))
			}
		}
	}
	if w.reached[j] != w.walk {
		return false
	}
	w.least[k] = w.most[k]
	return true
}
