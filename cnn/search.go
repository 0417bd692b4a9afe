package cnn

import (
	"context"
	"math/rand/v2"
	"sync"

	"spinlearn/ising"
	"spinlearn/solver"
)

// A Search is a model as a solver: it predicts one instance at a time, in two dimensions.
type Search struct {
	target   string
	settings PredictSettings

	mu        sync.Mutex
	predictor *Predictor
}

// The passes and rounds of [NewSearch] for a bond model: about a millisecond on 16×16 sites.
const (
	DefaultPasses = 2
	DefaultEffort = 2
)

// Auto is a number that the model's target decides.
const Auto = -1

// NewSearch returns a model as a solver, with descent. Passes and Effort may be Auto:
// [DefaultPasses] and [DefaultEffort] for a bond model, 1 and 0 for a site model. The seed is
// drawn from the generator of Solve.
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

// Check implements [solver.Solver].
func (s *Search) Check(in *ising.Instance) error {
	if err := checkPlane(in.Lattice); err != nil {
		return err
	}
	return s.settings.validate(s.target, []*ising.Instance{in})
}

// Prepare builds what a prediction for the instance needs, so that it does not count as
// prediction.
func (s *Search) Prepare(in *ising.Instance) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.predictor.Prepare([]*ising.Instance{in})
}

// Solve implements [solver.Solver]. Predictions are made one after the other; no budget ends
// them. If ctx ends before the first pass, the result is what that would have begun with.
func (s *Search) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
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
