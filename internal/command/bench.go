package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"spinlearn/data"
	"spinlearn/internal/bench"
	"spinlearn/internal/safetext"
	"spinlearn/ising"
	"spinlearn/plots"
	"spinlearn/solver"
)

// benchOptions are what the flags of bench say.
type benchOptions struct {
	methods, times string
	sweeps         []int
	engine         string
	reads          int
	independent    bool
	repeats, limit int
	target         float64
	seed           uint64
	workers        int
	from, sign     string
	out            string
}

// refineSolver is the method of bench that is no solver of generate.
const refineSolver = "refine"

func benchCommand() *cli.Command {
	o := benchOptions{}
	return &cli.Command{
		Name:      "bench",
		Usage:     "measure energies, success and speed of heuristics against CPU time",
		ArgsUsage: "FILE...",
		Description: `FILE is an instance file or a dataset, over whose instances a row is the mean. Every
method runs with every length, --times or --sweeps, as often as --repeats says, in
turn. A run counts as a success if it reaches the target: --target-energy, the
energy in the dataset, or the lowest of all runs if that is lower or nothing else is
known, which flatters all methods if none finds the ground state. TTS99 is the CPU
time in which the target is reached with a probability of 99 %, by repeated runs.

Example:
   spinlearn bench G11.rud --method anneal,temper --times 0.1s,1s --out bench.png`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "method", Value: annealSolver, Usage: "any of anneal, temper and refine, separated by commas", Destination: &o.methods},
			&cli.StringFlag{Name: "times", Usage: "time limits of a run", DefaultText: "0.1s,1s without --sweeps", Destination: &o.times},
			&cli.IntSliceFlag{Name: "sweeps", Usage: "sweeps of a run, of anneal and temper"},
			&cli.StringFlag{Name: "engine", Usage: "of anneal: multispin, lanes, bipartite or sparse", DefaultText: "by the instance", Destination: &o.engine},
			&cli.IntFlag{Name: "reads", Usage: "of anneal, of each run", DefaultText: "by the engine", Destination: &o.reads},
			&cli.BoolFlag{Name: "independent", Usage: "of anneal: the best read as it is, without combining reads", Destination: &o.independent},
			&cli.IntFlag{Name: "repeats", Value: 10, Usage: "runs of each method, length and instance", Destination: &o.repeats},
			&cli.IntFlag{Name: "limit", Value: 10, Usage: "instances of a dataset", Destination: &o.limit},
			&cli.Float64Flag{Name: "target-energy", Usage: "energy H that counts as solved, for a single instance", Destination: &o.target},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the methods", Destination: &o.seed},
			&cli.IntFlag{Name: "workers", Value: 1, Usage: "goroutines of a run", Destination: &o.workers},
			&cli.StringFlag{Name: "from", Usage: "format of instance files", DefaultText: "by their content", Destination: &o.from},
			&cli.StringFlag{Name: "sign", Usage: "plus or minus, of instance files", DefaultText: "that of their format", Destination: &o.sign},
			&cli.StringFlag{Name: "out", Usage: "chart of gaps against CPU time, .png, .svg or .pdf", Destination: &o.out},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usagef("FILE is missing; see spinlearn bench --help")
			}
			if err := checkFlags(c); err != nil {
				return err
			}
			if o.sweeps = c.IntSlice("sweeps"); !c.IsSet("sweeps") && !c.IsSet("times") {
				o.times = "0.1s,1s"
			}
			if !c.IsSet("target-energy") {
				o.target = math.NaN()
			}
			rows, known, err := runBench(c.Context, c.App.ErrWriter, c.Args().Slice(), &o)
			if err != nil {
				return interruptHint(err, "nothing was written")
			}
			if o.out != "" {
				if err := plotBench(rows, known, o.out); err != nil {
					return err
				}
			}
			if err := bench.WriteText(c.App.Writer, rows); err != nil {
				return err
			}
			if !known {
				_, err = fmt.Fprintln(c.App.Writer, "\nThe target of at least one instance is the lowest energy of these runs.")
			}
			return err
		},
	}
}

// runBench returns the rows and whether all targets were known beforehand.
func runBench(ctx context.Context, stderr io.Writer, paths []string, o *benchOptions) (rows []*bench.Row, known bool, err error) {
	for _, f := range []struct {
		name         string
		value, least int
	}{{"repeats", o.repeats, 1}, {"limit", o.limit, 1}, {"workers", o.workers, 1}, {"reads", o.reads, 0}} {
		if f.value < f.least {
			return nil, false, usagef("--%s = %d, want at least %d", f.name, f.value, f.least)
		}
	}
	if o.out != "" {
		if ext := strings.ToLower(filepath.Ext(o.out)); !slices.Contains([]string{".png", ".svg", ".pdf"}, ext) {
			return nil, false, usagef("--out = %s, want a name that ends in .png, .svg or .pdf", o.out)
		}
		if err := checkOut(paths, o.out); err != nil {
			return nil, false, err
		}
	}
	contenders, err := o.contenders()
	if err != nil {
		return nil, false, err
	}
	var files []*bench.File
	for _, path := range paths {
		f, err := o.open(path)
		if err != nil {
			return nil, false, err
		}
		files = append(files, f)
	}
	if !math.IsNaN(o.target) && (len(files) > 1 || len(files[0].Instances) > 1) {
		return nil, false, usagef("--target-energy is for a single instance")
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
		return nil, false, err
	}
	r.finish(fmt.Sprintf("%d rows", len(rows)))
	known = !slices.ContainsFunc(files, func(f *bench.File) bool {
		return slices.ContainsFunc(f.Instances, func(in *bench.Instance) bool { return !in.Known })
	})
	return rows, known, nil
}

// open reads the instances of a file or dataset.
func (o *benchOptions) open(path string) (*bench.File, error) {
	set, err := instanceSettings("from", o.from, "sign", o.sign)
	if err != nil {
		return nil, err
	}
	kind, err := kindOf(path)
	if err != nil {
		return nil, err
	}
	f := &bench.File{Name: safetext.Terminal(filepath.Base(path))}
	switch kind {
	case instanceKind:
		in, err := openInstance(path, set)
		if err != nil {
			return nil, err
		}
		f.Instances = []*bench.Instance{{Instance: in.Instance, Target: o.target}}
	case datasetKind:
		d, err := data.Open(path)
		if err != nil {
			return nil, err
		}
		for s, err := range d.All() {
			if err != nil {
				return nil, err
			}
			if f.Instances = append(f.Instances, &bench.Instance{Instance: s.Instance, Target: s.Energy}); len(f.Instances) == o.limit {
				break
			}
		}
		if len(f.Instances) == 0 {
			return nil, fmt.Errorf("%s holds no instances", path)
		}
		if !math.IsNaN(o.target) {
			f.Instances[0].Target = o.target
		}
	default:
		return nil, fmt.Errorf("%s is a %s, want an instance file or a dataset", path, kind)
	}
	return f, nil
}

// parseTimes reads the value of --times.
func parseTimes(list string) ([]time.Duration, error) {
	var times []time.Duration
	for text := range strings.SplitSeq(list, ",") {
		t, err := time.ParseDuration(text)
		if err != nil || t <= 0 {
			return nil, usagef("--times: %q, want durations such as 0.1s,1s", text)
		}
		times = append(times, t)
	}
	return times, nil
}

// contenders returns every method with every length.
func (o *benchOptions) contenders() ([]bench.Contender, error) {
	type length struct {
		name   string
		sweeps int
		time   time.Duration
	}
	var lengths []length
	for _, n := range o.sweeps {
		if n < 1 {
			return nil, usagef("--sweeps = %d, want at least 1", n)
		}
		lengths = append(lengths, length{fmt.Sprintf("%d sweeps", n), n, 0})
	}
	if o.times != "" {
		times, err := parseTimes(o.times)
		if err != nil {
			return nil, err
		}
		for _, t := range times {
			lengths = append(lengths, length{t.String(), 0, t})
		}
	}
	var list []bench.Contender
	for method := range strings.SplitSeq(o.methods, ",") {
		for _, l := range lengths {
			var solve func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error)
			switch method {
			case annealSolver:
				set := &solver.AnnealSettings{Engine: solver.Engine(o.engine), Reads: o.reads, Sweeps: l.sweeps, TimeLimit: l.time, Independent: o.independent, Workers: o.workers}
				solve = func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
					return solver.Anneal(ctx, in, set, rng)
				}
			case temperSolver:
				set := &solver.TemperSettings{Sweeps: l.sweeps, TimeLimit: l.time, Workers: o.workers}
				solve = func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
					return solver.Temper(ctx, in, set, rng)
				}
			case refineSolver:
				if l.sweeps > 0 {
					continue // it has none
				}
				set := &solver.RefineSettings{TimeLimit: l.time}
				solve = func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
					return solver.Refine(ctx, in, set, rng)
				}
			default:
				return nil, usagef("--method: %q, want %s, %s or %s", method, annealSolver, temperSolver, refineSolver)
			}
			list = append(list, bench.Contender{Method: method, Length: l.name, Solve: solve})
		}
	}
	if len(list) == 0 {
		return nil, usagef("--method %s has no sweeps; give --times", o.methods)
	}
	return list, nil
}

// plotBench draws a curve for each method and file.
func plotBench(rows []*bench.Row, known bool, out string) error {
	several := slices.ContainsFunc(rows, func(r *bench.Row) bool { return r.File != rows[0].File })
	c := plots.Times{Title: rows[0].File, Proven: false}
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
			Label: r.Length, Milliseconds: max(1e-3, r.CPU.Seconds()*1e3), Percent: 100 * r.Gap,
		})
	}
	for _, s := range c.Series {
		slices.SortFunc(s.Points, func(a, b plots.TimePoint) int { return cmp.Compare(a.Milliseconds, b.Milliseconds) })
	}
	f, err := c.Figure()
	if err != nil {
		return err
	}
	if !known {
		f.Notes = append(f.Notes, "The target of at least one instance is the lowest energy of these runs.")
	}
	return f.Save(out)
}
