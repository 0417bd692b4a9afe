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
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/internal/atomicfile"
	"spinlearn/internal/cputime"
	"spinlearn/ising"
	"spinlearn/solver"
)

// Settings say how a plan is carried out.
type Settings struct {
	Dir     string
	Plan    *Plan
	Sweep   bool   // whether the sweeps of the plan are made too
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

// A run is the training of an arm with a seed.
type run struct {
	arm  string
	size int // training instances
	seed uint64
	set  cnn.TrainSettings
	dir  string // below the folder
}

// An experiment is a plan under way.
type experiment struct {
	*Settings
	train            *data.Dataset
	trainName        string
	validation, test []*ising.Solved
	names            struct{ validation, test string }
}

// Run carries out a plan in a folder, going on where an earlier run of the same plan was
// stopped, and writes the report. When ctx ends, the error wraps ctx.Err(). Only one run
// may write to a folder at a time.
func Run(ctx context.Context, set *Settings) (*Study, error) {
	x := &experiment{Settings: set}
	if err := x.claim(); err != nil {
		return nil, err
	}
	if err := x.timed("datasets", func() error { return x.datasets(ctx) }); err != nil {
		return nil, err
	}
	s := &Study{x: x}
	err := x.timed("tuning", func() error { return s.tune(ctx) })
	if err != nil {
		return nil, err
	}
	runs := s.plan()
	if err := x.timed("training", func() error { return x.trainAll(ctx, "training", runs) }); err != nil {
		return nil, err
	}
	if err := x.timed("evaluation", func() error { return s.evaluate(ctx, runs) }); err != nil {
		return nil, err
	}
	return s, x.timed("report", s.write)
}

const planFile = "plan.json"

// entries are what a folder of ours holds.
var entries = []string{planFile, "data", "tuning", "runs", "evaluations", timesFile, resultsFile, ReportFile, pageFile}

// claim makes sure that the folder is this plan's, or free.
func (x *experiment) claim() error {
	content, err := json.MarshalIndent(struct {
		Format  string `json:"format"`
		Program string `json:"program"`
		*Plan
	}{"spinlearn reproduce v1", x.Program, x.Plan}, "", "  ")
	if err != nil {
		return err
	}
	content = append(content, '\n')
	name := x.path(planFile)
	old, err := os.ReadFile(name)
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
		if temporary, _ := atomicfile.Temporary(e.Name()); temporary != planFile {
			return fmt.Errorf("%s holds %s, and no plan of a reproduction; choose another folder with --out", x.Dir, e.Name())
		}
	}
	if err := os.MkdirAll(x.Dir, 0o755); err != nil {
		return err
	}
	return atomicfile.Write(name, content)
}

// compare refuses the folder of another plan, and cleans our own.
func (x *experiment) compare(old, now []byte) error {
	var have struct{ Format, Program, Preset string }
	switch err := json.Unmarshal(old, &have); {
	case err != nil:
		return fmt.Errorf("%s: %w", x.path(planFile), err)
	case have.Preset != x.Plan.Preset:
		return fmt.Errorf("%s was made by --preset %.40q, not %s; choose another folder with --out", x.Dir, have.Preset, x.Plan.Preset)
	case have.Program != x.Program:
		return fmt.Errorf("%s was made by %.40q, this is %s; choose another folder with --out", x.Dir, have.Program, x.Program)
	case string(old) != string(now):
		return fmt.Errorf("%s was made by another plan of preset %s (as of other --seeds); choose another folder with --out", x.Dir, have.Preset)
	}
	return errors.Join(atomicfile.Clean(x.Dir, append(charts(), entries...)...), atomicfile.Clean(x.path("evaluations"), evaluationNames(x.Dir)...))
}

func (x *experiment) path(parts ...string) string {
	return filepath.Join(append([]string{x.Dir}, parts...)...)
}

// report is called by one goroutine at a time.
func (x *experiment) report(p Progress) {
	if x.Progress != nil {
		x.Progress(p)
	}
}

const timesFile = "times.csv"

// timed does a stage and adds a line to times.csv, also if the stage was stopped.
func (x *experiment) timed(stage string, do func() error) error {
	wall, cpu := time.Now(), cputime.Now()
	failure := do()
	lines, err := os.ReadFile(x.path(timesFile))
	if errors.Is(err, fs.ErrNotExist) {
		lines, err = []byte("stage,ended,wall_s,cpu_s,workers\n"), nil
	}
	if err == nil {
		lines = fmt.Appendf(lines, "%s,%t,%.1f,%.1f,%d\n", stage, failure == nil, time.Since(wall).Seconds(), (cputime.Now() - cpu).Seconds(), x.Workers)
		err = atomicfile.Write(x.path(timesFile), lines)
	}
	return cmp.Or(failure, err)
}

// datasets makes or opens the datasets. Their seeds are different, so that they share no
// instance.
func (x *experiment) datasets(ctx context.Context) error {
	list := []struct {
		name  string
		count int
		walls bool
	}{{"train", x.Plan.instances(), x.Plan.walls()}, {"validation", x.Plan.Validation, false}, {"test", x.Plan.Test, false}}
	var sets [3]*data.Dataset
	var names [3]string
	for i, d := range list {
		is := x.Plan.Data
		is.Count, is.Seed, is.Walls = d.count, uint64(i+1), d.walls
		var err error
		if sets[i], names[i], err = x.dataset(ctx, d.name, is); err != nil {
			return err
		}
	}
	x.train, x.trainName, x.names.validation, x.names.test = sets[0], names[0], names[1], names[2]
	var err error
	if x.validation, err = all(sets[1]); err != nil {
		return err
	}
	x.test, err = all(sets[2])
	return err
}

// dataset makes or opens a dataset of proven instances, and returns words that identify it.
func (x *experiment) dataset(ctx context.Context, name string, is data.Description) (*data.Dataset, string, error) {
	is.Solver = "exact"
	set := &data.GenerateSettings{Description: is, Program: x.Program, Workers: x.Workers}
	set.Progress = func(p data.Progress) {
		x.report(Progress{"generate " + name, "instances", p.Done, p.Total, fmt.Sprintf("%d proven", p.Proven)})
	}
	d, err := data.Generate(ctx, x.path("data", name), set, func(ctx context.Context, in *ising.Instance, _ *rand.Rand) (*ising.Solved, error) {
		r, err := solver.Exact(ctx, in, nil)
		if err != nil {
			return nil, err
		}
		s := &ising.Solved{Instance: in, Spins: r.Spins, Energy: r.Energy, Bound: r.Bound}
		if is.Walls {
			s.Walls, err = solver.WallEnergies(ctx, in, r.Spins)
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

// newRun completes the settings of a run: to what is the arm's own comes what all arms of
// the target share.
func newRun(folder string, t *Target, arm string, set cnn.TrainSettings, size int, seed uint64) *run {
	common := &t.Common
	set.Network, set.Steps, set.Batch, set.Pool = common.Network, common.Steps, common.Batch, common.Pool
	set.ValidateEvery, set.CheckpointEvery, set.Seed = common.ValidateEvery, common.CheckpointEvery, seed
	words := []string{common.Target, strings.NewReplacer(" ", "-", ",", "", "(", "", ")", "").Replace(arm)}
	for _, w := range []struct {
		letter string
		value  float64
	}{{"T", set.Temperature}, {"h", set.Offset}, {"margin", set.Margin}, {"rate", set.LearningRate}} {
		if w.value != 0 {
			words = append(words, w.letter+strconv.FormatFloat(w.value, 'g', -1, 64))
		}
	}
	words = append(words, fmt.Sprintf("n%d", size), fmt.Sprintf("seed%d", seed))
	return &run{arm, size, seed, set, filepath.Join(folder, strings.Join(words, "_"))}
}

// trainAll trains what is not trained, as many runs at a time as there are workers, which
// makes more of the processors than several goroutines in a run.
func (x *experiment) trainAll(ctx context.Context, stage string, runs []*run) error {
	var todo []*run
	total, done := 0, 0
	for _, r := range runs {
		total += r.set.Steps
		switch _, err := os.Stat(x.path(r.dir, cnn.ModelFile)); {
		case err == nil:
			done += r.set.Steps
			if err := x.dropCheckpoint(r); err != nil { // which a kill may have left
				return err
			}
		case errors.Is(err, fs.ErrNotExist):
			todo = append(todo, r)
		default:
			return err
		}
	}
	steps := make([]int, len(todo))
	sum := done
	var mutex sync.Mutex
	return x.parallel(ctx, len(todo), func(ctx context.Context, k, workers int) error {
		r := todo[k]
		return x.trainOne(ctx, r, workers, func(p cnn.TrainProgress) {
			mutex.Lock()
			defer mutex.Unlock()
			sum += p.Step - steps[k]
			steps[k] = p.Step
			x.report(Progress{stage, "steps", sum, total, filepath.Base(r.dir)})
		})
	})
}

func (x *experiment) trainOne(ctx context.Context, r *run, workers int, progress func(cnn.TrainProgress)) error {
	part, err := x.train.First(r.size)
	if err != nil {
		return err
	}
	set := r.set
	set.Data = fmt.Sprintf("the first %d of %s; validation on %s", r.size, x.trainName, x.names.validation)
	set.Program, set.Workers, set.Resume, set.Progress = x.Program, workers, true, progress
	if _, err := cnn.Train(ctx, x.path(r.dir), []cnn.Source{part}, x.validation, &set); err != nil {
		return fmt.Errorf("%s: %w", r.dir, err)
	}
	return x.dropCheckpoint(r)
}

func (x *experiment) dropCheckpoint(r *run) error {
	return os.RemoveAll(x.path(r.dir, cnn.CheckpointDir))
}

// parallel does n jobs, several at a time, each with its share of the workers.
func (x *experiment) parallel(ctx context.Context, n int, do func(ctx context.Context, k, workers int) error) error {
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

// A trial is a tuning run with its outcome.
type trial struct {
	*run
	target string
	gap    float64 // mean relative validation gap, as a fraction
	chosen bool
}

// tune makes the trials of all arms and chooses the one of least validation gap of each.
func (s *Study) tune(ctx context.Context) error {
	var runs []*run
	for i := range s.x.Plan.Targets {
		t := s.x.Plan.Targets[i]
		t.Common.Steps = t.TrialSteps
		t.Common.ValidateEvery = min(t.Common.ValidateEvery, t.TrialSteps)
		for _, a := range t.Arms {
			if len(a.Trials) != len(t.Arms[0].Trials) {
				return fmt.Errorf("reproduce: %s %s has %d trials, %s has %d: tuning is not equal", t.Common.Target, a.Name, len(a.Trials), t.Arms[0].Name, len(t.Arms[0].Trials))
			}
			for _, set := range a.Trials {
				r := newRun("tuning", &t, a.Name, set, s.x.Plan.Train, 1)
				runs = append(runs, r)
				s.trials = append(s.trials, &trial{run: r, target: t.Common.Target})
			}
		}
	}
	if err := s.x.trainAll(ctx, "tuning", runs); err != nil {
		return err
	}
	best := map[[2]string]*trial{}
	for _, t := range s.trials {
		m, err := cnn.LoadModel(s.x.path(t.dir, cnn.ModelFile))
		if err != nil {
			return err
		}
		t.gap = *m.Gap
		key := [2]string{t.target, t.arm}
		if b := best[key]; b == nil || t.gap < b.gap {
			best[key] = t
		}
	}
	for _, t := range best {
		t.chosen = true
	}
	return nil
}

// chosen returns the settings that tuning chose for an arm.
func (s *Study) chosen(target, arm string) cnn.TrainSettings {
	for _, t := range s.trials {
		if t.chosen && t.target == target && t.arm == arm {
			return t.set
		}
	}
	panic("reproduce: no arm " + target + " " + arm)
}

// plan lists the runs that the report speaks of, each once: a point of two curves is one
// run.
func (s *Study) plan() []*run {
	p := s.x.Plan
	known := map[string]*run{}
	var runs []*run
	add := func(t *Target, arm string, set cnn.TrainSettings, size int) *cell {
		c := &cell{target: t.Common.Target, arm: arm, size: size, set: set}
		for seed := range p.Seeds {
			r := newRun("runs", t, arm, set, size, uint64(seed+1))
			if known[r.dir] == nil {
				known[r.dir] = r
				runs = append(runs, r)
			}
			c.runs = append(c.runs, known[r.dir])
		}
		return c
	}
	for i := range p.Targets {
		t := &p.Targets[i]
		for _, a := range t.Arms {
			s.losses = append(s.losses, add(t, a.Name, s.chosen(t.Common.Target, a.Name), p.Train))
		}
		for _, size := range t.Sizes {
			for _, arm := range t.SizeArms {
				s.sizes = append(s.sizes, add(t, arm, s.chosen(t.Common.Target, arm), size))
			}
		}
		if !s.x.Sweep {
			continue
		}
		for _, g := range t.Sweep {
			tuned := s.chosen(t.Common.Target, g.Arm)
			for _, temperature := range g.Temperatures {
				set := tuned
				set.Temperature = temperature
				s.sweep = append(s.sweep, add(t, g.Arm, set, p.Train))
			}
			for _, offset := range g.Offsets {
				set := tuned
				set.Offset = offset
				s.sweep = append(s.sweep, add(t, g.Arm, set, p.Train))
			}
		}
	}
	return runs
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
