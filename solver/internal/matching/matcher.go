package matching

import (
	"context"
	"errors"
	"math"
	"slices"

	"spinlearn/solver/internal/graph"
)

// ErrImpossible says that there is no perfect matching, or no T-join.
var ErrImpossible = errors.New("matching: none exists")

// A Matcher holds a graph, a matching and its duals. Nodes are the vertices and the
// blossoms, which are odd sets of nodes. All weights are even, so that every dual is
// an integer.
type Matcher struct {
	vertices int // without the spare ones
	edges    []edge
	adjacent [][]half
	boundary []int64 // what it costs to leave a vertex alone, forever where that cannot be; nil: nowhere

	// Of vertices.
	top  []int32 // outermost node that holds the vertex
	mate []int32 // edge, or unmatched, or alone
	dual []int64 // of the vertex and all blossoms that hold it, as of the last settle
	next []int32 // the leaf after it in the nodes that hold it

	// Of nodes.
	parent      []int32 // blossom that holds the node directly, -1 for an outermost one
	kids, links [][]int32
	base        []int32 // vertex whose mate is the node's mate
	first, last []int32 // leaves
	z           []int64 // dual of a blossom
	label       []int8  // plus, minus or 0, of an outermost node in the present tree
	entry       []int32 // edge from the tree to the node, -1 at the root
	since       []int64 // moment at which the node got its label
	mark        []int32
	marks       int32
	unused      []int32 // blossoms

	now, limit int64        // growth of the present tree
	heap       []graph.Item // events; what is an edge, vertex or blossom times 4 and the kind
	tree       []int32      // nodes that had a label
	slab       []int32      // memory of kids and links

	journal *journal // of a trial, else nil
}

type edge struct {
	u, v   int32
	weight int64
}

// half is an edge as one of its ends sees it.
type half struct {
	to, edge int32
	weight   int64
}

const (
	unmatched = int32(-1)
	alone     = int32(-2)

	plus, minus = int8(1), int8(-1)

	forever = int64(math.MaxInt64 / 4)

	often = 64 // vertices between looks at the context
)

// The kinds of events: moments at which something may have become tight.
const (
	tightEdge = int32(iota)
	tightBoundary
	emptyBlossom
)

// newMatcher returns a matcher without edges, with spare vertices beyond the given
// number.
func newMatcher(vertices, spare int, boundary []int64) *Matcher {
	n := vertices + spare
	nodes := 3 * n // n/2 blossoms at most, and as many as a trial makes
	m := &Matcher{
		vertices: vertices, adjacent: make([][]half, n), boundary: boundary,
		top: make([]int32, n), mate: make([]int32, n), dual: make([]int64, n), next: make([]int32, n),
		parent: make([]int32, nodes), kids: make([][]int32, nodes), links: make([][]int32, nodes), base: make([]int32, nodes),
		first: make([]int32, nodes), last: make([]int32, nodes), z: make([]int64, nodes),
		label: make([]int8, nodes), entry: make([]int32, nodes), since: make([]int64, nodes), mark: make([]int32, nodes),
		limit: forever,
	}
	for b := nodes - 1; b >= n; b-- {
		m.unused = append(m.unused, int32(b))
	}
	for v := range int32(n) {
		m.top[v], m.mate[v], m.base[v], m.first[v], m.last[v] = v, unmatched, v, v, v
	}
	for b := range m.parent {
		m.parent[b] = -1
	}
	return m
}

// setEdges sets the graph.
func (m *Matcher) setEdges(pairs []pair) {
	degree := make([]int32, len(m.adjacent))
	for _, p := range pairs {
		u, v := p.ends()
		degree[u]++
		degree[v]++
	}
	room := make([]half, 2*len(pairs))
	for v, d := range degree {
		m.adjacent[v], room = room[:0:d], room[d:]
	}
	m.edges = make([]edge, 0, len(pairs)+64)
	for _, p := range pairs {
		u, v := p.ends()
		m.addEdge(u, v, 2*p.distance)
	}
}

func (m *Matcher) addEdge(u, v int32, weight int64) {
	e := int32(len(m.edges))
	m.edges = append(m.edges, edge{u, v, weight})
	m.adjacent[u] = append(m.adjacent[u], half{v, e, weight})
	m.adjacent[v] = append(m.adjacent[v], half{u, e, weight})
}

// dropEdges removes the edges from number e on.
func (m *Matcher) dropEdges(e int) {
	for k := len(m.edges) - 1; k >= e; k-- {
		for _, v := range [2]int32{m.edges[k].u, m.edges[k].v} {
			m.adjacent[v] = m.adjacent[v][:len(m.adjacent[v])-1]
		}
	}
	m.edges = m.edges[:e]
}

func (m *Matcher) isBlossom(b int32) bool { return int(b) >= len(m.adjacent) }

// match finds a perfect matching of the vertices, from none.
func (m *Matcher) match(ctx context.Context) error {
	if err := m.start(); err != nil {
		return err
	}
	for v := range int32(m.vertices) {
		if m.mate[v] != unmatched {
			continue
		}
		switch m.grow(ctx, m.top[v]) {
		case stopped:
			return ctx.Err()
		case stuck:
			return ErrImpossible
		}
	}
	return nil
}

// start gives every vertex half of its least weight as dual, raises one after the
// other as far as it goes, and matches what has become tight.
func (m *Matcher) start() error {
	for v := range int32(m.vertices) {
		least := m.alone(v)
		for _, h := range m.adjacent[v] {
			least = min(least, h.weight/2)
		}
		if least == forever {
			return ErrImpossible
		}
		m.dual[v] = least
	}
	for v := range int32(m.vertices) {
		if m.mate[v] != unmatched {
			continue
		}
		least := m.alone(v) - m.dual[v]
		for _, h := range m.adjacent[v] {
			least = min(least, h.weight-m.dual[v]-m.dual[h.to])
		}
		m.dual[v] += least
		if m.dual[v] == m.alone(v) {
			m.mate[v] = alone
			continue
		}
		for _, h := range m.adjacent[v] {
			if m.mate[h.to] == unmatched && h.weight == m.dual[v]+m.dual[h.to] {
				m.mate[v], m.mate[h.to] = h.edge, h.edge
				break
			}
		}
	}
	return nil
}

// alone returns what it costs to leave the vertex alone.
func (m *Matcher) alone(v int32) int64 {
	if m.boundary == nil || int(v) >= m.vertices {
		return forever
	}
	return m.boundary[v]
}

// present returns the dual of a vertex at this moment of the tree's growth.
func (m *Matcher) present(v int32) int64 {
	t := m.top[v]
	return m.dual[v] + int64(m.label[t])*(m.now-m.since[t])
}

type outcome int

const (
	augmented outcome = iota // the root is matched
	limited                  // the limit came first
	stuck                    // nothing will ever be tight
	stopped                  // the context ended; what the tree has changed is not settled
)

// grow grows a tree from an outermost node that is not matched until that one can be.
func (m *Matcher) grow(ctx context.Context, root int32) outcome {
	m.heap, m.tree, m.now = m.heap[:0], m.tree[:0], 0
	m.setLabel(root, plus, -1)
	m.pushLeaves(root)
	done := false
	if ctx.Err() != nil {
		return stopped
	}
	for count := 1; len(m.heap) > 0 && !done; count++ {
		if count%(64*often) == 0 && ctx.Err() != nil {
			return stopped
		}
		// Events are not withdrawn when a label changes: each is looked at again.
		var ev graph.Item
		ev, m.heap = graph.Pop(m.heap)
		id := ev.What >> 2
		switch ev.What & 3 {
		case emptyBlossom:
			if m.label[id] == minus && m.parent[id] < 0 && m.kids[id] != nil && m.z[id] == ev.Key-m.since[id] {
				m.now = ev.Key
				m.expand(id)
			}
		case tightBoundary:
			if m.label[m.top[id]] == plus {
				m.now = ev.Key
				if m.boundary[id] == m.present(id) {
					m.augment(id, alone)
					done = true
				}
			}
		case tightEdge:
			done = m.reach(id, ev.Key)
		}
	}
	if !done && m.limit < forever {
		m.now = m.limit
	}
	for _, b := range m.tree {
		if m.label[b] != 0 {
			m.settle(b)
			m.label[b] = 0
		}
	}
	switch {
	case done:
		return augmented
	case m.limit < forever:
		return limited
	}
	return stuck
}

// reach brings an edge that may have become tight into the tree, and reports whether
// that matched the root.
func (m *Matcher) reach(id int32, time int64) bool {
	e := &m.edges[id]
	u, v := e.u, e.v
	a, b := m.top[u], m.top[v]
	if m.label[a] != plus {
		u, v, a, b = v, u, b, a
	}
	if a == b || m.label[a] != plus || m.label[b] == minus {
		return false
	}
	m.now = time
	if e.weight != m.present(u)+m.present(v) {
		return false
	}
	if m.label[b] == plus {
		m.shrink(id)
		return false
	}
	mate := m.mate[m.base[b]]
	if mate < 0 {
		m.rotate(b, v, id)
		m.augment(u, id)
		return true
	}
	m.setLabel(b, minus, id)
	c := m.across(b, mate)
	m.setLabel(c, plus, mate)
	m.pushLeaves(c)
	return false
}

func (m *Matcher) setLabel(b int32, label int8, entry int32) {
	m.label[b], m.entry[b], m.since[b] = label, entry, m.now
	m.tree = append(m.tree, b)
	if label == minus && m.isBlossom(b) {
		m.push(m.now+m.z[b], emptyBlossom, b)
	}
}

// settle adds to the duals of a labelled node what the tree's growth has changed.
func (m *Matcher) settle(b int32) {
	d := int64(m.label[b]) * (m.now - m.since[b])
	m.since[b] = m.now
	if d == 0 {
		return
	}
	m.keepNode(b)
	if m.isBlossom(b) {
		m.z[b] += d
	}
	for v := m.first[b]; ; v = m.next[v] {
		m.keepVertex(v)
		m.dual[v] += d
		if v == m.last[b] {
			return
		}
	}
}

// push notes an event unless the growth ends before it.
func (m *Matcher) push(time int64, kind, id int32) {
	if time < m.limit {
		m.heap = graph.Push(m.heap, graph.Item{Key: time, What: id<<2 | kind})
	}
}

// pushLeaves pushes what may become tight at the leaves of a node that has become
// plus.
func (m *Matcher) pushLeaves(b int32) {
	for v := m.first[b]; ; v = m.next[v] {
		m.pushVertex(v)
		if v == m.last[b] {
			return
		}
	}
}

func (m *Matcher) pushVertex(v int32) {
	if m.journal != nil {
		m.journal.plus = append(m.journal.plus, v)
	}
	t := m.top[v]
	dual := m.present(v)
	if cost := m.alone(v); cost < forever {
		m.push(m.now+cost-dual, tightBoundary, v)
	}
	for _, h := range m.adjacent[v] {
		switch other := m.top[h.to]; {
		case other == t:
		case m.label[other] == 0:
			m.push(m.now+h.weight-dual-m.dual[h.to], tightEdge, h.edge)
		case m.label[other] == plus:
			m.push(m.now+(h.weight-dual-m.present(h.to))/2, tightEdge, h.edge)
		}
	}
}

// up returns the node from which the tree reached a labelled one, -1 at the root.
func (m *Matcher) up(b int32) int32 {
	if m.entry[b] < 0 {
		return -1
	}
	return m.across(b, m.entry[b])
}

// across returns the outermost node that an edge joins to b.
func (m *Matcher) across(b, id int32) int32 {
	if u := m.top[m.edges[id].u]; u != b {
		return u
	}
	return m.top[m.edges[id].v]
}

// shrink makes a blossom of the cycle that an edge between two plus nodes closes.
func (m *Matcher) shrink(id int32) {
	a, b := m.top[m.edges[id].u], m.top[m.edges[id].v]
	apex := m.commonPlus(a, b)
	from := len(m.slab)
	for x := a; x != apex; x = m.up(x) {
		m.slab = append(m.slab, x)
	}
	m.slab = append(m.slab, apex)
	slices.Reverse(m.slab[from:])
	turn := len(m.slab) - from - 1
	for x := b; x != apex; x = m.up(x) {
		m.slab = append(m.slab, x)
	}
	kids := m.slab[from:len(m.slab):len(m.slab)]
	from = len(m.slab)
	for k := range kids { // the link from a kid to the one after it
		switch {
		case k < turn:
			m.slab = append(m.slab, m.entry[kids[k+1]])
		case k == turn:
			m.slab = append(m.slab, id)
		default:
			m.slab = append(m.slab, m.entry[kids[k]])
		}
	}
	links := m.slab[from:len(m.slab):len(m.slab)]

	blossom := m.unused[len(m.unused)-1]
	m.unused = m.unused[:len(m.unused)-1]
	m.keepNode(blossom)
	for k, x := range kids {
		m.settle(x)
		m.keepNode(x)
		m.parent[x] = blossom
		if k > 0 {
			end := m.last[kids[k-1]]
			m.keepVertex(end)
			m.next[end] = m.first[x]
		}
	}
	m.kids[blossom], m.links[blossom], m.base[blossom] = kids, links, m.base[apex]
	m.first[blossom], m.last[blossom] = m.first[apex], m.last[kids[len(kids)-1]]
	m.parent[blossom], m.z[blossom] = -1, 0
	m.setLabel(blossom, plus, m.entry[apex])
	for v := m.first[blossom]; ; v = m.next[v] {
		m.keepVertex(v)
		m.top[v] = blossom
		if v == m.last[blossom] {
			break
		}
	}
	for _, x := range kids {
		if m.label[x] == minus {
			m.pushLeaves(x)
		}
		m.label[x] = 0
	}
}

// commonPlus returns the first node that is above two plus nodes or one of them.
func (m *Matcher) commonPlus(a, b int32) int32 {
	m.newMark()
	for {
		if a >= 0 {
			if m.mark[a] == m.marks {
				return a
			}
			m.mark[a] = m.marks
			if a = m.up(a); a >= 0 {
				a = m.up(a)
			}
		}
		a, b = b, a
	}
}

// expand replaces a minus blossom whose dual is used up by its kids: those on the even
// way from its entry to its base stay in the tree.
func (m *Matcher) expand(b int32) {
	m.settle(b)
	m.keepNode(b)
	entry := m.entry[b]
	v := m.edges[entry].u
	if m.top[v] != b {
		v = m.edges[entry].v
	}
	at := m.kidOf(b, v)
	kids, links := m.kids[b], m.links[b]
	for _, x := range kids {
		m.keepNode(x)
		m.parent[x], m.label[x], m.since[x] = -1, 0, m.now
		for v := m.first[x]; ; v = m.next[v] {
			m.keepVertex(v)
			m.top[v] = x
			if v == m.last[x] {
				break
			}
		}
	}
	m.label[b] = 0
	m.kids[b], m.links[b] = nil, nil
	if m.journal == nil {
		m.unused = append(m.unused, b)
	}
	step := 1
	if at%2 == 0 {
		step = -1
	}
	label := minus
	for k := at; ; {
		m.setLabel(kids[k], label, entry)
		if k == 0 {
			break
		}
		if step < 0 {
			entry = links[k-1]
		} else {
			entry = links[k]
		}
		k = (k + step) % len(kids)
		label = -label
	}
	for _, x := range kids {
		switch m.label[x] {
		case plus:
			m.pushLeaves(x)
		case 0:
			m.pushToPlus(x)
		}
	}
}

// pushToPlus pushes the edges from a node without label to plus nodes.
func (m *Matcher) pushToPlus(b int32) {
	for v := m.first[b]; ; v = m.next[v] {
		for _, h := range m.adjacent[v] {
			if m.label[m.top[h.to]] == plus {
				m.push(m.now+h.weight-m.dual[v]-m.present(h.to), tightEdge, h.edge)
			}
		}
		if v == m.last[b] {
			return
		}
	}
}

// kidOf returns the place among the kids of a blossom of the one that holds a vertex.
func (m *Matcher) kidOf(b, v int32) int {
	x := v
	for m.parent[x] != b {
		x = m.parent[x]
	}
	return slices.Index(m.kids[b], x)
}

// augment matches a vertex of a plus node by an edge and shifts the matching along the
// tree up to the root.
func (m *Matcher) augment(v, id int32) {
	for {
		b := m.top[v]
		mate := m.entry[b]
		m.rotate(b, v, id)
		if mate < 0 {
			return
		}
		b = m.across(b, mate)
		id = m.entry[b]
		v = m.edges[id].u
		x := m.edges[id].v
		if m.top[v] == b {
			v, x = x, v
		}
		m.rotate(b, x, id)
	}
}

// rotate turns a node so that its vertex v is matched by an edge that leaves the node.
func (m *Matcher) rotate(b, v, id int32) {
	m.keepNode(b)
	if !m.isBlossom(b) {
		m.keepVertex(b)
		m.mate[b] = id
		return
	}
	if at := m.kidOf(b, v); at != 0 {
		kids, links := m.kids[b], m.links[b]
		first, end := 0, at // pairs of neighbours that are matched now
		if at%2 == 1 {
			first, end = at+1, len(kids)
		}
		for k := first; k < end; k += 2 {
			m.rematch(kids[k], kids[(k+1)%len(kids)], links[k])
		}
		m.kids[b], m.links[b] = m.turned(kids, at), m.turned(links, at)
	}
	m.rotate(m.kids[b][0], v, id)
	m.base[b] = v
}

// turned returns s from place at on, and then what is before it.
func (m *Matcher) turned(s []int32, at int) []int32 {
	from := len(m.slab)
	m.slab = append(append(m.slab, s[at:]...), s[:at]...)
	return m.slab[from:len(m.slab):len(m.slab)]
}

// rematch matches two nodes of a blossom by the link between them.
func (m *Matcher) rematch(a, b, id int32) {
	u, v := m.edges[id].u, m.edges[id].v
	if !m.holds(a, u) {
		u, v = v, u
	}
	m.rotate(a, u, id)
	m.rotate(b, v, id)
}

func (m *Matcher) holds(b, v int32) bool {
	for x := v; x >= 0; x = m.parent[x] {
		if x == b {
			return true
		}
	}
	return false
}

// partner returns the vertex that v is matched to, or alone.
func (m *Matcher) partner(v int32) int32 {
	id := m.mate[v]
	if id < 0 {
		return id
	}
	return m.edges[id].u ^ m.edges[id].v ^ v
}

// common returns the sum of the duals of the blossoms that hold both vertices. The
// blossoms of the first are those marked by markBlossoms.
func (m *Matcher) common(v int32) (sum int64) {
	for x := m.parent[v]; x >= 0; x = m.parent[x] {
		if m.mark[x] == m.marks {
			sum += m.z[x]
		}
	}
	return sum
}

// newMark makes all nodes unmarked.
func (m *Matcher) newMark() {
	if m.marks == math.MaxInt32 {
		clear(m.mark)
		m.marks = 0
	}
	m.marks++
}

func (m *Matcher) markBlossoms(v int32) {
	m.newMark()
	for x := m.parent[v]; x >= 0; x = m.parent[x] {
		m.mark[x] = m.marks
	}
}

// own returns the dual of a vertex without its blossoms.
func (m *Matcher) own(v int32) int64 {
	y := m.dual[v]
	for x := m.parent[v]; x >= 0; x = m.parent[x] {
		y -= m.z[x]
	}
	return y
}
