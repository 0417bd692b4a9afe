package solver

import (
	"context"
	"slices"

	"spinlearn/ising"
)

// window finds the best spins of some sites while all others stay as they are. It adds
// the sites one after the other and keeps the least energy for every state of the
// frontier: the sites that have neighbours still to be added. What a site's spin should
// have been is noted when it leaves the frontier.
type window struct {
	*bonds
	s []int8

	left     []int32 // of each site, the neighbours in the window that are still to be added, -1 outside
	frontier []int32 // site of each bit of a state; a bit is set where the spin is -1
	least    []int64 // as ising.Integers has it
	inside   []int64
	events   []event
	choices  []byte
}

// event is a site that joined the frontier, as its last bit, or left it.
type event struct {
	site    int32
	leaves  bool
	bit     int
	choices int // where its choices begin
}

func newWindow(in *ising.Instance, s []int8) *window {
	return &window{bonds: newBonds(in), s: s, left: slices.Repeat([]int32{-1}, in.Sites())}
}

// improve gives the sites of the window their best spins, if that lowers the energy, and
// reports whether it did. Time and memory are exponential
// in the width of the frontier that the order of the sites makes; where it is wide, ctx
// may end it, and nothing changes.
func (w *window) improve(ctx context.Context, order []int32) bool {
	defer func() {
		for _, i := range order {
			w.left[i] = -1
		}
	}()
	for _, i := range order {
		w.left[i] = 0
	}
	for _, i := range order {
		site, _ := w.at(int(i))
		for _, j := range site {
			if w.left[j] >= 0 {
				w.left[i]++
			}
		}
	}
	now := int64(0)
	w.frontier, w.events, w.choices = w.frontier[:0], w.events[:0], w.choices[:0]
	w.least = append(w.least[:0], 0)
	const wide = 1 << 12 // states, which take longer than a look at the clock
	for _, i := range order {
		if len(w.least) >= wide && ctx.Err() != nil {
			return false
		}
		now += w.join(i)
		for bit := 0; bit < len(w.frontier); {
			if w.left[w.frontier[bit]] == 0 {
				w.leave(bit)
			} else {
				bit++
			}
		}
	}
	if w.least[0] >= now {
		return false
	}
	w.walkBack()
	return true
}

// join adds a site and returns the energy that it adds to that of the window as it is.
func (w *window) join(i int32) (now int64) {
	half := len(w.least)
	field := int64(0)
	coupling := make([]int64, len(w.frontier), 32)
	for k := w.start[i]; k < w.start[i+1]; k++ {
		j := w.site[k]
		if w.left[j] < 0 {
			field += w.integers[k] * int64(w.s[j])
			continue
		}
		if bit := slices.Index(w.frontier, j); bit >= 0 {
			coupling[bit] = w.integers[k]
			now -= w.integers[k] * int64(w.s[i]*w.s[j])
			w.left[i]--
			w.left[j]--
		}
	}
	now -= field * int64(w.s[i])

	// The energy of spin +1 by the state of the frontier.
	w.inside = slices.Grow(w.inside[:0], half)[:half]
	w.inside[0] = -field
	for bit, c := range coupling {
		low, high := w.inside[:1<<bit], w.inside[1<<bit:][:1<<bit]
		if c == 0 {
			copy(high, low)
			continue
		}
		for k, e := range low {
			low[k], high[k] = e-c, e+c
		}
	}
	w.least = slices.Grow(w.least, half)[:2*half]
	up, down := w.least[:half], w.least[half:]
	for k, e := range w.inside {
		up[k], down[k] = up[k]+e, up[k]-e
	}
	w.frontier = append(w.frontier, i)
	w.events = append(w.events, event{site: i})
	return now
}

// leave takes the site of a bit out of the frontier, with the better spin in each state
// of the others.
func (w *window) leave(bit int) {
	begin, n := len(w.choices), len(w.least)/2
	w.choices = slices.Grow(w.choices, n)[:begin+n]
	choices := w.choices[begin:]
	w.events = append(w.events, event{w.frontier[bit], true, bit, begin})
	w.frontier = slices.Delete(w.frontier, bit, bit+1)
	if bit == 0 {
		for k := range choices {
			up, down := w.least[2*k], w.least[2*k+1]
			w.least[k], choices[k] = min(up, down), less(down, up)
		}
	} else {
		for from, to := 0, 0; to < n; from, to = from+2<<bit, to+1<<bit {
			for k := range 1 << bit {
				up, down := w.least[from+k], w.least[from+1<<bit+k]
				w.least[to+k], choices[to+k] = min(up, down), less(down, up)
			}
		}
	}
	w.least = w.least[:n]
}

func less(a, b int64) (one byte) {
	if a < b { // without a branch
		one = 1
	}
	return one
}

// walkBack sets the spins of the least energy.
func (w *window) walkBack() {
	state := 0
	for k := len(w.events) - 1; k >= 0; k-- {
		e := w.events[k]
		if !e.leaves {
			joined := len(w.frontier) - 1 // its bit is the last
			state &^= 1 << joined
			w.frontier = w.frontier[:joined]
			continue
		}
		choice := int(w.choices[e.choices+state])
		low := state & (1<<e.bit - 1)
		state = (state-low)<<1 | choice<<e.bit | low
		w.frontier = slices.Insert(w.frontier, e.bit, e.site)
		w.s[e.site] = int8(1 - 2*choice)
	}
}
