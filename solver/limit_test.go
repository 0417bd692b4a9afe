package solver_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"spinlearn/internal/base/cputime"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/descent"
	"spinlearn/solver/exact"
	"spinlearn/solver/solvertest"
	"spinlearn/solver/temper"
)

// reads returns settings of annealing with an engine and a number of reads.
func reads(engine anneal.Engine, n int) *anneal.Settings {
	set := anneal.Default()
	set.Engine, set.Reads = engine, n
	return set
}

func windows(width int) *descent.Refine {
	set := descent.DefaultRefine()
	set.Width = width
	return set
}

// TestClock has a clock that moves when it is looked at: searches end by it, and take the
// same course every time.
func TestClock(t *testing.T) {
	in := solvertest.Draw(t, solvertest.Gaussian, "20x20", "periodic", 0)
	const limit = 50 * time.Millisecond
	for _, c := range []struct {
		name  string
		s     solver.Solver
		limit time.Duration
	}{
		{"reads without end", anneal.Default(), limit},
		{"one read", reads(anneal.AutoEngine, 1), limit},
		{"tempering", temper.Default(), limit},
		{"refinement", windows(12), limit / 100},
		{"exact", exact.Default(), limit / 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := func() (*solver.Result, time.Duration) {
				now, moved := solvertest.Clock(50 * time.Microsecond)
				r, err := c.s.Solve(t.Context(), in, solver.Budget{Limit: c.limit, Clock: now}, ising.Stream(1, "solver", 0))
				if err != nil {
					t.Fatal(err)
				}
				return r, moved()
			}
			a, used := run()
			b, _ := run()
			if !slices.Equal(a.Spins, b.Spins) || a.Stats.Sweeps != b.Stats.Sweeps {
				t.Errorf("energies %v and %v after %d and %d sweeps", a.Energy, b.Energy, a.Stats.Sweeps, b.Stats.Sweeps)
			}
			if want := solver.TimeLimit; c.name != "one read" && a.Status != want {
				t.Errorf("status %v, want %v", a.Status, want)
			}
			if used > 2*limit {
				t.Errorf("looked at the clock until %v", used)
			}
		})
	}
}

// BenchmarkTimeLimit reports the CPU time that searches take under a limit of CPU time,
// setup included, in units of the limit.
func BenchmarkTimeLimit(b *testing.B) {
	one := reads(anneal.AutoEngine, 1)
	one.Independent = true
	family := temper.Default()
	family.Families = 1
	for _, c := range []struct {
		name string
		s    solver.Solver
	}{
		{"lanes", reads(anneal.Lanes, anneal.Auto)},
		{"bipartite", reads(anneal.Bipartite, anneal.Auto)},
		{"sparse", reads(anneal.Sparse, anneal.Auto)},
		{"one-read", one},
		{"multispin", reads(anneal.Multispin, anneal.Auto)},
		{"temper", family},
		{"refine", descent.DefaultRefine()},
	} {
		for _, side := range []int{16, 32, 64, 100} {
			ensemble := solvertest.Gaussian
			if c.name == "multispin" {
				ensemble = solvertest.PlusMinus
			}
			in := solvertest.Draw(b, ensemble, fmt.Sprintf("%dx%d", side, side), "periodic", 0)
			for _, limit := range []time.Duration{time.Millisecond, 3 * time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond} {
				b.Run(fmt.Sprintf("%s/L=%d/limit=%v", c.name, side, limit), func(b *testing.B) {
					begin := cputime.Now()
					for b.Loop() {
						if _, err := c.s.Solve(b.Context(), in, solver.Budget{Limit: limit, Clock: cputime.Now}, ising.Stream(1, "solver", 0)); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(cputime.Now()-begin)/float64(b.N)/float64(limit), "cpu/limit")
				})
			}
		}
	}
}
