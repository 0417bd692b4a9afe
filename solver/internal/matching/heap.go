package matching

// item is an entry of a binary heap, least key first.
type item struct {
	key  int64
	what int32
}

func push(h []item, x item) []item {
	h = append(h, x)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if h[up].key <= x.key {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = x
	return h
}

func pop(h []item) (item, []item) {
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
		if down+1 < n && h[down+1].key < h[down].key {
			down++
		}
		if x.key <= h[down].key {
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
