package anneal

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
	"spinlearn/solver/internal/graph"
)

// Auto is a number that the instance, the engine and the budget decide.
const Auto = -1

// Settings of simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983,
// doi 10.1126/science.220.4598.671) with Metropolis updates site by site. Each read ends with
// descent; the result is the best read, or what the best reads combine to. With a time limit
// and no Sweeps the course of the search depends on the time.
type Settings struct {
	// Engine says how reads are made.
	Engine Engine
	// Reads is the number of independent runs, 1 to 2^20, rounded up to whole groups of
	// the engine: 64 for Multispin, 16 for Lanes and Bipartite. Auto is 512 for Multispin,
	// 16 for Lanes and Bipartite, 10 for Sparse, and no end if there is a time limit.
	Reads int
	// Sweeps of each read, > 0. Auto is 1000; with a time limit it begins with short reads
	// and doubles their length until the time is used, or, if Reads is set, gives every group
	// of reads the same part of the time.
	Sweeps int
	// BetaMin and BetaMax bound the inverse temperature, 0 < BetaMin ≤ BetaMax, in the
	// inverse unit of the couplings. Auto derives them from the instance; see [BetaRange].
	BetaMin, BetaMax float64
	Schedule         Schedule
	// Start is the configuration every read begins with; nil means random spins.
	Start []int8
	// Independent keeps the best read as it is. Otherwise the reads are combined: where two
	// differ, each connected cluster is taken from the read with the lower energy, and what
	// the best have in common is frozen and the rest annealed again.
	Independent bool
	// Workers is the number of groups of reads made at the same time, > 0. The result does
	// not depend on it.
	Workers int
}

// Default returns the settings that the instance decides, for one worker.
func Default() *Settings {
	return &Settings{Engine: AutoEngine, Reads: Auto, Sweeps: Auto, BetaMin: Auto, BetaMax: Auto, Schedule: Geometric, Workers: 1}
}

// Name implements [solver.Solver].
func (*Settings) Name() string { return "anneal" }

// Check implements [solver.Solver].
func (set *Settings) Check(in *ising.Instance) error {
	_, err := newEngine(in, graph.New(in), set)
	return err
}

// resolve returns the settings for an instance and a budget, Auto replaced.
func (set *Settings) resolve(in *ising.Instance, budget solver.Budget) (Settings, error) {
	s := *set
	for _, f := range []struct {
		name        string
		value, most int
		auto        bool
	}{{"Reads", s.Reads, 1 << 20, true}, {"Sweeps", s.Sweeps, math.MaxInt, true}, {"Workers", s.Workers, 1 << 14, false}} {
		if (f.value < 1 || f.value > f.most) && !(f.auto && f.value == Auto) {
			return s, fmt.Errorf("%w: %s = %d, want 1 to %d", solver.ErrSettings, f.name, f.value, f.most)
		}
	}
	if s.Sweeps == Auto && budget.Limit == 0 {
		s.Sweeps = 1000
	}
	low, high := BetaRange(in)
	if s.BetaMin == Auto {
		s.BetaMin = low
		if s.BetaMax != Auto {
			s.BetaMin = min(low, s.BetaMax)
		}
	}
	if s.BetaMax == Auto {
		s.BetaMax = max(high, s.BetaMin)
	}
	if !(s.BetaMin > 0 && s.BetaMin <= s.BetaMax && !math.IsInf(s.BetaMax, 0)) {
		return s, fmt.Errorf("%w: BetaMin = %v and BetaMax = %v, want 0 < BetaMin ≤ BetaMax", solver.ErrSettings, s.BetaMin, s.BetaMax)
	}
	if s.Schedule != Geometric && s.Schedule != Linear {
		return s, fmt.Errorf("%w: Schedule = %q, want %s or %s", solver.ErrSettings, s.Schedule, Geometric, Linear)
	}
	return s, cmp.Or(budget.Check(), solver.CheckStart(in, s.Start))
}

// Solve implements [solver.Solver]. It ends at the first group of reads that reaches the
// target of the budget. If ctx ends, the best read is descended from where it is.
func (set *Settings) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	watch := budget.Start(ctx)
	s, err := set.resolve(in, budget)
	if err != nil {
		return nil, err
	}
	g := graph.New(in)
	engine, err := newEngine(in, g, &s)
	if err != nil {
		return nil, err
	}
	if s.Reads == Auto && budget.Limit == 0 {
		s.Reads = max(10, engine.lanes())
	}
	a := &annealing{watch: watch, budget: budget, in: in, set: &s, engine: engine, rng: rng, cross: descent.NewCrosser(g)}
	a.run()
	stopped := watch.Err() != nil && !a.reached()
	if !s.Independent {
		a.stats.Flips += int64(descent.Polish(g, a.best, stopped))
	}
	a.stats.ReadEnergies = a.energies
	a.stats.Hits = a.count(a.energies, in.Energy(a.best))
	return watch.Result(in, a.best, a.stats, stopped)
}
