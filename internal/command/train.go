package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/internal/base/safetext"
	"spinlearn/internal/experiment"
	"spinlearn/ising"
)

// trainOptions are what the flags of train say.
type trainOptions struct {
	data, validation pathList
	validationCount  int // of each dataset
	out              string
	set              *cnn.TrainSettings
}

func trainCommand() *cli.Command {
	o := trainOptions{validationCount: 200, set: cnn.DefaultTrain()}
	set := o.set
	return &cli.Command{
		Name:  "train",
		Usage: "train a network on a dataset",
		Description: `Writes model.safetensors (the weights of least validation gap), metrics.jsonl,
training.png and checkpoint/ into the folder. A run that was stopped, at any
moment, goes on with the same command and --resume, and ends with the same bytes
as one that was not.

Targets: bond predicts relative orientations across bonds and decodes them by a
spanning tree; site predicts spins. Losses of bond: cross-entropy, margin,
local-energy, boltzmann; of site: cross-entropy, margin, local-energy,
true-energy.

Example:
   spinlearn train --data train --validation check --steps 2000 --out run`,
		Flags: []cli.Flag{
			&cli.GenericFlag{Name: "data", Value: &o.data, Usage: "datasets to train on, several in a row or by repeating the flag"},
			&cli.GenericFlag{Name: "validation", Value: &o.validation, Usage: "datasets to choose the weights by, several in a row; without one the last weights are kept"},
			&cli.GenericFlag{Name: "validation-count", Value: one(&o.validationCount, atLeast(1)), Usage: "number of instances to use of each validation dataset"},
			&cli.GenericFlag{Name: "target", Value: one(&set.Target, word(cnn.Bond, cnn.Site)), Usage: "bond or site"},
			&cli.GenericFlag{Name: "loss", Value: one(&set.Loss.Name, word(allLosses()...)), Usage: "one of those above"},
			&cli.GenericFlag{Name: "temperature", Value: one(&set.Temperature, positive), Usage: "temperature of the energy losses, in units of J", DefaultText: temperatures()},
			&cli.GenericFlag{Name: "offset", Value: one(&set.Offset, finite), Usage: "h0 of local-energy, in units of J", DefaultText: fmt.Sprint(set.Offset)},
			&cli.GenericFlag{Name: "cost", Value: one(&set.Cost, word(cnn.FlipCost, cnn.WallCost)), Usage: "energy of a wrong bond in local-energy and boltzmann: flip of one end, or wall, the cheapest domain wall, which needs data of generate --walls"},
			&cli.GenericFlag{Name: "margin", Value: one(&set.Margin, finite), Usage: "margin γ of the loss margin"},
			&cli.GenericFlag{Name: "channels", Value: one(&set.Channels, integer), Usage: "channels of the network"},
			&cli.GenericFlag{Name: "blocks", Value: one(&set.Blocks, integer), Usage: "residual blocks of the network"},
			&cli.GenericFlag{Name: "steps", Value: one(&set.Steps, integer), Usage: "training steps"},
			&cli.GenericFlag{Name: "batch", Value: one(&set.Batch, integer), Usage: "instances in a step"},
			&cli.GenericFlag{Name: "learning-rate", Value: one(&set.LearningRate, finite), Usage: "learning rate of Adam at its highest"},
			&cli.GenericFlag{Name: "warmup", Value: one(&set.Warmup, integer), Usage: "steps in which the learning rate rises"},
			&cli.GenericFlag{Name: "clip", Value: one(&set.Clip, finite), Usage: "largest norm of the gradient"},
			&cli.GenericFlag{Name: "pool", Value: one(&set.ReplayBuffer, integer), Usage: "with --target bond: instances in the replay buffer, which are in training at the same time"},
			&cli.GenericFlag{Name: "visits", Value: one(&set.Visits, integer), Usage: "with --target bond: largest number of visits of an instance in the replay buffer"},
			&cli.GenericFlag{Name: "validate-every", Value: one(&set.ValidateEvery, integer), Usage: "steps between validations"},
			&cli.GenericFlag{Name: "patience", Value: one(&set.Patience, integer), Usage: "number of validations without a better gap that end training, 0 for never", DefaultText: fmt.Sprint(set.Patience)},
			&cli.GenericFlag{Name: "checkpoint-every", Value: one(&set.CheckpointEvery, integer), Usage: "steps between checkpoints"},
			&cli.GenericFlag{Name: "seed", Value: seed(&set.Seed), Usage: "seed of weights and batches"},
			&cli.GenericFlag{Name: "workers", Value: workers(&set.Workers), Usage: "goroutines; the number does not change the result"},
			&cli.BoolFlag{Name: "resume", Usage: "go on from the checkpoint in the folder, if there is one", Destination: &set.Resume},
			&cli.StringFlag{Name: "out", Usage: "folder of the run", Destination: &o.out},
		},
		Action: func(c *cli.Context) error {
			if err := checkLine(c, "data", "out"); err != nil {
				return err
			}
			if err := checkNeeds(c, "validation", "validation-count", "patience", "validate-every"); err != nil {
				return err
			}
			if err := checkEffects(c, "target", []string{set.Target}, []effect{{"pool", []string{cnn.Bond}}, {"visits", []string{cnn.Bond}}}); err != nil {
				return err
			}
			if err := checkEffects(c, "loss", []string{set.Loss.Name}, lossEffects()); err != nil {
				return err
			}
			if err := checkEffects(c, "target", []string{set.Target}, []effect{{"cost", []string{cnn.Bond}}}); err != nil {
				return err
			}
			if !c.IsSet("pool") {
				set.ReplayBuffer = max(set.ReplayBuffer, set.Batch)
			}
			if err := set.Validate(); err != nil {
				return err
			}
			r, err := train(c.Context, c.App.ErrWriter, &o)
			if errors.Is(err, cnn.ErrExists) {
				return fmt.Errorf("%w (--resume, --out)", err)
			}
			if err != nil {
				return interruptHint(err, "the same command with --resume goes on from the last checkpoint")
			}
			gap := "no validation"
			if r.Model.Gap != nil {
				gap = fmt.Sprintf("validation gap %.3g %%", 100**r.Model.Gap)
			}
			if r.WithoutGap > 0 {
				if r.Model.Gap == nil {
					gap = "no validation gap"
				}
				gap += fmt.Sprintf(", %d validation instances of reference energy 0 without a relative gap", r.WithoutGap)
			}
			_, err = fmt.Fprintf(c.App.Writer, "%s: %d steps, best weights after %d, %s\n", safetext.Terminal(o.out), r.Steps, r.Model.Step, gap)
			return err
		},
	}
}

// lossEffects says which losses use each of the flags that only some of them do.
func lossEffects() (list []effect) {
	for _, flag := range []string{"temperature", "offset", "cost", "margin"} {
		list = append(list, effect{flag, cnn.LossesWith(flag)})
	}
	return list
}

// temperatures writes the default temperatures of all losses.
func temperatures() string {
	return fmt.Sprintf("%s: %v for site, %v for bond; %s: %v; both with walls: %v; %s: %v, falling to 0",
		cnn.LocalEnergy, cnn.DefaultTemperature(cnn.Site, cnn.LocalEnergy, cnn.FlipCost), cnn.DefaultTemperature(cnn.Bond, cnn.LocalEnergy, cnn.FlipCost),
		cnn.Boltzmann, cnn.DefaultTemperature(cnn.Bond, cnn.Boltzmann, cnn.FlipCost), cnn.DefaultTemperature(cnn.Bond, cnn.Boltzmann, cnn.WallCost),
		cnn.TrueEnergy, cnn.DefaultTemperature(cnn.Site, cnn.TrueEnergy, cnn.FlipCost))
}

// allLosses lists the losses of both targets.
func allLosses() []string {
	losses := append(cnn.Losses(cnn.Bond), cnn.Losses(cnn.Site)...)
	slices.Sort(losses)
	return slices.Compact(losses)
}

func train(ctx context.Context, stderr io.Writer, o *trainOptions) (*cnn.TrainResult, error) {
	var sources []cnn.Source
	var validation []*ising.Solved
	var names []string
	for _, dir := range o.data {
		d, name, err := openPlane(dir)
		if err != nil {
			return nil, err
		}
		if o.set.Cost == cnn.WallCost && !d.Description().Walls {
			return nil, fmt.Errorf("%s: has no walls, which --cost %s needs (generate --walls)", dir, cnn.WallCost)
		}
		sources, names = append(sources, d), append(names, name)
	}
	for _, dir := range o.validation {
		d, name, err := openPlane(dir)
		if err != nil {
			return nil, err
		}
		list, err := take(d, o.validationCount)
		if err != nil {
			return nil, err
		}
		validation, names = append(validation, list...), append(names, fmt.Sprintf("validation on the first %d of %s", len(list), name))
	}
	set := *o.set
	set.Data, set.Program = strings.Join(names, "; "), program
	r := newReporter(stderr, "train "+filepath.Base(o.out), "steps", set.Steps)
	set.Progress = func(p cnn.TrainProgress) {
		note := fmt.Sprintf("loss %.4g", p.Loss)
		if !math.IsNaN(p.Gap) {
			note += fmt.Sprintf(", gap %.2f %%", 100*p.Gap)
		}
		r.update(p.Step, note)
	}
	result, err := cnn.Train(ctx, o.out, sources, validation, &set)
	if err != nil {
		r.stop()
		return nil, err
	}
	r.finish(fmt.Sprintf("%d steps", result.Steps))
	lines, err := readMetrics(o.out)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 { // the file was lost after the run
		return result, nil
	}
	return result, draw(experiment.TrainingChart([]experiment.Training{{Model: result.Model, Dir: o.out, Metrics: lines}}), filepath.Join(o.out, "training.png"))
}

// readMetrics reads the metrics of a run, none if it has no file of them.
func readMetrics(dir string) ([]cnn.Metric, error) {
	lines, err := cnn.ReadMetrics(filepath.Join(dir, cnn.MetricsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return lines, err
}

// checkPlane refuses lattices, of a file or dataset, that models cannot take.
func checkPlane(path string, l *ising.Lattice) error {
	if l.Axes() != 2 {
		return fmt.Errorf("%s: lattice %v; models take two-dimensional lattices only", path, l)
	}
	return nil
}

// openPlane opens a complete dataset that models can take.
func openPlane(dir string) (*data.Dataset, string, error) {
	d, name, err := openDataset(dir)
	if err == nil {
		err = checkPlane(dir, d.Lattice())
	}
	return d, name, err
}

// openDataset opens a complete dataset and returns words that identify its content.
func openDataset(dir string) (*data.Dataset, string, error) {
	d, err := data.Open(dir)
	if err != nil {
		return nil, "", err
	}
	s := d.Description()
	if !d.Complete() {
		return nil, "", fmt.Errorf("%s holds %d of %d instances: run its generate command again to complete it", dir, d.Len(), s.Count)
	}
	name, err := d.Identity()
	return d, name, err
}

// take reads the first n instances of a dataset, or all if there are fewer.
func take(d *data.Dataset, n int) ([]*ising.Solved, error) {
	var list []*ising.Solved
	for s, err := range d.All() {
		if err != nil {
			return nil, err
		}
		if list = append(list, s); len(list) == n {
			break
		}
	}
	return list, nil
}
