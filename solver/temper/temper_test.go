package temper

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
	"spinlearn/solver/exact"
	"spinlearn/solver/internal/graph"
	"spinlearn/solver/solvertest"
)

var gaussian, plusMinus = solvertest.Gaussian, solvertest.PlusMinus

// settings are the default ones with changes.
func settings(changes ...func(*Settings)) *Settings {
	set := Default()
	for _, change := range changes {
		change(set)
	}
	return set
}

// size sets the number of families and the sweeps of each replica.
func size(families, sweeps int) func(*Settings) {
	return func(s *Settings) { s.Families, s.Sweeps = families, sweeps }
}

func TestSuite(t *testing.T) {
	for _, clusters := range []ClusterMoves{ClustersAuto, ClustersOn, ClustersOff} {
		t.Run("temper, clusters "+string(clusters), func(t *testing.T) {
			set := settings(size(1, 20), func(s *Settings) { s.Clusters = clusters })
			solvertest.Run(t, set, solvertest.Traits{Random: true})
		})
	}
	t.Run("temper until the limit", func(t *testing.T) {
		if testing.Short() {
			t.Skip("a few seconds")
		}
		solvertest.Run(t, settings(func(s *Settings) { s.Families = 1 }), solvertest.Traits{Random: true})
	})
}

// At every temperature replicas visit the states as often as the Boltzmann distribution
// says, with exchanges of temperatures and of clusters.
func TestTemperSamplesBoltzmann(t *testing.T) {
	for _, c := range []struct {
		ensemble ising.Ensemble
		lattice  *ising.Lattice
	}{{gaussian, solvertest.Lattice(t, "2x4", "free")}, {plusMinus, solvertest.Lattice(t, "3x3", "periodic")}} {
		for _, clusters := range []ClusterMoves{ClustersOn, ClustersOff} {
			t.Run(c.ensemble.Couplings+" "+string(clusters), func(t *testing.T) {
				in := c.ensemble.Draw(c.lattice, ising.Stream(1, "couplings", 0))
				f := newFamily(t, in, func(s *Settings) { s.Betas, s.Clusters = []float64{0.2, 0.35, 0.5, 0.7}, clusters })
				f.interval = 5
				n := in.Sites()
				count := make([][]float64, len(f.betas))
				for k := range count {
					count[k] = make([]float64, 1<<n)
				}
				s := make([]int8, n)
				samples := 0.0
				rounds := 60000 / len(f.sets)
				if testing.Short() {
					rounds /= 4
				}
				for range rounds {
					f.round(f.interval + f.rng.IntN(2)) // not always an even number
					for k := range f.betas {
						for _, lanes := range f.sets {
							f.replicas.Store(s, lanes[k])
							code := 0
							for i, v := range s {
								code |= int(uint8(v)>>7) << i
							}
							count[k][code]++
						}
					}
					samples += float64(len(f.sets))
				}
				for k, beta := range f.betas {
					chi, total := 0.0, 0.0
					weight := make([]float64, 1<<n)
					for code := range weight {
						for i := range s {
							s[i] = 1 - 2*int8(code>>i&1)
						}
						weight[code] = math.Exp(-beta * in.Energy(s))
						total += weight[code]
					}
					for code, w := range weight {
						want := samples * w / total
						chi += (count[k][code] - want) * (count[k][code] - want) / want
					}
					// Samples of one replica are correlated a little.
					if dof := float64(len(weight) - 1); chi > 1.1*dof+5*math.Sqrt(2*dof) {
						t.Errorf("β = %v: χ² = %.0f with %v degrees of freedom", beta, chi, dof)
					}
				}
				// The energies kept through exchanges are those of the states.
				for lane, e := range f.energies {
					f.replicas.Store(s, lane)
					if math.Abs(in.Energy(s)-e) > 1e-4 {
						t.Errorf("replica %d: energy %v, want %v", lane, e, in.Energy(s))
					}
				}
			})
		}
	}
}

// newFamily returns the first family of settings that change the defaults.
func newFamily(t *testing.T, in *ising.Instance, change func(*Settings)) *family {
	t.Helper()
	set, err := settings(change).resolve(in, solver.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	return newFamilies(in, &set, ising.Stream(1, "solver", 0))[0]
}

// A cluster move keeps the sum of the energies, and changes the first by what it says.
func TestExchangeIsIsoenergetic(t *testing.T) {
	rng := ising.Stream(1, "test", 0)
	in := gaussian.Draw(solvertest.Lattice(t, "10x10", "periodic"), rng)
	c := descent.NewCrosser(graph.New(in))
	for range 200 {
		a, b := solver.RandomSpins(100, rng.Uint64), solver.RandomSpins(100, rng.Uint64)
		ea, eb := in.IntegerEnergy(a), in.IntegerEnergy(b)
		cost, ok := c.Exchange(a, b, rng)
		if !ok || in.IntegerEnergy(a) != ea+cost || in.IntegerEnergy(b) != eb-cost {
			t.Fatalf("energies %v, %v become %v, %v at a cost of %v", ea, eb, in.IntegerEnergy(a), in.IntegerEnergy(b), cost)
		}
	}
	a := solver.RandomSpins(100, rng.Uint64)
	if _, ok := c.Exchange(a, slices.Clone(a), rng); ok {
		t.Error("equal states exchanged a cluster")
	}
}

func TestTemper(t *testing.T) {
	temper := func(in *ising.Instance, budget solver.Budget, changes ...func(*Settings)) *solver.Result {
		t.Helper()
		r, err := settings(changes...).Solve(t.Context(), in, budget, ising.Stream(1, "solver", 0))
		if err != nil {
			t.Fatal(err)
		}
		solvertest.CheckResult(t, in, r)
		return r
	}
	for _, e := range []ising.Ensemble{gaussian, plusMinus} {
		in := solvertest.Draw(t, e, "8x8", "periodic", 0)
		ground, err := exact.Default().Solve(t.Context(), in, solver.Budget{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := temper(in, solver.Budget{}, size(4, 2000))
		if math.Abs(r.Energy-ground.Energy) > in.Rounding() || !r.Equilibrated() || r.Reads != 4 {
			t.Errorf("%v: %v with %d hits of %d, want %v", e, r.Energy, r.Hits, r.Reads, ground.Energy)
		}
		if r := temper(in, solver.Budget{Target: &ground.Energy}, size(4, 1<<40)); r.Energy > ground.Energy+in.Rounding() || r.Status != solver.Heuristic {
			t.Errorf("with a target: %v, %v", r.Energy, r.Status)
		}
	}
	big := solvertest.Draw(t, gaussian, "20x20", "periodic", 1)
	base := size(2, 40)
	want := temper(big, solver.Budget{}, base)
	if want.Equilibrated() {
		t.Errorf("equilibrated after 40 sweeps, %d hits", want.Hits)
	}
	for name, change := range map[string]func(*Settings){
		"Families": func(s *Settings) { s.Families = 3 }, "Sweeps": func(s *Settings) { s.Sweeps = 41 },
		"BetaMin": func(s *Settings) { s.BetaMin = 0.01 }, "BetaMax": func(s *Settings) { s.BetaMax = 1 },
		"Betas": func(s *Settings) { s.Betas = []float64{0.5, 1, 2} }, "Clusters": func(s *Settings) { s.Clusters = ClustersOff },
	} {
		if r := temper(big, solver.Budget{}, base, change); r.Energy == want.Energy && r.Updates == want.Updates {
			t.Errorf("%s has no effect", name)
		}
	}
	if r := temper(big, solver.Budget{}, base, func(s *Settings) { s.Workers = 4 }); !slices.Equal(r.Spins, want.Spins) || r.Updates != want.Updates {
		t.Error("four workers give another result")
	}
	if r := temper(big, solver.Budget{Limit: 20 * time.Millisecond}); r.Status != solver.TimeLimit {
		t.Errorf("status %v after the time limit", r.Status)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r, err := settings(size(4, 1<<40)).Solve(ctx, big, solver.Budget{}, ising.Stream(1, "solver", 0))
	if !errors.Is(err, context.DeadlineExceeded) || r.Status != solver.Interrupted || r.Energy > -400 {
		t.Errorf("stopped: %v, %v", r, err)
	}
	for want, c := range map[string]struct {
		change func(*Settings)
		budget solver.Budget
	}{
		"Families = -1":      {change: size(-1, 1)},
		"Families = 0":       {change: size(0, 1)},
		"Families = 4097":    {change: size(4097, 1)},
		"Sweeps = -3":        {change: size(1, -3)},
		"Sweeps = 0":         {change: size(1, 0)},
		"Workers = -2":       {change: func(s *Settings) { s.Workers = -2 }},
		"Workers = 0":        {change: func(s *Settings) { s.Workers = 0 }},
		"BetaMin = 3":        {change: func(s *Settings) { s.BetaMin, s.BetaMax = 3, 2 }},
		"BetaMin = 0":        {change: func(s *Settings) { s.BetaMin = 0 }},
		"BetaMax = 0":        {change: func(s *Settings) { s.BetaMax = 0 }},
		"Betas has 0":        {change: func(s *Settings) { s.Betas = []float64{} }},
		"Betas has 1":        {change: func(s *Settings) { s.Betas = []float64{1} }},
		"Betas has 65":       {change: func(s *Settings) { s.Betas = make([]float64, 65) }},
		"Betas[1] = 1":       {change: func(s *Settings) { s.Betas = []float64{1, 1} }},
		"Betas[0] = NaN":     {change: func(s *Settings) { s.Betas = []float64{math.NaN(), 1} }},
		`Clusters = "maybe"`: {change: func(s *Settings) { s.Clusters = "maybe" }},
		`Clusters = ""`:      {change: func(s *Settings) { s.Clusters = "" }},
		"time limit -1s":     {budget: solver.Budget{Limit: -time.Second}},
		"target energy NaN":  {budget: solver.Budget{Target: new(math.NaN())}},
	} {
		set := Default()
		if c.change != nil {
			c.change(set)
		}
		if _, err := set.Solve(t.Context(), big, c.budget, ising.Stream(1, "solver", 0)); !errors.Is(err, solver.ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// The measured rejections even out, and the ends of the ladder stay.
func TestTemperaturesAreRespaced(t *testing.T) {
	in := gaussian.Draw(solvertest.Lattice(t, "16x16", "periodic"), ising.Stream(1, "couplings", 0))
	f := newFamily(t, in, size(1, 4000))
	watch := solver.Budget{}.Start(t.Context())
	first := slices.Clone(f.betas)
	f.run(watch, 15, 4000)
	spread := func() float64 { return slices.Max(f.rejected) / (slices.Min(f.rejected) + 1e-9) }
	before := spread()
	f.run(watch, 2000, 2000)
	f.run(watch, 2000, 0)
	if after := spread(); after > before/2 || after > 2 {
		t.Errorf("rejections differ by a factor of %.2f, at first %.2f", after, before)
	}
	if last := len(first) - 1; f.betas[0] != first[0] || f.betas[last] != first[last] || !slices.IsSorted(f.betas) {
		t.Errorf("ladder %v, at first %v", f.betas, first)
	}
}

func BenchmarkTemper(b *testing.B) {
	for _, e := range []ising.Ensemble{gaussian, plusMinus} {
		for _, shape := range []string{"32x32", "8x8x8"} {
			b.Run(e.Couplings+"/"+shape, func(b *testing.B) {
				in := e.Draw(solvertest.Lattice(b, shape, "periodic"), ising.Stream(1, "couplings", 0))
				updates := int64(0)
				for b.Loop() {
					r, err := settings(size(1, 1000)).Solve(b.Context(), in, solver.Budget{}, ising.Stream(1, "solver", 0))
					if err != nil {
						b.Fatal(err)
					}
					updates += r.Updates
				}
				b.ReportMetric(float64(updates)/float64(b.Elapsed().Nanoseconds()), "updates/ns")
			})
		}
	}
}
