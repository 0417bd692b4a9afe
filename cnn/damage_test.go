package cnn

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"spinlearn/ising"
)

// tiny is a run whose files are small enough to damage every bit of them.
func tiny() *TrainSettings {
	set := quick()
	set.Channels, set.Steps, set.Batch, set.ReplayBuffer, set.CheckpointEvery, set.Resume = 1, 2, 1, 1, 1, true
	return set
}

// No flipped bit of a model or checkpoint passes, whatever it hits.
func TestDamagedFiles(t *testing.T) {
	source := instances(t, 1, "periodic")
	run := filepath.Join(t.TempDir(), "run")
	set := tiny()
	train(t, run, source, set)
	resume := func() error {
		_, err := Train(context.Background(), run, []Source{source}, source, set)
		return err
	}
	if err := resume(); err != nil {
		t.Fatal(err)
	}
	for name, load := range map[string]func(path string) error{
		ModelFile:      func(path string) error { _, err := LoadModel(path); return err },
		checkpointFile: func(string) error { return resume() },
	} {
		path := filepath.Join(run, name)
		intact := read(t, path)
		step := 5 // at least one bit of every byte
		if testing.Short() {
			step = 61
		}
		damaged := bytes.Clone(intact)
		for k := 0; k < 8*len(intact); k += step {
			damaged[k/8] ^= 1 << (k % 8)
			if _, err := parseTensors(damaged, new(any)); err == nil {
				t.Fatalf("%s: bit %d of byte %d, %q, was flipped unnoticed", name, k%8, k/8, damaged[max(0, k/8-9):min(len(damaged), k/8+9)])
			}
			damaged[k/8] ^= 1 << (k % 8)
		}
		for _, k := range []int{0, 3, 8, 9, 30, len(intact) / 2, len(intact) - 1} {
			damaged[k] ^= 4
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := load(path); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, byte %d damaged: %v", name, k, err)
			}
			damaged[k] ^= 4
		}
		if err := os.WriteFile(path, intact, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := load(path); err != nil {
			t.Error(err)
		}
	}
}

// withoutChecksum returns a file as version 0.1.0 wrote it.
func withoutChecksum(t testing.TB, file []byte) []byte {
	t.Helper()
	_, meta, err := safetensors.ReadMetadata(file)
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := safetensors.Deserialize(file)
	if err != nil {
		t.Fatal(err)
	}
	views := map[string]safetensors.TensorView{}
	for _, v := range tensors.Tensors() {
		views[v.Name] = v.TensorView
	}
	old, err := safetensors.Serialize(views, map[string]string{metadataKey: meta.Metadata()[metadataKey]})
	if err != nil {
		t.Fatal(err)
	}
	return old
}

func TestFilesWithoutChecksum(t *testing.T) {
	m, err := LoadModel("testdata/model-0.1.0.safetensors")
	if err != nil || m.Training.Program != "spinlearn 0.1.0" {
		t.Fatalf("%v, %v", m, err)
	}
	source := instances(t, 1, "periodic")
	whole, stopped := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "run")
	train(t, whole, source, tiny())

	set := tiny()
	ctx, cancel := context.WithCancel(context.Background())
	set.Progress = func(TrainProgress) { cancel() }
	if _, err := Train(ctx, stopped, []Source{source}, source, set); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	state := filepath.Join(stopped, checkpointFile)
	if err := os.WriteFile(state, withoutChecksum(t, read(t, state)), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := train(t, stopped, source, tiny()); !r.Resumed {
		t.Error("begun anew")
	}
	if !bytes.Equal(read(t, whole, ModelFile), read(t, stopped, ModelFile)) {
		t.Error("the resumed run has another model")
	}
}

func TestUnknownWordsAreRefused(t *testing.T) {
	set := tiny().Recorded()
	for _, change := range []func(*TrainSettings){
		func(s *TrainSettings) { s.Loss.Name = "\x1b[2J" },
		func(s *TrainSettings) { s.Loss.Name = "" },
		func(s *TrainSettings) { s.Loss.Name = TrueEnergy }, // of sites
		func(s *TrainSettings) { s.Target = "bo\x1bnd" },
		func(s *TrainSettings) { s.Cost = WallCost }, // of other losses
		func(s *TrainSettings) { s.Loss.Name, s.Cost = Boltzmann, "\u009b" },
	} {
		other := set
		change(&other)
		name := filepath.Join(t.TempDir(), "model")
		m := &Model{Description{modelFormat, other, 1, nil, false}, newWeights[float32](set.Network, ising.Stream(1, "weights", 0))}
		if err := m.Save(name); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadModel(name); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), name) || strings.ContainsAny(err.Error(), "\x1b\u009b\n") {
			t.Errorf("loss %q, target %q, cost %q: %v", other.Loss.Name, other.Target, other.Cost, err)
		}
	}
}

// A folder whose files no run with these settings left is not written to.
func TestOthersFilesAreKept(t *testing.T) {
	source := instances(t, 1, "periodic")
	for name, content := range map[string][]byte{
		"training.png": []byte("mine"), MetricsFile: []byte("mine"), ModelFile: read(t, "testdata/model-0.1.0.safetensors"),
	} {
		run := t.TempDir()
		path := filepath.Join(run, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Train(context.Background(), run, []Source{source}, nil, tiny()); err == nil || !strings.Contains(err.Error(), run) {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(read(t, path), content) {
			t.Errorf("%s was overwritten", name)
		}
	}
}

// A file whose size is a hole is refused before it is read.
func TestSparseModel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 2_000_000_000); err != nil {
		t.Skip(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := LoadModel(path); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}
