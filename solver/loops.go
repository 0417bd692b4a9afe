package solver

import (
	"slices"

	"spinlearn/ising"
)

// loopFinder finds short closed loops of bonds that wind around a torus.
type loopFinder struct {
	lattice *ising.Lattice
	crosses []class // seams that a bond crosses
	dist    []int64
	via     []int32
	seen    []int32
	run     int32
	heap    []loopItem
}

type loopItem struct {
	length int64
	place  int32
}

func newLoopFinder(l *ising.Lattice) loopFinder {
	n, rows, cols := l.Sites(), l.Shape()[0], l.Shape()[1]
	f := loopFinder{lattice: l, crosses: make([]class, l.Bonds()), dist: make([]int64, 2*n), via: make([]int32, 2*n), seen: make([]int32, 2*n)}
	for r := range rows {
		f.crosses[n+r*cols+cols-1].row = true
	}
	for c := range cols {
		f.crosses[(rows-1)*cols+c].column = true
	}
	return f
}

// find returns the bonds of a shortest loop that winds an odd number of times in all
// along the directions of c. through, unless -1, is a bond through whose first end the
// loop goes.
func (f *loopFinder) find(length []int64, c class, through int32) []int32 {
	n, rows, cols := f.lattice.Sites(), f.lattice.Shape()[0], f.lattice.Shape()[1]
	var starts []int32
	switch {
	case through >= 0:
		i, _ := f.lattice.Ends(int(through))
		starts = []int32{int32(i)}
	default:
		if c.row {
			for r := range rows {
				starts = append(starts, int32(r*cols))
			}
		}
		if c.column {
			for k := range cols {
				starts = append(starts, int32(k))
			}
		}
	}
	best := never
	var loop []int32
	closed := make([]bool, n)
	for _, s := range starts {
		if closed[s] {
			continue
		}
		f.run += 2
		f.heap = f.heap[:0]
		f.offer(s, 0, -1)
		goal := s + int32(n)
		for len(f.heap) > 0 {
			x := f.pop()
			if f.seen[x.place] == f.run+1 {
				continue
			}
			if x.length >= best {
				break
			}
			f.seen[x.place] = f.run + 1
			if x.place == goal {
				best = x.length
				loop = f.trace(loop[:0], goal, c)
				break
			}
			i, sheet := x.place%int32(n), x.place/int32(n)
			for _, k := range f.lattice.BondsAt(int(i)) {
				j := int32(f.lattice.Across(k, int(i)))
				if closed[j] {
					continue
				}
				to := sheet
				if f.odd(k, c) {
					to ^= 1
				}
				if d := x.length + length[k]; d < best {
					f.offer(j+to*int32(n), d, k)
				}
			}
		}
		closed[s] = true
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
	return odd
}

func (f *loopFinder) odd(k int32, c class) bool {
	x := f.crosses[k]
	return (x.row && c.row) != (x.column && c.column)
}

func (f *loopFinder) trace(loop []int32, place int32, c class) []int32 {
	n := int32(f.lattice.Sites())
	for f.via[place] >= 0 {
		k := f.via[place]
		loop = append(loop, k)
		sheet := place / n
		if f.odd(k, c) {
			sheet ^= 1
		}
		place = int32(f.lattice.Across(k, int(place%n))) + sheet*n
	}
	return loop
}

func (f *loopFinder) offer(place int32, d int64, via int32) {
	if f.seen[place] < f.run || f.seen[place] == f.run && d < f.dist[place] {
		f.seen[place], f.dist[place], f.via[place] = f.run, d, via
		h := append(f.heap, loopItem{d, place})
		i := len(h) - 1
		for i > 0 && h[(i-1)/2].length > d {
			h[i] = h[(i-1)/2]
			i = (i - 1) / 2
		}
		h[i] = loopItem{d, place}
		f.heap = h
	}
}

func (f *loopFinder) pop() loopItem {
	h := f.heap
	least := h[0]
	n := len(h) - 1
	x := h[n]
	h = h[:n]
	i := 0
	for 2*i+1 < n {
		k := 2*i + 1
		if k+1 < n && h[k+1].length < h[k].length {
			k++
		}
		if x.length <= h[k].length {
			break
		}
		h[i] = h[k]
		i = k
	}
	if n > 0 {
		h[i] = x
	}
	f.heap = h
	return least
}

// walls returns a loop of the dual that changes the class of a join by c.
func (t *torus) walls(length []int64, c class, n, cols int) []int32 {
	rows := n / cols
	dist := make([]int64, 4*n)
	via := make([]int32, 4*n)
	best := never
	var loop []int32
	f := &loopFinder{dist: dist, via: via, seen: make([]int32, 4*n)}
	adj := func(p int32) [4]int32 {
		r, c := int(p)/cols, int(p)%cols
		return [4]int32{ // bonds around plaquette p
			p, int32(r*cols + (c+1)%cols), int32(n) + p, int32(n + (r+1)%rows*cols + c),
		}
	}
	bits := func(k int32) int32 {
		switch {
		case int(k) >= n && int(k) < n+cols:
			return 1
		case int(k) < n && int(k)%cols == 0:
			return 2
		}
		return 0
	}
	want := int32(0)
	if c.row {
		want |= 1
	}
	if c.column {
		want |= 2
	}
	for range 4 {
		s := int32(t.rng.IntN(cols))
		if !c.row {
			s = int32(t.rng.IntN(rows) * cols)
		}
		f.run += 2
		f.heap = f.heap[:0]
		f.offer(s*4, 0, -1)
		goal := s*4 + want
		for len(f.heap) > 0 {
			x := f.pop()
			if f.seen[x.place] == f.run+1 {
				continue
			}
			if x.length >= best {
				break
			}
			f.seen[x.place] = f.run + 1
			if x.place == goal {
				best = x.length
				loop = loop[:0]
				for at := goal; f.via[at] >= 0; {
					k := f.via[at]
					loop = append(loop, k)
					at = (t.p.From[k]^t.p.To[k]^(at/4))*4 + (at&3 ^ bits(k))
				}
				break
			}
			for _, k := range adj(x.place / 4) {
				f.offer((t.p.From[k]^t.p.To[k]^(x.place/4))*4+(x.place&3^bits(k)), x.length+length[k], k)
			}
		}
	}
	return loop
}
