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
	"spinlearn/ising"
)

func demoCommand() *cli.Command {
	var out string
	var workers int
	return &cli.Command{
		Name:  "demo",
		Usage: "generate, train under every loss, compare: in a few minutes",
		Description: `Makes proven instances of 16×16 Gaussian cylinders, trains a small network under
each loss of both targets, and leaves charts and table in the folder. If it is
stopped, the same command goes on where it was.

Example:
   spinlearn demo --out demo`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Value: "demo", Usage: "folder of data, runs, table and charts", Destination: &out},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "goroutines", Destination: &workers},
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return demo(c.Context, c.App.Writer, c.App.ErrWriter, out, workers)
		},
	}
}

// The demo's sizes are what fits into a few minutes on two cores.
var demoData = []struct {
	name  string
	count int
	seed  uint64
}{{"train", 1200, 1}, {"validation", 64, 2}, {"test", 100, 3}}

// demoTraining returns the settings of one loss. The step counts, the network and
// the learning rate are the same for all losses of a target.
func demoTraining(target, loss string) cnn.TrainSettings {
	set := cnn.TrainSettings{
		Network: cnn.Network{Target: target, Channels: 16, Blocks: 6}, Loss: loss, Steps: 1600, Batch: 8,
		Seed: 1, ValidateEvery: 200, CheckpointEvery: 400, Resume: true,
	}
	if target == cnn.Site {
		set.Steps = 1000
		if loss == cnn.LocalEnergy {
			set.Temperature = 1 // at the paper's 0.1 J it collapses to a constant at this learning rate
		}
	}
	return set
}

func demo(ctx context.Context, stdout, stderr io.Writer, out string, workers int) error {
	const dataDir, runsDir = "data", "runs"
	if err := checkFolder(out, dataDir, runsDir); err != nil {
		return err
	}
	dataset := func(name string) string { return filepath.Join(out, dataDir, name) }
	for _, d := range demoData {
		o := &generateOptions{
			shape: "16x16", boundary: "cylinder", ensemble: ising.Ensemble{Couplings: ising.Gaussian}, count: d.count, shard: 128,
			solver: exactSolver, seed: d.seed, workers: workers, out: dataset(d.name),
		}
		if err := os.MkdirAll(filepath.Dir(o.out), 0o755); err != nil {
			return err
		}
		if _, err := generate(ctx, stderr, o); err != nil {
			return err
		}
	}

	var models []string
	for _, target := range []string{cnn.Bond, cnn.Site} {
		for _, loss := range cnn.Losses(target) {
			o := &trainOptions{
				data: dataset("train"), validation: dataset("validation"), validationCount: demoData[1].count,
				out: filepath.Join(out, runsDir, target+"-"+loss), set: demoTraining(target, loss),
			}
			o.set.Workers = workers
			if _, err := train(ctx, stderr, o); err != nil {
				return err
			}
			models = append(models, o.out)
		}
	}

	table, err := compareRuns(ctx, stderr, &compareOptions{
		data: dataset("test"), models: models, passes: []int{1, 3}, sweeps: []int{10, 100, 1000, 10000}, seed: 1, workers: workers, out: out,
	})
	if err != nil {
		return err
	}
	if err := table.WriteText(stdout); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "\nThe charts are in %s: energies.png, gaps.png, scatter.png, time.png, training.png and lattice.png.\n", out)
	return err
}
