package reproduce

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/ising"
)

// tiny is a plan of seconds with all that a plan can have.
func tiny() *Plan {
	common := cnn.TrainSettings{Network: cnn.Network{Channels: 2, Blocks: 1}, Batch: 4, Steps: 12, ValidateEvery: 4, CheckpointEvery: 4}
	site, bond := common, common
	site.Target, bond.Target, bond.Pool = cnn.Site, cnn.Bond, 8
	return &Plan{
		Preset: "tiny",
		Data:   data.Description{Ensemble: ising.Ensemble{Couplings: ising.Uniform}, Shape: []int{4, 4}, Boundary: "free", ShardSize: 5},
		Train:  12, Validation: 4, Test: 7, Seeds: 2, Sweeps: []int{2},
		Targets: []Target{
			{Common: site, TrialSteps: 4, Arms: []Arm{
				{cnn.CrossEntropy, rates(cnn.TrainSettings{Loss: cnn.CrossEntropy}, 0.001, 0.01)},
				{cnn.TrueEnergy, temperatures(cnn.TrainSettings{Loss: cnn.TrueEnergy}, []float64{0.003}, 0.3, 1)},
			}},
			{Common: bond, TrialSteps: 4, Arms: []Arm{
				{cnn.CrossEntropy, rates(cnn.TrainSettings{Loss: cnn.CrossEntropy}, 0.001, 0.01)},
				{"local energy, other name", temperatures(cnn.TrainSettings{Loss: cnn.LocalEnergy}, []float64{0.003}, 0.3, 1)},
			},
				Sizes: []int{3, 12, 14}, SizeArms: []string{cnn.CrossEntropy, "local energy, other name"},
				Sweep: []Grid{{"local energy, other name", []float64{0.3, 2}, []float64{0.5}}},
			},
		},
	}
}

// files returns what stands in a folder, but for what stages took.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == timesFile {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs or is missing", name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is there besides", name)
		}
	}
}

// A study that is stopped again and again, with other numbers of workers, ends with the
// files of one that was not, and so does one that is asked for its sweep later.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	whole := &Settings{Dir: filepath.Join(dir, "whole"), Plan: tiny(), Sweep: true, Workers: 1, Program: "test"}
	if _, err := Run(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	want := files(t, whole.Dir)
	for _, name := range append(charts()[:1], planFile, ReportFile, pageFile, resultsFile) {
		if want[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	for _, text := range []string{"gap", "cross-entropy", "losses-site.png", "sweep-bond-1-pass.png", "sizes-bond-3-passes-descent.png", "chosen", "Table 5"} {
		if !strings.Contains(want[ReportFile], text) {
			t.Errorf("the report lacks %q", text)
		}
	}

	// Stopped after every few calls of progress, until it ends by itself.
	parts := &Settings{Dir: filepath.Join(dir, "parts"), Plan: tiny(), Workers: 3, Program: "test"}
	stops := 0
	for limit := 3; ; limit += 7 {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		parts.Progress = func(Progress) {
			if calls++; calls == limit {
				cancel()
			}
		}
		_, err := Run(ctx, parts)
		stopped := ctx.Err() != nil
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) || !stopped {
			t.Fatal(err)
		}
		stops++
	}
	if stops < 5 {
		t.Errorf("stopped %d times only", stops)
	}
	parts.Progress, parts.Sweep, parts.Workers = nil, true, 2
	if _, err := Run(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	same(t, files(t, parts.Dir), want)

	// Nothing is computed again: an evaluation that was edited is believed.
	name := filepath.Join(parts.Dir, "evaluations", "classical.json")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(b, []byte("greedy"), []byte("greedier"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	if got := files(t, parts.Dir)[ReportFile]; !strings.Contains(got, "greedier") {
		t.Error("the classical methods were run again")
	}
}
