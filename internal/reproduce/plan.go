package reproduce

import (
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
	// Common has network with target, steps, batch, pool, and how often weights are
	// validated and kept. All else is an arm's own.
	Common cnn.TrainSettings `json:"common"`
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

// An Arm is a loss. Tuning chooses one of its trials, of which every arm of a target has
// the same number.
type Arm struct {
	Name   string              `json:"name"`
	Trials []cnn.TrainSettings `json:"trials"` // loss and what is tuned
}

// A Grid lists what takes the place of an arm's tuned temperature, or offset.
type Grid struct {
	Arm          string    `json:"arm"`
	Temperatures []float64 `json:"temperatures"`
	Offsets      []float64 `json:"offsets,omitempty"` // at the tuned temperature
}

// rates returns a trial a learning rate.
func rates(set cnn.TrainSettings, list ...float64) []cnn.TrainSettings {
	trials := make([]cnn.TrainSettings, len(list))
	for i, r := range list {
		trials[i] = set
		trials[i].LearningRate = r
	}
	return trials
}

// temperatures returns the trials of every temperature with every learning rate.
func temperatures(set cnn.TrainSettings, learning []float64, list ...float64) []cnn.TrainSettings {
	var trials []cnn.TrainSettings
	for _, t := range list {
		set.Temperature = t
		trials = append(trials, rates(set, learning...)...)
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
	small := cnn.Network{Channels: 16, Blocks: 6}
	site := Target{Common: cnn.TrainSettings{Network: small, ValidateEvery: 200, CheckpointEvery: 500}}
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
		bond.Common.Pool = 256
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
		wide := cnn.Network{Channels: 256, Blocks: 6}
		site.Common.Network, site.Common.Batch, site.Common.Steps, site.TrialSteps = wide, 256, 4000, 800
		bond.Common.Network, bond.Common.Batch, bond.Common.Steps, bond.TrialSteps = wide, 256, 4000, 800
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

	plain := func(loss string) Arm { return Arm{loss, rates(cnn.TrainSettings{Loss: loss}, learning...)} }
	energy := func(name string, set cnn.TrainSettings, list ...float64) Arm {
		return Arm{name, temperatures(set, around, list[:len(learning)/len(around)]...)}
	}
	site.Arms = []Arm{
		plain(cnn.CrossEntropy),
		plain(cnn.Margin),
		energy(cnn.LocalEnergy, cnn.TrainSettings{Loss: cnn.LocalEnergy}, 0.1, 0.3, 1),
		energy(cnn.TrueEnergy, cnn.TrainSettings{Loss: cnn.TrueEnergy}, 1, 0.5, 2),
	}
	bond.Arms = []Arm{
		plain(cnn.CrossEntropy),
		energy(cnn.Boltzmann, cnn.TrainSettings{Loss: cnn.Boltzmann}, 0.3, 0.1, 1),
		energy(cnn.LocalEnergy, cnn.TrainSettings{Loss: cnn.LocalEnergy}, 10, 3, 1),
		energy(boltzmannWall, cnn.TrainSettings{Loss: cnn.Boltzmann, Cost: cnn.WallCost}, 1, 3, 0.3),
		energy(localEnergyWall, cnn.TrainSettings{Loss: cnn.LocalEnergy, Cost: cnn.WallCost}, 1, 3, 0.3),
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
			return slices.ContainsFunc(a.Trials, func(set cnn.TrainSettings) bool { return set.Cost == cnn.WallCost })
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
