package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/cnn/shipped"
	"spinlearn/ising/instancefile"
	"spinlearn/plots"
)

// shippedModel stands for the model that is part of the program.
const shippedModel = "shipped"

func predictCommand() *cli.Command {
	o := newSolveOptions()
	o.method = "model"
	return &cli.Command{
		Name:      "predict",
		Usage:     "predict a ground state with a trained network",
		ArgsUsage: "FILE",
		Description: `FILE is a 2D lattice in any of the formats of convert, or one of spinlearn samples, or
- for standard input. Without --model the model that is part of the program predicts
it. Nothing is proven; spinlearn solve does that.

The network runs --passes times on its own last result, and a descent that flips whole
subtrees follows each pass. Then come --effort rounds. A round freezes the bonds the
network is confident about, merges their spins, anneals the smaller problem, and runs
the network on the result. More rounds take longer and lower the gap. The result is
never worse than the spins of --start. With --out - the spins go to standard output,
and the table to standard error.

--plot draws how the network decodes its first pass: couplings, the network's answer
for each bond, the tree of the bonds with the most confident answers, and the spins.

Examples:
   spinlearn predict sample:torus-gauss-32
   spinlearn predict torus.rud --effort 5 --out torus.npy
   spinlearn predict torus.rud --model run --start torus.npy
   spinlearn predict sample:free-uniform-16 --plot idea.png`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "model", Value: shippedModel, Usage: "run, model file or shipped", Destination: &o.model},
			&cli.GenericFlag{Name: "passes", Value: one(&o.Passes, atLeast(1)), Usage: "runs of the network on its own last result", DefaultText: "2, 1 for a site model"},
			&cli.GenericFlag{Name: "effort", Value: one(&o.Effort, atLeast(0)), Usage: "rounds that freeze confident bonds and anneal the rest; bond models only", DefaultText: "2, 0 for a site model"},
			&cli.StringFlag{Name: "start", Usage: "spins to begin with: a file as --out or numpy.save writes it, or -; bond models only", DefaultText: "spanning tree", Destination: &o.start},
			&cli.GenericFlag{Name: "seed", Value: seed(&o.seed), Usage: "seed of the annealing of --effort"},
			&cli.GenericFlag{Name: "workers", Value: workers(&o.Workers), Usage: "goroutines; the number does not change the result"},
			&cli.StringFlag{Name: "from", Usage: "format of FILE", DefaultText: "by its content", Destination: &o.from},
			&cli.StringFlag{Name: "sign", Usage: "plus (H = Σ w s s) or minus (H = -Σ w s s)", DefaultText: "by its format and ending", Destination: &o.sign},
			&cli.StringFlag{Name: "out", Usage: "file for the spins, in the order of the file, one a line, or as numpy reads them if the name ends in .npy, or -", Destination: &o.out},
			&cli.StringFlag{Name: "plot", Usage: "chart of the first pass: couplings, network, tree, spins; bond models only; .png, .svg or .pdf", Destination: &o.plot},
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object", Destination: &o.json},
		},
		Action: func(c *cli.Context) error {
			o.seeded = c.IsSet("seed")
			if err := checkPlot(o.plot); err != nil {
				return err
			}
			return solveFile(c, o)
		},
	}
}

// loadModel loads the model for an instance and refuses options that it does not take.
func (o *solveOptions) loadModel(path string, f *instancefile.File) (err error) {
	if err := checkPlane(path, f.Lattice); err != nil {
		return err
	}
	if o.Model, _, err = loadModel(o.model); err != nil {
		return fmt.Errorf("--model: %w", err)
	}
	site := o.Model.Training.Target == cnn.Site
	if o.Start != nil && site {
		return usagef("--start has no effect on a site model; it belongs to bond models")
	}
	if o.plot != "" && site {
		return usagef("--plot has no effect on a site model; it belongs to bond models")
	}
	if sides := f.Shape(); o.plot != "" && max(sides[0], sides[1]) > plots.MaxLattice {
		return fmt.Errorf("%s: --plot draws lattices with sides of 2 to %d, this is %v", path, plots.MaxLattice, f.Lattice)
	}
	if o.seeded && (o.Effort == 0 || site) {
		return usagef("--seed has no effect without --effort, which is 0 here")
	}
	return nil
}

// plotPrediction draws how the network decodes its first pass.
func (s *solution) plotPrediction(ctx context.Context, m *cnn.Model, name string) error {
	odds, err := m.NewPredictor(1).LogOdds(ctx, s.file.Instance)
	if err != nil {
		return err
	}
	in, n := s.file.Instance, s.file.Sites()
	tree := in.SpanningTree(odds, nil)
	inTree := make([]bool, len(odds))
	for _, b := range tree.Bond {
		if b >= 0 {
			inTree[b] = true
		}
	}
	spins := tree.Spins(odds)
	return draw(plots.Decoding{
		Title:     fmt.Sprintf("From couplings to spins: %s", s.name),
		Couplings: couplingsOf(s.file), DownOdds: odds[:n], RightOdds: odds[n:], DownTree: inTree[:n], RightTree: inTree[n:], Spins: spins,
		Caption: fmt.Sprintf("The energy of these spins, of the first pass without descent, is %.6g; the prediction with all passes and rounds has %.6g.", in.Energy(spins)+s.file.Offset, s.energy),
	}, name)
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
