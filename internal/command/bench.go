package command

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn/shipped"
	"spinlearn/data"
	"spinlearn/internal/base/safetext"
	"spinlearn/internal/experiment"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/methods"
)

// benchOptions are what the flags of bench say.
type benchOptions struct {
	chosen []string // methods
	times  []time.Duration
	sweeps []int
	methods.Options
	repeats, limit int
	limited        bool     // the limit is given
	target         *float64 // of the file, nil for none
	seed           uint64
	from, sign     string
	out            string
	stdin          io.Reader
}

func benchCommand() *cli.Command {
	o := benchOptions{chosen: []string{"anneal"}, Options: methods.Default(), repeats: 10, limit: 10, seed: 1}
	target := 0.0
	return &cli.Command{
		Name:      "bench",
		Usage:     "measure energies, success and speed of heuristics",
		ArgsUsage: "FILE...",
		Description: `FILE is an instance file, a dataset or - for standard input. A row of a dataset is the
mean over its instances. Each method runs --repeats times with each of --times or
--sweeps, in turn. Every option must suit every method.

A run is a success if it reaches the target: --target-energy, else the energy in the
dataset. The lowest energy of all runs is the target if it is lower or nothing else is
known; this flatters all methods if none finds the ground state. Energies are those of
the file, with its constant; E/N is per spin of the file. The gap is relative to the
target; a target of 0 has none. TTS99 is the CPU time in which repeated runs reach the
target with a probability of 99 %.

Example:
   spinlearn bench G11.rud --method anneal,temper --times 0.1,1 --out g11.png`,
		Flags: []cli.Flag{
			&cli.GenericFlag{Name: "method", Value: several(&o.chosen, word(methods.Names()...)), Usage: "any of " + enumerate(methods.Names(), "and") + ", separated by commas or by repeating the flag"},
			&cli.GenericFlag{Name: "times", Value: several(&o.times, span), Usage: "time limits of a run, in seconds or with a unit, such as 0.1,1m,200ms", DefaultText: "0.1,1 without --sweeps"},
			&cli.GenericFlag{Name: "sweeps", Value: several(&o.sweeps, atLeast(1)), Usage: of(methods.Sweeps) + "sweeps of a run, such as 100,1000"},
			&cli.GenericFlag{Name: "engine", Value: one(&o.Engine, word(anneal.Engines...)), Usage: of(methods.Engine) + enumerate(anneal.Engines, "or"), DefaultText: "by the instance"},
			&cli.GenericFlag{Name: "reads", Value: one(&o.Reads, whole(1, 1<<20)), Usage: of(methods.Reads) + "independent runs in each run", DefaultText: "by the method"},
			&cli.BoolFlag{Name: "independent", Usage: of(methods.Independent) + "the best read as it is, without combining reads", Destination: &o.Independent},
			&cli.GenericFlag{Name: "repeats", Value: one(&o.repeats, atLeast(1)), Usage: "runs of each method, length and instance"},
			&cli.GenericFlag{Name: "limit", Value: one(&o.limit, atLeast(1)), Usage: "number of instances to use of each dataset"},
			&cli.GenericFlag{Name: "target-energy", Value: one(&target, finite), Usage: "energy of the file that counts as solved, for a single instance", DefaultText: "none"},
			&cli.GenericFlag{Name: "seed", Value: seed(&o.seed), Usage: "seed of the methods"},
			&cli.GenericFlag{Name: "workers", Value: workers(&o.Workers), Usage: of(methods.Workers) + "goroutines of a run"},
			&cli.StringFlag{Name: "from", Usage: "format of instance files", DefaultText: "by their content", Destination: &o.from},
			&cli.StringFlag{Name: "sign", Usage: "plus or minus, of instance files", DefaultText: "by their format and ending", Destination: &o.sign},
			&cli.StringFlag{Name: "out", Usage: "chart of gaps against CPU time, .png, .svg or .pdf", Destination: &o.out},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usagef("FILE is missing; see spinlearn bench --help")
			}
			if err := checkFlags(c); err != nil {
				return err
			}
			if err := checkEffects(c, "method", o.chosen, benchEffects()); err != nil {
				return err
			}
			if err := checkDashes(c); err != nil {
				return err
			}
			if !c.IsSet("sweeps") && !c.IsSet("times") {
				o.times = []time.Duration{100 * time.Millisecond, time.Second}
			}
			if c.IsSet("target-energy") {
				o.target = &target
			}
			o.limited, o.stdin = c.IsSet("limit"), c.App.Reader
			result, err := runBench(c.Context, c.App.ErrWriter, c.Args().Slice(), &o)
			if err != nil {
				return interruptHint(err, "nothing was written")
			}
			if o.out != "" {
				if err := plotBench(c.App.ErrWriter, result, o.out); err != nil {
					return err
				}
			}
			return result.WriteText(c.App.Writer)
		},
	}
}

// benchEffects says which options belong to which methods.
func benchEffects() []effect {
	return append(effects(methods.Sweeps, methods.Engine, methods.Reads, methods.Independent, methods.Workers), effect{"times", methods.Taking(methods.Limit)})
}

func runBench(ctx context.Context, stderr io.Writer, paths []string, o *benchOptions) (*experiment.Bench, error) {
	if o.out != "" {
		if ext := strings.ToLower(filepath.Ext(o.out)); !slices.Contains([]string{".png", ".svg", ".pdf"}, ext) {
			return nil, usagef("--out = %s, want a name that ends in .png, .svg or .pdf", o.out)
		}
		if err := checkOut(paths, o.out); err != nil {
			return nil, err
		}
	}
	var files []*experiment.File
	kinds := map[string]bool{}
	for _, path := range paths {
		f, kind, err := o.open(path)
		if err != nil {
			return nil, err
		}
		files, kinds[kind] = append(files, f), true
	}
	switch {
	case o.limited && !kinds[datasetKind]:
		return nil, usagef("--limit has no effect on instance files; it belongs to datasets")
	case o.from+o.sign != "" && !kinds[instanceKind]:
		return nil, usagef("--from and --sign have no effect on datasets; they belong to instance files")
	}
	if o.target != nil && (len(files) > 1 || len(files[0].Instances) > 1) {
		return nil, usagef("--target-energy is for a single instance")
	}
	if o.target != nil {
		in := files[0].Instances[0]
		in.Energy, in.Fixed = *o.target, true
	}
	rows, err := o.rows()
	if err != nil {
		return nil, err
	}
	var r *reporter
	tables, err := experiment.Repeat(ctx, files, rows, o.repeats, o.seed, func(done, total int) {
		if r == nil {
			r = newReporter(stderr, "bench", "runs", total)
		}
		r.update(done, "")
	})
	if err != nil {
		if r != nil {
			r.stop()
		}
		return nil, err
	}
	r.finish(fmt.Sprintf("%d rows", len(tables)*len(rows)))
	return &experiment.Bench{Files: files, Tables: tables}, nil
}

// open reads the instances of a file or dataset, and says which it is.
func (o *benchOptions) open(path string) (f *experiment.File, kind string, err error) {
	set, err := instanceSettings("from", o.from, "sign", o.sign)
	if err != nil {
		return nil, "", err
	}
	if kind, err = kindOf(path); err != nil {
		return nil, "", err
	}
	f = &experiment.File{Name: safetext.Terminal(nameOf(path))}
	switch kind {
	case instanceKind:
		in, err := openInstance(o.stdin, path, set)
		if err != nil {
			return nil, "", err
		}
		f.Instances = []*experiment.Instance{{Solved: ising.Solved{Instance: in.Instance, Energy: math.NaN()}, Offset: in.Offset, Vertices: in.Vertices()}}
	case datasetKind:
		d, err := data.Open(path)
		if err != nil {
			return nil, "", err
		}
		for s, err := range d.All() {
			if err != nil {
				return nil, "", err
			}
			if f.Instances = append(f.Instances, &experiment.Instance{Solved: *s, Vertices: s.Sites()}); len(f.Instances) == o.limit {
				break
			}
		}
		if len(f.Instances) == 0 {
			return nil, "", fmt.Errorf("%s holds no instances", path)
		}
	default:
		return nil, "", fmt.Errorf("%s is a %s, want an instance file or a dataset", path, kind)
	}
	return f, kind, nil
}

// rows returns every method with every length.
func (o *benchOptions) rows() (rows []*experiment.Row, err error) {
	for _, name := range o.chosen {
		m, err := methods.Named(name)
		if err != nil {
			return nil, err
		}
		set := o.Options
		if m.Takes(methods.Model) {
			set.Model = shipped.Model()
		}
		for _, n := range o.sweeps {
			set.Sweeps = n
			rows = append(rows, &experiment.Row{Variant: methods.Variant{Name: name, Solver: m.New(set), Sweeps: n}})
		}
		set.Sweeps = methods.ByMethod
		for _, t := range o.times {
			rows = append(rows, &experiment.Row{Variant: methods.Variant{Name: name, Solver: m.New(set)}, Budget: solver.Budget{Limit: t}})
		}
	}
	return rows, nil
}

// plotBench draws the chart if there is one.
func plotBench(stderr io.Writer, b *experiment.Bench, out string) error {
	c := b.Chart()
	if c == nil {
		_, err := fmt.Fprintf(stderr, "%s was not drawn: all targets are 0, so that there is no relative gap\n", out)
		return err
	}
	return draw(c, out)
}
