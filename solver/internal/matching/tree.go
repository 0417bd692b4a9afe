package matching

import "spinlearn/solver/internal/graph"

// A tree grows from one exposed vertex. The duals of its plus nodes rise with the clock
// now, those of its minus nodes fall; events are moments at which something may become
// tight.
type tree struct {
	now, limit int64        // the clock, and where growth ends
	heap       []graph.Item // events; what is a dart, vertex or blossom times 4 and the kind
	labelled   []int32      // nodes that had a label
	shift      uint8        // it stays within the vertices v with v>>shift = tile
	tile       int32
	exit       int32 // dart out of the tile by which it was paused
	waiting    []wait

	kids, climb []int32 // room
	mark        []int32
	marks       int32
}

const everywhere = 32 // a shift with which all vertices form one tile

// A wait is a dart from a plus node to a minus blossom, whose slack stays as it is until that is
// expanded, and the one before it that waits for the same.
type wait struct{ dart, before int32 }

// The kinds of events.
const (
	tightEdge = int32(iota) // a dart out of a plus node
	tightBoundary
	emptyBlossom
)

type outcome int

const (
	augmented outcome = iota // the root is matched
	limited                  // the limit came first
	stuck                    // nothing will ever be tight
	paused                   // an edge out of the tile came first, and its inner end is exposed now
	stopped                  // the context ended
)

// A seam is an exposed vertex and a tight dart out of its tile, none if there was none.
type seam struct{ vertex, dart int32 }

// The first tiles have 2^firstShift vertices.
const firstShift = 8

// fuse matches exposed vertices, given in their order, first within small tiles, then within
// ever larger ones. A tree that meets an edge out of its tile leaves its inner end exposed for the
// next level; the duals are feasible everywhere and at any time, so that it just goes on
// from there.
func (m *Matcher) fuse(list []seam) error {
	defer func() { m.shift = everywhere }()
	for m.shift = firstShift; len(list) > 0; m.shift++ {
		last := m.real>>m.shift == 0
		rest := list[:0]
		for _, x := range list {
			if !m.isExposed(x.vertex) {
				continue
			}
			m.tile = x.vertex >> m.shift
			if x.dart >= 0 && !m.isInside(m.head(x.dart)) && m.slack(x.dart>>1) == 0 {
				rest = append(rest, x)
				continue
			}
			switch m.grow(m.top(x.vertex)) {
			case stopped:
				return m.watch.err
			case paused:
				rest = append(rest, seam{m.tail(m.exit), m.exit})
			case stuck:
				if last {
					return ErrImpossible
				}
				rest = append(rest, seam{x.vertex, none})
			}
		}
		list = rest
	}
	return nil
}

func (m *Matcher) isInside(v int32) bool { return v>>m.shift == m.tile || m.shift == everywhere }

// inspect is called after every step, in tests.
var inspect func(m *Matcher)

// grow grows a tree from an outermost node that is not matched until that one can be.
func (m *Matcher) grow(root int32) outcome {
	m.heap, m.labelled, m.waiting, m.now = m.heap[:0], m.labelled[:0], m.waiting[:0], 0
	m.setLabel(root, plus, none)
	m.pushLeaves(root)
	result, going := stuck, true
	for going && len(m.heap) > 0 {
		if m.watch.ended() {
			result = stopped
			break
		}
		var ev graph.Item
		ev, m.heap = graph.Pop(m.heap)
		result, going = m.handle(ev)
		if going && inspect != nil {
			inspect(m)
		}
	}
	if going && result == stuck && m.limit < forever {
		m.now, result = m.limit, limited
	}
	for _, b := range m.labelled {
		// It may be in a blossom by now, or open and even another one.
		if n := &m.nodes[b]; n.parent < 0 && (n.kid >= 0 || !m.isBlossom(b)) {
			m.settle(b)
			m.groups[n.group].label = 0
		}
	}
	if inspect != nil {
		inspect(m)
	}
	return result
}

// handle looks at an event. Events are not withdrawn when a label changes, so that it may
// be none.
func (m *Matcher) handle(ev graph.Item) (result outcome, going bool) {
	switch id := ev.What >> 2; ev.What & 3 {
	case emptyBlossom:
		n := &m.nodes[id]
		if g := &m.groups[n.group]; n.kid >= 0 && n.parent < 0 && g.label == minus && n.z == ev.Key-g.since {
			m.now = ev.Key
			m.expand(id)
		}
	case tightBoundary:
		m.now = ev.Key
		m.augment(id, alone)
		return augmented, false
	case tightEdge:
		return m.reach(id, ev.Key)
	}
	return stuck, true
}

// reach brings a dart that may have become tight into the tree.
func (m *Matcher) reach(d int32, time int64) (result outcome, going bool) {
	u, v := m.tail(d), m.head(d)
	from, to := m.vertices[u].group, m.vertices[v].group
	if from == to {
		return stuck, true
	}
	m.now = time
	g := &m.groups[to]
	slack := m.edges[d>>1].weight - m.present(u) - m.present(v)
	switch {
	case g.label == minus:
		m.wait(d, g.node)
		return stuck, true
	case slack > 0:
		if g.label == 0 { // it has been minus meanwhile
			m.push(m.now+slack, tightEdge, d)
		}
		return stuck, true
	case g.label == plus:
		m.shrink(d)
		return stuck, true
	case !m.isInside(v):
		m.augment(u, unmatched)
		m.exit = d
		return paused, false
	}
	b := g.node
	mate := m.vertices[m.nodes[b].base].mate
	if mate < 0 {
		m.rotate(b, v, d^1)
		m.augment(u, d)
		return augmented, false
	}
	m.setLabel(b, minus, d)
	c := m.top(m.head(mate))
	m.setLabel(c, plus, mate)
	m.pushLeaves(c)
	return stuck, true
}

func (m *Matcher) setLabel(b int32, label int8, entry int32) {
	n := &m.nodes[b]
	g := &m.groups[n.group]
	n.entry, n.waiting, g.label, g.since = entry, none, label, m.now
	m.labelled = append(m.labelled, b)
	if label == minus && m.isBlossom(b) {
		m.push(m.now+n.z, emptyBlossom, b)
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
	last := m.nodes[b].last
	for v := m.nodes[b].first; ; v = m.nodes[v].next {
		m.pushVertex(v)
		if v == last {
			return
		}
	}
}

func (m *Matcher) pushVertex(v int32) {
	m.watch.work++
	if m.journal != nil {
		m.journal.plus = append(m.journal.plus, v)
	}
	dual, own := m.present(v), m.vertices[v].group
	if cost := m.alone(v); cost < forever {
		m.push(m.now+cost-dual, tightBoundary, v)
	}
	for d := m.first[v]; d >= 0; {
		e := &m.edges[d>>1]
		w := &m.vertices[e.end[d&1]]
		if w.group != own {
			g := &m.groups[w.group]
			slack := e.weight - dual - w.local - g.offset
			switch g.label {
			case 0:
				m.push(m.now+slack, tightEdge, d)
			case plus:
				m.push(m.now+(slack-(m.now-g.since))/2, tightEdge, d)
			case minus:
				m.wait(d, g.node)
			}
		}
		d = e.next[d&1]
	}
}

// wait keeps a dart to a minus node until that is expanded.
func (m *Matcher) wait(d, b int32) {
	if m.isBlossom(b) {
		m.waiting = append(m.waiting, wait{d, m.nodes[b].waiting})
		m.nodes[b].waiting = int32(len(m.waiting)) - 1
	}
}

// up returns the node from which the tree reached a labelled one, none at the root.
func (m *Matcher) up(b int32) int32 {
	if m.nodes[b].entry < 0 {
		return none
	}
	return m.top(m.tail(m.nodes[b].entry))
}

// shrink makes a blossom of the cycle that a dart between two plus nodes closes: from the
// node where their ways from the root part down to one, across, and up again.
func (m *Matcher) shrink(d int32) {
	a, b := m.top(m.tail(d)), m.top(m.head(d))
	apex := m.fork(a, b)
	m.keepNode(a)
	m.nodes[a].right, m.nodes[a].link = b, d
	for x := a; x != apex; {
		p := m.up(x)
		m.keepNode(p)
		m.nodes[p].right, m.nodes[p].link = x, m.nodes[x].entry
		x = p
	}
	for x := b; x != apex; {
		p := m.up(x)
		m.keepNode(x)
		m.nodes[x].right, m.nodes[x].link = p, m.nodes[x].entry^1
		x = p
	}
	blossom := m.join(apex)
	m.setLabel(blossom, plus, m.nodes[apex].entry)
	for _, x := range m.kids {
		m.pushLeaves(x)
	}
}

// fork returns the first node that is above two plus nodes or one of them.
func (m *Matcher) fork(a, b int32) int32 {
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
	entry, waiting := m.nodes[b].entry, m.nodes[b].waiting
	at := m.kidOf(b, m.head(entry))
	base := m.open(b)
	if m.steps(base, at)%2 == 0 { // against the ring
		label := minus
		for x := base; x != at; x, label = m.nodes[x].right, -label {
			m.setLabel(x, label, m.nodes[x].link^1)
		}
		m.setLabel(at, minus, entry)
	} else {
		label := minus
		for x := at; ; x, label = m.nodes[x].right, -label {
			m.setLabel(x, label, entry)
			if x == base {
				break
			}
			entry = m.nodes[x].link
		}
	}
	for ; waiting >= 0; waiting = m.waiting[waiting].before {
		d := m.waiting[waiting].dart
		u, v := m.tail(d), m.head(d)
		switch g := &m.groups[m.vertices[v].group]; g.label {
		case 0:
			m.push(m.now+m.edges[d>>1].weight-m.present(u)-m.present(v), tightEdge, d)
		case minus:
			m.wait(d, g.node)
		}
	}
	for x := base; ; {
		if m.groups[m.nodes[x].group].label == plus {
			m.pushLeaves(x)
		}
		if x = m.nodes[x].right; x == base {
			return
		}
	}
}

// augment gives a vertex of a plus node a mate and shifts the matching along the tree up
// to the root.
func (m *Matcher) augment(v, mate int32) {
	for {
		b := m.top(v)
		entry := m.nodes[b].entry
		m.rotate(b, v, mate)
		if entry < 0 {
			return
		}
		c := m.top(m.tail(entry))
		d := m.nodes[c].entry
		m.rotate(c, m.head(d), d^1)
		v, mate = m.tail(d), d
	}
}
