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

// A checkpoint is the description in the metadata of a checkpoint file. The file also holds
// weights, best weights, Adam's moments and the replay buffer; it is one file, so that it is
// replaced as a whole. Each step draws its random numbers from a stream of its own, so that the
// number of the step stands for the state of the generator.
type checkpoint struct {
	Format   int            `json:"format"` // 2
	Settings TrainSettings  `json:"settings"`
	Progress progress       `json:"progress"`
	Feeds    []feedPosition `json:"feeds"` // of each source
	Lives    [][]int        `json:"lives"` // visits left in the replay buffer of each source
}

const checkpointFormat = 2

func (t *trainer) saveCheckpoint() error {
	c := checkpoint{Format: checkpointFormat, Settings: t.set, Progress: t.progress}
	f := &tensorFile{}
	for prefix, w := range t.state() {
		f.setWeights(prefix, t.set.Network, w)
	}
	for i, from := range t.supplies {
		c.Feeds = append(c.Feeds, from.feed.feedPosition)
		var couplings, walls []float64
		var spins, gauge []int8
		var lives []int
		for _, s := range from.buffer {
			couplings = append(couplings, s.in.J...)
			walls = append(walls, s.walls...)
			spins = append(spins, s.spins...)
			gauge = append(gauge, s.gauge...)
			lives = append(lives, s.life)
		}
		c.Lives = append(c.Lives, lives)
		if len(lives) > 0 {
			f.set(bufferArray(i, "couplings"), couplings, len(couplings))
			f.set(bufferArray(i, "spins"), spins, len(spins))
			f.set(bufferArray(i, "gauge"), gauge, len(gauge))
		}
		if walls != nil {
			f.set(bufferArray(i, "walls"), walls, len(walls))
		}
	}
	return f.write(filepath.Join(t.run, checkpointFile), c)
}

// bufferArray names an array of the replay buffer of a source.
func bufferArray(source int, name string) string { return fmt.Sprintf("pool%d.%s", source, name) }

// state names the arrays of a run that have the shape of the weights.
func (t *trainer) state() map[string][][]float32 {
	return map[string][][]float32{
		"weights.": t.weights, "best.": t.best, "adam.mean.": t.adam.mean, "adam.square.": t.adam.square,
	}
}

// loadCheckpoint restores everything but the feeds, of which it restores the positions.
func (t *trainer) loadCheckpoint() error {
	name := filepath.Join(t.run, checkpointFile)
	c := checkpoint{}
	f, err := readTensorFile(name, &c)
	if err != nil {
		return err
	}
	if c.Format != checkpointFormat {
		return fmt.Errorf("cnn: %s: %w: checkpoint format %d, this program reads %d", name, ErrFormat, c.Format, checkpointFormat)
	}
	if err := sameSettings(c.Settings, t.set); err != nil {
		return fmt.Errorf("cnn: %s: %w", t.run, err)
	}
	t.progress = c.Progress
	t.set.Program = c.Settings.Program
	if err := t.restore(f, &c); err != nil {
		return fmt.Errorf("cnn: %s: %w: %w", name, ErrFormat, err)
	}
	return nil
}

func (t *trainer) restore(f *tensorFile, c *checkpoint) (err error) {
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
	if len(c.Feeds) != len(t.supplies) || len(c.Lives) != len(t.supplies) {
		return fmt.Errorf("%d feeds and %d replay buffers for %d sources", len(c.Feeds), len(c.Lives), len(t.supplies))
	}
	for i, s := range t.supplies {
		s.begin = c.Feeds[i]
		if err := t.restoreBuffer(f, i, c.Lives[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *trainer) restoreBuffer(f *tensorFile, source int, lives []int) error {
	s := t.supplies[source]
	if len(lives) != len(s.buffer) {
		return fmt.Errorf("%d lives for a replay buffer of %d", len(lives), len(s.buffer))
	}
	if len(lives) == 0 {
		return nil
	}
	l := s.source.Lattice()
	n := l.Sites() * len(lives)
	couplings, err := take[float64](f, bufferArray(source, "couplings"), 2*n)
	if err != nil {
		return err
	}
	spins, err := take[int8](f, bufferArray(source, "spins"), n)
	if err != nil {
		return err
	}
	gauge, err := take[int8](f, bufferArray(source, "gauge"), n)
	if err != nil {
		return err
	}
	var walls []float64
	if t.set.Cost == WallCost {
		if walls, err = take[float64](f, bufferArray(source, "walls"), 2*n); err != nil {
			return err
		}
	}
	for i := range spins {
		if abs(spins[i]) != 1 || abs(gauge[i]) != 1 {
			return fmt.Errorf("spin %d of the replay buffer is %d in the gauge %d, want ±1", i, spins[i], gauge[i])
		}
	}
	for k, life := range lives {
		if life < 1 || life > t.set.Visits {
			return fmt.Errorf("instance %d of the replay buffer has %d visits left, want 1 to %d", k, life, t.set.Visits)
		}
		in, err := ising.NewInstance(l, part(couplings, k, len(lives)))
		if err != nil {
			return err
		}
		s.buffer[k] = slot{in: in, spins: part(spins, k, len(lives)), gauge: part(gauge, k, len(lives)), life: life}
		if walls != nil {
			s.buffer[k].walls = part(walls, k, len(lives))
		}
	}
	return nil
}

// sameSettings refuses to resume with settings that change the result, and names the first. The
// program's version may differ.
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
