package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/google/renameio/v2/maybe"
	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/internal/compare"
)

// compareOptions are what the flags of compare say.
type compareOptions struct {
	data           string
	models         []string
	passes, sweeps []int
	limit          int
	instance       int
	seed           uint64
	workers        int
	out            string
}

func compareCommand() *cli.Command {
	o := compareOptions{}
	return &cli.Command{
		Name:  "compare",
		Usage: "set the energies of models and classical methods against the ground truth",
		Description: `Prints a table and writes it into the folder as results.csv, with energies.csv
(every instance) and the charts energies.png, gaps.png, scatter.png, time.png,
training.png and lattice.png. A model is a run's folder or a model file.
"+ descent" is tree descent and single-spin descent after every pass. CPU times
are those of the whole process, over all workers.

Example:
   spinlearn compare --data test --models runs/* --passes 1,3 --out comparison`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "data", Usage: "dataset with the ground truth", Required: true, Destination: &o.data},
			&cli.StringSliceFlag{Name: "models", Usage: "runs or model files, several in a row"},
			&cli.IntSliceFlag{Name: "passes", Value: cli.NewIntSlice(1, 3), Usage: "passes of bond models"},
			&cli.IntSliceFlag{Name: "sweeps", Value: cli.NewIntSlice(10, 100, 1000, 10000), Usage: "sweeps of annealing"},
			&cli.IntFlag{Name: "limit", Usage: "instances to use, 0 for all", Destination: &o.limit},
			&cli.IntFlag{Name: "instance", Usage: "instance of lattice.png, one of the first 64", Destination: &o.instance},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the classical methods", Destination: &o.seed},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "goroutines", Destination: &o.workers},
			&cli.StringFlag{Name: "out", Usage: "folder of table and charts", Required: true, Destination: &o.out},
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			o.models, o.passes, o.sweeps = c.StringSlice("models"), c.IntSlice("passes"), c.IntSlice("sweeps")
			if err := checkFolder(o.out); err != nil {
				return err
			}
			table, err := compareRuns(c.Context, c.App.ErrWriter, &o)
			if err != nil {
				return err
			}
			return table.WriteText(c.App.Writer)
		},
	}
}

// The files of a comparison.
var compareFiles = []string{
	"results.csv", "energies.csv", "results.txt",
	"energies.png", "gaps.png", "scatter.png", "time.png", "training.png", "lattice.png",
}

// checkFolder refuses a folder that holds anything but a comparison.
func checkFolder(dir string, also ...string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		ours := slices.ContainsFunc(slices.Concat(compareFiles, also), func(name string) bool {
			return e.Name() == name || strings.HasPrefix(e.Name(), "."+name) // the latter left by a killed run
		})
		if !ours {
			return fmt.Errorf("%s holds %s, which no comparison wrote; choose another folder with --out", dir, e.Name())
		}
	}
	return nil
}

func (o *compareOptions) validate() error {
	for _, list := range []struct {
		name   string
		values []int
	}{{"passes", o.passes}, {"sweeps", o.sweeps}} {
		for i, v := range list.values {
			if v < 1 {
				return usagef("--%s = %d, want at least 1", list.name, v)
			}
			if slices.Contains(list.values[:i], v) {
				return usagef("--%s names %d twice", list.name, v)
			}
		}
	}
	switch {
	case o.limit < 0:
		return usagef("--limit = %d, want at least 0", o.limit)
	case o.instance < 0:
		return usagef("--instance = %d, want at least 0", o.instance)
	case o.workers < 1:
		return usagef("--workers = %d, want at least 1", o.workers)
	}
	return nil
}

// A run is a model with the folder it came from, empty for a bare file.
type run struct {
	model *cnn.Model
	dir   string
}

// loadRuns loads the models, which are run folders or model files.
func loadRuns(paths []string) ([]run, error) {
	var runs []run
	for _, path := range paths {
		r := run{dir: path}
		file := filepath.Join(path, cnn.ModelFile)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			r.dir, file = "", path
		}
		var err error
		if r.model, err = cnn.LoadModel(file); err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// compareRuns computes and writes a comparison.
func compareRuns(ctx context.Context, stderr io.Writer, o *compareOptions) (*compare.Table, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	d, _, err := openDataset(o.data)
	if err != nil {
		return nil, err
	}
	runs, err := loadRuns(o.models)
	if err != nil {
		return nil, err
	}
	if len(runs) > 0 && d.Lattice().Axes() != 2 {
		return nil, fmt.Errorf("%s: lattice %v; models predict two-dimensional lattices only", o.data, d.Lattice())
	}
	methods := compare.ClassicalMethods(o.seed, o.sweeps, o.workers)
	for i, r := range runs {
		methods = append(methods, compare.ModelMethods(r.model, distinction(runs, i, o.models), o.passes, o.workers)...)
	}
	count := d.Len()
	if o.limit > 0 {
		count = min(count, o.limit)
	}
	report := newReporter(stderr, "compare "+filepath.Base(o.data), "solutions", count*len(methods))
	table, err := compare.Run(ctx, d.Lattice(), d.All(), o.limit, methods, report.update)
	if err != nil {
		report.stop()
		return nil, err
	}
	report.finish(fmt.Sprintf("%d methods on %d instances", len(methods), len(table.Truth)))
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return nil, err
	}
	for name, write := range map[string]func(io.Writer) error{
		"results.csv": table.WriteCSV, "energies.csv": table.WriteEnergies, "results.txt": table.WriteText,
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return nil, err
		}
		if err := maybe.WriteFile(filepath.Join(o.out, name), b.Bytes(), 0o644); err != nil {
			return nil, err
		}
	}
	return table, drawCharts(o, table, runs)
}

// distinction returns the path of a model if another has its target and loss.
func distinction(runs []run, i int, paths []string) string {
	for j, r := range runs {
		if a, b := r.model.Training, runs[i].model.Training; j != i && a.Target == b.Target && a.Loss == b.Loss {
			return "(" + strings.TrimSuffix(paths[i], "/") + ")"
		}
	}
	return ""
}
