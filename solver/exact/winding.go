package exact

import (
	"cmp"
	"context"
	"math"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver/internal/graph"
)

// class is a pair of parities: of loops around a torus, or of what a join has wrong along
// a row and along a column.
type class struct{ row, column bool }

func (c class) right() bool { return !c.row && !c.column }

// winding finds short loops that wind around a torus, over its sites or over its
// plaquettes: shortest paths from a vertex to the same vertex on another sheet, where
// bonds lead from sheet to sheet.
type winding struct {
	rows, cols int32
	sheets     int32
	around     [][4]hop             // of a vertex
	crossings  func(c class) []int8 // of a bond: sheets that differ across it, as bits
	goal       func(c class) int32  // sheet on which a loop of class c ends
	starts     func(c class) []int32

	places []place // of a vertex on a sheet
	run    int32
	heap   []graph.Item

	// What is known of earlier searches.
	of     class
	cross  []int8
	length []int64
	bound  []int64 // lower bounds of the loops through each vertex
}

// A hop is a bond and the vertex beyond it.
type hop struct{ bond, to int32 }

// A place is a vertex on a sheet as a search sees it.
type place struct {
	dist int64
	via  int32
	seen int32 // 2·run where it was offered, +1 where it is settled
}

// newSiteWinding is for closed loops of bonds. Those that are found wind an odd number of
// times in all along the directions of c.
func newSiteWinding(l *ising.Lattice) *winding {
	w := newWinding(l, 2)
	n := w.rows * w.cols
	for v := range w.around {
		for a, k := range l.BondsAt(v) {
			w.around[v][a] = hop{k, int32(l.Across(k, v))}
		}
	}
	w.crossings = func(c class) []int8 {
		cross := make([]int8, 2*n)
		for k := range w.rows {
			cross[n+k*w.cols+w.cols-1] = bit(c.row)
		}
		for k := range w.cols {
			cross[n-w.cols+k] = bit(c.column)
		}
		return cross
	}
	w.goal = func(class) int32 { return 1 }
	w.starts = func(c class) (list []int32) {
		if c.row {
			list = w.column()
		}
		if c.column {
			list = append(list, w.row()...)
		}
		return list
	}
	return w
}

// newPlaquetteWinding is for loops of plaquettes. The bonds that those found cross change
// the class of a join by c.
func newPlaquetteWinding(l *ising.Lattice, p *plaquettes) *winding {
	w := newWinding(l, 4)
	n := w.rows * w.cols
	for v := range w.around {
		for a, arc := range p.Arcs(int32(v), nil) {
			w.around[v][a] = hop{arc.Edge, arc.To}
		}
	}
	w.crossings = func(class) []int8 {
		cross := make([]int8, 2*n)
		for k := range w.cols {
			cross[n+k] = 1
		}
		for k := range w.rows {
			cross[k*w.cols] = 2
		}
		return cross
	}
	w.goal = func(c class) int32 { return int32(bit(c.row) + 2*bit(c.column)) }
	w.starts = func(c class) []int32 {
		if c.row {
			return w.row()
		}
		return w.column()
	}
	return w
}

func newWinding(l *ising.Lattice, sheets int32) *winding {
	n := l.Sites()
	return &winding{
		rows: int32(l.Shape()[0]), cols: int32(l.Shape()[1]), sheets: sheets,
		around: make([][4]hop, n), places: make([]place, int(sheets)*n), bound: make([]int64, n),
	}
}

func bit(is bool) int8 {
	if is {
		return 1
	}
	return 0
}

// row and column return the vertices of the first row and column.
func (w *winding) row() (list []int32) {
	for k := range w.cols {
		list = append(list, k)
	}
	return list
}

func (w *winding) column() (list []int32) {
	for k := range w.rows {
		list = append(list, k*w.cols)
	}
	return list
}

// classOf returns the class of a join whose couplings are K: along which directions the
// number of unsatisfied bonds is not that of negative ones, modulo 2.
func classOf(l *ising.Lattice, K []int64, join []bool) (c class) {
	n, cols := l.Sites(), l.Shape()[1]
	for k := n; k < n+cols; k++ {
		c.row = c.row != (join[k] != (K[k] < 0))
	}
	for k := 0; k < n; k += cols {
		c.column = c.column != (join[k] != (K[k] < 0))
	}
	return c
}

// shortest returns the bonds of a shortest loop of class c that meets one of the starts.
// Those of which earlier searches know that their loops are longer need no search.
func (w *winding) shortest(ctx context.Context, length []int64, c class, starts []int32) ([]int32, error) {
	w.refresh(length, c)
	order := slices.Clone(starts)
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(w.bound[a], w.bound[b]) })
	best := never
	var loop []int32
	for _, start := range order {
		if w.bound[start] >= best {
			break
		}
		d, found, err := w.through(ctx, start, best)
		if err != nil {
			return nil, err
		}
		if d < best {
			best, loop = d, found
		}
		w.bound[start] = best
	}
	// A walk of bonds of length 0 may use one twice, which counts for nothing.
	slices.Sort(loop)
	odd := loop[:0]
	for i := 0; i < len(loop); i++ {
		if i+1 < len(loop) && loop[i+1] == loop[i] {
			i++
			continue
		}
		odd = append(odd, loop[i])
	}
	return odd, nil
}

// refresh makes the bounds hold for the given lengths and class. A loop of bonds, none more than
// twice in it, is shorter by what they have become shorter.
func (w *winding) refresh(length []int64, c class) {
	if w.length == nil || w.of != c {
		w.of, w.cross = c, w.crossings(c)
		clear(w.bound)
	} else {
		less := int64(0)
		for k, x := range w.length {
			less += 2 * max(x-length[k], 0)
		}
		for v := range w.bound {
			w.bound[v] -= less
		}
	}
	w.length = append(w.length[:0], length...)
}

// through returns a shortest loop through a vertex if it is shorter than best. It is two paths
// of at most half its length that meet on sheets that differ by the goal.
func (w *winding) through(ctx context.Context, start int32, best int64) (int64, []int32, error) {
	if w.run > math.MaxInt32-4 {
		clear(w.places)
		w.run = 0
	}
	w.run += 2
	w.heap = w.heap[:0]
	w.offer(start*w.sheets, 0, -1)
	goal := w.goal(w.of)
	from, bond, to := int32(-1), int32(-1), int32(-1) // where the paths meet
	const often = 1 << 12
	for count := 0; len(w.heap) > 0 && 2*w.heap[0].Key < best; count++ {
		if count%often == 0 && ctx.Err() != nil {
			return 0, nil, ctx.Err()
		}
		var x graph.Item
		x, w.heap = graph.Pop(w.heap)
		if w.places[x.What].seen > w.run {
			continue
		}
		w.places[x.What].seen = w.run + 1
		v, sheet := x.What/w.sheets, x.What%w.sheets
		for _, h := range w.around[v] {
			d := x.Key + w.length[h.bond]
			place := h.to*w.sheets + (sheet ^ int32(w.cross[h.bond]))
			if twin := &w.places[place^goal]; twin.seen >= w.run && d+twin.dist < best {
				best = d + twin.dist
				from, bond, to = x.What, h.bond, place^goal
			}
			if 2*d < best {
				w.offer(place, d, h.bond)
			}
		}
	}
	if bond < 0 {
		return best, nil, nil
	}
	return best, w.trace(w.trace([]int32{bond}, from), to), nil
}

func (w *winding) offer(at int32, d int64, via int32) {
	if p := &w.places[at]; p.seen < w.run || p.seen == w.run && d < p.dist {
		*p = place{d, via, w.run}
		w.heap = graph.Push(w.heap, graph.Item{Key: d, What: at})
	}
}

// trace appends the bonds of the path to a place.
func (w *winding) trace(loop []int32, at int32) []int32 {
	for w.places[at].via >= 0 {
		k := w.places[at].via
		loop = append(loop, k)
		v, sheet := at/w.sheets, at%w.sheets
		for _, h := range w.around[v] {
			if h.bond == k {
				v = h.to
				break
			}
		}
		at = v*w.sheets + (sheet ^ int32(w.cross[k]))
	}
	return loop
}
