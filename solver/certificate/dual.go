package certificate

import (
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
	f := &faces{sides: make([][2]int32, l.Slots()), start: make([]int32, n+3), odd: make([]bool, n+2)}
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
	apart   []bool  // of each set: what it and the sets in it list, no set before lists
	removed func(bond int32) bool
	stack   []int32
	visits  int // members looked at one by one
}

// maxVisits bounds the members that are looked at one by one, which only sets that share
// members are. Sets that solvers write hardly do.
const maxVisits = 1 << 30

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
//
// Sets of which none lists what another lists have no members in common, so that their
// sizes are sums, however deep they nest.
func (d *duals) addSets(sets []Set) error {
	listed := make([]bool, len(d.face)+len(d.sets)+len(sets)) // positions, then sets
	item := func(m int32) int {
		if m < 0 {
			return len(d.face) - 1 - int(m)
		}
		return int(m)
	}
	for _, s := range d.sets {
		for _, m := range s.Of {
			listed[item(m)] = true
		}
	}
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
		apart := true
		for _, m := range s.Of {
			apart = apart && !listed[item(m)] && (m >= 0 || d.apart[-1-m])
			listed[item(m)] = true
			if m >= 0 {
				size++
			} else {
				size += d.size[-1-m]
			}
		}
		d.apart = append(d.apart, apart)
		if !apart {
			size = 0
			for u := range d.members(k) {
				if seen[u] == k+1 {
					return fmt.Errorf("set %d holds position %d twice", k, u)
				}
				seen[u] = k + 1
				size++
				if d.visits++; d.visits > maxVisits {
					return fmt.Errorf("set %d: the sets share too many members to look at", k)
				}
			}
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
	seen []int64 // round in which the face was labelled ...
	done []int64 // ... and in which its label was final
	now  int64
}

type label struct {
	key  int64 // twice the length of a path to the face, from where it begins
	face int32
}

func newFinder(f *faces) *finder {
	n := len(f.odd)
	return &finder{faces: f, key: make([]int64, n), seen: make([]int64, n), done: make([]int64, n)}
}

// feasible reports an error unless d is feasible, given that every pair is fine of
// which neither position has grown; nil means that all have.
//
// The radius of a position is its y and the z of all sets that hold it: a pair needs
// the sum of its radii less twice the z of the sets that hold both. So a pair that is
// too close lies within twice the larger radius, and is found from that end. A
// position from which no grown one lies within the sum of the radii needs no look.
func (f *finder) feasible(d *duals, grown []bool) error {
	n := len(d.face)
	t := newHolders(d)
	radius := slices.Clone(d.y)
	most := int64(0)
	for u := range radius {
		for _, k := range t.of(u) {
			radius[u] += t.above[k]
		}
		most = max(most, radius[u])
	}
	var sources []int32
	if grown != nil {
		f.begin()
		for u, g := range grown {
			if g {
				f.reach(d.face[u], -radius[u])
			}
		}
		for len(f.heap) > 0 {
			f.spread(d, f.pop(), most)
		}
	}
	for u, r := range radius {
		if p := d.face[u]; r > 0 && (grown == nil || f.seen[p] == f.now && f.key[p] < r) {
			sources = append(sources, int32(u))
		}
	}
	first := slices.Repeat([]int32{-1}, len(f.odd)) // position on each face ...
	next := make([]int32, n)                        // ... and the next one there
	for u, p := range d.face {
		next[u], first[p] = first[p], int32(u)
	}
	for _, u := range sources {
		t.mark(int(u), true)
		f.begin()
		f.reach(d.face[u], 0)
		for len(f.heap) > 0 {
			l := f.pop()
			if f.done[l.face] == f.now {
				continue
			}
			for v := first[l.face]; v >= 0; v = next[v] {
				need := radius[u] + radius[v]
				if v == u || radius[v] > radius[u] || l.key >= need {
					continue
				}
				if l.key < need-2*t.common(int(v)) {
					return fmt.Errorf("positions %d and %d on faces %d and %d are too close for their duals", u, v, d.face[u], l.face)
				}
			}
			f.spread(d, l, 2*radius[u])
		}
		t.mark(int(u), false)
	}
	return nil
}

// begin starts a round of labels.
func (f *finder) begin() {
	f.now++
	f.heap = f.heap[:0]
}

// reach labels a face if that is lower than its label of this round.
func (f *finder) reach(p int32, key int64) {
	if f.seen[p] != f.now || key < f.key[p] {
		f.seen[p], f.key[p] = f.now, key
		f.push(label{key, p})
	}
}

// spread makes the least label final and reaches the faces around it, below limit.
func (f *finder) spread(d *duals, l label, limit int64) {
	if f.done[l.face] == f.now {
		return
	}
	f.done[l.face] = f.now
	for _, a := range f.arcs[f.start[l.face]:f.start[l.face+1]] {
		if key := l.key + a.length; key < limit && (f.seen[a.to] != f.now || key < f.key[a.to]) && !d.removed(a.bond) {
			f.reach(a.to, key)
		}
	}
}

// push and pop keep the least label at the root of a binary heap.
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
	top, last := f.heap[0], len(f.heap)-1
	l := f.heap[last]
	h := f.heap[:last]
	f.heap = h
	if last == 0 {
		return top
	}
	i := 0
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
	return top
}

// holders knows the sets that hold a position. As no set holds a position twice, only
// one way leads from a position or set to a set that holds it, each step of it to a
// set that lists the one before.
type holders struct {
	positions int
	start     []int32 // of a position u; of a set k at positions+k
	lists     []int32 // the sets that list it: lists[start[i]:start[i+1]]
	above     []int64 // z of each set and all that hold it
	forest    *forest // if no item is listed by two sets, else nil
	from      int32   // the set that lists the marked position, with a forest; none for no set
	marked    []bool  // without a forest
	stack     []int32
}

const none = -1

// forest is the nesting of sets of which each is listed by one at most, in heavy paths: a way
// up to a set that holds another crosses the logarithm of their number of paths.
type forest struct {
	parent []int32 // the set that lists a set
	head   []int32 // the topmost set of its path
}

func newForest(d *duals, t *holders) *forest {
	n := len(d.sets)
	f := &forest{make([]int32, n), make([]int32, n)}
	heavy, inside := slices.Repeat([]int32{none}, n), make([]int32, n) // sets in a set, with itself
	for k := range n {                                                 // a set comes after those in it
		inside[k]++
		f.parent[k] = t.parent(t.positions + k)
		if p := f.parent[k]; p != none {
			inside[p] += inside[k]
			if heavy[p] == none || inside[k] > inside[heavy[p]] {
				heavy[p] = int32(k)
			}
		}
	}
	for k := n - 1; k >= 0; k-- {
		f.head[k] = int32(k)
		if p := f.parent[k]; p != none && heavy[p] == int32(k) {
			f.head[k] = f.head[p]
		}
	}
	return f
}

// common returns the innermost set that is or holds both, none if there is none. Of two sets
// the one of the higher number is never inside the other.
func (f *forest) common(a, b int32) int32 {
	for a != none && b != none {
		if f.head[a] == f.head[b] {
			return max(a, b)
		}
		if f.head[a] < f.head[b] {
			a = f.parent[f.head[a]]
		} else {
			b = f.parent[f.head[b]]
		}
	}
	return none
}

func newHolders(d *duals) *holders {
	n := len(d.face)
	t := &holders{
		positions: n,
		start:     make([]int32, n+len(d.sets)+1),
		above:     make([]int64, len(d.sets)),
		marked:    make([]bool, len(d.sets)),
	}
	item := func(m int32) int32 {
		if m < 0 {
			return int32(n) - 1 - m
		}
		return m
	}
	for _, s := range d.sets {
		for _, m := range s.Of {
			t.start[item(m)+1]++
		}
	}
	for i := range n + len(d.sets) {
		t.start[i+1] += t.start[i]
	}
	t.lists = make([]int32, t.start[n+len(d.sets)])
	fill := slices.Clone(t.start)
	for k, s := range d.sets {
		for _, m := range s.Of {
			t.lists[fill[item(m)]] = int32(k)
			fill[item(m)]++
		}
	}
	if t.oneEach() {
		t.forest = newForest(d, t)
	}
	for k := len(d.sets) - 1; k >= 0; k-- {
		t.above[k] = d.sets[k].Z
		for _, h := range t.of(n + k) {
			t.above[k] += t.above[h]
		}
	}
	return t
}

func (t *holders) of(item int) []int32 { return t.lists[t.start[item]:t.start[item+1]] }

// oneEach reports whether no item is listed by two sets.
func (t *holders) oneEach() bool {
	for i := 1; i < len(t.start); i++ {
		if t.start[i]-t.start[i-1] > 1 {
			return false
		}
	}
	return true
}

// parent returns the set that lists an item which no other lists, none if no set does.
func (t *holders) parent(item int) int32 {
	if list := t.of(item); len(list) > 0 {
		return list[0]
	}
	return none
}

// mark marks the sets that hold position u, or takes that back.
func (t *holders) mark(u int, mark bool) {
	if t.forest != nil {
		t.from = t.parent(u)
		return
	}
	stack := append(t.stack[:0], t.of(u)...)
	for len(stack) > 0 {
		k := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		t.marked[k] = mark
		stack = append(stack, t.of(t.positions+int(k))...)
	}
	t.stack = stack
}

// common returns Σ z over the marked sets that hold position v. All sets around a
// marked one are marked.
func (t *holders) common(v int) int64 {
	if t.forest != nil {
		if k := t.forest.common(t.from, t.parent(v)); k != none {
			return t.above[k]
		}
		return 0
	}
	sum := int64(0)
	stack := append(t.stack[:0], t.of(v)...)
	for len(stack) > 0 {
		k := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if t.marked[k] {
			sum += t.above[k]
		} else {
			stack = append(stack, t.of(t.positions+int(k))...)
		}
	}
	t.stack = stack
	return sum
}
