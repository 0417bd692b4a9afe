package certificate

import (
	"cmp"
	"fmt"
	"slices"
)

// maxDual is the largest Σ|y| + Σz: twice it still fits an int64.
const maxDual = 1 << 61

// faces is the dual graph of a lattice of two axes: its plaquettes and outer faces,
// joined by the bonds between them.
type faces struct {
	sides [][2]int32 // of each bond; -1 where there is none
	arcs  []arc      // those of face f are arcs[start[f]:start[f+1]]
	start []int32
	odd   []bool // faces with an odd number of negative bonds
}

type arc struct {
	length   int64 // twice the weight
	to, bond int32
}

func newFaces(s *scaled) *faces {
	l := s.in.Lattice
	n, cols := l.Sites(), l.Shape()[1]
	near, far := int32(n), int32(n) // the outer faces before the first row and beyond the last
	if l.Periodic()[0] || l.Periodic()[1] {
		far++
	}
	f := &faces{sides: make([][2]int32, l.Bonds()), start: make([]int32, n+3), odd: make([]bool, n+2)}
	for e := range f.sides {
		a, i := e/n, e%n
		if l.Next(a, i) < 0 {
			f.sides[e] = [2]int32{-1, -1}
			continue
		}
		b := 1 - a // a bond along axis a has its faces on both sides along b
		place, side, stride := i%cols, cols, 1
		if b == 0 {
			place, side, stride = i/cols, n/cols, cols
		}
		before, after := int32(i-stride), int32(i)
		if place == 0 {
			before = near
			if l.Periodic()[b] {
				before = int32(i + (side-1)*stride)
			}
		}
		if l.Next(b, i) < 0 {
			after = far
		}
		f.sides[e] = [2]int32{min(before, after), max(before, after)}
		if before == after {
			continue
		}
		for _, p := range f.sides[e] {
			f.start[p+1]++
			f.odd[p] = f.odd[p] != s.negative[e]
		}
	}
	for p := range n + 2 {
		f.start[p+1] += f.start[p]
	}
	fill := slices.Clone(f.start)
	f.arcs = make([]arc, f.start[n+2])
	for e, p := range f.sides {
		if p[0] != p[1] {
			f.arcs[fill[p[0]]] = arc{2 * s.weight[e], p[1], int32(e)}
			f.arcs[fill[p[1]]] = arc{2 * s.weight[e], p[0], int32(e)}
			fill[p[0]]++
			fill[p[1]]++
		}
	}
	return f
}

// duals is a dual solution in the graph without the removed bonds. With dist the
// shortest paths there it is feasible if for any two positions u and v
//
//	2·dist(u,v) ≥ y_u + y_v + Σ z over the sets that hold one of them.
//
// Then a set of bonds that touches the faces of an odd number of positions an odd
// number of times, and no others, weighs at least half of Σy + Σz: it holds paths,
// no bond in two of them, that pair up the positions, and of the pairs at least one
// leaves each odd set.
type duals struct {
	face    []int32 // of each position
	y       []int64
	sets    []Set
	size    []int32 // members of each set
	removed func(bond int32) bool
	stack   []int32
}

// half returns ⌈(Σy + Σz)/2⌉, or an error if the numbers are too large for the sums
// of the checks.
func (d *duals) half() (int64, error) {
	sum, gross := int64(0), int64(0)
	add := func(v int64) bool {
		if v < -maxDual || v > maxDual || max(v, -v) > maxDual-gross {
			return false
		}
		sum += v
		gross += max(v, -v)
		return true
	}
	for u, y := range d.y {
		if !add(y) {
			return 0, fmt.Errorf("the duals are too large from y = %d of position %d on", y, u)
		}
	}
	for k, s := range d.sets {
		if !add(s.Z) {
			return 0, fmt.Errorf("the duals are too large from z = %d of set %d on", s.Z, k)
		}
	}
	return (sum + 1) >> 1, nil
}

// addSets appends sets, if they are odd sets of distinct positions.
func (d *duals) addSets(sets []Set) error {
	seen := make([]int, len(d.face)) // 1 + the last set that holds a position
	for _, s := range sets {
		k := len(d.sets)
		if s.Z < 0 {
			return fmt.Errorf("set %d has z = %d, want at least 0", k, s.Z)
		}
		for _, m := range s.Of {
			if int(m) >= len(d.face) || -1-int(m) >= k {
				return fmt.Errorf("set %d has the member %d, want a position below %d or an earlier set", k, m, len(d.face))
			}
		}
		d.sets = append(d.sets, s)
		size := int32(0)
		for u := range d.members(k) {
			if seen[u] == k+1 {
				return fmt.Errorf("set %d holds position %d twice", k, u)
			}
			seen[u] = k + 1
			size++
		}
		if size%2 == 0 {
			return fmt.Errorf("set %d holds %d positions, want an odd number", k, size)
		}
		d.size = append(d.size, size)
	}
	return nil
}

// members yields the positions in set k.
func (d *duals) members(k int) func(yield func(u int32) bool) {
	return func(yield func(u int32) bool) {
		stack := append(d.stack[:0], int32(k))
		for len(stack) > 0 {
			s := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, m := range d.sets[s].Of {
				if m < 0 {
					stack = append(stack, -1-m)
				} else if !yield(m) {
					return
				}
			}
		}
		d.stack = stack
	}
}

// A finder looks for pairs of positions that are too close for their duals.
type finder struct {
	*faces
	heap []label
	key  []int64 // of the label of each face
	root []int32 // position that the label comes from
	seen []int64 // round in which the face was labelled ...
	done []int64 // ... and in which its label was final
	now  int64
}

type label struct {
	key        int64
	face, root int32
}

func newFinder(f *faces) *finder {
	n := len(f.odd)
	return &finder{faces: f, key: make([]int64, n), root: make([]int32, n), seen: make([]int64, n), done: make([]int64, n)}
}

// feasible reports an error unless d is feasible, given that every pair is fine for
// which neither y nor the z of a set that holds one of the two has grown. Nil means
// that all have.
func (f *finder) feasible(d *duals, grownY, grownZ []bool) error {
	n := len(d.face)
	var order []int32 // from the inside out
	for k, s := range d.sets {
		if s.Z > 0 {
			order = append(order, int32(k))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(d.size[a], d.size[b]) })
	// A group is a position (its number) or a set (n + its number). Two positions are
	// compared in the smallest set that holds both, where their groups differ.
	group := make([]int32, n)
	radius := slices.Clone(d.y)              // y and the z of all sets so far that hold the position
	grown := make([]bool, n+len(d.sets))     // of each group, inside or as a whole
	size := make([]int32, n+len(d.sets))     // of each group
	within := make([]int32, n+len(d.sets))   // how many of its positions are in the present set
	members := make([]int32, 0, len(d.face)) // of the present set
	for u := range n {
		group[u], size[u] = int32(u), 1
		grown[u] = grownY == nil || grownY[u]
	}
	for _, k := range order {
		whole := n + int(k)
		members = members[:0]
		for u := range d.members(int(k)) {
			members = append(members, u)
			within[group[u]]++
		}
		for _, u := range members {
			grown[whole] = grown[whole] || grown[group[u]]
			if within[group[u]] != size[group[u]] {
				return f.pairs(d) // two sets cross
			}
		}
		for _, u := range members {
			within[group[u]] = 0
		}
		if grown[whole] {
			if err := f.sweep(d, members, group, radius); err != nil {
				return err
			}
		}
		for _, u := range members {
			group[u] = int32(whole)
			radius[u] += d.sets[k].Z
		}
		size[whole] = d.size[k]
		grown[whole] = grown[whole] || grownZ == nil || grownZ[k]
	}
	members = members[:0]
	for u := range n {
		members = append(members, int32(u))
	}
	for u := range n {
		if grown[group[u]] {
			return f.sweep(d, members, group, radius)
		}
	}
	return nil
}

// sweep reports an error if two members u and v of different groups have
// 2·dist(u,v) < radius_u + radius_v. It labels every face with the least
// 2·dist(u,face) - radius_u over all members, where that is negative, and with that u.
//
// Suppose that u and v are too close. Then all faces of a shortest path from u to v
// have labels, as the path is shorter than the two radii. If the face of u is labelled
// by another group, its label is below radius_u, as even 2·dist(u,v) - radius_v is; the
// same holds for v. If both are labelled by their own groups, there is an edge on the
// path where the group changes, whose two labels and length sum up to less than 0. All
// of this is looked for, and whatever is found shows two positions that are too close.
func (f *finder) sweep(d *duals, members, group []int32, radius []int64) error {
	f.now++
	now := f.now
	f.heap = f.heap[:0]
	for _, u := range members {
		if p := d.face[u]; radius[u] > 0 && (f.seen[p] != now || -radius[u] < f.key[p]) {
			f.seen[p], f.key[p], f.root[p] = now, -radius[u], u
			f.heap = append(f.heap, label{-radius[u], p, u})
		}
	}
	for i := len(f.heap)/2 - 1; i >= 0; i-- {
		f.down(i)
	}
	for len(f.heap) > 0 {
		l := f.pop()
		p := l.face
		if f.done[p] == now {
			continue
		}
		f.done[p] = now
		own := group[l.root]
		for _, a := range f.arcs[f.start[p]:f.start[p+1]] {
			q := a.to
			if f.done[q] == now {
				if r := f.root[q]; group[r] != own && l.key+a.length+f.key[q] < 0 && !d.removed(a.bond) {
					return tooClose(d, l.root, r)
				}
				continue
			}
			if key := l.key + a.length; key < 0 && (f.seen[q] != now || key < f.key[q]) && !d.removed(a.bond) {
				f.seen[q], f.key[q], f.root[q] = now, key, l.root
				f.push(label{key, q, l.root})
			}
		}
	}
	for _, u := range members {
		if p := d.face[u]; f.done[p] == now && group[f.root[p]] != group[u] && f.key[p] < radius[u] {
			return tooClose(d, u, f.root[p])
		}
	}
	return nil
}

func tooClose(d *duals, u, v int32) error {
	return fmt.Errorf("positions %d and %d on faces %d and %d are too close for their duals", u, v, d.face[u], d.face[v])
}

// maxCrossing bounds the memory for the members of sets that cross.
const maxCrossing = 1 << 24

// pairs is feasible for any sets, pair by pair and slowly.
func (f *finder) pairs(d *duals) error {
	n := len(d.face)
	radius := slices.Clone(d.y)   // y and the z of all sets that hold the position
	holders := make([][]int32, n) // these sets
	room := maxCrossing
	for k, s := range d.sets {
		if s.Z == 0 {
			continue
		}
		if room -= int(d.size[k]); room < 0 {
			return fmt.Errorf("sets that cross have more than %d members", maxCrossing)
		}
		for u := range d.members(k) {
			radius[u] += s.Z
			holders[u] = append(holders[u], int32(k))
		}
	}
	at := make([][]int32, len(f.odd)) // positions on each face
	for u, p := range d.face {
		at[p] = append(at[p], int32(u))
	}
	marked := make([]bool, len(d.sets))
	for u := range n {
		// Each pair is looked at from the end with the larger radius.
		if radius[u] <= 0 {
			continue
		}
		for _, k := range holders[u] {
			marked[k] = true
		}
		f.now++
		p := d.face[u]
		f.seen[p], f.key[p] = f.now, 0
		f.heap = append(f.heap[:0], label{0, p, int32(u)})
		for len(f.heap) > 0 {
			l := f.pop()
			p := l.face
			if f.done[p] == f.now {
				continue
			}
			f.done[p] = f.now
			for _, v := range at[p] {
				if int(v) == u || radius[v] > radius[u] || l.key >= radius[u]+radius[v] {
					continue
				}
				need := radius[u] + radius[v]
				for _, k := range holders[v] {
					if marked[k] {
						need -= 2 * d.sets[k].Z
					}
				}
				if l.key < need {
					return tooClose(d, int32(u), v)
				}
			}
			for _, a := range f.arcs[f.start[p]:f.start[p+1]] {
				q, key := a.to, l.key+a.length
				if key < 2*radius[u] && f.done[q] != f.now && (f.seen[q] != f.now || key < f.key[q]) && !d.removed(a.bond) {
					f.seen[q], f.key[q] = f.now, key
					f.push(label{key, q, int32(u)})
				}
			}
		}
		for _, k := range holders[u] {
			marked[k] = false
		}
	}
	return nil
}

// push, pop and down keep the label of the least key at the root of a binary heap.
func (f *finder) push(l label) {
	f.heap = append(f.heap, l)
	h, i := f.heap, len(f.heap)-1
	for i > 0 && l.key < h[(i-1)/2].key {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = l
}

func (f *finder) pop() label {
	h := f.heap
	top, last := h[0], len(h)-1
	h[0] = h[last]
	f.heap = h[:last]
	f.down(0)
	return top
}

func (f *finder) down(i int) {
	h := f.heap
	if i >= len(h) {
		return
	}
	l := h[i]
	for {
		c := 2*i + 1
		if c >= len(h) {
			break
		}
		if c+1 < len(h) && h[c+1].key < h[c].key {
			c++
		}
		if l.key <= h[c].key {
			break
		}
		h[i] = h[c]
		i = c
	}
	h[i] = l
}
