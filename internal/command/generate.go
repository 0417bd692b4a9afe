package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"spinlearn/data"
	"spinlearn/internal/safetext"
	"spinlearn/ising"
	"spinlearn/solver"
)

// generateOptions are what the flags of generate say.
type generateOptions struct {
	shape, boundary string
	ensemble        ising.Ensemble
	count, shard    int
	solver          string
	reads, sweeps   int
	seed            uint64
	workers         int
	walls           bool
	out             string
}

// The solvers of generate.
const (
	annealSolver = "anneal"
	temperSolver = "temper"
	exactSolver  = "exact"
)

func generateCommand() *cli.Command {
	o := generateOptions{}
	return &cli.Command{
		Name:  "generate",
		Usage: "make a dataset of instances with reference ground states",
		Description: `Writes dataset.json and shards part-00000.npz … into the folder, which
numpy.load opens. The same seed gives the same bytes, whatever the number of
workers. If it is stopped, the same command goes on where it was.

--solver exact proves ground states of all lattices in two dimensions and of small
ones in three. It is the default where a proof is to be expected: everywhere but for
tori of more than 40,000 sites and lattices in three dimensions of more than 125.
--solver anneal and --solver temper find good states without proof, the latter
better ones where it is given time.

--walls adds to each instance what it costs to flip the relative orientation of the
ends of each bond, all other spins being free to follow: the energies of train --cost
wall. They are exact but on tori, where they are upper bounds.

Example:
   spinlearn generate --shape 16x16 --boundary periodic --count 1000 --out train`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "shape", Value: "16x16", Usage: "side lengths, two or three", Destination: &o.shape},
			&cli.StringFlag{Name: "boundary", Value: "periodic", Usage: "free, periodic, cylinder, or a word an axis such as free,periodic", Destination: &o.boundary},
			&cli.StringFlag{Name: "couplings", Value: ising.Gaussian, Usage: "gaussian, uniform (on [-1,1]) or pm (±1)", Destination: &o.ensemble.Couplings},
			&cli.Float64Flag{Name: "negative", Value: 0.5, Usage: "fraction of negative bonds of pm", Destination: &o.ensemble.Negative},
			&cli.Float64Flag{Name: "dilution", Usage: "fraction of missing bonds", Destination: &o.ensemble.Dilution},
			&cli.IntFlag{Name: "count", Value: 16000, Usage: "number of instances", Destination: &o.count},
			&cli.StringFlag{Name: "solver", Usage: "exact, anneal or temper", DefaultText: "exact where a proof is to be expected, else anneal", Destination: &o.solver},
			&cli.IntFlag{Name: "reads", Value: 10, Usage: "independent runs of anneal", Destination: &o.reads},
			&cli.IntFlag{Name: "sweeps", Value: 1000, Usage: "sweeps of each run of anneal or of each replica of temper", Destination: &o.sweeps},
			&cli.BoolFlag{Name: "walls", Usage: "add the energy of the cheapest domain wall across each bond, two dimensions and --solver exact only", Destination: &o.walls},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of couplings and solver", Destination: &o.seed},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "instances solved at a time", Destination: &o.workers},
			&cli.IntFlag{Name: "shard", Value: 256, Usage: "instances in a file, and what an interruption can lose", Destination: &o.shard},
			&cli.StringFlag{Name: "out", Usage: "folder of the dataset", Destination: &o.out},
		},
		Action: func(c *cli.Context) error {
			if err := checkLine(c, "out"); err != nil {
				return err
			}
			if o.ensemble.Couplings != ising.PlusMinus && !c.IsSet("negative") {
				o.ensemble.Negative = 0
			}
			given := c.IsSet("reads") || c.IsSet("sweeps")
			if o.solver == "" && given {
				o.solver = annealSolver
			}
			if o.solver != annealSolver && (c.IsSet("reads") || o.solver != temperSolver && given) {
				return usagef("--reads and --sweeps belong to --solver %s, --sweeps to %s too, not to %s", annealSolver, temperSolver, o.solver)
			}
			d, err := generate(c.Context, c.App.ErrWriter, &o)
			if err != nil {
				return interruptHint(err, "the same command goes on from there")
			}
			_, err = fmt.Fprintf(c.App.Writer, "%s: %d instances, %d with a proven ground state\n", safetext.Terminal(o.out), d.Len(), d.Proven())
			return err
		},
	}
}

func generate(ctx context.Context, stderr io.Writer, o *generateOptions) (*data.Dataset, error) {
	for _, f := range []struct {
		name  string
		value int
	}{{"count", o.count}, {"shard", o.shard}, {"workers", o.workers}} {
		if f.value < 1 {
			return nil, usagef("--%s = %d, want at least 1", f.name, f.value)
		}
	}
	shape, err := ising.ParseShape(o.shape)
	if err != nil {
		return nil, usagef("--shape: %w", err)
	}
	if err := o.chooseSolver(shape); err != nil {
		return nil, err
	}
	solve, settings, err := o.solve()
	if err != nil {
		return nil, err
	}
	var r *reporter
	set := &data.GenerateSettings{
		Description: data.Description{
			Ensemble: o.ensemble, Shape: shape, Boundary: o.boundary, Seed: o.seed,
			Solver: o.solver, SolverSettings: settings, Count: o.count, ShardSize: o.shard, Walls: o.walls,
		},
		Program: program,
		Workers: o.workers,
		Progress: func(p data.Progress) {
			if r == nil {
				r = newReporter(stderr, "generate "+filepath.Base(o.out), "instances", p.Total)
			}
			r.update(p.Done, fmt.Sprintf("%d proven", p.Proven))
		},
	}
	d, err := data.Generate(ctx, o.out, set, solve)
	if err != nil {
		if r != nil {
			r.stop()
		}
		return nil, err
	}
	r.finish(fmt.Sprintf("%d instances, %d proven", d.Len(), d.Proven()))
	return d, nil
}

// chooseSolver sets the default, and refuses a lattice of which exact search is not
// expected to prove anything, before anything is written.
func (o *generateOptions) chooseSolver(shape []int) error {
	periodic, err := ising.ParseBoundary(o.boundary, len(shape))
	if err != nil {
		return usageError{err}
	}
	l, err := ising.NewLattice(shape, periodic)
	if err != nil {
		return usageError{err}
	}
	err = solver.CheckExact(l)
	switch {
	case o.solver == "" && err == nil:
		o.solver = exactSolver
	case o.solver == "":
		o.solver = annealSolver
	case o.solver == exactSolver && err != nil:
		return usagef("--solver %s: %w", exactSolver, err)
	}
	if o.walls && (o.solver != exactSolver || l.Axes() != 2) {
		return usagef("--walls needs --solver %s and two dimensions, not --solver %s on lattice %v", exactSolver, o.solver, l)
	}
	return nil
}

// solve returns the solver and its settings as they stand in the dataset.
func (o *generateOptions) solve() (data.Solve, json.RawMessage, error) {
	type search func(context.Context, *ising.Instance, *rand.Rand) (*solver.Result, error)
	var s search
	settings := map[string]any{}
	switch o.solver {
	case annealSolver, temperSolver:
		if o.reads < 1 {
			return nil, nil, usagef("--reads = %d, want at least 1", o.reads)
		}
		if o.sweeps < 1 {
			return nil, nil, usagef("--sweeps = %d, want at least 1", o.sweeps)
		}
		settings["sweeps"] = o.sweeps
		if o.solver == temperSolver {
			set := &solver.TemperSettings{Sweeps: o.sweeps}
			s = func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
				return solver.Temper(ctx, in, set, rng)
			}
			break
		}
		set := &solver.AnnealSettings{Reads: o.reads, Sweeps: o.sweeps}
		settings["reads"] = o.reads
		s = func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
			return solver.Anneal(ctx, in, set, rng)
		}
	case exactSolver:
		s = func(ctx context.Context, in *ising.Instance, _ *rand.Rand) (*solver.Result, error) {
			return solver.Exact(ctx, in, nil)
		}
	default:
		return nil, nil, usagef("--solver = %q, want %s, %s or %s", o.solver, exactSolver, annealSolver, temperSolver)
	}
	text, err := json.Marshal(settings)
	return func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*ising.Solved, error) {
		r, err := s(ctx, in, rng)
		if err != nil {
			return nil, err
		}
		s := &ising.Solved{Instance: in, Spins: r.Spins, Energy: r.Energy, Bound: r.Bound}
		if o.walls {
			s.Walls, err = solver.WallEnergies(ctx, in, r.Spins)
		}
		return s, err
	}, text, err
}
