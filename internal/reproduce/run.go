package reproduce

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/ising"
)

// A run is the training of an arm with a seed.
type run struct {
	arm   string
	trial Trial
	size  int // training instances
	seed  uint64
	set   cnn.TrainSettings
	dir   string // below the folder
}

// A campaign is a plan under way.
type campaign struct {
	*folder
	Plan             *Plan
	sweep            bool
	train            *data.Dataset
	trainName        string
	validation, test []*ising.Solved
	names            struct{ validation, test string }
}

// Run carries out a plan in a folder, going on where an earlier run of the same plan was
// stopped, and writes the report. When ctx ends, the error wraps ctx.Err(). Only one run
// may write to a folder at a time. The sweeps of the plan are made only if asked for.
func Run(ctx context.Context, plan *Plan, sweep bool, set *Settings) (*Study, error) {
	x := &campaign{folder: &folder{set, plan.Preset}, Plan: plan, sweep: sweep}
	if err := x.claim(struct {
		heading
		*Plan
	}{x.heading(), plan}); err != nil {
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

// datasets makes or opens the datasets. Their seeds are different, so that they share no
// instance.
func (x *campaign) datasets(ctx context.Context) error {
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

// newRun completes the settings of a run: to what all arms of the target share comes what is
// the arm's own.
func newRun(folder string, t *Target, arm string, trial Trial, size int, seed uint64) *run {
	set := t.Common.TrainSettings
	set.Loss, set.LearningRate, set.Seed = trial.Loss, trial.LearningRate, seed
	words := []string{set.Target, strings.NewReplacer(" ", "-", ",", "", "(", "", ")", "").Replace(arm)}
	loss := trial.Recorded()
	for _, w := range []struct {
		letter string
		value  float64
	}{{"T", loss.Temperature}, {"h", loss.Offset}, {"rate", trial.LearningRate}} {
		if w.value != 0 {
			words = append(words, w.letter+strconv.FormatFloat(w.value, 'g', -1, 64))
		}
	}
	words = append(words, fmt.Sprintf("n%d", size), fmt.Sprintf("seed%d", seed))
	return &run{arm, trial, size, seed, set, filepath.Join(folder, strings.Join(words, "_"))}
}

// trainAll trains what is not trained, as many runs at a time as there are workers, which
// makes more of the processors than several goroutines in a run.
func (x *campaign) trainAll(ctx context.Context, stage string, runs []*run) error {
	var pending []*run
	total, sum := 0, 0
	for _, r := range runs {
		total += r.set.Steps
		done, err := x.isTrained(r.dir)
		if err != nil {
			return err
		}
		if done {
			sum += r.set.Steps
		} else {
			pending = append(pending, r)
		}
	}
	steps := make([]int, len(pending))
	var mutex sync.Mutex
	return x.parallel(ctx, len(pending), func(ctx context.Context, k, workers int) error {
		r := pending[k]
		return x.trainOne(ctx, r, workers, func(p cnn.TrainProgress) {
			mutex.Lock()
			defer mutex.Unlock()
			sum += p.Step - steps[k]
			steps[k] = p.Step
			x.report(Progress{stage, "steps", sum, total, filepath.Base(r.dir)})
		})
	})
}

func (x *campaign) trainOne(ctx context.Context, r *run, workers int, progress func(cnn.TrainProgress)) error {
	part, err := x.train.First(r.size)
	if err != nil {
		return err
	}
	set := r.set
	set.Data = fmt.Sprintf("the first %d of %s; validation on %s", r.size, x.trainName, x.names.validation)
	set.Workers, set.Progress = workers, progress
	return x.trainRun(ctx, r.dir, []cnn.Source{part}, x.validation, set)
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
			for _, own := range a.Trials {
				r := newRun("tuning", &t, a.Name, own, s.x.Plan.Train, 1)
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
		if m.Gap == nil {
			return fmt.Errorf("%s: a model without validation gap, which no trial leaves", s.x.path(t.dir, cnn.ModelFile))
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

// chosen returns the trial that tuning chose for an arm.
func (s *Study) chosen(target, arm string) Trial {
	for _, t := range s.trials {
		if t.chosen && t.target == target && t.arm == arm {
			return t.run.trial
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
	add := func(t *Target, arm string, own Trial, size int) *cell {
		c := &cell{target: t.Common.Target, arm: arm, size: size, loss: own.Recorded()}
		for seed := range p.Seeds {
			r := newRun("runs", t, arm, own, size, uint64(seed+1))
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
		if !s.x.sweep {
			continue
		}
		for _, g := range t.Sweep {
			tuned := s.chosen(t.Common.Target, g.Arm)
			for _, temperature := range g.Temperatures {
				swept := tuned
				swept.Temperature = temperature
				s.sweep = append(s.sweep, add(t, g.Arm, swept, p.Train))
			}
			for _, offset := range g.Offsets {
				swept := tuned
				swept.Offset = offset
				s.sweep = append(s.sweep, add(t, g.Arm, swept, p.Train))
			}
		}
	}
	return runs
}
