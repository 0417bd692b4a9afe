package graph

// Keyed is an element What of a heap. The least Key comes first.
type Keyed[K int64 | float64] struct {
	Key  K
	What int32
}

// An Item is an element with an integer key.
type Item = Keyed[int64]

// Push adds an item and returns the heap.
func Push[K int64 | float64](h []Keyed[K], x Keyed[K]) []Keyed[K] {
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
func Pop[K int64 | float64](h []Keyed[K]) (Keyed[K], []Keyed[K]) {
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
