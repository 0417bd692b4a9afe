package cnn

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"spinlearn/ising"
	"spinlearn/solver"
)

// A Search is a model as a [solver.Solver] for lattices of two axes.
type Search struct {
	target   string
	settings PredictSettings

	mu        *sync.Mutex // of the predictor
	predictor *Predictor
}

// The passes and refinement rounds of a bond model where they are [Auto]: about a millisecond on
// 16×16 sites.
const (
	DefaultPasses = 2
	DefaultEffort = 2
)

// Auto is a number that is decided by the model ([NewSearch]) or the loss ([Loss.Temperature]).
const Auto = -1

// NewSearch returns a model as a solver that uses that many goroutines, at least 1. Passes and
// Effort may be Auto: DefaultPasses and DefaultEffort for a bond model, 1 and 0 for a site model.
// The generator of Solve gives the seed.
func NewSearch(m *Model, set PredictSettings, workers int) *Search {
	s := &Search{target: m.Training.Target, mu: new(sync.Mutex), predictor: m.NewPredictor(workers)}
	return s.With(set)
}

// With returns the model with other settings. Both share the graphs of the predictor and
// take turns.
func (s *Search) With(set PredictSettings) *Search {
	passes, effort := DefaultPasses, DefaultEffort
	if s.target == Site {
		passes, effort = 1, 0
	}
	if set.Passes == Auto {
		set.Passes = passes
	}
	if set.Effort == Auto {
		set.Effort = effort
	}
	other := *s
	other.settings = set
	return &other
}

// Name implements [solver.Solver].
func (*Search) Name() string { return "model" }

// Check implements [solver.Solver]. Its errors wrap [solver.ErrSettings].
func (s *Search) Check(in *ising.Instance) error {
	if err := cmp.Or(checkPlane(in.Lattice), s.settings.validate(s.target, []*ising.Instance{in})); err != nil {
		return fmt.Errorf("%w: %w", solver.ErrSettings, err)
	}
	return nil
}

// Prepare builds the network's graphs for the instances, so that a prediction does not spend
// time on them.
func (s *Search) Prepare(instances ...*ising.Instance) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.predictor.Prepare(instances)
}

// Solve implements [solver.Solver]. No budget shortens a prediction, and concurrent calls wait
// for each other. If ctx ends before the first pass, the result is the configuration that the
// first pass would have begun with.
func (s *Search) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	watch := budget.Start(ctx)
	if err := s.Check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.settings
	set.Seed = rng.Uint64()
	found, err := s.predictor.Predict(ctx, []*ising.Instance{in}, set)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	spins := startGauge(in, s.target)
	if len(found) > 0 {
		spins = found[0].Spins
	}
	return watch.Result(in, spins, solver.Stats{Reads: 1}, false)
}

// SolveAll solves instances together, which is faster than one by one, with the seed of the
// settings. Errors are those of [Predictor.Predict].
func (s *Search) SolveAll(ctx context.Context, instances []*ising.Instance) ([]*solver.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.predictor.Predict(ctx, instances, s.settings)
	results := make([]*solver.Result, len(found))
	for k, p := range found {
		results[k] = &solver.Result{Spins: p.Spins, Energy: p.Energy, Bound: math.NaN(), Stats: solver.Stats{Reads: 1}}
	}
	return results, err
}
