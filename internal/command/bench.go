package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn/shipped"
	"spinlearn/data"
	"spinlearn/internal/bench"
	"spinlearn/internal/safetext"
	"spinlearn/plots"
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
			rows, notes, err := runBench(c.Context, c.App.ErrWriter, c.Args().Slice(), &o)
			if err != nil {
				return interruptHint(err, "nothing was written")
			}
			if o.out != "" {
				if err := plotBench(c.App.ErrWriter, rows, notes, o.out); err != nil {
					return err
				}
			}
			if err := bench.WriteText(c.App.Writer, rows); err != nil {
				return err
			}
			if len(notes) > 0 {
				_, err = fmt.Fprintf(c.App.Writer, "\n%s\n", strings.Join(notes, "\n"))
			}
			return err
		},
	}
}

// benchEffects says which options belong to which methods.
func benchEffects() []effect {
	return append(effects(methods.Sweeps, methods.Engine, methods.Reads, methods.Independent, methods.Workers), effect{"times", methods.Taking(methods.Limit)})
}

// runBench returns the rows and what there is to say of the targets.
func runBench(ctx context.Context, stderr io.Writer, paths []string, o *benchOptions) (rows []*bench.Row, notes []string, err error) {
	if o.out != "" {
		if ext := strings.ToLower(filepath.Ext(o.out)); !slices.Contains([]string{".png", ".svg", ".pdf"}, ext) {
			return nil, nil, usagef("--out = %s, want a name that ends in .png, .svg or .pdf", o.out)
		}
		if err := checkOut(paths, o.out); err != nil {
			return nil, nil, err
		}
	}
	var files []*bench.File
	kinds := map[string]bool{}
	for _, path := range paths {
		f, kind, err := o.open(path)
		if err != nil {
			return nil, nil, err
		}
		files, kinds[kind] = append(files, f), true
	}
	switch {
	case o.limited && !kinds[datasetKind]:
		return nil, nil, usagef("--limit has no effect on instance files; it belongs to datasets")
	case o.from+o.sign != "" && !kinds[instanceKind]:
		return nil, nil, usagef("--from and --sign have no effect on datasets; they belong to instance files")
	}
	if o.target != nil && (len(files) > 1 || len(files[0].Instances) > 1) {
		return nil, nil, usagef("--target-energy is for a single instance")
	}
	if o.target != nil {
		in := files[0].Instances[0]
		in.Target, in.Fixed = o.target, true
	}
	contenders, err := o.contenders()
	if err != nil {
		return nil, nil, err
	}
	var r *reporter
	rows, err = bench.Run(ctx, files, contenders, o.repeats, o.seed, func(done, total int) {
		if r == nil {
			r = newReporter(stderr, "bench", "runs", total)
		}
		r.update(done, "")
	})
	if err != nil {
		if r != nil {
			r.stop()
		}
		return nil, nil, err
	}
	r.finish(fmt.Sprintf("%d rows", len(rows)))
	lowered, without := 0, 0
	for _, f := range files {
		for _, in := range f.Instances {
			if in.Lowered {
				lowered++
			}
			if !in.Relative() {
				without++
			}
		}
	}
	if lowered > 0 {
		notes = append(notes, "The target of at least one instance is the lowest energy of these runs.")
	}
	if without > 0 {
		notes = append(notes, fmt.Sprintf("Instances whose target is 0, so that they have no relative gap: %d.", without))
	}
	return rows, notes, nil
}

// open reads the instances of a file or dataset, and says which it is.
func (o *benchOptions) open(path string) (f *bench.File, kind string, err error) {
	set, err := instanceSettings("from", o.from, "sign", o.sign)
	if err != nil {
		return nil, "", err
	}
	if kind, err = kindOf(path); err != nil {
		return nil, "", err
	}
	f = &bench.File{Name: safetext.Terminal(nameOf(path))}
	switch kind {
	case instanceKind:
		in, err := openInstance(o.stdin, path, set)
		if err != nil {
			return nil, "", err
		}
		f.Instances = []*bench.Instance{{Instance: in.Instance, Offset: in.Offset, Vertices: in.Vertices()}}
	case datasetKind:
		d, err := data.Open(path)
		if err != nil {
			return nil, "", err
		}
		for s, err := range d.All() {
			if err != nil {
				return nil, "", err
			}
			if f.Instances = append(f.Instances, &bench.Instance{Instance: s.Instance, Vertices: s.Sites(), Target: &s.Energy}); len(f.Instances) == o.limit {
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

// contenders returns every method with every length.
func (o *benchOptions) contenders() (list []bench.Contender, err error) {
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
			list = append(list, bench.Contender{Method: name, Length: fmt.Sprintf("%d sweeps", n), Solver: m.New(set)})
		}
		set.Sweeps = methods.ByMethod
		for _, t := range o.times {
			list = append(list, bench.Contender{Method: name, Length: t.String(), Solver: m.New(set), Budget: solver.Budget{Limit: t}})
		}
	}
	return list, nil
}

// plotBench draws a curve for each method and file whose targets are not all 0.
func plotBench(stderr io.Writer, rows []*bench.Row, notes []string, out string) error {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r *bench.Row) bool { return !r.Gap.Exists() })
	if len(rows) == 0 {
		_, err := fmt.Fprintf(stderr, "%s was not drawn: all targets are 0, so that there is no relative gap\n", out)
		return err
	}
	several := slices.ContainsFunc(rows, func(r *bench.Row) bool { return r.File != rows[0].File })
	c := plots.Times{Title: rows[0].File, Proven: false, Notes: notes}
	if several {
		c.Title = ""
	}
	for _, r := range rows {
		name := r.Method
		if several {
			name += ", " + r.File
		}
		k := slices.IndexFunc(c.Series, func(s plots.TimeSeries) bool { return s.Name == name })
		if k < 0 {
			k = len(c.Series)
			c.Series = append(c.Series, plots.TimeSeries{Name: name})
		}
		c.Series[k].Points = append(c.Series[k].Points, plots.TimePoint{
			Label: r.Length, Milliseconds: max(1e-3, r.CPU.Seconds()*1e3), Percent: r.Gap.Mean,
		})
	}
	for _, s := range c.Series {
		slices.SortFunc(s.Points, func(a, b plots.TimePoint) int { return cmp.Compare(a.Milliseconds, b.Milliseconds) })
	}
	f, err := c.Figure()
	if err != nil {
		return err
	}
	return f.Save(out)
}
