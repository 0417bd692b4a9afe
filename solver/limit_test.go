package solver_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"spinlearn/internal/cputime"
	"spinlearn/ising"
	"spinlearn/solver"
)

// TestClock has a clock that moves when it is looked at: searches end by it, and take the
// same course every time.
func TestClock(t *testing.T) {
	in := draw(t, gaussian, "20x20", "periodic", 0)
	const limit = 50 * time.Millisecond
	run := func(solve func(ctx context.Context, rng *rand.Rand) (*solver.Result, error)) (*solver.Result, time.Duration) {
		now := time.Hour
		ctx := solver.WithClock(background, func() time.Duration {
			now += 50 * time.Microsecond
			return now
		})
		r, err := solve(ctx, ising.Stream(1, "solver", 0))
		if err != nil {
			t.Fatal(err)
		}
		return r, now - time.Hour
	}
	for name, solve := range map[string]func(ctx context.Context, rng *rand.Rand) (*solver.Result, error){
		"reads without end": func(ctx context.Context, rng *rand.Rand) (*solver.Result, error) {
			return solver.Anneal(ctx, in, &solver.AnnealSettings{TimeLimit: limit}, rng)
		},
		"one read": func(ctx context.Context, rng *rand.Rand) (*solver.Result, error) {
			return solver.Anneal(ctx, in, &solver.AnnealSettings{Reads: 1, TimeLimit: limit}, rng)
		},
		"tempering": func(ctx context.Context, rng *rand.Rand) (*solver.Result, error) {
			return solver.Temper(ctx, in, &solver.TemperSettings{TimeLimit: limit}, rng)
		},
		"refinement": func(ctx context.Context, rng *rand.Rand) (*solver.Result, error) {
			return solver.Refine(ctx, in, &solver.RefineSettings{Width: 12, TimeLimit: limit / 100}, rng)
		},
		"exact": func(ctx context.Context, _ *rand.Rand) (*solver.Result, error) {
			return solver.Exact(ctx, in, &solver.ExactSettings{TimeLimit: limit / 250})
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, used := run(solve)
			b, _ := run(solve)
			if !slices.Equal(a.Spins, b.Spins) || a.Stats.Sweeps != b.Stats.Sweeps {
				t.Errorf("energies %v and %v after %d and %d sweeps", a.Energy, b.Energy, a.Stats.Sweeps, b.Stats.Sweeps)
			}
			if want := solver.TimeLimit; name != "one read" && a.Status != want {
				t.Errorf("status %v, want %v", a.Status, want)
			}
			if used > 2*limit {
				t.Errorf("looked at the clock until %v", used)
			}
		})
	}
}

// TestReadsShareTheTime has such a clock too.
func TestReadsShareTheTime(t *testing.T) {
	// Three groups of each engine.
	for engine, three := range map[solver.Engine]int{solver.Multispin: 1500, solver.Lanes: 40, solver.Bipartite: 40, solver.Sparse: 3} {
		in := instanceOf(t, engine, "12x12")
		sweeps := func(reads int, limit time.Duration) int {
			now := time.Duration(0)
			ctx := solver.WithClock(background, func() time.Duration {
				now += 50 * time.Microsecond
				return now
			})
			r, err := solver.Anneal(ctx, in, &solver.AnnealSettings{Engine: engine, Reads: reads, TimeLimit: limit, Independent: true}, ising.Stream(1, "solver", 0))
			if err != nil {
				t.Fatal(err)
			}
			if r.Reads < reads {
				t.Errorf("%s: %d of %d reads", engine, r.Reads, reads)
			}
			return r.Stats.Sweeps / r.Reads
		}
		short, long, shared := sweeps(1, 20*time.Millisecond), sweeps(1, 200*time.Millisecond), sweeps(three, 200*time.Millisecond)
		if long < 8*short || 6*shared < long || 2*shared > long {
			t.Errorf("%s: reads of %d, %d and, where they share, %d sweeps", engine, short, long, shared)
		}
	}
}

// BenchmarkTimeLimit reports the CPU time that searches take under a limit of CPU time,
// setup included, in units of the limit.
func BenchmarkTimeLimit(b *testing.B) {
	type search func(ctx context.Context, in *ising.Instance, limit time.Duration, rng *rand.Rand) error
	anneal := func(set solver.AnnealSettings) search {
		return func(ctx context.Context, in *ising.Instance, limit time.Duration, rng *rand.Rand) error {
			set := set
			set.TimeLimit = limit
			_, err := solver.Anneal(ctx, in, &set, rng)
			return err
		}
	}
	searches := []struct {
		name  string
		solve search
	}{
		{"lanes", anneal(solver.AnnealSettings{Engine: solver.Lanes})},
		{"bipartite", anneal(solver.AnnealSettings{Engine: solver.Bipartite})},
		{"sparse", anneal(solver.AnnealSettings{Engine: solver.Sparse})},
		{"one-read", anneal(solver.AnnealSettings{Reads: 1, Independent: true})},
		{"multispin", anneal(solver.AnnealSettings{Engine: solver.Multispin})},
		{"temper", func(ctx context.Context, in *ising.Instance, limit time.Duration, rng *rand.Rand) error {
			_, err := solver.Temper(ctx, in, &solver.TemperSettings{Families: 1, TimeLimit: limit}, rng)
			return err
		}},
		{"refine", func(ctx context.Context, in *ising.Instance, limit time.Duration, rng *rand.Rand) error {
			_, err := solver.Refine(ctx, in, &solver.RefineSettings{TimeLimit: limit}, rng)
			return err
		}},
	}
	for _, s := range searches {
		for _, side := range []int{16, 32, 64, 100} {
			ensemble := gaussian
			if s.name == "multispin" {
				ensemble = plusMinus
			}
			in := draw(b, ensemble, fmt.Sprintf("%dx%d", side, side), "periodic", 0)
			for _, limit := range []time.Duration{time.Millisecond, 3 * time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond} {
				b.Run(fmt.Sprintf("%s/L=%d/limit=%v", s.name, side, limit), func(b *testing.B) {
					begin := cputime.Now()
					for b.Loop() {
						if err := s.solve(solver.WithClock(background, cputime.Now), in, limit, ising.Stream(1, "solver", 0)); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(cputime.Now()-begin)/float64(b.N)/float64(limit), "cpu/limit")
				})
			}
		}
	}
}
