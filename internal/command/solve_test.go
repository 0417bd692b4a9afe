package command

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"spinlearn/ising"
	"spinlearn/ising/instancefile"
	"spinlearn/solver"
	"spinlearn/solver/exact"
)

// TestSolveAndVerify takes an instance through solve, with spins as text, and verify.
func TestSolveAndVerify(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		name     string
		shape    []int
		periodic []bool
	}{
		{"torus", []int{7, 6}, []bool{true, true}}, {"cylinder", []int{6, 9}, []bool{false, true}}, {"free", []int{5, 8}, []bool{false, false}},
		{"cube", []int{4, 3, 3}, []bool{true, true, true}},
	} {
		l, err := ising.NewLattice(c.shape, c.periodic)
		if err != nil {
			t.Fatal(err)
		}
		in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, ising.Stream(3, "test", 0))
		var text strings.Builder
		if err := instancefile.Write(&text, &instancefile.File{Instance: in}, &instancefile.Settings{Format: instancefile.EdgeList}); err != nil {
			t.Fatal(err)
		}
		write(t, path(c.name+".rud"), text.String())

		out := succeed(t, dir, "solve DIR/"+c.name+".rud --method exact --out DIR/spins.txt --certificate DIR/"+c.name+".json --json")
		var got struct {
			Status, Method, Lattice string
			Energy, Bound           float64
			Cut                     float64
			Spins                   []int8
			CPU                     float64 `json:"cpu_seconds"`
			Elapsed                 float64 `json:"elapsed_seconds"`
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		want, err := exact.Default().Solve(t.Context(), in, solver.Budget{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != "proven" || got.Lattice != l.String() || math.Abs(got.Energy-want.Energy) > in.Rounding() || got.Bound > got.Energy || got.Bound < got.Energy-in.Rounding() {
			t.Errorf("%s: %+v, want energy %v", c.name, got, want.Energy)
		}
		if e := in.Energy(got.Spins); math.Abs(e-got.Energy) > in.Rounding() {
			t.Errorf("%s: the spins have energy %v, printed is %v", c.name, e, got.Energy)
		}
		total := 0.0
		for _, J := range in.J {
			total -= J
		}
		if cut := (total - got.Energy) / 2; math.Abs(cut-got.Cut) > in.Rounding() {
			t.Errorf("%s: cut %v, want %v", c.name, got.Cut, cut)
		}
		file, err := os.ReadFile(path("spins.txt"))
		if err != nil {
			t.Fatal(err)
		}
		var lines []int8
		for line := range strings.FieldsSeq(string(file)) {
			v, err := strconv.Atoi(line)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, int8(v))
		}
		if !slices.Equal(lines, got.Spins) {
			t.Errorf("%s: spins.txt and the JSON differ", c.name)
		}
		if says := succeed(t, dir, "verify DIR/"+c.name+".rud DIR/"+c.name+".json"); !strings.HasPrefix(says, provenBy(in)) {
			t.Errorf("%s: verify says %s", c.name, says)
		}
	}

	for _, method := range []string{"anneal --reads 16 --sweeps 200", "anneal --engine sparse --time-limit 100ms", "temper --reads 2 --sweeps 200", "refine"} {
		out := succeed(t, dir, "solve DIR/torus.rud --method "+method)
		if !strings.Contains(out, "bound     none") || strings.Contains(out, "proven") || !strings.Contains(out, "method    "+strings.Fields(method)[0]) {
			t.Errorf("--method %s:\n%s", method, out)
		}
	}

	// A proof is one of its instance, and whole.
	for _, c := range []struct {
		line  string
		words string
	}{
		{"verify DIR/free.rud DIR/torus.json", "torus.json: certificate rejected: sites: 42, the instance has 40"},
		{"verify DIR/torus.rud DIR/torus.json --sign minus", "certificate rejected"},
		{"verify DIR/torus.rud DIR/torus.rud", "torus.rud"},
		{"verify DIR/torus.rud DIR/none.json", "none.json: no such file"},
		{"solve DIR/none.rud", "none.rud: no such file"},
		{"solve DIR/torus.rud --out DIR/none/spins.txt", "none"},
	} {
		code, stdout, stderr := call(t.Context(), dir, c.line)
		if code != exitFailure || !strings.Contains(stderr, c.words) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: code %d, %s%s", c.line, code, stdout, stderr)
		}
	}
	for _, line := range []string{
		"solve", "solve DIR/torus.rud DIR/free.rud", "solve DIR/torus.rud --method foo", "solve DIR/torus.rud --time-limit -1s", "verify DIR/torus.rud",
		"solve DIR/torus.rud --method anneal --certificate DIR/c.json",
		"solve DIR/torus.rud --method exact --reads 5", "solve DIR/torus.rud --method temper --engine lanes", "solve DIR/torus.rud --method anneal --sweeps -5", "solve DIR/torus.rud --sign sideways",
	} {
		if code, _, stderr := call(t.Context(), dir, line); code != exitUsage || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: code %d, %s", line, code, stderr)
		}
	}
}

// TestSolveText reads what a person sees, of a file that is no lattice.
func TestSolveText(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "k4.rud"), "4 6\n1 2 1\n1 3 1\n1 4 1\n2 3 1\n2 4 1\n3 4 1\n")
	out := succeed(t, dir, "solve DIR/k4.rud --out DIR/k4.npy")
	for _, want := range []string{"k4.rud, graph of 4 sites", "status", "proven", "energy    -2\n", "bound     -2\n", "cut       4\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	file, err := os.ReadFile(filepath.Join(dir, "k4.npy"))
	if err != nil || !strings.HasPrefix(string(file), "\x93NUMPY") || !strings.Contains(string(file), "'descr': '|i1', 'fortran_order': False, 'shape': (4,)") {
		t.Errorf("k4.npy: %q, %v", file, err)
	}
	write(t, filepath.Join(dir, "broken.rud"), "4 2\n1 2 1\n1 x 1\n")
	if code, _, stderr := call(t.Context(), dir, "solve DIR/broken.rud"); code != exitFailure || !strings.Contains(stderr, "broken.rud:3:") {
		t.Errorf("code %d, %s", code, stderr)
	}
}

// TestSolveStops has a torus that takes longer than the limit, or than the patience.
func TestSolveStops(t *testing.T) {
	dir := t.TempDir()
	writeInstance(t, filepath.Join(dir, "big.spin"), []int{200, 200})
	out := succeed(t, dir, "solve DIR/big.spin --time-limit 300ms --method exact")
	if !strings.Contains(out, "time limit") || !strings.Contains(out, "bound") {
		t.Errorf("after the time limit:\n%s", out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	code, out, stderr := call(ctx, dir, "solve DIR/big.spin --method exact --out DIR/spins.npy")
	if code != exitInterrupted || !strings.Contains(out, "interrupted") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("code %d\n%s%s", code, out, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "spins.npy")); err != nil {
		t.Error(err)
	}
}

// provenBy is how verify begins where the energy of an instance is proven.
func provenBy(in *ising.Instance) string {
	if r := in.Rounding(); r > 0 {
		return fmt.Sprintf("proven: no configuration has an energy that is lower by more than the rounding, %.2g; energy ", r)
	}
	return "proven: the spins are a ground state; energy "
}

// What solve leaves open it says, in the same words in text and JSON.
func TestNotes(t *testing.T) {
	dir := t.TempDir()
	var complete strings.Builder
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		for j := range i {
			fmt.Fprintf(&complete, "%d %d %d\n", j+1, i+1, 2*rng.IntN(2)-1)
		}
	}
	write(t, filepath.Join(dir, "complete.rud"), "60 1770\n"+complete.String())
	write(t, filepath.Join(dir, "lost.rud"), "4 5\n1 2 1e20\n2 3 0.30001\n3 1 -0.70003\n3 4 1e20\n4 1 0.1\n")
	write(t, filepath.Join(dir, "real.rud"), "3 3\n1 2 0.1234567890123456\n2 3 1.23456789012345678\n3 1 -0.7000312345678912\n")
	for _, c := range []struct{ line, status, note string }{
		{"solve DIR/complete.rud --time-limit 0.4", "time limit", "the bound was stopped after 0.1 s; --method exact goes on until the bound can rise no further or --time-limit ends it"},
		{"solve DIR/complete.rud --method anneal --sweeps 10", "heuristic", ""},
		{"solve DIR/lost.rud --certificate DIR/lost.json", "heuristic", lostCoupling},
		{"solve DIR/lost.rud --method anneal --sweeps 10", "heuristic", ""},
		{"solve DIR/real.rud --certificate DIR/real.json", "proven", ""},
	} {
		var got struct {
			Status, Note     string
			Energy, Rounding float64
			Bound            *float64
		}
		if err := json.Unmarshal([]byte(succeed(t, dir, c.line+" --json")), &got); err != nil {
			t.Fatal(err)
		}
		if got.Status != c.status || got.Note != c.note || got.Bound != nil && *got.Bound > got.Energy {
			t.Errorf("%s: %+v", c.line, got)
		}
		text := succeed(t, dir, c.line)
		if strings.Contains(text, "\nnote      "+c.note+"\n") != (c.note != "") || strings.Contains(text, "\nnote") != (c.note != "") {
			t.Errorf("%s: want the note %q in\n%s", c.line, c.note, text)
		}
		if line := fmt.Sprintf("\nrounding  %.2g; proven means that no energy is lower by more than this\n", got.Rounding); strings.Contains(text, line) != (got.Rounding > 0 && got.Bound != nil) {
			t.Errorf("%s: rounding %v, and\n%s", c.line, got.Rounding, text)
		}
	}
	for line, want := range map[string]string{
		"verify DIR/lost.rud DIR/lost.json":             "\nnote: " + lostCoupling + "\n",
		"inspect DIR/lost.json --instance DIR/lost.rud": lostCoupling + "\n",
		"verify DIR/real.rud DIR/real.json":             "proven: no configuration has an energy that is lower by more than the rounding, ",
	} {
		if out := succeed(t, dir, line); !strings.Contains(out, want) {
			t.Errorf("%s: no %q in\n%s", line, want, out)
		}
	}
}
