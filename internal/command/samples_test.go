package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"spinlearn/data/samples"
	"spinlearn/ising"
	"spinlearn/ising/instancefile"
)

// TestSamples gives every sample to every command that takes an instance file.
func TestSamples(t *testing.T) {
	dir := t.TempDir()
	text := succeed(t, dir, "samples")
	lines := strings.Split(strings.TrimSpace(succeed(t, dir, "samples --json")), "\n")
	if len(lines) != len(samples.All()) || strings.Count(text, "\n") != len(lines)+1 {
		t.Fatalf("%d lines of JSON, text\n%s", len(lines), text)
	}
	for k, s := range samples.All() {
		name := "sample:" + s.Name
		var listed struct {
			Name   string
			Energy float64 `json:"energy_j"`
			Proven bool
		}
		if err := json.Unmarshal([]byte(lines[k]), &listed); err != nil {
			t.Fatal(err)
		}
		if listed.Name != name || !listed.Proven || !strings.Contains(text, name+" ") || !strings.Contains(text, " "+plain(listed.Energy)+"\n") {
			t.Errorf("listed as %+v, in the text\n%s", listed, text)
		}
		energy := plain(listed.Energy) // couplings and spins are the same everywhere, so the digits are
		f, err := openInstance(nil, name, &instancefile.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		for line, want := range map[string]string{
			"solve " + name:                  "proven",
			"verify " + name + " " + name:    provenBy(f.Instance) + energy + ",",
			"inspect " + name:                "energy ground state    " + energy + "\n",
			"convert " + name + " DIR/x.rud": "x.rud: edgelist, H = +Σ w s s, " + ising.FormatShape(s.Shape) + " " + s.Boundary + "; read as H = -Σ w s s, the default of spinlearn\n",
		} {
			if out := succeed(t, dir, line); !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", line, want, out)
			}
		}
	}
}

// TestSamplesAreGenerated makes samples as their package says.
func TestSamplesAreGenerated(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skipf("the samples are those of amd64, this is %s", runtime.GOARCH)
	}
	dir := t.TempDir()
	for _, s := range samples.All() {
		line := fmt.Sprintf("generate --count 1 --shape %s --boundary %s --couplings %s --dilution %v --seed %d --out DIR/", ising.FormatShape(s.Shape), s.Boundary, s.Ensemble.Couplings, s.Ensemble.Dilution, s.Seed)
		succeed(t, dir, line+s.Name)
		succeed(t, dir, "convert DIR/"+s.Name+" DIR/x.spin")
		got, err := os.ReadFile(filepath.Join(dir, "x.spin"))
		if err != nil || string(got) != string(s.Instance()) {
			t.Errorf("%s: generate makes another instance: %v", s.Name, err)
		}
	}
}

func TestInspectCertificate(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, proof  string
		sites, bonds float64
		steps        float64 // 0 if it is not known beforehand
	}{
		{"free-uniform-16", "planar", 256, 512, 0}, {"torus-pm-16", "torus", 256, 512, 0}, {"cube-pm-4", "packing", 64, 192, 0}, {"triangle", "packing", 3, 3, 1},
	} {
		instance, proof := "sample:"+c.name, filepath.Join(dir, c.name+".json")
		if c.name == "triangle" { // frustrated
			instance = filepath.Join(dir, "triangle.spin")
			write(t, instance, "# spinlearn instance v1 sites=3 bonds=3\n0 1 1\n1 2 1\n0 2 -1\n")
		}
		succeed(t, dir, "solve --method exact "+instance+" --certificate "+proof)
		look := func(line string) map[string]any {
			t.Helper()
			var facts map[string]any
			if err := json.Unmarshal([]byte(succeed(t, dir, "inspect --json "+line)), &facts); err != nil {
				t.Fatal(err)
			}
			return facts
		}
		facts := look(proof)
		if facts["kind"] != "certificate" || facts["program"] != program || facts["proof"] != c.proof || facts["sites"] != c.sites || facts["checked"] != false || facts["proven"] != nil {
			t.Errorf("%s: %v", c.name, facts)
		}
		if steps := facts["steps"].(float64); c.steps > 0 && steps != c.steps || steps < 1 {
			t.Errorf("%s: %v steps, want %v", c.name, steps, c.steps)
		}
		checked := look(proof + " --instance " + instance)
		if checked["proven"] != true || checked["checked"] != true || checked["instance"] != instance {
			t.Errorf("%s: %v", c.name, checked)
		}
		// The claim has the rounding of the scale.
		if claim, energy := facts["energy_claimed"].(float64), checked["energy"].(float64); claim-energy > 1e-9 || energy-claim > 1e-9 {
			t.Errorf("%s: claims %v, has %v", c.name, claim, energy)
		}
	}
}

func TestVersion(t *testing.T) {
	text := succeed(t, t.TempDir(), "version")
	for _, want := range []string{program, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, "kernel"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(succeed(t, t.TempDir(), "version --json")), &got); err != nil || got["program"] != program {
		t.Errorf("%v, %v", got, err)
	}
	built := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "true"}}}
	list := versionFacts(built)
	for _, want := range []fact{{"revision", "abc"}, {"revision_time", "2026-01-02T03:04:05Z"}, {"modified", true}} {
		found := false
		for _, f := range list {
			found = found || f == want
		}
		if !found {
			t.Errorf("no %v in %v", want, list)
		}
	}
}

// FuzzInspect must list in printable text what a file holds or refuse it in one line.
func FuzzInspect(f *testing.F) {
	sample := samples.All()[7]
	f.Add(sample.Certificate())
	f.Add([]byte("3 1\n1 2 0.5\n"))
	f.Add([]byte(`{"format":"spinlearn certificate v1","program":"","sites":0,"bonds":0,"scale":1e-320,"spins":"","energy":9,"bound":0,"kind":"","sha256":""}`))
	f.Add([]byte(`{"format":"spinlearn study v1","a":[1,{}],"b":1e999}`))
	f.Add([]byte(`{"format":"spinlearn study v1","\u001b[2J":"\u009b\u202e\u0007"}`))
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, o := range []inspectOptions{{}, {instance: samplePrefix + sample.Name}} {
			list, err := inspect(t.Context(), path, &o)
			if err != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("error %q", err)
				}
				continue
			}
			var b bytes.Buffer
			if err := list.writeJSON(&b); err != nil || !json.Valid(b.Bytes()) {
				t.Errorf("%v: %s", err, &b)
			}
			if err := list.writeText(&b); err != nil {
				t.Error(err)
			}
			wantPrintable(t, b.String())
		}
	})
}
