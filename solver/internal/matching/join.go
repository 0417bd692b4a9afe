package matching

import (
	"cmp"
	"context"
	"math"
	"slices"

	"spinlearn/solver/internal/graph"
)

// A Graph has weighted edges. From[e] = -1 stands for an edge that does not exist.
type Graph struct {
	Vertices int
	From, To []int32
	Weight   []int64 // ≥ 0; their sum at most 2^58
}

// A Joiner finds minimum-weight T-joins of one graph, whose edges can be removed and
// brought back.
type Joiner struct {
	// Removed edges are in no join. The caller may change it between joins.
	Removed []bool
	// Near is the number of terminals nearest to each that are listed before pricing.
	Near  int
	graph *Graph
	sink  int32 // vertex of any parity, -1 for none
	start []int32
	arcs  []arc // of vertex v: arcs[start[v]:start[v+1]]

	terminals []int32 // of the last join
	place     []int32 // of a vertex among the terminals, -1 if it is none
	reach     []int64 // of each terminal: all pairs that are nearer are listed
	matcher   *Matcher
	field     field
	pairs     []pair
}

type arc struct {
	to, edge int32
	weight   int64
}

// pair is two terminals with their distance.
type pair struct {
	places   uint64 // the lower one in the upper half
	distance int64
}

func newPair(i, j int32, distance int64) pair {
	return pair{uint64(min(i, j))<<32 | uint64(max(i, j)), distance}
}

func (p pair) ends() (i, j int32) { return int32(p.places >> 32), int32(uint32(p.places)) }

// NewJoiner returns a joiner. A vertex sink ≥ 0 may have either parity: it is in T just
// if the rest of T is odd. It is never passed through.
func NewJoiner(g *Graph, sink int) *Joiner {
	j := &Joiner{
		Removed: make([]bool, len(g.From)), Near: 10, graph: g, sink: int32(sink),
		start: make([]int32, g.Vertices+1), place: make([]int32, g.Vertices), field: newField(g.Vertices),
	}
	for e, u := range g.From {
		if u >= 0 {
			j.start[u+1]++
			j.start[g.To[e]+1]++
		}
	}
	for v := range g.Vertices {
		j.start[v+1] += j.start[v]
	}
	fill := slices.Clone(j.start)
	j.arcs = make([]arc, j.start[g.Vertices])
	for e, u := range g.From {
		if u < 0 {
			continue
		}
		v := g.To[e]
		j.arcs[fill[u]] = arc{v, int32(e), g.Weight[e]}
		fill[u]++
		j.arcs[fill[v]] = arc{u, int32(e), g.Weight[e]}
		fill[v]++
	}
	return j
}

func (j *Joiner) arcsOf(v int32) []arc { return j.arcs[j.start[v]:j.start[v+1]] }

// Join stores a minimum-weight T-join in join, by edge, and returns its weight. odd
// says which vertices are in T. A weight of at most enough need not be the minimum. It
// fails with [ErrImpossible] if there is no T-join, and with ctx.Err() if ctx ends.
func (j *Joiner) Join(ctx context.Context, odd, join []bool, enough int64) (int64, error) {
	clear(join)
	j.terminals = j.terminals[:0]
	for v, is := range odd {
		j.place[v] = -1
		if is && int32(v) != j.sink {
			j.place[v] = int32(len(j.terminals))
			j.terminals = append(j.terminals, int32(v))
		}
	}
	n := len(j.terminals)
	if n == 0 {
		j.matcher = newMatcher(0, spare, nil)
		return 0, nil
	}
	boundary := j.sinkDistances()
	near := j.Near
	j.listNear(ctx, near)
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		m := newMatcher(n, spare, boundary)
		m.setEdges(j.pairs)
		switch err := m.match(ctx); {
		case err == ErrImpossible && near <= n:
			near *= 3
			j.listNear(ctx, near)
			continue
		case err != nil:
			return 0, err
		}
		j.matcher = m
		if j.value() <= enough || !j.price(ctx) {
			if err := ctx.Err(); err != nil {
				return 0, err // perhaps not all is priced
			}
			return j.paths(ctx, join)
		}
	}
}

// sinkDistances returns twice the distance of every terminal to the sink, nil if there
// is none.
func (j *Joiner) sinkDistances() []int64 {
	if j.sink < 0 {
		return nil
	}
	far := slices.Repeat([]int64{forever}, len(j.terminals))
	j.walk(j.sink, func(v int32, d int64) bool {
		if t := j.place[v]; t >= 0 {
			far[t] = 2 * d
		}
		return true
	})
	return far
}

// listNear lists, for each terminal, the pairs with those nearest to it.
func (j *Joiner) listNear(ctx context.Context, near int) {
	j.pairs = j.pairs[:0]
	j.reach = slices.Grow(j.reach[:0], len(j.terminals))[:len(j.terminals)]
	for i := range int32(len(j.terminals)) {
		if i%often == 0 && ctx.Err() != nil {
			return
		}
		found := 0
		j.reach[i] = forever
		j.walk(j.terminals[i], func(v int32, d int64) bool {
			k := j.place[v]
			if k < 0 || k == i {
				return true
			}
			if k > i || d >= j.reach[k] { // else k has listed it
				j.pairs = append(j.pairs, newPair(i, k, d))
			}
			if found++; found < near {
				return true
			}
			j.reach[i] = d
			return false
		})
	}
}

// value returns the weight of the matching in terms of the join.
func (j *Joiner) value() (sum int64) {
	m := j.matcher
	for v := range int32(m.vertices) {
		switch id := m.mate[v]; {
		case id == alone:
			sum += 2 * m.boundary[v]
		default:
			sum += m.edges[id].weight
		}
	}
	return sum / 4
}

// price lists the pairs that violate the duals, and reports whether there are any.
func (j *Joiner) price(ctx context.Context) bool {
	listed := len(j.pairs)
	j.priceOutside(ctx)
	j.priceInside(ctx)
	more := j.pairs[listed:]
	slices.SortFunc(more, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.places, b.places), cmp.Compare(a.distance, b.distance))
	})
	more = slices.CompactFunc(more, func(a, b pair) bool { return a.places == b.places })
	j.pairs = j.pairs[:listed+len(more)]
	return len(more) > 0
}

// priceOutside looks at pairs in different outermost nodes. Each terminal owns the
// vertices that are nearer to it than its dual; where those of two nodes overlap a pair
// is violated.
func (j *Joiner) priceOutside(ctx context.Context) {
	m, f := j.matcher, &j.field
	f.begin()
	for i, v := range j.terminals {
		if m.dual[i] > 0 {
			f.offer(v, -m.dual[i], int32(i))
		}
	}
	for settled := 0; len(f.heap) > 0; settled++ {
		if settled%(64*often) == 0 && ctx.Err() != nil {
			return
		}
		v, key, ok := f.settle()
		if !ok {
			continue
		}
		owner := f.via[v]
		if t := j.place[v]; t >= 0 && m.top[t] != m.top[owner] && key < m.dual[t] {
			j.pairs = append(j.pairs, newPair(t, owner, (key+m.dual[owner])/2))
		}
		if v == j.sink {
			continue
		}
		for _, a := range j.arcsOf(v) {
			if j.Removed[a.edge] {
				continue
			}
			beyond := key + 2*a.weight
			if !f.isSettled(a.to) {
				if beyond < 0 {
					f.offer(a.to, beyond, owner)
				}
				continue
			}
			other := f.via[a.to]
			if m.top[other] != m.top[owner] && beyond+f.key[a.to] < 0 && a.to != j.sink {
				j.pairs = append(j.pairs, newPair(owner, other, (beyond+f.key[a.to]+m.dual[owner]+m.dual[other])/2))
			}
		}
	}
}

// priceInside looks at pairs inside one blossom. A pair that is not listed is as far as
// the reach of both, so that one end must have more dual below the outermost blossom.
func (j *Joiner) priceInside(ctx context.Context) {
	m := j.matcher
	var largest []int64 // dual in each outermost blossom
	for i := range int32(len(j.terminals)) {
		if i%often == 0 && ctx.Err() != nil {
			return
		}
		top := m.top[i]
		if !m.isBlossom(top) || m.dual[i]-m.z[top] <= j.reach[i] {
			continue
		}
		if largest == nil {
			largest = make([]int64, len(m.parent))
			for k := range j.terminals {
				largest[m.top[k]] = max(largest[m.top[k]], m.dual[k])
			}
		}
		m.markBlossoms(i)
		end := m.dual[i] + largest[top] - 2*m.z[top]
		j.walk(j.terminals[i], func(v int32, d int64) bool {
			if 2*d >= end {
				return false
			}
			k := j.place[v]
			if k >= 0 && k != i && d >= j.reach[i] && m.top[k] == top && 2*d < m.dual[i]+m.dual[k]-2*m.z[top] &&
				2*d < m.dual[i]+m.dual[k]-2*m.common(k) {
				j.pairs = append(j.pairs, newPair(i, k, d))
			}
			return true
		})
	}
}

// paths adds up the shortest paths between the matched, and returns the weight.
func (j *Joiner) paths(ctx context.Context, join []bool) (sum int64, err error) {
	for i, v := range j.terminals {
		if i%often == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		end := j.sink
		if k := j.matcher.partner(int32(i)); k >= 0 {
			if int(k) < i {
				continue
			}
			end = j.terminals[k]
		}
		j.path(v, end, func(e int32) { join[e] = !join[e] })
	}
	for e, is := range join {
		if is {
			sum += j.graph.Weight[e]
		}
	}
	return sum, nil
}

// path calls f for the edges of a shortest path, from its end to its start, and reports
// whether there is one.
func (j *Joiner) path(start, end int32, f func(e int32)) bool {
	j.walk(start, func(v int32, _ int64) bool { return v != end })
	if !j.field.isSettled(end) {
		return false
	}
	for v := end; v != start; {
		e := j.field.via[v]
		f(e)
		v = j.graph.From[e] ^ j.graph.To[e] ^ v
	}
	return true
}

// walk visits vertices in the order of their distance from start until visit returns
// false. field.via is the edge by which each was reached.
func (j *Joiner) walk(start int32, visit func(v int32, d int64) bool) {
	f := &j.field
	f.begin()
	f.offer(start, 0, -1)
	for len(f.heap) > 0 {
		v, d, ok := f.settle()
		if !ok {
			continue
		}
		if !visit(v, d) {
			return
		}
		if v == j.sink && v != start {
			continue
		}
		for _, a := range j.arcsOf(v) {
			if !j.Removed[a.edge] {
				f.offer(a.to, d+a.weight, a.edge)
			}
		}
	}
}

// A field is a shortest-path search over the vertices.
type field struct {
	key  []int64
	via  []int32 // how a vertex was reached
	seen []int32 // 2·run where it was offered, +1 where it is settled
	run  int32
	heap []graph.Item
}

func newField(vertices int) field {
	return field{key: make([]int64, vertices), via: make([]int32, vertices), seen: make([]int32, vertices)}
}

func (f *field) begin() {
	if f.run > math.MaxInt32-4 {
		clear(f.seen)
		f.run = 0
	}
	f.run += 2
	f.heap = f.heap[:0]
}

func (f *field) isSettled(v int32) bool { return f.seen[v] == f.run+1 }

// offer lowers the key of a vertex that is not settled.
func (f *field) offer(v int32, key int64, via int32) {
	if f.seen[v] < f.run || f.seen[v] == f.run && key < f.key[v] {
		f.seen[v], f.key[v], f.via[v] = f.run, key, via
		f.heap = graph.Push(f.heap, graph.Item{Key: key, What: v})
	}
}

// settle takes the least entry off the heap; ok is false if its vertex had a lower key.
func (f *field) settle() (v int32, key int64, ok bool) {
	var least graph.Item
	least, f.heap = graph.Pop(f.heap)
	if f.isSettled(least.What) {
		return 0, 0, false
	}
	f.seen[least.What] = f.run + 1
	return least.What, least.Key, true
}
