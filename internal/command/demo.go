package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/internal/base/safetext"
	"spinlearn/internal/experiment"
	"spinlearn/solver/methods"
)

func demoCommand() *cli.Command {
	var out string
	goroutines := runtime.GOMAXPROCS(0)
	return &cli.Command{
		Name:  "demo",
		Usage: "generate, train under every loss, compare, in two minutes",
		Description: `Makes proven instances of 16×16 Gaussian tori, trains a small network under
each loss of both targets, and writes table and charts into the folder. Open its
report.html first. If the work is stopped, the same command goes on from there.

Example:
   spinlearn demo --out demo`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Value: "demo", Usage: "folder of data, runs, table and charts", Destination: &out},
			&cli.GenericFlag{Name: "workers", Value: workers(&goroutines), Usage: "goroutines; the number does not change the results"},
		},
		Action: func(c *cli.Context) error {
			if err := checkLine(c); err != nil {
				return err
			}
			err := demo(c.Context, c.App.Writer, c.App.ErrWriter, out, goroutines, fullDemo())
			return interruptHint(err, "the same command goes on from there")
		},
	}
}

// demoOpening is what a newcomer reads first on the page.
var demoOpening = []string{
	"Every row of the table is a method, tried on the same spin glasses. Their ground states are proven, so the gap, by how many per cent an energy is too high, is known and not estimated. Solved counts the instances whose ground state was found. Click on a column to sort by it.",
	"First compare the targets in the chart of relative gaps. A site network predicts spins; a bond network predicts for every bond whether its spins are parallel, and the surest bonds fix the spins.",
	"Then compare the losses of one target, and see what descent, more passes and effort (annealing of what the network is unsure about) add to each.",
	"Last compare with methods that learn nothing: the spanning tree, and annealing whose reads are combined. A network is of use only where it is better than these in the same CPU time; the chart of gaps against time shows it.",
	"One seed for each loss is a demonstration. spinlearn reproduce makes a study with several seeds.",
}

// demoSizes says how much work a demo is.
type demoSizes struct {
	shape                   []int // of tori with Gaussian couplings
	train, validation, test int   // instances
	shard                   int
	common                  cnn.TrainSettings // of all targets and losses, but for their steps
	bondSteps, siteSteps    int
	sweeps                  []int
}

// fullDemo is what fits into a few minutes on two cores.
func fullDemo() *demoSizes {
	d := &demoSizes{
		shape: []int{16, 16}, train: 3000, validation: 64, test: 100, shard: 128,
		common: *cnn.DefaultTrain(), bondSteps: 4000, siteSteps: 2000, sweeps: []int{10, 100, 1000, 10000},
	}
	d.common.Batch, d.common.CheckpointEvery = 8, 400
	return d
}

// training returns the settings of one loss. The step counts, the network and the
// learning rate are the same for all losses of a target.
func (d *demoSizes) training(target, loss string) *cnn.TrainSettings {
	set := d.common
	set.Target, set.Loss.Name, set.Steps, set.Resume = target, loss, d.bondSteps, true
	if target == cnn.Site {
		set.Steps = d.siteSteps
		if loss == cnn.LocalEnergy {
			set.Temperature = 0.3 // at the paper's 0.1 J two of three seeds collapse to a constant
		}
	}
	return &set
}

func demo(ctx context.Context, stdout, stderr io.Writer, out string, workers int, sizes *demoSizes) error {
	const dataDir, runsDir = "data", "runs"
	if err := checkFolder(out, dataDir, runsDir); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(out, runsDir)); err != nil && comparisonFile(out) != "" {
		return fmt.Errorf("%s holds %s, which no demo wrote; choose another folder with --out", out, comparisonFile(out))
	}
	if err := checkOccupied(ctx, out); err != nil {
		return fmt.Errorf("%w; choose another folder with --out", err)
	}
	dataset := func(name string) string { return filepath.Join(out, dataDir, name) }
	if err := os.MkdirAll(filepath.Join(out, dataDir), 0o755); err != nil {
		return err
	}
	for i, d := range []struct {
		name  string
		count int
	}{{"train", sizes.train}, {"validation", sizes.validation}, {"test", sizes.test}} {
		o := defaultGenerate()
		o.set.Shape, o.set.Count, o.set.ShardSize, o.set.Solver = sizes.shape, d.count, sizes.shard, methods.Exact
		o.set.Seed, o.set.Workers, o.out = uint64(i+1), workers, dataset(d.name)
		if _, err := generate(ctx, stderr, o); err != nil {
			return err
		}
	}

	var models []string
	for _, target := range []string{cnn.Bond, cnn.Site} {
		for _, loss := range cnn.Losses(target) {
			o := &trainOptions{
				data: pathList{dataset("train")}, validation: pathList{dataset("validation")}, validationCount: sizes.validation,
				out: filepath.Join(out, runsDir, target+"-"+loss), set: sizes.training(target, loss),
			}
			o.set.Workers = workers
			if _, err := train(ctx, stderr, o); err != nil {
				return err
			}
			models = append(models, o.out)
		}
	}

	result, err := compare(ctx, stderr, &compareOptions{
		data: pathList{dataset("test")}, models: models, passes: []int{1, 3}, efforts: []int{2}, sweeps: sizes.sweeps, seed: 1, workers: workers, out: out, force: true,
		opening: demoOpening,
	})
	if err != nil {
		return err
	}
	if err := result.WriteText(stdout); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "\nOpen %s in a browser: it says what to look at. The charts stand beside it.\n", safetext.Terminal(filepath.Join(out, experiment.PageFile)))
	return err
}
