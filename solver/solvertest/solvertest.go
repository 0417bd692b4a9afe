// Package solvertest is the test suite that every solver passes.
package solvertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
)

// Solve is a solver with its settings bound. Solvers without randomness ignore the
// generator.
type Solve func(context.Context, *ising.Instance, *rand.Rand) (*solver.Result, error)

// Traits say what a solver promises.
type Traits struct {
	Exact  bool // its result is a proven ground state
	Random bool // it depends on the generator
}

// Lattices on which every solver must work; all have at most 18 sites.
var lattices = []struct{ shape, boundary string }{
	{"2x2", "free"}, {"3x3", "periodic"}, {"4x4", "free"}, {"4x4", "cylinder"}, {"4x4", "periodic"}, {"3x5", "periodic,free"},
	{"6x3", "periodic"}, {"2x8", "free"}, {"2x3x3", "free"}, {"2x3x3", "cylinder"}, {"2x3x3", "free,periodic,free"},
}

var ensembles = []ising.Ensemble{
	{Couplings: ising.Gaussian},
	{Couplings: ising.Uniform},
	{Couplings: ising.PlusMinus, Negative: 0.5},
	{Couplings: ising.PlusMinus, Negative: 1},
	{Couplings: ising.Gaussian, Dilution: 0.4},
	{Couplings: ising.PlusMinus, Negative: 0.3, Dilution: 1}, // no bonds at all
}

// Lattice returns the lattice of a shape and boundary in the words of package ising.
func Lattice(t testing.TB, shape, boundary string) *ising.Lattice {
	t.Helper()
	sides, err := ising.ParseShape(shape)
	if err != nil {
		t.Fatal(err)
	}
	periodic, err := ising.ParseBoundary(boundary, len(sides))
	if err != nil {
		t.Fatal(err)
	}
	l, err := ising.NewLattice(sides, periodic)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Run checks a solver on small instances of all kinds.
func Run(t *testing.T, solve Solve, traits Traits) {
	for _, l := range lattices {
		for _, e := range ensembles {
			t.Run(fmt.Sprintf("%s %s %+v", l.shape, l.boundary, e), func(t *testing.T) {
				in := e.Draw(Lattice(t, l.shape, l.boundary), ising.Stream(1, "couplings", 0))
				checkInstance(t, in, groundEnergy(in), solve, traits)
			})
		}
	}
	t.Run("scale", func(t *testing.T) { checkScale(t, solve) })
	t.Run("cancelled", func(t *testing.T) { checkCancelled(t, solve) })
	if traits.Random {
		t.Run("generator", func(t *testing.T) { checkGenerator(t, solve) })
	}
}

func checkInstance(t *testing.T, in *ising.Instance, ground float64, solve Solve, traits Traits) {
	before := slices.Clone(in.J)
	r, err := solve(context.Background(), in, ising.Stream(1, "solver", 0))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(in.J, before) {
		t.Error("the couplings were changed")
	}
	CheckResult(t, in, r)
	again, err := solve(context.Background(), in, ising.Stream(1, "solver", 0))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Spins, again.Spins) {
		t.Error("the same generator gave another configuration")
	}
	tol := in.Rounding()
	if r.Energy < ground-tol {
		t.Errorf("energy %v is below the ground state's %v", r.Energy, ground)
	}
	if r.Bound > ground+tol {
		t.Errorf("bound %v is above the ground state's %v", r.Bound, ground)
	}
	switch {
	case traits.Exact && (r.Energy > ground+tol || r.Status != solver.Proven || r.Bound < r.Energy-tol):
		t.Errorf("energy %v, bound %v, %v; the ground state has %v", r.Energy, r.Bound, r.Status, ground)
	case !traits.Exact && r.Status != solver.Heuristic:
		t.Errorf("status %v of a heuristic", r.Status)
	}
}

// CheckResult checks what holds for every result: spins of ±1 with the energy given,
// and no bound above it.
func CheckResult(t testing.TB, in *ising.Instance, r *solver.Result) {
	t.Helper()
	if len(r.Spins) != in.Sites() {
		t.Fatalf("%d spins, want %d", len(r.Spins), in.Sites())
	}
	for i, s := range r.Spins {
		if s != 1 && s != -1 {
			t.Fatalf("spin %d is %d", i, s)
		}
	}
	if got := in.Energy(r.Spins); got != r.Energy {
		t.Errorf("energy %v, the spins have %v", r.Energy, got)
	}
	if r.Bound > r.Energy+in.Rounding() {
		t.Errorf("bound %v above the energy %v", r.Bound, r.Energy)
	}
	if r.Elapsed < 0 {
		t.Errorf("elapsed %v", r.Elapsed)
	}
}

// GroundEnergy returns the least energy over all configurations, by plain
// enumeration: it shares nothing with the solvers.
func GroundEnergy(in *ising.Instance) float64 {
	s := slices.Repeat([]int8{1}, in.Sites())
	e := in.Energy(s)
	least := e
	near := 1e-9 * in.Summary().Sum // far more than the sum of the flips loses
	for code := 1; code < 1<<(len(s)-1); code++ {
		i := 0
		for code>>i&1 == 0 {
			i++
		}
		e += in.FlipCost(s, i)
		s[i] = -s[i]
		if e < least+near {
			least = math.Min(least, in.Energy(s))
		}
	}
	return least
}

// known keeps ground-state energies from one solver's suite to the next.
var known sync.Map

func groundEnergy(in *ising.Instance) float64 {
	key := fmt.Sprint(in.Lattice, in.J)
	if e, ok := known.Load(key); ok {
		return e.(float64)
	}
	e := GroundEnergy(in)
	known.Store(key, e)
	return e
}

// Multiplying the couplings by a power of two changes no decision.
func checkScale(t *testing.T, solve Solve) {
	in := ensembles[0].Draw(Lattice(t, "4x4", "periodic"), ising.Stream(2, "couplings", 0))
	want, err := solve(context.Background(), in, ising.Stream(1, "solver", 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, factor := range []float64{1 << 20, 1.0 / (1 << 20)} {
		J := slices.Clone(in.J)
		for k := range J {
			J[k] *= factor
		}
		got, err := solve(context.Background(), &ising.Instance{Lattice: in.Lattice, J: J}, ising.Stream(1, "solver", 0))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Spins, want.Spins) {
			t.Errorf("couplings times %v: energy %v, want %v", factor, got.Energy/factor, want.Energy)
		}
	}
}

func checkCancelled(t *testing.T, solve Solve) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	// Large enough that no solver ends before it looks at the context.
	in := ensembles[0].Draw(Lattice(t, "4x6", "free"), ising.Stream(3, "couplings", 0))
	r, err := solve(ctx, in, ising.Stream(1, "solver", 0))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	if r == nil {
		t.Fatal("no result")
	}
	CheckResult(t, in, r)
	if r.Status != solver.Interrupted {
		t.Errorf("status %v, want %v", r.Status, solver.Interrupted)
	}
}

// Over a few generators a random solver gives more than one configuration.
func checkGenerator(t *testing.T, solve Solve) {
	in := ensembles[2].Draw(Lattice(t, "6x3", "periodic"), ising.Stream(4, "couplings", 0))
	seen := map[string]bool{}
	for k := range uint64(8) {
		r, err := solve(context.Background(), in, ising.Stream(1, "solver", k))
		if err != nil {
			t.Fatal(err)
		}
		seen[fmt.Sprint(r.Spins)] = true
	}
	if len(seen) < 2 {
		t.Error("eight generators gave one configuration")
	}
}
