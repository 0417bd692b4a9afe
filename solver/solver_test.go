package solver_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/solvertest"
)

var (
	background = context.Background()
	gaussian   = ising.Ensemble{Couplings: ising.Gaussian}
	plusMinus  = ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}
)

func draw(t testing.TB, e ising.Ensemble, shape, boundary string, index uint64) *ising.Instance {
	t.Helper()
	return e.Draw(solvertest.Lattice(t, shape, boundary), ising.Stream(1, "couplings", index))
}

var engines = []solver.Engine{solver.Multispin, solver.Lanes, solver.Bipartite, solver.Sparse}

func TestSuite(t *testing.T) {
	random := solvertest.Traits{Random: true}
	exact := solvertest.Traits{Exact: true}
	t.Run("descend", func(t *testing.T) {
		solvertest.Run(t, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
			return solver.Descend(ctx, in, nil, rng)
		}, random)
	})
	for _, reads := range []int{2, 16} {
		t.Run(fmt.Sprint("anneal ", reads), func(t *testing.T) {
			solvertest.Run(t, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
				return solver.Anneal(ctx, in, &solver.AnnealSettings{Reads: reads, Sweeps: 20}, rng)
			}, random)
		})
	}
	for _, engine := range engines {
		t.Run("anneal "+string(engine), func(t *testing.T) {
			solvertest.Run(t, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
				set := &solver.AnnealSettings{Engine: engine, Reads: 2, Sweeps: 10}
				r, err := solver.Anneal(ctx, in, set, rng)
				if errors.Is(err, solver.ErrSettings) { // the instance is not of its kind
					set.Engine = ""
					return solver.Anneal(ctx, in, set, rng)
				}
				return r, err
			}, random)
		})
	}
	t.Run("temper", func(t *testing.T) {
		solvertest.Run(t, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
			return solver.Temper(ctx, in, &solver.TemperSettings{Families: 1, Sweeps: 20}, rng)
		}, random)
	})
	t.Run("refine", func(t *testing.T) {
		solvertest.Run(t, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
			return solver.Refine(ctx, in, &solver.RefineSettings{Width: 2, Passes: 1}, rng)
		}, random)
	})
	t.Run("renormalise", func(t *testing.T) {
		solvertest.Run(t, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
			return solver.Renormalise(ctx, in, &solver.RenormaliseSettings{Sweeps: 5}, rng)
		}, random)
	})
	t.Run("spanning tree", func(t *testing.T) {
		solvertest.Run(t, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
			return solver.SpanningTree(ctx, in, nil, rng)
		}, random)
	})
	t.Run("spanning tree with descent", func(t *testing.T) {
		solvertest.Run(t, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
			return solver.SpanningTree(ctx, in, &solver.SpanningTreeSettings{Descent: true}, rng)
		}, random)
	})
	for _, method := range []solver.Method{"", solver.Packing, solver.Exhaustive, solver.Transfer} {
		t.Run("exact "+string(method), func(t *testing.T) {
			solvertest.Run(t, func(ctx context.Context, in *ising.Instance, _ *rand.Rand) (*solver.Result, error) {
				return solver.Exact(ctx, in, &solver.ExactSettings{Method: method})
			}, exact)
		})
	}
}

func exact(t testing.TB, in *ising.Instance, method solver.Method) *solver.Result {
	t.Helper()
	r, err := solver.Exact(background, in, &solver.ExactSettings{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	solvertest.CheckResult(t, in, r)
	return r
}

// The two exact methods share no code; hundreds of instances of every kind.
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
		a, b := exact(t, in, solver.Exhaustive), exact(t, in, solver.Transfer)
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
		want := exact(t, in, solver.Transfer).Energy
		for k, y := range l.Symmetries() {
			if got := exact(t, y.Instance(in), solver.Transfer).Energy; math.Abs(got-want) > in.Rounding() {
				t.Errorf("%v: energy %v of image %d, want %v", l, got, k, want)
			}
		}
		r, err := solver.Descend(background, in, nil, rng)
		if err != nil {
			t.Fatal(err)
		}
		if got := exact(t, in.Gauge(r.Spins), solver.Transfer).Energy; math.Abs(got-want) > in.Rounding() {
			t.Errorf("%v: energy %v in another gauge, want %v", l, got, want)
		}
	}

	free := draw(t, gaussian, "7x8", "free", 0)
	torus, err := ising.NewInstance(solvertest.Lattice(t, "7x8", "periodic"), free.J)
	if err != nil {
		t.Fatal(err)
	}
	want := exact(t, free, solver.Transfer).Energy
	if got := exact(t, torus, solver.Transfer).Energy; math.Abs(got-want) > free.Rounding() {
		t.Errorf("torus without bonds across: energy %v, want %v", got, want)
	}
}

// Annealing that is given time finds the energies that the transfer matrix proves.
func TestAnnealReachesTransfer(t *testing.T) {
	for _, c := range [][2]string{{"16x8", "free"}, {"8x8", "periodic"}, {"30x6", "cylinder"}} {
		in := draw(t, plusMinus, c[0], c[1], 0)
		want := exact(t, in, solver.Transfer).Energy
		r, err := solver.Anneal(background, in, &solver.AnnealSettings{Reads: 20, Sweeps: 1000}, ising.Stream(1, "solver", 0))
		if err != nil {
			t.Fatal(err)
		}
		if r.Energy != want {
			t.Errorf("%s %s: annealed to %v, proven %v", c[0], c[1], r.Energy, want)
		}
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
			in := draw(t, plusMinus, c.shape, c.boundary, k)
			e := exact(t, in, solver.Transfer).Energy / float64(in.Sites())
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
	in := draw(t, gaussian, "10x10", "periodic", 0)
	ctx, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	r, err := solver.Exact(ctx, in, &solver.ExactSettings{Method: solver.Transfer})
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
		method          solver.Method
	}{
		{"5x5", "free", solver.Exhaustive}, {"17x17", "free", solver.Transfer}, {"11x11", "periodic", solver.Transfer},
		{"17x11", "periodic,free", solver.Transfer}, {"5x5x5", "free", solver.Transfer}, {"100000x16", "free", solver.Transfer},
	} {
		in := draw(t, gaussian, c.shape, c.boundary, 0)
		_, err := solver.Exact(background, in, &solver.ExactSettings{Method: c.method})
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
		err := solver.CheckExact(solvertest.Lattice(t, c.shape, c.boundary))
		if c.fits != (err == nil) || !c.fits && !(errors.Is(err, solver.ErrTooLarge) && strings.Contains(err.Error(), c.shape)) {
			t.Errorf("%s %s: CheckExact says %v", c.shape, c.boundary, err)
		}
	}
}

// Solve proves small complete graphs, and bounds larger ones within the time for it.
func TestSolveComplete(t *testing.T) {
	for _, n := range []int{20, 40} {
		var ends [][2]int
		var J []float64
		rng := ising.Stream(9, "complete", 0)
		for i := range n {
			for j := range i {
				ends, J = append(ends, [2]int{j, i}), append(J, float64(2*rng.IntN(2)-1))
			}
		}
		l, err := ising.NewGraph(n, ends)
		if err != nil {
			t.Fatal(err)
		}
		in, err := ising.NewInstance(l, J)
		if err != nil {
			t.Fatal(err)
		}
		if err := solver.CheckExact(l); (err == nil) != (n == 20) {
			t.Errorf("%d vertices: CheckExact says %v", n, err)
		}
		r, err := solver.Solve(t.Context(), in, nil, rng)
		switch {
		case err != nil:
			t.Fatal(err)
		case n == 20 && (r.Status != solver.Proven || r.BoundStopped != 0):
			t.Errorf("20 vertices: %v, bound stopped after %v", r.Status, r.BoundStopped)
		case n == 40 && (r.Status != solver.Heuristic || r.Bound > r.Energy || r.BoundStopped != 0 && r.BoundStopped != solver.BoundTime(l)):
			t.Errorf("40 vertices: %v, energy %v, bound %v, stopped after %v", r.Status, r.Energy, r.Bound, r.BoundStopped)
		}
	}
}

func TestExactSettings(t *testing.T) {
	in := draw(t, gaussian, "3x3x3", "free", 0)
	for _, set := range []solver.ExactSettings{{Method: "magic"}, {Method: solver.Matching}, {TimeLimit: -1}} {
		if _, err := solver.Exact(background, in, &set); !errors.Is(err, solver.ErrSettings) {
			t.Errorf("%+v: %v", set, err)
		}
	}
}

func TestAnnealSettings(t *testing.T) {
	in := draw(t, gaussian, "8x8", "periodic", 0)
	anneal := func(set solver.AnnealSettings) *solver.Result {
		t.Helper()
		r, err := solver.Anneal(background, in, &set, ising.Stream(1, "solver", 0))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	base := solver.AnnealSettings{Engine: solver.Sparse, Reads: 3, Sweeps: 20, Independent: true}
	want := anneal(base)
	if want.Reads != 3 || want.Sweeps != 60 || want.Updates != 60*64 || want.Flips == 0 {
		t.Errorf("stats %+v", want.Stats)
	}
	for name, change := range map[string]func(*solver.AnnealSettings){
		"Sweeps":   func(s *solver.AnnealSettings) { s.Sweeps = 19 },
		"BetaMin":  func(s *solver.AnnealSettings) { s.BetaMin = 0.01 },
		"BetaMax":  func(s *solver.AnnealSettings) { s.BetaMax = 2 },
		"Schedule": func(s *solver.AnnealSettings) { s.Schedule = solver.Linear },
	} {
		set := base
		change(&set)
		if r := anneal(set); r.Flips == want.Flips {
			t.Errorf("%s has no effect", name)
		}
	}
	set := base
	set.Workers = 4
	if r := anneal(set); !slices.Equal(r.Spins, want.Spins) || r.Flips != want.Flips {
		t.Error("four workers give another result")
	}
	set = base
	set.Reads = 30
	if r := anneal(set); r.Energy > want.Energy {
		t.Errorf("30 reads end at %v, the first three of them at %v", r.Energy, want.Energy)
	}
	ground := exact(t, in, solver.Transfer)
	cold := solver.AnnealSettings{Engine: solver.Sparse, Start: ground.Spins, BetaMin: 100, BetaMax: 100, Reads: 1, Sweeps: 5}
	if r := anneal(cold); math.Abs(r.Energy-ground.Energy) > in.Rounding() || r.Sweeps != 5 {
		t.Errorf("from the ground state at β = 100: %v, want %v", r.Energy, ground.Energy)
	}
	for want, set := range map[string]solver.AnnealSettings{
		"Reads = -1": {Reads: -1}, "Sweeps = -3": {Sweeps: -3}, "Workers = -2": {Workers: -2}, "BetaMin = 3": {BetaMin: 3, BetaMax: 2},
		"BetaMax = -1": {BetaMax: -1}, "BetaMin = NaN": {BetaMin: math.NaN()}, "+Inf": {BetaMax: math.Inf(1)}, `Schedule = "cubic"`: {Schedule: "cubic"},
		`Engine = "steam"`: {Engine: "steam"}, "Engine = multispin": {Engine: solver.Multispin}, "TimeLimit = -1s": {TimeLimit: -time.Second},
		"TargetEnergy = NaN": {TargetEnergy: new(math.NaN())}, "3 spins": {Start: make([]int8, 3)}, "Start[0] = 0": {Start: make([]int8, 64)},
	} {
		if _, err := solver.Anneal(background, in, &set, ising.Stream(1, "solver", 0)); !errors.Is(err, solver.ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	bad := &solver.DescendSettings{Start: make([]int8, 2)}
	if _, err := solver.Descend(background, in, bad, nil); !errors.Is(err, solver.ErrSettings) {
		t.Errorf("descent from two spins: %v", err)
	}
}

// instanceOf returns an instance that the engine takes.
func instanceOf(t testing.TB, engine solver.Engine, shape string) *ising.Instance {
	t.Helper()
	if engine == solver.Multispin {
		return draw(t, plusMinus, shape, "periodic", 0)
	}
	return draw(t, gaussian, shape, "periodic", 0)
}

// What every setting does, in every engine.
func TestEngineSettings(t *testing.T) {
	for _, engine := range engines {
		t.Run(string(engine), func(t *testing.T) {
			in := instanceOf(t, engine, "24x24")
			anneal := func(set solver.AnnealSettings) *solver.Result {
				t.Helper()
				set.Engine = engine
				r, err := solver.Anneal(background, in, &set, ising.Stream(1, "solver", 0))
				if err != nil {
					t.Fatal(err)
				}
				solvertest.CheckResult(t, in, r)
				if len(r.ReadEnergies) != r.Reads || slices.Min(r.ReadEnergies) < r.Energy-in.Rounding() {
					t.Errorf("%d reads of energies %v, best %v", r.Reads, r.ReadEnergies, r.Energy)
				}
				return r
			}
			base := solver.AnnealSettings{Reads: 70, Sweeps: 10}
			want := anneal(base)
			for name, change := range map[string]func(*solver.AnnealSettings){
				"Reads": func(s *solver.AnnealSettings) { s.Reads = 140 }, "Sweeps": func(s *solver.AnnealSettings) { s.Sweeps = 11 },
				"BetaMin": func(s *solver.AnnealSettings) { s.BetaMin = 0.01 }, "BetaMax": func(s *solver.AnnealSettings) { s.BetaMax = 1 },
				"Schedule": func(s *solver.AnnealSettings) { s.Schedule = solver.Linear }, "Start": func(s *solver.AnnealSettings) { s.Start = want.Spins },
			} {
				set := base
				change(&set)
				if r := anneal(set); slices.Equal(r.ReadEnergies, want.ReadEnergies) {
					t.Errorf("%s has no effect", name)
				}
			}
			set := base
			set.Workers, set.TimeLimit = 4, time.Hour
			if r := anneal(set); !slices.Equal(r.Spins, want.Spins) || !slices.Equal(r.ReadEnergies, want.ReadEnergies) {
				t.Error("four workers with a time limit that is not met give another result")
			}
			set = base
			set.Independent = true
			if r := anneal(set); math.Abs(r.Energy-slices.Min(r.ReadEnergies)) > in.Rounding() {
				t.Errorf("independent reads: %v, the best of them %v", r.Energy, slices.Min(r.ReadEnergies))
			} else if want.Energy >= r.Energy-in.Rounding() {
				t.Errorf("reads combine to %v, the best of them is %v", want.Energy, r.Energy)
			}

			// A target that one group of reads in many reaches.
			set = solver.AnnealSettings{Reads: 2048, Sweeps: 10, TargetEnergy: new(want.Energy), Independent: true}
			one := anneal(set)
			if set.Workers = 4; !slices.Equal(one.Spins, anneal(set).Spins) || one.Energy > want.Energy+in.Rounding() && one.Reads < 2048 {
				t.Errorf("with a target of %v: %v after %d reads", want.Energy, one.Energy, one.Reads)
			}
			set = solver.AnnealSettings{Reads: 2048, Sweeps: 10, TargetEnergy: new(-1.0)}
			if r := anneal(set); r.Reads == 2048 || r.Energy > -1 {
				t.Errorf("with an easy target: %v after %d reads", r.Energy, r.Reads)
			}

			begin := time.Now()
			r := anneal(solver.AnnealSettings{TimeLimit: 30 * time.Millisecond})
			if r.Status != solver.TimeLimit || time.Since(begin) < 25*time.Millisecond || time.Since(begin) > 5*time.Second { // a machine that is busy
				t.Errorf("%v after %v", r.Status, time.Since(begin))
			}
			cold := anneal(solver.AnnealSettings{Start: want.Spins, BetaMin: 100, BetaMax: 100, Reads: 1, Sweeps: 5})
			if cold.Energy > want.Energy+in.Rounding() {
				t.Errorf("at β = 100 from %v to %v", want.Energy, cold.Energy)
			}
		})
	}
}

// A context that ends on the way leaves the best state so far.
func TestAnnealStops(t *testing.T) {
	for _, engine := range engines {
		in := instanceOf(t, engine, "20x20")
		ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
		r, err := solver.Anneal(ctx, in, &solver.AnnealSettings{Engine: engine, Sweeps: 1 << 40}, ising.Stream(1, "solver", 0))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%s: error %v, want the deadline", engine, err)
		}
		solvertest.CheckResult(t, in, r)
		if r.Status != solver.Interrupted || r.Energy > -0.5*float64(in.Sites()) {
			t.Errorf("%s: %v with energy %v", engine, r.Status, r.Energy)
		}
	}
}

// Graphs of every kind: dense, with triangles, a star of high degree, in parts.
func TestAnnealGraphs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for _, c := range []struct {
		name   string
		sites  int
		joined func(i, j int) bool
	}{
		{"complete", 14, func(i, j int) bool { return true }},
		{"star", 20, func(i, j int) bool { return i == 0 }},
		{"random", 18, func(i, j int) bool { return rng.IntN(5) == 0 }},
		{"two rings", 16, func(i, j int) bool { return i/8 == j/8 && (j == i+1 || j == i+7) }},
	} {
		var ends [][2]int
		for i := range c.sites {
			for j := i + 1; j < c.sites; j++ {
				if c.joined(i, j) {
					ends = append(ends, [2]int{i, j})
				}
			}
		}
		l, err := ising.NewGraph(c.sites, ends)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []ising.Ensemble{gaussian, plusMinus} {
			in := e.Draw(l, rng)
			want := solvertest.GroundEnergy(in)
			for _, engine := range append(engines, "") {
				r, err := solver.Anneal(background, in, &solver.AnnealSettings{Engine: engine, Reads: 30, Sweeps: 200}, rng)
				if errors.Is(err, solver.ErrSettings) && (engine == solver.Multispin || engine == solver.Bipartite) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if solvertest.CheckResult(t, in, r); r.Energy > want+in.Rounding() {
					t.Errorf("%s, %v, engine %q: %v, want %v", c.name, e, engine, r.Energy, want)
				}
			}
		}
	}
}

// The range of a degree that cannot be enumerated is that of the distribution: on the
// complete graph with couplings of variance 1 fields are normal with variance N-1.
func TestBetaRangeOfDenseGraph(t *testing.T) {
	const n = 101
	var ends [][2]int
	for i := range n {
		for j := range i {
			ends = append(ends, [2]int{i, j})
		}
	}
	l, err := ising.NewGraph(n, ends)
	if err != nil {
		t.Fatal(err)
	}
	low, high := solver.BetaRange(gaussian.Draw(l, ising.Stream(1, "couplings", 0)))
	if math.Abs(low*10-1) > 0.1 || high < 0.6 || high > 1.5 { // q is 0.126 σ, σ is 10
		t.Errorf("range %v to %v", low, high)
	}
}

// Combining is never worse than the better state and takes the best of every cluster.
func TestCombine(t *testing.T) {
	in := draw(t, gaussian, "16x16", "periodic", 3)
	set := solver.AnnealSettings{Engine: solver.Lanes, Reads: 64, Sweeps: 30, Independent: true}
	alone, err := solver.Anneal(background, in, &set, ising.Stream(1, "solver", 0))
	if err != nil {
		t.Fatal(err)
	}
	set.Independent = false
	together, err := solver.Anneal(background, in, &set, ising.Stream(1, "solver", 0))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(alone.ReadEnergies, together.ReadEnergies) || together.Energy >= alone.Energy {
		t.Errorf("best read %v, combined %v", alone.Energy, together.Energy)
	}
}

// The range scales with the couplings and is not moved by one tiny coupling.
func TestBetaRange(t *testing.T) {
	in := draw(t, gaussian, "16x16", "periodic", 0)
	low, high := solver.BetaRange(in)
	if !(low > 0.3 && low < 0.7 && high > 3 && high < 8) { // σ = 2 in two dimensions
		t.Errorf("range %v to %v of a Gaussian torus", low, high)
	}
	J := slices.Clone(in.J)
	for k := range J {
		J[k] *= 1e5
	}
	scaledLow, scaledHigh := solver.BetaRange(&ising.Instance{Lattice: in.Lattice, J: J})
	if math.Abs(scaledLow*1e5/low-1) > 1e-9 || math.Abs(scaledHigh*1e5/high-1) > 1e-9 {
		t.Errorf("couplings times 1e5: range %v to %v", scaledLow, scaledHigh)
	}
	J = slices.Clone(in.J)
	J[5] = 1e-12
	if _, moved := solver.BetaRange(&ising.Instance{Lattice: in.Lattice, J: J}); math.Abs(moved/high-1) > 0.05 {
		t.Errorf("one coupling of 1e-12 moves β_max from %v to %v", high, moved)
	}
	sparse := ising.Ensemble{Couplings: ising.Gaussian, Dilution: 0.999}.Draw(solvertest.Lattice(t, "64x64", "periodic"), ising.Stream(1, "couplings", 0))
	if low, _ := solver.BetaRange(sparse); low == 1 {
		t.Error("the few bonds of a diluted lattice were not seen")
	}
	if low, high := solver.BetaRange(&ising.Instance{Lattice: in.Lattice, J: make([]float64, len(J))}); low != 1 || high != 1 {
		t.Errorf("without couplings: %v to %v", low, high)
	}
}

// After tree descent no subtree of the tree lowers the energy; before, some did.
func TestTreeDescent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	improved := 0
	for _, c := range [][2]string{{"12x12", "periodic"}, {"9x14", "free"}, {"4x5x6", "cylinder"}} {
		for _, e := range []ising.Ensemble{gaussian, plusMinus, {Couplings: ising.Gaussian, Dilution: 0.5}} {
			in := e.Draw(solvertest.Lattice(t, c[0], c[1]), rng)
			tree := in.SpanningTree(in.J, rng)
			s := tree.Spins(in.J)
			before := in.Energy(s)
			flips := solver.TreeDescent(in, s, tree)
			after := in.Energy(s)
			if after > before || flips > 0 && after >= before {
				t.Errorf("%v: %d flips lead from %v to %v", in, flips, before, after)
			}
			if after < before {
				improved++
			}
			for v := range in.Sites() {
				flipped := slices.Clone(s)
				below := make([]bool, in.Sites())
				for _, i := range tree.Order {
					p := tree.Parent[i]
					if below[i] = int(i) == v || p >= 0 && below[p]; below[i] {
						flipped[i] = -s[i]
					}
				}
				if e := in.Energy(flipped); e < after-in.Rounding() {
					t.Fatalf("%v: flipping the subtree of %d lowers the energy from %v to %v", in, v, after, e)
				}
			}
		}
	}
	if improved < 6 {
		t.Errorf("only %d of 9 states were improved", improved)
	}
}

// Trees that the tree's own weights leave apart are flipped as a whole.
func TestTreeDescentOfForest(t *testing.T) {
	in, err := ising.NewInstance(solvertest.Lattice(t, "2x2", "free"), []float64{1, 1, 0, 0, 1, 0, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	s := []int8{1, 1, -1, -1}
	solver.TreeDescent(in, s, in.SpanningTree([]float64{0, 0, 0, 0, 1, 0, 1, 0}, nil))
	if got := in.Energy(s); got != -4 {
		t.Errorf("energy %v of a ferromagnet, want -4", got)
	}
}

func TestDescentEndsInLocalMinimum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	for _, e := range []ising.Ensemble{gaussian, plusMinus} {
		in := e.Draw(solvertest.Lattice(t, "20x20", "periodic"), rng)
		r, err := solver.Descend(background, in, nil, rng)
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Spins {
			if c := in.FlipCost(r.Spins, i); c < -in.Rounding() {
				t.Errorf("flipping %d would lower the energy by %v", i, -c)
			}
		}
		if solver.Descent(in, r.Spins) != 0 {
			t.Error("a second descent found more flips")
		}
	}
}

func TestStatusString(t *testing.T) {
	for s, want := range map[solver.Status]string{
		solver.Heuristic: "heuristic", solver.Proven: "proven", solver.Interrupted: "interrupted", solver.TimeLimit: "time limit", 7: "Status(7)",
	} {
		if got := s.String(); got != want {
			t.Errorf("%d: %q, want %q", int(s), got, want)
		}
	}
}

func ExampleAnneal() {
	l, err := ising.NewLattice([]int{6, 6}, []bool{true, true})
	if err != nil {
		panic(err)
	}
	in := ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}.Draw(l, ising.Stream(1, "couplings", 0))
	annealed, err := solver.Anneal(context.Background(), in, nil, ising.Stream(1, "solver", 0))
	if err != nil {
		panic(err)
	}
	exact, err := solver.Exact(context.Background(), in, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(annealed.Energy, annealed.Status)
	fmt.Println(exact.Energy, exact.Status)
	// Output:
	// -46 heuristic
	// -46 proven
}

func BenchmarkAnneal(b *testing.B) {
	for _, c := range []struct {
		name, shape string
		ensemble    ising.Ensemble
	}{
		{"2D/gaussian/L=16", "16x16", gaussian}, {"2D/gaussian/L=64", "64x64", gaussian},
		{"2D/pm/L=64", "64x64", plusMinus}, {"3D/gaussian/L=8", "8x8x8", gaussian},
	} {
		b.Run(c.name, func(b *testing.B) {
			in := draw(b, c.ensemble, c.shape, "periodic", 0)
			b.ReportAllocs()
			updates := int64(0)
			for b.Loop() {
				r, err := solver.Anneal(background, in, &solver.AnnealSettings{Reads: 1, Sweeps: 100}, ising.Stream(1, "solver", 0))
				if err != nil {
					b.Fatal(err)
				}
				updates += r.Updates
			}
			b.ReportMetric(float64(updates)/float64(b.Elapsed().Nanoseconds()), "updates/ns")
		})
	}
}

// BenchmarkSchedules reports the mean energy per site of single reads with the
// default range of β (1/1) and with either end halved or doubled: what BetaRange
// rests on. Run it with -benchtime 1x.
func BenchmarkSchedules(b *testing.B) {
	const instances = 60
	for _, c := range []struct {
		name, shape string
		ensemble    ising.Ensemble
	}{
		{"2D/gaussian", "16x16", gaussian}, {"2D/uniform", "16x16", ising.Ensemble{Couplings: ising.Uniform}}, {"2D/pm", "16x16", plusMinus},
		{"3D/gaussian", "6x6x6", gaussian}, {"3D/pm", "6x6x6", plusMinus},
	} {
		for _, sweeps := range []int{100, 1000} {
			for _, s := range []struct {
				schedule  solver.Schedule
				low, high float64
			}{{solver.Geometric, 1, 1}, {solver.Linear, 1, 1}, {solver.Geometric, 2, 1}, {solver.Geometric, 0.5, 1}, {solver.Geometric, 1, 0.5}, {solver.Geometric, 1, 2}} {
				b.Run(fmt.Sprintf("%s/sweeps=%d/%s/%v/%v", c.name, sweeps, s.schedule, s.low, s.high), func(b *testing.B) {
					sum := 0.0
					for b.Loop() {
						sum = 0
						for k := range uint64(instances) {
							in := draw(b, c.ensemble, c.shape, "periodic", k)
							low, high := solver.BetaRange(in)
							r, err := solver.Anneal(background, in, &solver.AnnealSettings{
								Reads: 1, Sweeps: sweeps, Schedule: s.schedule, BetaMin: s.low * low, BetaMax: s.high * high,
							}, ising.Stream(1, "solver", k))
							if err != nil {
								b.Fatal(err)
							}
							sum += r.Energy / float64(in.Sites())
						}
					}
					b.ReportMetric(sum/instances, "J/site")
				})
			}
		}
	}
}

func BenchmarkDescent(b *testing.B) {
	in := draw(b, gaussian, "16x16", "periodic", 0)
	begin, err := solver.Descend(background, in, &solver.DescendSettings{Start: slices.Repeat([]int8{1}, 256)}, nil)
	if err != nil {
		b.Fatal(err)
	}
	s := slices.Clone(begin.Spins)
	b.ReportAllocs()
	for b.Loop() {
		for i := range s {
			s[i] = 1
		}
		if solver.Descent(in, s); s[0] != begin.Spins[0] {
			b.Fatal("another minimum")
		}
	}
}

func BenchmarkTransfer(b *testing.B) {
	for _, c := range [][2]string{{"16x16", "free"}, {"16x16", "cylinder"}, {"10x10", "periodic"}} {
		b.Run(c[1]+"/"+c[0], func(b *testing.B) {
			in := draw(b, gaussian, c[0], c[1], 0)
			for b.Loop() {
				exact(b, in, solver.Transfer)
			}
		})
	}
}

func BenchmarkTreeDescent(b *testing.B) {
	for _, side := range []string{"16", "64"} {
		b.Run("L="+side, func(b *testing.B) {
			in := draw(b, gaussian, side+"x"+side, "periodic", 0)
			tree := in.SpanningTree(in.J, nil)
			b.ReportAllocs()
			for b.Loop() {
				solver.TreeDescent(in, tree.Spins(in.J), tree)
			}
		})
	}
}
