package cnn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"spinlearn/ising"
)

// A checkpoint is one safetensors file, so that it is replaced as a whole: weights,
// best weights, Adam's moments, the pool, and this in its metadata. Every random
// choice of a step comes from a stream of its own, so that the step's number is the
// state of the generator.
type checkpoint struct {
	Format   int           `json:"format"` // 1
	Settings TrainSettings `json:"settings"`
	Progress progress      `json:"progress"`
	Feed     feedPosition  `json:"feed"`
	Lives    []int         `json:"lives"` // of the pool's instances
}

const checkpointFormat = 1

func (t *trainer) saveCheckpoint() error {
	c := checkpoint{Format: checkpointFormat, Settings: t.set, Progress: t.progress, Feed: t.feed.feedPosition}
	f := &tensorFile{}
	for prefix, w := range t.state() {
		f.setWeights(prefix, t.set.Network, w)
	}
	if len(t.pool) > 0 {
		var couplings, walls []float64
		var spins, gauge []int8
		for _, s := range t.pool {
			couplings = append(couplings, s.in.J...)
			walls = append(walls, s.walls...)
			spins = append(spins, s.spins...)
			gauge = append(gauge, s.gauge...)
			c.Lives = append(c.Lives, s.life)
		}
		f.set("pool.couplings", couplings, len(couplings))
		f.set("pool.spins", spins, len(spins))
		f.set("pool.gauge", gauge, len(gauge))
		if walls != nil {
			f.set("pool.walls", walls, len(walls))
		}
	}
	return f.write(filepath.Join(t.run, checkpointFile), c)
}

// state names the arrays of a run that have the shape of the weights.
func (t *trainer) state() map[string][][]float32 {
	return map[string][][]float32{
		"weights.": t.weights, "best.": t.best, "adam.mean.": t.adam.mean, "adam.square.": t.adam.square,
	}
}

// loadCheckpoint restores everything but the feed, whose position it returns.
func (t *trainer) loadCheckpoint(l *ising.Lattice) (feedPosition, error) {
	name := filepath.Join(t.run, checkpointFile)
	c := checkpoint{}
	f, err := readTensorFile(name, &c)
	if err != nil {
		return c.Feed, err
	}
	if c.Format != checkpointFormat {
		return c.Feed, fmt.Errorf("cnn: %s: %w: checkpoint format %d, this program reads %d", name, ErrFormat, c.Format, checkpointFormat)
	}
	if err := sameSettings(c.Settings, t.set); err != nil {
		return c.Feed, fmt.Errorf("cnn: %s: %w", t.run, err)
	}
	t.progress = c.Progress
	t.set.Program = c.Settings.Program
	if err := t.restore(f, l, c.Lives); err != nil {
		return c.Feed, fmt.Errorf("cnn: %s: %w: %w", name, ErrFormat, err)
	}
	return c.Feed, nil
}

func (t *trainer) restore(f *tensorFile, l *ising.Lattice, lives []int) (err error) {
	if t.Step < 0 || t.Step > t.set.Steps || t.Step == t.set.Steps && !t.Done {
		return fmt.Errorf("step %d of %d", t.Step, t.set.Steps)
	}
	t.adam = &adam{}
	for prefix, to := range map[string]*[][]float32{
		"weights.": &t.weights, "best.": &t.best, "adam.mean.": &t.adam.mean, "adam.square.": &t.adam.square,
	} {
		if *to, err = f.weights(prefix, t.set.Network); err != nil {
			return err
		}
	}
	if t.set.Target != Bond {
		return nil
	}
	if len(lives) != t.set.Pool {
		return fmt.Errorf("%d lives for a pool of %d", len(lives), t.set.Pool)
	}
	n := l.Sites() * len(lives)
	couplings, err := take[float64](f, "pool.couplings", 2*n)
	if err != nil {
		return err
	}
	spins, err := take[int8](f, "pool.spins", n)
	if err != nil {
		return err
	}
	gauge, err := take[int8](f, "pool.gauge", n)
	if err != nil {
		return err
	}
	var walls []float64
	if t.set.Cost == WallCost {
		if walls, err = take[float64](f, "pool.walls", 2*n); err != nil {
			return err
		}
	}
	for i := range spins {
		if abs(spins[i]) != 1 || abs(gauge[i]) != 1 {
			return fmt.Errorf("spin %d of the pool is %d in the gauge %d, want ±1", i, spins[i], gauge[i])
		}
	}
	for k, life := range lives {
		if life < 1 || life > t.set.Visits {
			return fmt.Errorf("instance %d of the pool has %d visits left, want 1 to %d", k, life, t.set.Visits)
		}
		in, err := ising.NewInstance(l, part(couplings, k, len(lives)))
		if err != nil {
			return err
		}
		s := slot{in: in, spins: part(spins, k, len(lives)), gauge: part(gauge, k, len(lives)), life: life}
		if walls != nil {
			s.walls = part(walls, k, len(lives))
		}
		t.pool = append(t.pool, s)
	}
	return nil
}

// sameSettings refuses to resume with settings that change the result, naming the
// first. The program's version may differ.
func sameSettings(old, now TrainSettings) error {
	old.Program, now.Program = "", ""
	a, b := jsonFields(old), jsonFields(now)
	names := slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b)))
	slices.Sort(names)
	for _, name := range append([]string{"target", "loss"}, names...) { // others follow from these two
		if !bytes.Equal(a[name], b[name]) {
			return fmt.Errorf("the run was made with %s = %s, not %s; give the same settings or choose another folder",
				name, orNone(a[name]), orNone(b[name]))
		}
	}
	return nil
}

func abs(v int8) int8 { return max(v, -v) }

func jsonFields(s TrainSettings) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	b, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(b, &fields)
	}
	if err != nil {
		panic(err) // plain numbers and strings always pass
	}
	return fields
}

func orNone(value json.RawMessage) string {
	if value == nil {
		return "none"
	}
	return string(value)
}
