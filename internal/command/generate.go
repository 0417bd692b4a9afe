package command

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn/shipped"
	"spinlearn/data"
	"spinlearn/internal/base/safetext"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/exact"
	"spinlearn/solver/methods"
)

// generateOptions are what the flags of generate say.
type generateOptions struct {
	set             *data.GenerateSettings
	methods.Options // of each solve, on one worker
	out             string
	sharded         bool // the shard size is given
}

func defaultGenerate() *generateOptions {
	o := &generateOptions{set: data.DefaultGenerate(), Options: methods.Default()}
	o.set.Program = program
	return o
}

func generateCommand() *cli.Command {
	o := defaultGenerate()
	set := o.set
	set.Ensemble.Negative = 0.5 // with --couplings pm
	return &cli.Command{
		Name:  "generate",
		Usage: "make a dataset of instances with reference ground states",
		Description: `Writes dataset.json and shards part-00000.npz … into the folder, which
numpy.load opens. The same seed gives the same bytes, whatever the number of
workers. If it is stopped, the same command goes on where it was.

--solver exact proves ground states of all lattices in two dimensions and of small
ones in three. It is the default where a proof is expected: everywhere but for
tori of more than 40,000 sites and lattices in three dimensions of more than 125.
The other solvers find good states without a proof: see spinlearn solve --help.

--walls adds to each instance what it costs to flip the relative orientation of the
ends of each bond, all other spins being free to follow: the energies of train --cost
wall. They are exact but on tori, where they are upper bounds.

Example:
   spinlearn generate --shape 16x16 --count 1000 --seed 2 --out train`,
		Flags: []cli.Flag{
			&cli.GenericFlag{Name: "shape", Value: (*shapeValue)(&set.Shape), Usage: "side lengths in sites, two or three"},
			&cli.StringFlag{Name: "boundary", Value: set.Boundary, Usage: "free, periodic, cylinder, or a word for each axis such as free,periodic", Destination: &set.Boundary},
			&cli.GenericFlag{Name: "couplings", Value: one(&set.Ensemble.Couplings, word(ising.Gaussian, ising.Uniform, ising.PlusMinus)), Usage: "gaussian (mean 0, variance 1), uniform (on [-1,1]) or pm (±1)"},
			&cli.GenericFlag{Name: "negative", Value: one(&set.Ensemble.Negative, fraction), Usage: "with --couplings pm: fraction of negative bonds, 0 to 1"},
			&cli.GenericFlag{Name: "dilution", Value: one(&set.Ensemble.Dilution, finite), Usage: "fraction of missing bonds", DefaultText: fmt.Sprint(set.Ensemble.Dilution)},
			&cli.GenericFlag{Name: "count", Value: one(&set.Count, atLeast(1)), Usage: "number of instances"},
			&cli.GenericFlag{Name: "solver", Value: one(&set.Solver, word(methods.Names()...)), Usage: enumerate(methods.Names(), "or"), DefaultText: "exact where a proof is expected, else anneal; anneal with --reads or --sweeps"},
			&cli.GenericFlag{Name: "reads", Value: one(&o.Reads, whole(1, 1<<20)), Usage: of(methods.Reads) + "number of independent runs", DefaultText: "10 of anneal, 4 of temper"},
			&cli.GenericFlag{Name: "sweeps", Value: one(&o.Sweeps, atLeast(1)), Usage: of(methods.Sweeps) + "sweeps of each run or replica", DefaultText: "1000"},
			&cli.BoolFlag{Name: "walls", Usage: "add the energy of the cheapest domain wall across each bond; needs two dimensions and --solver exact", Destination: &set.Walls},
			&cli.GenericFlag{Name: "seed", Value: seed(&set.Seed), Usage: "seed of couplings and solver"},
			&cli.GenericFlag{Name: "workers", Value: workers(&set.Workers), Usage: "instances solved at the same time; the number does not change the result"},
			&cli.GenericFlag{Name: "shard", Value: one(&set.ShardSize, atLeast(1)), Usage: "instances in a file, and the most that an interruption loses; by default fewer on large lattices"},
			&cli.StringFlag{Name: "out", Usage: "folder of the dataset", Destination: &o.out},
		},
		Action: func(c *cli.Context) error {
			if err := checkLine(c, "out"); err != nil {
				return err
			}
			if err := checkEffects(c, "couplings", []string{set.Ensemble.Couplings}, []effect{{"negative", []string{ising.PlusMinus}}}); err != nil {
				return err
			}
			if set.Ensemble.Couplings != ising.PlusMinus {
				set.Ensemble.Negative = 0
			}
			if !c.IsSet("solver") && (c.IsSet("reads") || c.IsSet("sweeps")) {
				set.Solver = annealing
			}
			if err := checkEffects(c, "solver", []string{set.Solver}, effects(methods.Reads, methods.Sweeps)); err != nil {
				return err
			}
			o.sharded = c.IsSet("shard")
			d, err := generate(c.Context, c.App.ErrWriter, o)
			if err != nil {
				return interruptHint(err, "the same command goes on from there")
			}
			_, err = fmt.Fprintf(c.App.Writer, "%s: %d instances, %d with a proven ground state\n", safetext.Terminal(o.out), d.Len(), d.Proven())
			return err
		},
	}
}

func generate(ctx context.Context, stderr io.Writer, o *generateOptions) (*data.Dataset, error) {
	if err := o.chooseSolver(); err != nil {
		return nil, err
	}
	solve, settings, err := o.solve()
	if err != nil {
		return nil, err
	}
	var r *reporter
	set := *o.set
	set.SolverSettings = settings
	set.Progress = func(p data.Progress) {
		if r == nil {
			r = newReporter(stderr, "generate "+filepath.Base(o.out), "instances", p.Total)
		}
		r.update(p.Done, fmt.Sprintf("%d proven", p.Proven))
	}
	d, err := data.Generate(ctx, o.out, &set, solve)
	if err != nil {
		if r != nil {
			r.stop()
		}
		return nil, err
	}
	r.finish(fmt.Sprintf("%d instances, %d proven", d.Len(), d.Proven()))
	return d, nil
}

// chooseSolver sets solver and shard size if none are given, and refuses exact search and walls on a lattice
// that they are not for, before anything is written.
func (o *generateOptions) chooseSolver() error {
	set := o.set
	periodic, err := ising.ParseBoundary(set.Boundary, len(set.Shape))
	if err != nil {
		suggestion := ""
		for part := range strings.SplitSeq(set.Boundary, ",") {
			suggestion = cmp.Or(suggestion, didYouMean(part, []string{"free", "periodic", "cylinder"}))
		}
		return usagef("%w%s", err, suggestion)
	}
	l, err := ising.NewLattice(set.Shape, periodic)
	if err != nil {
		return usageError{err}
	}
	if !o.sharded {
		set.ShardSize = min(set.ShardSize, data.MaxShard(l))
	}
	err = exact.Expected(l)
	switch {
	case set.Solver == "" && err == nil:
		set.Solver = methods.Exact
	case set.Solver == "":
		set.Solver = annealing
	case set.Solver == methods.Exact && err != nil:
		return usagef("--solver %s: %w", methods.Exact, err)
	}
	if set.Walls && (set.Solver != methods.Exact || l.Axes() != 2) {
		return usagef("--walls needs --solver %s and two dimensions, not --solver %s on lattice %v", methods.Exact, set.Solver, l)
	}
	return nil
}

// annealing is the solver where no proof is to be expected, or reads or sweeps are given.
const annealing = "anneal"

// solve returns the solver and its settings as they stand in the dataset.
func (o *generateOptions) solve() (data.Solve, json.RawMessage, error) {
	m, err := methods.Named(o.set.Solver)
	if err != nil {
		return nil, nil, usagef("--solver = %w", err)
	}
	if o.set.Solver == annealing && o.Reads == methods.ByMethod {
		o.Reads = 10
	}
	settings := map[string]any{}
	if m.Takes(methods.Reads) && o.Reads != methods.ByMethod {
		settings["reads"] = o.Reads
	}
	if m.Takes(methods.Sweeps) {
		if o.Sweeps == methods.ByMethod {
			o.Sweeps = 1000
		}
		settings["sweeps"] = o.Sweeps
	}
	if m.Takes(methods.Model) {
		o.Model = shipped.Model()
	}
	search := m.New(o.Options)
	text, err := json.Marshal(settings)
	return func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*ising.Solved, error) {
		if err := search.Check(in); err != nil {
			return nil, err
		}
		r, err := search.Solve(ctx, in, solver.Budget{}, rng)
		if err != nil {
			return nil, err
		}
		s := &ising.Solved{Instance: in, Spins: r.Spins, Energy: r.Energy, Bound: r.Bound}
		if o.set.Walls {
			s.Walls, err = exact.WallEnergies(ctx, in, r.Spins)
		}
		return s, err
	}, text, err
}
