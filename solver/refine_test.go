package solver

import (
	"context"
	"errors"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"spinlearn/ising"
)

func latticeOf(t testing.TB, shape []int, periodic bool) *ising.Lattice {
	t.Helper()
	l, err := ising.NewLattice(shape, slices.Repeat([]bool{periodic}, len(shape)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// randomGraph joins every two of n sites with a probability.
func randomGraph(t testing.TB, n int, p float64, rng *rand.Rand) *ising.Lattice {
	t.Helper()
	var ends [][2]int
	for i := range n {
		for j := range i {
			if rng.Float64() < p {
				ends = append(ends, [2]int{i, j})
			}
		}
	}
	l, err := ising.NewGraph(n, ends)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A window's spins are the best of all for the spins around it, by enumeration.
func TestWindowIsBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for k := range 200 {
		l := []*ising.Lattice{latticeOf(t, []int{4, 5}, true), latticeOf(t, []int{2, 3, 3}, false), randomGraph(t, 20, 0.2, rng)}[k%3]
		in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, rng)
		s := randomSpins(l.Sites(), rng.Uint64)
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
		improved := w.improve(t.Context(), order)
		if got := in.Energy(s); math.Abs(got-least) > in.Rounding() || improved != (in.Energy(before) > least+in.Rounding()) {
			t.Fatalf("%v: window of %d sites at %v, want %v", l, len(order), got, least)
		}
		for i := range s {
			if s[i] != before[i] && !slices.Contains(order, int32(i)) {
				t.Fatalf("%v: spin %d outside the window was flipped", l, i)
			}
		}
		if w.improve(t.Context(), order) {
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
	mixed, err := ising.NewLattice([]int{7, 5, 6}, []bool{true, false, true})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*ising.Lattice{latticeOf(t, []int{9, 12}, true), latticeOf(t, []int{9, 12}, false), mixed, randomGraph(t, 60, 0.06, rng)} {
		for _, width := range []int{1, 4, 7} {
			in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, rng)
			r := refiner{newWindow(in, randomSpins(l.Sites(), rng.Uint64)), in, width, rng}
			covered := make([]bool, l.Sites())
			for order := range both(r.windows(), r.windows()) {
				held := make([]bool, l.Sites())
				for _, i := range order {
					if held[i] {
						t.Fatalf("%v: site %d twice in a window", l, i)
					}
					held[i], covered[i] = true, true
				}
				r.improve(t.Context(), order)
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

func TestRefine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	refine := func(in *ising.Instance, set RefineSettings) *Result {
		t.Helper()
		r, err := Refine(context.Background(), in, &set, ising.Stream(1, "solver", 0))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	// As wide as the lattice, it is exact.
	for range 5 {
		in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(latticeOf(t, []int{8, 20}, false), rng)
		exact, err := Exact(context.Background(), in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r := refine(in, RefineSettings{Width: 8}); math.Abs(r.Energy-exact.Energy) > in.Rounding() {
			t.Errorf("refined to %v, want %v", r.Energy, exact.Energy)
		}
	}
	for _, l := range []*ising.Lattice{latticeOf(t, []int{16, 16}, true), latticeOf(t, []int{6, 6, 6}, true), randomGraph(t, 200, 0.02, rng)} {
		in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, rng)
		start := randomSpins(l.Sites(), rng.Uint64)
		Descent(in, start)
		last := in.Energy(start)
		for _, set := range []RefineSettings{{Start: start, Width: 1, Passes: 1}, {Start: start, Width: 3, Passes: 1}, {Start: start}} {
			r := refine(in, set)
			if r.Energy >= last {
				t.Errorf("%v: width %d, %d passes: %v, from %v", l, set.Width, set.Passes, r.Energy, last)
			}
			last = r.Energy
			if again := refine(in, RefineSettings{Start: r.Spins, Width: set.Width}); again.Energy > r.Energy+in.Rounding() {
				t.Errorf("%v: refined again from %v to %v", l, r.Energy, again.Energy)
			}
		}
	}
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(latticeOf(t, []int{100, 100}, true), rng)
	if r := refine(in, RefineSettings{TimeLimit: time.Millisecond, Width: 14}); r.Status != TimeLimit {
		t.Errorf("status %v after a millisecond", r.Status)
	}
	for _, set := range []RefineSettings{{Width: -1}, {Width: 19}, {Passes: -1}, {TimeLimit: -1}, {Start: make([]int8, 4)}} {
		if _, err := Refine(context.Background(), in, &set, rng); !errors.Is(err, ErrSettings) {
			t.Errorf("%+v: %v", set, err)
		}
	}
}

func BenchmarkRefine(b *testing.B) {
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(latticeOf(b, []int{64, 64}, true), ising.Stream(1, "couplings", 0))
	for b.Loop() {
		r, err := Refine(context.Background(), in, &RefineSettings{Passes: 1}, ising.Stream(1, "solver", 0))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(r.Energy/4096, "J/site")
	}
}

// TestWindowEnds ends a wide window before it is done: nothing changes, and the next one
// is as good as any.
func TestWindowEnds(t *testing.T) {
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(latticeOf(t, []int{14, 16}, false), ising.Stream(1, "couplings", 0))
	start := randomSpins(in.Sites(), ising.Stream(1, "spins", 0).Uint64)
	var order []int32
	for column := range 16 {
		for row := range 14 {
			order = append(order, int32(16*row+column))
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s := slices.Clone(start)
	w := newWindow(in, s)
	if w.improve(ended, order) || !slices.Equal(s, start) {
		t.Error("a window that was ended has changed spins")
	}
	if fresh := newWindow(in, slices.Clone(start)); !w.improve(t.Context(), order) || !fresh.improve(t.Context(), order) || !slices.Equal(s, fresh.s) {
		t.Error("the window after one that was ended differs from the first")
	}
}
