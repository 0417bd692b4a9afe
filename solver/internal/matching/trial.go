package matching

import "context"

import "slices"

// spare is the number of vertices that a trial adds: one at each end of the edge.
const spare = 2

// Try bounds what it costs to flip edge e, which is not in the base's join: the weight of
// the least T-join that holds e, less the weight of the base's. It stops when the cost is
// known to be at least target, and with ctx.Err() if ctx ends.
//
// A join that holds e is one of T with the ends of e toggled, without e. The two new
// terminals start with the largest duals that suit all, and trees grow from them.
func (b *Base) Try(ctx context.Context, e int32, target int64) (Trial, error) {
	b.Removed[e] = true
	defer func() { b.Removed[e] = false }()
	p, q := b.endsOf(e)
	weight := b.graph.Weight[e]
	yp := b.nearest(p, -1, 0)
	yq := b.nearest(q, p, yp)
	growth := max(2*target-1-(2*weight+yp+yq), 0)
	near := b.around(p, yp, 2*growth, q, yq)
	further := b.around(q, yq, 2*growth, -1, 0)

	m := b.matcher
	u, v := int32(m.vertices), int32(m.vertices+1)
	for {
		m.begin(b.journal)
		m.dual[u], m.dual[v] = yp, yq
		kept := len(m.edges)
		for _, x := range near {
			m.addEdge(u, x.place, x.weight)
		}
		for _, x := range further {
			m.addEdge(v, x.place, x.weight)
		}
		grown, result := b.growBoth(ctx, u, v, growth)
		if result == stopped {
			clear(m.label)
			m.limit = forever
			m.undo()
			m.dropEdges(kept)
			return Trial{}, ctx.Err()
		}
		b.Removed[e] = false // pairs are listed for trials of other edges too
		unlisted, violated := b.unlisted(2*grown, 2*growth)
		b.Removed[e] = true
		var t Trial
		if !violated {
			t.Cost = weight + (yp+yq+grown+1)>>1
			t.Change = b.change()
			if result == augmented {
				t.Cycle = b.cycle(e)
			}
		}
		m.undo()
		m.dropEdges(kept)
		b.list(unlisted, 2*growth)
		if !violated {
			return t, nil
		}
	}
}

// growBoth grows a tree from u for half of the growth, and from v for the rest.
func (b *Base) growBoth(ctx context.Context, u, v int32, growth int64) (grown int64, result outcome) {
	m := b.matcher
	defer func() { m.limit = forever }()
	m.limit = (growth + 1) / 2
	if result = m.grow(ctx, u); result != limited {
		return m.now, result
	}
	grown = m.now
	m.limit = growth - grown
	result = m.grow(ctx, v)
	return grown + m.now, result
}

// explore visits the vertices from which a terminal can be nearer than what within
// returns for them; d is the distance from start.
func (b *Base) explore(start int32, visit func(v int32, d int64) (goOn bool)) {
	f := &b.field
	f.begin()
	f.offer(start, 0, -1)
	for len(f.heap) > 0 {
		v, d, ok := f.settle()
		if !ok || !visit(v, d) {
			continue
		}
		for _, a := range b.arcsOf(v) {
			if !b.Removed[a.edge] {
				f.offer(a.to, d+a.weight, a.edge)
			}
		}
	}
}

// nearest returns the largest dual that a terminal at v can have; dual is that of
// another terminal, at vertex other, unless that is -1.
func (b *Base) nearest(v, other int32, dual int64) int64 {
	best := forever
	b.explore(v, func(x int32, d int64) bool {
		if i := b.place[x]; i >= 0 {
			best = min(best, 2*d-b.matcher.dual[i])
		}
		least := b.least[x]
		if other >= 0 {
			least = min(least, -dual)
			if x == other {
				best = min(best, 2*d-dual)
			}
		}
		return 2*d+least < best
	})
	if best == forever { // alone in its part of the graph
		return 0
	}
	return best
}

// A neighbour is a terminal with twice its distance.
type neighbour struct {
	place  int32
	weight int64
}

// around lists the terminals whose edge to one at v with the given dual has less than
// the given slack, and the second new terminal if that one, at vertex other, has.
func (b *Base) around(v int32, dual, slack int64, other int32, otherDual int64) []neighbour {
	var list []neighbour
	b.explore(v, func(x int32, d int64) bool {
		if i := b.place[x]; i >= 0 && 2*d-dual-b.matcher.dual[i] < slack {
			list = append(list, neighbour{i, 2 * d})
		}
		least := b.least[x]
		if other >= 0 {
			least = min(least, -otherDual)
			if x == other && 2*d-dual-otherDual < slack {
				list = append(list, neighbour{int32(b.matcher.vertices + 1), 2 * d})
			}
		}
		return 2*d+least-dual < slack
	})
	return list
}

// unlisted returns pairs that may not be listed, and whether one is violated by the
// present duals. Between two terminals the slack falls only while one is in a plus node,
// and by no more than fall. Terminals whose pairs are not listed that far are searched as
// far as slack.
func (b *Base) unlisted(fall, slack int64) (list []candidate, violated bool) {
	m := b.matcher
	for _, i := range b.journal.plus {
		if int(i) >= m.vertices || b.reached[i] >= fall {
			continue
		}
		b.reached[i] = slack
		m.markBlossoms(i)
		b.explore(b.terminals[i], func(x int32, d int64) bool {
			k := b.place[x]
			if k >= 0 && k != i && 2*d-b.dual[i]-b.dual[k]+2*b.together(i, k) < slack {
				list = append(list, candidate{i, k, d})
				if room := 2*d - m.dual[i] - m.dual[k]; room < 0 && room+2*m.common(k) < 0 {
					violated = true
				}
			}
			return 2*d+b.least[x]-b.dual[i] < slack
		})
	}
	return list, violated
}

// together returns a lower bound of what the blossoms of the base that hold both terminals
// have as duals: that of the outermost.
func (b *Base) together(i, k int32) int64 {
	if b.outer[i] != b.outer[k] {
		return 0
	}
	return b.outerDual[i]
}

// A candidate is a pair of terminals that may have to be listed, with its distance.
type candidate struct {
	i, k     int32
	distance int64
}

// list lists those pairs that have less than the given slack and are not listed, or with
// more than their distance, as pricing may do.
func (b *Base) list(candidates []candidate, slack int64) {
	m := b.matcher
	last := int32(-1)
	for _, x := range candidates {
		if x.i != last {
			last = x.i
			m.markBlossoms(x.i)
			b.stamp++
			for _, h := range m.adjacent[x.i] {
				if b.known[h.to] != b.stamp || h.weight < b.listed[h.to] {
					b.known[h.to], b.listed[h.to] = b.stamp, h.weight
				}
			}
		}
		if (b.known[x.k] != b.stamp || 2*x.distance < b.listed[x.k]) && 2*x.distance-b.dual[x.i]-b.dual[x.k]+2*m.common(x.k) < slack {
			m.addEdge(x.i, x.k, 2*x.distance)
		}
	}
}

// change returns how the present duals differ from those of the base.
func (b *Base) change() Change {
	m := b.matcher
	n := int32(m.vertices)
	c := Change{New: []int64{m.own(n), m.own(n + 1)}}
	for _, o := range b.journal.vertices {
		if o.id < n {
			if y := m.own(o.id); y != b.own[o.id] {
				c.Y = append(c.Y, [2]int64{int64(o.id), y})
			}
		}
	}
	made := map[int32]int32{}
	for _, o := range b.journal.nodes {
		switch {
		case !m.isBlossom(o.id):
		case o.kids != nil:
			if m.z[o.id] != o.z {
				c.Z = append(c.Z, [2]int64{int64(b.number[o.id]), m.z[o.id]})
			}
		case m.kids[o.id] != nil:
			made[o.id] = int32(len(b.sets) + len(c.Sets))
			set := OddSet{Z: m.z[o.id]}
			for _, k := range m.kids[o.id] {
				if m.isBlossom(k) {
					if number, ok := made[k]; ok {
						k = -1 - number
					} else {
						k = -1 - b.number[k]
					}
				}
				set.Of = append(set.Of, k)
			}
			c.Sets = append(c.Sets, set)
		}
	}
	return c
}

// cycle returns the edges in which the present matching's join with e differs from the
// base's.
func (b *Base) cycle(e int32) []int32 {
	m := b.matcher
	cycle, found := []int32{e}, true
	b.toggled[e] = true
	toggle := func(k int32) {
		b.toggled[k] = !b.toggled[k]
		cycle = append(cycle, k)
	}
	for _, o := range b.journal.vertices {
		if int(o.id) < m.vertices && o.mate != m.mate[o.id] {
			for _, k := range b.paths[o.id] {
				toggle(k)
			}
		}
		if o.mate != m.mate[o.id] {
			if k := m.partner(o.id); o.id > k {
				found = b.path(b.vertexOf(k, e), b.vertexOf(o.id, e), toggle) && found
			}
		}
	}
	odd := cycle[:0]
	for _, k := range cycle {
		if b.toggled[k] {
			b.toggled[k] = false
			odd = append(odd, k)
		}
	}
	if !found || !slices.Contains(odd, e) { // the base's paths may meet on edges of weight 0
		return nil
	}
	return odd
}

// vertexOf returns where a terminal stands; the new ones stand at the ends of e.
func (b *Base) vertexOf(place, e int32) int32 {
	switch n := int32(b.matcher.vertices); place {
	case n:
		p, _ := b.endsOf(e)
		return p
	case n + 1:
		_, q := b.endsOf(e)
		return q
	}
	return b.terminals[place]
}

// endsOf returns the ends of an edge, the lower one first.
func (b *Base) endsOf(e int32) (p, q int32) {
	p, q = b.graph.From[e], b.graph.To[e]
	return min(p, q), max(p, q)
}
