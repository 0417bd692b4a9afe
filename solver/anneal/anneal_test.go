package anneal_test

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
	"spinlearn/solver/anneal"
	"spinlearn/solver/exact"
	"spinlearn/solver/solvertest"
)

var (
	gaussian  = solvertest.Gaussian
	plusMinus = solvertest.PlusMinus
	engines   = []anneal.Engine{anneal.Multispin, anneal.Lanes, anneal.Bipartite, anneal.Sparse}
)

// A change is what a test changes of the default settings.
type change func(*anneal.Settings)

func settings(changes ...change) *anneal.Settings {
	set := anneal.Default()
	for _, c := range changes {
		c(set)
	}
	return set
}

// reads sets the number of reads and their length.
func reads(n, sweeps int) change {
	return func(s *anneal.Settings) { s.Reads, s.Sweeps = n, sweeps }
}

func with(engine anneal.Engine) change {
	return func(s *anneal.Settings) { s.Engine = engine }
}

func independent(s *anneal.Settings) { s.Independent = true }

// run solves an instance from the first generator.
func run(t testing.TB, in *ising.Instance, budget solver.Budget, changes ...change) *solver.Result {
	t.Helper()
	r, err := settings(changes...).Solve(t.Context(), in, budget, ising.Stream(1, "solver", 0))
	if err != nil {
		t.Fatal(err)
	}
	solvertest.CheckResult(t, in, r)
	return r
}

// ground returns a proven ground state.
func ground(t testing.TB, in *ising.Instance) *solver.Result {
	t.Helper()
	r, err := exact.Default().Solve(t.Context(), in, solver.Budget{}, nil)
	if err != nil || r.Status != solver.Proven {
		t.Fatal(r, err)
	}
	return r
}

// contraction is a [anneal.Contraction] as a solver.
type contraction struct{ *anneal.Contraction }

func (contraction) Name() string                { return "contraction" }
func (contraction) Check(*ising.Instance) error { return nil }

func TestSuite(t *testing.T) {
	random := solvertest.Traits{Random: true}
	for _, n := range []int{2, 16} {
		t.Run(fmt.Sprint("anneal ", n), func(t *testing.T) { solvertest.Run(t, settings(reads(n, 20)), random) })
	}
	for _, engine := range engines {
		t.Run("anneal "+string(engine), func(t *testing.T) { solvertest.Run(t, settings(with(engine), reads(2, 10)), random) })
	}
	t.Run("anneal until the limit", func(t *testing.T) { solvertest.Run(t, anneal.Default(), random) })
	t.Run("contraction", func(t *testing.T) {
		solvertest.Run(t, contraction{&anneal.Contraction{Sweeps: 5}}, random)
	})
}

// Annealing that is given time finds the energies that the transfer matrix proves.
func TestAnnealReachesTransfer(t *testing.T) {
	for _, c := range [][2]string{{"16x8", "free"}, {"8x8", "periodic"}, {"30x6", "cylinder"}} {
		in := solvertest.Draw(t, plusMinus, c[0], c[1], 0)
		want := ground(t, in).Energy
		if r := run(t, in, solver.Budget{}, reads(20, 1000)); r.Energy != want {
			t.Errorf("%s %s: annealed to %v, proven %v", c[0], c[1], r.Energy, want)
		}
	}
}

func TestAnnealSettings(t *testing.T) {
	in := solvertest.Draw(t, gaussian, "8x8", "periodic", 0)
	base := []change{with(anneal.Sparse), reads(3, 20), independent}
	solve := func(changes ...change) *solver.Result {
		t.Helper()
		return run(t, in, solver.Budget{}, append(slices.Clip(base), changes...)...)
	}
	want := solve()
	if want.Reads != 3 || want.Sweeps != 60 || want.Updates != 60*64 || want.Flips == 0 {
		t.Errorf("stats %+v", want.Stats)
	}
	for name, c := range map[string]change{
		"Sweeps":   func(s *anneal.Settings) { s.Sweeps = 19 },
		"BetaMin":  func(s *anneal.Settings) { s.BetaMin = 0.01 },
		"BetaMax":  func(s *anneal.Settings) { s.BetaMax = 2 },
		"Schedule": func(s *anneal.Settings) { s.Schedule = anneal.Linear },
	} {
		if r := solve(c); r.Flips == want.Flips {
			t.Errorf("%s has no effect", name)
		}
	}
	if r := solve(func(s *anneal.Settings) { s.Workers = 4 }); !slices.Equal(r.Spins, want.Spins) || r.Flips != want.Flips {
		t.Error("four workers give another result")
	}
	if r := solve(func(s *anneal.Settings) { s.Reads = 30 }); r.Energy > want.Energy {
		t.Errorf("30 reads end at %v, the first three of them at %v", r.Energy, want.Energy)
	}
	least := ground(t, in)
	cold := func(s *anneal.Settings) { s.Start, s.BetaMin, s.BetaMax = least.Spins, 100, 100 }
	if r := run(t, in, solver.Budget{}, with(anneal.Sparse), reads(1, 5), cold); math.Abs(r.Energy-least.Energy) > in.Rounding() || r.Sweeps != 5 {
		t.Errorf("from the ground state at β = 100: %v, want %v", r.Energy, least.Energy)
	}
	for want, c := range map[string]change{
		"Reads = -2": reads(-2, anneal.Auto), "Reads = 0": reads(0, anneal.Auto), "Reads = 1048577": reads(1<<20+1, anneal.Auto),
		"Sweeps = -3": reads(1, -3), "Sweeps = 0": reads(1, 0),
		"Workers = -1": func(s *anneal.Settings) { s.Workers = -1 }, "Workers = 0": func(s *anneal.Settings) { s.Workers = 0 },
		"BetaMin = 3": func(s *anneal.Settings) { s.BetaMin, s.BetaMax = 3, 2 }, "BetaMin = 0": func(s *anneal.Settings) { s.BetaMin = 0 },
		"BetaMax = -2": func(s *anneal.Settings) { s.BetaMax = -2 }, "BetaMax = 0": func(s *anneal.Settings) { s.BetaMax = 0 },
		"BetaMin = NaN": func(s *anneal.Settings) { s.BetaMin = math.NaN() }, "+Inf": func(s *anneal.Settings) { s.BetaMax = math.Inf(1) },
		`Schedule = "cubic"`: func(s *anneal.Settings) { s.Schedule = "cubic" }, `Schedule = ""`: func(s *anneal.Settings) { s.Schedule = "" },
		`Engine = "steam"`: with("steam"), `Engine = ""`: with(""), "Engine = multispin": with(anneal.Multispin),
		"start of 3 spins": func(s *anneal.Settings) { s.Start = make([]int8, 3) }, "start has spin 0 at site 0": func(s *anneal.Settings) { s.Start = make([]int8, 64) },
	} {
		refused(t, in, want, solver.Budget{}, c)
	}
	refused(t, in, "time limit -1s", solver.Budget{Limit: -time.Second})
	refused(t, in, "target energy NaN", solver.Budget{Target: new(math.NaN())})
}

func refused(t *testing.T, in *ising.Instance, want string, budget solver.Budget, changes ...change) {
	t.Helper()
	_, err := settings(changes...).Solve(t.Context(), in, budget, ising.Stream(1, "solver", 0))
	if !errors.Is(err, solver.ErrSettings) || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v", want, err)
	}
}

// instanceOf returns an instance that the engine takes.
func instanceOf(t testing.TB, engine anneal.Engine, shape string) *ising.Instance {
	t.Helper()
	if engine == anneal.Multispin {
		return solvertest.Draw(t, plusMinus, shape, "periodic", 0)
	}
	return solvertest.Draw(t, gaussian, shape, "periodic", 0)
}

// What every setting does, in every engine.
func TestEngineSettings(t *testing.T) {
	for _, engine := range engines {
		t.Run(string(engine), func(t *testing.T) {
			in := instanceOf(t, engine, "24x24")
			solve := func(budget solver.Budget, changes ...change) *solver.Result {
				t.Helper()
				r := run(t, in, budget, append(slices.Clip(changes), with(engine))...)
				if len(r.ReadEnergies) != r.Reads || slices.Min(r.ReadEnergies) < r.Energy-in.Rounding() {
					t.Errorf("%d reads of energies %v, best %v", r.Reads, r.ReadEnergies, r.Energy)
				}
				return r
			}
			base, four := reads(70, 10), func(s *anneal.Settings) { s.Workers = 4 }
			want := solve(solver.Budget{}, base)
			for name, c := range map[string]change{
				"Reads": func(s *anneal.Settings) { s.Reads = 140 }, "Sweeps": func(s *anneal.Settings) { s.Sweeps = 11 },
				"BetaMin": func(s *anneal.Settings) { s.BetaMin = 0.01 }, "BetaMax": func(s *anneal.Settings) { s.BetaMax = 1 },
				"Schedule": func(s *anneal.Settings) { s.Schedule = anneal.Linear }, "Start": func(s *anneal.Settings) { s.Start = want.Spins },
			} {
				if r := solve(solver.Budget{}, base, c); slices.Equal(r.ReadEnergies, want.ReadEnergies) {
					t.Errorf("%s has no effect", name)
				}
			}
			if r := solve(solver.Budget{Limit: time.Hour}, base, four); !slices.Equal(r.Spins, want.Spins) || !slices.Equal(r.ReadEnergies, want.ReadEnergies) {
				t.Error("four workers with a time limit that is not met give another result")
			}
			if r := solve(solver.Budget{}, base, independent); math.Abs(r.Energy-slices.Min(r.ReadEnergies)) > in.Rounding() {
				t.Errorf("independent reads: %v, the best of them %v", r.Energy, slices.Min(r.ReadEnergies))
			} else if want.Energy >= r.Energy-in.Rounding() {
				t.Errorf("reads combine to %v, the best of them is %v", want.Energy, r.Energy)
			}

			// A target that one group of reads in many reaches.
			hard := solver.Budget{Target: new(want.Energy)}
			one := solve(hard, reads(2048, 10), independent)
			if !slices.Equal(one.Spins, solve(hard, reads(2048, 10), independent, four).Spins) || one.Energy > want.Energy+in.Rounding() && one.Reads < 2048 {
				t.Errorf("with a target of %v: %v after %d reads", want.Energy, one.Energy, one.Reads)
			}
			if r := solve(solver.Budget{Target: new(-1.0)}, reads(2048, 10)); r.Reads == 2048 || r.Energy > -1 {
				t.Errorf("with an easy target: %v after %d reads", r.Energy, r.Reads)
			}

			begin := time.Now()
			r := solve(solver.Budget{Limit: 30 * time.Millisecond})
			if r.Status != solver.TimeLimit || time.Since(begin) < 25*time.Millisecond || time.Since(begin) > 5*time.Second { // a machine that is busy
				t.Errorf("%v after %v", r.Status, time.Since(begin))
			}
			cold := solve(solver.Budget{}, reads(1, 5), func(s *anneal.Settings) { s.Start, s.BetaMin, s.BetaMax = want.Spins, 100, 100 })
			if cold.Energy > want.Energy+in.Rounding() {
				t.Errorf("at β = 100 from %v to %v", want.Energy, cold.Energy)
			}
		})
	}
}

// Under a limit, groups of reads share the time: by a clock that moves when it is looked at.
func TestReadsShareTheTime(t *testing.T) {
	// Three groups of each engine.
	for engine, three := range map[anneal.Engine]int{anneal.Multispin: 1500, anneal.Lanes: 40, anneal.Bipartite: 40, anneal.Sparse: 3} {
		in := instanceOf(t, engine, "12x12")
		sweeps := func(n int, limit time.Duration) int {
			now, _ := solvertest.Clock(50 * time.Microsecond)
			r := run(t, in, solver.Budget{Limit: limit, Clock: now}, with(engine), reads(n, anneal.Auto), independent)
			if r.Reads < n {
				t.Errorf("%s: %d of %d reads", engine, r.Reads, n)
			}
			return r.Stats.Sweeps / r.Reads
		}
		short, long, shared := sweeps(1, 20*time.Millisecond), sweeps(1, 200*time.Millisecond), sweeps(three, 200*time.Millisecond)
		if long < 8*short || 6*shared < long || 2*shared > long {
			t.Errorf("%s: reads of %d, %d and, where they share, %d sweeps", engine, short, long, shared)
		}
	}
}

// A context that ends on the way leaves the best state so far.
func TestAnnealStops(t *testing.T) {
	for _, engine := range engines {
		in := instanceOf(t, engine, "20x20")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		r, err := settings(with(engine), reads(anneal.Auto, 1<<40)).Solve(ctx, in, solver.Budget{}, ising.Stream(1, "solver", 0))
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
			for _, engine := range append(engines, anneal.AutoEngine) {
				r, err := settings(with(engine), reads(30, 200)).Solve(t.Context(), in, solver.Budget{}, rng)
				if errors.Is(err, solver.ErrSettings) && (engine == anneal.Multispin || engine == anneal.Bipartite) {
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
	low, high := anneal.BetaRange(gaussian.Draw(l, ising.Stream(1, "couplings", 0)))
	if math.Abs(low*10-1) > 0.1 || high < 0.6 || high > 1.5 { // q is 0.126 σ, σ is 10
		t.Errorf("range %v to %v", low, high)
	}
}

// Combining is never worse than the better state and takes the best of every cluster.
func TestCombine(t *testing.T) {
	in := solvertest.Draw(t, gaussian, "16x16", "periodic", 3)
	alone := run(t, in, solver.Budget{}, with(anneal.Lanes), reads(64, 30), independent)
	together := run(t, in, solver.Budget{}, with(anneal.Lanes), reads(64, 30))
	if !slices.Equal(alone.ReadEnergies, together.ReadEnergies) || together.Energy >= alone.Energy {
		t.Errorf("best read %v, combined %v", alone.Energy, together.Energy)
	}
}

// The range scales with the couplings and is not moved by one tiny coupling.
func TestBetaRange(t *testing.T) {
	in := solvertest.Draw(t, gaussian, "16x16", "periodic", 0)
	low, high := anneal.BetaRange(in)
	if !(low > 0.3 && low < 0.7 && high > 3 && high < 8) { // σ = 2 in two dimensions
		t.Errorf("range %v to %v of a Gaussian torus", low, high)
	}
	J := slices.Clone(in.J)
	for k := range J {
		J[k] *= 1e5
	}
	scaledLow, scaledHigh := anneal.BetaRange(&ising.Instance{Lattice: in.Lattice, J: J})
	if math.Abs(scaledLow*1e5/low-1) > 1e-9 || math.Abs(scaledHigh*1e5/high-1) > 1e-9 {
		t.Errorf("couplings times 1e5: range %v to %v", scaledLow, scaledHigh)
	}
	J = slices.Clone(in.J)
	J[5] = 1e-12
	if _, moved := anneal.BetaRange(&ising.Instance{Lattice: in.Lattice, J: J}); math.Abs(moved/high-1) > 0.05 {
		t.Errorf("one coupling of 1e-12 moves β_max from %v to %v", high, moved)
	}
	sparse := ising.Ensemble{Couplings: ising.Gaussian, Dilution: 0.999}.Draw(solvertest.Lattice(t, "64x64", "periodic"), ising.Stream(1, "couplings", 0))
	if low, _ := anneal.BetaRange(sparse); low == 1 {
		t.Error("the few bonds of a diluted lattice were not seen")
	}
	if low, high := anneal.BetaRange(&ising.Instance{Lattice: in.Lattice, J: make([]float64, len(J))}); low != 1 || high != 1 {
		t.Errorf("without couplings: %v to %v", low, high)
	}
}

func ExampleSettings() {
	l, err := ising.NewLattice([]int{6, 6}, []bool{true, true})
	if err != nil {
		panic(err)
	}
	in := solvertest.PlusMinus.Draw(l, ising.Stream(1, "couplings", 0))
	annealed, err := anneal.Default().Solve(context.Background(), in, solver.Budget{}, ising.Stream(1, "solver", 0))
	if err != nil {
		panic(err)
	}
	proven, err := exact.Default().Solve(context.Background(), in, solver.Budget{}, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(annealed.Energy, annealed.Status)
	fmt.Println(proven.Energy, proven.Status)
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
			in := solvertest.Draw(b, c.ensemble, c.shape, "periodic", 0)
			b.ReportAllocs()
			updates := int64(0)
			for b.Loop() {
				updates += run(b, in, solver.Budget{}, reads(1, 100)).Updates
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
				schedule  anneal.Schedule
				low, high float64
			}{{anneal.Geometric, 1, 1}, {anneal.Linear, 1, 1}, {anneal.Geometric, 2, 1}, {anneal.Geometric, 0.5, 1}, {anneal.Geometric, 1, 0.5}, {anneal.Geometric, 1, 2}} {
				b.Run(fmt.Sprintf("%s/sweeps=%d/%s/%v/%v", c.name, sweeps, s.schedule, s.low, s.high), func(b *testing.B) {
					sum := 0.0
					for b.Loop() {
						sum = 0
						for k := range uint64(instances) {
							in := solvertest.Draw(b, c.ensemble, c.shape, "periodic", k)
							low, high := anneal.BetaRange(in)
							set := settings(reads(1, sweeps))
							set.Schedule, set.BetaMin, set.BetaMax = s.schedule, s.low*low, s.high*high
							r, err := set.Solve(b.Context(), in, solver.Budget{}, ising.Stream(1, "solver", k))
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
