package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/internal/atomicfile"
	"spinlearn/internal/compare"
)

// compareOptions are what the flags of compare say.
type compareOptions struct {
	data, models   pathList
	times          []time.Duration // of a comparison at equal time
	passes, sweeps []int
	efforts        []int
	limit          int
	instance       int
	seed           uint64
	workers        int
	out            string
	bondOnly       string   // a flag that is given and has an effect on bond models only
	opening        []string // of the page, paragraphs
	force          bool     // overwrites results of other settings
}

func compareCommand() *cli.Command {
	o := compareOptions{passes: []int{1, 3}, efforts: []int{2}, sweeps: []int{10, 100, 1000, 10000}, seed: 1, workers: runtime.GOMAXPROCS(0)}
	return &cli.Command{
		Name:  "compare",
		Usage: "compare models and classical methods with the ground truth",
		Description: `Prints a table and writes it into the folder as results.txt, results.csv and
results.jsonl (which also has data, seed, settings and program), with energies.csv
(every instance), the charts energies.png, gaps.png, scatter.png, time.png,
training.png and lattice.png, and report.html, a page with all of it. A model is a
run's folder or a model file. "+ descent" is tree descent and single-spin descent
after every pass. CPU times are those of the whole process, over all workers.

With --times the comparison is at equal time, over one dataset or several, such as of
growing size. Every method takes one core, instance by instance, methods in turn:
annealing with each engine that fits, as one read and with reads combined, tempering
and refinement with each time limit, models with growing effort, and, with no limit,
descent from the spanning tree and the exact solver. What counts is the CPU time that
was used. The charts are frontier.png, gap against CPU time, and sizes.png, gap
against size; runs.csv has every run.

Examples:
   spinlearn compare --data test --models runs/* --passes 1,3 --out table
   spinlearn compare --data L10 L16 --models run --times 1ms,0.1 --out times`,
		Flags: []cli.Flag{
			&cli.GenericFlag{Name: "data", Value: &o.data, Usage: "dataset with the ground truth; with --times several in a row or by repeating the flag"},
			&cli.GenericFlag{Name: "models", Value: &o.models, Usage: "runs, model files or shipped, several in a row or by repeating the flag"},
			&cli.GenericFlag{Name: "times", Value: several(&o.times, span), Usage: "compare at equal time: time limits of an instance, in seconds or with a unit, such as 1ms,10ms,0.1"},
			&cli.GenericFlag{Name: "passes", Value: several(&o.passes, atLeast(1)), Usage: "passes of bond models"},
			&cli.GenericFlag{Name: "effort", Value: several(&o.efforts, atLeast(1)), Usage: "rounds of effort of bond models after two passes, see predict"},
			&cli.GenericFlag{Name: "sweeps", Value: several(&o.sweeps, atLeast(1)), Usage: "sweeps of annealing"},
			&cli.GenericFlag{Name: "limit", Value: one(&o.limit, atLeast(0)), Usage: "number of instances to use of each dataset, 0 for all", DefaultText: "0"},
			&cli.GenericFlag{Name: "instance", Value: one(&o.instance, whole(0, compare.Kept-1)), Usage: "with --models: instance of lattice.png, one of the first 64, counted from 0", DefaultText: "0"},
			&cli.GenericFlag{Name: "seed", Value: seed(&o.seed), Usage: "seed of the classical methods"},
			&cli.GenericFlag{Name: "workers", Value: workers(&o.workers), Usage: "goroutines; the number does not change the energies"},
			&cli.StringFlag{Name: "out", Usage: "folder of table and charts", Destination: &o.out},
			&cli.BoolFlag{Name: "force", Usage: "overwrite other results in that folder", Destination: &o.force},
		},
		Action: func(c *cli.Context) error {
			if err := checkLine(c, "data", "out"); err != nil {
				return err
			}
			if err := checkClash(c, "times", "passes", "effort", "sweeps", "instance", "workers"); err != nil {
				return err
			}
			if err := checkNeeds(c, "models", "passes", "effort", "instance"); err != nil {
				return err
			}
			for _, name := range []string{"passes", "effort"} {
				if c.IsSet(name) {
					o.bondOnly = name
				}
			}
			if err := o.validate(); err != nil {
				return err
			}
			if err := checkFolder(o.out); err != nil {
				return err
			}
			if o.times != nil {
				tables, err := compareTimed(c.Context, c.App.ErrWriter, &o)
				if err != nil {
					return compareHint(err)
				}
				return compare.WriteTimedText(c.App.Writer, tables)
			}
			table, err := compareRuns(c.Context, c.App.ErrWriter, &o)
			if err != nil {
				return compareHint(err)
			}
			return table.WriteText(c.App.Writer)
		},
	}
}

// compareHint adds to an error what to do.
func compareHint(err error) error {
	if errors.Is(err, errOccupied) {
		return fmt.Errorf("%w; choose another folder with --out, or --force to overwrite", err)
	}
	return interruptHint(err, "nothing was written")
}

// compareLines is the table for programs, by which a comparison is known.
const compareLines = "results.jsonl"

// The files of a comparison.
var (
	// The first says whose the others are, should writing be stopped.
	compareTables = []string{compareLines, "results.csv", "energies.csv", "runs.csv", "results.txt"}
	compareCharts = []string{"frontier.png", "sizes.png", "energies.png", "gaps.png", "scatter.png", "time.png", "training.png", "lattice.png"}
)

// checkFolder refuses a folder that holds anything but a comparison.
func checkFolder(dir string, also ...string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		ours := slices.Concat(compareTables, compareCharts, []string{compareReport}, also)
		name, _ := atomicfile.Temporary(e.Name())
		if !slices.Contains(ours, e.Name()) && !slices.Contains(ours, name) {
			return fmt.Errorf("%s holds %s, which no comparison wrote; choose another folder with --out", dir, e.Name())
		}
	}
	return nil
}

func (o *compareOptions) validate() error {
	for _, list := range []struct {
		name  string
		paths pathList
	}{{"data", o.data}, {"models", o.models}} {
		for i, path := range list.paths {
			if slices.ContainsFunc(list.paths[:i], func(p string) bool { return filepath.Clean(p) == filepath.Clean(path) }) {
				return usagef("--%s names %s twice", list.name, path)
			}
		}
	}
	if len(o.data) > 1 && o.times == nil {
		return usagef("--data names %d datasets, which is for comparisons at equal time only; see --times", len(o.data))
	}
	return nil
}

// A run is a model with the folder it came from, empty for a bare file, and the
// metrics there.
type run struct {
	model   *cnn.Model
	dir     string
	metrics []cnn.Metric
}

// loadRuns loads the models, which are run folders or model files.
func loadRuns(paths []string) ([]run, error) {
	var runs []run
	for _, path := range paths {
		r := run{}
		var err error
		if r.model, r.dir, err = loadModel(path); err != nil {
			return nil, fmt.Errorf("--models: %w", err)
		}
		if r.dir != "" {
			if r.metrics, err = readMetrics(r.dir); err != nil {
				return nil, err
			}
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// compareRuns computes and writes a comparison.
func compareRuns(ctx context.Context, stderr io.Writer, o *compareOptions) (*compare.Table, error) {
	path := o.data[0]
	d, identity, err := openDataset(path)
	if err != nil {
		return nil, err
	}
	runs, err := loadRuns(o.models)
	if err != nil {
		return nil, err
	}
	if len(runs) > 0 {
		if err := checkPlane(path, d.Lattice()); err != nil {
			return nil, err
		}
	}
	if bond := func(r run) bool { return r.model.Training.Target == cnn.Bond }; o.bondOnly != "" && !slices.ContainsFunc(runs, bond) {
		return nil, usagef("--%s has no effect on site models; it belongs to bond models", o.bondOnly)
	}
	methods := compare.ClassicalMethods(o.seed, o.sweeps, o.workers)
	for i, r := range runs {
		methods = append(methods, compare.ModelMethods(r.model, distinction(runs, i, o.models), o.passes, o.efforts, o.workers)...)
	}
	count := d.Len()
	if o.limit > 0 {
		count = min(count, o.limit)
	}
	if o.instance >= count {
		return nil, usagef("--instance = %d, want less than the %d instances compared", o.instance, count)
	}
	from := &compare.Origin{Program: program, Data: identity, Lattice: d.Lattice().String(), Seed: o.seed, Settings: o.settings()}
	if !o.force {
		if err := checkOccupied(ctx, o.out, from); err != nil {
			return nil, err
		}
	}
	report := newReporter(stderr, "compare "+filepath.Base(path), "solutions", count*len(methods))
	table, err := compare.Run(ctx, d.Lattice(), d.All(), o.limit, methods, report.update)
	if err != nil {
		report.stop()
		return nil, err
	}
	report.finish(fmt.Sprintf("%d methods on %d instances", len(methods), len(table.Truth)))
	err = writeTables(o.out, map[string]func(io.Writer) error{
		"results.csv": table.WriteCSV, compareLines: func(w io.Writer) error { return table.WriteJSONL(w, from) }, "energies.csv": table.WriteEnergies, "results.txt": table.WriteText,
	})
	if err != nil {
		return nil, err
	}
	if err := drawCharts(o, table, runs); err != nil {
		return nil, err
	}
	return table, writeReport(o, table)
}

// writeTables writes the tables of a comparison into its folder, and removes those that an
// earlier one left there.
func writeTables(dir string, writers map[string]func(io.Writer) error) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := atomicfile.Clean(dir, slices.Concat(compareTables, compareCharts, []string{compareReport})...); err != nil {
		return err
	}
	for _, name := range compareTables {
		path := filepath.Join(dir, name)
		write, ok := writers[name]
		if !ok {
			if err := remove(path); err != nil {
				return err
			}
			continue
		}
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		if err := atomicfile.Write(path, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a file if there is one.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// settings returns what results.jsonl says of the flags.
func (o *compareOptions) settings() any {
	return struct {
		Models  []string `json:"models"`
		Passes  []int    `json:"passes"`
		Effort  []int    `json:"effort"`
		Sweeps  []int    `json:"sweeps"`
		Limit   int      `json:"limit"`
		Workers int      `json:"workers"`
	}{append([]string{}, o.models...), o.passes, o.efforts, o.sweeps, o.limit, o.workers}
}

// distinction returns the path of a model if another has its target and loss.
func distinction(runs []run, i int, paths []string) string {
	for j, r := range runs {
		if a, b := r.model.Training, runs[i].model.Training; j != i && a.Target == b.Target && a.Loss == b.Loss {
			return "(" + filepath.Clean(paths[i]) + ")"
		}
	}
	return ""
}
