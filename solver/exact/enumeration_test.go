package exact_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/exact"
	"spinlearn/solver/solvertest"
)

var gaussian, plusMinus = solvertest.Gaussian, solvertest.PlusMinus

func TestSuite(t *testing.T) {
	for _, search := range []exact.Search{exact.Auto, exact.Matching, exact.Packing, exact.Exhaustive, exact.Transfer} {
		t.Run("exact "+string(search), func(t *testing.T) {
			solvertest.Run(t, &exact.Settings{Search: search}, solvertest.Traits{Exact: true})
		})
	}
}

// solved returns what a search finds without a limit.
func solved(t testing.TB, in *ising.Instance, search exact.Search) *solver.Result {
	t.Helper()
	r, err := (&exact.Settings{Search: search}).Solve(t.Context(), in, solver.Budget{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	solvertest.CheckResult(t, in, r)
	return r
}

// The two searches share no code; hundreds of instances of every kind.
func TestExhaustiveEqualsTransfer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	shapes := []string{"2x2", "3x3", "3x4", "4x3", "2x7", "4x4", "3x5", "2x2x2", "3x2x2", "2x3x2", "3x3x2", "2x2x4"}
	for k := range 400 {
		shape, err := ising.ParseShape(shapes[rng.IntN(len(shapes))])
		if err != nil {
			t.Fatal(err)
		}
		periodic := make([]bool, len(shape))
		for a := range periodic {
			periodic[a] = shape[a] > 2 && rng.IntN(2) == 0
		}
		l, err := ising.NewLattice(shape, periodic)
		if err != nil {
			t.Fatal(err)
		}
		e := []ising.Ensemble{gaussian, plusMinus, {Couplings: ising.PlusMinus, Negative: 0.5, Dilution: 0.3}}[k%3]
		in := e.Draw(l, rng)
		a, b := solved(t, in, exact.Exhaustive), solved(t, in, exact.Transfer)
		if math.Abs(a.Energy-b.Energy) > in.Rounding() {
			t.Errorf("%v %+v: exhaustive %v, transfer %v", l, e, a.Energy, b.Energy)
		}
	}
}

// Beyond enumeration: a transposed or reflected instance, a gauge transform, and the
// same lattice with a boundary that the couplings do not use have the same ground
// state.
func TestTransferInvariances(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, boundary := range []string{"free", "cylinder", "periodic"} {
		side := 10
		if boundary == "periodic" {
			side = 7
		}
		l := solvertest.Lattice(t, fmt.Sprintf("%dx%d", side, side), boundary)
		in := gaussian.Draw(l, rng)
		want := solved(t, in, exact.Transfer).Energy
		for k, y := range l.Symmetries() {
			if got := solved(t, y.Instance(in), exact.Transfer).Energy; math.Abs(got-want) > in.Rounding() {
				t.Errorf("%v: energy %v of image %d, want %v", l, got, k, want)
			}
		}
		gauge := solver.RandomSpins(in.Sites(), rng.Uint64)
		if got := solved(t, in.Gauge(gauge), exact.Transfer).Energy; math.Abs(got-want) > in.Rounding() {
			t.Errorf("%v: energy %v in another gauge, want %v", l, got, want)
		}
	}

	free := solvertest.Draw(t, gaussian, "7x8", "free", 0)
	torus, err := ising.NewInstance(solvertest.Lattice(t, "7x8", "periodic"), free.J)
	if err != nil {
		t.Fatal(err)
	}
	want := solved(t, free, exact.Transfer).Energy
	if got := solved(t, torus, exact.Transfer).Energy; math.Abs(got-want) > free.Rounding() {
		t.Errorf("torus without bonds across: energy %v, want %v", got, want)
	}
}

// Mean ground-state energies per site, known to 0.0006 from many instances: ±J torus
// L=6 -1.3668(6), ±J free L=8 -1.2784(6).
func TestPublishedEnergies(t *testing.T) {
	if testing.Short() {
		t.Skip("a few seconds")
	}
	for _, c := range []struct {
		shape, boundary string
		want            float64
	}{{"6x6", "periodic", -1.3668}, {"8x8", "free", -1.2784}} {
		const n = 400
		sum, squares := 0.0, 0.0
		for k := range uint64(n) {
			in := solvertest.Draw(t, plusMinus, c.shape, c.boundary, k)
			e := solved(t, in, exact.Transfer).Energy / float64(in.Sites())
			sum += e / n
			squares += e * e / n
		}
		if sem := math.Sqrt((squares - sum*sum) / n); math.Abs(sum-c.want) > 4*sem {
			t.Errorf("±J %s %s: %.4f ± %.4f per site, published %v", c.shape, c.boundary, sum, sem, c.want)
		}
	}
}

// A search that is stopped on the way returns soon, with a state.
func TestTransferStops(t *testing.T) {
	in := solvertest.Draw(t, gaussian, "10x10", "periodic", 0)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	r, err := (&exact.Settings{Search: exact.Transfer}).Solve(ctx, in, solver.Budget{}, nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v, want the deadline", err)
	}
	solvertest.CheckResult(t, in, r)
	if r.Status != solver.Interrupted || !math.IsNaN(r.Bound) {
		t.Errorf("%v, bound %v", r.Status, r.Bound)
	}
}

func TestTooLarge(t *testing.T) {
	for _, c := range []struct {
		shape, boundary string
		search          exact.Search
	}{
		{"5x5", "free", exact.Exhaustive}, {"17x17", "free", exact.Transfer}, {"11x11", "periodic", exact.Transfer},
		{"17x11", "periodic,free", exact.Transfer}, {"5x5x5", "free", exact.Transfer}, {"100000x16", "free", exact.Transfer},
	} {
		in := solvertest.Draw(t, gaussian, c.shape, c.boundary, 0)
		_, err := (&exact.Settings{Search: c.search}).Solve(t.Context(), in, solver.Budget{}, nil)
		if !errors.Is(err, solver.ErrTooLarge) || !strings.Contains(err.Error(), c.shape) {
			t.Errorf("%s %s: %v", c.shape, c.boundary, err)
		}
	}
	for _, c := range []struct {
		shape, boundary string
		fits            bool
	}{
		{"400x400", "free", true}, {"300x300", "cylinder", true}, {"100x100", "periodic", true}, {"201x200", "periodic", false},
		{"1200x10", "periodic", true}, {"5x5x5", "periodic", true}, {"6x6x6", "free", false}, {"4x4x20", "free", true}, {"3x3x20", "periodic", true},
	} {
		err := exact.Expected(solvertest.Lattice(t, c.shape, c.boundary))
		if c.fits != (err == nil) || !c.fits && !(errors.Is(err, solver.ErrTooLarge) && strings.Contains(err.Error(), c.shape)) {
			t.Errorf("%s %s: Expected says %v", c.shape, c.boundary, err)
		}
	}
}

func TestExactSettings(t *testing.T) {
	in := solvertest.Draw(t, gaussian, "3x3x3", "free", 0)
	for want, c := range map[string]struct {
		set    exact.Settings
		budget solver.Budget
	}{
		`Search = "magic"`:  {set: exact.Settings{Search: "magic"}},
		`Search = ""`:       {set: exact.Settings{}},
		"Search = matching": {set: exact.Settings{Search: exact.Matching}},
		"start of 2 spins":  {set: exact.Settings{Search: exact.Auto, Start: make([]int8, 2)}},
		"time limit -1ns":   {set: exact.Settings{Search: exact.Auto}, budget: solver.Budget{Limit: -1}},
		"target energy NaN": {set: exact.Settings{Search: exact.Auto}, budget: solver.Budget{Target: new(math.NaN())}},
	} {
		if _, err := c.set.Solve(t.Context(), in, c.budget, nil); !errors.Is(err, solver.ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func BenchmarkTransfer(b *testing.B) {
	for _, c := range [][2]string{{"16x16", "free"}, {"16x16", "cylinder"}, {"10x10", "periodic"}} {
		b.Run(c[1]+"/"+c[0], func(b *testing.B) {
			in := solvertest.Draw(b, gaussian, c[0], c[1], 0)
			for b.Loop() {
				solved(b, in, exact.Transfer)
			}
		})
	}
}
