package command

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"spinlearn/data/samples"
)

// The shipped model predicts every plane sample at its ground state, from the program
// alone; solve --method model is the same; and what --out writes is a start.
func TestPredict(t *testing.T) {
	dir := t.TempDir()
	energy := func(line string) float64 {
		t.Helper()
		var got struct {
			Status string
			Energy float64
		}
		if err := json.Unmarshal([]byte(succeed(t, dir, line)), &got); err != nil {
			t.Fatal(err)
		}
		if got.Status != "heuristic" {
			t.Errorf("%s: status %s", line, got.Status)
		}
		return got.Energy
	}
	for _, s := range samples.All() {
		if len(s.Shape) != 2 {
			continue
		}
		_, v, err := checkedSample(s)
		if err != nil {
			t.Fatal(err)
		}
		const tolerance = 1e-9 // of sums
		e := energy("predict sample:" + s.Name + " --json --effort 4 --out DIR/spins.npy")
		if e > v.Energy+tolerance || e < v.Energy-tolerance {
			t.Errorf("%s: energy %v, the ground state's is %v", s.Name, e, v.Energy)
		}
		for _, line := range []string{"predict sample:" + s.Name + " --json --effort 0 --passes 1 --start DIR/spins.npy", "solve sample:" + s.Name + " --method model --json --start DIR/spins.npy"} {
			if again := energy(line); again > e+tolerance {
				t.Errorf("%s: energy %v, that of the start is %v", line, again, e)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "short"), []byte("1\n-1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, "generate --shape 4x4 --count 1 --out DIR/d")
	succeed(t, dir, "train --data DIR/d --target site --channels 2 --blocks 1 --batch 1 --steps 1 --out DIR/site")
	for flag, want := range map[string]string{"--start DIR/spins.npy": "--start site", "--effort 1": "--effort = 1 site", "--passes 2": "--passes = 2 site", "--seed 1": "--seed --effort", "--plot DIR/p.png": "--plot site"} {
		refuse(t, dir, "predict sample:free-diluted-24 --model DIR/site "+flag, 2, want)
	}
	refuse(t, dir, "predict sample:torus-pm-16 --plot DIR/p.foo", 2, `--plot p.foo ".foo"`)
	refuse(t, dir, "predict sample:torus-pm-16 --plot DIR/p.svg --out DIR/p.svg", 2, "one file")
	succeed(t, dir, "predict sample:torus-pm-16 --plot DIR/p.svg")
	if chart, err := os.ReadFile(filepath.Join(dir, "p.svg")); err != nil || !strings.Contains(string(chart), "sample:torus-pm-16") {
		t.Errorf("chart of %d bytes, %v", len(chart), err)
	}
	refuse(t, dir, "compare --data DIR/d --models DIR/site --passes 2 --out DIR/c", 2, "--passes has no effect on site models")
	if code, _, stderr := call(t.Context(), dir, "predict sample:torus-pm-16 --start DIR/short"); code != 1 || stderr == "" {
		t.Errorf("a short start: code %d, %q", code, stderr)
	}
}

// A prediction that is stopped gives what it has.
func TestPredictStops(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	code, out, stderr := call(ctx, dir, "predict sample:torus-gauss-16 --effort 1000000 --out DIR/spins.npy")
	if code != exitInterrupted || !strings.Contains(out, "interrupted") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("code %d\n%s%s", code, out, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "spins.npy")); err != nil {
		t.Error(err)
	}
}

func TestPredictInSpace(t *testing.T) {
	code, _, stderr := call(t.Context(), t.TempDir(), "predict sample:cube-pm-4")
	if want := "sample:cube-pm-4: lattice 4x4x4 periodic"; code != exitFailure || !strings.Contains(stderr, want) {
		t.Errorf("code %d, %q lacks %q", code, stderr, want)
	}
}
