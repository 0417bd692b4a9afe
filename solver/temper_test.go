package solver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"spinlearn/ising"
)

var (
	gaussian  = ising.Ensemble{Couplings: ising.Gaussian}
	plusMinus = ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}
)

// At every temperature replicas visit the states as often as the Boltzmann distribution
// says, with exchanges of temperatures and of clusters.
func TestTemperSamplesBoltzmann(t *testing.T) {
	for _, c := range []struct {
		ensemble ising.Ensemble
		lattice  *ising.Lattice
	}{{gaussian, latticeOf(t, []int{2, 4}, false)}, {plusMinus, latticeOf(t, []int{3, 3}, true)}} {
		for _, clusters := range []ClusterMoves{ClustersOn, ClustersOff} {
			t.Run(c.ensemble.Couplings+" "+string(clusters), func(t *testing.T) {
				in := c.ensemble.Draw(c.lattice, ising.Stream(1, "couplings", 0))
				set, err := (&TemperSettings{Families: 1, Betas: []float64{0.2, 0.35, 0.5, 0.7}, Clusters: clusters}).withDefaults(in)
				if err != nil {
					t.Fatal(err)
				}
				families, err := newFamilies(in, &set, ising.Stream(1, "solver", 0))
				if err != nil {
					t.Fatal(err)
				}
				f := families[0]
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

// A cluster move keeps the sum of the energies, and changes the first by what it says.
func TestExchangeIsIsoenergetic(t *testing.T) {
	rng := ising.Stream(1, "test", 0)
	in := gaussian.Draw(latticeOf(t, []int{10, 10}, true), rng)
	c := newCrosser(newBonds(in))
	for range 200 {
		a, b := randomSpins(100, rng.Uint64), randomSpins(100, rng.Uint64)
		ea, eb := in.IntegerEnergy(a), in.IntegerEnergy(b)
		cost, ok := c.exchange(a, b, rng)
		if !ok || in.IntegerEnergy(a) != ea+cost || in.IntegerEnergy(b) != eb-cost {
			t.Fatalf("energies %v, %v become %v, %v at a cost of %v", ea, eb, in.IntegerEnergy(a), in.IntegerEnergy(b), cost)
		}
	}
	a := randomSpins(100, rng.Uint64)
	if _, ok := c.exchange(a, slices.Clone(a), rng); ok {
		t.Error("equal states exchanged a cluster")
	}
}

func TestTemper(t *testing.T) {
	temper := func(in *ising.Instance, set TemperSettings) *Result {
		t.Helper()
		r, err := Temper(context.Background(), in, &set, ising.Stream(1, "solver", 0))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, e := range []ising.Ensemble{gaussian, plusMinus} {
		in := e.Draw(latticeOf(t, []int{8, 8}, true), ising.Stream(1, "couplings", 0))
		exact, err := Exact(context.Background(), in, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := temper(in, TemperSettings{Sweeps: 2000})
		if math.Abs(r.Energy-exact.Energy) > in.Rounding() || !r.Equilibrated() || r.Reads != 4 {
			t.Errorf("%v: %v with %d hits of %d, want %v", e, r.Energy, r.Hits, r.Reads, exact.Energy)
		}
		if r := temper(in, TemperSettings{Sweeps: 1 << 40, TargetEnergy: new(exact.Energy)}); r.Energy > exact.Energy+in.Rounding() || r.Status != Heuristic {
			t.Errorf("with a target: %v, %v", r.Energy, r.Status)
		}
	}
	big := gaussian.Draw(latticeOf(t, []int{20, 20}, true), ising.Stream(1, "couplings", 1))
	base := TemperSettings{Sweeps: 40, Families: 2}
	want := temper(big, base)
	if want.Equilibrated() {
		t.Errorf("equilibrated after 40 sweeps, %d hits", want.Hits)
	}
	for name, change := range map[string]func(*TemperSettings){
		"Families": func(s *TemperSettings) { s.Families = 3 }, "Sweeps": func(s *TemperSettings) { s.Sweeps = 41 },
		"BetaMin": func(s *TemperSettings) { s.BetaMin = 0.01 }, "BetaMax": func(s *TemperSettings) { s.BetaMax = 1 },
		"Betas": func(s *TemperSettings) { s.Betas = []float64{0.5, 1, 2} }, "Clusters": func(s *TemperSettings) { s.Clusters = ClustersOff },
	} {
		set := base
		change(&set)
		if r := temper(big, set); r.Energy == want.Energy && r.Updates == want.Updates {
			t.Errorf("%s has no effect", name)
		}
	}
	set := base
	set.Workers = 4
	if r := temper(big, set); !slices.Equal(r.Spins, want.Spins) || r.Updates != want.Updates {
		t.Error("four workers give another result")
	}
	if r := temper(big, TemperSettings{TimeLimit: 20 * time.Millisecond}); r.Status != TimeLimit {
		t.Errorf("status %v after the time limit", r.Status)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	r, err := Temper(ctx, big, &TemperSettings{Sweeps: 1 << 40}, ising.Stream(1, "solver", 0))
	if !errors.Is(err, context.DeadlineExceeded) || r.Status != Interrupted || r.Energy > -400 {
		t.Errorf("stopped: %v, %v", r, err)
	}
	for want, set := range map[string]TemperSettings{
		"Families = -1": {Families: -1}, "Sweeps = -3": {Sweeps: -3}, "Workers = -2": {Workers: -2}, "BetaMin = 3": {BetaMin: 3, BetaMax: 2},
		"Betas has 1": {Betas: []float64{1}}, "Betas[1] = 1": {Betas: []float64{1, 1}}, "Betas[0] = NaN": {Betas: []float64{math.NaN(), 1}},
		`Clusters = "maybe"`: {Clusters: "maybe"}, "TimeLimit = -1s": {TimeLimit: -time.Second}, "TargetEnergy = NaN": {TargetEnergy: new(math.NaN())},
	} {
		if _, err := Temper(context.Background(), big, &set, ising.Stream(1, "solver", 0)); !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// The measured rejections even out, and the ends of the ladder stay.
func TestTemperaturesAreRespaced(t *testing.T) {
	in := gaussian.Draw(latticeOf(t, []int{16, 16}, true), ising.Stream(1, "couplings", 0))
	set, err := (&TemperSettings{Families: 1, Sweeps: 4000}).withDefaults(in)
	if err != nil {
		t.Fatal(err)
	}
	families, err := newFamilies(in, &set, ising.Stream(1, "solver", 0))
	if err != nil {
		t.Fatal(err)
	}
	f := families[0]
	first := slices.Clone(f.betas)
	f.run(context.Background(), 15, 4000)
	spread := func() float64 { return slices.Max(f.rejected) / (slices.Min(f.rejected) + 1e-9) }
	before := spread()
	f.run(context.Background(), 2000, 2000)
	f.run(context.Background(), 2000, 0)
	if after := spread(); after > before/2 || after > 2 {
		t.Errorf("rejections differ by a factor of %.2f, at first %.2f", after, before)
	}
	if last := len(first) - 1; f.betas[0] != first[0] || f.betas[last] != first[last] || !slices.IsSorted(f.betas) {
		t.Errorf("ladder %v, at first %v", f.betas, first)
	}
}

func BenchmarkTemper(b *testing.B) {
	for _, e := range []ising.Ensemble{gaussian, plusMinus} {
		for _, shape := range [][]int{{32, 32}, {8, 8, 8}} {
			b.Run(fmt.Sprint(e.Couplings, shape), func(b *testing.B) {
				in := e.Draw(latticeOf(b, shape, true), ising.Stream(1, "couplings", 0))
				updates := int64(0)
				for b.Loop() {
					r, err := Temper(context.Background(), in, &TemperSettings{Families: 1, Sweeps: 1000}, ising.Stream(1, "solver", 0))
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
