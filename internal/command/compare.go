package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/experiment"
	"spinlearn/solver/methods"
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
			&cli.GenericFlag{Name: "instance", Value: one(&o.instance, whole(0, experiment.Kept-1)), Usage: "with --models: instance of lattice.png, one of the first 64, counted from 0", DefaultText: "0"},
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
			result, err := compare(c.Context, c.App.ErrWriter, &o)
			if err != nil {
				return compareHint(err)
			}
			return result.WriteText(c.App.Writer)
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

// checkFolder refuses a folder that holds anything but a comparison.
func checkFolder(dir string, also ...string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		ours := append(experiment.FileNames(), also...)
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

// loadRuns loads the models, which are run folders or model files.
func loadRuns(paths []string) ([]experiment.Training, error) {
	var runs []experiment.Training
	for _, path := range paths {
		r := experiment.Training{}
		var err error
		if r.Model, r.Dir, err = loadModel(path); err != nil {
			return nil, fmt.Errorf("--models: %w", err)
		}
		if r.Dir != "" {
			if r.Metrics, err = readMetrics(r.Dir); err != nil {
				return nil, err
			}
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// compared is a dataset of a comparison with the rows that it gets.
type compared struct {
	*data.Dataset
	name, identity string
	count          int // of instances compared
	rows           []*experiment.Row
}

// compare computes a comparison and writes its files.
func compare(ctx context.Context, stderr io.Writer, o *compareOptions) (*experiment.Comparison, error) {
	slices.Sort(o.times)
	runs, err := loadRuns(o.models)
	if err != nil {
		return nil, err
	}
	if bond := func(r experiment.Training) bool { return r.Model.Training.Target == cnn.Bond }; o.bondOnly != "" && !slices.ContainsFunc(runs, bond) {
		return nil, usagef("--%s has no effect on site models; it belongs to bond models", o.bondOnly)
	}
	var sets []*compared
	for _, path := range o.data {
		s, err := o.open(path)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(sets, func(other *compared) bool { return other.name == s.name }) {
			s.name = filepath.Clean(path)
		}
		sets = append(sets, s)
	}
	choice := &methods.Choice{Sweeps: o.sweeps, Passes: o.passes, Efforts: o.efforts, Workers: o.workers}
	for i, r := range runs {
		choice.Networks = append(choice.Networks, methods.Network{Model: r.Model, Name: distinction(runs, i, o.models)})
	}
	var variants []methods.Variant
	var set experiment.Settings
	asked := 1 // instances that decide which variants there are
	if o.times != nil {
		choice.Workers, asked = 1, math.MaxInt
		variants, set = methods.Curves(choice), experiment.EqualTime()
	} else {
		variants, set = methods.Rows(choice), experiment.Default()
	}
	set.Seed, set.Workers = o.seed, choice.Workers
	if o.limit > 0 {
		set.Limit = o.limit
	}
	c := &experiment.Comparison{Title: "Comparison at equal time", Opening: o.opening, Times: o.times, Path: o.data[0], Training: runs, Instance: o.instance}
	if o.times == nil {
		c.Title = "Comparison on " + sets[0].name
	}
	total := 0
	for _, s := range sets {
		fitting, err := experiment.Fitting(variants, s.All(), min(asked, s.count))
		if err != nil {
			return nil, err
		}
		s.rows = experiment.Rows(fitting, o.times...)
		total += s.count * len(s.rows)
		c.Origins = append(c.Origins, &experiment.Origin{Program: program, Data: s.identity, Lattice: s.Lattice().String(), Seed: o.seed, Settings: o.settings()})
	}
	if !o.force {
		if err := checkOccupied(ctx, o.out, c.Origins...); err != nil {
			return nil, err
		}
	}
	progress := newReporter(stderr, "compare", "solutions", total)
	done := 0
	for _, s := range sets {
		set.Progress = func(n int, method string) { progress.update(done+n, s.name+" "+method) }
		table, err := experiment.Run(ctx, s.Lattice(), s.All(), s.rows, set)
		if err != nil {
			progress.stop()
			return nil, fmt.Errorf("compare: %w", err)
		}
		table.Name, table.Family = s.name, experiment.Family(s.Description())
		done += s.count * len(s.rows)
		c.Tables = append(c.Tables, table)
	}
	progress.finish(fmt.Sprintf("%d solutions of %d datasets", total, len(sets)))
	files, err := c.Files()
	if err != nil {
		return nil, err
	}
	return c, writeComparison(o.out, files)
}

// open opens a dataset that the models take.
func (o *compareOptions) open(path string) (*compared, error) {
	d, identity, err := openDataset(path)
	if err != nil {
		return nil, err
	}
	if len(o.models) > 0 {
		if err := checkPlane(path, d.Lattice()); err != nil {
			return nil, err
		}
	}
	s := &compared{Dataset: d, name: filepath.Base(filepath.Clean(path)), identity: identity, count: d.Len()}
	if o.limit > 0 {
		s.count = min(s.count, o.limit)
	}
	if o.instance >= s.count {
		return nil, usagef("--instance = %d, want less than the %d instances compared", o.instance, s.count)
	}
	return s, nil
}

// writeComparison writes the files of a comparison into its folder, and removes those that an
// earlier one left there.
func writeComparison(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := atomicfile.Clean(dir, experiment.FileNames()...); err != nil {
		return err
	}
	for _, name := range experiment.FileNames() {
		path := filepath.Join(dir, name)
		content, ok := files[name]
		if !ok {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			continue
		}
		if err := atomicfile.Write(path, content); err != nil {
			return err
		}
	}
	return nil
}

// settings returns what results.jsonl says of the flags.
func (o *compareOptions) settings() any {
	models := append([]string{}, o.models...)
	if o.times != nil {
		var times []float64
		for _, t := range o.times {
			times = append(times, t.Seconds()*1e3)
		}
		return struct {
			Models []string  `json:"models"`
			Times  []float64 `json:"times_ms"`
			Limit  int       `json:"limit"`
		}{models, times, o.limit}
	}
	return struct {
		Models  []string `json:"models"`
		Passes  []int    `json:"passes"`
		Effort  []int    `json:"effort"`
		Sweeps  []int    `json:"sweeps"`
		Limit   int      `json:"limit"`
		Workers int      `json:"workers"`
	}{models, o.passes, o.efforts, o.sweeps, o.limit, o.workers}
}

// distinction returns the path of a model if another has its target and loss.
func distinction(runs []experiment.Training, i int, paths []string) string {
	for j, r := range runs {
		if a, b := r.Model.Training, runs[i].Model.Training; j != i && a.Target == b.Target && a.Loss.Name == b.Loss.Name {
			return "(" + filepath.Clean(paths[i]) + ")"
		}
	}
	return ""
}
