package cnn

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"

	"spinlearn/losses"
)

// The losses by name.
const (
	CrossEntropy = "cross-entropy"
	Margin       = "margin"
	LocalEnergy  = "local-energy"
	TrueEnergy   = "true-energy"
	Boltzmann    = "boltzmann"
)

// Losses returns the names of the losses of a target.
func Losses(target string) []string {
	if target == Site {
		return []string{CrossEntropy, Margin, LocalEnergy, TrueEnergy}
	}
	return []string{CrossEntropy, Margin, LocalEnergy, Boltzmann}
}

// The energies of a wrong bond by name; see [Loss.Cost].
const (
	FlipCost = "flip"
	WallCost = "wall"
)

// A Loss is what training minimizes. Energies and temperatures are in the unit of the couplings.
// A setting that the loss does not use ([LossesWith]) stays at its default.
type Loss struct {
	// Name is one of [Losses] of the target.
	Name string `json:"loss"`
	// Margin is γ of the margin loss, > 0.
	Margin float64 `json:"margin,omitempty"`
	// Temperature is that of the local energy or of the Boltzmann cross-entropy, or the one
	// from which the temperature of the true energy falls linearly to 0: > 0, or [Auto] for
	// [DefaultTemperature].
	Temperature float64 `json:"temperature,omitempty"`
	// Offset is h0 of the local energy, ≥ 0.
	Offset float64 `json:"offset,omitempty"`
	// Cost is the energy of a wrong bond in the losses local-energy and boltzmann of the bond
	// target: FlipCost, the cheaper flip of one of its two spins, or WallCost, the cheapest
	// domain wall across it, which the training instances must have.
	Cost string `json:"cost,omitempty"`
}

// DefaultLoss returns cross-entropy.
func DefaultLoss() Loss {
	return Loss{Name: CrossEntropy, Margin: 1, Temperature: Auto, Offset: 0, Cost: FlipCost}
}

// DefaultTemperature returns the temperature of a loss with a cost, in the unit of the
// couplings, that was found to work on 16×16 instances; 0 for a loss without a temperature.
func DefaultTemperature(target, loss, cost string) float64 {
	switch {
	case !slices.Contains(LossesWith("temperature"), loss):
		return 0
	case cost == WallCost:
		return 1
	case loss == Boltzmann:
		return 0.3
	case loss == TrueEnergy:
		return 0.5
	case target == Bond:
		return 4
	}
	return 0.1
}

// LossesWith returns the names of the losses that use a setting: "margin", "temperature",
// "offset" or "cost".
func LossesWith(setting string) []string {
	switch setting {
	case "margin":
		return []string{Margin}
	case "temperature":
		return []string{LocalEnergy, Boltzmann, TrueEnergy}
	case "offset":
		return []string{LocalEnergy}
	case "cost":
		return []string{LocalEnergy, Boltzmann}
	}
	return nil
}

func (l Loss) uses(setting string) bool { return slices.Contains(LossesWith(setting), l.Name) }

// Validate reports the first setting that a loss of the target does not have or that is out of
// its range.
func (l Loss) Validate(target string) error {
	if err := l.checkNames(target); err != nil {
		return err
	}
	standard := DefaultLoss()
	for _, f := range []struct {
		name            string
		value, standard float64
		valid           bool
		want            string
	}{
		{"margin", l.Margin, standard.Margin, l.Margin > 0, "above 0"},
		{"temperature", l.Temperature, standard.Temperature, l.Temperature > 0 || l.Temperature == Auto, "above 0"},
		{"offset", l.Offset, standard.Offset, l.Offset >= 0, "of at least 0"},
	} {
		switch {
		case !l.uses(f.name) && f.value != f.standard:
			return fmt.Errorf("%w: %s = %v, but loss %s has none", ErrSettings, f.name, f.value, l.Name)
		case !f.valid || math.IsInf(f.value, 0):
			return fmt.Errorf("%w: %s = %v, want a finite number %s", ErrSettings, f.name, f.value, f.want)
		}
	}
	return nil
}

// checkNames refuses a loss or cost that the target does not have.
func (l Loss) checkNames(target string) error {
	names := Losses(target)
	switch {
	case !slices.Contains(names, l.Name):
		return fmt.Errorf("%w: loss = %.40q, want one of %q for target %s", ErrSettings, l.Name, names, target)
	case l.Cost != FlipCost && l.Cost != WallCost:
		return fmt.Errorf("%w: cost = %.40q, want %s or %s", ErrSettings, l.Cost, FlipCost, WallCost)
	case l.Cost == WallCost && !(target == Bond && l.uses("cost")):
		return fmt.Errorf("%w: cost = %s, but loss %s of target %s has none", ErrSettings, l.Cost, l.Name, target)
	}
	return nil
}

// Recorded returns the loss as files hold it: without the settings that it does not use, and
// without the cost of a flip.
func (l Loss) Recorded() Loss {
	for _, f := range []struct {
		name  string
		value *float64
	}{{"margin", &l.Margin}, {"temperature", &l.Temperature}, {"offset", &l.Offset}} {
		if !l.uses(f.name) {
			*f.value = 0
		}
	}
	if l.Cost == FlipCost {
		l.Cost = ""
	}
	return l
}

// An Optimizer says how the weights are learned: by Adam, from batches of instances.
type Optimizer struct {
	Steps int `json:"steps"` // 1 to 2^30
	Batch int `json:"batch"` // instances in a step, 1 to 2^14
	// LearningRate is Adam's at its highest, > 0. It rises over Warmup steps, 1 to 2^30, and
	// falls as a cosine to 2 % of that.
	LearningRate float64 `json:"learning_rate"`
	Warmup       int     `json:"warmup"`
	// Clip bounds the norm of the gradient, > 0.
	Clip float64 `json:"clip"`
	// ReplayBuffer is the number of instances that the bond target trains on at a time, from
	// Batch to 2^20, shared among the sources. After each visit the reference configuration of
	// an instance is what the network made of it. The instance leaves after a random number of
	// visits from 1 to Visits, which is 1 to 2^20. The site target uses neither.
	ReplayBuffer int `json:"pool,omitempty"`
	Visits       int `json:"visits,omitempty"`
}

// DefaultOptimizer returns the recipe that was found to work on 16×16 instances.
func DefaultOptimizer() Optimizer {
	return Optimizer{Steps: 8000, Batch: 32, LearningRate: 0.003, Warmup: 50, Clip: 1, ReplayBuffer: 1024, Visits: 8}
}

// Validate reports the first setting out of its range.
func (o Optimizer) Validate(target string) error {
	if err := cmp.Or(
		checkRange("steps", o.Steps, 1, 1<<30), checkRange("batch", o.Batch, 1, 1<<14),
		checkPositive("learning-rate", o.LearningRate), checkRange("warmup", o.Warmup, 1, 1<<30), checkPositive("clip", o.Clip),
	); err != nil || target != Bond {
		return err
	}
	if o.ReplayBuffer < o.Batch {
		return fmt.Errorf("%w: pool = %d, want at least the batch, %d", ErrSettings, o.ReplayBuffer, o.Batch)
	}
	return cmp.Or(checkRange("pool", o.ReplayBuffer, 1, 1<<20), checkRange("visits", o.Visits, 1, 1<<20))
}

// rate returns the learning rate of a step, counted from 0.
func (o Optimizer) rate(step int) float64 {
	warm := 1.0
	if step < o.Warmup {
		warm = float64(step+1) / float64(o.Warmup)
	}
	const floor = 0.02
	return o.LearningRate * warm * max(floor, (1+math.Cos(math.Pi*float64(step)/float64(o.Steps)))/2)
}

// A Run says how a training run validates, stops and is kept.
type Run struct {
	// ValidateEvery is the number of steps between validations, 1 to 2^30.
	ValidateEvery int `json:"validate_every"`
	// Patience is the number of validations without a better gap that end training, up to
	// 2^30; 0 never ends it.
	Patience int `json:"patience"`
	// CheckpointEvery is the number of steps between checkpoints, 1 to 2^30.
	CheckpointEvery int `json:"checkpoint_every"`
	// Seed of every random choice.
	Seed uint64 `json:"seed"`

	// Data names the training and validation data, and Program the program and its
	// version. They are kept with the weights; a run is resumed on equal data only.
	Data    string `json:"data"`
	Program string `json:"program"`

	// Workers is the number of goroutines, 1 to 2^14; the result does not depend on it.
	Workers int `json:"-"`
	// Resume continues a run from its checkpoint, if it has one.
	Resume bool `json:"-"`
	// Progress, if set, is called after every step.
	Progress func(TrainProgress) `json:"-"`
}

// DefaultRun returns a run with seed 1 on all processors.
func DefaultRun() Run {
	return Run{ValidateEvery: 200, Patience: 0, CheckpointEvery: 200, Seed: 1, Workers: runtime.GOMAXPROCS(0)}
}

// Validate reports the first setting out of its range.
func (r Run) Validate() error {
	return cmp.Or(
		checkRange("validate-every", r.ValidateEvery, 1, 1<<30), checkRange("patience", r.Patience, 0, 1<<30),
		checkRange("checkpoint-every", r.CheckpointEvery, 1, 1<<30), checkRange("workers", r.Workers, 1, 1<<14),
	)
}

// TrainSettings describes a training run. As JSON they stand in models and checkpoints.
type TrainSettings struct {
	Network
	Loss
	Optimizer
	Run
}

// DefaultTrain returns the defaults of all parts.
func DefaultTrain() *TrainSettings {
	return &TrainSettings{DefaultNetwork(), DefaultLoss(), DefaultOptimizer(), DefaultRun()}
}

// Validate reports the first setting out of its range.
func (set *TrainSettings) Validate() error {
	return cmp.Or(set.Network.Validate(), set.Loss.Validate(set.Target), set.Optimizer.Validate(set.Target), set.Run.Validate())
}

// Recorded returns the settings as files hold them: with the temperature that [Auto] stands
// for, and without what target and loss do not use.
func (set *TrainSettings) Recorded() TrainSettings {
	r := *set
	if r.Temperature == Auto {
		r.Temperature = DefaultTemperature(r.Target, r.Loss.Name, r.Cost)
	}
	r.Loss = r.Loss.Recorded()
	if r.Target == Site {
		r.ReplayBuffer, r.Visits = 0, 0
	}
	return r
}

func checkRange(name string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%w: %s = %d, want %d to %d", ErrSettings, name, value, least, most)
	}
	return nil
}

func checkPositive(name string, value float64) error {
	if !(value > 0) || math.IsInf(value, 0) {
		return fmt.Errorf("%w: %s = %v, want a finite number above 0", ErrSettings, name, value)
	}
	return nil
}

// TrainProgress is the state of a run.
type TrainProgress struct {
	Step, Steps int
	Loss        float64 // of the last step
	Gap         float64 // of the last validation, NaN before the first
}

// pointwise returns the loss of one logit, nil for the true energy.
func (l Loss) pointwise() losses.Loss {
	switch l.Name {
	case Margin:
		return losses.Margin{Gamma: l.Margin}
	case LocalEnergy:
		return losses.LocalEnergy{Temperature: l.Temperature, Offset: l.Offset}
	case Boltzmann:
		return losses.Boltzmann{Temperature: l.Temperature}
	case CrossEntropy:
		return losses.CrossEntropy{}
	}
	return nil
}
