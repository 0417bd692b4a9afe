package command

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spinlearn/data"
	"spinlearn/solver/exact"
)

func TestBench(t *testing.T) {
	dir := t.TempDir()
	writeInstance(t, filepath.Join(dir, "a.spin"), []int{5, 6})
	succeed(t, dir, "generate --shape 4x4 --solver exact --count 3 --out DIR/d")
	out := succeed(t, dir, "bench DIR/a.spin DIR/d --method anneal,temper --sweeps 5,200 --repeats 3 --limit 2 --out DIR/chart.png")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 11 || !strings.Contains(lines[0], "updates/ns") || !strings.Contains(lines[10], "lowest energy of these runs") {
		t.Fatalf("table:\n%s", out)
	}
	for _, c := range []struct {
		line int
		want string
	}{{2, "a.spin anneal 200 sweeps"}, {2, "3/3"}, {4, "a.spin temper 200 sweeps"}, {6, "d anneal 200 sweeps"}, {6, "6/6"}} {
		if got := strings.Join(strings.Fields(lines[c.line]), " "); !strings.Contains(got, c.want) {
			t.Errorf("line %d is %q, want %q in it", c.line, got, c.want)
		}
	}
	picture, err := os.ReadFile(filepath.Join(dir, "chart.png"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
		t.Error(err)
	}
	// All targets are proven, so that nothing is said of them.
	out = succeed(t, dir, "bench DIR/d --times 20ms --method anneal,refine --repeats 1")
	if strings.Contains(out, "lowest") || strings.Count(out, "20ms") != 2 {
		t.Errorf("of a dataset:\n%s", out)
	}
	out = succeed(t, dir, "bench DIR/a.spin --sweeps 1 --sweeps 2,3 --method anneal --method temper --repeats 1")
	for _, want := range []string{"anneal  1 sweeps", "anneal  2 sweeps", "anneal  3 sweeps", "temper  1 sweeps", "temper  3 sweeps"} {
		if !strings.Contains(out, want) {
			t.Errorf("of lists in several flags: no %q in\n%s", want, out)
		}
	}
	out = succeed(t, dir, "bench DIR/a.spin --times 0.01,20ms --engine sparse --reads 2 --repeats 1")
	if !strings.Contains(out, " 10ms ") || !strings.Contains(out, " 20ms ") {
		t.Errorf("of times in seconds and with a unit:\n%s", out)
	}
	out = succeed(t, dir, "bench DIR/a.spin --sweeps 1 --independent --repeats 2 --target-energy -1000")
	if !strings.Contains(out, "0/2") || !strings.Contains(out, "∞") {
		t.Errorf("of a target out of reach:\n%s", out)
	}
}

// Energies of bench are those of the file, over its vertices: this one has a constant and
// fields. A target that is given stays one, also if it is 0.
func TestBenchEnergiesOfTheFile(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "offset.json"), `{"type": "BinaryQuadraticModel", "version": {"bqm_schema": "3.0.0"}, "use_bytes": false,
"num_variables": 4, "num_interactions": 3, "variable_labels": [0, 1, 2, 3], "variable_type": "SPIN", "offset": -100,
"linear_biases": [1, 0, 0, -2], "quadratic_biases": [1, -1, 1], "quadratic_head": [0, 1, 2], "quadratic_tail": [1, 2, 3]}`)
	write(t, filepath.Join(dir, "six.rud"), "6 7\n1 2 1\n2 3 1\n3 4 1\n4 5 1\n5 6 1\n6 1 1\n1 4 1\n")
	for _, c := range []struct{ line, want string }{
		{"bench DIR/offset.json --sweeps 10 --repeats 3 --target-energy -104", "-26 -26 ± 0 0 ± 0 3/3"},
		{"bench DIR/offset.json --sweeps 10 --repeats 3 --target-energy -103", "-26 -26 ± 0 0 ± 0 3/3"},
		{"bench DIR/offset.json --sweeps 10 --repeats 3 --target-energy -105", "-26 -26 ± 0 0.952381 ± 0 0/3"},
		{"bench DIR/offset.json --sweeps 10 --repeats 3 --target-energy 0", "-26 -26 ± 0 3/3"},
		{"bench DIR/offset.json --sweeps 10 --repeats 3", "-26 -26 ± 0 0 ± 0 3/3"},
		{"bench DIR/six.rud --sweeps 100 --repeats 5", "-1.166667 -1.166667 ± 0 0 ± 0 5/5"},
	} {
		out := succeed(t, dir, c.line)
		if got := strings.Join(strings.Fields(strings.Split(out, "\n")[1]), " "); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q in it", c.line, got, c.want)
		}
		if given, said := strings.Contains(c.line, "target"), strings.Contains(out, "lowest energy of these runs"); given == said {
			t.Errorf("%s: target given: %v\n%s", c.line, given, out)
		}
	}
	// Without a relative gap there is no chart of it.
	code, stdout, stderr := call(t.Context(), dir, "bench DIR/offset.json --sweeps 10 --repeats 1 --target-energy 0 --out DIR/gaps.png")
	if _, err := os.Stat(filepath.Join(dir, "gaps.png")); code != 0 || err == nil || !strings.Contains(stderr, "gaps.png was not drawn") || !strings.Contains(stdout, "no relative gap: 1.") {
		t.Errorf("code %d, chart: %v\n%s\n%s", code, err, stdout, stderr)
	}
}

func TestBenchRefuses(t *testing.T) {
	dir := t.TempDir()
	writeInstance(t, filepath.Join(dir, "a.spin"), []int{4, 4})
	write(t, filepath.Join(dir, "bad.rud"), "3 1\n1 9 1\n")
	for _, c := range []struct {
		line string
		code int
		want string
	}{
		{"bench", 2, "FILE is missing"},
		{"bench DIR/none.rud", 1, "none.rud"},
		{"bench DIR/bad.rud", 1, "bad.rud:2"},
		{"bench DIR/a.spin --method gold", 2, `--method "gold"`},
		{"bench DIR/a.spin --method refine --sweeps 10", 2, "--sweeps --method refine"},
		{"bench DIR/a.spin --method anneal,refine --sweeps 10", 2, "--sweeps has no effect on --method refine; it belongs to anneal and temper"},
		{"bench DIR/a.spin --method refine,anneal --reads 2", 2, "--reads has no effect on --method refine; it belongs to anneal and temper"},
		{"bench DIR/a.spin --method temper --independent", 2, "--independent --method temper"},
		{"bench DIR/a.spin --method refine --workers 2", 2, "--workers --method refine"},
		{"bench DIR/a.spin --method anneal,anneal", 2, "--method anneal twice"},
		{"bench DIR/a.spin --method temper --method temper", 2, "--method temper twice"},
		{"bench DIR/a.spin --method aneal", 2, "did you mean anneal?"},
		{"bench DIR/a.spin --limit 1", 2, "--limit datasets"},
		{"bench DIR/a.spin --reads 0", 2, "--reads = 0"},
		{"bench DIR/a.spin --workers 0", 2, "--workers = 0"},
		{"bench DIR/a.spin --times 0", 2, "--times = 0"},
		{"bench DIR/a.spin --times -1", 2, "--times = -1"},
		{"bench DIR/a.spin --target-energy NaN", 2, `--target-energy = "NaN"`},
		{"bench - -", 2, "two standard input"},
		{"bench DIR/a.spin --engine steam", 2, `"steam"`},
		{"bench DIR/a.spin --engine multispin", 2, "multispin differ in size"},
		{"bench DIR/a.spin --times fast", 2, `--times "fast"`},
		{"bench DIR/a.spin --sweeps 0", 2, "--sweeps 0"},
		{"bench DIR/a.spin --repeats 0", 2, "--repeats 0"},
		{"bench DIR/a.spin --reads -1", 2, "--reads -1"},
		{"bench DIR/a.spin --out chart.txt", 2, "--out chart.txt"},
		{"bench DIR/a.spin DIR/a.spin --target-energy 1", 2, "--target-energy"},
		{"bench DIR/a.spin --sign up", 2, "--sign"},
		{"bench DIR/a.spin --target-energy NaN", 2, "--target-energy NaN"},
	} {
		refuse(t, dir, c.line, c.code, c.want)
	}
}

// Tempering gives datasets too, the same whatever the number of workers.
func TestGenerateTemper(t *testing.T) {
	dir := t.TempDir()
	for _, workers := range []string{"1", "3"} {
		succeed(t, dir, "generate --shape 5x5 --solver temper --sweeps 50 --count 4 --workers "+workers+" --out DIR/"+workers)
	}
	var sums []string
	for _, workers := range []string{"1", "3"} {
		d, err := data.Open(filepath.Join(dir, workers))
		if err != nil {
			t.Fatal(err)
		}
		if d.Description().Solver != "temper" || string(d.Description().SolverSettings) != `{"sweeps":50}` {
			t.Errorf("description %+v", d.Description())
		}
		sum, err := d.Checksum()
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sum)
	}
	if sums[0] != sums[1] {
		t.Error("three workers write another dataset")
	}
	refuse(t, dir, "generate --shape 5x5 --solver refine --reads 3 --out DIR/x", 2, "--reads refine")
}

// Walls go from the solver through the dataset into training, and inspect names them.
func TestWalls(t *testing.T) {
	dir := t.TempDir()
	line := "generate --shape 5x5 --boundary free --count 8 --shard 8 --out DIR/d "
	succeed(t, dir, line+"--walls")
	d, err := data.Open(filepath.Join(dir, "d"))
	if err != nil {
		t.Fatal(err)
	}
	for s, err := range d.All() {
		if err != nil {
			t.Fatal(err)
		}
		want, err := exact.WallEnergies(t.Context(), s.Instance, s.Spins)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Walls, want) {
			t.Errorf("walls %v, want %v", s.Walls, want)
		}
	}
	refuse(t, dir, line, 1, "walls is true there, false now")
	succeed(t, dir, "train --data DIR/d --loss boltzmann --cost wall --steps 2 --channels 2 --blocks 1 --batch 2 --pool 4 --out DIR/m")
	for name, want := range map[string]string{"d/part-00000.npz": "walls", "d": "walls", "m": "wall"} {
		if _, stdout, _ := call(t.Context(), dir, "inspect DIR/"+name); !strings.Contains(stdout, want) {
			t.Errorf("inspect %s does not speak of %s:\n%s", name, want, stdout)
		}
	}
}

// refuse checks that a line fails with a code and one line on stderr that has every word
// of what is wanted.
func refuse(t *testing.T, dir, line string, code int, want string) {
	t.Helper()
	got, stdout, stderr := call(t.Context(), dir, line)
	if got != code || stdout != "" || strings.Count(stderr, "\n") != 1 {
		t.Errorf("%s: code %d, want %d; %q, %q", line, got, code, stdout, stderr)
	}
	for word := range strings.FieldsSeq(want) {
		if !strings.Contains(stderr, word) {
			t.Errorf("%s: %q does not say %q", line, stderr, word)
		}
	}
}
