package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/internal/safetext"
	"spinlearn/ising"
)

// trainOptions are what the flags of train say.
type trainOptions struct {
	data, validation pathList
	validationCount  int // of each dataset
	out              string
	set              cnn.TrainSettings
}

func trainCommand() *cli.Command {
	o := trainOptions{}
	set := &o.set
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
   spinlearn train --data train --validation validation --loss cross-entropy --steps 2000 --out run`,
		Flags: []cli.Flag{
			&cli.GenericFlag{Name: "data", Value: &o.data, Usage: "datasets to train on, several in a row"},
			&cli.GenericFlag{Name: "validation", Value: &o.validation, Usage: "datasets to choose the weights by; without one the last are kept"},
			&cli.IntFlag{Name: "validation-count", Value: 200, Usage: "instances to use of each of them", Destination: &o.validationCount},
			&cli.StringFlag{Name: "loss", Value: cnn.CrossEntropy, Usage: "see above", Destination: &set.Loss},
			&cli.StringFlag{Name: "target", Value: cnn.Bond, Usage: "bond or site", Destination: &set.Target},
			&cli.Float64Flag{Name: "temperature", Usage: "of the energy losses, in units of J", DefaultText: "local-energy: 0.1 for site, 4 for bond; boltzmann: 0.3; both with walls: 1; true-energy: 0.5, falling to 0", Destination: &set.Temperature},
			&cli.Float64Flag{Name: "offset", Usage: "h0 of local-energy, in units of J", Destination: &set.Offset},
			&cli.StringFlag{Name: "cost", Usage: "of a wrong bond in local-energy and boltzmann: flip of one end, or wall, the cheapest domain wall, which needs data of generate --walls", DefaultText: cnn.FlipCost, Destination: &set.Cost},
			&cli.Float64Flag{Name: "margin", Usage: "γ of margin", DefaultText: "1", Destination: &set.Margin},
			&cli.IntFlag{Name: "channels", Value: 16, Destination: &set.Channels},
			&cli.IntFlag{Name: "blocks", Value: 6, Usage: "residual blocks", Destination: &set.Blocks},
			&cli.IntFlag{Name: "steps", Value: 8000, Destination: &set.Steps},
			&cli.IntFlag{Name: "batch", Value: 32, Usage: "instances a step", Destination: &set.Batch},
			&cli.Float64Flag{Name: "learning-rate", Value: 0.003, Usage: "of Adam, at its highest", Destination: &set.LearningRate},
			&cli.IntFlag{Name: "warmup", Value: 50, Usage: "steps of rising learning rate", Destination: &set.Warmup},
			&cli.Float64Flag{Name: "clip", Value: 1, Usage: "bound of the gradient's norm", Destination: &set.Clip},
			&cli.IntFlag{Name: "pool", Usage: "instances in training at a time, bond target", DefaultText: "1024", Destination: &set.Pool},
			&cli.IntFlag{Name: "visits", Usage: "largest number of visits of an instance in the pool", DefaultText: "8", Destination: &set.Visits},
			&cli.IntFlag{Name: "validate-every", Value: 200, Usage: "steps", Destination: &set.ValidateEvery},
			&cli.IntFlag{Name: "patience", Usage: "validations without a better gap that end training, 0 for never", Destination: &set.Patience},
			&cli.IntFlag{Name: "checkpoint-every", Value: 200, Usage: "steps", Destination: &set.CheckpointEvery},
			&cli.Uint64Flag{Name: "seed", Value: 1, Destination: &set.Seed},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "goroutines", Destination: &set.Workers},
			&cli.BoolFlag{Name: "resume", Usage: "go on from the checkpoint in the folder, if there is one", Destination: &set.Resume},
			&cli.StringFlag{Name: "out", Usage: "folder of the run", Destination: &o.out},
		},
		Action: func(c *cli.Context) error {
			if err := checkLine(c, "data", "out"); err != nil {
				return err
			}
			for _, name := range []string{"temperature", "margin", "channels", "blocks", "steps", "batch", "learning-rate", "warmup", "clip", "pool", "visits", "validate-every", "checkpoint-every", "workers", "validation-count"} {
				if c.IsSet(name) && c.Value(name) == zeroOf(c.Value(name)) {
					return usagef("--%s = 0, want more", name) // 0 would mean the default
				}
			}
			for _, name := range []string{"validation-count", "patience"} {
				if c.IsSet(name) && !c.IsSet("validation") {
					return usagef("--%s has no meaning without --validation", name)
				}
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
				gap = fmt.Sprintf("validation gap %.3f %%", 100**r.Model.Gap)
			}
			_, err = fmt.Fprintf(c.App.Writer, "%s: %d steps, best weights after %d, %s\n", safetext.Terminal(o.out), r.Steps, r.Model.Step, gap)
			return err
		},
	}
}

func zeroOf(v any) any {
	switch v.(type) {
	case float64:
		return 0.0
	case int:
		return 0
	}
	return nil
}

func train(ctx context.Context, stderr io.Writer, o *trainOptions) (*cnn.TrainResult, error) {
	if o.validationCount < 1 {
		return nil, usagef("--validation-count = %d, want at least 1", o.validationCount)
	}
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
	set := o.set
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
	return result, draw(trainingChart([]run{{result.Model, o.out, lines}}), filepath.Join(o.out, "training.png"))
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
