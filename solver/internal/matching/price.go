package matching

import (
	"cmp"
	"slices"

	"spinlearn/solver/internal/graph"
)

// A pricer finds pairs of terminals that are not listed and yet violate the duals. It keeps
// what it saw last, and looks only at what has changed.
//
// A terminal owns the vertices that are nearer to it than to others by the measure 2·distance
// less dual, if that is negative. Where vertices of two outermost nodes touch with a sum that is too
// small, a pair is violated; and if any pair of two outermost nodes is, some such place shows one.
// A pair inside of an outermost node has the slack that it had when that node was made.
type pricer struct {
	owner   []owner // of each vertex
	heap    []graph.Item
	changed []int32 // vertices whose owner may be new

	seen   []seen // of each terminal
	serial int32  // of the last blossom seen
}

type owner struct {
	key   int64
	who   int32 // none if nobody owns the vertex
	fresh bool  // it is in changed
}

// seen is what a terminal's pairs with others in other outermost nodes depend on.
type seen struct {
	dual   int64
	serial int32 // of its outermost node
}

// pair is two terminals with their distance.
type pair struct {
	i, k     int32
	distance int64
}

// begin forgets everything.
func (p *pricer) begin(j *Joiner) {
	if p.owner == nil {
		p.owner = make([]owner, j.graph.Vertices())
	}
	for v := range p.owner {
		p.owner[v] = owner{who: none}
	}
	p.seen = slices.Repeat([]seen{{serial: -1}}, len(j.terminals))
	p.serial = 0
}

// price returns the pairs that violate the duals; if the context ends, perhaps not all.
func (j *Joiner) price() []pair { return compact(j.priceInside(j.priceOutside(nil))) }

// compact keeps of equal pairs the nearest.
func compact(pairs []pair) []pair {
	for n := range pairs {
		if p := &pairs[n]; p.i > p.k {
			p.i, p.k = p.k, p.i
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.i, b.i), cmp.Compare(a.k, b.k), cmp.Compare(a.distance, b.distance))
	})
	return slices.CompactFunc(pairs, func(a, b pair) bool { return a.i == b.i && a.k == b.k })
}

// priceOutside appends pairs in different outermost nodes.
func (j *Joiner) priceOutside(pairs []pair) []pair {
	m, p := j.matcher, &j.pricer
	p.changed = p.changed[:0]
	changed := func(i int32) bool {
		return p.seen[i] != seen{m.dual(i), m.nodes[m.top(i)].serial}
	}
	for v := range p.owner {
		if o := &p.owner[v]; o.who >= 0 && changed(o.who) {
			o.who = none
			p.touch(int32(v))
		}
	}
	cleared := len(p.changed)
	// Owners settle soon if one terminal is spread after the other, and the heap stays small.
	for i, v := range j.terminals {
		if j.watch.err != nil {
			return pairs
		}
		if i := int32(i); changed(i) {
			p.seen[i] = seen{m.dual(i), m.nodes[m.top(i)].serial}
			p.touch(v)
			p.offer(v, -m.dual(i), i)
			j.spread()
		}
	}
	for _, v := range p.changed[:cleared] {
		if i := j.place[v]; i >= 0 { // it may have been owned by the other
			p.offer(v, -m.dual(i), i)
		}
		for _, a := range j.arcs(v) {
			if o := &p.owner[a.To]; o.who >= 0 && !j.Removed[a.Edge] {
				p.offer(v, o.key+2*a.Weight, o.who)
			}
		}
		j.spread()
	}
	for _, v := range p.changed {
		o := &p.owner[v]
		o.fresh = false
		if o.who < 0 {
			continue
		}
		top, dual := m.top(o.who), m.dual(o.who)
		if i := j.place[v]; i >= 0 && m.top(i) != top && o.key < m.dual(i) {
			pairs = append(pairs, pair{i, o.who, (o.key + dual) / 2})
		}
		for _, a := range j.arcs(v) {
			x := &p.owner[a.To]
			if x.who < 0 || x.who == o.who || j.Removed[a.Edge] {
				continue
			}
			if sum := o.key + 2*a.Weight + x.key; sum < 0 && m.top(x.who) != top {
				pairs = append(pairs, pair{o.who, x.who, (sum + dual + m.dual(x.who)) / 2})
			}
		}
	}
	return pairs
}

// touch notes a vertex whose owner may be new.
func (p *pricer) touch(v int32) {
	if o := &p.owner[v]; !o.fresh {
		o.fresh = true
		p.changed = append(p.changed, v)
	}
}

func (p *pricer) offer(v int32, key int64, who int32) {
	if o := &p.owner[v]; key < 0 && (o.who < 0 || key < o.key) {
		o.key, o.who = key, who
		p.heap = graph.Push(p.heap, graph.Item{Key: key, What: v})
	}
}

// spread hands on what was offered to the vertices around.
func (j *Joiner) spread() {
	p := &j.pricer
	for len(p.heap) > 0 {
		var least graph.Item
		least, p.heap = graph.Pop(p.heap)
		v := least.What
		if p.owner[v].key != least.Key {
			continue
		}
		j.watch.ended()
		p.touch(v)
		for _, a := range j.arcs(v) {
			if !j.isEnd(a.To) && !j.Removed[a.Edge] {
				p.offer(a.To, least.Key+2*a.Weight, p.owner[v].who)
			}
		}
	}
}

// priceInside appends pairs inside blossoms that were made since the last time. The smallest blossom
// that holds both ends has one of them in a kid that is not its largest, and is searched from there.
func (j *Joiner) priceInside(pairs []pair) []pair {
	m, p := j.matcher, &j.pricer
	place := m.places()
	above := m.nesting(m.blossoms()).above
	excess := m.most(func(i int32) int64 { return m.dual(i) - j.reach[i] })
	largest := m.most(m.dual)
	holds := func(b, i int32) bool { return uint32(place[i]-place[m.nodes[b].first]) < uint32(m.nodes[b].size) }
	for b := int32(len(m.vertices)); int(b) < len(m.nodes); b++ {
		n := &m.nodes[b]
		if n.kid < 0 || n.serial <= p.serial {
			continue
		}
		heir := m.heir(b)
		for x := m.nodes[heir].right; x != heir; x = m.nodes[x].right {
			last := m.nodes[x].last
			for i := m.nodes[x].first; ; i = m.nodes[i].next {
				dual := m.dual(i)
				if excess[b] > above[b] || dual-j.reach[i] > above[b] {
					j.explore(j.terminals[i], dual-2*above[b], largest[b], func(k int32, d int64) {
						if d >= j.reach[i] && 2*d < dual-2*above[b]+m.dual(k) && holds(b, k) && !holds(x, k) {
							pairs = append(pairs, pair{i, k, d})
						}
					})
				}
				if i == last {
					break
				}
			}
		}
		if j.watch.err != nil {
			break
		}
	}
	p.serial = m.serial
	return pairs
}

// explore visits the terminals k for which twice their distance may be less than room and their
// dual, which is at most the given one.
func (j *Joiner) explore(start int32, room, largest int64, visit func(k int32, d int64)) {
	f := &j.field
	f.begin()
	f.offer(start, 0, none)
	for len(f.heap) > 0 && !j.watch.ended() {
		v, d, ok := f.settle()
		if !ok || j.isEnd(v) {
			continue
		}
		if 2*d >= room+largest {
			return
		}
		if k := j.place[v]; k >= 0 {
			visit(k, d)
		}
		least := int64(0) // of what terminals beyond have as 2·distance less dual
		if o := &j.pricer.owner[v]; o.who >= 0 {
			least = o.key
		}
		if 2*d+least >= room {
			continue
		}
		for _, a := range j.arcs(v) {
			if !j.Removed[a.Edge] {
				f.offer(a.To, d+a.Weight, none)
			}
		}
	}
}

// most returns the largest of what of gives for the leaves of each node.
func (m *Matcher) most(of func(i int32) int64) []int64 {
	most := slices.Repeat([]int64{-forever}, len(m.nodes))
	for i := range m.real {
		value := of(i)
		for x := i; x >= 0 && most[x] < value; x = m.nodes[x].parent {
			most[x] = value
		}
	}
	return most
}

// heir returns the largest kid of a blossom.
func (m *Matcher) heir(b int32) int32 {
	kid := m.nodes[b].kid
	largest := kid
	for x := m.nodes[kid].right; x != kid; x = m.nodes[x].right {
		if m.nodes[x].size > m.nodes[largest].size {
			largest = x
		}
	}
	return largest
}

// places numbers the vertices so that those of any blossom follow one another.
func (m *Matcher) places() []int32 {
	place := make([]int32, len(m.vertices))
	count := int32(0)
	for v := range m.real {
		top := m.top(v)
		if m.nodes[top].first != v {
			continue
		}
		for u := v; ; u = m.nodes[u].next {
			place[u] = count
			count++
			if u == m.nodes[top].last {
				break
			}
		}
	}
	return place
}

// blossoms lists the blossoms, inner ones before those that hold them.
func (m *Matcher) blossoms() (list []int32) {
	for b := int32(len(m.vertices)); int(b) < len(m.nodes); b++ {
		if m.nodes[b].kid >= 0 {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b int32) int { return cmp.Compare(m.nodes[a].serial, m.nodes[b].serial) })
	return list
}

// A nesting keeps how blossoms are nested.
type nesting struct {
	above []int64 // of each node: Σ z over it and the blossoms that hold it
	outer []int32 // of each node: the outermost one on the way from heirs to their blossoms
	up    []int32 // of each node that is the outer one of some: the blossom that holds it
	size  []int32
}

// nesting needs the blossoms, inner ones first.
func (m *Matcher) nesting(blossoms []int32) *nesting {
	n := len(m.nodes)
	t := &nesting{make([]int64, n), make([]int32, n), make([]int32, n), make([]int32, n)}
	for b := range m.nodes {
		t.outer[b], t.up[b], t.size[b] = int32(b), m.nodes[b].parent, m.nodes[b].size
	}
	for k := len(blossoms) - 1; k >= 0; k-- {
		b := blossoms[k]
		t.above[b] += m.nodes[b].z
		heir := m.heir(b)
		t.outer[heir] = t.outer[b]
		for x := heir; ; {
			t.above[x] = t.above[b]
			if x = m.nodes[x].right; x == heir {
				break
			}
		}
	}
	return t
}

// common returns Σ z over the blossoms that hold both of two vertices. Each step leads to a node at
// least twice as large.
func (t *nesting) common(a, b int32) int64 {
	for t.outer[a] != t.outer[b] {
		if t.size[t.outer[a]] > t.size[t.outer[b]] {
			a, b = b, a
		}
		if a = t.up[t.outer[a]]; a < 0 {
			return 0
		}
	}
	if t.size[a] < t.size[b] {
		a = b
	}
	return t.above[a]
}
