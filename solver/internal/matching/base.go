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
	join    []bool
	paths   [][]int32 // of the matched pairs, by their lower place
	dual    []int64   // of the terminals
	own     []int64   // y of the terminals
	nesting *nesting  // of the blossoms
	sets    []int32   // blossoms
	number  []int32
	least   []int64 // of each vertex: least 2·distance - dual over the terminals
	reached []int64 // of each terminal: its pairs of less slack than this are listed
	journal *journal
	known   []int32 // stamps of terminals
	listed  []int64 // least weight listed for them
	stamp   int32
	toggled []bool // by edge, all false
}

// Base finds a minimum-weight T-join as [Joiner.Join] does and prepares trials. It needs
// a joiner without sink.
func (j *Joiner) Base(ctx context.Context, odd, join []bool) (*Base, error) {
	weight, err := j.Join(ctx, odd, join, -1)
	if err != nil {
		return nil, err
	}
	m := j.matcher
	n := len(j.terminals)
	b := &Base{
		Weight: weight, Joiner: j, join: slices.Clone(join), paths: make([][]int32, n),
		dual: make([]int64, n), own: make([]int64, n), reached: make([]int64, n),
		journal: newJournal(m), known: make([]int32, len(m.vertices)), listed: make([]int64, len(m.vertices)), toggled: make([]bool, len(join)),
	}
	b.sets = m.blossoms()
	b.number = m.number(b.sets)
	b.nesting = m.nesting(b.sets)
	for i := range m.real {
		b.dual[i] = m.dual(i)
		b.own[i] = b.dual[i] - b.nesting.above[i]
		if k := m.partner(i); k > i {
			j.path(j.terminals[i], j.terminals[k], func(e int32) { b.paths[i] = append(b.paths[i], e) })
		}
	}
	b.findLeast()
	return b, j.watch.err
}

// findLeast is a search from all terminals at once.
func (b *Base) findLeast() {
	f := &b.field
	f.begin()
	for i, v := range b.terminals {
		f.offer(v, -b.dual[i], none)
	}
	for len(f.heap) > 0 {
		v, key, ok := f.settle()
		if !ok {
			continue
		}
		for _, a := range b.arcs(v) {
			if !b.Removed[a.Edge] {
				f.offer(a.To, key+2*a.Weight, none)
			}
		}
	}
	b.least = make([]int64, b.graph.Vertices())
	for v := range b.least {
		b.least[v] = forever
		if f.isSettled(int32(v)) {
			b.least[v] = f.at[v].key
		}
	}
}
