package descent

import (
	"context"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/solvertest"
)

// A window's spins are the best of all for the spins around it, by enumeration.
func TestWindowIsBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	watch := solver.Budget{}.Start(t.Context())
	for k := range 200 {
		l := []*ising.Lattice{solvertest.Lattice(t, "4x5", "periodic"), solvertest.Lattice(t, "2x3x3", "free"), solvertest.Graph(t, 20, 0.2, rng)}[k%3]
		in := solvertest.Gaussian.Draw(l, rng)
		s := solver.RandomSpins(l.Sites(), rng.Uint64)
		order := make([]int32, 1+rng.IntN(10))
		for x, i := range rng.Perm(l.Sites())[:len(order)] {
			order[x] = int32(i)
		}
		least, trial := math.Inf(1), slices.Clone(s)
		for code := range 1 << len(order) {
			for x, i := range order {
				trial[i] = 1 - 2*int8(code>>x&1)
			}
			least = min(least, in.Energy(trial))
		}
		before := slices.Clone(s)
		w := newWindow(in, s)
		improved := w.improve(watch, order)
		if got := in.Energy(s); math.Abs(got-least) > in.Rounding() || improved != (in.Energy(before) > least+in.Rounding()) {
			t.Fatalf("%v: window of %d sites at %v, want %v", l, len(order), got, least)
		}
		for i := range s {
			if s[i] != before[i] && !slices.Contains(order, int32(i)) {
				t.Fatalf("%v: spin %d outside the window was flipped", l, i)
			}
		}
		if w.improve(watch, order) {
			t.Fatal("a second search improved the window again")
		}
	}
}

// both yields a pass of windows and then another.
func both(a, b iter.Seq[[]int32]) iter.Seq[[]int32] {
	return func(yield func([]int32) bool) {
		for _, pass := range []iter.Seq[[]int32]{a, b} {
			for order := range pass {
				if !yield(order) {
					return
				}
			}
		}
	}
}

// The windows of two passes hold every site, none twice in one window, and their frontier is
// as wide as the settings say.
func TestWindowsCover(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	watch := solver.Budget{}.Start(t.Context())
	mixed := solvertest.Lattice(t, "7x5x6", "periodic,free,periodic")
	for _, l := range []*ising.Lattice{solvertest.Lattice(t, "9x12", "periodic"), solvertest.Lattice(t, "9x12", "free"), mixed, solvertest.Graph(t, 60, 0.06, rng)} {
		for _, width := range []int{1, 4, 7} {
			in := solvertest.Gaussian.Draw(l, rng)
			r := refiner{newWindow(in, solver.RandomSpins(l.Sites(), rng.Uint64)), in, width, rng}
			covered := make([]bool, l.Sites())
			for order := range both(r.windows(), r.windows()) {
				held := make([]bool, l.Sites())
				for _, i := range order {
					if held[i] {
						t.Fatalf("%v: site %d twice in a window", l, i)
					}
					held[i], covered[i] = true, true
				}
				r.improve(watch, order)
				if most := 2 << width; cap(r.least) > 4*most {
					t.Fatalf("%v: a table of %d states for width %d", l, cap(r.least), width)
				}
			}
			if slices.Contains(covered, false) {
				t.Errorf("%v: width %d leaves sites out", l, width)
			}
		}
	}
}

// TestWindowEnds ends a wide window before it is done: nothing changes, and the next one
// is as good as any.
func TestWindowEnds(t *testing.T) {
	in := solvertest.Gaussian.Draw(solvertest.Lattice(t, "14x16", "free"), ising.Stream(1, "couplings", 0))
	start := solver.RandomSpins(in.Sites(), ising.Stream(1, "spins", 0).Uint64)
	var order []int32
	for column := range 16 {
		for row := range 14 {
			order = append(order, int32(16*row+column))
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	over, watch := solver.Budget{}.Start(ended), solver.Budget{}.Start(t.Context())
	s := slices.Clone(start)
	w := newWindow(in, s)
	if w.improve(over, order) || !slices.Equal(s, start) {
		t.Error("a window that was ended has changed spins")
	}
	if fresh := newWindow(in, slices.Clone(start)); !w.improve(watch, order) || !fresh.improve(watch, order) || !slices.Equal(s, fresh.s) {
		t.Error("the window after one that was ended differs from the first")
	}
}
