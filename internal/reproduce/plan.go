package reproduce

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/ising"
)

// A Plan is an experiment. It stands in plan.json.
type Plan struct {
	Preset string `json:"preset"`

	// Data describes the datasets, which differ in count and seed. That for training has
	// walls if an arm wants them.
	Data       data.Description `json:"data"`
	Train      int              `json:"train"`      // instances the losses are compared with
	Validation int              `json:"validation"` // instances settings and weights are chosen by
	Test       int              `json:"test"`       // instances the results are from

	// Seeds is the number of runs of every arm, each with a seed of its own.
	Seeds int `json:"seeds"`
	// Targets are the parts of the study.
	Targets []Target `json:"targets"`
	// Sweeps are those of annealing among the classical methods.
	Sweeps []int `json:"sweeps"`
}

// A Target is what all of its arms share.
type Target struct {
	Common Common `json:"common"`
	// TrialSteps is the number of steps of a tuning run.
	TrialSteps int   `json:"trial_steps"`
	Arms       []Arm `json:"arms"`
	// Sizes are numbers of training instances, ascending, at which the arms of SizeArms
	// are trained besides.
	Sizes    []int    `json:"sizes,omitempty"`
	SizeArms []string `json:"size_arms,omitempty"`
	// Sweep lists temperatures and offsets for arms, made only when asked for.
	Sweep []Grid `json:"sweep,omitempty"`
}

// Common are settings of training of which loss, learning rate and seed are a run's own.
type Common struct{ cnn.TrainSettings }

// MarshalJSON writes what plans choose of them; the others are 0.
func (c Common) MarshalJSON() ([]byte, error) {
	set := c.Recorded()
	if set.ReplayBuffer == cnn.DefaultOptimizer().ReplayBuffer {
		set.ReplayBuffer = 0
	}
	return json.Marshal(cnn.TrainSettings{
		Network:   set.Network,
		Optimizer: cnn.Optimizer{Steps: set.Steps, Batch: set.Batch, ReplayBuffer: set.ReplayBuffer},
		Run:       cnn.Run{ValidateEvery: set.ValidateEvery, CheckpointEvery: set.CheckpointEvery},
	})
}

// An Arm is a loss. Tuning chooses one of its trials, of which every arm of a target has
// the same number.
type Arm struct {
	Name   string  `json:"name"`
	Trials []Trial `json:"trials"`
}

// A Trial is what an arm has of its own: the loss and what is tuned.
type Trial struct {
	cnn.Loss
	LearningRate float64
}

// MarshalJSON writes a trial as settings of training in which all others are 0, as is the
// margin, which no plan chooses.
func (t Trial) MarshalJSON() ([]byte, error) {
	loss := t.Recorded()
	loss.Margin = 0
	return json.Marshal(cnn.TrainSettings{Loss: loss, Optimizer: cnn.Optimizer{LearningRate: t.LearningRate}})
}

// A Grid lists what takes the place of an arm's tuned temperature, or offset.
type Grid struct {
	Arm          string    `json:"arm"`
	Temperatures []float64 `json:"temperatures"`
	Offsets      []float64 `json:"offsets,omitempty"` // at the tuned temperature
}

// named returns a loss with its defaults.
func named(loss string) cnn.Loss {
	l := cnn.DefaultLoss()
	l.Name = loss
	return l
}

// walled returns a loss whose energy of a wrong bond is that of the cheapest domain wall.
func walled(loss string) cnn.Loss {
	l := named(loss)
	l.Cost = cnn.WallCost
	return l
}

// rates returns a trial for each learning rate.
func rates(loss cnn.Loss, list ...float64) (trials []Trial) {
	for _, r := range list {
		trials = append(trials, Trial{loss, r})
	}
	return trials
}

// temperatures returns the trials of every temperature with every learning rate.
func temperatures(loss cnn.Loss, learning []float64, list ...float64) (trials []Trial) {
	for _, t := range list {
		loss.Temperature = t
		trials = append(trials, rates(loss, learning...)...)
	}
	return trials
}

// The arms of energy losses whose energy is that of the cheapest domain wall.
const (
	boltzmannWall   = cnn.Boltzmann + " (wall)"
	localEnergyWall = cnn.LocalEnergy + " (wall)"
)

// Presets names the presets of studies.
func Presets() []string { return []string{"quick", "standard", "paper"} }

// Preset returns the plan of a study by its name.
func Preset(name string) (*Plan, error) {
	p := &Plan{
		Preset:     name,
		Data:       data.Description{Ensemble: ising.Ensemble{Couplings: ising.Uniform}, Shape: []int{16, 16}, Boundary: "free", ShardSize: 200},
		Validation: 100,
		Seeds:      5,
		Sweeps:     []int{100, 1000},
	}
	site := Target{Common: Common{*cnn.DefaultTrain()}}
	site.Common.CheckpointEvery = 500
	bond := site
	bond.SizeArms = []string{cnn.CrossEntropy, cnn.Boltzmann, boltzmannWall, localEnergyWall}
	// Losses without a temperature are tuned over as many learning rates as the others
	// over temperatures, the first of their lists, and the learning rates around.
	learning, around := []float64{0.0003, 0.001, 0.002, 0.003, 0.006, 0.01}, []float64{0.003, 0.01}
	switch name {
	case "quick":
		p.Train, p.Test, p.Seeds = 1600, 200, 3
		learning = []float64{0.001, 0.003, 0.006, 0.01}
		site.Common.Batch, site.Common.Steps, site.TrialSteps = 8, 1800, 600
		bond.Common.Batch, bond.Common.Steps, bond.TrialSteps = 8, 1800, 600
		bond.Common.ReplayBuffer = 256
		bond.Sizes = []int{100, 400, 1600}
		bond.Sweep = []Grid{{cnn.Boltzmann, []float64{0.03, 0.1, 0.3, 1, 3}, nil}, {cnn.LocalEnergy, []float64{1, 3, 10, 30}, []float64{0.5}}}
	case "standard":
		p.Train, p.Validation, p.Test = 16000, 200, 1000
		site.Common.Batch, site.Common.Steps, site.TrialSteps = 32, 3000, 600
		bond.Common.Batch, bond.Common.Steps, bond.TrialSteps = 32, 5000, 1000
		bond.Sizes = []int{100, 400, 1600, 6400, 16000}
	case "paper":
		p.Train, p.Validation, p.Test = 10000, 500, 10000
		learning, around = []float64{0.0001, 0.0003, 0.0005, 0.001, 0.002, 0.003}, []float64{0.0005, 0.001}
		site.Common.Channels, site.Common.Batch, site.Common.Steps, site.TrialSteps = 256, 256, 4000, 800
		bond.Common.Channels, bond.Common.Batch, bond.Common.Steps, bond.TrialSteps = 256, 256, 4000, 800
		bond.Sizes = []int{100, 400, 1600, 6400, 16000}
	default:
		return nil, fmt.Errorf("preset = %q, want one of %s", name, strings.Join(append(Presets(), Model), ", "))
	}
	if bond.Sweep == nil {
		bond.Sweep = []Grid{
			{cnn.Boltzmann, []float64{0.03, 0.1, 0.2, 0.3, 0.5, 1, 3}, nil},
			{cnn.LocalEnergy, []float64{0.1, 0.3, 1, 3, 6, 10, 30}, []float64{0.1, 0.3, 1}},
		}
	}
	walls := []float64{0.3, 1, 3, 10}
	bond.Sweep = append(bond.Sweep, Grid{boltzmannWall, walls, nil}, Grid{localEnergyWall, walls, nil})
	site.Common.Target, bond.Common.Target = cnn.Site, cnn.Bond

	plain := func(loss string) Arm { return Arm{loss, rates(named(loss), learning...)} }
	energy := func(name string, loss cnn.Loss, list ...float64) Arm {
		return Arm{name, temperatures(loss, around, list[:len(learning)/len(around)]...)}
	}
	site.Arms = []Arm{
		plain(cnn.CrossEntropy),
		plain(cnn.Margin),
		energy(cnn.LocalEnergy, named(cnn.LocalEnergy), 0.1, 0.3, 1),
		energy(cnn.TrueEnergy, named(cnn.TrueEnergy), 1, 0.5, 2),
	}
	bond.Arms = []Arm{
		plain(cnn.CrossEntropy),
		energy(cnn.Boltzmann, named(cnn.Boltzmann), 0.3, 0.1, 1),
		energy(cnn.LocalEnergy, named(cnn.LocalEnergy), 10, 3, 1),
		energy(boltzmannWall, walled(cnn.Boltzmann), 1, 3, 0.3),
		energy(localEnergyWall, walled(cnn.LocalEnergy), 1, 3, 0.3),
		plain(cnn.Margin),
	}
	p.Targets = []Target{site, bond}
	return p, nil
}

// instances returns how many training instances the plan needs.
func (p *Plan) instances() int {
	n := p.Train
	for _, t := range p.Targets {
		n = max(n, slices.Max(append(t.Sizes, 0)))
	}
	return n
}

// flags returns what the command makes the plan by, with or without its sweeps.
func (p *Plan) flags(sweep bool) string {
	flags := "--preset " + p.Preset
	if preset, err := Preset(p.Preset); err == nil && preset.Seeds != p.Seeds {
		flags += fmt.Sprintf(" --seeds %d", p.Seeds)
	}
	if sweep {
		flags += " --sweep"
	}
	return flags
}

// walls reports whether an arm is trained on the energies of domain walls.
func (p *Plan) walls() bool {
	return slices.ContainsFunc(p.Targets, func(t Target) bool {
		return slices.ContainsFunc(t.Arms, func(a Arm) bool {
			return slices.ContainsFunc(a.Trials, func(t Trial) bool { return t.Cost == cnn.WallCost })
		})
	})
}

// decodings are the ways from logits to spins of a target.
func decodings(target string) []decoding {
	if target == cnn.Site {
		return []decoding{{"raw", cnn.DefaultPredict()}, {"descent", cnn.PredictSettings{Passes: 1, Descent: true}}}
	}
	return []decoding{
		{"1 pass", cnn.DefaultPredict()},
		{"1 pass + descent", cnn.PredictSettings{Passes: 1, Descent: true}},
		{"3 passes + descent", cnn.PredictSettings{Passes: 3, Descent: true}},
	}
}

type decoding struct {
	name string
	set  cnn.PredictSettings
}
