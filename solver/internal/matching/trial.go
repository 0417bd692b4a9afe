package matching

import (
	"cmp"
	"context"
	"slices"
)

// spare is the number of vertices that a trial adds: one at each end of the edge.
const spare = 2

// A Trial is what [Base.Try] found.
type Trial struct {
	// Cost is by how much at least a join with the edge flipped weighs more than the base's.
	Cost int64
	// Cycle lists the edges in which a join with the edge flipped differs from the base's;
	// nil if the target was reached or none was found. It weighs Cost more and so is a least
	// one, unless the base's duals know a shorter way over the edge itself.
	Cycle []int32
	// Change gives the duals that prove the cost. The new terminals stand at the ends of the
	// edge, at the lower one first.
	Change Change
}

// A Change is how duals differ from those of a base; see [Duals].
type Change struct {
	Y    [][2]int64 // place of a terminal, new y
	New  []int64    // y of the two terminals added at the ends of the edge
	Z    [][2]int64 // number of a set, new z
	Sets []OddSet   // further sets, numbered on from the base's
}

// Try bounds what it costs to flip edge e, which is not in the base's join: the weight of
// the least T-join that holds e, less the weight of the base's. It stops when the cost is
// known to be at least target, and with ctx.Err() if ctx ends.
//
// A join that holds e is one of T with the ends of e toggled, without e. The two new
// terminals start with the largest duals that suit all, and trees grow from them.
func (b *Base) Try(ctx context.Context, e int32, target int64) (Trial, error) {
	b.watch.ctx = ctx
	if b.watch.look() {
		return Trial{}, b.watch.err
	}
	b.Removed[e] = true
	defer func() { b.Removed[e] = false }()
	p, q := b.endsOf(e)
	weight := b.graph.Weight(e)
	yp := b.nearest(p, -1, 0)
	yq := b.nearest(q, p, yp)
	growth := max(2*target-1-(2*weight+yp+yq), 0)
	near := b.around(p, yp, 2*growth, q, yq)
	further := b.around(q, yq, 2*growth, -1, 0)

	m := b.matcher
	u, v := m.real, m.real+1
	for {
		m.begin(b.journal)
		m.keepVertex(u)
		m.keepVertex(v)
		m.vertices[u].local, m.vertices[v].local = yp, yq
		kept := len(m.edges)
		for _, x := range near {
			m.addEdge(u, x.place, x.weight)
		}
		for _, x := range further {
			m.addEdge(v, x.place, x.weight)
		}
		grown, result := b.growBoth(u, v, growth)
		b.Removed[e] = false // pairs are listed for trials of other edges too
		unlisted, violated := b.unlisted(grown, 2*growth)
		b.Removed[e] = true
		var t Trial
		if !violated && b.watch.err == nil {
			t.Cost = weight + (yp+yq+grown+1)>>1
			t.Change = b.change()
			if result == augmented {
				t.Cycle = b.cycle(e)
			}
		}
		m.undo()
		m.dropEdges(kept)
		if b.watch.err != nil {
			return Trial{}, b.watch.err
		}
		for _, p := range unlisted {
			m.addEdge(p.i, p.k, 2*p.distance)
		}
		if !violated {
			return t, nil
		}
	}
}

// growBoth grows a tree from u for half of the growth, and from v for the rest.
func (b *Base) growBoth(u, v int32, growth int64) (grown int64, result outcome) {
	m := b.matcher
	defer func() { m.limit = forever }()
	m.limit = (growth + 1) / 2
	if result = m.grow(u); result != limited {
		return m.now, result
	}
	grown = m.now
	m.limit = growth - grown
	result = m.grow(v)
	return grown + m.now, result
}

// search visits the vertices from which a terminal can be nearer than what within
// returns for them; d is the distance from start.
func (b *Base) search(start int32, visit func(v int32, d int64) (goOn bool)) {
	f := &b.field
	f.begin()
	f.offer(start, 0, -1)
	for len(f.heap) > 0 && !b.watch.ended() {
		v, d, ok := f.settle()
		if !ok || !visit(v, d) {
			continue
		}
		for _, a := range b.arcs(v) {
			if !b.Removed[a.Edge] {
				f.offer(a.To, d+a.Weight, a.Edge)
			}
		}
	}
}

// nearest returns the largest dual that a terminal at v can have; dual is that of
// another terminal, at vertex other, unless that is -1.
func (b *Base) nearest(v, other int32, dual int64) int64 {
	best := forever
	b.search(v, func(x int32, d int64) bool {
		if i := b.place[x]; i >= 0 {
			best = min(best, 2*d-b.dual[i])
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
	b.search(v, func(x int32, d int64) bool {
		if i := b.place[x]; i >= 0 && 2*d-dual-b.dual[i] < slack {
			list = append(list, neighbour{i, 2 * d})
		}
		least := b.least[x]
		if other >= 0 {
			least = min(least, -otherDual)
			if x == other && 2*d-dual-otherDual < slack {
				list = append(list, neighbour{b.matcher.real + 1, 2 * d})
			}
		}
		return 2*d+least-dual < slack
	})
	return list
}

// unlisted returns pairs that are not listed, or with more than their distance, and whether one is
// violated by the present duals. Between two terminals the slack falls only while one is in a plus node,
// and by no more than that one's dual has risen and the other's can have. Terminals whose pairs are not
// listed that far are searched twice as far, for the trials to come, but not beyond slack.
func (b *Base) unlisted(grown, slack int64) (list []pair, violated bool) {
	m := b.matcher
	for _, i := range b.journal.plus {
		if i >= m.real {
			continue
		}
		fall := max(m.dual(i)-b.dual[i], 0) + grown
		if b.reached[i] >= fall {
			continue
		}
		slack := min(slack, 2*fall)
		b.stamp++
		for d := m.first[i]; d >= 0; d = m.after(d) {
			to, weight := m.head(d), m.edges[d>>1].weight
			if b.known[to] != b.stamp || weight < b.listed[to] {
				b.known[to], b.listed[to] = b.stamp, weight
			}
		}
		marked := false
		b.search(b.terminals[i], func(x int32, d int64) bool {
			k := b.place[x]
			if k >= 0 && k != i && (b.known[k] != b.stamp || 2*d < b.listed[k]) && 2*d-b.dual[i]-b.dual[k]+2*b.nesting.common(i, k) < slack {
				list = append(list, pair{i, k, d})
				if !marked {
					marked = true
					m.markBlossoms(i)
				}
				if room := 2*d - m.dual(i) - m.dual(k); room < 0 && room+2*m.common(k) < 0 {
					violated = true
				}
			}
			return 2*d+b.least[x]-b.dual[i] < slack
		})
		if b.watch.err != nil {
			return nil, false
		}
		b.reached[i] = slack
	}
	return compact(list), violated
}

// change returns how the present duals differ from those of the base.
func (b *Base) change() Change {
	m := b.matcher
	c := Change{New: []int64{m.own(m.real), m.own(m.real + 1)}}
	for _, o := range b.journal.vertices {
		if o.id >= m.real {
			continue
		}
		if y := m.own(o.id); y != b.own[o.id] {
			c.Y = append(c.Y, [2]int64{int64(o.id), y})
		}
	}
	var made []int32
	for _, o := range b.journal.nodes {
		if !m.isBlossom(o.id) {
			continue
		}
		now := &m.nodes[o.id]
		same := now.kid >= 0 && now.serial == o.was.serial
		if o.was.kid >= 0 { // one of the base
			z := int64(0)
			if same {
				z = now.z
			}
			if z != o.was.z {
				c.Z = append(c.Z, [2]int64{int64(b.number[o.id]), z})
			}
		}
		if now.kid >= 0 && !(same && o.was.kid >= 0) {
			made = append(made, o.id)
		}
	}
	slices.SortFunc(made, func(x, y int32) int { return cmp.Compare(m.nodes[x].serial, m.nodes[y].serial) })
	number := map[int32]int32{}
	for k, x := range made {
		number[x] = int32(len(b.sets) + k)
	}
	for _, x := range made {
		set := OddSet{Z: m.nodes[x].z}
		kid := m.nodes[x].kid
		for k := kid; ; {
			switch at, ok := number[k]; {
			case ok:
				set.Of = append(set.Of, -1-at)
			case m.isBlossom(k):
				set.Of = append(set.Of, -1-b.number[k])
			default:
				set.Of = append(set.Of, k)
			}
			if k = m.nodes[k].right; k == kid {
				break
			}
		}
		c.Sets = append(c.Sets, set)
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
		if m.vertices[o.id].mate == o.was.mate {
			continue
		}
		if o.id < m.real {
			for _, k := range b.paths[o.id] {
				toggle(k)
			}
		}
		if k := m.partner(o.id); o.id > k {
			found = b.path(b.vertexOf(k, e), b.vertexOf(o.id, e), toggle) && found
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
	switch n := b.matcher.real; place {
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
	p, q = b.graph.Ends(e)
	return min(p, q), max(p, q)
}
