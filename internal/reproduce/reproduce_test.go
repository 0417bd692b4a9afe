package reproduce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/ising"
)

// tiny is a plan of seconds with all that a plan can have.
func tiny() *Plan {
	common := Common{*cnn.DefaultTrain()}
	common.Channels, common.Blocks, common.Batch, common.Steps, common.ReplayBuffer, common.ValidateEvery, common.CheckpointEvery = 2, 1, 4, 12, 8, 4, 4
	site, bond := common, common
	site.Target, bond.Target = cnn.Site, cnn.Bond
	return &Plan{
		Preset: "tiny",
		Data:   data.Description{Ensemble: ising.Ensemble{Couplings: ising.Uniform}, Shape: []int{4, 4}, Boundary: "free", ShardSize: 5},
		Train:  12, Validation: 4, Test: 7, Seeds: 2, Sweeps: []int{2},
		Targets: []Target{
			{Common: site, TrialSteps: 4, Arms: []Arm{
				{cnn.CrossEntropy, rates(named(cnn.CrossEntropy), 0.001, 0.01)},
				{cnn.TrueEnergy, temperatures(named(cnn.TrueEnergy), []float64{0.003}, 0.3, 1)},
			}},
			{Common: bond, TrialSteps: 4, Arms: []Arm{
				{cnn.CrossEntropy, rates(named(cnn.CrossEntropy), 0.001, 0.01)},
				{"local energy, other name", temperatures(named(cnn.LocalEnergy), []float64{0.003}, 0.3, 1)},
				{boltzmannWall, temperatures(walled(cnn.Boltzmann), []float64{0.003}, 0.3, 1)},
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
	whole := &Settings{Dir: filepath.Join(dir, "whole"), Workers: 1, Program: "test"}
	if _, err := Run(t.Context(), tiny(), true, whole); err != nil {
		t.Fatal(err)
	}
	want := files(t, whole.Dir)
	for _, name := range append(charts()[:1], PlanFile, ReportFile, pageFile, resultsFile) {
		if want[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	for _, text := range []string{"gap", "cross-entropy", "losses-site.png", "sweep-bond-1-pass.png", "sizes-bond-3-passes-descent.png", "chosen", "Table 5"} {
		if !strings.Contains(want[ReportFile], text) {
			t.Errorf("the report lacks %q", text)
		}
	}

	// Walls are in the training data alone.
	for name, walls := range map[string]bool{"train": true, "validation": false, "test": false} {
		d, err := data.Open(filepath.Join(whole.Dir, "data", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Description().Walls; got != walls {
			t.Errorf("%s has walls: %t", name, got)
		}
	}
	if !strings.Contains(want[resultsFile], `"arm":"boltzmann (wall)","cost":"wall"`) {
		t.Errorf("%s lacks the arm of walls", resultsFile)
	}

	// Stopped after every few calls of progress, until it ends by itself.
	parts := &Settings{Dir: filepath.Join(dir, "parts"), Workers: 3, Program: "test"}
	stops, more := 0, 7
	if testing.Short() {
		more = 30
	}
	for limit := 3; ; limit += more {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		parts.Progress = func(Progress) {
			if calls++; calls == limit {
				cancel()
			}
		}
		_, err := Run(ctx, tiny(), false, parts)
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
	if stops < 3 {
		t.Errorf("stopped %d times only", stops)
	}
	parts.Progress, parts.Workers = nil, 2
	if _, err := Run(t.Context(), tiny(), true, parts); err != nil {
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
	if _, err := Run(t.Context(), tiny(), true, parts); err != nil {
		t.Fatal(err)
	}
	if got := files(t, parts.Dir)[ReportFile]; !strings.Contains(got, "greedier") {
		t.Error("the classical methods were run again")
	}
}

// A study goes on from what stood in its folder at any moment, as after a kill, with
// files half written besides.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("charts are slow under the race detector")
	}
	dir := t.TempDir()
	whole := &Settings{Dir: filepath.Join(dir, "whole"), Workers: 1, Program: "test"}
	calls := 0
	var copies []string
	whole.Progress = func(Progress) { // nothing else writes during a call
		if calls++; calls%80 == 30 {
			copies = append(copies, filepath.Join(dir, strconv.Itoa(calls)))
			if err := os.CopyFS(copies[len(copies)-1], os.DirFS(whole.Dir)); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := Run(t.Context(), tiny(), false, whole); err != nil {
		t.Fatal(err)
	}
	want := files(t, whole.Dir)
	if len(copies) < 2 {
		t.Fatalf("%d calls of progress", calls)
	}
	for _, c := range copies {
		for _, name := range []string{"." + resultsFile + "123456789012345678", ".losses-site.png3333333333333333", "evaluations/.classical.json7777777777777777"} {
			os.MkdirAll(filepath.Dir(filepath.Join(c, name)), 0o755)
			if err := os.WriteFile(filepath.Join(c, name), []byte("half"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Run(t.Context(), tiny(), false, &Settings{Dir: c, Workers: 2, Program: "test"}); err != nil {
			t.Fatal(err)
		}
		same(t, files(t, c), want)
	}
}

// A folder that is not this plan's is refused in one line and left alone.
func TestClaim(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	type edit func(*Plan, *Settings)
	run := func(ctx context.Context, e edit) error {
		p, set := tiny(), &Settings{Dir: dir, Workers: 1, Program: "test 1"}
		e(p, set)
		_, err := Run(ctx, p, false, set)
		return err
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(stopped, func(*Plan, *Settings) {}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	before := files(t, dir)
	for name, c := range map[string]struct {
		edit edit
		want string
	}{
		"preset":  {func(p *Plan, _ *Settings) { p.Preset = "large" }, "preset \"tiny\", not large"},
		"version": {func(_ *Plan, s *Settings) { s.Program = "test 2" }, `made by "test 1", this is test 2`},
		"seeds":   {func(p *Plan, _ *Settings) { p.Seeds++ }, "--seeds 2, not 3"},
		"plan":    {func(p *Plan, _ *Settings) { p.Targets[0].Common.Steps++ }, "another plan of preset tiny"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(stopped, c.edit)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			same(t, files(t, dir), before)
		})
	}
	if err := os.WriteFile(filepath.Join(dir, PlanFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(stopped, func(*Plan, *Settings) {}); err == nil || !strings.Contains(err.Error(), PlanFile) {
		t.Errorf("a damaged plan: %v", err)
	}
}

// What is damaged below the folder is named.
func TestDamaged(t *testing.T) {
	set := &Settings{Dir: t.TempDir(), Workers: 2, Program: "test"}
	if _, err := Run(t.Context(), tiny(), false, set); err != nil {
		t.Fatal(err)
	}
	trained, err := filepath.Glob(filepath.Join(set.Dir, "runs", "site_*"))
	if err != nil || len(trained) < 2 {
		t.Fatal(trained, err)
	}
	for name, edit := range map[string]func(string) string{
		"evaluations/classical.json":                                      func(s string) string { return s[:len(s)/2] },
		"evaluations/" + filepath.Base(trained[0]) + ".json":              func(s string) string { return strings.Replace(s, `"raw"`, `"cooked"`, 1) },
		"evaluations/" + filepath.Base(trained[len(trained)-1]) + ".json": func(s string) string { return strings.Replace(s, "validation_gap", "gap", 1) },
		"data/test/part-00000.npz":                                        func(s string) string { return s[:100] + "x" + s[101:] },
		"tuning/site_cross-entropy_rate0.01_n12_seed1/model.safetensors":  func(s string) string { return s[:40] },
	} {
		path := filepath.Join(set.Dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(edit(string(whole))), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), tiny(), false, set); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", name, err)
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The presets can be trained: every loss has as many trials as the others, every name in
// them is an arm's, and each target's sizes are nested in the data.
func TestPresets(t *testing.T) {
	for _, name := range Presets() {
		p, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range p.Targets {
			trials := len(target.Arms[0].Trials)
			known := map[string]bool{}
			for _, a := range target.Arms {
				known[a.Name] = true
				if len(a.Trials) != trials {
					t.Errorf("%s: %s has %d trials, want %d", name, a.Name, len(a.Trials), trials)
				}
			}
			names := slices.Clone(target.SizeArms)
			for _, g := range target.Sweep {
				names = append(names, g.Arm)
			}
			for _, n := range names {
				if !known[n] {
					t.Errorf("%s: no arm %s", name, n)
				}
			}
			if !slices.IsSorted(target.Sizes) || slices.Max(append(target.Sizes, 0)) > p.instances() {
				t.Errorf("%s: sizes %v of %d", name, target.Sizes, p.instances())
			}
		}
		if !p.walls() {
			t.Errorf("%s has no walls", name)
		}
		if got, want := p.flags(false), "--preset "+name; got != want {
			t.Errorf("flags %s, want %s", got, want)
		}
		p.Seeds++
		if got, want := p.flags(true), fmt.Sprintf("--preset %s --seeds %d --sweep", name, p.Seeds); got != want {
			t.Errorf("flags %s, want %s", got, want)
		}
		if p.Seeds < 2 {
			t.Errorf("%s: %d seeds", name, p.Seeds)
		}
	}
	if _, err := Preset("slow"); err == nil {
		t.Error("preset slow is known")
	}
}
