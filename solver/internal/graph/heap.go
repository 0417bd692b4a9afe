package graph

// An Item of a heap stands for What at Key; the least key comes first.
type Item struct {
	Key  int64
	What int32
}

// Push adds an item and returns the heap.
func Push(h []Item, x Item) []Item {
	h = append(h, x)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if h[up].Key <= x.Key {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = x
	return h
}

// Pop takes an item of least key off the heap, which must not be empty.
func Pop(h []Item) (Item, []Item) {
	least := h[0]
	n := len(h) - 1
	x := h[n]
	h = h[:n]
	i := 0
	for {
		down := 2*i + 1
		if down >= n {
			break
		}
		if down+1 < n && h[down+1].Key < h[down].Key {
			down++
		}
		if x.Key <= h[down].Key {
			break
		}
		h[i] = h[down]
		i = down
	}
	if n > 0 {
		h[i] = x
	}
	return least, h
}
