package ising

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// A Tree is a spanning tree of a lattice. On a lattice that falls apart it is a forest, with
// a root in each component.
type Tree struct {
	// Order lists the sites, parents before children.
	Order []int32
	// Parent has the parent of each site, -1 for a root.
	Parent []int32
	// Bond has the bond from each site to its parent, -1 for a root.
	Bond []int32
}

// SpanningTree returns the maximum spanning tree for the weights |w|, in the layout of J, by
// Kruskal's algorithm. Bonds of weight 0 are left out. Bonds of equal weight are taken in
// random order by rng, or in the order of their numbers if rng is nil. It panics if w and J
// differ in length.
func (l *Lattice) SpanningTree(w []float64, rng *rand.Rand) *Tree {
	if len(w) != l.Slots() {
		panic("ising: weights and couplings differ in length")
	}
	type edge struct {
		weight float64
		tie    uint32
		bond   int32
	}
	edges := make([]edge, 0, len(w))
	for k, v := range w {
		if l.to[k] >= 0 && v != 0 {
			e := edge{weight: math.Abs(v), bond: int32(k)}
			if rng != nil {
				e.tie = rng.Uint32()
			}
			edges = append(edges, e)
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.tie, b.tie), cmp.Compare(a.bond, b.bond))
	})

	set := newDisjoint(l.sites)
	degree := make([]int32, l.sites+1)
	kept := edges[:0]
	for _, e := range edges {
		i, j := l.from[e.bond], l.to[e.bond]
		if set.join(i, j) {
			kept = append(kept, e)
			degree[i+1]++
			degree[j+1]++
		}
	}

	// Adjacency of the forest: the bonds of site i are adjacent[start[i]:start[i+1]].
	start := degree
	for i := range l.sites {
		start[i+1] += start[i]
	}
	fill := slices.Clone(start)
	adjacent := make([]int32, 2*len(kept))
	for _, e := range kept {
		for _, i := range [2]int32{l.from[e.bond], l.to[e.bond]} {
			adjacent[fill[i]] = e.bond
			fill[i]++
		}
	}

	t := &Tree{Order: make([]int32, 0, l.sites), Parent: make([]int32, l.sites), Bond: make([]int32, l.sites)}
	seen := make([]bool, l.sites)
	for root := range int32(l.sites) {
		if seen[root] {
			continue
		}
		seen[root] = true
		t.Parent[root], t.Bond[root] = -1, -1
		head := len(t.Order)
		t.Order = append(t.Order, root)
		for ; head < len(t.Order); head++ {
			i := t.Order[head]
			for _, bond := range adjacent[start[i]:start[i+1]] {
				j := int32(l.Across(bond, int(i)))
				if !seen[j] {
					seen[j] = true
					t.Parent[j], t.Bond[j] = i, bond
					t.Order = append(t.Order, j)
				}
			}
		}
	}
	return t
}

// Spins returns the configuration that satisfies every bond of the tree: spins
// joined by a tree bond are parallel where its weight w is positive and opposite
// where it is negative. Roots are +1.
func (t *Tree) Spins(w []float64) []int8 {
	s := make([]int8, len(t.Parent))
	for _, i := range t.Order {
		switch p := t.Parent[i]; {
		case p < 0:
			s[i] = 1
		case w[t.Bond[i]] < 0:
			s[i] = -s[p]
		default:
			s[i] = s[p]
		}
	}
	return s
}

// disjoint is a union-find forest with path halving and union by size.
type disjoint struct{ parent, size []int32 }

func newDisjoint(n int) *disjoint {
	d := &disjoint{make([]int32, n), make([]int32, n)}
	for i := range d.parent {
		d.parent[i], d.size[i] = int32(i), 1
	}
	return d
}

func (d *disjoint) find(i int32) int32 {
	for d.parent[i] != i {
		d.parent[i] = d.parent[d.parent[i]]
		i = d.parent[i]
	}
	return i
}

// join merges the sets of i and j and reports whether they were different.
func (d *disjoint) join(i, j int32) bool {
	i, j = d.find(i), d.find(j)
	if i == j {
		return false
	}
	if d.size[i] < d.size[j] {
		i, j = j, i
	}
	d.parent[j] = i
	d.size[i] += d.size[j]
	return true
}
