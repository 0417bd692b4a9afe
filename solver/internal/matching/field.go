package matching

import (
	"math"

	"spinlearn/solver/internal/graph"
)

// A field is a shortest-path search over the vertices.
type field struct {
	at   []mark
	run  int32
	heap []graph.Item
}

type mark struct {
	key  int64
	via  int32 // how the vertex was reached
	seen int32 // 2·run if it was offered, +1 if it is settled
}

func newField(vertices int) field { return field{at: make([]mark, vertices)} }

func (f *field) begin() {
	if f.run > math.MaxInt32-4 {
		clear(f.at)
		f.run = 0
	}
	f.run += 2
	f.heap = f.heap[:0]
}

func (f *field) isSettled(v int32) bool { return f.at[v].seen == f.run+1 }

// offer lowers the key of a vertex that is not settled.
func (f *field) offer(v int32, key int64, via int32) {
	if x := &f.at[v]; x.seen < f.run || x.seen == f.run && key < x.key {
		*x = mark{key, via, f.run}
		f.heap = graph.Push(f.heap, graph.Item{Key: key, What: v})
	}
}

// settle takes the least entry off the heap; ok is false if its vertex had a lower key.
func (f *field) settle() (v int32, key int64, ok bool) {
	var least graph.Item
	least, f.heap = graph.Pop(f.heap)
	x := &f.at[least.What]
	if x.seen == f.run+1 {
		return 0, 0, false
	}
	x.seen = f.run + 1
	return least.What, least.Key, true
}
