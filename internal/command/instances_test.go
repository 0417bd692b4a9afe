package command

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spinlearn/data"
	"spinlearn/ising"
	"spinlearn/ising/instancefile"
)

// writeInstance writes a random instance and returns it.
func writeInstance(t *testing.T, path string, shape []int) *ising.Instance {
	t.Helper()
	l, err := ising.NewLattice(shape, slices.Repeat([]bool{true}, len(shape)))
	if err != nil {
		t.Fatal(err)
	}
	e := ising.Ensemble{Couplings: ising.Gaussian}
	in := e.Draw(l, ising.Stream(1, "test", 0))
	var b strings.Builder
	if err := instancefile.Write(&b, &instancefile.File{Instance: in, Ensemble: &e}, &instancefile.Settings{Format: instancefile.Native}); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
	return in
}

// TestConvert takes an instance from format to format and back to the first bytes.
func TestConvert(t *testing.T) {
	dir := t.TempDir()
	in := writeInstance(t, filepath.Join(dir, "a.spin"), []int{5, 6})
	chain := []struct{ line, says string }{
		{"convert DIR/a.spin DIR/b.rud", "b.rud: edgelist, H = +Σ w s s, 5x6 periodic; read as H = -Σ w s s, the default of spinlearn\n"},
		{"convert DIR/b.rud --to bqm-binary DIR/c.json", "c.json: bqm-binary, H = f of variables 0 and 1, 5x6 periodic; read as H = +Σ w s s, the default of edgelist\n"},
		{"convert --to=coo DIR/c.json DIR/d --out-sign minus", "d: coo, H = -Σ w s s, 5x6 periodic; read as H = f of variables 0 and 1, the default of bqm-binary\n"},
		{"convert DIR/d --sign minus -- DIR/e.qubo", "e.qubo: qubo, H = f of variables 0 and 1, 5x6 periodic; read as H = -Σ w s s, by --sign; it cannot hold the constant"},
		{"convert DIR/e.qubo DIR/f.mc", "f.mc: edgelist, H = +Σ w s s, 5x6 periodic; read as H = f of variables 0 and 1, the default of qubo; it cannot hold the constant"},
		{"convert DIR/f.mc DIR/g.sparse", "g.sparse: qs, H = f of variables 0 and 1, 5x6 periodic; read as H = +Σ w s s, the default of edgelist; it cannot hold the constant"},
		{"convert DIR/g.sparse DIR/h.dat --out-sign minus", "h.dat: edgelist, H = -Σ w s s, 5x6 periodic; read as H = f of variables 0 and 1, the default of qs; it cannot hold the constant"},
		{"convert DIR/h.dat --sign minus DIR/z.spin", "z.spin: spinlearn, H = -Σ w s s, 5x6 periodic; read as H = -Σ w s s, by --sign\n"},
	}
	for _, c := range chain {
		stdout := succeed(t, dir, c.line)
		if !strings.HasPrefix(stdout, filepath.Join(dir, c.says[:strings.Index(c.says, ":")])+":") || !strings.Contains(stdout, c.says) || strings.Count(stdout, "\n") != 1 {
			t.Errorf("%s says %q, want %q", c.line, stdout, c.says)
		}
	}
	f, err := instancefile.Open(filepath.Join(dir, "z.spin"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !f.Equal(in.Lattice) || !slices.Equal(f.J, in.J) {
		t.Error("the couplings have changed on the way")
	}
	if diff := changed(snapshot(t, dir), map[string]string{".": "folder"}); len(diff) != len(chain)+1 {
		t.Errorf("files %q", diff)
	}

	code, stdout, stderr := call(t.Context(), dir, "convert DIR/b.rud - --to spinlearn")
	b, err := os.ReadFile(filepath.Join(dir, "z.spin"))
	if err != nil {
		t.Fatal(err)
	}
	if code != exitOK || stdout != string(b) || !strings.HasPrefix(stderr, "standard output: spinlearn") {
		t.Errorf("code %d, stderr %q, stdout differs from the file: %v", code, stderr, stdout != string(b))
	}
}

func TestConvertDataset(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, "generate --shape 3x4 --boundary cylinder --couplings pm --dilution 0.1 --count 5 --shard 2 --solver exact --out DIR/d")
	d, err := data.Open(filepath.Join(dir, "d"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := take(d, 5)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range all {
		succeed(t, dir, fmt.Sprintf("convert DIR/d DIR/i.spin --instance %d", k))
		f, err := instancefile.Open(filepath.Join(dir, "i.spin"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !f.Equal(want.Lattice) || !slices.Equal(f.J, want.J) || *f.Ensemble != d.Description().Ensemble {
			t.Errorf("instance %d: %v %v %v, want %v %v", k, f.Lattice, f.Ensemble, f.J, want.Lattice, want.J)
		}
	}
}

func TestInspect(t *testing.T) {
	dir := newWorld(t)
	in := writeInstance(t, filepath.Join(dir, "a.spin"), []int{5, 6})
	write(t, filepath.Join(dir, "proof"), `{"format": "spinlearn study v1", "spins": "`+strings.Repeat("+", 100)+`", "bound": -12345678901234567, "dual": {"y": [1]}}`)
	look := func(line string) map[string]any {
		t.Helper()
		var facts map[string]any
		if err := json.Unmarshal([]byte(succeed(t, dir, "inspect --json "+line)), &facts); err != nil {
			t.Fatal(err)
		}
		text := succeed(t, dir, "inspect "+line)
		if strings.Count(text, "\n") != len(facts) {
			t.Errorf("%d facts as JSON, as text\n%s", len(facts), text)
		}
		return facts
	}
	up := slices.Repeat([]int8{1}, 30)
	for _, c := range []struct {
		line string
		want map[string]any
	}{
		{"DIR/a.spin", map[string]any{
			"kind": "instance", "format": "spinlearn", "convention": "H = -Σ w s s, the default of spinlearn", "lattice": "5x6 periodic", "vertices": 30.0, "bonds": 60.0,
			"ensemble": "gaussian", "couplings": "reals", "plaquettes": 30.0, "energy_all_up": in.Energy(up),
			"energy_spanning_tree": in.Energy(in.SpanningTree(in.J, nil).Spins(in.J)), "total_weight": nil,
		}},
		{"DIR/i.rud", map[string]any{
			"kind": "instance", "format": "edgelist", "lattice": "graph of 4 sites and 3 bonds", "negative_bonds": 2.0, "coupling_least": -1.0,
			"coupling_most": 1.0, "energy_bound": -2.5, "energy_all_up": 0.5, "total_weight": 0.5, "energy_spanning_tree": -2.5, "cut_spanning_tree": 1.5,
		}},
		{"DIR/i.rud --sign minus", map[string]any{"convention": "H = -Σ w s s, by --sign", "negative_bonds": 1.0, "energy_all_up": -0.5, "cut_spanning_tree": -1.0}},
		{"DIR/d", map[string]any{
			"kind": "dataset", "lattice": "6x6 cylinder", "ensemble": "gaussian", "solver": "exact", "instances": 20.0, "proven": 20.0, "seed": 1.0,
		}},
		{"DIR/m", map[string]any{"kind": "run", "target": "bond", "channels": 2.0, "blocks": 1.0, "loss": "cross-entropy", "steps": 25.0}},
		{"DIR/m/model.safetensors", map[string]any{"kind": "model", "target": "bond", "metrics": nil}},
		{"DIR/d/dataset.json", map[string]any{"kind": "spinlearn file", "format": "spinlearn dataset v1", "shards": "3 entries"}},
		{"DIR/proof", map[string]any{
			"kind": "spinlearn file", "format": "spinlearn study v1", "spins": "100 characters", "bound": -12345678901234567.0, "dual": "1 entries",
		}},
	} {
		facts := look(c.line)
		for name, want := range c.want {
			if got := facts[name]; got != want {
				t.Errorf("%s: %s is %v, want %v", c.line, name, got, want)
			}
		}
	}
	if facts := look("DIR/d"); !(facts["energy_per_site_least"].(float64) <= facts["energy_per_site_mean"].(float64)) || facts["energy_per_site_mean"].(float64) > -1 {
		t.Errorf("energies of the dataset: %v", facts)
	}

	// The text aligns its values and writes whole numbers without exponent.
	write(t, filepath.Join(dir, "big.rud"), "2 1\n1 2 123456789\n")
	if text := succeed(t, dir, "inspect DIR/big.rud"); !strings.Contains(text, fmt.Sprintf("\n%-20s  123456789\n", "total weight")) {
		t.Errorf("text\n%s", text)
	}
	succeed(t, dir, "inspect DIR/a.spin --plot DIR/a.png")
	if b, err := os.ReadFile(filepath.Join(dir, "a.png")); err != nil || !strings.HasPrefix(string(b), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
}

func TestFlagsAfterFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "-x"), "2 1\n1 2 3\n")
	for _, line := range []string{"inspect --json DIR/-x", "inspect DIR/-x --json", "inspect --json -- DIR/-x", "inspect DIR/-x --json --sign plus", "inspect --sign=plus DIR/-x --json"} {
		if out := succeed(t, dir, line); !strings.HasPrefix(out, "{") {
			t.Errorf("%s: %s", line, out)
		}
	}
	t.Chdir(dir)
	if out := succeed(t, dir, "inspect --json -- -x"); !strings.Contains(out, `"file": "-x"`) {
		t.Errorf("a file whose name begins like a flag: %s", out)
	}
}
