package packing

import "slices"

// cover is the signed double cover of the bonds that can lie on a frustrated cycle.
// Node 2i+l is site i in layer l; a negative bond leads to the other layer. A closed
// walk is odd if it leads from a site to its copy in the other layer.
type cover struct {
	from, to []int32
	negative []bool
	arcs     []arc // those of site i are arcs[start[i]:start[i+1]]
	start    []int32
	roots    []int32 // sites of components with a frustrated cycle

	nodes  []node
	search int32
	heap   []reach
	onPath []int32 // place of a site on the walk, -1 if it is not on it
}

// A node of the cover as the current search has it.
type node struct {
	dist    float64
	back    int32 // bond that leads to the node, -1 at the root
	reached int32 // search that reached the node last; the rest is of this one
}

type arc struct{ bond, to, flip int32 }

// newCover leaves out bonds for which skip holds.
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

// findRoots labels each component with spins along a spanning tree; it has a
// frustrated cycle if a bond contradicts them.
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

// shortest returns the bonds of a frustrated cycle no longer than the shortest odd
// closed walk through root, in a slice of its own, or nil if that walk is not shorter
// than limit. length must be positive.
//
// Both halves of the walk are shortest paths from root, so the search ends at half
// its length.
func (c *cover) shortest(root int32, length []float64, limit float64) []int32 {
	c.search++
	c.heap = c.heap[:0]
	c.nodes[2*root] = node{0, -1, c.search}
	c.push(reach{0, 2 * root})
	best, bridge, end := limit, int32(-1), int32(-1)
	for len(c.heap) > 0 {
		r := c.pop()
		if 2*r.dist >= best {
			break
		}
		if r.dist > c.nodes[r.node].dist {
			continue // reached on a shorter path since
		}
		back, layer := c.nodes[r.node].back, r.node&1
		for _, a := range c.arcs[c.start[r.node>>1]:c.start[r.node>>1+1]] {
			if a.bond == back {
				continue
			}
			d := r.dist + length[a.bond]
			if d >= best {
				continue
			}
			next := 2*a.to + layer ^ a.flip
			if n := &c.nodes[next]; n.reached != c.search || d < n.dist {
				*n = node{d, a.bond, c.search}
				if 2*d < best {
					c.push(reach{d, next})
				}
			}
			// The other half ends in the copy of next.
			if n := &c.nodes[next^1]; n.reached == c.search && d+n.dist < best {
				best, bridge, end = d+n.dist, a.bond, r.node
			}
		}
	}
	if bridge < 0 {
		return nil
	}
	return c.simple(root, c.walk(bridge, end))
}

// walk returns the bonds of the closed walk that crosses bridge from node end, in
// order.
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

// across returns the node to which a bond leads.
func (c *cover) across(node, bond int32) int32 {
	other := 2*(c.from[bond]+c.to[bond]-node>>1) + node&1
	if c.negative[bond] {
		other ^= 1
	}
	return other
}

// simple returns a simple odd cycle of an odd closed walk from site, in a slice of its
// own: an even loop is cut off where it closes, the first odd one is the cycle.
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

func (c *cover) odd(bonds []int32) bool {
	odd := false
	for _, e := range bonds {
		odd = odd != c.negative[e]
	}
	return odd
}

// reach is an entry of the heap of a search: a node at a distance.
type reach struct {
	dist float64
	node int32
}

func (c *cover) push(r reach) {
	h := append(c.heap, r)
	k := len(h) - 1
	for k > 0 {
		up := (k - 1) / 2
		if h[up].dist <= r.dist {
			break
		}
		h[k] = h[up]
		k = up
	}
	h[k] = r
	c.heap = h
}

func (c *cover) pop() reach {
	h := c.heap
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	k := 0
	for {
		down := 2*k + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && h[down+1].dist < h[down].dist {
			down++
		}
		if last.dist <= h[down].dist {
			break
		}
		h[k] = h[down]
		k = down
	}
	if len(h) > 0 {
		h[k] = last
	}
	c.heap = h
	return top
}
