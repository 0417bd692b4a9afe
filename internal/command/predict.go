package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/cnn/shipped"
	"spinlearn/data"
	"spinlearn/internal/readfile"
	"spinlearn/ising"
	"spinlearn/ising/instancefile"
	"spinlearn/solver"
)

// modelSolver is the method of solve that predicts.
const modelSolver = "model"

// What predict does with a bond model unless it is told otherwise: about a millisecond on
// 16×16 sites.
const (
	defaultPasses = 2
	defaultEffort = 2
	byTarget      = -1 // effort that is not given
)

// shippedModel stands for the model that is part of the program.
const shippedModel = "shipped"

func predictCommand() *cli.Command {
	o := solveOptions{method: modelSolver}
	return &cli.Command{
		Name:      "predict",
		Usage:     "predict the ground state of an instance file with a trained network",
		ArgsUsage: "FILE",
		Description: `FILE is a lattice of two dimensions in any of the formats of convert, or one of
spinlearn samples. Without --model it is predicted by the model that is part of the
program. Nothing is proven; spinlearn solve does that.

The network makes --passes on its own result, each followed by descent. --effort is the
number of rounds that follow, each of which holds the bonds that the network is sure
of, anneals the rest, and lets the network look again: more take longer and lower the
gap. The result is never worse than the spins of --start.

Examples:
   spinlearn predict sample:torus-gauss-32
   spinlearn predict torus.rud --effort 5 --out torus.npy
   spinlearn predict torus.rud --model run --start torus.npy`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "model", Value: shippedModel, Usage: "run, model file or shipped", Destination: &o.model},
			&cli.IntFlag{Name: "passes", Usage: "of the network", DefaultText: "2, 1 for a site model", Destination: &o.passes},
			&cli.IntFlag{Name: "effort", Usage: "rounds of annealing what the network is not sure of", DefaultText: "2, 0 for a site model", Destination: &o.effort},
			&cli.StringFlag{Name: "start", Usage: "spins to begin with: a file as --out writes it", DefaultText: "spanning tree", Destination: &o.start},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the annealing", Destination: &o.seed},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "goroutines", Destination: &o.workers},
			&cli.StringFlag{Name: "from", Usage: "format of FILE", DefaultText: "by its content", Destination: &o.from},
			&cli.StringFlag{Name: "sign", Usage: "plus (H = Σ w s s) or minus (H = -Σ w s s)", DefaultText: "that of the format", Destination: &o.sign},
			&cli.StringFlag{Name: "out", Usage: "file for the spins, in the order of the file, one a line, or .npy", Destination: &o.out},
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object", Destination: &o.json},
		},
		Action: func(c *cli.Context) error {
			switch {
			case c.IsSet("passes") && o.passes < 1:
				return usagef("--passes = %d, want more", o.passes)
			case !c.IsSet("effort"):
				o.effort = byTarget
			case o.effort < 0:
				return usagef("--effort = %d, want at least 0", o.effort)
			}
			return solveFile(c, &o)
		},
	}
}

// prediction prepares a model for an instance.
func (o *solveOptions) prediction(in *ising.Instance, start []int8) (search, error) {
	if o.workers < 1 {
		return nil, usagef("--workers = %d, want at least 1", o.workers)
	}
	model, _, err := loadModel(o.model)
	if err != nil {
		return nil, fmt.Errorf("--model: %w", err)
	}
	set := &cnn.PredictSettings{Passes: o.passes, Effort: max(o.effort, 0), Descent: true}
	if model.Training.Target == cnn.Bond {
		if o.passes == 0 {
			set.Passes = defaultPasses
		}
		if o.effort == byTarget {
			set.Effort = defaultEffort
		}
	}
	if start != nil {
		set.Start = [][]int8{start}
	}
	p := model.NewPredictor(o.workers)
	list := []*ising.Instance{in}
	if err := p.Prepare(list); err != nil {
		return nil, err
	}
	return func(ctx context.Context, rng *rand.Rand) (*solver.Result, error) {
		begin := time.Now()
		set.Seed = rng.Uint64()
		spins, err := p.Predict(ctx, list, set)
		if len(spins) == 0 {
			return nil, err
		}
		r := &solver.Result{Spins: spins[0], Energy: in.Energy(spins[0]), Bound: math.NaN(), Stats: solver.Stats{Reads: 1, Elapsed: time.Since(begin)}}
		if err != nil {
			r.Status = solver.Interrupted
		}
		return r, err
	}, nil
}

// modelFile returns the path of the model, "" for the one that is part of the program.
func (o *solveOptions) modelFile() string {
	if o.model == shippedModel {
		return ""
	}
	return o.model
}

// loadModel loads the model of a run's folder, of a model file, or the shipped one, and
// returns the folder if it is of one.
func loadModel(path string) (m *cnn.Model, dir string, err error) {
	if path == "" || path == shippedModel {
		return shipped.Model(), "", nil
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		m, err = cnn.LoadModel(path)
		return m, "", err
	}
	if m, err = cnn.LoadModel(filepath.Join(path, cnn.ModelFile)); errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w (no run of train, or one that has not ended)", err)
	}
	return m, path, err
}

// readStart reads a configuration in the order of the file's vertices, as --out writes
// it; an empty path means none.
func readStart(ctx context.Context, path string, f *instancefile.File) ([]int8, error) {
	if path == "" {
		return nil, nil
	}
	// Four bytes a spin in text, one in numpy's format after a header of at most 64 KiB.
	b, err := readfile.All(ctx, path, 1<<17+4*int64(f.Vertices()))
	if err != nil {
		return nil, err
	}
	var spins []int8
	if filepath.Ext(path) == ".npy" {
		if spins, err = data.ReadSpins(bytes.NewReader(b), f.Vertices()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return f.SiteSpins(spins), nil
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		switch text := lines.Text(); text {
		case "1", "+1":
			spins = append(spins, 1)
		case "-1":
			spins = append(spins, -1)
		default:
			return nil, fmt.Errorf("%s:%d: %.40q, want 1 or -1", path, len(spins)+1, text)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(spins) != f.Vertices() {
		return nil, fmt.Errorf("%s has %d spins, the instance %d", path, len(spins), f.Vertices())
	}
	return f.SiteSpins(spins), nil
}
