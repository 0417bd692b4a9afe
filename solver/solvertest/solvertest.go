package solvertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"spinlearn/ising"
	"spinlearn/solver"
)

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
	l, err := ising.ParseLattice(sides, boundary)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What most tests draw from.
var (
	Gaussian  = ising.Ensemble{Couplings: ising.Gaussian}
	PlusMinus = ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}
)

// Draw draws the instance of an index on a lattice in the words of package ising.
func Draw(t testing.TB, e ising.Ensemble, shape, boundary string, index uint64) *ising.Instance {
	t.Helper()
	return e.Draw(Lattice(t, shape, boundary), ising.Stream(1, "couplings", index))
}

// Graph joins every two of n sites with probability p.
func Graph(t testing.TB, n int, p float64, rng *rand.Rand) *ising.Lattice {
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

// Clock returns a clock that moves by a step whenever it is looked at, and how far it has
// moved.
func Clock(step time.Duration) (now, moved func() time.Duration) {
	const begin = time.Hour
	var looks atomic.Int64
	moved = func() time.Duration { return time.Duration(looks.Load()) * step }
	return func() time.Duration { return begin + time.Duration(looks.Add(1))*step }, moved
}

// Run checks a solver on small instances of all kinds. Those that it does not take are
// skipped, but it must take some.
func Run(t *testing.T, s solver.Solver, traits Traits) {
	if s.Name() == "" {
		t.Error("a solver without a name")
	}
	accepted := 0
	for _, l := range lattices {
		for _, e := range ensembles {
			t.Run(fmt.Sprintf("%s %s %+v", l.shape, l.boundary, e), func(t *testing.T) {
				in := Draw(t, e, l.shape, l.boundary, 0)
				if err := s.Check(in); err != nil {
					checkRefused(t, in, s)
					t.Skip(err)
				}
				accepted++
				checkInstance(t, in, groundEnergy(in), s, traits)
			})
		}
	}
	if accepted == 0 {
		t.Error("the solver takes no instance")
	}
	t.Run("scale", func(t *testing.T) { checkScale(t, s) })
	t.Run("cancelled", func(t *testing.T) { checkCancelled(t, s) })
	t.Run("time limit", func(t *testing.T) { checkLimit(t, s, traits) })
	t.Run("target", func(t *testing.T) { checkTarget(t, s, traits) })
	t.Run("concurrent", func(t *testing.T) { checkConcurrent(t, s) })
	if traits.Random {
		t.Run("generator", func(t *testing.T) { checkGenerator(t, s) })
	}
}

// taken returns the first instance that the solver takes, of those of the lattices and, on
// each, of the ensembles.
func taken(t *testing.T, s solver.Solver, index uint64, shapes ...[2]string) *ising.Instance {
	t.Helper()
	for _, l := range shapes {
		for _, e := range ensembles {
			if in := Draw(t, e, l[0], l[1], index); s.Check(in) == nil {
				return in
			}
		}
	}
	t.Skipf("%s takes no instance on %v", s.Name(), shapes)
	return nil
}

// solve solves an instance from the first generator.
func solve(t *testing.T, s solver.Solver, in *ising.Instance, budget solver.Budget) *solver.Result {
	t.Helper()
	r, err := s.Solve(context.Background(), in, budget, ising.Stream(1, "solver", 0))
	if err != nil {
		t.Fatal(err)
	}
	CheckResult(t, in, r)
	return r
}

// What Check refuses Solve refuses too, with the same words.
func checkRefused(t *testing.T, in *ising.Instance, s solver.Solver) {
	want := s.Check(in)
	if !errors.Is(want, solver.ErrSettings) && !errors.Is(want, solver.ErrTooLarge) {
		t.Errorf("Check fails with %v, which wraps none of the package's errors", want)
	}
	if r, err := s.Solve(context.Background(), in, solver.Budget{}, ising.Stream(1, "solver", 0)); err == nil || err.Error() != want.Error() || r != nil {
		t.Errorf("Solve returns %v and the error %v, Check the error %v", r, err, want)
	}
}

func checkInstance(t *testing.T, in *ising.Instance, ground float64, s solver.Solver, traits Traits) {
	before := slices.Clone(in.J)
	r := solve(t, s, in, solver.Budget{})
	if !slices.Equal(in.J, before) {
		t.Error("the couplings were changed")
	}
	if again := solve(t, s, in, solver.Budget{}); !slices.Equal(r.Spins, again.Spins) {
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
func checkScale(t *testing.T, s solver.Solver) {
	in := taken(t, s, 1, [2]string{"4x4", "periodic"})
	want := solve(t, s, in, solver.Budget{})
	for _, factor := range []float64{1 << 20, 1.0 / (1 << 20)} {
		J := slices.Clone(in.J)
		for k := range J {
			J[k] *= factor
		}
		got := solve(t, s, &ising.Instance{Lattice: in.Lattice, J: J}, solver.Budget{})
		if !slices.Equal(got.Spins, want.Spins) {
			t.Errorf("couplings times %v: energy %v, want %v", factor, got.Energy/factor, want.Energy)
		}
	}
}

func checkCancelled(t *testing.T, s solver.Solver) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	// Large enough that no solver ends before it looks at the context.
	in := taken(t, s, 2, [2]string{"4x6", "free"})
	r, err := s.Solve(ctx, in, solver.Budget{}, ising.Stream(1, "solver", 0))
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

// A limit ends the search soon after it has passed, if it is not over before, and takes the
// same course by the same clock.
func checkLimit(t *testing.T, s solver.Solver, traits Traits) {
	in := taken(t, s, 2, [2]string{"4x6", "free"})
	over := solver.Heuristic
	if traits.Exact {
		over = solver.Proven
	}
	const step = 50 * time.Microsecond
	for _, limit := range []time.Duration{1, 10 * step, 1000 * step} {
		now, moved := Clock(step)
		r := solve(t, s, in, solver.Budget{Limit: limit, Clock: now})
		if r.Status != over && r.Status != solver.TimeLimit {
			t.Errorf("limit %v: status %v, want %v or %v", limit, r.Status, over, solver.TimeLimit)
		}
		// Each group of reads and each family looks at the clock once more.
		if most := limit + 500*step; moved() > most {
			t.Errorf("limit %v: still searching after %v", limit, moved())
		}
		now, _ = Clock(step)
		if again := solve(t, s, in, solver.Budget{Limit: limit, Clock: now}); !slices.Equal(r.Spins, again.Spins) || r.Status != again.Status {
			t.Errorf("limit %v: another search by the same clock", limit)
		}
	}
}

// A target that any configuration reaches ends no search without a result, and one that none
// reaches changes nothing.
func checkTarget(t *testing.T, s solver.Solver, traits Traits) {
	in := taken(t, s, 2, [2]string{"4x6", "free"})
	want := solve(t, s, in, solver.Budget{})
	sum := in.Summary().Sum
	if got := solve(t, s, in, solver.Budget{Target: new(-2 * sum)}); !slices.Equal(got.Spins, want.Spins) || got.Status != want.Status {
		t.Errorf("a target out of reach: %v, %v, without one %v, %v", got.Energy, got.Status, want.Energy, want.Status)
	}
	for _, target := range []float64{2 * sum, want.Energy} {
		got := solve(t, s, in, solver.Budget{Target: &target})
		if got.Status != want.Status || in.Below(target, got.Energy) || traits.Exact && got.Energy != want.Energy {
			t.Errorf("target %v: %v, %v, without one %v, %v", target, got.Energy, got.Status, want.Energy, want.Status)
		}
	}
}

// Searches at the same time do not disturb each other.
func checkConcurrent(t *testing.T, s solver.Solver) {
	in := taken(t, s, 2, [2]string{"4x6", "free"})
	want := solve(t, s, in, solver.Budget{})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			r, err := s.Solve(context.Background(), in, solver.Budget{}, ising.Stream(1, "solver", 0))
			if err != nil || !slices.Equal(r.Spins, want.Spins) {
				t.Errorf("one of three searches at a time: %v", err)
			}
		})
	}
	all.Wait()
}

// Over a few generators a random solver gives more than one configuration.
func checkGenerator(t *testing.T, s solver.Solver) {
	for _, l := range [][2]string{{"6x3", "periodic"}, {"4x4", "periodic"}} {
		in := Draw(t, PlusMinus, l[0], l[1], 3)
		if s.Check(in) != nil {
			continue
		}
		seen := map[string]bool{}
		for k := range uint64(8) {
			r, err := s.Solve(context.Background(), in, solver.Budget{}, ising.Stream(1, "solver", k))
			if err != nil {
				t.Fatal(err)
			}
			seen[fmt.Sprint(r.Spins)] = true
		}
		if len(seen) < 2 {
			t.Error("eight generators gave one configuration")
		}
		return
	}
	t.Error("a random solver that takes no instance of the test")
}
