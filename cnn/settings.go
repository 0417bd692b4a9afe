package cnn

import (
	"fmt"
	"math"
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

// The costs by name; see [TrainSettings.Cost].
const (
	FlipCost = "flip"
	WallCost = "wall"
)

// TrainSettings describes a training run. Zero values stand for the defaults, which
// are the recipe that was found to work on 16×16 instances.
type TrainSettings struct {
	// Network has target bond, 16 channels and 6 blocks by default.
	Network
	// Loss is one of [Losses] of the target; cross-entropy by default.
	Loss string `json:"loss"`
	// Margin is γ of the margin loss, > 0; 1 by default.
	Margin float64 `json:"margin,omitempty"`
	// Temperature in the unit of the couplings, > 0: of the local energy (default
	// 0.1 for sites, 4 for bonds), of the Boltzmann cross-entropy (0.3), of both with
	// walls (1), or the one from which that of the true energy falls linearly to 0 (0.5).
	Temperature float64 `json:"temperature,omitempty"`
	// Offset is h0 of the local energy, ≥ 0, in the unit of the couplings.
	Offset float64 `json:"offset,omitempty"`
	// Cost says what a wrong bond costs in the losses local-energy and boltzmann of the bond
	// target: the cheaper flip of one of its ends ("flip", the default, which is kept as
	// ""), or the cheapest domain wall across it ("wall"). Walls have to be in the data.
	Cost string `json:"cost,omitempty"`

	Steps int `json:"steps"` // 8000 by default
	Batch int `json:"batch"` // instances a step, 32 by default
	// LearningRate is Adam's, at its highest: 0.003 by default. It rises over Warmup
	// steps (50 by default) and falls as a cosine to 2 % of that.
	LearningRate float64 `json:"learning_rate"`
	Warmup       int     `json:"warmup"`
	// Clip bounds the norm of the gradient, > 0; 1 by default.
	Clip float64 `json:"clip"`
	// Pool is the number of instances that the bond target keeps in training at a time,
	// at least Batch, 1024 by default, shared by the sources. After each visit the
	// reference configuration of an instance is what the network made of it; it leaves
	// after 1 to Visits visits (8 by default).
	Pool   int `json:"pool,omitempty"`
	Visits int `json:"visits,omitempty"`
	// ValidateEvery is the number of steps between validations, 200 by default.
	ValidateEvery int `json:"validate_every"`
	// Patience ends training after that many validations without a better gap; 0
	// never does.
	Patience int `json:"patience"`
	// CheckpointEvery is the number of steps between checkpoints, 200 by default.
	CheckpointEvery int `json:"checkpoint_every"`
	// Seed of every random choice.
	Seed uint64 `json:"seed"`

	// Data names the training and validation data, and Program the program and its
	// version. They are kept with the weights; a run is resumed on equal data only.
	Data    string `json:"data"`
	Program string `json:"program"`

	// Workers is the number of goroutines; the result does not depend on it.
	Workers int `json:"-"`
	// Resume continues a run from its checkpoint, if it has one.
	Resume bool `json:"-"`
	// Progress, if set, is called after every step.
	Progress func(TrainProgress) `json:"-"`
}

// TrainProgress is the state of a run.
type TrainProgress struct {
	Step, Steps int
	Loss        float64 // of the last step
	Gap         float64 // of the last validation, NaN before the first
}

func (set *TrainSettings) withDefaults() (TrainSettings, error) {
	s := TrainSettings{}
	if set != nil {
		s = *set
	}
	orElse(&s.Target, Bond)
	orElse(&s.Channels, 16)
	orElse(&s.Blocks, 6)
	orElse(&s.Loss, CrossEntropy)
	orElse(&s.Steps, 8000)
	orElse(&s.Batch, 32)
	orElse(&s.LearningRate, 0.003)
	orElse(&s.Warmup, 50)
	orElse(&s.Clip, 1)
	orElse(&s.ValidateEvery, 200)
	orElse(&s.CheckpointEvery, 200)
	orElse(&s.Workers, 1)
	if s.Cost == FlipCost && s.hasCost() {
		s.Cost = ""
	}
	if s.Target == Bond {
		orElse(&s.Pool, max(1024, s.Batch))
		orElse(&s.Visits, 8)
	}
	switch {
	case s.Loss == Margin:
		orElse(&s.Margin, 1)
	case s.Cost == WallCost:
		orElse(&s.Temperature, 1)
	case s.Loss == Boltzmann:
		orElse(&s.Temperature, 0.3)
	case s.Loss == TrueEnergy:
		orElse(&s.Temperature, 0.5)
	case s.Loss == LocalEnergy && s.Target == Bond:
		orElse(&s.Temperature, 4)
	case s.Loss == LocalEnergy:
		orElse(&s.Temperature, 0.1)
	}
	return s, s.validate()
}

func orElse[T comparable](field *T, value T) {
	if *field == *new(T) {
		*field = value
	}
}

func (set *TrainSettings) validate() error {
	if err := set.Network.Validate(); err != nil {
		return err
	}
	if err := set.checkLoss(); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value int
		least int
		most  int
	}{
		{"steps", set.Steps, 1, 1 << 30}, {"batch", set.Batch, 1, 1 << 14}, {"warmup", set.Warmup, 0, 1 << 30},
		{"pool", set.Pool, 0, 1 << 20}, {"visits", set.Visits, 0, 1 << 20}, {"validate-every", set.ValidateEvery, 1, 1 << 30},
		{"patience", set.Patience, 0, 1 << 30}, {"checkpoint-every", set.CheckpointEvery, 1, 1 << 30}, {"workers", set.Workers, 1, 1 << 14},
	} {
		if f.value < f.least || f.value > f.most {
			return fmt.Errorf("%w: %s = %d, want %d to %d", ErrSettings, f.name, f.value, f.least, f.most)
		}
	}
	if set.Target == Bond && set.Pool < set.Batch {
		return fmt.Errorf("%w: pool = %d, want at least the batch, %d", ErrSettings, set.Pool, set.Batch)
	}
	if set.Target == Site && (set.Pool != 0 || set.Visits != 0) {
		return fmt.Errorf("%w: pool = %d and visits = %d, want none for target %s", ErrSettings, set.Pool, set.Visits, Site)
	}
	for _, f := range []struct {
		name  string
		value float64
		used  bool
		zero  bool // whether 0 is allowed
	}{
		{"learning-rate", set.LearningRate, true, false}, {"clip", set.Clip, true, false}, {"margin", set.Margin, set.Loss == Margin, false},
		{"temperature", set.Temperature, set.Loss != Margin && set.Loss != CrossEntropy, false}, {"offset", set.Offset, set.Loss == LocalEnergy, true},
	} {
		switch {
		case !f.used && f.value != 0:
			return fmt.Errorf("%w: %s = %v, but loss %s has none", ErrSettings, f.name, f.value, set.Loss)
		case f.used && !(f.value > 0 || f.zero && f.value == 0) || math.IsInf(f.value, 0):
			return fmt.Errorf("%w: %s = %v, want a positive number", ErrSettings, f.name, f.value)
		}
	}
	return nil
}

// checkLoss refuses a loss or cost that the target does not have.
func (set *TrainSettings) checkLoss() error {
	names := Losses(set.Target)
	switch {
	case !slices.Contains(names, set.Loss):
		return fmt.Errorf("%w: loss = %.40q, want one of %q for target %s", ErrSettings, set.Loss, names, set.Target)
	case set.Cost != "" && set.Cost != FlipCost && set.Cost != WallCost:
		return fmt.Errorf("%w: cost = %.40q, want %s or %s", ErrSettings, set.Cost, FlipCost, WallCost)
	case set.Cost != "" && !set.hasCost():
		return fmt.Errorf("%w: cost = %s, but loss %s of target %s has none", ErrSettings, set.Cost, set.Loss, set.Target)
	}
	return nil
}

// hasCost reports whether the loss has a choice of [TrainSettings.Cost].
func (set *TrainSettings) hasCost() bool {
	return set.Target == Bond && (set.Loss == LocalEnergy || set.Loss == Boltzmann)
}

// pointwise returns the loss of one logit, nil for the true energy.
func (set *TrainSettings) pointwise() losses.Loss {
	switch set.Loss {
	case Margin:
		return losses.Margin{Gamma: set.Margin}
	case LocalEnergy:
		return losses.LocalEnergy{Temperature: set.Temperature, Offset: set.Offset}
	case Boltzmann:
		return losses.Boltzmann{Temperature: set.Temperature}
	case CrossEntropy:
		return losses.CrossEntropy{}
	}
	return nil
}

// rate returns the learning rate of a step, counted from 0.
func (set *TrainSettings) rate(step int) float64 {
	warm := 1.0
	if step < set.Warmup {
		warm = float64(step+1) / float64(set.Warmup)
	}
	const floor = 0.02
	return set.LearningRate * warm * max(floor, (1+math.Cos(math.Pi*float64(step)/float64(set.Steps)))/2)
}
