package matching

import (
	"cmp"
	"context"
	"errors"
	"slices"
)

// A Joiner finds minimum-weight T-joins of one graph, whose edges can be removed and
// brought back.
type Joiner struct {
	// Removed edges are in no join. The caller may change it between joins.
	Removed []bool
	// Near is the number of terminals nearest to each that are listed before pricing.
	Near  int
	graph Graph
	sink  int32   // vertex of any parity, none for none
	hubs  []int32 // vertices of which a matching is free to choose the parity at first
	ends  []int32 // the sink or the hubs, while no path leads through them

	terminals []int32 // of the last join, in the order of the graph's curve
	place     []int32 // of a vertex among the terminals, none if it is none
	reach     []int64 // of each terminal: all pairs that are nearer are listed
	matcher   *Matcher
	field     field
	pricer    pricer
	priced    bool // no pair violates the duals, listed or not
	watch     *watch
	room      []Arc
}

// NewJoiner returns a joiner. A vertex sink ≥ 0 may have either parity: it is in T just
// if the rest of T is odd. It is never passed through.
//
// Hubs are vertices near so many others that ways through them would tie everything to everything. They
// have parities like others, but terminals are matched with them at first as with sinks; only if that
// makes their parity wrong ways through them are listed too. There is a sink or there are hubs.
func NewJoiner(g Graph, sink int, hubs ...int32) *Joiner {
	return &Joiner{
		Removed: make([]bool, g.Edges()), Near: 10, graph: g, sink: int32(sink), hubs: hubs,
		place: make([]int32, g.Vertices()), field: newField(g.Vertices()), room: make([]Arc, 0, 4),
	}
}

// arcs returns the edges of a vertex until it is asked again.
func (j *Joiner) arcs(v int32) []Arc { return j.graph.Arcs(v, j.room) }

// Join stores a minimum-weight T-join in join, by edge, and returns its weight. odd
// says which vertices are in T. A weight of at most enough need not be the minimum. It
// fails with [ErrImpossible] if there is no T-join.
//
// If ctx ends it returns ctx.Err(). [Joiner.Duals] are then those that were reached, which
// prove a lower bound, and [Joiner.Finish] makes a join of what is matched.
func (j *Joiner) Join(ctx context.Context, odd, join []bool, enough int64) (int64, error) {
	j.watch = &watch{ctx: ctx}
	j.watch.look()
	if err := j.match(odd, enough); err != nil {
		return 0, err
	}
	return j.lay(join)
}

// match finds a matching of the terminals, the least unless it weighs at most enough.
func (j *Joiner) match(odd []bool, enough int64) error {
	j.terminals = j.terminals[:0]
	j.graph.Curve(func(v int32) {
		j.place[v] = none
		if odd[v] && v != j.sink {
			j.place[v] = int32(len(j.terminals))
			j.terminals = append(j.terminals, v)
		}
	})
	if j.ends = j.hubs; j.sink >= 0 {
		j.ends = []int32{j.sink}
	}
	err := j.solve(enough)
	if errors.Is(err, ErrImpossible) && len(j.hubs) > 0 { // perhaps only for want of ways through them
		j.ends = nil
		err = j.solve(enough)
	}
	return err
}

func (j *Joiner) solve(enough int64) error {
	j.priced = false
	n := len(j.terminals)
	boundary := j.endDistances()
	for near := j.Near; ; near *= 3 {
		j.matcher = newMatcher(n, spare, n*near*3/4, boundary, j.watch)
		if !j.listNear(near) {
			j.matcher = newMatcher(0, 0, 0, nil, j.watch) // which proves nothing
			return j.watch.err
		}
		err := j.matcher.match()
		if err == nil {
			break
		}
		if !errors.Is(err, ErrImpossible) || near > n {
			return err
		}
	}
	if err := j.mend(enough); err != nil || len(j.ends) == 0 || len(j.hubs) == 0 || !j.openHubs() {
		return err
	}
	if err := j.matcher.fuse(j.matcher.exposed()); err != nil {
		return err
	}
	return j.mend(enough)
}

// mend lists pairs that violate the duals until there are none or the matching weighs at most
// enough.
func (j *Joiner) mend(enough int64) error {
	j.priced = false
	j.pricer.begin(j)
	for j.value() > enough {
		pairs := j.price()
		if j.watch.err != nil || len(pairs) == 0 {
			j.priced = j.watch.err == nil
			return j.watch.err
		}
		m := j.matcher
		for _, p := range pairs {
			m.addEdge(p.i, p.k, 2*p.distance)
			m.repair(int32(len(m.edges) - 1))
		}
		if err := m.fuse(m.exposed()); err != nil {
			return err
		}
	}
	return nil
}

// openHubs lets ways lead through the hubs if the number of terminals alone at each is not even:
// it matches them with each other, and leaves one at each hub exposed. It returns false if there is nothing to do.
func (j *Joiner) openHubs() bool {
	m := j.matcher
	groups := make([][]int32, len(j.hubs))
	for i := range m.real {
		if m.vertices[i].mate == alone {
			end := j.nearestEnd(j.terminals[i])
			if end == none { // the context has ended
				return false
			}
			h := slices.Index(j.hubs, end)
			groups[h] = append(groups[h], i)
		}
	}
	if !slices.ContainsFunc(groups, func(group []int32) bool { return len(group)%2 == 1 }) {
		return false
	}
	for i := range m.real { // ways through a hub are as long as that to it
		j.reach[i] = min(j.reach[i], m.boundary[i]/2)
	}
	for h, group := range groups {
		odd := len(group) % 2
		for k := odd; k < len(group); k += 2 {
			m.marry(group[k], group[k+1], m.boundary[group[k]]+m.boundary[group[k+1]])
		}
		if odd == 1 {
			m.part(group[0])
			count := 0
			j.walk(j.hubs[h], func(v int32, d int64) bool {
				if i := j.place[v]; i >= 0 && i != group[0] {
					m.addEdge(group[0], i, m.boundary[group[0]]+2*d)
					count++
				}
				return count < 4*len(group)
			})
		}
	}
	m.boundary, j.ends = nil, nil
	return true
}

// match finds a perfect matching of the vertices, from none.
func (m *Matcher) match() error {
	if err := m.start(); err != nil {
		return err
	}
	if m.watch.look() {
		return m.watch.err
	}
	return m.fuse(m.exposed())
}

// endDistances returns twice the distance of every terminal to the nearest end, nil if there
// is none.
func (j *Joiner) endDistances() []int64 {
	if len(j.ends) == 0 {
		return nil
	}
	far := slices.Repeat([]int64{forever}, len(j.terminals))
	j.walkAll(j.ends, func(v int32, d int64) bool {
		if t := j.place[v]; t >= 0 {
			far[t] = 2 * d
		}
		return true
	})
	return far
}

// listNear lists, for each terminal, the pairs with those nearest to it. It returns false if
// the context ended before.
func (j *Joiner) listNear(near int) bool {
	j.reach = slices.Grow(j.reach[:0], len(j.terminals))[:len(j.terminals)]
	for i := range int32(len(j.terminals)) {
		found := 0
		j.reach[i] = forever
		j.walk(j.terminals[i], func(v int32, d int64) bool {
			k := j.place[v]
			if k < 0 || k == i {
				return true
			}
			if k > i || d >= j.reach[k] { // else k has listed it
				j.matcher.addEdge(i, k, 2*d)
			}
			if found++; found < near {
				return true
			}
			j.reach[i] = d
			return false
		})
		if j.watch.err != nil {
			return false
		}
	}
	return true
}

// value returns the weight of the matching in terms of the join.
func (j *Joiner) value() (sum int64) {
	m := j.matcher
	for v := range m.real {
		switch d := m.vertices[v].mate; {
		case d == alone:
			sum += 2 * m.boundary[v]
		case d >= 0:
			sum += m.edges[d>>1].weight
		}
	}
	return sum / 4
}

// Finish stores a T-join in join and returns its weight: what a join that its context ended
// had matched, and pairs of neighbours along the curve. It fails if ctx ends, or with
// [ErrImpossible].
func (j *Joiner) Finish(ctx context.Context, join []bool) (int64, error) {
	j.watch = &watch{ctx: ctx}
	if _, err := j.lay(join); err != nil {
		return 0, err
	}
	open := none
	connect := func(from, to int32) bool { return j.path(from, to, func(e int32) { join[e] = !join[e] }) }
	for i, v := range j.terminals {
		switch {
		case int32(i) < j.matcher.real && !j.matcher.isExposed(int32(i)):
		case open == none:
			open = v
		case !connect(open, v):
			return 0, cmp.Or(j.watch.err, ErrImpossible)
		default:
			open = none
		}
	}
	if open >= 0 {
		if end := j.nearestEnd(open); end == none || !connect(open, end) {
			return 0, cmp.Or(j.watch.err, ErrImpossible)
		}
	}
	if len(j.hubs) > 0 && len(j.ends) > 0 && j.isWrong(j.hubs[0], join) && !connect(j.hubs[0], j.hubs[1]) {
		return 0, cmp.Or(j.watch.err, ErrImpossible)
	}
	return j.weigh(join), nil
}

// isWrong reports whether a join has the wrong parity at a vertex.
func (j *Joiner) isWrong(v int32, join []bool) bool {
	wrong := j.place[v] >= 0
	for _, a := range j.arcs(v) {
		wrong = wrong != join[a.Edge]
	}
	return wrong
}

// lay adds up the shortest paths between the matched, and returns the weight.
func (j *Joiner) lay(join []bool) (sum int64, err error) {
	clear(join)
	for i := range j.matcher.real {
		v, end := j.terminals[i], none
		switch k := j.matcher.partner(i); {
		case k == unmatched || k >= 0 && k < i:
			continue
		case k >= 0:
			end = j.terminals[k]
		default:
			end = j.nearestEnd(v)
		}
		if j.path(v, end, func(e int32) { join[e] = !join[e] }); j.watch.err != nil {
			return 0, j.watch.err
		}
	}
	return j.weigh(join), nil
}

func (j *Joiner) weigh(join []bool) (sum int64) {
	for e, is := range join {
		if is {
			sum += j.graph.Weight(int32(e))
		}
	}
	return sum
}

// path calls f for the edges of a shortest path, from its end to its start, and reports
// whether there is one.
func (j *Joiner) path(start, end int32, f func(e int32)) bool {
	j.walk(start, func(v int32, _ int64) bool { return v != end })
	if !j.field.isSettled(end) {
		return false
	}
	for v := end; v != start; {
		e := j.field.at[v].via
		f(e)
		a, b := j.graph.Ends(e)
		v = a ^ b ^ v
	}
	return true
}

// nearestEnd returns the end nearest to a vertex, none if it reaches none.
func (j *Joiner) nearestEnd(v int32) int32 {
	end := none
	j.walk(v, func(u int32, _ int64) bool {
		if j.isEnd(u) {
			end = u
		}
		return end == none
	})
	return end
}

func (j *Joiner) isEnd(v int32) bool { return slices.Contains(j.ends, v) }

// walk visits vertices in the order of their distance from start until visit returns
// false or the context ends. field.via is the edge by which each was reached.
func (j *Joiner) walk(start int32, visit func(v int32, d int64) bool) {
	j.walkAll([]int32{start}, visit)
}

// walkAll is walk from several vertices at once.
func (j *Joiner) walkAll(starts []int32, visit func(v int32, d int64) bool) {
	f := &j.field
	f.begin()
	for _, v := range starts {
		f.offer(v, 0, none)
	}
	for len(f.heap) > 0 && !j.watch.ended() {
		v, d, ok := f.settle()
		if !ok {
			continue
		}
		if !visit(v, d) {
			return
		}
		if j.isEnd(v) && !slices.Contains(starts, v) {
			continue
		}
		for _, a := range j.arcs(v) {
			if !j.Removed[a.Edge] {
				f.offer(a.To, d+a.Weight, a.Edge)
			}
		}
	}
}
