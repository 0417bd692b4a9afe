package matching

import (
	"context"
	"slices"
)

// A Base is a minimum-weight T-join with its duals, from which it is found what the best
// join costs that differs from it in a given edge. It uses the joiner that made it,
// which must not be used otherwise meanwhile.
type Base struct {
	Weight int64
	*Joiner
	join      []bool
	paths     [][]int32 // of the matched pairs, by their lower place
	dual      []int64   // of the terminals
	own       []int64   // y of the terminals
	outer     []int32   // outermost nodes of the terminals
	outerDual []int64   // their z
	sets      []int32   // blossoms
	number    map[int32]int32
	least     []int64 // of each vertex: least 2·distance - dual over the terminals
	reached   []int64 // of each terminal: its pairs of less slack than this are listed
	journal   *journal
	known     []int32 // stamps of terminals
	listed    []int64 // least weight listed for them
	stamp     int32
	toggled   []bool // by edge, all false
}

// Base finds a minimum-weight T-join as [Joiner.Join] does and prepares trials. It needs
// a joiner without sink.
func (j *Joiner) Base(ctx context.Context, odd, join []bool) (*Base, error) {
	weight, err := j.Join(ctx, odd, join, -1)
	if err != nil {
		return nil, err
	}
	m := j.matcher
	b := &Base{
		Weight: weight, Joiner: j, join: slices.Clone(join), paths: make([][]int32, m.vertices),
		dual: slices.Clone(m.dual), outer: slices.Clone(m.top), outerDual: make([]int64, m.vertices), own: make([]int64, m.vertices), reached: make([]int64, m.vertices),
		journal: newJournal(m), known: make([]int32, len(m.adjacent)), listed: make([]int64, len(m.adjacent)), toggled: make([]bool, len(join)),
	}
	b.sets, b.number = m.blossoms()
	for i := range int32(m.vertices) {
		b.own[i] = m.own(i)
		b.outerDual[i] = m.z[m.top[i]]
		if k := m.partner(i); k > i {
			j.path(j.terminals[i], j.terminals[k], func(e int32) { b.paths[i] = append(b.paths[i], e) })
		}
	}
	b.findLeast()
	return b, nil
}

// findLeast is a search from all terminals at once.
func (b *Base) findLeast() {
	f := &b.field
	f.begin()
	for i, v := range b.terminals {
		f.offer(v, -b.dual[i], -1)
	}
	for len(f.heap) > 0 {
		v, key, ok := f.settle()
		if !ok {
			continue
		}
		for _, a := range b.arcsOf(v) {
			if !b.Removed[a.edge] {
				f.offer(a.to, key+2*a.weight, -1)
			}
		}
	}
	b.least = make([]int64, b.graph.Vertices)
	for v := range b.least {
		b.least[v] = forever
		if f.isSettled(int32(v)) {
			b.least[v] = f.key[v]
		}
	}
}

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

// Duals prove a bound: Σ y + Σ z is at most twice the weight of any T-join.
type Duals struct {
	Y    [][2]int64 // vertex, y
	Sets []OddSet
}

// An OddSet has the terminals given by their place in Duals.Y and, as -1-k, those of set
// number k before it.
type OddSet struct {
	Z  int64
	Of []int32
}

// Duals returns the duals of the last join. Terminals are in the order of vertices; a
// sink that is in T comes last, with 0.
func (j *Joiner) Duals() Duals {
	m := j.matcher
	var d Duals
	for i, v := range j.terminals {
		d.Y = append(d.Y, [2]int64{int64(v), m.own(int32(i))})
	}
	if len(j.terminals)%2 == 1 {
		d.Y = append(d.Y, [2]int64{int64(j.sink), 0})
	}
	order, number := m.blossoms()
	for _, x := range order {
		d.Sets = append(d.Sets, OddSet{m.z[x], m.members(x, number)})
	}
	return d
}

// blossoms lists the blossoms, inner ones first, and numbers them.
func (m *Matcher) blossoms() (order []int32, number map[int32]int32) {
	number = map[int32]int32{}
	var visit func(x int32)
	visit = func(x int32) {
		for _, k := range m.kids[x] {
			visit(k)
		}
		if m.isBlossom(x) {
			number[x] = int32(len(order))
			order = append(order, x)
		}
	}
	for v := range int32(m.vertices) {
		if x := m.top[v]; m.first[x] == v {
			visit(x)
		}
	}
	return order, number
}

// members returns the kids of a blossom in the way of [OddSet].
func (m *Matcher) members(x int32, number map[int32]int32) []int32 {
	var of []int32
	for _, k := range m.kids[x] {
		if m.isBlossom(k) {
			k = -1 - number[k]
		}
		of = append(of, k)
	}
	return of
}
