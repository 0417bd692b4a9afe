package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"spinlearn/ising/instancefile"
)

// python returns a Python that has numpy, or skips the test.
func python(t *testing.T) string {
	t.Helper()
	var why []string
	for _, name := range []string{"python3", "/usr/bin/python3"} { // the first may be without the system's packages
		out, err := exec.Command(name, "-c", "import numpy").CombinedOutput()
		if err == nil {
			return name
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		why = append(why, fmt.Sprintf("%s: %v %s", name, err, lines[len(lines)-1]))
	}
	t.Skipf("no Python with numpy: %s", strings.Join(why, "; "))
	return ""
}

// runPython runs a program of data/examples and returns what it prints.
func runPython(t *testing.T, interpreter, program string, args ...string) string {
	t.Helper()
	c := exec.Command(interpreter, append([]string{filepath.Join("..", "..", "data", "examples", program)}, args...)...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, &stderr)
	}
	return string(out)
}

// TestPythonDataset lets numpy compute the energies of datasets, and notice wrong ones.
func TestPythonDataset(t *testing.T) {
	interpreter, dir := python(t), t.TempDir()
	for name, line := range map[string]string{
		"plane": generateLine, "cube": "generate --shape 3x3x4 --boundary free,periodic,free --couplings pm --dilution 0.2 --count 5 --shard 2 ",
	} {
		folder := filepath.Join(dir, name)
		succeed(t, dir, line+"--out "+folder)
		var facts struct {
			Mean float64 `json:"energy_per_site_mean"`
			N    int     `json:"instances"`
		}
		if err := json.Unmarshal([]byte(succeed(t, dir, "inspect --json "+folder)), &facts); err != nil {
			t.Fatal(err)
		}
		n, sum := 0, 0.0
		for line := range strings.Lines(runPython(t, interpreter, "energies.py", folder)) {
			var file string
			var count int
			var e float64
			if _, err := fmt.Sscanf(line, "%s %d instances, energy per spin %g J", &file, &count, &e); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			n, sum = n+count, sum+float64(count)*e
		}
		if n != facts.N || math.Abs(sum/float64(n)-facts.Mean) > 1e-6 { // six digits are printed
			t.Errorf("%s: numpy finds %d instances of energy %v, inspect %d of %v", name, n, sum/float64(n), facts.N, facts.Mean)
		}
	}

	// A shard whose energies are those of other couplings.
	wrong := filepath.Join(dir, "wrong")
	succeed(t, dir, generateLine+"--seed 2 --out "+wrong)
	swap := `import numpy, sys
a, b = (dict(numpy.load(f + "/part-00000.npz")) for f in sys.argv[1:])
b["energy"] = a["energy"]
numpy.savez(sys.argv[2] + "/part-00000.npz", **b)`
	if out, err := exec.Command(interpreter, "-c", swap, filepath.Join(dir, "plane"), wrong).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	out, err := exec.Command(interpreter, filepath.Join("..", "..", "data", "examples", "energies.py"), wrong).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "part-00000.npz: energies differ") {
		t.Errorf("wrong energies pass: %v %s", err, out)
	}
}

// TestPythonSpins opens what solve has written.
func TestPythonSpins(t *testing.T) {
	interpreter, dir := python(t), t.TempDir()
	for _, name := range []string{"torus-gauss-16", "cube-pm-4"} {
		spins, text := filepath.Join(dir, name+".npy"), filepath.Join(dir, name+".spin")
		var solved struct{ Energy float64 }
		if err := json.Unmarshal([]byte(succeed(t, dir, "solve sample:"+name+" --json --out "+spins)), &solved); err != nil {
			t.Fatal(err)
		}
		succeed(t, dir, "convert sample:"+name+" "+text)
		f, err := instancefile.Open(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := number(t, strings.TrimSpace(runPython(t, interpreter, "spins.py", text, spins))); math.Abs(got-solved.Energy) > f.Rounding() {
			t.Errorf("%s: numpy finds %v, solve %v", name, got, solved.Energy)
		}
	}
}

// TestPythonModel reads a model by hand and, where it is installed, with the safetensors
// package.
func TestPythonModel(t *testing.T) {
	interpreter, dir := python(t), t.TempDir()
	succeed(t, dir, generateLine+"--out DIR/d")
	succeed(t, dir, "train --data DIR/d --channels 3 --blocks 2 --batch 4 --pool 8 --steps 3 --out DIR/m")
	model := filepath.Join(dir, "m", "model.safetensors")
	out := runPython(t, interpreter, "model.py", model)
	first, tensors, _ := strings.Cut(out, "\n")
	if first != "bond cross-entropy, 3 channels, 2 blocks" {
		t.Errorf("the first line is %q", first)
	}
	weights := 0
	for line := range strings.Lines(tensors) {
		open, end := strings.Index(line, "("), strings.Index(line, ")")
		if !strings.Contains(line, " float32 (") || end < open {
			t.Fatalf("line %q", line)
		}
		n := 1
		for side := range strings.SplitSeq(strings.TrimRight(line[open+1:end], ","), ", ") {
			n *= int(number(t, side))
		}
		weights += n
	}
	// The header is padded, so the rest of the file is the weights.
	file, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	header := 0
	for k := range 8 {
		header |= int(file[k]) << (8 * k)
	}
	if size := len(file) - 8 - header; 4*weights != size || weights == 0 {
		t.Errorf("%d weights in %d bytes:\n%s", weights, size, tensors)
	}

	if err := exec.Command(interpreter, "-c", "import safetensors").Run(); err != nil {
		t.Log("the safetensors package is not installed; the file was read by hand alone")
		return
	}
	without := filepath.Join(dir, "safetensors.py") // stands before the package
	write(t, without, "raise ImportError\n")
	c := exec.Command(interpreter, filepath.Join("..", "..", "data", "examples", "model.py"), model)
	c.Env = append(os.Environ(), "PYTHONPATH="+dir)
	if byHand, err := c.Output(); err != nil || string(byHand) != out {
		t.Errorf("by hand: %v\n%s\nby the package:\n%s", err, byHand, out)
	}
}
