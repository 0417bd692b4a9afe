package command

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spinlearn/internal/base/stats"
)

// checkLines reads the origin in results.jsonl.
func checkLines(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var got struct {
			Program, Data, Lattice string
			Seed                   uint64
			Settings               struct {
				Models         []string
				Passes, Sweeps []int
				Limit, Workers int
			}
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		s := got.Settings
		if got.Program != program || !strings.Contains(got.Data, "20 gaussian 6x6 cylinder exact seed 2 sha256 ") || got.Lattice != "6x6 cylinder" ||
			got.Seed != 1 || len(s.Models) != 3 || !slices.Equal(s.Passes, []int{1, 2}) || !slices.Equal(s.Sweeps, []int{1, 20}) || s.Limit != 0 || s.Workers != 1 {
			t.Errorf("line %s", line)
		}
	}
}

// TestCompareTimed compares at equal time on lattices of two sizes, and on one without a
// proof, and recomputes the table from the runs.
func TestCompareTimed(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, "generate --shape 6x6 --boundary cylinder --count 4 --out DIR/d")
	succeed(t, dir, "generate --shape 4x4 --boundary cylinder --couplings gaussian --count 4 --out DIR/e")
	succeed(t, dir, "generate --shape 4x4 --boundary periodic --couplings pm --count 3 --solver anneal --reads 1 --sweeps 1 --out DIR/r")
	succeed(t, dir, "train --data DIR/d --channels 2 --blocks 1 --batch 2 --steps 5 --out DIR/m")
	succeed(t, dir, "compare --data DIR/d --sweeps 1 --out DIR/c") // whose files go
	out := succeed(t, dir, "compare --data DIR/d DIR/e DIR/r --models DIR/m --times 2ms,1ms --limit 3 --force --out DIR/c")
	for _, want := range []string{
		"d: gaussian 6x6 cylinder, 3 instances, 3 with a proven ground state\n", "e: gaussian 4x4 cylinder, 3 instances", "r: pm 4x4 periodic, 3 instances, 0 with a proven ground state\n",
		"bond cross-entropy effort 32", "annealing, multispin 2ms", "exact 0 ± 0 3/3",
	} {
		if !strings.Contains(strings.Join(strings.FieldsFunc(out, func(r rune) bool { return r == ' ' }), " "), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	files := snapshot(t, filepath.Join(dir, "c"))
	if diff := cmp.Diff([]string{".", "frontier.png", "report.html", "results.csv", "results.jsonl", "results.txt", "runs.csv", "sizes.png"}, changed(files, nil)); diff != "" {
		t.Error(diff)
	}
	if files["results.txt"] != out {
		t.Errorf("results.txt differs from\n%s", out)
	}
	if page := files["report.html"]; strings.Count(page, "<table>") != 3 || strings.Count(page, "<figure>") != 2 {
		t.Errorf("%d tables and %d charts in the page", strings.Count(page, "<table>"), strings.Count(page, "<figure>"))
	}

	results, runs := readCSV(t, filepath.Join(dir, "c", "results.csv")), readCSV(t, filepath.Join(dir, "c", "runs.csv"))
	if n := strings.Count(files["results.jsonl"], "\n"); n != len(results)-1 || len(runs)-1 != 3*n {
		t.Fatalf("%d lines of JSON and %d runs for %d rows of 3 instances", n, len(runs)-1, len(results)-1)
	}
	seen := map[string]bool{}
	for k, r := range results[1:] {
		var gaps []float64
		cpu := 0.0
		for _, run := range runs[1+3*k:][:3] {
			if run[0] != r[0] || run[2] != r[2] || run[3] != r[15] || run[4] != r[5] || run[5] != r[6] {
				t.Fatalf("run %v below row %v", run, r)
			}
			gaps = append(gaps, number(t, run[8]))
			cpu += number(t, run[9]) / 3
			if e, reference := number(t, run[7]), number(t, run[6]); math.Abs(gaps[len(gaps)-1]-(e-reference)/math.Abs(reference)) > 1e-9 {
				t.Errorf("run %v", run)
			}
		}
		gap := stats.Mean(gaps)
		for i, want := range map[int]float64{7: 3, 11: gap.Mean, 12: gap.Error, 14: cpu, 17: 3} {
			if got := number(t, r[i]); math.Abs(got-want) > 1e-7*math.Abs(want)+1e-6 { // eight digits are written, and whole nanoseconds
				t.Errorf("%v: %s = %v, want %v", r, results[0][i], got, want)
			}
		}
		seen[r[0]+" "+r[2]] = true
	}
	for _, want := range []string{"d annealing, bipartite", "e tempering", "r annealing, multispin", "r refinement", "d spanning tree + descent", "d annealing, one read"} {
		if !seen[want] {
			t.Errorf("no row of %s", want)
		}
	}
	if out := strings.Join(strings.Fields(succeed(t, dir, "inspect DIR/c")), " "); !strings.Contains(out, "comparison") || !strings.Contains(out, "datasets d e r") {
		t.Errorf("inspect says %s", out)
	}

	// What has no limit is the same again; one size makes no chart of sizes.
	succeed(t, dir, "compare --data DIR/d --models DIR/m --times 1ms --limit 3 --force --out DIR/c")
	again := readCSV(t, filepath.Join(dir, "c", "runs.csv"))
	fixed := func(lines [][]string) (list [][]string) {
		for _, r := range lines[1:] {
			if r[0] == "d" && r[3] == "" {
				list = append(list, r[:8])
			}
		}
		return list
	}
	if diff := cmp.Diff(fixed(runs), fixed(again)); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "c", "sizes.png")); err == nil {
		t.Error("sizes.png of one size")
	}
}

// Instances without couplings have no relative gap. A comparison leaves them out of the gaps,
// says how many, and draws what charts remain.
func TestCompareWithoutGaps(t *testing.T) {
	if testing.Short() {
		t.Skip("charts are slow under the race detector")
	}
	dir := t.TempDir()
	succeed(t, dir, "generate --shape 3x3 --dilution 0.9 --count 20 --seed 1 --out DIR/some")
	succeed(t, dir, "generate --shape 3x3 --dilution 1 --count 2 --seed 1 --out DIR/none")
	for _, c := range []struct {
		data, count, gap, mean string
		with                   int
		charts, timed          []string
	}{
		{"some", "20 instances, 3x3 periodic, 20 with a proven ground state, 3 with reference energy 0 and so no relative gap", "0 ± 0", "0", 17,
			[]string{"energies.png", "gaps.png", "lattice.png", "scatter.png", "time.png"}, []string{"frontier.png"}},
		{"none", "2 instances, 3x3 periodic, 2 with a proven ground state, 2 with reference energy 0 and so no relative gap", "", "", 0,
			[]string{"energies.png", "lattice.png", "scatter.png"}, nil},
	} {
		charts := func(files map[string]string) (list []string) {
			for name := range files {
				if strings.HasSuffix(name, ".png") {
					list = append(list, name)
				}
			}
			slices.Sort(list)
			return list
		}
		out := succeed(t, dir, "compare --data DIR/"+c.data+" --models shipped --passes 1 --sweeps 10 --out DIR/c --force")
		files := snapshot(t, filepath.Join(dir, "c"))
		if !strings.HasPrefix(out, c.count+"\n") || !strings.Contains(files["report.html"], c.count) {
			t.Errorf("%s: want %q in text and page\n%s", c.data, c.count, out)
		}
		if diff := cmp.Diff(c.charts, charts(files)); diff != "" {
			t.Errorf("%s: charts (-want +got):\n%s", c.data, diff)
		}
		for _, r := range readCSV(t, filepath.Join(dir, "c", "results.csv"))[1:] {
			if r[13] != strconv.Itoa(c.with) || r[9] != c.mean || r[10] != c.mean || r[11] != "1" {
				t.Errorf("%s: %v", c.data, r)
			}
		}
		if found := strings.Contains(succeed(t, dir, "inspect DIR/c"), "best gap"); found != (c.with > 0) {
			t.Errorf("%s: a best gap: %v", c.data, found)
		}
		out = succeed(t, dir, "compare --data DIR/"+c.data+" --models shipped --times 1ms --out DIR/c --force")
		if want := c.count[strings.LastIndex(c.count, "proven"):]; !strings.Contains(out, want) {
			t.Errorf("%s: want %q in\n%s", c.data, want, out)
		}
		if diff := cmp.Diff(c.timed, charts(snapshot(t, filepath.Join(dir, "c")))); diff != "" {
			t.Errorf("%s: charts at equal time (-want +got):\n%s", c.data, diff)
		}
	}
	// A dataset without gaps does not keep others from their chart.
	succeed(t, dir, "compare --data DIR/none DIR/some --times 1ms --out DIR/c --force")
	if _, err := os.Stat(filepath.Join(dir, "c", "frontier.png")); err != nil {
		t.Error(err)
	}
	line := "--steps 2 --channels 2 --blocks 1 --batch 2 --pool 4 "
	for data, want := range map[string]string{"some": "validation gap", "none": "no validation gap, 2 validation instances of reference energy 0"} {
		if out := succeed(t, dir, "train --data DIR/some --validation DIR/"+data+" "+line+"--out DIR/m"+data); !strings.Contains(out, want) || !strings.Contains(out, "without a relative gap") {
			t.Errorf("trained: %s", out)
		}
	}
}

// A folder of reproduce is known by its plan, with or without a report.
func TestInspectStudy(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plan.json"), `{"format": "spinlearn reproduce v1", "preset": "quick", "seeds": 3}`)
	write(t, filepath.Join(dir, "results.jsonl"), "")
	for _, report := range []string{"none yet", "report.md"} {
		if got, want := strings.Join(strings.Fields(succeed(t, dir, "inspect DIR")), " "), "kind study format spinlearn reproduce v1 preset quick seeds 3 report "+report; !strings.HasSuffix(got, want) {
			t.Errorf("%q, want %q at the end", got, want)
		}
		write(t, filepath.Join(dir, "report.md"), "")
	}
}
