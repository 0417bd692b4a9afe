package command

import (
	"archive/zip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"spinlearn/cnn"
)

// hostile is a file name that would paint a terminal and, first in a cell, compute.
const hostile = "=\x1b]0;x\a\u009b31m\u202e<b>"

// wantPrintable fails if a text holds anything but printable characters and line breaks.
func wantPrintable(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && !strconv.IsPrint(r) {
			t.Errorf("%q is shown in %q", r, text)
			return
		}
	}
}

// No text of a file or name reaches the terminal as it is.
func TestHostileText(t *testing.T) {
	dir := t.TempDir()
	for _, line := range []string{
		"generate --shape 4x4 --count 3 --shard 2 --out DIR/d", "generate --shape 4x4 --count 3 --shard 2 --seed 2 --out DIR/" + hostile,
		"train --data DIR/d --channels 1 --blocks 1 --steps 1 --batch 1 --out DIR/m", "train --data DIR/d --channels 1 --blocks 1 --steps 1 --batch 1 --out DIR/" + hostile + "/../" + hostile + "m",
	} {
		code, stdout, stderr := call(t.Context(), dir, line)
		if code != exitOK {
			t.Fatalf("%s: %s", line, stderr)
		}
		wantPrintable(t, stdout+stderr)
	}
	path := func(name string) string { return filepath.Join(dir, hostile+name) }
	succeed(t, dir, "convert DIR/d DIR/"+hostile+".rud")
	quoted, err := json.Marshal(hostile + "\n")
	if err != nil {
		t.Fatal(err)
	}
	text := string(quoted)
	write(t, path("cert"), `{"format":"spinlearn certificate v1","program":`+text+`,"sites":9,"bonds":18,"scale":1,"spins":"+++++++++","energy":-12,"bound":-12,"kind":`+text+`,"sha256":""}`)
	write(t, path("cert2"), `{"format":"spinlearn certificate v1",`+text+`:1}`)
	write(t, path("cert3"), `{"format":"spinlearn certificate v1","program":[`+text+`]}`)
	write(t, path("other"), `{"format":"spinlearn x","`+strings.Repeat("a", 70)+`":1,`+text+`:`+text+`}`)
	write(t, path("rud2"), "2 1\n1 2 "+hostile+"\n")
	write(t, path("spins"), hostile+"\n")
	write(t, filepath.Join(dir, "cmp", "results.jsonl"), `{"program":`+text+`,"data":`+text+`,"lattice":`+text+`,"method":`+text+`,"gap_mean_fraction":0}`+"\n"+`{"method":`+text+`,"gap_mean_fraction":0}`+"\n")
	write(t, filepath.Join(dir, "study", "plan.json"), `{"format":"spinlearn reproduce v1","preset":`+text+`,`+text+`:1}`)
	write(t, filepath.Join(dir, "metrics", "model.safetensors"), "x")
	f, err := os.Create(path("npz"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create(hostile + "\n.npy")
	if err != nil {
		t.Fatal(err)
	}
	header := "{'descr': '\x1b[2J', 'fortran_order': False, 'shape': (3,), }\n"
	w.Write([]byte("\x93NUMPY\x01\x00" + string(rune(len(header))) + "\x00" + header))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	// A model whose free texts are hostile; its loss cannot be.
	m, err := cnn.LoadModel(filepath.Join(dir, "m", cnn.ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	m.Training.Program, m.Training.Data = hostile+"\n", hostile
	if err := m.Save(path("model")); err != nil {
		t.Fatal(err)
	}

	for _, line := range []string{
		"solve DIR/H.rud", "solve DIR/H.rud --json", "solve DIR/H.rud --out DIR/H.npy --certificate DIR/H.proof", "solve DIR/H.rud --method anneal --start DIR/Hspins",
		"solve DIR/Hrud2", "solve DIR/Hnone", "predict DIR/H.rud --model DIR/Hmodel", "predict DIR/H.rud --model DIR/H", "verify DIR/H.rud DIR/H.proof", "verify DIR/H.rud DIR/Hcert",
		"verify DIR/H.rud DIR/Hcert2", "verify DIR/H.rud DIR/Hcert3", "convert DIR/H DIR/H2.rud", "convert DIR/H.rud DIR/H3.coo", "convert DIR/H.rud DIR/Hx.y",
		"inspect DIR/H.rud", "inspect DIR/H.rud --json", "inspect DIR/Hcert", "inspect DIR/Hcert --json", "inspect DIR/Hcert2", "inspect DIR/Hcert3", "inspect DIR/Hother", "inspect DIR/Hother --json",
		"inspect DIR/Hnpz", "inspect DIR/Hnpz --json", "inspect DIR/Hmodel", "inspect DIR/Hmodel --json", "inspect DIR/H", "inspect DIR/H --json", "inspect DIR/Hm", "inspect DIR/cmp",
		"inspect DIR/cmp --json", "inspect DIR/study", "inspect DIR/study --json", "inspect DIR/metrics", "inspect DIR/Hspins",
		"bench DIR/H.rud DIR/H --sweeps 1 --repeats 1 --out DIR/bench.svg", "inspect DIR/H.rud --plot DIR/plot.svg", "compare --data DIR/H --models DIR/m DIR/Hmodel --sweeps 1 --passes 1 --effort 1 --out DIR/Hc",
		"compare --data DIR/H DIR/d --models DIR/m DIR/Hmodel --times 1ms --out DIR/Ht", "compare --data DIR/H --sweeps 2 --out DIR/Hc", "inspect DIR/Hc", "inspect DIR/Hc --json",
		"reproduce --out DIR/H", "demo --out DIR/H", "generate --shape 4x4 --count 9 --out DIR/H", "train --data DIR/H --out DIR/H", "H", "solve --H", "solve DIR/d H",
	} {
		t.Run(line, func(t *testing.T) {
			_, stdout, stderr := call(t.Context(), dir, strings.ReplaceAll(strings.ReplaceAll(line, "H", hostile), "_", " "))
			if stdout+stderr == "" {
				t.Error("nothing was printed")
			}
			wantPrintable(t, stdout+stderr)
			if strings.HasSuffix(line, "--json") && !json.Valid([]byte(stdout)) {
				t.Errorf("no JSON: %s%s", stdout, stderr)
			}
		})
	}
	for _, name := range []string{"c/results.txt", "t/results.txt"} {
		text, err := os.ReadFile(path(name))
		if err != nil {
			t.Fatal(err)
		}
		wantPrintable(t, string(text))
	}
	for _, name := range []string{"bench.svg", "plot.svg"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.Contains(string(text), "<b>") || strings.ContainsAny(string(text), "\x1b\a") {
			t.Errorf("%s has the name as it is, %v", name, err)
		}
	}
	cells := 0
	for _, name := range []string{"c/results.csv", "c/energies.csv", "t/results.csv", "t/runs.csv"} {
		for _, line := range readCSV(t, path(name)) {
			for _, cell := range line {
				_, err := strconv.ParseFloat(cell, 64)
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") && err != nil {
					t.Errorf("%s: cell %q", name, cell)
				}
				if strings.HasPrefix(cell, "'"+hostile) {
					cells++
				}
				if strings.HasPrefix(cell, "'") && err == nil {
					t.Errorf("%s: number %q", name, cell)
				}
			}
		}
	}
	if cells == 0 {
		t.Error("no cell begins with the hostile name")
	}
	page, err := os.ReadFile(path("t/report.html"))
	if err != nil || strings.Contains(string(page), "<b>") || !strings.Contains(string(page), "&lt;b&gt;") {
		t.Errorf("the page has markup of names or no names, %v", err)
	}
}

// An output never replaces an input or another output; what keeps nothing may be both.
func TestOutputsAreKeptApart(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, "generate --shape 4x4 --count 3 --out DIR/d")
	succeed(t, dir, "train --data DIR/d --channels 1 --blocks 1 --steps 1 --batch 1 --out DIR/m")
	succeed(t, dir, "convert DIR/d DIR/i.rud")
	succeed(t, dir, "solve DIR/i.rud --out DIR/s.npy --certificate DIR/i.json")
	succeed(t, dir, "convert DIR/d DIR/i.png --to edgelist")
	if err := os.Link(filepath.Join(dir, "i.rud"), filepath.Join(dir, "hard")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("i.rud", filepath.Join(dir, "soft")); err != nil {
		t.Skip(err)
	}
	other := t.TempDir()
	if err := os.Symlink("nothing", filepath.Join(other, "dangling")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(filepath.Join(dir, "d"), filepath.Join(other, "e")); err != nil {
		t.Skip(err)
	}
	before := snapshot(t, dir)
	for line, want := range map[string]string{
		"solve DIR/i.rud --out DIR/i.rud":                                                 "would replace the input",
		"solve DIR/i.rud --out DIR/d/../i.rud":                                            "would replace the input",
		"solve DIR/i.rud --out DIR/hard":                                                  "would replace the input",
		"solve DIR/i.rud --certificate DIR/soft":                                          "would replace the input",
		"solve DIR/soft --out DIR/i.rud":                                                  "would replace the input",
		"solve DIR/i.rud --method anneal --start DIR/s.npy --out DIR/s.npy":               "would replace the input",
		"predict DIR/i.rud --model DIR/m/model.safetensors --out DIR/m/model.safetensors": "would replace the input",
		"predict DIR/i.rud --model DIR/m --out DIR/m/metrics.jsonl":                       "would replace the input",
		"convert DIR/i.rud DIR/i.rud":                                                     "would replace the input",
		"convert DIR/d " + other + "/e/part-00000.npz --to coo":                           "would replace the input",
		"inspect DIR/i.png --plot DIR/i.png":                                              "would replace the input",
		"bench DIR/i.png --sweeps 1 --out DIR/i.png":                                      "would replace the input",
		"solve DIR/i.rud --out DIR/new --certificate DIR/new":                             "are one file",
		"solve DIR/i.rud --out DIR/new --certificate DIR/d/../new":                        "are one file",
		"solve DIR/i.rud --out DIR/d/new --certificate " + other + "/e/new":               "are one file",
		"solve DIR/i.rud --out " + other + "/dangling":                                    "a file that does not exist",
		"bench DIR/i.rud --sweeps 1 --out DIR/none/x.png":                                 "there is no folder",
	} {
		code, stdout, stderr := call(t.Context(), dir, line)
		if code == exitOK || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: code %d, %q, %q, want %q", line, code, stdout, stderr, want)
		}
	}
	if names := changed(before, snapshot(t, dir)); len(names) > 0 {
		t.Errorf("refused commands changed %q", names)
	}
	succeed(t, dir, "solve DIR/i.rud --out "+os.DevNull+" --certificate "+os.DevNull)
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s became %v, %v", os.DevNull, info.Mode(), err)
	}
}

// Files that no comparison wrote, and results of other settings, stay unless forced.
func TestResultsAreKept(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, "generate --shape 4x4 --count 3 --out DIR/d")
	succeed(t, dir, "generate --shape 4x4 --count 3 --seed 2 --out DIR/e")
	succeed(t, dir, "compare --data DIR/d --sweeps 1 --out DIR/c")
	succeed(t, dir, "compare --data DIR/d DIR/e --times 1ms --out DIR/t")
	for _, name := range []string{"results.csv", "report.html", "gaps.png"} {
		write(t, filepath.Join(dir, "mine-"+name, name), "mine")
	}
	write(t, filepath.Join(dir, "lines", "results.jsonl"), `{"program": "mine 1"}`+"\n")
	write(t, filepath.Join(dir, "empty", "results.jsonl"), "")
	before := snapshot(t, dir)
	for line, want := range map[string]string{
		"compare --data DIR/d --sweeps 1 --out DIR/mine-results.csv":  "results.csv, which no comparison wrote",
		"compare --data DIR/d --times 1ms --out DIR/mine-report.html": "report.html, which no comparison wrote",
		"compare --data DIR/d --sweeps 1 --out DIR/mine-gaps.png":     "gaps.png, which no comparison wrote",
		"compare --data DIR/d --sweeps 1 --out DIR/lines":             `program is "mine 1"`,
		"compare --data DIR/d --sweeps 1 --out DIR/empty":             "no line",
		"compare --data DIR/d --sweeps 2 --out DIR/c":                 "sweeps = [1], not [2]",
		"compare --data DIR/d --sweeps 1 --seed 2 --out DIR/c":        "seed = 1, not 2",
		"compare --data DIR/e --sweeps 1 --out DIR/c":                 "data = ",
		"compare --data DIR/d --times 1ms --out DIR/c":                "effort = ",
		"compare --data DIR/d --times 1ms --out DIR/t":                "2 dataset(s), not 1",
		"compare --data DIR/d DIR/e --times 2ms --out DIR/t":          "times_ms = [1], not [2]",
		"demo --out DIR/mine-results.csv":                             "which no demo wrote",
		"demo --out DIR/c":                                            "which no demo wrote",
	} {
		code, stdout, stderr := call(t.Context(), dir, line)
		if code != exitFailure || stdout != "" || !strings.Contains(stderr, want) || !strings.Contains(stderr, "choose another folder with --out") {
			t.Errorf("%s: code %d, %q, %q, want %q", line, code, stdout, stderr, want)
		}
	}
	if names := changed(before, snapshot(t, dir)); len(names) > 0 {
		t.Errorf("refused commands changed %q", names)
	}
	for _, line := range []string{
		"compare --data DIR/d --sweeps 1 --workers 1 --out DIR/c", "compare --data DIR/d DIR/e --times 1ms --out DIR/t",
		"compare --data DIR/d --sweeps 2 --force --out DIR/c", "compare --data DIR/d --sweeps 1 --force --out DIR/mine-results.csv",
	} {
		succeed(t, dir, line)
	}
}

// Files whose size nothing justifies are refused unread, in one line with name, size and
// limit.
func TestHugeFiles(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, "convert sample:cube-gauss-4 DIR/i.rud")
	heads := map[string]string{
		"proof": `{"format":"spinlearn certificate v1","program":"`, "other": `{"format":"spinlearn x","a":"`, "spins.npy": "\x93NUMPY\x01\x00", "spins": "1\n",
		"cmp/results.jsonl": `{"program":"`, "d/dataset.json": `{"format":"spinlearn dataset v1"`, "m/model.safetensors": "\x40\x00\x00\x00\x00\x00\x00\x00{",
	}
	succeed(t, dir, "generate --shape 4x4 --count 3 --out DIR/long")
	shard, err := os.ReadFile(filepath.Join(dir, "long", "part-00000.npz"))
	if err != nil {
		t.Fatal(err)
	}
	heads["long/part-00000.npz"] = string(shard)
	for name, head := range heads {
		write(t, filepath.Join(dir, name), head)
		if err := os.Truncate(filepath.Join(dir, name), 3_000_000_000); err != nil {
			t.Skip(err)
		}
	}
	for _, line := range []string{
		"verify DIR/i.rud DIR/proof", "inspect DIR/proof --instance DIR/i.rud", "inspect DIR/proof", "inspect DIR/other", "inspect DIR/cmp", "inspect DIR/d", "inspect DIR/long", "inspect DIR/m",
		"solve DIR/i.rud --method anneal --start DIR/spins", "solve DIR/i.rud --method refine --start DIR/spins.npy", "predict sample:torus-pm-16 --model DIR/m",
		"compare --data DIR/d --out DIR/c", "train --data DIR/d --out DIR/n",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		code, stdout, stderr := call(t.Context(), dir, line)
		runtime.ReadMemStats(&after)
		if code != exitFailure || stdout != "" || strings.Count(stderr, "\n") != 1 || !regexp.MustCompile(dir+`/\S+ .*at most \d+`).MatchString(stderr) {
			t.Errorf("%s: code %d, %q, %q", line, code, stdout, stderr)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 { // 8 MiB are usual under the race detector
			t.Errorf("%s: %d MiB allocated", line, n>>20)
		}
	}
	if out := succeed(t, dir, "verify sample:torus-pm-32 sample:torus-pm-32"); !strings.HasPrefix(out, "proven") {
		t.Error(out)
	}
}

// What a killed program left of an output goes when the output is written again.
func TestTemporaryFilesGo(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, "convert sample:torus-gauss-16 DIR/i.spin")
	for line, name := range map[string]string{
		"solve DIR/i.spin --out DIR/o/spins2":               "spins2",
		"solve DIR/i.spin --certificate DIR/o/proof.json":   "proof.json",
		"predict DIR/i.spin --out DIR/o/spins.npy":          "spins.npy",
		"convert DIR/i.spin DIR/o/i.rud":                    "i.rud",
		"inspect DIR/i.spin --plot DIR/o/plot.png":          "plot.png",
		"bench DIR/i.spin --sweeps 1 --out DIR/o/bench.svg": "bench.svg",
	} {
		left := filepath.Join(dir, "o", "."+name+"1234567890123456789")
		write(t, left, "half")
		succeed(t, dir, line)
		if _, err := os.Stat(left); err == nil {
			t.Errorf("%s: %s is still there", line, left)
		}
	}
}

// An interrupt ends a command that waits for a file.
func TestInterruptedReading(t *testing.T) {
	dir := t.TempDir()
	if err := makeFIFO(filepath.Join(dir, "fifo")); err != nil {
		t.Skip(err)
	}
	for _, line := range []string{"verify sample:cube-pm-4 DIR/fifo", "solve sample:cube-pm-4 --method anneal --start DIR/fifo"} {
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, interrupt)
		code, _, stderr := call(ctx, dir, line)
		if code != exitInterrupted || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: code %d, %q", line, code, stderr)
		}
	}
}
