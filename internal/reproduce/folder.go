package reproduce

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/base/cputime"
	"spinlearn/internal/base/readfile"
	"spinlearn/internal/base/safetext"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/exact"
)

// Settings say how a plan is carried out.
type Settings struct {
	Dir     string
	Workers int    // goroutines, at least 1; the results do not depend on it
	Program string // and its version
	// Progress, unless nil, is called with what is done of a stage, one call at a time.
	Progress func(Progress)
}

// Progress is how far a stage is. The last call of a stage has Done = Total.
type Progress struct {
	Stage, Unit string
	Done, Total int
	Note        string
}

// A folder is where a plan is carried out. It has the stages that all plans share.
type folder struct {
	*Settings
	preset string
}

// heading begins plan.json, before the plan.
type heading struct {
	Format  string `json:"format"`
	Program string `json:"program"`
}

func (x *folder) heading() heading { return heading{"spinlearn reproduce v1", x.Program} }

// PlanFile holds the plan of a folder.
const PlanFile = "plan.json"

// entries are what a folder of ours holds.
var entries = []string{PlanFile, "data", "tuning", "runs", "evaluations", timesFile, resultsFile, ReportFile, pageFile, modelRun, cnn.ModelFile, modelChart}

// claim makes sure that the folder is this plan's, or free. The plan is what stands in
// plan.json.
func (x *folder) claim(plan any) error {
	content, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return err
	}
	content = append(content, '\n')
	name := x.path(PlanFile)
	old, err := readfile.All(context.Background(), name, maxText)
	switch {
	case err == nil:
		return x.compare(old, content)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	list, err := os.ReadDir(x.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range list {
		if temporary, _ := atomicfile.Temporary(e.Name()); temporary != PlanFile {
			return fmt.Errorf("%s holds %s, and no plan of a reproduction; choose another folder with --out", x.Dir, e.Name())
		}
	}
	if err := os.MkdirAll(x.Dir, 0o755); err != nil {
		return err
	}
	return atomicfile.Write(name, content)
}

// compare refuses the folder of another plan, and cleans our own.
func (x *folder) compare(old, now []byte) error {
	type key struct {
		Program, Preset string
		Seeds           int
	}
	var have, want key
	switch err := cmp.Or(json.Unmarshal(old, &have), json.Unmarshal(now, &want)); {
	case err != nil:
		return fmt.Errorf("%s: %w", x.path(PlanFile), err)
	case have.Preset != x.preset:
		return fmt.Errorf("%s was made by --preset %.40q, not %s; choose another folder with --out", x.Dir, have.Preset, x.preset)
	case have.Program != x.Program:
		return fmt.Errorf("%s was made by %.40q, this is %s; choose another folder with --out", x.Dir, have.Program, x.Program)
	case have.Seeds != want.Seeds:
		return fmt.Errorf("%s was made with --seeds %d, not %d; choose another folder with --out", x.Dir, have.Seeds, want.Seeds)
	case string(old) != string(now):
		return fmt.Errorf("%s was made by another plan of preset %s; choose another folder with --out", x.Dir, have.Preset)
	}
	return errors.Join(atomicfile.Clean(x.Dir, append(charts(), entries...)...), atomicfile.Clean(x.path("evaluations"), evaluationNames(x.Dir)...))
}

func (x *folder) path(parts ...string) string {
	return filepath.Join(append([]string{x.Dir}, parts...)...)
}

// report is called by one goroutine at a time.
func (x *folder) report(p Progress) {
	if x.Progress != nil {
		x.Progress(p)
	}
}

// maxText bounds the texts of a folder that are read back, in bytes.
const maxText = 1 << 28

const timesFile = "times.csv"

// timed does a stage and adds a line to times.csv, also if the stage was stopped.
func (x *folder) timed(stage string, do func() error) error {
	wall, cpu := time.Now(), cputime.Now()
	failure := do()
	lines, err := readfile.All(context.Background(), x.path(timesFile), maxText)
	if errors.Is(err, fs.ErrNotExist) {
		lines, err = []byte("stage,ended,wall_s,cpu_s,workers\n"), nil
	}
	if err == nil {
		lines = fmt.Appendf(lines, "%s,%t,%.1f,%.1f,%d\n", stage, failure == nil, time.Since(wall).Seconds(), (cputime.Now() - cpu).Seconds(), x.Workers)
		err = atomicfile.Write(x.path(timesFile), lines)
	}
	return cmp.Or(failure, err)
}

// dataset makes or opens a dataset of proven instances, and returns words that identify it.
func (x *folder) dataset(ctx context.Context, name string, is data.Description) (*data.Dataset, string, error) {
	is.Solver = "exact"
	set := &data.GenerateSettings{Description: is, Program: x.Program, Workers: x.Workers}
	set.Progress = func(p data.Progress) {
		x.report(Progress{"generate " + name, "instances", p.Done, p.Total, fmt.Sprintf("%d proven", p.Proven)})
	}
	d, err := data.Generate(ctx, x.path("data", name), set, func(ctx context.Context, in *ising.Instance, _ *rand.Rand) (*ising.Solved, error) {
		r, err := exact.Default().Solve(ctx, in, solver.Budget{}, nil)
		if err != nil {
			return nil, err
		}
		s := &ising.Solved{Instance: in, Spins: r.Spins, Energy: r.Energy, Bound: r.Bound}
		if is.Walls {
			s.Walls, err = exact.WallEnergies(ctx, in, r.Spins)
		}
		return s, err
	})
	if err != nil {
		return nil, "", err
	}
	if d.Proven() < d.Len() {
		return nil, "", fmt.Errorf("%s: %d of %d ground states are not proven", x.path("data", name), d.Len()-d.Proven(), d.Len())
	}
	words, err := d.Identity()
	return d, words, err
}

// all reads a dataset.
func all(d *data.Dataset) ([]*ising.Solved, error) {
	var list []*ising.Solved
	for s, err := range d.All() {
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// isTrained reports whether a run has its model.
func (x *folder) isTrained(run string) (bool, error) {
	switch _, err := os.Stat(x.path(run, cnn.ModelFile)); {
	case err == nil:
		return true, x.dropCheckpoint(run) // which a kill may have left
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, err
	}
}

// trainRun makes a run, or goes on with it.
func (x *folder) trainRun(ctx context.Context, run string, sources []cnn.Source, validation []*ising.Solved, set cnn.TrainSettings) error {
	set.Program, set.Resume = x.Program, true
	if _, err := cnn.Train(ctx, x.path(run), sources, validation, &set); err != nil {
		return fmt.Errorf("%s: %w", run, err)
	}
	return x.dropCheckpoint(run)
}

func (x *folder) dropCheckpoint(run string) error {
	return os.RemoveAll(x.path(run, cnn.CheckpointDir))
}

// parallel does n jobs, several at a time, each with its share of the workers.
func (x *folder) parallel(ctx context.Context, n int, do func(ctx context.Context, k, workers int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(x.Workers)
	share := max(1, x.Workers/max(n, 1))
	for k := range n {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("stopped: %w", err)
			}
			return do(ctx, k, share)
		})
	}
	return group.Wait()
}

// readEvaluation reads an evaluation on so many instances of the data, with the given
// decodings at least, nil if there is none.
func (x *folder) readEvaluation(name, data string, count int, decodings ...decoding) (*evaluation, error) {
	name = x.path("evaluations", name)
	content, err := readfile.All(context.Background(), name, maxText)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := &evaluation{}
	if err := json.Unmarshal(content, e); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if e.Data != data {
		return nil, fmt.Errorf("%s: is of data %.80q, not %s; remove it to have it made again", name, e.Data, data)
	}
	if len(e.Energies) == 0 || len(decodings) > 0 && e.Gap == nil {
		return nil, fmt.Errorf("%s: lacks energies or validation gap; remove it to have it made again", name)
	}
	for _, d := range decodings {
		if !slices.ContainsFunc(e.Energies, func(have energies) bool { return have.Name == d.name }) {
			return nil, fmt.Errorf("%s: lacks the energies of %s; remove it to have it made again", name, d.name)
		}
	}
	for _, d := range e.Energies {
		if safetext.Terminal(d.Name) != d.Name {
			return nil, fmt.Errorf("%s: %.40q is no name of a decoding; remove the file to have it made again", name, d.Name)
		}
		if len(d.Energies) != count {
			return nil, fmt.Errorf("%s: %s has %d energies, want %d; remove the file to have it made again", name, d.Name, len(d.Energies), count)
		}
	}
	return e, nil
}

func (x *folder) writeEvaluation(name string, e *evaluation) error {
	content, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return atomicfile.Write(x.path("evaluations", name), append(content, '\n'))
}

// evaluationNames returns the names of the evaluations whose temporary files may have been
// left in a folder.
func evaluationNames(dir string) []string {
	list, _ := os.ReadDir(filepath.Join(dir, "evaluations"))
	var names []string
	for _, e := range list {
		if name, ok := atomicfile.Temporary(e.Name()); ok {
			names = append(names, name)
		}
	}
	return names
}
