package command

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spinlearn/ising/instancefile"
)

// A torus of 3×3 sites whose least energies by the two signs are -15 and -11.
const signedTorus = "9 18\n1 2 2\n2 3 -1\n3 1 1\n4 5 1\n5 6 -2\n6 4 1\n7 8 1\n8 9 1\n9 7 -1\n1 4 1\n4 7 -1\n7 1 2\n2 5 1\n5 8 1\n8 2 1\n3 6 -1\n6 9 1\n9 3 1\n"

// Every command that reads an instance says by which sign and why.
func TestSignIsSaid(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.rud", "a.gsg", "a.SG"} {
		write(t, filepath.Join(dir, name), signedTorus)
	}
	succeed(t, dir, "convert DIR/a.gsg DIR/a.spin")
	for _, c := range []struct {
		args, convention, from, why string
		energy                      float64
	}{
		{"DIR/a.rud", "H = +Σ w s s", "format", "the default of edgelist", -15},
		{"DIR/a.gsg", "H = -Σ w s s", "ending", "by the ending of the file's name", -11},
		{"DIR/a.SG", "H = -Σ w s s", "ending", "by the ending of the file's name", -11},
		{"DIR/a.gsg --sign plus", "H = +Σ w s s", "flag", "by --sign", -15},
		{"DIR/a.rud --sign minus", "H = -Σ w s s", "flag", "by --sign", -11},
		{"DIR/a.spin", "H = -Σ w s s", "format", "the default of spinlearn", -11},
	} {
		var got struct {
			Energy     float64
			Convention string
			From       string `json:"convention_from"`
		}
		if err := json.Unmarshal([]byte(succeed(t, dir, "solve --json "+c.args)), &got); err != nil {
			t.Fatal(err)
		}
		if got.Energy != c.energy || got.Convention != c.convention || got.From != c.from {
			t.Errorf("%s: %+v, want %+v", c.args, got, c)
		}
		said := c.convention + ", " + c.why
		for line, want := range map[string]string{
			"solve ": "sign      " + said + "\n", "predict ": "sign      " + said + "\n", "inspect ": said + "\n", "convert --to coo --out-sign plus DIR/x ": "; read as " + said + "\n",
		} {
			files := c.args
			if strings.HasPrefix(line, "convert") {
				line, files = "convert --to coo ", strings.Replace(c.args, " ", " DIR/x ", 1)
				if files == c.args {
					files += " DIR/x"
				}
			}
			if out := succeed(t, dir, line+files); !strings.Contains(out, want) {
				t.Errorf("%s%s: no %q in\n%s", line, files, want, out)
			}
		}
	}
}

// What convert writes under an ending is read again as the same instance.
func TestConvertKeepsTheSign(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.rud"), signedTorus)
	want, err := instancefile.Open(filepath.Join(dir, "a.rud"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, says string }{
		{"DIR/b.gsg", "b.gsg: edgelist, H = -Σ w s s, 3x3 periodic; read as H = +Σ w s s, the default of edgelist\n"},
		{"DIR/b.sg --to coo", "b.sg: coo, H = -Σ w s s, 3x3"}, {"DIR/b.rud", "b.rud: edgelist, H = +Σ w s s"}, {"DIR/b.gsg --to spinlearn", "b.gsg: spinlearn, H = -Σ w s s"},
		{"DIR/b.gsg --to bqm", "b.gsg: bqm, H = +Σ w s s"},
	} {
		if out := succeed(t, dir, "convert DIR/a.rud "+c.args); !strings.Contains(out, c.says) {
			t.Errorf("%s: no %q in %s", c.args, c.says, out)
		}
		name, _, _ := strings.Cut(c.args, " ")
		got, err := instancefile.Open(strings.ReplaceAll(name, "DIR", dir), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.J, want.J) {
			t.Errorf("%s: couplings %v, want %v", c.args, got.J, want.J)
		}
	}
	if code, _, stderr := call(t.Context(), dir, "convert DIR/a.rud DIR/b.rud.gz --to edgelist"); code != exitUsage || !strings.Contains(stderr, "convert does not compress; write to - and compress that") {
		t.Errorf("code %d, %s", code, stderr)
	}
}

// A certificate or spins that were made by the other sign are recognised.
func TestOtherSign(t *testing.T) {
	dir := t.TempDir()
	const hint = "the instance was read as H = +Σ w s s, the default of edgelist; to read it by the other sign, give --sign minus"
	write(t, filepath.Join(dir, "pair.rud"), "2 1\n1 2 3\n")
	write(t, filepath.Join(dir, "triangle.rud"), "3 3\n1 2 1\n2 3 1\n3 1 1\n")
	write(t, filepath.Join(dir, "torus.rud"), signedTorus)
	in := writeInstance(t, filepath.Join(dir, "large.spin"), []int{9, 11})
	succeed(t, dir, "convert DIR/large.spin DIR/large.rud --out-sign minus")
	for _, name := range []string{"pair", "triangle", "torus", "large"} {
		file := "DIR/" + name + ".rud"
		succeed(t, dir, "solve "+file+" --sign minus --method exact --out DIR/spins --certificate DIR/proof")
		succeed(t, dir, "verify "+file+" DIR/proof --sign minus")
		for _, line := range []string{"verify " + file + " DIR/proof", "inspect DIR/proof --instance " + file} {
			if code, _, stderr := call(t.Context(), dir, line); code != exitFailure || !strings.Contains(stderr, "proof: certificate rejected: it is of the instance with all couplings negated; "+hint) {
				t.Errorf("%s: code %d, %s", line, code, stderr)
			}
		}
		for _, method := range []string{"anneal", "refine"} {
			line := "solve " + file + " --start DIR/spins --method " + method
			code, _, stderr := call(t.Context(), dir, line)
			if name == "triangle" { // spins that are all equal are the worst by this sign
				if code != exitOK || !strings.Contains(stderr, "have the energy 3, which would be -3 by the other sign; ") {
					t.Errorf("%s: code %d, %s", line, code, stderr)
				}
			}
			if code != exitOK || !strings.Contains(stderr, "spins have the energy ") || !strings.Contains(stderr, hint) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("%s: code %d, %s", line, code, stderr)
			}
			if code, _, stderr := call(t.Context(), dir, line+" --sign minus"); code != exitOK || stderr != "" {
				t.Errorf("%s --sign minus: code %d, %s", line, code, stderr)
			}
		}
	}

	// Random spins, and those of low energy, are none of the other sign.
	f := &instancefile.File{Instance: in, Format: instancefile.EdgeList}
	up := slices.Repeat([]int8{1}, in.Sites())
	if low := in.SpanningTree(in.J, nil).Spins(in.J); looksNegated(f, up) || looksNegated(f, low) {
		t.Errorf("spins of energies %v and %v look like those of the other sign", in.Energy(up), in.Energy(low))
	}
	// Our own format has one sign.
	succeed(t, dir, "convert DIR/torus.rud DIR/torus.spin")
	succeed(t, dir, "solve DIR/torus.rud --sign minus --method exact --certificate DIR/proof")
	const single = "proof: certificate rejected: it is of the instance with all couplings negated; the instance was read as H = -Σ w s s, the default of spinlearn, which has no other sign"
	if code, _, stderr := call(t.Context(), dir, "verify DIR/torus.spin DIR/proof"); code != exitFailure || !strings.Contains(stderr, single) {
		t.Errorf("code %d, %s", code, stderr)
	}
	// A certificate of another instance is of no sign.
	write(t, filepath.Join(dir, "other.rud"), strings.Replace(signedTorus, "9 3 1", "9 3 5", 1))
	succeed(t, dir, "solve DIR/torus.rud --method exact --certificate DIR/proof")
	if code, _, stderr := call(t.Context(), dir, "verify DIR/other.rud DIR/proof"); code != exitFailure || strings.Contains(stderr, "--sign") {
		t.Errorf("code %d, %s", code, stderr)
	}
}

// shiftedModel has an offset, two fields and the least energy -104.
const shiftedModel = `{"type": "BinaryQuadraticModel", "version": {"bqm_schema": "3.0.0"}, "use_bytes": false, "num_variables": 4, "num_interactions": 3,
"variable_labels": [0, 1, 2, 3], "variable_type": "SPIN", "offset": -100, "linear_biases": [1, 0, 0, -2], "quadratic_biases": [1, -1, 1], "quadratic_head": [0, 1, 2], "quadratic_tail": [1, 2, 3]}`

// Energies are those of the file: its offset counts, and the ghost spin is none of its spins.
func TestInspectOffsetAndFields(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.json"), shiftedModel)
	succeed(t, dir, "convert DIR/a.json DIR/a.spin")
	for _, name := range []string{"a.json", "a.spin"} {
		var got map[string]any
		if err := json.Unmarshal([]byte(succeed(t, dir, "inspect --json DIR/"+name)), &got); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]any{
			"lattice": "graph of 5 sites and 5 bonds, the last site the ghost spin of the fields", "vertices": 4.0, "ghost_spin": true, "fields": 2.0, "bonds": 3.0,
			"couplings": "one size", "coupling_rms": 1.0, "negative_bonds": 2.0,
			"offset": -100.0, "energy_bound": -106.0, "energy_all_up": -100.0, "energy_spanning_tree": -104.0, "cut_spanning_tree": nil,
		} {
			if got[key] != want {
				t.Errorf("%s: %s is %v, want %v", name, key, got[key], want)
			}
		}
	}
	if out := succeed(t, dir, "solve DIR/a.json"); !strings.Contains(out, "a.json, graph of 5 sites and 5 bonds, the last site the ghost spin of the fields\n") || !strings.Contains(out, "energy    -104\n") {
		t.Errorf("solve says\n%s", out)
	}
	write(t, filepath.Join(dir, "f.txt"), "4 4\n1 1 0.5\n1 2 -1\n2 3 0.75\n3 4 0.25\n")
	if out := succeed(t, dir, "solve DIR/f.txt --from edgelist"); strings.Contains(out, "cut") || !strings.Contains(out, "energy    -2.5\n") {
		t.Errorf("fields have no cut:\n%s", out)
	}
}

// How a file was read is said where formats vary, and text of instance files reaches a
// terminal in quotes alone.
func TestNotesAndEscapes(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "h.rud"), "2 1 \x1b[2J\n1 2 3\n")
	write(t, filepath.Join(dir, "w.rud"), "2 1\n1 2 \x1b[2J\n")
	write(t, filepath.Join(dir, "k.spin"), "# spinlearn instance v1 sites=2 bonds=1 \x1b[2J=1\n0 1 1\n")
	write(t, filepath.Join(dir, "n.spin"), "# spinlearn instance v1 sites=\x1b[2J bonds=1\n0 1 1\n")
	write(t, filepath.Join(dir, "b.json"), strings.Replace(shiftedModel, `"SPIN"`, "\"\\u001b[2J\"", 1))
	write(t, filepath.Join(dir, "l.json"), strings.Replace(shiftedModel, "[0, 1, 2, 3], ", "[0, \"\\u009b2J\u009b\", \"\\u009b2J\u009b\", 3], ", 1))
	for _, line := range []string{
		"solve DIR/h.rud", "inspect DIR/h.rud", "solve DIR/w.rud", "solve DIR/k.spin", "solve DIR/n.spin", "solve DIR/b.json", "solve DIR/l.json",
	} {
		_, stdout, stderr := call(t.Context(), dir, line)
		if out := stdout + stderr; out == "" || strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0) }) {
			t.Errorf("%s prints %q", line, out)
		}
	}
	if out := succeed(t, dir, "solve DIR/h.rud"); !strings.Contains(out, `file      passed over in the header: "\x1b[2J"`+"\n") {
		t.Errorf("file in\n%s", out)
	}
}

// TestPythonFields lets numpy compute the energy of a file with an offset and fields.
func TestPythonFields(t *testing.T) {
	interpreter, dir := python(t), t.TempDir()
	write(t, filepath.Join(dir, "a.json"), shiftedModel)
	write(t, filepath.Join(dir, "b.coo"), "# vartype=BINARY\n0 0 1.5\n0 1 -2\n1 2 0.25\n")
	for _, name := range []string{"a.json", "b.coo"} {
		succeed(t, dir, "convert DIR/"+name+" DIR/i.spin")
		var solved struct{ Energy float64 }
		if err := json.Unmarshal([]byte(succeed(t, dir, fmt.Sprintf("solve DIR/%s --json --out DIR/s.npy", name))), &solved); err != nil {
			t.Fatal(err)
		}
		got := number(t, strings.TrimSpace(runPython(t, interpreter, "spins.py", filepath.Join(dir, "i.spin"), filepath.Join(dir, "s.npy"))))
		if math.Abs(got-solved.Energy) > 1e-12 { // sums of a few terms of size 100
			t.Errorf("%s: numpy finds %v, solve %v", name, got, solved.Energy)
		}
	}
}
