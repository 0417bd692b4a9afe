package matching

import (
	"errors"
	"math"
)

// ErrImpossible says that there is no perfect matching, or no T-join.
var ErrImpossible = errors.New("matching: none exists")

// A Matcher holds a graph, a matching and its duals; see the package comment for what is
// always true of them. Nodes are the vertices and the blossoms, which are numbered after
// them. A dart is an edge in one of its two directions: dart d is of edge d/2, and d^1 is
// the other way.
type Matcher struct {
	real     int32 // vertices without the spare ones
	edges    []edge
	first    []int32 // dart out of each vertex, none if it has none
	boundary []int64 // what it costs to leave a vertex alone, forever where that cannot be; nil: nowhere

	vertices []vertex
	nodes    []node
	groups   []group
	unused   int32 // blossom that can be made next; node.right leads to further ones
	serial   int32 // of the last blossom made

	tree
	journal *journal // of a trial, else nil
	watch   *watch
}

type vertex struct {
	local int64 // dual of the vertex and all blossoms that hold it, less the offset of its group
	group int32
	mate  int32 // dart to the partner, or unmatched, or alone
}

// A group is the leaves of an outermost node. A blossom has the group of its largest kid;
// the other kids keep theirs, without leaves, until the blossom is opened.
type group struct {
	offset int64
	since  int64 // moment at which the node got its label
	node   int32
	label  int8 // plus, minus or 0, in the present tree
}

type node struct {
	z           int64 // dual of a blossom
	parent      int32 // blossom that holds it directly, none for an outermost node
	right, link int32 // the kid of the same blossom after it, around the ring, and a dart to there
	kid         int32 // of a blossom, the kid that holds the base; none for what is no blossom
	base        int32 // vertex whose mate is the node's
	first, last int32 // leaves; next leads from one to the other
	size        int32 // number of leaves
	group       int32
	entry       int32 // dart from the tree to the node, none at the root
	waiting     int32 // of a minus blossom: the last dart that waits for it, none if none does
	next        int32 // of a vertex: the leaf after it
	serial      int32 // of a blossom: how many had been made with it
}

type edge struct {
	weight int64    // even, so that every dual is an integer
	end    [2]int32 // where darts 2e and 2e+1 lead
	next   [2]int32 // the dart after each among those out of the same vertex
}

const (
	none = int32(-1)

	unmatched = int32(-1)
	alone     = int32(-2)

	plus, minus = int8(1), int8(-1)

	forever = int64(math.MaxInt64 / 2)
)

// newMatcher returns a matcher without edges, with spare vertices beyond the given
// number, and room for so many edges.
func newMatcher(vertices, spare, edges int, boundary []int64, w *watch) *Matcher {
	n := vertices + spare
	m := &Matcher{
		real: int32(vertices), first: make([]int32, n), boundary: boundary, edges: make([]edge, 0, edges),
		vertices: make([]vertex, n), nodes: make([]node, n+n/2), groups: make([]group, n), unused: none, watch: w,
	}
	m.limit, m.shift, m.mark = forever, everywhere, make([]int32, len(m.nodes))
	for v := range int32(n) {
		m.first[v] = none
		m.vertices[v] = vertex{group: v, mate: unmatched}
		m.groups[v].node = v
		m.nodes[v] = node{parent: none, right: none, link: none, kid: none, base: v, first: v, last: v, size: 1, group: v, entry: none, next: none}
	}
	for b := int32(len(m.nodes)) - 1; b >= int32(n); b-- { // (n-1)/2 blossoms at most
		m.nodes[b] = node{parent: none, kid: none, right: m.unused}
		m.unused = b
	}
	return m
}

func (m *Matcher) addEdge(u, v int32, weight int64) {
	d := 2 * int32(len(m.edges))
	m.edges = append(m.edges, edge{weight, [2]int32{v, u}, [2]int32{m.first[u], m.first[v]}})
	m.first[u], m.first[v] = d, d+1
}

// dropEdges removes the edges from number e on, which must be the last added.
func (m *Matcher) dropEdges(e int) {
	for k := len(m.edges) - 1; k >= e; k-- {
		x := &m.edges[k]
		m.first[x.end[1]], m.first[x.end[0]] = x.next[0], x.next[1]
	}
	m.edges = m.edges[:e]
}

func (m *Matcher) head(d int32) int32     { return m.edges[d>>1].end[d&1] }
func (m *Matcher) tail(d int32) int32     { return m.edges[d>>1].end[d&1^1] }
func (m *Matcher) after(d int32) int32    { return m.edges[d>>1].next[d&1] }
func (m *Matcher) top(v int32) int32      { return m.groups[m.vertices[v].group].node }
func (m *Matcher) isBlossom(b int32) bool { return int(b) >= len(m.vertices) }

// isExposed reports whether a vertex is still to be matched.
func (m *Matcher) isExposed(v int32) bool { return m.vertices[v].mate == unmatched }

// exposed lists the vertices that are not matched.
func (m *Matcher) exposed() (list []seam) {
	for v := range m.real {
		if m.isExposed(v) {
			list = append(list, seam{v, none})
		}
	}
	return list
}

// partner returns the vertex that v is matched to, or unmatched or alone.
func (m *Matcher) partner(v int32) int32 {
	if d := m.vertices[v].mate; d >= 0 {
		return m.head(d)
	}
	return m.vertices[v].mate
}

// alone returns what it costs to leave the vertex alone.
func (m *Matcher) alone(v int32) int64 {
	if m.boundary == nil || v >= m.real {
		return forever
	}
	return m.boundary[v]
}

// dual returns the dual of a vertex and all blossoms that hold it, while no tree grows.
func (m *Matcher) dual(v int32) int64 {
	x := &m.vertices[v]
	return x.local + m.groups[x.group].offset
}

// present returns that dual at this moment of the tree's growth.
func (m *Matcher) present(v int32) int64 {
	x := &m.vertices[v]
	g := &m.groups[x.group]
	return x.local + g.offset + int64(g.label)*(m.now-g.since)
}

// start gives every vertex half of its least weight as dual, raises one after the
// other as far as it goes, and matches what has become tight.
func (m *Matcher) start() error {
	for v := range m.real {
		least := m.alone(v)
		for d := m.first[v]; d >= 0; d = m.after(d) {
			least = min(least, m.edges[d>>1].weight/2)
		}
		if least == forever {
			return ErrImpossible
		}
		m.vertices[v].local = least
	}
	for v := range m.real {
		if !m.isExposed(v) {
			continue
		}
		dual := m.vertices[v].local
		least, to := m.alone(v)-dual, alone
		for d := m.first[v]; d >= 0; d = m.after(d) {
			e := &m.edges[d>>1]
			w := e.end[d&1]
			slack := e.weight - dual - m.vertices[w].local
			if slack < least || slack == least && to != alone && m.isExposed(w) {
				least, to = slack, d
			}
		}
		m.vertices[v].local += least
		switch {
		case to == alone:
			m.vertices[v].mate = alone
		case m.isExposed(m.head(to)):
			m.vertices[v].mate, m.vertices[m.head(to)].mate = to, to^1
		}
	}
	return nil
}

// join makes a blossom of a ring of outermost nodes, given by the one that holds its
// base, and puts the kids that were minus in m.kids.
func (m *Matcher) join(kid int32) int32 {
	blossom := m.unused
	m.keepNode(blossom)
	m.unused = m.nodes[blossom].right
	m.serial++
	m.kids = m.kids[:0]
	largest, size, end := kid, int32(0), none
	for x := kid; ; {
		m.settle(x)
		m.keepNode(x)
		n := &m.nodes[x]
		g := &m.groups[n.group]
		if g.label == minus {
			m.kids = append(m.kids, x)
		}
		g.label = 0
		if size += n.size; n.size > m.nodes[largest].size {
			largest = x
		}
		n.parent = blossom
		if end >= 0 {
			m.keepNode(end)
			m.nodes[end].next = n.first
		}
		end = n.last
		if x = n.right; x == kid {
			break
		}
	}
	into := m.nodes[largest].group
	for x := m.nodes[kid].right; ; x = m.nodes[x].right {
		if x != largest {
			m.move(x, into, m.groups[m.nodes[x].group].offset-m.groups[into].offset)
		}
		if x == kid {
			break
		}
	}
	m.keepGroup(into)
	m.groups[into].node = blossom
	k := &m.nodes[kid]
	m.nodes[blossom] = node{
		parent: none, right: none, link: none, kid: kid, base: k.base, first: k.first, last: end, size: size,
		group: into, entry: k.entry, next: none, serial: m.serial,
	}
	return blossom
}

// move puts the leaves of a node into a group whose offset is less by so much.
func (m *Matcher) move(b, into int32, less int64) {
	last := m.nodes[b].last
	for v := m.nodes[b].first; ; v = m.nodes[v].next {
		m.keepVertex(v)
		m.vertices[v].group = into
		m.vertices[v].local += less
		if v == last {
			return
		}
	}
}

// open makes the kids of an outermost blossom outermost nodes without label, and returns
// the one that holds the base. Their ring stays until another blossom has them.
func (m *Matcher) open(b int32) (kid int32) {
	m.keepNode(b)
	kid = m.nodes[b].kid
	from := m.nodes[b].group
	offset := m.groups[from].offset
	for x := kid; ; {
		m.keepNode(x)
		n := &m.nodes[x]
		n.parent = none
		m.keepGroup(n.group)
		if n.group != from {
			m.groups[n.group].offset = offset
			m.move(x, n.group, 0)
		}
		g := &m.groups[n.group]
		g.node, g.label, g.since = x, 0, m.now
		if x = n.right; x == kid {
			break
		}
	}
	m.nodes[b].kid, m.nodes[b].right = none, m.unused
	m.unused = b
	return kid
}

// settle adds to the duals of a labelled node what the tree's growth has changed.
func (m *Matcher) settle(b int32) {
	n := &m.nodes[b]
	g := &m.groups[n.group]
	d := int64(g.label) * (m.now - g.since)
	g.since = m.now
	if d == 0 {
		return
	}
	m.keepGroup(n.group)
	g.offset += d
	if m.isBlossom(b) {
		m.keepNode(b)
		n.z += d
	} else {
		m.keepVertex(b) // its own dual changes
	}
}

// kidOf returns the kid of a blossom that holds a vertex.
func (m *Matcher) kidOf(b, v int32) int32 {
	x := v
	for m.nodes[x].parent != b {
		x = m.nodes[x].parent
	}
	return x
}

// steps returns the number of steps around their ring from one kid to another.
func (m *Matcher) steps(from, to int32) (count int) {
	for x := from; x != to; x = m.nodes[x].right {
		count++
	}
	return count
}

// rotate turns a node so that its vertex v has the given mate, which is not in the node.
func (m *Matcher) rotate(b, v, mate int32) {
	m.keepVertex(v)
	m.vertices[v].mate = mate
	if m.nodes[b].base == v {
		return
	}
	from := len(m.climb) // blossoms nest deeply: climb once
	for x := v; x != b; x = m.nodes[x].parent {
		m.climb = append(m.climb, x)
	}
	for i := len(m.climb) - 1; i >= from && m.nodes[b].base != v; i-- {
		kid := m.climb[i]
		m.turn(b, kid)
		m.keepNode(b)
		m.nodes[b].kid, m.nodes[b].base = kid, v
		b = kid
	}
	m.climb = m.climb[:from]
}

// turn matches the other kids of a blossom with each other, two neighbours at a time.
func (m *Matcher) turn(b, kid int32) {
	x, stop := m.nodes[b].kid, kid
	if m.steps(x, kid)%2 == 1 {
		x, stop = m.nodes[kid].right, m.nodes[x].right
	}
	for x != stop {
		y, link := m.nodes[x].right, m.nodes[x].link
		m.rotate(x, m.tail(link), link)
		m.rotate(y, m.head(link), link^1)
		x = m.nodes[y].right
	}
}

// repair lowers the duals until they no longer violate edge e: it takes apart the
// blossoms that hold the end that fewer do, and lowers the dual of that end.
func (m *Matcher) repair(e int32) {
	if m.slack(e) >= 0 {
		return
	}
	u, v := m.edges[e].end[0], m.edges[e].end[1]
	if m.depth(v) < m.depth(u) {
		u = v
	}
	m.now = 0
	for b := m.top(u); b != u; b = m.top(u) {
		m.dissolve(b)
	}
	if s := m.slack(e); s < 0 {
		m.vertices[u].local += s
		m.part(u)
	}
}

// dissolve opens an outermost blossom whatever its dual.
func (m *Matcher) dissolve(b int32) {
	if z := m.nodes[b].z; z > 0 {
		m.part(m.nodes[b].base)
		m.groups[m.nodes[b].group].offset -= z
	}
	m.open(b)
}

// marry adds a tight edge between two vertices and matches them.
func (m *Matcher) marry(u, v int32, weight int64) {
	m.addEdge(u, v, weight)
	d := 2*int32(len(m.edges)) - 2
	m.vertices[u].mate, m.vertices[v].mate = d, d^1
}

// part exposes a vertex and its partner.
func (m *Matcher) part(v int32) {
	if u := m.partner(v); u >= 0 {
		m.vertices[u].mate = unmatched
	}
	m.vertices[v].mate = unmatched
}

// slack returns by how much the duals may still grow at an edge.
func (m *Matcher) slack(e int32) int64 {
	u, v := m.edges[e].end[0], m.edges[e].end[1]
	s := m.edges[e].weight - m.present(u) - m.present(v)
	if m.top(u) == m.top(v) {
		m.markBlossoms(u)
		s += 2 * m.common(v)
	}
	return s
}

func (m *Matcher) depth(v int32) (count int) {
	for x := m.nodes[v].parent; x >= 0; x = m.nodes[x].parent {
		count++
	}
	return count
}

// common returns the sum of the duals of the blossoms that hold both vertices. The
// blossoms of the first are those marked by markBlossoms.
func (m *Matcher) common(v int32) (sum int64) {
	for x := m.nodes[v].parent; x >= 0; x = m.nodes[x].parent {
		if m.mark[x] == m.marks {
			sum += m.nodes[x].z
		}
	}
	return sum
}

func (m *Matcher) markBlossoms(v int32) {
	m.newMark()
	for x := m.nodes[v].parent; x >= 0; x = m.nodes[x].parent {
		m.mark[x] = m.marks
	}
}

// newMark makes all nodes unmarked.
func (m *Matcher) newMark() {
	if m.marks == math.MaxInt32 {
		clear(m.mark)
		m.marks = 0
	}
	m.marks++
}

// own returns the dual of a vertex without its blossoms.
func (m *Matcher) own(v int32) int64 {
	y := m.dual(v)
	for x := m.nodes[v].parent; x >= 0; x = m.nodes[x].parent {
		y -= m.nodes[x].z
	}
	return y
}
