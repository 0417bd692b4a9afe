package cnn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/base/parallel"
	"spinlearn/internal/base/stats"
	"spinlearn/ising"
)

// The files of a run.
const (
	ModelFile      = "model.safetensors"
	MetricsFile    = "metrics.jsonl"
	CheckpointDir  = "checkpoint" // not needed once the run has ended
	checkpointFile = CheckpointDir + "/state.safetensors"
)

var (
	// ErrExists is wrapped when a run's folder is in use and Resume is not set.
	ErrExists  = errors.New("exists")
	errNoData  = errors.New("cnn: no training instances")
	errNoWalls = fmt.Errorf("cnn: cost = %s, but the training instances have no walls", WallCost)
)

// A TrainResult says how training ended.
type TrainResult struct {
	Model   *Model
	Steps   int  // made; fewer than in the settings if patience ended the run
	Resumed bool // from a checkpoint
	// WithoutGap is the number of validation instances whose ground state has energy 0. They
	// have no relative gap and are left out of its mean.
	WithoutGap int
}

// Train trains a network and writes three things into the folder run: metrics.jsonl, checkpoint/
// and, at the end, model.safetensors with the best weights. Each step takes its batch from one of
// the sources, chosen at random in proportion to their sizes. A run that was stopped at any
// moment continues from its checkpoint and ends with the same bytes.
//
// The best weights have the least mean relative gap on the validation instances, decoded in one
// pass without descent. If no validation instance has a relative gap, the last weights are kept.
//
// When ctx ends, Train writes a checkpoint and returns an error that wraps ctx.Err(). A loss that
// is not finite ends training with an error that names step and learning rate. Only one process
// may write to a folder at a time.
func Train(ctx context.Context, run string, sources []Source, validation []*ising.Solved, settings *TrainSettings) (*TrainResult, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	set := settings.Recorded()
	if len(sources) == 0 {
		return nil, errNoData
	}
	for _, source := range sources {
		if err := checkPlane(source.Lattice()); err != nil {
			return nil, err
		}
		if source.Len() == 0 {
			return nil, errNoData
		}
	}
	withoutGap := 0
	for _, s := range validation {
		if err := checkPlane(s.Lattice); err != nil {
			return nil, fmt.Errorf("%w (validation)", err)
		}
		if math.IsNaN(s.Gap(s.Energy)) {
			withoutGap++
		}
	}
	resumed, err := prepare(run, &set)
	if err != nil {
		return nil, err
	}
	t, err := newTrainer(run, sources, validation, set, resumed)
	defer t.close()
	if err != nil {
		return nil, err
	}
	if err := t.loop(ctx); err != nil {
		return nil, err
	}
	return &TrainResult{t.bestModel(), t.Step, resumed, withoutGap}, nil
}

// prepare makes the folder of a run and reports whether it has a checkpoint to
// resume from.
func prepare(run string, set *TrainSettings) (bool, error) {
	entries, err := os.ReadDir(run)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("cnn: %w", err)
	}
	ours := []string{ModelFile, MetricsFile, filepath.Dir(checkpointFile), "training.png"}
	for _, e := range entries {
		name, _ := atomicfile.Temporary(e.Name())
		if !slices.Contains(ours, e.Name()) && !slices.Contains(ours, name) {
			return false, fmt.Errorf("cnn: %s: holds %s, which no run wrote; choose another folder", run, e.Name())
		}
	}
	if len(entries) > 0 && !set.Resume {
		return false, fmt.Errorf("cnn: %s %w: resume the run or choose another folder", run, ErrExists)
	}
	state := filepath.Join(run, checkpointFile)
	_, err = os.Stat(state)
	resumed := err == nil
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("cnn: %w", err)
	}
	if !resumed {
		if err := checkOurs(run, entries, set); err != nil {
			return false, err
		}
	}
	if err := os.MkdirAll(filepath.Join(run, filepath.Dir(checkpointFile)), 0o755); err != nil {
		return false, fmt.Errorf("cnn: %w", err)
	}
	if err := errors.Join(atomicfile.Clean(run, ours...), atomicfile.Clean(filepath.Dir(state), filepath.Base(state))); err != nil {
		return false, fmt.Errorf("cnn: %w", err)
	}
	return resumed, nil
}

// checkOurs refuses a folder without checkpoint whose files a run with these settings cannot have
// left. A run makes the folder of the checkpoint first, and may be killed after it has written
// its model and before the last checkpoint.
func checkOurs(run string, entries []os.DirEntry, set *TrainSettings) error {
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == name })
	}
	if has(ModelFile) {
		m, err := LoadModel(filepath.Join(run, ModelFile))
		if err != nil {
			return err
		}
		if err := sameSettings(m.Training, *set); err != nil {
			return fmt.Errorf("cnn: %s: %w", run, err)
		}
		return nil
	}
	if len(entries) > 0 && !has(CheckpointDir) {
		return fmt.Errorf("cnn: %s holds %s but neither model nor checkpoint of a run; choose another folder", run, entries[0].Name())
	}
	return nil
}

// A trainer is a run in memory.
type trainer struct {
	set        TrainSettings
	run        string
	supplies   []*supply
	validation []*ising.Solved
	weights    [][]float32
	best       [][]float32
	adam       *adam
	predictor  *Predictor
	metrics    *metrics
	falling    float64 // temperature of the true energy in this step
	progress
}

// progress is the part of a trainer that a checkpoint keeps as JSON.
type progress struct {
	Step     int      `json:"step"`      // steps made
	Done     bool     `json:"done"`      // no step is left to make
	BestStep int      `json:"best_step"` // of the best weights
	BestGap  *float64 `json:"best_gap"`  // nil before the first validation
	LastGap  *float64 `json:"last_gap"`
	Stale    int      `json:"stale"` // validations since the best one
	LossSum  float64  `json:"loss_sum"`
	LossN    int      `json:"loss_n"` // steps in LossSum, since the last line of metrics
}

// newTrainer returns a trainer. The caller closes it, also after an error.
func newTrainer(run string, sources []Source, validation []*ising.Solved, set TrainSettings, resume bool) (*trainer, error) {
	t := &trainer{set: set, run: run, supplies: newSupplies(sources, &set), validation: validation}
	if resume {
		if err := t.loadCheckpoint(); err != nil {
			return t, err
		}
	} else {
		t.weights = newWeights[float32](set.Network, ising.Stream(set.Seed, "weights", 0))
		t.best = cloneWeights(t.weights)
		t.adam = newAdam(t.weights)
	}
	addLoss := trueEnergy[float32](&t.falling)
	if loss := set.pointwise(); loss != nil {
		addLoss = pointwise[float32](loss, set.Target == Site)
	}
	for i, s := range t.supplies {
		var err error
		if s.feed, err = newFeed(s.source, set.Seed, s.begin); err != nil {
			return t, err
		}
		s.feed.walls = set.Cost == WallCost
		if !resume && set.Target == Bond {
			if err := s.fill(set.Visits, ising.Stream(set.Seed, "pool", uint64(i))); err != nil {
				return t, err
			}
		}
		if s.machine, err = newMachine(set.Network, t.weights, geometryOf(s.source.Lattice(), set.Batch), set.Workers, addLoss); err != nil {
			return t, err
		}
	}
	t.predictor = newPredictor(set.Network, t.weights, set.Workers)
	var err error
	t.metrics, err = openMetrics(filepath.Join(run, MetricsFile), t.Step)
	return t, err
}

func (t *trainer) close() {
	for _, s := range t.supplies {
		if s.feed != nil {
			s.feed.stop()
		}
	}
	if t.metrics != nil {
		t.metrics.close()
	}
}

func cloneWeights(weights [][]float32) [][]float32 {
	list := make([][]float32, len(weights))
	for i, w := range weights {
		list[i] = slices.Clone(w)
	}
	return list
}

// metricsEvery is the number of steps that one line of metrics averages over.
const metricsEvery = 10

func (t *trainer) loop(ctx context.Context) error {
	for !t.Done {
		if err := ctx.Err(); err != nil {
			if err := t.saveCheckpoint(); err != nil {
				return err
			}
			return fmt.Errorf("cnn: training stopped after step %d: %w", t.Step, err)
		}
		loss, err := t.step()
		if err != nil {
			return err
		}
		t.Step++
		t.LossSum += loss
		t.LossN++
		last := t.Step == t.set.Steps
		if t.Step%metricsEvery == 0 || last {
			if err := t.metrics.write(Metric{Step: t.Step, Loss: t.LossSum / float64(t.LossN), LearningRate: t.set.rate(t.Step - 1)}); err != nil {
				return err
			}
			t.LossSum, t.LossN = 0, 0
		}
		if t.Step%t.set.ValidateEvery == 0 || last {
			// Validation goes on when ctx ends, so that the checkpoint is that of a whole step.
			if err := t.validate(context.WithoutCancel(ctx)); err != nil {
				return err
			}
		}
		t.Done = last || t.set.Patience > 0 && t.Stale >= t.set.Patience
		if t.Step%t.set.CheckpointEvery == 0 && !t.Done {
			if err := t.saveCheckpoint(); err != nil {
				return err
			}
		}
		if t.set.Progress != nil {
			t.set.Progress(TrainProgress{t.Step, t.set.Steps, loss, orNaN(t.LastGap)})
		}
	}
	if err := t.bestModel().Save(filepath.Join(t.run, ModelFile)); err != nil {
		return err
	}
	return t.saveCheckpoint()
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func (t *trainer) bestModel() *Model {
	proven := len(t.validation) > 0
	for _, s := range t.validation {
		proven = proven && s.Proven()
	}
	return &Model{Description{modelFormat, t.set, t.BestStep, t.BestGap, proven}, t.best}
}

// step makes one training step and returns its loss.
func (t *trainer) step() (float64, error) {
	rng := ising.Stream(t.set.Seed, "step", uint64(t.Step))
	s := t.supply(rng)
	batch, err := t.encode(s, rng)
	if err != nil {
		return 0, err
	}
	t.falling = t.set.Temperature * (1 - float64(t.Step)/float64(t.set.Steps))
	if err := s.machine.run(); err != nil {
		return 0, err
	}
	loss, rate := s.machine.lossValue(), t.set.rate(t.Step)
	grads := s.machine.gradients()
	size := norm(grads)
	if math.IsNaN(loss+size) || math.IsInf(loss+size, 0) {
		return 0, fmt.Errorf("cnn: loss %v with gradient %v at step %d, learning rate %.3g: try a smaller one", loss, size, t.Step+1, rate)
	}
	t.adam.step(t.Step+1, rate, min(1, t.set.Clip/size), t.weights, grads)
	if size := norm(t.weights); math.IsNaN(size) || math.IsInf(size, 0) {
		return 0, fmt.Errorf("cnn: weights of size %v after step %d, learning rate %.3g: try a smaller one", size, t.Step+1, rate)
	}
	return loss, t.revisit(s, batch, rng)
}

// supply chooses the source of a step, at random in proportion to their sizes.
func (t *trainer) supply(rng *rand.Rand) *supply {
	total := 0
	for _, s := range t.supplies {
		total += s.source.Len()
	}
	at := 0
	if len(t.supplies) > 1 {
		at = rng.IntN(total)
	}
	for _, s := range t.supplies {
		if at -= s.source.Len(); at < 0 {
			return s
		}
	}
	panic("cnn: no supply")
}

// encode draws a batch, writes it to the machine's inputs and returns its slots.
func (t *trainer) encode(from *supply, rng *rand.Rand) ([]*slot, error) {
	batch := make([]*slot, t.set.Batch)
	if t.set.Target == Bond {
		for i, k := range choose(t.set.Batch, len(from.buffer), rng) {
			batch[i] = &from.buffer[k]
		}
	} else {
		for i := range batch {
			in, spins, _, err := from.feed.draw(rng)
			if err != nil {
				return nil, err
			}
			batch[i] = &slot{in: in, spins: spins}
		}
	}
	m, n := from.machine, t.set.Batch
	parallel.Do(t.set.Workers, n, func(k int) {
		s := batch[k]
		switch {
		case t.set.Target == Bond:
			encodeInput(part(m.input, k, n), s.in.Gauge(s.gauge))
			encodeBonds(part(m.label, k, n), part(m.cost, k, n), s.in, s.spins, s.gauge, s.walls)
		case t.set.Loss.Name == TrueEnergy:
			encodeInput(part(m.input, k, n), s.in)
			encodeCouplings(part(m.couplings, k, n), s.in)
		default:
			encodeInput(part(m.input, k, n), s.in)
			encodeSites(part(m.label, k, n), part(m.cost, k, n), s.in, s.spins)
		}
	})
	return batch, nil
}

// revisit makes what the network found the new reference configurations of a batch of the bond
// target, and replaces the instances that have no visits left.
func (t *trainer) revisit(from *supply, batch []*slot, rng *rand.Rand) error {
	if t.set.Target != Bond {
		return nil
	}
	parallel.Do(t.set.Workers, len(batch), func(k int) {
		s := batch[k]
		s.life--
		if s.life > 0 {
			s.gauge = from.machine.decode(Bond, s.in, s.gauge, k, false)
		}
	})
	for _, s := range batch {
		if s.life == 0 {
			if err := s.fill(from.feed, t.set.Visits, rng); err != nil {
				return err
			}
		}
	}
	return nil
}

// validate computes the mean relative gap on the validation instances. It keeps the weights if
// this gap is the smallest so far, or if no instance has a gap.
func (t *trainer) validate(ctx context.Context) error {
	instances := make([]*ising.Instance, len(t.validation))
	for i, s := range t.validation {
		instances[i] = s.Instance
	}
	t.predictor.setWeights()
	found, err := t.predictor.Predict(ctx, instances, DefaultPredict())
	if err != nil {
		return err
	}
	gaps := make([]float64, len(t.validation))
	for i, s := range t.validation {
		gaps[i] = s.Gap(found[i].Energy)
	}
	gap := stats.Mean(gaps)
	if !gap.Exists() {
		t.BestStep, t.best = t.Step, cloneWeights(t.weights)
		return nil
	}
	t.LastGap = &gap.Mean
	t.Stale++
	if t.BestGap == nil || gap.Mean < *t.BestGap {
		t.BestGap, t.BestStep, t.best, t.Stale = &gap.Mean, t.Step, cloneWeights(t.weights), 0
	}
	return t.metrics.write(Metric{Step: t.Step, ValidationGap: &gap.Mean, WithoutGap: len(gaps) - gap.Count})
}
