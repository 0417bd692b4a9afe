package matching

// A journal keeps the state that a trial changes, to restore it.
type journal struct {
	stamp        int32
	vertexStamp  []int32
	nodeStamp    []int32
	vertices     []oldVertex
	nodes        []oldNode
	plus         []int32 // vertices that have been in a plus node, some more than once
	unused, slab int
}

type oldVertex struct {
	id, top, mate, next int32
	dual                int64
}

type oldNode struct {
	id, parent, base, first, last int32
	kids, links                   []int32
	z                             int64
}

func newJournal(m *Matcher) *journal {
	return &journal{vertexStamp: make([]int32, len(m.adjacent)), nodeStamp: make([]int32, len(m.parent))}
}

// begin starts to keep changes in the journal.
func (m *Matcher) begin(j *journal) {
	j.stamp++
	j.vertices, j.nodes = j.vertices[:0], j.nodes[:0]
	j.plus = j.plus[:0]
	j.unused, j.slab = len(m.unused), len(m.slab)
	m.journal = j
}

// keepVertex notes a vertex before its first change.
func (m *Matcher) keepVertex(v int32) {
	if j := m.journal; j != nil && j.vertexStamp[v] != j.stamp {
		j.vertexStamp[v] = j.stamp
		j.vertices = append(j.vertices, oldVertex{v, m.top[v], m.mate[v], m.next[v], m.dual[v]})
	}
}

// keepNode notes a node before its first change.
func (m *Matcher) keepNode(b int32) {
	if j := m.journal; j != nil && j.nodeStamp[b] != j.stamp {
		j.nodeStamp[b] = j.stamp
		j.nodes = append(j.nodes, oldNode{b, m.parent[b], m.base[b], m.first[b], m.last[b], m.kids[b], m.links[b], m.z[b]})
	}
}

// undo restores what has changed since begin.
func (m *Matcher) undo() {
	j := m.journal
	for _, o := range j.vertices {
		m.top[o.id], m.mate[o.id], m.next[o.id], m.dual[o.id] = o.top, o.mate, o.next, o.dual
	}
	for _, o := range j.nodes {
		m.parent[o.id], m.base[o.id], m.first[o.id], m.last[o.id] = o.parent, o.base, o.first, o.last
		m.kids[o.id], m.links[o.id], m.z[o.id] = o.kids, o.links, o.z
	}
	m.unused, m.slab = m.unused[:j.unused], m.slab[:j.slab]
	m.journal = nil
}
