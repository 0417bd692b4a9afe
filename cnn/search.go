package cnn

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"spinlearn/ising"
	"spinlearn/solver"
)

// A Search is a model as a [solver.Solver] for lattices of two axes. It predicts one instance at
// a time.
type Search struct {
	target   string
	settings PredictSettings

	mu        sync.Mutex
	predictor *Predictor
}

// Auto is a number that is decided by the model ([NewSearch]) or the loss ([Loss.Temperature]).
const Auto = -1

// The passes and refinement rounds of a bond model where they are [Auto]: about a millisecond on
// 16×16 sites.
const (
	DefaultPasses = 2
	DefaultEffort = 2
)

// NewSearch returns a model as a solver that uses that many goroutines, at least 1. Passes and
// Effort may be Auto: DefaultPasses and DefaultEffort for a bond model, 1 and 0 for a site model.
// Descent is always on, and the generator of Solve gives the seed.
func NewSearch(m *Model, set PredictSettings, workers int) *Search {
	passes, effort := DefaultPasses, DefaultEffort
	if m.Training.Target == Site {
		passes, effort = 1, 0
	}
	if set.Passes == Auto {
		set.Passes = passes
	}
	if set.Effort == Auto {
		set.Effort = effort
	}
	set.Descent = true
	return &Search{target: m.Training.Target, settings: set, predictor: m.NewPredictor(workers)}
}

// Name implements [solver.Solver].
func (*Search) Name() string { return "model" }

// Check implements [solver.Solver]. Its errors wrap [solver.ErrSettings].
func (s *Search) Check(in *ising.Instance) error {
	err := checkPlane(in.Lattice)
	if err == nil {
		err = s.settings.validate(s.target, []*ising.Instance{in})
	}
	if err != nil {
		return fmt.Errorf("%w: %w", solver.ErrSettings, err)
	}
	return nil
}

// Prepare builds the network's graph for the instance, so that Solve does not spend time on it.
func (s *Search) Prepare(in *ising.Instance) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.predictor.Prepare([]*ising.Instance{in})
}

// Solve implements [solver.Solver]. No budget shortens a prediction, and concurrent calls wait
// for each other. If ctx ends before the first pass, the result is the configuration that the
// first pass would have begun with.
func (s *Search) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	if err := s.Check(in); err != nil {
		return nil, err
	}
	watch := budget.Start(ctx)
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
