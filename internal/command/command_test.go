package command

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spinlearn/cnn"
	"spinlearn/data/samples"
	"spinlearn/internal/base/stats"
	"spinlearn/internal/experiment"
	"spinlearn/solver/methods"
)

// call runs a command line, with DIR standing for a folder.
func call(ctx context.Context, dir, line string) (code int, stdout, stderr string) {
	args := strings.Fields(line)
	for i, a := range args {
		args[i] = strings.ReplaceAll(strings.ReplaceAll(a, "DIR", dir), "EMPTY", "")
	}
	var out, err bytes.Buffer
	code = execute(ctx, args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

func succeed(t *testing.T, dir, line string) string {
	t.Helper()
	code, stdout, stderr := call(t.Context(), dir, line)
	if code != exitOK {
		t.Fatalf("%s: code %d, %s", line, code, stderr)
	}
	return stdout
}

// snapshot returns the content of every file below a folder.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[name] = "folder"
		if !e.IsDir() {
			b, err := os.ReadFile(path)
			files[name] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// changed lists the files that differ.
func changed(a, b map[string]string) []string {
	var names []string
	for name, text := range a {
		if other, ok := b[name]; !ok || other != text {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

const (
	generateLine = "generate --shape 6x6 --boundary cylinder --solver exact --count 20 --shard 8 "
	trainLine    = "train --data DIR/d --validation DIR/v --validation-count 6 --channels 2 --blocks 1 --batch 4 --pool 8 --steps 25 --warmup 5 --validate-every 10 --checkpoint-every 10 "
)

// newWorld makes the folders that most tests work on: datasets d, v (another seed)
// and cube, a run m, an unfinished run, and a folder with a stranger's notes.
func newWorld(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	succeed(t, dir, generateLine+"--out DIR/d")
	succeed(t, dir, generateLine+"--seed 2 --out DIR/v")
	succeed(t, dir, "generate --shape 3x3x3 --count 4 --sweeps 5 --reads 1 --out DIR/cube")
	succeed(t, dir, trainLine+"--out DIR/m")
	if err := os.CopyFS(filepath.Join(dir, "unfinished"), os.DirFS(filepath.Join(dir, "m"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "unfinished", "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "foreign", "notes"), "mine")
	write(t, filepath.Join(dir, "file"), "text")
	write(t, filepath.Join(dir, "i.rud"), "4 3\n1 2 -1\n2 3 1\n4 3 0.5\n")
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestHelp(t *testing.T) {
	for line, want := range map[string]string{
		"":                                  "COMMANDS:",
		"help":                              "COMMANDS:",
		"help help":                         "COMMANDS:",
		"help --help":                       "COMMANDS:",
		"help solve":                        "--time-limit",
		"solve help":                        "--time-limit",
		"train help":                        "--learning-rate",
		"solve FILE -h":                     "--time-limit",
		"solve --out x FILE --bogus --help": "--time-limit",
		"solve FILE --out -h":               "--time-limit",
		"verify A B -help":                  "certificate",
		"--help":                            "COMMANDS:",
		"-h":                                "COMMANDS:",
		"--version":                         Version,
		"generate --help":                   "--dilution",
		"train --help":                      "--learning-rate",
		"compare --help":                    "--models",
		"demo --help":                       "--workers",
		"demo -h":                           "--workers",
		"reproduce -h":                      "standard",
		"convert --help":                    "--out-sign",
		"inspect --help":                    "--plot",
		"completion -h":                     "bash",
		"man --help":                        "spinlearn.1",
		"samples --help":                    "sample:torus-gauss-16",
		"version --help":                    "--json",
	} {
		t.Run(line, func(t *testing.T) {
			code, stdout, stderr := call(t.Context(), "", line)
			if code != exitOK || stderr != "" || !strings.Contains(stdout, want) {
				t.Errorf("code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

// A kernel that cannot be had is refused in one line. The variable is read when the
// program starts, so each case is a program of its own: this test again, which runs a
// command line in place of itself.
func TestForcedKernel(t *testing.T) {
	const child = "SPINLEARN_TEST_ARGUMENTS"
	if line := os.Getenv(child); line != "" {
		os.Exit(Run(strings.Fields(line), os.Stdin, os.Stdout, os.Stderr))
	}
	dir := t.TempDir()
	call := func(kernel, line string) (int, string) {
		c := exec.Command(os.Args[0], "-test.run", "^TestForcedKernel$")
		c.Env = append(os.Environ(), "SPINLEARN_KERNEL="+kernel, child+"="+strings.ReplaceAll(line, "DIR", dir))
		out, err := c.CombinedOutput()
		if err != nil && !errors.As(err, new(*exec.ExitError)) {
			t.Fatal(err)
		}
		return c.ProcessState.ExitCode(), string(out)
	}
	if code, out := call("portable", generateLine+"--out DIR/d"); code != exitOK {
		t.Fatal(out)
	}
	before := snapshot(t, dir)
	for _, line := range []string{"train --data DIR/d --out DIR/x", "compare --data DIR/d --out DIR/x", "demo --out DIR/x", generateLine + "--out DIR/x"} {
		code, out := call("sse9", line)
		if code != exitUsage || strings.Count(out, "\n") != 1 || !strings.Contains(out, `SPINLEARN_KERNEL = "sse9"`) || !strings.Contains(out, "portable") {
			t.Errorf("%s: code %d, %q", line, code, out)
		}
	}
	if names := changed(before, snapshot(t, dir)); len(names) > 0 {
		t.Errorf("changed %q", names)
	}
	if code, out := call("portable", "train --data DIR/d --channels 2 --blocks 1 --batch 4 --pool 8 --steps 5 --out DIR/x"); code != exitOK {
		t.Errorf("portable: code %d, %s", code, out)
	}
}

// TestRefusals requires of each mistake one line on stderr that names it, nothing on
// stdout, and no change of any file.
func TestRefusals(t *testing.T) {
	dir := newWorld(t)
	flipped, cut, misshapen, incomplete := filepath.Join(dir, "flipped"), filepath.Join(dir, "cut"), filepath.Join(dir, "misshapen"), filepath.Join(dir, "incomplete")
	for _, d := range []string{flipped, cut, misshapen, incomplete} {
		if err := os.CopyFS(d, os.DirFS(filepath.Join(dir, "d"))); err != nil {
			t.Fatal(err)
		}
	}
	edit(t, filepath.Join(flipped, "part-00000.npz"), func(s string) string { return s[:500] + string(s[500]^1) + s[501:] })
	edit(t, filepath.Join(cut, "part-00000.npz"), func(s string) string { return s[:len(s)/2] })
	edit(t, filepath.Join(misshapen, "dataset.json"), func(s string) string { return strings.Replace(s, "6,", "1,", 1) })
	edit(t, filepath.Join(incomplete, "dataset.json"), func(s string) string { return strings.Replace(unsealed(s), `"count": 20`, `"count": 24`, 1) })
	// The last shard of 24 is full, so it has to go.
	edit(t, filepath.Join(incomplete, "dataset.json"), func(s string) string {
		return regexp.MustCompile(`(?s),\s*\{\s*"file": "part-00002.npz".*?\}`).ReplaceAllString(s, "")
	})
	write(t, filepath.Join(dir, "garbled", "dataset.json"), "{")
	edit(t, filepath.Join(dir, "unfinished", "metrics.jsonl"), func(string) string { return "" })
	if err := os.CopyFS(filepath.Join(dir, "oddmetrics"), os.DirFS(filepath.Join(dir, "m"))); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(dir, "oddmetrics", "metrics.jsonl"), func(s string) string { return "odd\n" + s })
	write(t, filepath.Join(dir, "proof.json"), string(samples.All()[7].Certificate()))
	write(t, filepath.Join(dir, "half.json"), string(samples.All()[7].Certificate()[:400]))
	before := snapshot(t, dir)

	for _, c := range []struct {
		line string
		code int
		want string // in the line, all words
	}{
		{"frobnicate", 2, `unknown command "frobnicate"`},
		{"help slove", 2, `unknown command "slove"; did you mean solve?`},
		{"slove x", 2, `unknown command "slove"; did you mean solve?`},
		{"solve x --metod anneal", 2, "unknown flag --metod; did you mean --method?; see spinlearn solve --help"},
		{"solve x --json=maybe", 2, `--json = "maybe"`},
		{"solve x --out", 2, "--out lacks its value"},
		{"solve x --out --json", 2, "--out lacks its value"},
		{"solve --out x", 2, "FILE is missing"},
		{"--frobnicate", 2, "-frobnicate"},
		{"generate --frobnicate", 2, "-frobnicate generate --help"},
		{"train --frobnicate", 2, "-frobnicate train --help"},
		{"compare --frobnicate", 2, "-frobnicate compare --help"},
		{"demo --frobnicate", 2, "-frobnicate demo --help"},
		{"reproduce --frobnicate", 2, "-frobnicate reproduce --help"},

		{"generate", 2, "--out is missing"},
		{"generate help --out DIR/x", 2, `"help"`},
		{"generate --out DIR/x --couplings gauss", 2, `--couplings = "gauss" did you mean gaussian?`},
		{"generate --out DIR/x --negative 0", 2, "--negative has no effect on --couplings gaussian"},
		{"generate --out", 2, "-out"},
		{"generate --out EMPTY", 2, "--out is empty"},
		{"generate --out DIR/x extra", 2, `"extra"`},
		{"generate extra --out DIR/x", 2, `"extra"`},
		{"generate --out DIR/x --shape 16x", 2, `--shape "16x"`},
		{"generate --out DIR/x --shape 16", 2, "shape 16 axes"},
		{"generate --out DIR/x --shape 1x5", 2, "shape 1x5"},
		{"generate --out DIR/x --shape -4x4", 2, `shape "-4x4"`},
		{"generate --out DIR/x --shape 99999x99999", 2, "shape 99999x99999"},
		{"generate --out DIR/x --shape EMPTY", 2, "--shape is empty"},
		{"generate --out DIR/x --boundary torus", 2, `boundary "torus"`},
		{"generate --out DIR/x --boundary free,periodc", 2, "did you mean periodic?"},
		{"generate --out DIR/x --boundary free,free,free", 2, `boundary "free,free,free"`},
		{"generate --out DIR/x --couplings foo", 2, `couplings "foo"`},
		{"generate --out DIR/x --negative 0.3", 2, "--negative --couplings gaussian; pm"},
		{"generate --out DIR/x --couplings pm --negative 1.5", 2, "negative = 1.5"},
		{"generate --out DIR/x --negative x", 2, `"x" -negative`},
		{"generate --out DIR/x --dilution NaN", 2, "dilution NaN"},
		{"generate --out DIR/x --sweeps -1", 2, "--sweeps = -1"},
		{"generate --out DIR/x --reads 0", 2, "--reads = 0"},
		{"generate --out DIR/x --count 0", 2, "--count = 0"},
		{"generate --out DIR/x --shard 0", 2, "--shard = 0"},
		{"generate --out DIR/x --workers 0", 2, "--workers = 0"},
		{"generate --out DIR/x --seed -1", 2, "--seed = -1, 18446744073709551615"},
		{"generate --out DIR/x --solver foo", 2, `--solver "foo"`},
		{"generate --out DIR/x --solver exact --shape 201x200", 2, "--solver exact 201x200"},
		{"generate --out DIR/x --solver exact --shape 6x6x6", 2, "--solver exact 6x6x6"},
		{"generate --out DIR/x --solver exact --shape 30x30 --boundary torus", 2, `boundary "torus"`},
		{"generate --out DIR/x --solver exact --sweeps 5", 2, "--sweeps exact"},
		{"generate --out DIR/x --walls --solver anneal", 2, "--walls --solver exact anneal"},
		{"generate --out DIR/x --walls --shape 3x3x3", 2, "--walls two dimensions 3x3x3"},
		{"generate --out DIR/foreign", 1, "DIR/foreign notes"},
		{"generate --out DIR/file", 1, "DIR/file not a directory"},
		{"generate --out DIR/garbled", 1, "DIR/garbled/dataset.json"},
		{generateLine + "--count 21 --out DIR/d", 1, "DIR/d count 20 21"},
		{"generate --out DIR/m", 1, "DIR/m holds"},
		{generateLine + "--out DIR/flipped", 1, "DIR/flipped/part-00000.npz checksum"},

		{"train", 2, "--data is missing"},
		{"train --data DIR/d", 2, "--out is missing"},
		{"train --data EMPTY --out DIR/x", 2, "--data is empty"},
		{"train --data DIR/d --out EMPTY", 2, "--out is empty"},
		{trainLine + "--out DIR/x extra", 2, `"extra"`},
		{trainLine + "--out DIR/x --loss foo", 2, `loss = "foo" cross-entropy`},
		{trainLine + "--out DIR/x --loss EMPTY", 2, "--loss is empty"},
		{trainLine + "--out DIR/x --target foo", 2, `target = "foo"`},
		{"train --data DIR/d --out DIR/x --target site --loss boltzmann", 2, `"boltzmann" site`},
		{"train --data DIR/d --out DIR/x --target site --pool 4", 2, "--pool has no effect on --target site"},
		{trainLine + "--out DIR/x --steps -3", 2, "steps = -3"},
		{trainLine + "--out DIR/x --steps 0", 2, "--steps = 0"},
		{trainLine + "--out DIR/x --warmup 0", 2, "--warmup = 0"},
		{trainLine + "--out DIR/x --channels 0", 2, "--channels = 0, want 1 to 1024"},
		{trainLine + "--out DIR/x --steps 1.5", 2, `--steps = 1.5, want a whole number`},
		{trainLine + "--out DIR/x --clip 0", 2, "--clip = 0"},
		{trainLine + "--out DIR/x --visits 0", 2, "--visits = 0"},
		{trainLine + "--out DIR/x --pool 0", 2, "--pool = 0"},
		{trainLine + "--out DIR/x --patience -1", 2, "--patience = -1"},
		{trainLine + "--out DIR/x --loss margin --margin 0", 2, "--margin = 0"},
		{trainLine + "--out DIR/x --loss local-energy --offset -1", 2, "--offset = -1"},
		{trainLine + "--out DIR/x --loss local-energy --temperature -1", 2, "--temperature = -1"},
		{"train --data DIR/d --out DIR/x --target site --loss local-energy --cost flip", 2, "--cost has no effect on --target site"},
		{trainLine + "--out DIR/x --learning-rate 0", 2, "--learning-rate = 0"},
		{trainLine + "--out DIR/x --learning-rate -1", 2, "learning-rate = -1"},
		{trainLine + "--out DIR/x --workers 0", 2, "--workers = 0"},
		{trainLine + "--out DIR/x --workers -2", 2, "workers = -2"},
		{trainLine + "--out DIR/x --margin 2", 2, "--margin has no effect on --loss cross-entropy"},
		{trainLine + "--out DIR/x --loss boltzmann --temperature NaN", 2, "temperature NaN"},
		{trainLine + "--out DIR/x --loss boltzmann --cost wall", 1, "--cost wall DIR/d"},
		{trainLine + "--out DIR/x --cost flip", 2, "--cost has no effect on --loss cross-entropy; local-energy and boltzmann"},
		{trainLine + "--out DIR/x --loss boltzmann --cost hill", 2, `cost = "hill"`},
		{trainLine + "--out DIR/x --pool 2", 2, "pool = 2 batch"},
		{trainLine + "--out DIR/x --channels 100000", 2, "spinlearn: --channels = 100000, want 1 to 1024"},
		{trainLine + "--out DIR/x --validation-count -1", 2, "--validation-count = -1"},
		{"train --data DIR/d --out DIR/x --patience 2", 2, "--patience --validation"},
		{"train --data DIR/d --out DIR/x --validate-every 2", 2, "--validate-every --validation"},
		{"train --data DIR/d --out DIR/x --offset 0", 2, "--offset has no effect on --loss cross-entropy; local-energy"},
		{"train --data DIR/d --out DIR/x --target site --visits 4", 2, "--visits --target site"},
		{"train --data DIR/d --out DIR/x --loss boltzman", 2, "did you mean boltzmann?"},
		{"train --data DIR/none --out DIR/x", 1, "DIR/none"},
		{"train --data DIR/d --validation DIR/none --out DIR/x", 1, "DIR/none"},
		{"train --data DIR/cube --out DIR/x", 1, "DIR/cube 3x3x3"},
		{"train --data DIR/d --validation DIR/cube --out DIR/x", 1, "DIR/cube 3x3x3"},
		{"train --data DIR/incomplete --out DIR/x", 1, "DIR/incomplete 16 of 24"},
		{"train --data DIR/d --validation DIR/incomplete --out DIR/x", 1, "DIR/incomplete 16 of 24"},
		{"train --data DIR/misshapen --out DIR/x", 1, "DIR/misshapen/dataset.json 1x6"},
		{"train --data DIR/d --validation DIR/flipped --out DIR/x", 1, "DIR/flipped/part-00000.npz checksum"},
		{trainLine + "--out DIR/foreign", 1, "DIR/foreign notes"},
		{trainLine + "--out DIR/foreign --resume", 1, "DIR/foreign notes"},
		{trainLine + "--out DIR/d", 1, "DIR/d dataset.json"},
		{trainLine + "--out DIR/file", 1, "DIR/file"},
		{trainLine + "--out DIR/m", 1, "DIR/m --resume"},
		{trainLine + "--out DIR/m --resume --seed 3", 1, "DIR/m seed = 1 3"},
		{trainLine + "--out DIR/m --resume --loss margin", 1, `DIR/m loss "cross-entropy" "margin"`},
		{strings.Replace(trainLine, "DIR/d", "DIR/v", 1) + "--out DIR/m --resume", 1, "DIR/m data"},

		{"compare", 2, "--data is missing"},
		{"compare --data DIR/d", 2, "--out is missing"},
		{"compare --data DIR/d --out DIR/x extra", 2, `"extra"`},
		{"compare --data DIR/d --out DIR/x --models", 2, "-models"},
		{"compare --data DIR/d --models --out DIR/x", 2, "-models"},
		{"compare --data DIR/d --models EMPTY --out DIR/x", 2, "-models"},
		{"compare --data DIR/d --models DIR/m DIR/./m/ --out DIR/x", 2, "--models DIR/./m/ twice"},
		{"compare --data DIR/d --out DIR/x --passes 0", 2, "--passes = 0"},
		{"compare --data DIR/d --out DIR/x --passes 1,x", 2, `"1,x" -passes`},
		{"compare --data DIR/d --out DIR/x --passes 2,2", 2, "--passes 2 twice"},
		{"compare --data DIR/d --out DIR/x --sweeps -5", 2, "--sweeps = -5"},
		{"compare --data DIR/d --out DIR/x --limit -1", 2, "--limit = -1"},
		{"compare --data DIR/d --out DIR/x --workers 0", 2, "--workers = 0"},
		{"compare --data DIR/d --out DIR/x --instance -1", 2, "--instance = -1"},
		{"compare --data DIR/d --out DIR/x --instance 64", 2, "--instance = 64"},
		{"compare --data DIR/d --models DIR/m --out DIR/x --limit 5 --instance 5", 2, "--instance = 5 5 instances"},
		{"compare --data DIR/d --out DIR/x --instance 0", 2, "--instance --models"},
		{"compare --data DIR/d --out DIR/x --passes 1", 2, "--passes --models"},
		{"compare --data DIR/d --out DIR/x --effort 0", 2, "--effort = 0"},
		{"compare --data DIR/d --out DIR/x --times 1ms --times 0.001", 2, "--times 1ms twice"},
		{"compare --data DIR/d DIR/v --out DIR/x", 2, "--data 2 datasets --times"},
		{"compare --data DIR/d --data DIR/./d --times 1ms --out DIR/x", 2, "--data DIR/./d twice"},
		{"compare --data --times 1ms --out DIR/x", 2, "-data"},
		{"compare --data DIR/d --out DIR/x --times EMPTY", 2, "--times is empty"},
		{"compare --data DIR/d --out DIR/x --times 1ms,fast", 2, `--times "fast"`},
		{"compare --data DIR/d --out DIR/x --times 1ms,-1s", 2, `--times "-1s"`},
		{"compare --data DIR/d --out DIR/x --times 1s,1000ms", 2, "--times 1s twice"},
		{"compare --data DIR/d --out DIR/x --times 1ms --sweeps 5", 2, "--sweeps --times"},
		{"compare --data DIR/d --out DIR/x --times 1ms --passes 1", 2, "--passes --times"},
		{"compare --data DIR/d --out DIR/x --times 1ms --workers 2", 2, "--workers --times"},
		{"compare --data DIR/d --out DIR/x --times 1ms --instance 1", 2, "--instance --times"},
		{"compare --data DIR/d DIR/none --times 1ms --out DIR/x", 1, "DIR/none"},
		{"compare --data DIR/d DIR/incomplete --times 1ms --out DIR/x", 1, "DIR/incomplete 16 of 24"},
		{"compare --data DIR/d DIR/flipped --times 1ms --out DIR/x", 1, "DIR/flipped/part-00000.npz checksum"},
		{"compare --data DIR/d DIR/cube --models DIR/m --times 1ms --out DIR/x", 1, "DIR/cube 3x3x3"},
		{"compare --data DIR/d --times 1ms --out DIR/foreign", 1, "DIR/foreign notes"},
		{"compare --data DIR/none --out DIR/x", 1, "DIR/none"},
		{"compare --data DIR/m --out DIR/x", 1, "DIR/m/dataset.json"},
		{"compare --data DIR/incomplete --out DIR/x", 1, "DIR/incomplete 16 of 24"},
		{"compare --data DIR/misshapen --out DIR/x", 1, "DIR/misshapen/dataset.json 1x6"},
		{"compare --data DIR/flipped --sweeps 1 --out DIR/x", 1, "DIR/flipped/part-00000.npz checksum"},
		{"compare --data DIR/cut --sweeps 1 --out DIR/x", 1, "DIR/cut/part-00000.npz checksum"},
		{"compare --data DIR/d --models DIR/none --out DIR/x", 1, "--models DIR/none"},
		{"compare --data DIR/d --models DIR/d --out DIR/x", 1, "--models DIR/d"},
		{"compare --data DIR/d --models DIR/unfinished --out DIR/x", 1, "--models DIR/unfinished not ended"},
		{"compare --data DIR/d --models DIR/m DIR/file --out DIR/x", 1, "DIR/file"},
		{"compare --data DIR/d --models DIR/oddmetrics --out DIR/x", 1, "DIR/oddmetrics/metrics.jsonl:1"},
		{"compare --data DIR/cube --models DIR/m --out DIR/x", 1, "DIR/cube 3x3x3"},
		{"compare --data DIR/d --sweeps 1 --out DIR/foreign", 1, "DIR/foreign notes"},
		{"compare --data DIR/d --sweeps 1 --out DIR/m", 1, "DIR/m holds"},
		{"compare --data DIR/d --sweeps 1 --out DIR/file", 1, "DIR/file"},

		{"convert", 2, "IN is missing"},
		{"convert DIR/i.rud", 2, "OUT is missing"},
		{"convert DIR/i.rud DIR/x.coo extra", 2, `"extra"`},
		{"convert DIR/i.rud DIR/x.foo", 2, "--to is missing DIR/x.foo"},
		{"convert DIR/i.rud DIR/x.coo --to foo", 2, `--to "foo" edgelist`},
		{"convert DIR/i.rud DIR/x.coo --to EMPTY", 2, "--to is empty"},
		{"convert DIR/i.rud DIR/x.coo --from foo", 2, `--from "foo"`},
		{"convert DIR/i.rud DIR/x.coo --sign foo", 2, `--sign "foo" plus minus`},
		{"convert DIR/i.rud DIR/x.coo --frobnicate", 2, "-frobnicate convert --help"},
		{"convert DIR/i.rud DIR/x.spin --out-sign plus", 2, "--out-sign sign plus spinlearn"},
		{"convert DIR/none DIR/x.coo", 1, "DIR/none"},
		{"convert DIR/file DIR/x.coo", 1, "DIR/file:1: header"},
		{"convert DIR/i.rud DIR/x.coo --from qubo", 1, "DIR/i.rud:1: no header"},
		{"convert DIR/i.rud DIR/none/x.coo", 1, "DIR/none"},
		{"convert DIR/i.rud DIR/m --to coo", 1, "DIR/m folder"},
		{"convert DIR/i.rud DIR/x.coo --instance 1", 2, "--instance DIR/i.rud"},
		{"convert DIR/d DIR/x.coo --instance 20", 2, "--instance = 20 DIR/d 19"},
		{"convert DIR/d DIR/x.coo --instance -1", 2, "--instance = -1"},
		{"convert DIR/i.rud DIR/x.coo --to edgelst", 2, "did you mean edgelist?"},
		{"convert DIR/d DIR/x.coo --sign minus", 2, "--sign DIR/d dataset"},
		{"convert DIR/flipped DIR/x.coo", 1, "DIR/flipped/part-00000.npz checksum"},
		{"convert DIR/foreign DIR/x.coo", 1, "DIR/foreign holds no dataset"},
		{"convert DIR/m DIR/x.coo", 1, "DIR/m is no instance file but of kind run"},

		{"solve sample:cube-pm-4 --out DIR/m", 1, "DIR/m is a folder"},
		{"solve sample:cube-pm-4 --certificate DIR/none/x.json", 1, "DIR/none/x.json folder DIR/none"},
		{"solve sample:cube-pm-4 --out sample:x", 2, "sample:x samples"},
		{"solve DIR/d", 1, "DIR/d is no instance file dataset"},
		{"solve DIR/proof.json", 1, "DIR/proof.json certificate"},
		{"solve DIR/m/model.safetensors", 1, "DIR/m/model.safetensors of kind model"},
		{"solve DIR/foreign", 1, "DIR/foreign is a folder, want an instance file"},
		{"verify DIR/proof.json sample:cube-gauss-4", 1, "DIR/proof.json is no instance file"},
		{"verify sample:cube-pm-4 DIR/i.rud", 1, "DIR/i.rud: byte 1: number, want the JSON object"},
		{"inspect sample:torus-pm-16 --plot DIR/x.foo", 2, `--plot DIR/x.foo ".foo"`},
		{"inspect sample:torus-pm-16 --plot DIR/none/x.png", 1, "DIR/none/x.png folder"},
		{"samples extra", 2, `"extra"`},
		{"samples --frobnicate", 2, "-frobnicate samples --help"},
		{"version extra", 2, `"extra"`},
		{"solve sample:nowhere", 2, "sample:nowhere no such sample spinlearn samples"},
		{"solve sample:torus-gaus-16", 2, "did you mean sample:torus-gauss-16? spinlearn samples"},
		{"solve sample:", 2, "sample: spinlearn samples"},
		{"inspect sample:nowhere", 2, "sample:nowhere no such sample spinlearn samples"},
		{"convert sample:nowhere DIR/x.rud", 2, "sample:nowhere no such sample spinlearn samples"},
		{"convert sample:cube-pm-4 DIR/x.rud --instance 0", 2, "--instance sample:cube-pm-4"},
		{"verify sample:nowhere DIR/proof.json", 2, "sample:nowhere no such sample spinlearn samples"},
		{"verify sample:cube-pm-4 sample:nowhere", 2, "sample:nowhere no such sample spinlearn samples"},
		{"verify sample:cube-pm-4 sample:cube-pm-5", 1, "sample:cube-pm-5 certificate rejected"},
		{"verify sample:cube-pm-4 DIR/m", 1, "DIR/m directory"},
		{"inspect DIR/proof.json --instance sample:cube-pm-5", 1, "DIR/proof.json certificate rejected"},
		{"inspect DIR/proof.json --instance DIR/none", 1, "DIR/none"},
		{"inspect DIR/proof.json --plot DIR/x.png", 2, "--plot DIR/proof.json certificate"},
		{"inspect DIR/proof.json --sign plus", 2, "--sign DIR/proof.json certificate"},
		{"inspect DIR/i.rud --instance sample:cube-pm-5", 2, "--instance certificates DIR/i.rud"},
		{"inspect DIR/half.json", 1, "DIR/half.json byte ends"},

		{"completion", 2, "SHELL is missing"},
		{"completion tcsh", 2, `"tcsh" bash zsh fish`},
		{"completion bsh", 2, "did you mean bash?"},
		{"man 1", 2, `"1"`},

		{"inspect", 2, "FILE is missing"},
		{"inspect DIR/d DIR/m", 2, "unexpected DIR/m"},
		{"inspect DIR/none", 1, "DIR/none"},
		{"inspect DIR/foreign", 1, "DIR/foreign holds no dataset"},
		{"inspect DIR/unfinished", 1, "DIR/unfinished holds no dataset"},
		{"inspect DIR/file", 1, "DIR/file:1: header"},
		{"inspect DIR/flipped", 1, "DIR/flipped/part-00000.npz checksum"},
		{"inspect DIR/d --plot DIR/x.png", 2, "--plot DIR/d dataset"},
		{"inspect DIR/i.rud --from foo", 2, `--from "foo"`},
		{"inspect DIR/i.rud --plot DIR/x.png", 1, "DIR/i.rud --plot graph"},

		{"predict", 2, "FILE is missing"},
		{"predict DIR/none", 1, "DIR/none"},
		{"predict DIR/d", 1, "DIR/d is no instance file dataset"},
		{"predict sample:cube-pm-4", 1, "4x4x4 two"},
		{"predict sample:torus-pm-16 --model DIR/none", 1, "--model DIR/none no run"},
		{"predict sample:torus-pm-16 --model DIR/foreign", 1, "--model DIR/foreign no run"},
		{"predict sample:torus-pm-16 --passes 0", 2, "--passes = 0"},
		{"predict sample:torus-pm-16 --effort -1", 2, "--effort = -1"},
		{"predict sample:torus-pm-16 --workers 0", 2, "--workers = 0"},
		{"predict sample:torus-pm-16 --start DIR/none", 1, "DIR/none"},
		{"predict sample:torus-pm-16 --start DIR/i.rud", 1, "DIR/i.rud:1: 1 or -1"},
		{"predict sample:torus-pm-16 --out DIR/m", 1, "DIR/m is a folder"},
		{"solve sample:torus-pm-16 --method model --time-limit 1s", 2, "--time-limit --method"},
		{"solve sample:torus-pm-16 --method temper --start DIR/i.rud", 2, "--start --method"},

		{"predict sample:torus-pm-16 --effort 0 --seed 3", 2, "--seed --effort"},
		{"solve sample:torus-pm-16 --reads 4", 2, "--reads wants --method anneal or temper"},
		{"solve sample:torus-pm-16 --seed 4", 2, "--seed wants --method anneal, temper, refine or model"},
		{"solve sample:torus-pm-16 --reads 4 --method exact", 2, "--reads has no effect on --method exact; it belongs to anneal and temper"},
		{"solve sample:torus-pm-16 --seed 1 --method exact", 2, "--seed has no effect on --method exact"},
		{"solve sample:torus-pm-16 --workers 1 --method refine", 2, "--workers has no effect on --method refine"},
		{"solve sample:torus-pm-16 --target-energy 0 --method exact", 2, "--target-energy --method exact"},
		{"solve sample:torus-pm-16 --target-energy 0", 2, "--target-energy wants --method anneal or temper"},
		{"solve sample:torus-pm-16 --certificate DIR/x --method temper", 2, "--certificate has no effect on --method temper"},
		{"solve sample:torus-pm-16 --method anneal --reads 0", 2, "--reads = 0, 1"},
		{"solve sample:torus-pm-16 --method anneal --sweeps 0", 2, "--sweeps = 0, 1"},
		{"solve sample:torus-pm-16 --method anneal --workers 0", 2, "--workers = 0, 1"},
		{"solve sample:torus-pm-16 --method anneal --target-energy Inf", 2, `--target-energy = "Inf"`},
		{"solve sample:torus-pm-16 --method anneal --engine lane", 2, "did you mean lanes?"},
		{"solve sample:torus-pm-16 --method temper --reads 1048576", 2, "--reads = 1048576, want"},
		{"solve sample:cube-gauss-5 --method anneal --engine bipartite", 2, "spinlearn: --engine = bipartite: the sites"},
		{"predict sample:torus-pm-16 --model DIR/m --effort 9999999999999999999999", 2, `--effort = 9999999999999999999999`},
		{"solve sample:torus-pm-16 --time-limit 0", 2, "--time-limit = 0, above 0"},
		{"solve sample:torus-pm-16 --time-limit -5", 2, "--time-limit = -5, above 0"},
		{"solve sample:torus-pm-16 --time-limit 1e300", 2, `--time-limit = "1e300"`},
		{"solve sample:torus-pm-16 --time-limit NaN", 2, `--time-limit = "NaN"`},
		{"solve sample:torus-pm-16 --time-limit 5x", 2, `--time-limit = "5x" 1m30s`},
		{"solve sample:torus-pm-16 --json --out -", 2, "only one of --json and --out - standard output"},
		{"solve sample:torus-pm-16 --out - --certificate -", 2, "--out - and --certificate - standard output"},
		{"predict sample:torus-pm-16 --json --out -", 2, "only one of --json and --out - standard output"},
		{"solve - --method anneal --start -", 2, "the file and --start standard input"},
		{"predict - --start -", 2, "the file and --start standard input"},
		{"verify - -", 2, "two standard input"},
		{"inspect - --instance -", 2, "the file and --instance standard input"},
		{"inspect DIR/i.rud --instance DIR/i.rud", 2, "certificates and spins"},
		{"solve -", 1, "standard input:1:"},
		{"verify sample:torus-pm-16 -", 1, "standard input"},
		{"convert - -", 2, "--to is missing"},

		{"demo extra", 2, `"extra"`},
		{"demo --out EMPTY", 2, "--out is empty"},
		{"demo --out DIR/x --workers 0", 2, "--workers = 0"},
		{"demo --out DIR/foreign", 1, "DIR/foreign notes"},
		{"demo --out DIR/file", 1, "DIR/file"},

		{"reproduce", 2, "--out is missing"},
		{"reproduce --out EMPTY", 2, "--out is empty"},
		{"reproduce --out DIR/x extra", 2, `"extra"`},
		{"reproduce --out DIR/x --preset slow", 2, `--preset "slow" quick, standard, paper or model`},
		{"reproduce --out DIR/x --preset model --sweep", 2, "--sweep --preset model"},
		{"reproduce --out DIR/x --preset model --seeds 3", 2, "--seeds --preset model"},
		{"reproduce --out DIR/d --preset model", 1, "DIR/d dataset.json"},
		{"reproduce --out DIR/x --preset EMPTY", 2, "--preset is empty"},
		{"reproduce --out DIR/x --seeds 1", 2, "--seeds = 1, want 2"},
		{"reproduce --out DIR/x --seeds 0", 2, "--seeds = 0, want 2"},
		{"reproduce --out DIR/x --seeds x", 2, `"x" -seeds`},
		{"reproduce --out DIR/x --workers 0", 2, "--workers = 0"},
		{"reproduce --out DIR/x --sweep=maybe", 2, `"maybe" -sweep`},
		{"reproduce --out DIR/foreign", 1, "DIR/foreign notes"},
		{"reproduce --out DIR/d", 1, "DIR/d dataset.json"},
		{"reproduce --out DIR/file", 1, "DIR/file"},
	} {
		t.Run(c.line, func(t *testing.T) {
			code, stdout, stderr := call(t.Context(), dir, c.line)
			if code != c.code || stdout != "" {
				t.Errorf("code %d, want %d; stdout %q", code, c.code, stdout)
			}
			if !strings.HasPrefix(stderr, "spinlearn: ") || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
				t.Errorf("stderr is not one line: %q", stderr)
			}
			for word := range strings.FieldsSeq(strings.ReplaceAll(c.want, "DIR", dir)) {
				if !strings.Contains(stderr, word) {
					t.Errorf("stderr %q lacks %q", stderr, word)
				}
			}
			after := snapshot(t, dir)
			if names := changed(before, after); len(names) > 0 {
				t.Errorf("changed %q", names)
				os.RemoveAll(filepath.Join(dir, "x"))
			}
		})
	}

	// What a training run reads comes to light after its folder was made.
	for _, d := range []string{"flipped", "cut"} {
		code, _, stderr := call(t.Context(), dir, "train --data DIR/"+d+" --channels 2 --blocks 1 --batch 4 --steps 5 --out DIR/run-"+d)
		if want := filepath.Join(dir, d, "part-00000.npz") + ": checksum"; code != exitFailure || !strings.Contains(stderr, want) {
			t.Errorf("train on %s: code %d, %s", d, code, stderr)
		}
	}
}

// unsealed removes the checksum from dataset.json, so that it can be edited.
func unsealed(index string) string {
	return regexp.MustCompile(`,\n  "sha256": "\w{64}"\n\}\n$`).ReplaceAllString(index, "\n}\n")
}

func edit(t *testing.T, path string, change func(string) string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := change(string(b))
	if text == string(b) {
		t.Fatalf("%s was not changed", path)
	}
	write(t, path, text)
}

func TestCancelled(t *testing.T) {
	dir := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct{ line, want string }{
		{generateLine + "--out DIR/g", "stopped with 0 of 20 instances written: context canceled; the same command goes on from there"},
		{generateLine + "--out DIR/g", "stopped with 0 of 20"},
		{trainLine + "--out DIR/t", "stopped after step 0: context canceled; the same command with --resume goes on"},
		{trainLine + "--resume --out DIR/t", "stopped after step 0"},
		{"compare --data DIR/d --sweeps 1 --out DIR/c", "stopped: context canceled; nothing was written"},
		{"compare --data DIR/d --models DIR/m --out DIR/c", "stopped: context canceled; nothing was written"},
		{"compare --data DIR/d DIR/v --models DIR/m --times 1ms --out DIR/c", "stopped: context canceled; nothing was written"},
		{"demo --out DIR/demo", "context canceled; the same command goes on from there"},
		{"reproduce --out DIR/study", "context canceled; the same command goes on from there"},
	} {
		code, stdout, stderr := call(ctx, dir, c.line)
		if code != exitInterrupted || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: code %d, stdout %q, stderr %q", c.line, code, stdout, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "c")); err == nil {
		t.Error("a cancelled compare made its folder")
	}
	// The same commands go on, to the bytes of runs that nobody disturbed.
	succeed(t, dir, generateLine+"--out DIR/g")
	succeed(t, dir, trainLine+"--resume --out DIR/t")
	for a, b := range map[string]string{"g": "d", "t": "m"} {
		if names := changed(snapshot(t, filepath.Join(dir, a)), snapshot(t, filepath.Join(dir, b))); len(names) > 0 {
			t.Errorf("%s and %s differ in %q", a, b, names)
		}
	}
}

// interruptAfter is a writer that ends a context at the n-th line of progress.
type interruptAfter struct {
	n    int
	stop context.CancelFunc
}

func (w *interruptAfter) Write(p []byte) (int, error) {
	if w.n--; w.n == 0 {
		w.stop()
	}
	return len(p), nil
}

// TestEndToEnd generates, trains and compares; everything again, with another number
// of workers, gives the same bytes but for measured times.
func TestEndToEnd(t *testing.T) {
	dir := t.TempDir()
	compareLine := "compare --data DIR/v --models DIR/bond DIR/site DIR/bond/model.safetensors --passes 1,2 --sweeps 1,20 "
	siteLine := "train --data DIR/d --target site --loss true-energy --channels 2 --blocks 1 --batch 4 --steps 15 "
	all := []struct{ out, line string }{
		{"d", generateLine}, {"v", generateLine + "--seed 2 "}, {"bond", trainLine}, {"site", siteLine}, {"c", compareLine},
	}
	for _, s := range all {
		stdout := succeed(t, dir, s.line+"--workers 1 --out DIR/"+s.out)
		if want := filepath.Join(dir, s.out) + ":"; s.out != "c" && (!strings.HasPrefix(stdout, want) || strings.Count(stdout, "\n") != 1) {
			t.Errorf("%s says %q", s.out, stdout)
		}
	}
	for out, want := range map[string][]string{
		"d":    {".", "dataset.json", "part-00000.npz", "part-00001.npz", "part-00002.npz"},
		"bond": {".", "checkpoint", "checkpoint/state.safetensors", "metrics.jsonl", "model.safetensors", "training.png"},
		"c":    {".", "energies.csv", "energies.png", "gaps.png", "lattice.png", "report.html", "results.csv", "results.jsonl", "results.txt", "scatter.png", "time.png", "training.png"},
	} {
		files := snapshot(t, filepath.Join(dir, out))
		if diff := cmp.Diff(want, changed(files, nil)); diff != "" {
			t.Errorf("%s: %s", out, diff)
		}
		for name, text := range files {
			if strings.HasSuffix(name, ".png") && !strings.HasPrefix(text, "\x89PNG") {
				t.Errorf("%s is no picture", name)
			}
		}
	}
	checkTables(t, filepath.Join(dir, "c"))
	checkLines(t, filepath.Join(dir, "c", "results.jsonl"))
	results, best := readCSV(t, filepath.Join(dir, "c", "results.csv")), 2
	for k := range results {
		if k > best && number(t, results[k][9]) < number(t, results[best][9]) {
			best = k
		}
	}
	if out := succeed(t, dir, "inspect DIR/c"); !strings.Contains(out, " comparison\n") || !strings.Contains(out, " "+results[best][0]+"\n") || !strings.Contains(out, fmt.Sprintf(" %d\n", len(results)-2)) {
		t.Errorf("best is %s, inspect says\n%s", results[best][0], out)
	}
	if out := succeed(t, dir, "inspect DIR/d/part-00000.npz"); !strings.Contains(out, "couplings  <f8 (8, 2, 6, 6)\n") {
		t.Errorf("inspect of a shard says\n%s", out)
	}

	if testing.Short() { // charts are slow under the race detector
		return
	}
	for _, s := range all { // a second run with more workers
		succeed(t, dir, strings.ReplaceAll(s.line, "DIR/", "DIR/again-")+"--workers 2 --out DIR/again-"+s.out)
		differ := changed(snapshot(t, filepath.Join(dir, s.out)), snapshot(t, filepath.Join(dir, "again-"+s.out)))
		if s.out == "c" { // has measured times and, in names, the folders
			continue
		}
		if len(differ) > 0 {
			t.Errorf("%s: the second run differs in %q", s.out, differ)
		}
	}
	a, b := readCSV(t, filepath.Join(dir, "c", "energies.csv")), readCSV(t, filepath.Join(dir, "again-c", "energies.csv"))
	if diff := cmp.Diff(a[1:], b[1:]); diff != "" {
		t.Error(diff)
	}

	before := snapshot(t, dir)
	for _, s := range all[:4] { // nothing is left to do
		line := s.line + "--out DIR/" + s.out
		if strings.HasPrefix(line, "train") {
			line += " --resume"
		}
		succeed(t, dir, line)
	}
	if names := changed(before, snapshot(t, dir)); len(names) > 0 {
		t.Errorf("finished commands, run again, changed %q", names)
	}

	// A comparison without models in the same folder leaves no chart of the old one,
	// and removes what a killed one left, but nothing else.
	write(t, filepath.Join(dir, "c", ".gaps.png1234567890123456789"), "half")
	succeed(t, dir, "compare --data DIR/v --sweeps 3 --limit 9 --out DIR/c --force")
	want := []string{".", "energies.csv", "energies.png", "gaps.png", "report.html", "results.csv", "results.jsonl", "results.txt", "time.png"}
	if diff := cmp.Diff(want, changed(snapshot(t, filepath.Join(dir, "c")), nil)); diff != "" {
		t.Error(diff)
	}
	write(t, filepath.Join(dir, "c", ".gaps.png.swp"), "an editor's")
	if code, _, stderr := call(t.Context(), dir, "compare --data DIR/v --sweeps 3 --out DIR/c"); code != exitFailure || !strings.Contains(stderr, ".gaps.png.swp") {
		t.Errorf("code %d, %s", code, stderr)
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// checkTables recomputes results.csv from energies.csv.
func checkTables(t *testing.T, dir string) {
	t.Helper()
	const columns = "method,loss,target,passes,effort,instances,proven,energy_per_spin_j,energy_per_spin_sem_j,gap_mean_fraction,gap_sem_fraction,solved_fraction,cpu_ms_per_instance,gap_instances"
	results, energies := readCSV(t, filepath.Join(dir, "results.csv")), readCSV(t, filepath.Join(dir, "energies.csv"))
	if got := strings.Join(results[0], ","); got != columns {
		t.Fatalf("columns %s", got)
	}
	var methods []string
	for i, r := range results[1:] {
		methods = append(methods, r[0])
		if got := energies[0][i+1]; got != r[0] {
			t.Errorf("energies.csv has %q where results.csv has %q", got, r[0])
		}
		var perSpin, gaps []float64
		solved := 0
		for _, line := range energies[1:] {
			e, truth := number(t, line[i+1]), number(t, line[1])
			perSpin, gaps = append(perSpin, e/36), append(gaps, (e-truth)/math.Abs(truth))
			if gaps[len(gaps)-1] < 1e-9 {
				solved++
			}
		}
		energy, gap := stats.Mean(perSpin), stats.Mean(gaps)
		for k, want := range map[int]float64{5: 20, 6: 20, 7: energy.Mean, 8: energy.Error, 9: gap.Mean, 10: gap.Error, 11: float64(solved) / 20, 13: 20} {
			if got := number(t, r[k]); math.Abs(got-want) > 1e-7*math.Abs(want)+1e-12 { // eight digits are written
				t.Errorf("%s: %s = %v, want %v", r[0], results[0][k], got, want)
			}
		}
		if gap.Mean < -1e-9 || len(gaps) != 20 {
			t.Errorf("%s: gap %v on %d instances", r[0], gap.Mean, len(gaps))
		}
		if (r[12] == "") != (i == 0) || i > 0 && number(t, r[12]) < 0 {
			t.Errorf("%s: CPU time %q", r[0], r[12])
		}
		if model := r[1] != ""; model != (r[2] != "") || model != (r[3] != "") || model != (strings.HasPrefix(r[0], "bond") || strings.HasPrefix(r[0], "site")) {
			t.Errorf("%s: loss %q, target %q, passes %q", r[0], r[1], r[2], r[3])
		}
	}
	runs := filepath.Dir(dir)
	want := []string{"ground state", "greedy descent", "spanning tree", "spanning tree + descent", "annealing 1 sweep", "annealing 20 sweeps", "16 combined reads of 100 sweeps", "16 combined reads of 1000 sweeps"}
	for _, path := range []string{"bond", "site", "bond/model.safetensors"} {
		if path == "site" {
			want = append(want, "site true-energy", "site true-energy + descent")
			continue
		}
		for _, passes := range []string{"1 pass", "2 passes"} {
			name := "bond cross-entropy (" + filepath.Join(runs, path) + ") " + passes
			want = append(want, name, name+" + descent")
		}
		want = append(want, "bond cross-entropy ("+filepath.Join(runs, path)+") 2 passes + effort 2")
	}
	if diff := cmp.Diff(want, methods); diff != "" {
		t.Error(diff)
	}
}

// TestDemo runs a small demo, stopped and taken up again, and then once more.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("charts are slow under the race detector")
	}
	sizes := demoSizes{
		shape: []int{6, 6}, train: 24, validation: 6, test: 8, shard: 8,
		common: *cnn.DefaultTrain(), bondSteps: 12, siteSteps: 8, sweeps: []int{1, 10},
	}
	set := &sizes.common
	set.Channels, set.Blocks, set.Batch, set.ReplayBuffer, set.ValidateEvery, set.CheckpointEvery = 2, 1, 4, 8, 4, 3
	dir := filepath.Join(t.TempDir(), "demo")
	var stdout bytes.Buffer
	for _, stop := range []int{2, 6, 100} { // lines of progress until the interrupt: in the data, in the runs, never
		ctx, cancel := context.WithCancel(t.Context())
		err := demo(ctx, &stdout, &interruptAfter{stop, cancel}, dir, 2, &sizes)
		cancel()
		switch {
		case stop == 100 && err != nil:
			t.Fatal(err)
		case stop < 100 && (err == nil || exitCode(err) != exitInterrupted || stdout.Len() > 0):
			t.Fatalf("error %v, stdout %q", err, &stdout)
		}
	}
	first := snapshot(t, dir)
	stdout.Reset()
	if err := demo(t.Context(), &stdout, &bytes.Buffer{}, dir, 1, &sizes); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"8 instances, 6x6 periodic, 8 with a proven ground state", "bond boltzmann 3 passes + descent", "site true-energy", "Open " + filepath.Join(dir, experiment.PageFile)} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, &stdout)
		}
	}
	timed := []string{"report.html", "results.csv", "results.jsonl", "results.txt", "time.png"}
	for _, name := range changed(first, snapshot(t, dir)) {
		if !slices.Contains(timed, name) {
			t.Errorf("the second run changed %s", name)
		}
	}
	undisturbed := filepath.Join(t.TempDir(), "demo")
	if err := demo(t.Context(), &stdout, &bytes.Buffer{}, undisturbed, 1, &sizes); err != nil {
		t.Fatal(err)
	}
	for _, name := range changed(first, snapshot(t, undisturbed)) {
		if !slices.Contains(timed, name) {
			t.Errorf("an undisturbed run differs in %s", name)
		}
	}
}

// TestFullDemo keeps the demo's settings valid without running it.
func TestFullDemo(t *testing.T) {
	full := fullDemo()
	o := defaultGenerate()
	o.set.Shape = full.shape
	if err := o.chooseSolver(); err != nil || o.set.Solver != methods.Exact {
		t.Error(o.set.Solver, err)
	}
	for _, target := range []string{cnn.Bond, cnn.Site} {
		for _, loss := range cnn.Losses(target) {
			if err := full.training(target, loss).Validate(); err != nil {
				t.Errorf("%s %s: %v", target, loss, err)
			}
		}
	}
}

func TestSpreadLists(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", ""},
		{"compare --data d", "compare --data d"},
		{"compare --models a", "compare --models a"},
		{"compare --models a b c --out x", "compare --models a --models b --models c --out x"},
		{"compare -models a b", "compare --models a --models b"},
		{"compare --models=a b", "compare --models=a --models b"},
		{"compare --models a --models b c", "compare --models a --models b --models c"},
		{"compare --models", "compare --models="},
		{"compare --models --out x", "compare --models= --out x"},
		{"compare --models a --models", "compare --models a --models="},
		{"compare --models a --out x y", "compare --models a --out x y"},
		{"compare --out x -- --models a b", "compare --out x -- --models a b"},
		{"compare --models a -- b", "compare --models a -- b"},
		{"compare --data a b --models c d", "compare --data a --data b --models c --models d"},
		{"compare -data a b -models=c d", "compare --data a --data b -models=c --models d"},
		{"compare --data --models a", "compare --data= --models a"},
	} {
		if diff := cmp.Diff(strings.Fields(c.want), spreadLists(strings.Fields(c.args)), cmp.Transformer("empty", func(v []string) []string {
			return append([]string{}, v...)
		})); diff != "" {
			t.Errorf("%s: %s", c.args, diff)
		}
	}
}

// TestModelsWithComma has a path that a list flag would split.
func TestModelsWithComma(t *testing.T) {
	code, _, stderr := call(t.Context(), newDataset(t), "compare --data DIR/d --models DIR/a,b --out DIR/x")
	if code != exitFailure || !strings.Contains(stderr, "a,b/model.safetensors") {
		t.Errorf("code %d, %s", code, stderr)
	}
}

func newDataset(t *testing.T) string {
	dir := t.TempDir()
	succeed(t, dir, "generate --shape 3x3 --solver exact --count 2 --out DIR/d")
	return dir
}

// failingWriter stands for a full disk or a closed pipe.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, fmt.Errorf("no room") }

func TestFailingStdout(t *testing.T) {
	dir := newDataset(t)
	for _, line := range []string{
		"generate --shape 3x3 --solver exact --count 2 --out DIR/d",
		"compare --data DIR/d --sweeps 1 --out DIR/c",
	} {
		var stderr bytes.Buffer
		code := execute(t.Context(), strings.Fields(strings.ReplaceAll(line, "DIR", dir)), strings.NewReader(""), failingWriter{}, &stderr)
		if code != exitFailure || !strings.Contains(stderr.String(), "no room") {
			t.Errorf("%s: code %d, %s", line, code, &stderr)
		}
	}
}

func TestReporter(t *testing.T) {
	var b bytes.Buffer
	r := newReporter(&b, "work", "steps", 100)
	if r.bar != nil {
		t.Fatal("a bar without a terminal")
	}
	r.update(20, "") // too soon for a line
	r.update(30, "loss 3")
	if b.Len() > 0 {
		t.Errorf("wrote %q at once", &b)
	}
	r.begin, r.next = time.Now().Add(-10*time.Second), time.Now().Add(-time.Second)
	r.update(40, "loss 2")
	r.update(50, "loss 1") // too soon again
	line := `^work: 40 of 100 steps, 2 a second, 30s left, loss 2\n$`
	if !regexp.MustCompile(line).MatchString(b.String()) {
		t.Errorf("line %q, want %s", &b, line)
	}

	b.Reset()
	r.stop()
	if b.Len() > 0 {
		t.Errorf("stop wrote %q", &b)
	}
	r.begin = time.Now().Add(-1500 * time.Millisecond)
	r.finish("100 steps")
	if want := "work: 100 steps in 1.5s\n"; b.String() != want {
		t.Errorf("finish wrote %q, want %q", &b, want)
	}

	b.Reset() // nothing done yet says nothing of speed
	r = newReporter(&b, "work", "steps", 100)
	r.next = time.Now().Add(-time.Second)
	r.update(7, "")
	if want := "work: 7 of 100 steps\n"; b.String() != want {
		t.Errorf("wrote %q, want %q", &b, want)
	}
}
