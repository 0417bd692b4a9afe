package cnn

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spinlearn/ising"
)

// memory is a Source of instances in memory.
type memory []*ising.Solved

func (m memory) Lattice() *ising.Lattice { return m[0].Lattice }
func (m memory) Len() int                { return len(m) }
func (m memory) Epoch(seed, epoch uint64) iter.Seq2[*ising.Solved, error] {
	return func(yield func(*ising.Solved, error) bool) {
		for _, k := range ising.Stream(seed, "shuffle", epoch).Perm(len(m)) {
			if !yield(m[k], nil) {
				return
			}
		}
	}
}

// instances returns n instances with ground states found by enumeration.
func instances(t testing.TB, n int, boundary string) memory {
	t.Helper()
	l, err := ising.ParseLattice([]int{4, 4}, boundary)
	if err != nil {
		t.Fatal(err)
	}
	var list memory
	for k := range n {
		in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, ising.Stream(1, "couplings", uint64(k)))
		s := make([]int8, l.Sites())
		for i := range s {
			s[i] = 1
		}
		solved := &ising.Solved{Instance: in, Energy: math.Inf(1)}
		e := in.Energy(s)
		for code := 1; code < 1<<15; code++ { // the last spin stays, by the global flip
			if e < solved.Energy {
				solved.Energy, solved.Spins = e, bytesOf(s)
			}
			i := 0
			for code>>i&1 == 0 {
				i++
			}
			e += in.FlipCost(s, i)
			s[i] = -s[i]
		}
		solved.Energy = in.Energy(solved.Spins)
		solved.Bound = solved.Energy
		list = append(list, solved)
	}
	return list
}

func bytesOf(s []int8) []int8 { return append([]int8(nil), s...) }

// quick is a run of a few seconds; each test changes what it is about.
func quick() *TrainSettings {
	set := DefaultTrain()
	set.Channels, set.Blocks, set.Steps, set.Batch, set.ReplayBuffer = 4, 1, 40, 4, 16
	set.ValidateEvery, set.CheckpointEvery, set.Seed, set.Workers, set.Data, set.Program = 15, 10, 3, 1, "test", "test"
	return set
}

func train(t *testing.T, run string, source memory, set *TrainSettings) *TrainResult {
	t.Helper()
	return trainOn(t, run, []Source{source}, source, set)
}

func trainOn(t *testing.T, run string, sources []Source, validation memory, set *TrainSettings) *TrainResult {
	t.Helper()
	r, err := Train(context.Background(), run, sources, validation, set)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, name ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(name...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every loss of every target runs and lowers its own value.
func TestEveryLossTrains(t *testing.T) {
	source := instances(t, 12, "periodic")
	for _, target := range []string{Site, Bond} {
		for _, loss := range Losses(target) {
			t.Run(target+" "+loss, func(t *testing.T) {
				set := quick()
				set.Target, set.Loss.Name, set.Steps = target, loss, 120
				if loss == TrueEnergy {
					set.Steps, set.LearningRate = 300, 0.01
				}
				run := t.TempDir()
				set.Resume = true // the folder exists
				r := train(t, run, source, set)
				lines, err := ReadMetrics(filepath.Join(run, MetricsFile))
				if err != nil {
					t.Fatal(err)
				}
				var losses []float64
				for _, m := range lines {
					if m.ValidationGap == nil {
						losses = append(losses, m.Loss)
					}
				}
				if loss == TrueEnergy { // falls in value with its temperature only
					if gap := *r.Model.Gap; gap > 0.7 {
						t.Errorf("gap %v, of random spins about 1", gap)
					}
					return
				}
				if first, last := losses[0], losses[len(losses)-1]; last >= first {
					t.Errorf("loss %v in the first steps, %v in the last", first, last)
				}
			})
		}
	}
}

// The network learns the instances it sees: bond targets reach the ground states.
func TestTrainingReachesGroundStates(t *testing.T) {
	source := instances(t, 4, "cylinder")
	set := quick()
	set.Channels, set.Steps, set.Batch, set.LearningRate, set.ValidateEvery = 8, 800, 8, 0.01, 50
	r := train(t, filepath.Join(t.TempDir(), "run"), source, set)
	if r.Model.Gap == nil || *r.Model.Gap > 0.01 {
		t.Errorf("gap %v after training on four instances, want at most 1 %%", orNaN(r.Model.Gap))
	}
}

// A run that was stopped anywhere and resumed ends with the bytes of one that was
// not, and so does one with more workers.
func TestResumeAndWorkers(t *testing.T) {
	source := instances(t, 12, "periodic")
	for _, c := range []struct {
		name, target string
		sources      []Source
	}{
		{"bond", Bond, []Source{source}}, {"site", Site, []Source{source}},
		{"two lattices", Bond, []Source{source, instances(t, 5, "free")}}, {"site, two lattices", Site, []Source{source, instances(t, 5, "cylinder")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			settings := func() *TrainSettings {
				set := quick()
				set.Target = c.target
				return set
			}
			base := filepath.Join(t.TempDir(), "run")
			trainOn(t, base, c.sources, source, settings())
			same := func(what, run string) {
				t.Helper()
				for _, file := range []string{ModelFile, MetricsFile, checkpointFile} {
					if !bytes.Equal(read(t, run, file), read(t, base, file)) {
						t.Errorf("%s: %s differs", what, file)
					}
				}
			}

			run := filepath.Join(t.TempDir(), "run")
			set := settings()
			set.Workers = 3
			trainOn(t, run, c.sources, source, set)
			same("three workers", run)

			run = filepath.Join(t.TempDir(), "run")
			for _, stop := range []int{0, 7, 15, 20, 33, 39} {
				ctx, cancel := context.WithCancel(context.Background())
				set := settings()
				set.Resume = true
				set.Progress = func(p TrainProgress) {
					if p.Step >= stop {
						cancel()
					}
				}
				if stop == 0 {
					cancel()
				}
				if _, err := Train(ctx, run, c.sources, source, set); !errors.Is(err, context.Canceled) {
					t.Fatalf("stopped at step %d: %v", stop, err)
				}
				cancel()
			}
			set = settings()
			set.Resume = true
			if r := trainOn(t, run, c.sources, source, set); !r.Resumed {
				t.Error("the run was not resumed")
			}
			same("stopped six times", run)

			// Killed, not stopped: the metrics ran ahead of the checkpoint, and a
			// half-written file was left.
			run = filepath.Join(t.TempDir(), "run")
			ctx, cancel := context.WithCancel(context.Background())
			set = settings()
			var kept []byte
			set.Progress = func(p TrainProgress) {
				if p.Step == 21 {
					kept = read(t, run, checkpointFile)
				}
				if p.Step == 34 {
					cancel()
				}
			}
			if _, err := Train(ctx, run, c.sources, source, set); err == nil {
				t.Fatal("not stopped")
			}
			cancel()
			if err := os.WriteFile(filepath.Join(run, checkpointFile), kept, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(run, "."+ModelFile+"123"), []byte("half"), 0o644); err != nil {
				t.Fatal(err)
			}
			set = settings()
			set.Resume = true
			trainOn(t, run, c.sources, source, set)
			same("killed", run)

			// A finished run stays as it is.
			set = settings()
			set.Resume = true
			trainOn(t, base, c.sources, source, set)
			same("finished", base)
		})
	}
}

func TestSettingsHaveEffect(t *testing.T) {
	source := instances(t, 12, "free")
	weights := func(change func(*TrainSettings)) string {
		set := quick()
		set.Steps, set.Loss.Name = 20, LocalEnergy
		change(set)
		r := train(t, filepath.Join(t.TempDir(), "run"), source, set)
		f := &tensorFile{}
		f.setWeights("", r.Model.Training.Network, r.Model.weights)
		name := filepath.Join(t.TempDir(), "weights")
		if err := f.write(name, 0); err != nil {
			t.Fatal(err)
		}
		return string(read(t, name))
	}
	base := weights(func(*TrainSettings) {})
	for name, change := range map[string]func(*TrainSettings){
		"seed":          func(s *TrainSettings) { s.Seed++ },
		"temperature":   func(s *TrainSettings) { s.Temperature = 1 },
		"offset":        func(s *TrainSettings) { s.Offset = 1 },
		"batch":         func(s *TrainSettings) { s.Batch = 5 },
		"steps":         func(s *TrainSettings) { s.Steps = 30 },
		"learning rate": func(s *TrainSettings) { s.LearningRate = 0.01 },
		"warmup":        func(s *TrainSettings) { s.Warmup = 5 },
		"clip":          func(s *TrainSettings) { s.Clip = 0.01 },
		"replay buffer": func(s *TrainSettings) { s.ReplayBuffer = 7 },
		"visits":        func(s *TrainSettings) { s.Visits = 1 },
		"loss":          func(s *TrainSettings) { s.Loss.Name = Boltzmann },
		"blocks":        func(s *TrainSettings) { s.Blocks = 2 },
	} {
		if weights(change) == base {
			t.Errorf("%s has no effect", name)
		}
	}

	set := quick()
	set.Steps, set.Patience, set.ValidateEvery, set.LearningRate = 4000, 2, 2, 1e-9
	if r := train(t, filepath.Join(t.TempDir(), "run"), source, set); r.Steps > 100 {
		t.Errorf("patience of 2 validations ended a run that learns nothing after %d steps", r.Steps)
	}
}

// walled returns instances with numbers in place of walls that differ everywhere.
func walled(list memory) (copies memory) {
	for k, s := range list {
		c := *s
		c.Walls = make([]float64, s.Slots())
		for b, J := range s.J {
			c.Walls[b] = math.Abs(J) * float64(1+k)
		}
		copies = append(copies, &c)
	}
	return copies
}

func TestEncodeBonds(t *testing.T) {
	s := walled(instances(t, 1, "free"))[0]
	n := s.Sites()
	r := s.SpanningTree(s.J, nil).Spins(s.J)
	label, flip, other, wall := make([]float64, 2*n), make([]float64, 2*n), make([]float64, 2*n), make([]float64, 2*n)
	encodeBonds(label, flip, s.Instance, s.Spins, r, nil)
	encodeBonds(other, wall, s.Instance, s.Spins, r, s.Walls)
	if !slices.Equal(label, other) {
		t.Error("walls change the labels")
	}
	for k, J := range s.J {
		i, j := s.Ends(k)
		at := 2*(k%n) + k/n
		want := [3]float64{}
		if J != 0 {
			want = [3]float64{float64(s.Spins[i] * s.Spins[j] * r[i] * r[j]), min(s.FlipCost(s.Spins, i), s.FlipCost(s.Spins, j)), s.Walls[k]}
		}
		if got := [3]float64{label[at], flip[at], wall[at]}; math.Abs(got[1]-want[1]) > 1e-12 || got[0] != want[0] || got[2] != want[2] {
			t.Errorf("bond %d: label, flip and wall %v, want %v", k, got, want)
		}
	}
}

func TestCostHasEffect(t *testing.T) {
	source := walled(instances(t, 6, "free"))
	for _, loss := range []string{LocalEnergy, Boltzmann} {
		model := map[string][]byte{}
		for _, cost := range []string{FlipCost, WallCost} {
			set := quick()
			set.Steps, set.Loss.Name, set.Cost = 10, loss, cost
			run := filepath.Join(t.TempDir(), "run")
			r := train(t, run, source, set)
			if got := r.Model.Training.Temperature; (got == 1) != (cost == WallCost) {
				t.Errorf("%s with cost %q has temperature %v by default, want 1 with walls alone", loss, cost, got)
			}
			set.Temperature, set.Resume = r.Model.Training.Temperature, true // named, it is the same run
			train(t, run, source, set)
			model[cost] = read(t, run, ModelFile)
		}
		weights := func(model []byte) []byte { return model[len(model)-400:] } // behind the metadata
		if bytes.Equal(weights(model[FlipCost]), weights(model[WallCost])) {
			t.Errorf("%s: walls have no effect", loss)
		}
	}

	set := quick()
	set.Loss.Name, set.Cost = Boltzmann, WallCost
	_, err := Train(t.Context(), filepath.Join(t.TempDir(), "run"), []Source{instances(t, 6, "free")}, nil, set)
	if !errors.Is(err, errNoWalls) {
		t.Errorf("without walls: %v", err)
	}
}

// A run with walls that was stopped ends with the same bytes.
func TestResumeWalls(t *testing.T) {
	source := walled(instances(t, 12, "periodic"))
	settings := func() *TrainSettings {
		set := quick()
		set.Loss.Name, set.Cost = Boltzmann, WallCost
		return set
	}
	whole, stopped := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "run")
	train(t, whole, source, settings())
	ctx, cancel := context.WithCancel(t.Context())
	set := settings()
	set.Progress = func(p TrainProgress) {
		if p.Step == 17 {
			cancel()
		}
	}
	if _, err := Train(ctx, stopped, []Source{source}, source, set); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	set = settings()
	set.Resume, set.Cost = true, FlipCost
	if _, err := Train(t.Context(), stopped, []Source{source}, source, set); err == nil || !strings.Contains(err.Error(), `cost = "wall", not none`) {
		t.Errorf("resumed with another cost: %v", err)
	}
	set = settings()
	set.Resume = true
	train(t, stopped, source, set)
	for _, file := range []string{ModelFile, MetricsFile, checkpointFile} {
		if !bytes.Equal(read(t, whole, file), read(t, stopped, file)) {
			t.Errorf("%s differs", file)
		}
	}
}

func TestRefusedSettings(t *testing.T) {
	source := instances(t, 2, "periodic")
	for want, change := range map[string]func(*TrainSettings){
		`loss = "mse"`:         func(s *TrainSettings) { s.Loss.Name = "mse" },
		`loss = "true-energy"`: func(s *TrainSettings) { s.Loss.Name = TrueEnergy },
		`target = "spin"`:      func(s *TrainSettings) { s.Target = "spin" },
		"channels = -1":        func(s *TrainSettings) { s.Channels = -1 },
		"blocks = -2":          func(s *TrainSettings) { s.Blocks = -2 },
		"steps = -5":           func(s *TrainSettings) { s.Steps = -5 },
		"batch = -1":           func(s *TrainSettings) { s.Batch = -1 },
		"pool = 3":             func(s *TrainSettings) { s.ReplayBuffer = 3 },
		"learning-rate = NaN":  func(s *TrainSettings) { s.LearningRate = math.NaN() },
		"clip = -1":            func(s *TrainSettings) { s.Clip = -1 },
		"patience = -1":        func(s *TrainSettings) { s.Patience = -1 },
		"temperature = 1":      func(s *TrainSettings) { s.Temperature = 1 },
		"temperature = -2":     func(s *TrainSettings) { s.Loss.Name, s.Temperature = Boltzmann, -2 },
		"offset = -1":          func(s *TrainSettings) { s.Loss.Name, s.Offset = LocalEnergy, -1 },
		"margin = 2":           func(s *TrainSettings) { s.Margin = 2 },
		`cost = "bond"`:        func(s *TrainSettings) { s.Loss.Name, s.Cost = Boltzmann, "bond" },
		"cost = wall, but loss cross-entropy of target bond": func(s *TrainSettings) { s.Cost = WallCost },
		"cost = wall, but loss local-energy of target site": func(s *TrainSettings) {
			s.Target, s.Loss.Name, s.Cost = Site, LocalEnergy, WallCost
		},
		`cost = ""`:             func(s *TrainSettings) { s.Cost = "" },
		"steps = 0, want 1":     func(s *TrainSettings) { s.Steps = 0 },
		"batch = 0, want 1":     func(s *TrainSettings) { s.Batch = 0 },
		"warmup = 0, want 1":    func(s *TrainSettings) { s.Warmup = 0 },
		"clip = 0, want":        func(s *TrainSettings) { s.Clip = 0 },
		"learning-rate = 0":     func(s *TrainSettings) { s.LearningRate = 0 },
		"visits = 0, want 1":    func(s *TrainSettings) { s.Visits = 0 },
		"validate-every = 0":    func(s *TrainSettings) { s.ValidateEvery = 0 },
		"checkpoint-every = 0":  func(s *TrainSettings) { s.CheckpointEvery = 0 },
		"workers = 0, want 1":   func(s *TrainSettings) { s.Workers = 0 },
		"margin = 0, want":      func(s *TrainSettings) { s.Loss.Name, s.Margin = Margin, 0 },
		"temperature = 0, want": func(s *TrainSettings) { s.Target, s.Loss.Name, s.Temperature = Site, TrueEnergy, 0 },
		"channels = 0, want 1":  func(s *TrainSettings) { s.Channels = 0 },
	} {
		set := quick()
		change(set)
		run := filepath.Join(t.TempDir(), "run")
		_, err := Train(context.Background(), run, []Source{source}, nil, set)
		if !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if _, err := os.Stat(run); err == nil {
			t.Errorf("%s: the run's folder was made", want)
		}
	}
}

// Validation instances without couplings have no relative gap: they are left out of the mean
// and counted, and if there are no others the last weights are kept.
func TestValidationWithoutGap(t *testing.T) {
	source := instances(t, 8, "periodic")
	empty := &ising.Solved{Instance: &ising.Instance{Lattice: source.Lattice(), J: make([]float64, source.Lattice().Slots())}, Spins: source[0].Spins}
	set := quick()
	set.Steps, set.ValidateEvery = 20, 10
	dir := t.TempDir()
	run := func(name string, validation memory) (*TrainResult, []Metric) {
		r := trainOn(t, filepath.Join(dir, name), []Source{source}, validation, set)
		list, err := ReadMetrics(filepath.Join(dir, name, MetricsFile))
		if err != nil {
			t.Fatal(err)
		}
		return r, slices.DeleteFunc(list, func(m Metric) bool { return m.ValidationGap == nil })
	}
	without, want := run("without", source[:4])
	with, got := run("with", memory{empty, source[0], source[1], empty, source[2], source[3]})
	if *with.Model.Gap != *without.Model.Gap || with.Model.Step != without.Model.Step || with.WithoutGap != 2 || without.WithoutGap != 0 {
		t.Errorf("gap %v after %d steps, %d without; want %v after %d", *with.Model.Gap, with.Model.Step, with.WithoutGap, *without.Model.Gap, without.Model.Step)
	}
	if len(want) != 2 || want[0].WithoutGap != 0 {
		t.Errorf("metrics %+v", want)
	}
	for i := range want {
		want[i].WithoutGap = 2
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	none, metrics := run("none", memory{empty, empty})
	if none.Model.Gap != nil || none.Model.Step != 20 || none.WithoutGap != 2 || len(metrics) != 0 {
		t.Errorf("without any gap: %+v, %d steps, metrics %+v", none.Model.Gap, none.Model.Step, metrics)
	}
}

func TestFoldersRefused(t *testing.T) {
	source := instances(t, 2, "periodic")
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	set := quick()
	set.Resume = true
	if _, err := Train(context.Background(), foreign, []Source{source}, nil, set); err == nil || !strings.Contains(err.Error(), "thesis.tex") {
		t.Errorf("a folder with another file: %v", err)
	}

	run := filepath.Join(t.TempDir(), "run")
	train(t, run, source, quick())
	if _, err := Train(context.Background(), run, []Source{source}, nil, quick()); !errors.Is(err, ErrExists) {
		t.Errorf("a finished run without resume: %v", err)
	}
	old := read(t, run, ModelFile)
	for want, change := range map[string]func(*TrainSettings){
		"seed = 3, not 4":        func(s *TrainSettings) { s.Seed = 4 },
		`loss = "cross-entropy"`: func(s *TrainSettings) { s.Loss.Name = Margin },
		`target = "bond"`:        func(s *TrainSettings) { s.Target = Site },
		`data = "test"`:          func(s *TrainSettings) { s.Data = "other" },
		"channels = 4":           func(s *TrainSettings) { s.Channels = 5 },
	} {
		set := quick()
		set.Resume = true
		change(set)
		if _, err := Train(context.Background(), run, []Source{source}, nil, set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("resumed with other settings: %v, want %q", err, want)
		}
	}
	if !bytes.Equal(old, read(t, run, ModelFile)) {
		t.Error("a refused run changed the model")
	}
}

// A learning rate beyond float32 breaks the weights in the first step, which must not
// reach a model or a checkpoint.
func TestInfiniteWeightsStop(t *testing.T) {
	set := quick()
	set.Steps, set.LearningRate, set.Warmup, set.CheckpointEvery = 5, 1e39, 1, 1
	run := filepath.Join(t.TempDir(), "run")
	_, err := Train(context.Background(), run, []Source{instances(t, 4, "periodic")}, nil, set)
	if err == nil || !strings.Contains(err.Error(), "learning rate 1e+39") {
		t.Errorf("got %v, want an error with the learning rate", err)
	}
	for _, file := range []string{ModelFile, checkpointFile} {
		if _, err := os.Stat(filepath.Join(run, file)); err == nil {
			t.Errorf("%s was written", file)
		}
	}
}

// A run is not resumed on fewer data than its checkpoint has seen, even if nothing
// names the data, and an interrupt in a validation loses no step.
func TestResumeEdges(t *testing.T) {
	source := instances(t, 16, "periodic")
	run := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	set := quick()
	set.Target, set.Batch, set.Data, set.ValidateEvery, set.CheckpointEvery = Site, 5, "", 3, 1000
	set.Progress = func(p TrainProgress) {
		if p.Step == 2 {
			cancel() // the third step and its validation still end
		}
	}
	if _, err := Train(ctx, run, []Source{source}, source, set); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(run, checkpointFile)); err != nil {
		t.Error(err)
	}
	set.Progress, set.Resume = nil, true
	if _, err := Train(context.Background(), run, []Source{source[:8]}, source, set); err == nil || !strings.Contains(err.Error(), "10 instances") {
		t.Errorf("resumed on 8 of 16 instances: %v", err)
	}
}

// Couplings near the limit of float32 make the loss infinite.
func TestInfiniteLossStops(t *testing.T) {
	source := instances(t, 4, "periodic")
	for _, s := range source {
		J := make([]float64, len(s.J))
		for k, v := range s.J {
			J[k] = v * 1e38
		}
		s.Instance = &ising.Instance{Lattice: s.Lattice, J: J}
	}
	set := quick()
	set.Loss.Name = LocalEnergy
	run := filepath.Join(t.TempDir(), "run")
	_, err := Train(context.Background(), run, []Source{source}, nil, set)
	if err == nil || !strings.Contains(err.Error(), "step 1, learning rate") {
		t.Errorf("got %v, want an error with step and learning rate", err)
	}
	if _, err := os.Stat(filepath.Join(run, ModelFile)); err == nil {
		t.Error("a model was written")
	}
}

func TestModelRoundTrip(t *testing.T) {
	source := instances(t, 6, "periodic")
	run := filepath.Join(t.TempDir(), "run")
	r := train(t, run, source, quick())
	loaded, err := LoadModel(filepath.Join(run, ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	var list []*ising.Instance
	for _, s := range source {
		list = append(list, s.Instance)
	}
	for _, set := range []PredictSettings{DefaultPredict(), {Passes: 3}, {Passes: 3, Descent: true}} {
		want, err := r.Model.NewPredictor(1).Predict(context.Background(), list, set)
		if err != nil {
			t.Fatal(err)
		}
		got, err := loaded.NewPredictor(2).Predict(context.Background(), list, set)
		if err != nil {
			t.Fatal(err)
		}
		for k := range want {
			if ising.Overlap(want[k].Spins, got[k].Spins) != 1 {
				t.Fatalf("%+v: instance %d is predicted otherwise by the loaded model", set, k)
			}
		}
	}
	again := filepath.Join(t.TempDir(), "again")
	f := &tensorFile{}
	f.setWeights("", loaded.Training.Network, loaded.weights)
	f.set("input.weight", loaded.weights[0], 4, 4, 3, 3) // PyTorch's order
	if err := f.write(again, loaded.Description); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadModel(again); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "shape [4 4 3 3]") {
		t.Errorf("weights of another shape: %v", err)
	}
	if err := loaded.Save(again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, again), read(t, run, ModelFile)) {
		t.Error("a saved model differs from the file it was loaded from")
	}
}

// More passes and descent never raise the energy, and the batch an instance comes
// in does not matter.
func TestPredict(t *testing.T) {
	source := instances(t, 8, "periodic")
	r := train(t, filepath.Join(t.TempDir(), "run"), source, quick())
	p := r.Model.NewPredictor(1)
	var list []*ising.Instance
	for _, s := range source {
		list = append(list, s.Instance)
	}
	last := []float64{}
	for passes := 1; passes <= 4; passes++ {
		found, err := p.Predict(context.Background(), list, PredictSettings{Passes: passes})
		if err != nil {
			t.Fatal(err)
		}
		for k, f := range found {
			e := f.Energy
			if e != list[k].Energy(f.Spins) {
				t.Errorf("instance %d: energy %v, the spins have %v", k, e, list[k].Energy(f.Spins))
			}
			if passes > 1 && e > last[k] {
				t.Errorf("instance %d: energy %v after %d passes, %v before", k, e, passes, last[k])
			}
			if e < source[k].Energy-source[k].Rounding() {
				t.Errorf("instance %d: energy %v below the ground state's %v", k, e, source[k].Energy)
			}
			if passes == 1 {
				last = append(last, e)
			}
			last[k] = e
			alone, err := p.Predict(context.Background(), list[k:k+1], PredictSettings{Passes: passes})
			if err != nil {
				t.Fatal(err)
			}
			if ising.Overlap(alone[0].Spins, f.Spins) != 1 {
				t.Errorf("instance %d is predicted otherwise alone", k)
			}
		}
	}
	if _, err := p.Predict(context.Background(), list, PredictSettings{Passes: -1}); !errors.Is(err, ErrSettings) {
		t.Errorf("passes = -1: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if spins, err := p.Predict(ctx, list, DefaultPredict()); !errors.Is(err, context.Canceled) || len(spins) > 0 {
		t.Errorf("cancelled: %d configurations, %v", len(spins), err)
	}
	cube, err := ising.NewLattice([]int{3, 3, 3}, []bool{true, true, true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Predict(context.Background(), []*ising.Instance{{Lattice: cube, J: make([]float64, 81)}}, DefaultPredict()); err == nil {
		t.Error("a lattice of three axes was accepted")
	}
}

// Rounds of effort lower the energy, none is worse than its start, and neither batch nor
// workers matter.
func TestEffort(t *testing.T) {
	source := instances(t, 8, "periodic")
	model := train(t, filepath.Join(t.TempDir(), "run"), source, quick()).Model
	var list []*ising.Instance
	start := make([][]int8, len(source))
	rng := rand.New(rand.NewPCG(1, 2))
	for k, s := range source {
		list = append(list, s.Instance)
		for range s.Sites() {
			start[k] = append(start[k], int8(2*rng.IntN(2)-1))
		}
	}
	predict := func(workers int, list []*ising.Instance, set PredictSettings) (spins [][]int8) {
		found, err := model.NewPredictor(workers).Predict(context.Background(), list, set)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			spins = append(spins, f.Spins)
		}
		return spins
	}
	gap := func(spins [][]int8) (sum float64) {
		for k, s := range source {
			sum += s.Gap(s.Instance.Energy(spins[k])) / float64(len(source))
		}
		return sum
	}
	raw, two := predict(1, list, DefaultPredict()), predict(1, list, PredictSettings{Passes: 1, Effort: 2, Seed: 1})
	if gap(two) >= gap(raw)/2 {
		t.Errorf("gap %v with effort 2, %v without", gap(two), gap(raw))
	}
	if diff := cmp.Diff(two, predict(3, list, PredictSettings{Passes: 1, Effort: 2, Seed: 1})); diff != "" {
		t.Errorf("workers change the result: %s", diff)
	}
	for k := range list {
		if diff := cmp.Diff(two[k:k+1], predict(1, list[k:k+1], PredictSettings{Passes: 1, Effort: 2, Seed: 1})); diff != "" {
			t.Errorf("instance %d is predicted otherwise alone", k)
		}
	}
	for k, s := range predict(1, list, PredictSettings{Passes: 1, Start: start}) {
		if e := list[k].Energy(s); e > list[k].Energy(start[k]) {
			t.Errorf("instance %d: energy %v from a start of %v", k, e, list[k].Energy(start[k]))
		}
	}
	truth := make([][]int8, len(source))
	for k, s := range source {
		truth[k] = s.Spins
	}
	if g := gap(predict(1, list, PredictSettings{Passes: 1, Start: truth, Effort: 1, Descent: true})); g > 0 {
		t.Errorf("gap %v from the ground states", g)
	}
	start[3] = start[3][:5]
	for want, set := range map[string]PredictSettings{
		"passes = 0": {}, "effort = -1": {Passes: 1, Effort: -1}, "1 configurations": {Passes: 1, Start: start[:1]}, "of instance 3": {Passes: 1, Start: start},
	} {
		if _, err := model.NewPredictor(1).Predict(context.Background(), list, set); !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want it to name %s", err, want)
		}
	}
}

// The prediction follows a gauge transform of the instance exactly where the
// spanning tree does: no global sign enters.
func TestBondPredictionIsGaugeCovariant(t *testing.T) {
	source := instances(t, 8, "cylinder")
	p := train(t, filepath.Join(t.TempDir(), "run"), source, quick()).Model.NewPredictor(1)
	rng := rand.New(rand.NewPCG(1, 1))
	for k, s := range source {
		gauge := make([]int8, s.Sites())
		for i := range gauge {
			gauge[i] = int8(2*rng.IntN(2) - 1)
		}
		found, err := p.Predict(context.Background(), []*ising.Instance{s.Instance, s.Gauge(gauge)}, PredictSettings{Passes: 2})
		if err != nil {
			t.Fatal(err)
		}
		for i := range gauge {
			found[1].Spins[i] *= gauge[i]
		}
		if q := ising.Overlap(found[0].Spins, found[1].Spins); math.Abs(q) != 1 {
			t.Errorf("instance %d: overlap %v of the predictions", k, q)
		}
	}
}

func FuzzLoadModel(f *testing.F) {
	set := quick().Recorded()
	m := &Model{Description{modelFormat, set, 1, nil, false}, newWeights[float32](set.Network, rand.New(rand.NewPCG(1, 1)))}
	name := filepath.Join(f.TempDir(), "model")
	if err := m.Save(name); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(withoutChecksum(f, b))
	f.Add([]byte{})
	f.Add(b[:len(b)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(t.TempDir(), "model")
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := LoadModel(name)
		if err != nil {
			if !errors.Is(err, ErrFormat) || strings.Contains(err.Error(), "\n") {
				t.Errorf("unclear error %q", err)
			}
			return
		}
		again := filepath.Join(t.TempDir(), "again")
		if err := m.Save(again); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadModel(again); err != nil {
			t.Error(err)
		}
	})
}
