package matching

// A journal keeps the state that a trial changes, to restore it.
type journal struct {
	stamp       int32
	vertexStamp []int32
	nodeStamp   []int32
	groupStamp  []int32
	vertices    []old[vertex]
	nodes       []old[node]
	groups      []old[group]
	plus        []int32 // vertices that have been in a plus node, some more than once
	unused      int32
}

// old is what stood at a place before its first change.
type old[T any] struct {
	id  int32
	was T
}

func newJournal(m *Matcher) *journal {
	return &journal{vertexStamp: make([]int32, len(m.vertices)), nodeStamp: make([]int32, len(m.nodes)), groupStamp: make([]int32, len(m.groups))}
}

// begin starts to keep changes in the journal.
func (m *Matcher) begin(j *journal) {
	j.stamp++
	j.vertices, j.nodes, j.groups, j.plus = j.vertices[:0], j.nodes[:0], j.groups[:0], j.plus[:0]
	j.unused = m.unused
	m.journal = j
}

// keepVertex, keepNode and keepGroup note what is about to change for the first time.
func (m *Matcher) keepVertex(v int32) {
	if j := m.journal; j != nil && j.vertexStamp[v] != j.stamp {
		j.vertexStamp[v] = j.stamp
		j.vertices = append(j.vertices, old[vertex]{v, m.vertices[v]})
	}
}

func (m *Matcher) keepNode(b int32) {
	if j := m.journal; j != nil && j.nodeStamp[b] != j.stamp {
		j.nodeStamp[b] = j.stamp
		j.nodes = append(j.nodes, old[node]{b, m.nodes[b]})
	}
}

func (m *Matcher) keepGroup(g int32) {
	if j := m.journal; j != nil && j.groupStamp[g] != j.stamp {
		j.groupStamp[g] = j.stamp
		j.groups = append(j.groups, old[group]{g, m.groups[g]})
	}
}

// undo restores what has changed since begin.
func (m *Matcher) undo() {
	j := m.journal
	for _, o := range j.vertices {
		m.vertices[o.id] = o.was
	}
	for _, o := range j.nodes {
		m.nodes[o.id] = o.was
	}
	for _, o := range j.groups {
		o.was.label = 0
		m.groups[o.id] = o.was
	}
	m.unused, m.journal = j.unused, nil
}
