package reproduce

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/ising"
)

// tinyModel is a plan of seconds with all that a plan of a model can have.
func tinyModel() *ModelPlan {
	p := &ModelPlan{
		Preset:     "tiny model",
		Training:   []data.Description{torus(ising.Gaussian, 4, 6), lattice(ising.PlusMinus, "free", 5, 4, 5)},
		Validation: []data.Description{torus(ising.Gaussian, 4, 3), torus(ising.PlusMinus, 4, 2)},
		Test:       []data.Description{torus(ising.Gaussian, 6, 4), lattice(ising.Uniform, "cylinder", 3, 4, 5)},
		Settings:   ModelTraining{*cnn.DefaultTrain()},
		Passes:     []int{1, 2},
		Efforts:    []int{2},
	}
	set := &p.Settings
	set.Channels, set.Blocks, set.Loss = 2, 1, walled(cnn.Boltzmann)
	set.Steps, set.Batch, set.ReplayBuffer, set.ValidateEvery, set.CheckpointEvery = 12, 4, 8, 4, 4
	p.seed()
	return p
}

// times matches what may differ between two runs.
var times = regexp.MustCompile(`"cpu_ms":[0-9.e+-]+`)

// The plan of a model that is stopped again and again, with other numbers of workers, ends
// with the model and the energies of one that was not.
func TestRunModel(t *testing.T) {
	dir := t.TempDir()
	whole := &Settings{Dir: filepath.Join(dir, "whole"), Workers: 1, Program: "test"}
	m, err := RunModel(t.Context(), tinyModel(), whole)
	if err != nil {
		t.Fatal(err)
	}
	want := files(t, whole.Dir)
	for file, texts := range map[string][]string{
		cnn.ModelFile: {`6 gaussian 4x4 periodic`, `5 pm 4x5 free`, `validation on 2 pm`},
		resultsFile:   {`{"test":"gaussian 6x6 periodic","method":"ground state"`, `"method":"1 pass + descent","cpu_ms":`},
		ReportFile:    {"| 2 passes + effort 2 |", "uniform 4x5 cylinder, 3 instances", "boltzmann, 12 steps of 4", "energy of a wrong bond: wall", modelChart},
		pageFile:      {"uniform 4x5 cylinder"},
		modelChart:    {"PNG"},
	} {
		for _, text := range texts {
			if !strings.Contains(want[file], text) {
				t.Errorf("%s lacks %q", file, text)
			}
		}
	}
	if text := "| 2 passes |"; strings.Contains(want[ReportFile], text) {
		t.Errorf("%s has %q", ReportFile, text)
	}
	if want[cnn.ModelFile] != want[filepath.Join(modelRun, cnn.ModelFile)] {
		t.Error("the model is not that of the run")
	}
	if got := m.Findings(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "gaussian 6x6 periodic, 2 passes + effort 2: gap ") {
		t.Errorf("findings %q", got)
	}
	for _, e := range m.tests[0].evaluation.Energies {
		for i, v := range e.Energies {
			if s := m.tests[0].instances[i]; v < s.Energy-s.Rounding() {
				t.Errorf("%s of instance %d: %v, below the ground state's %v", e.Name, i, v, s.Energy)
			}
		}
	}

	parts := &Settings{Dir: filepath.Join(dir, "parts"), Workers: 2, Program: "test"}
	stops := 0
	for limit := 3; ; limit += 7 {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		parts.Progress = func(Progress) {
			if calls++; calls == limit {
				cancel()
			}
		}
		_, err := RunModel(ctx, tinyModel(), parts)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		stops++
	}
	if stops < 3 {
		t.Errorf("stopped %d times only", stops)
	}
	got := files(t, parts.Dir)
	for _, all := range []map[string]string{got, want} {
		for _, name := range []string{ReportFile, pageFile, modelChart} { // which have times
			if all[name] == "" {
				t.Errorf("%s is missing", name)
			}
			delete(all, name)
		}
		for name, text := range all {
			all[name] = times.ReplaceAllString(text, "")
		}
	}
	same(t, got, want)

	// A folder of a study is not that of a model, nor the other way round.
	if _, err := Run(t.Context(), tiny(), false, whole); err == nil || !strings.Contains(err.Error(), whole.Dir) {
		t.Errorf("a study in the folder of a model: %v", err)
	}
	other := tinyModel()
	other.Settings.Steps++
	if _, err := RunModel(t.Context(), other, whole); err == nil || !strings.Contains(err.Error(), "another plan of preset tiny model") {
		t.Errorf("another plan: %v", err)
	}
}

// Test sets are of other instances than training and validation, and have files of their
// own.
func TestModelPreset(t *testing.T) {
	p := ModelPreset()
	seeds, folders := map[uint64]bool{}, map[string]bool{}
	for purpose, list := range map[string][]data.Description{"train ": p.Training, "validation ": p.Validation, "test ": p.Test} {
		for _, is := range list {
			folder := purpose + name(&is)
			if seeds[is.Seed] || folders[folder] {
				t.Errorf("%s with seed %d stands twice", folder, is.Seed)
			}
			seeds[is.Seed], folders[folder] = true, true
		}
	}
	if _, err := Preset(Model); err == nil {
		t.Error("the model is a study")
	}
}
