package solver

import (
	"context"
	"math"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver/internal/minheap"
)

// class is a pair of parities: of loops around a torus, or of what a join has wrong along
// a row and along a column.
type class struct{ row, column bool }

func (c class) right() bool { return !c.row && !c.column }

// winding finds short loops that wind around a torus, over its sites or over its
// plaquettes: shortest paths from a vertex to the same vertex on another sheet, where
// bonds lead from sheet to sheet.
type winding struct {
	sheets    int32
	starts    func(c class) []int32        // vertices of which every loop of class c meets one
	bondsAt   func(v int32) []int32        // of a vertex
	across    func(k, v int32) int32       // vertex that bond k joins to v
	crossings func(k int32, c class) int32 // sheets that differ across bond k, as bits
	goal      func(c class) int32          // sheet on which a loop of class c ends
	heap      []minheap.Item
	dist      []int64
	via       []int32
	seen      []int32 // 2·run where a place was offered, +1 where it is settled
	run       int32
	closed    []int32 // search in which all loops through a vertex have been looked at
	search    int32
}

// newSiteWinding is for closed loops of bonds. Those that are found wind an odd number of
// times in all along the directions of c.
func newSiteWinding(l *ising.Lattice) *winding {
	n, rows, cols := l.Sites(), l.Shape()[0], l.Shape()[1]
	return &winding{
		sheets: 2,
		starts: func(c class) (list []int32) {
			if c.row {
				for r := range rows {
					list = append(list, int32(r*cols))
				}
			}
			if c.column {
				for k := range cols {
					list = append(list, int32(k))
				}
			}
			return list
		},
		bondsAt: func(v int32) []int32 { return l.BondsAt(int(v)) },
		across:  func(k, v int32) int32 { return int32(l.Across(k, int(v))) },
		crossings: func(k int32, c class) int32 {
			along := int(k) >= n // a row
			if along && c.row && int(k)%cols == cols-1 || !along && c.column && int(k) >= n-cols {
				return 1
			}
			return 0
		},
		goal: func(class) int32 { return 1 },
		dist: make([]int64, 2*n), via: make([]int32, 2*n), seen: make([]int32, 2*n), closed: make([]int32, n),
	}
}

// newPlaquetteWinding is for loops of plaquettes. The bonds that those found cross change
// the class of a join by c.
func newPlaquetteWinding(l *ising.Lattice, p *plaquettes) *winding {
	n, rows, cols := l.Sites(), l.Shape()[0], l.Shape()[1]
	around := make([][4]int32, n)
	for i := range around {
		r, c := i/cols, i%cols
		around[i] = [4]int32{int32(i), int32(r*cols + (c+1)%cols), int32(n + i), int32(n + (r+1)%rows*cols + c)}
	}
	return &winding{
		sheets: 4,
		starts: func(c class) (list []int32) {
			if c.row {
				for k := range cols {
					list = append(list, int32(k))
				}
				return list
			}
			for r := range rows {
				list = append(list, int32(r*cols))
			}
			return list
		},
		bondsAt: func(v int32) []int32 { return around[v][:] },
		across: func(k, v int32) int32 {
			a, b := p.Ends(k)
			return a ^ b ^ v
		},
		crossings: func(k int32, _ class) int32 {
			switch {
			case int(k) >= n && int(k) < n+cols:
				return 1
			case int(k) < n && int(k)%cols == 0:
				return 2
			}
			return 0
		},
		goal: func(c class) (sheet int32) {
			if c.row {
				sheet |= 1
			}
			if c.column {
				sheet |= 2
			}
			return sheet
		},
		dist: make([]int64, 4*n), via: make([]int32, 4*n), seen: make([]int32, 4*n), closed: make([]int32, n),
	}
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
func (w *winding) shortest(ctx context.Context, length []int64, c class, starts []int32) ([]int32, error) {
	best := int64(never)
	var loop []int32
	w.search++
	for _, start := range starts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if w.closed[start] == w.search {
			continue
		}
		goal := start*w.sheets + w.goal(c)
		if w.run > math.MaxInt32-4 {
			clear(w.seen)
			w.run = 0
		}
		w.run += 2
		w.heap = w.heap[:0]
		w.offer(start*w.sheets, 0, -1)
		for len(w.heap) > 0 {
			var x minheap.Item
			x, w.heap = minheap.Pop(w.heap)
			if x.Key >= best {
				break
			}
			if w.seen[x.What] > w.run {
				continue
			}
			w.seen[x.What] = w.run + 1
			if x.What == goal {
				best, loop = x.Key, w.trace(loop[:0], goal, c)
				break
			}
			v, sheet := x.What/w.sheets, x.What%w.sheets
			for _, k := range w.bondsAt(v) {
				if to, d := w.across(k, v), x.Key+length[k]; d < best && w.closed[to] != w.search {
					w.offer(to*w.sheets+(sheet^w.crossings(k, c)), d, k)
				}
			}
		}
		w.closed[start] = w.search
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

func (w *winding) offer(place int32, d int64, via int32) {
	if w.seen[place] < w.run || w.seen[place] == w.run && d < w.dist[place] {
		w.seen[place], w.dist[place], w.via[place] = w.run, d, via
		w.heap = minheap.Push(w.heap, minheap.Item{Key: d, What: place})
	}
}

func (w *winding) trace(loop []int32, place int32, c class) []int32 {
	for w.via[place] >= 0 {
		k := w.via[place]
		loop = append(loop, k)
		v, sheet := place/w.sheets, place%w.sheets
		place = w.across(k, v)*w.sheets + (sheet ^ w.crossings(k, c))
	}
	return loop
}
