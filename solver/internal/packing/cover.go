package packing

import (
	"slices"

	"spinlearn/solver/internal/graph"
)

// cover is the signed double cover of a graph: node 2i+l is site i in layer l ∈ {0, 1}, and
// a negative bond leads to the other layer. A walk that returns to its site is odd, with an
// odd number of negative bonds, if it ends in the other layer.
type cover struct {
	from, to []int32
	negative []bool
	arcs     []arc // the bonds at site i are arcs[start[i]:start[i+1]]
	start    []int32
	roots    []int32 // sites of components with a frustrated cycle

	nodes  []node
	search int32                  // number of the current search
	heap   []graph.Keyed[float64] // nodes by distance
	onPath []int32                // place of a site on the walk, -1 if it is not on it
}

// A node of the cover, as the search with number reached has left it.
type node struct {
	dist    float64
	back    int32 // the last bond of the path to the node, -1 at the root
	reached int32
}

// An arc is a bond as seen from one of its sites. flip is 1 if the bond is negative.
type arc struct{ bond, to, flip int32 }

// newCover returns the cover of the bonds for which skip is false.
func newCover(g *Graph, skip func(bond int) bool) *cover {
	c := &cover{from: g.From, to: g.To, negative: g.Negative,
		start: make([]int32, g.Sites+1), nodes: make([]node, 2*g.Sites), onPath: slices.Repeat([]int32{-1}, g.Sites)}
	for e := range g.From {
		if !skip(e) {
			c.start[g.From[e]+1]++
			c.start[g.To[e]+1]++
		}
	}
	for i := range g.Sites {
		c.start[i+1] += c.start[i]
	}
	c.arcs = make([]arc, c.start[g.Sites])
	fill := slices.Clone(c.start)
	for e, i := range g.From {
		if skip(e) {
			continue
		}
		j, flip := g.To[e], int32(0)
		if g.Negative[e] {
			flip = 1
		}
		c.arcs[fill[i]] = arc{int32(e), j, flip}
		fill[i]++
		c.arcs[fill[j]] = arc{int32(e), i, flip}
		fill[j]++
	}
	c.findRoots(g.Sites)
	return c
}

// findRoots assigns spins to each component so that a spanning tree has no unsatisfied bond.
// The component has a frustrated cycle if another bond is unsatisfied.
func (c *cover) findRoots(sites int) {
	label := slices.Repeat([]int32{-1}, sites)
	var queue []int32
	for root := range int32(sites) {
		if label[root] >= 0 {
			continue
		}
		label[root] = 0
		queue = append(queue[:0], root)
		frustrated := false
		for head := 0; head < len(queue); head++ {
			i := queue[head]
			for _, a := range c.arcs[c.start[i]:c.start[i+1]] {
				switch want := label[i] ^ a.flip; label[a.to] {
				case -1:
					label[a.to] = want
					queue = append(queue, a.to)
				case want:
				default:
					frustrated = true
				}
			}
		}
		if frustrated {
			c.roots = append(c.roots, queue...)
		}
	}
	slices.Sort(c.roots)
}

// shortest returns the bonds of a frustrated cycle that is no longer than the shortest odd
// closed walk through root, in a new slice, or nil if that walk is not shorter than limit.
// All lengths must be positive.
//
// The walk consists of two shortest paths from root and a bond, the bridge, between them, so
// the search need not go beyond half of its length.
func (c *cover) shortest(root int32, length []float64, limit float64) []int32 {
	c.search++
	c.heap = c.heap[:0]
	c.nodes[2*root] = node{0, -1, c.search}
	c.heap = graph.Push(c.heap, graph.Keyed[float64]{What: 2 * root})
	best, bridge, end := limit, int32(-1), int32(-1)
	for len(c.heap) > 0 {
		var next graph.Keyed[float64]
		next, c.heap = graph.Pop(c.heap)
		dist, at := next.Key, next.What
		if 2*dist >= best {
			break
		}
		if dist > c.nodes[at].dist {
			continue // a shorter path has reached the node since
		}
		back, layer := c.nodes[at].back, at&1
		for _, a := range c.arcs[c.start[at>>1]:c.start[at>>1+1]] {
			if a.bond == back {
				continue
			}
			d := dist + length[a.bond]
			if d >= best {
				continue
			}
			to := 2*a.to + layer ^ a.flip
			if n := &c.nodes[to]; n.reached != c.search || d < n.dist {
				*n = node{d, a.bond, c.search}
				if 2*d < best {
					c.heap = graph.Push(c.heap, graph.Keyed[float64]{Key: d, What: to})
				}
			}
			// The other half of the walk ends in the copy of this node.
			if n := &c.nodes[to^1]; n.reached == c.search && d+n.dist < best {
				best, bridge, end = d+n.dist, a.bond, at
			}
		}
	}
	if bridge < 0 {
		return nil
	}
	return c.simple(root, c.walk(bridge, end))
}

// walk returns the bonds, in order, of the closed walk from the root to node end, across
// bridge, and back to the root.
func (c *cover) walk(bridge, end int32) []int32 {
	var w []int32
	for v := end; c.nodes[v].back >= 0; v = c.across(v, c.nodes[v].back) {
		w = append(w, c.nodes[v].back)
	}
	slices.Reverse(w)
	w = append(w, bridge)
	for v := c.across(end, bridge) ^ 1; c.nodes[v].back >= 0; v = c.across(v, c.nodes[v].back) {
		w = append(w, c.nodes[v].back)
	}
	return w
}

// across returns the node to which a bond leads from a node.
func (c *cover) across(node, bond int32) int32 {
	other := 2*(c.from[bond]+c.to[bond]-node>>1) + node&1
	if c.negative[bond] {
		other ^= 1
	}
	return other
}

// simple returns a cycle that is part of an odd closed walk from site and odd itself, in a
// new slice. Where the walk meets itself it closes a loop: the first odd loop is the
// result, even ones are removed.
func (c *cover) simple(site int32, walk []int32) []int32 {
	sites := []int32{site}
	var path []int32
	c.onPath[site] = 0
	var cycle []int32
	for _, e := range walk {
		site = c.from[e] + c.to[e] - site
		path = append(path, e)
		first := c.onPath[site]
		if first < 0 {
			c.onPath[site] = int32(len(sites))
			sites = append(sites, site)
			continue
		}
		if c.odd(path[first:]) {
			cycle = slices.Clone(path[first:])
			break
		}
		for _, s := range sites[first+1:] {
			c.onPath[s] = -1
		}
		path, sites = path[:first], sites[:first+1]
	}
	for _, s := range sites {
		c.onPath[s] = -1
	}
	return cycle
}

// odd reports whether an odd number of the bonds is negative.
func (c *cover) odd(bonds []int32) bool {
	odd := false
	for _, e := range bonds {
		odd = odd != c.negative[e]
	}
	return odd
}
