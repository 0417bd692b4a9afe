package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// The help of every command fits into a terminal of 80 columns, and every option says
// what it is.
func TestHelpIsReadable(t *testing.T) {
	dir := t.TempDir()
	lines := []string{"--help"}
	_, list, _ := strings.Cut(succeed(t, dir, "--help"), "COMMANDS:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		lines = append(lines, strings.Fields(line)[0]+" --help")
	}
	if len(lines) < 10 {
		t.Fatalf("commands %q", lines)
	}
	for _, line := range lines {
		help := succeed(t, dir, line)
		for text := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimRight(text, "\n")); n > helpWidth {
				t.Errorf("%s: %d columns: %s", line, n, text)
			}
			if fields := strings.Fields(text); len(fields) > 0 && strings.HasPrefix(text, "   --") && (len(fields) < 3 || fields[1] == "value" && len(fields) < 4) && len(text) < optionColumn {
				t.Errorf("%s: an option without a text: %s", line, text)
			}
		}
	}
}

func TestDidYouMean(t *testing.T) {
	names := []string{"solve", "predict", "reproduce", "time-limit", "target-energy", "reads"}
	for given, want := range map[string]string{
		"slove": "solve", "SOLVE": "", "predct": "predict", "timelimit": "time-limit", "reeds": "reads", "frobnicate": "", "reads": "", "": "", "x": "",
	} {
		got := didYouMean(given, names)
		if want != "" {
			want = "; did you mean " + want + "?"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"60": time.Minute, "0.5": 500 * time.Millisecond, "1e-3": time.Millisecond, "1m30s": 90 * time.Second, "500ms": 500 * time.Millisecond, "+2": 2 * time.Second,
	} {
		if got, err := span(text); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "-1s", "0s", "1e-12", "1e12", "inf", "nan", "1 s", "s", "1,5"} {
		if got, err := span(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// pipe runs a command line with an input.
func pipe(t *testing.T, dir, line, input string) (stdout, stderr string) {
	t.Helper()
	var out, diagnostics bytes.Buffer
	if code := execute(t.Context(), strings.Fields(strings.ReplaceAll(line, "DIR", dir)), strings.NewReader(input), &out, &diagnostics); code != exitOK {
		t.Fatalf("%s: code %d, %s", line, code, &diagnostics)
	}
	return out.String(), diagnostics.String()
}

// Wherever a file can be named - stands for standard input or output, and gives what the
// file gives.
func TestDash(t *testing.T) {
	dir := t.TempDir()
	succeed(t, dir, "convert sample:torus-pm-16 DIR/t.rud")
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	instance := read("t.rud")
	if out, _ := pipe(t, dir, "convert - - --to edgelist", instance); out != instance {
		t.Error("convert - - changes an edge list")
	}

	table := succeed(t, dir, "solve DIR/t.rud --out DIR/s.txt --certificate DIR/c.json")
	spins, certificate := read("s.txt"), read("c.json")
	for line, want := range map[string]string{"solve - --out -": spins, "solve - --certificate -": certificate} {
		out, told := pipe(t, dir, line, instance)
		if out != want {
			t.Errorf("%s writes another file than the one it would name", line)
		}
		if want := strings.Split(table, "\n")[1]; !strings.Contains(told, want) || !strings.Contains(told, "standard input, 16x16") {
			t.Errorf("%s: the table on stderr is\n%s", line, told)
		}
	}
	predicted := succeed(t, dir, "predict DIR/t.rud --out DIR/p.txt")
	if out, told := pipe(t, dir, "predict - --out -", instance); out != read("p.txt") || !strings.Contains(told, energyLine(predicted)) {
		t.Errorf("predict - --out - differs from files; it says\n%s", told)
	}

	for line, input := range map[string]string{"verify DIR/t.rud -": certificate, "verify - DIR/c.json": instance} {
		if out, _ := pipe(t, dir, line, input); out != succeed(t, dir, "verify DIR/t.rud DIR/c.json") {
			t.Errorf("%s: %s", line, out)
		}
	}
	energy := energyLine(table)
	for _, line := range []string{"solve DIR/t.rud --method refine --start -", "predict DIR/t.rud --start -"} {
		if out, _ := pipe(t, dir, line, spins); !strings.Contains(out, energy+"\n") {
			t.Errorf("%s: no %q in\n%s", line, energy, out)
		}
	}
	if out, _ := pipe(t, dir, "bench - --sweeps 5 --repeats 1", instance); !strings.Contains(out, "standard input") {
		t.Errorf("bench - says\n%s", out)
	}

	// inspect knows from the bytes alone what each of them is.
	succeed(t, dir, "generate --shape 4x4 --count 1 --out DIR/d")
	succeed(t, dir, "train --data DIR/d --channels 2 --blocks 1 --batch 1 --pool 1 --steps 1 --out DIR/m")
	succeed(t, dir, "solve DIR/t.rud --out DIR/s.npy")
	write(t, filepath.Join(dir, "plan.json"), `{"format": "spinlearn reproduce v1", "seeds": 3}`)
	for _, name := range []string{"t.rud", "s.txt", "s.npy", "c.json", "m/model.safetensors", "d/part-00000.npz", "plan.json"} {
		want := strings.Replace(succeed(t, dir, "inspect DIR/"+name), filepath.Join(dir, name), stdinName, 1)
		if got, _ := pipe(t, dir, "inspect -", read(name)); got != want {
			t.Errorf("inspect - of %s says\n%swant\n%s", name, got, want)
		}
	}
	for line, input := range map[string]string{"inspect DIR/c.json --instance -": instance, "inspect - --instance DIR/t.rud": certificate} {
		if out, _ := pipe(t, dir, line, input); !strings.Contains(out, "proven          true\n") {
			t.Errorf("%s says\n%s", line, out)
		}
	}
}

// An interrupt ends the wait for input that does not come.
func TestInterruptedInput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	never, w := io.Pipe()
	defer w.Close()
	var out, diagnostics bytes.Buffer
	if code := execute(ctx, []string{"solve", "-"}, never, &out, &diagnostics); code != exitInterrupted || out.Len() > 0 || strings.Count(diagnostics.String(), "\n") != 1 {
		t.Errorf("code %d, %q, %q", code, &out, &diagnostics)
	}
}

// What the disk says while standard input is read is passed on.
func TestFailingInput(t *testing.T) {
	for _, line := range []string{"solve -", "inspect -", "verify sample:torus-pm-16 -", "convert - x.rud", "bench -", "predict sample:torus-pm-16 --start -"} {
		var out, diagnostics bytes.Buffer
		code := execute(t.Context(), strings.Fields(line), failingReader{}, &out, &diagnostics)
		if code != exitFailure || out.Len() > 0 || !strings.Contains(diagnostics.String(), "bad sector") || strings.Count(diagnostics.String(), "\n") != 1 {
			t.Errorf("%s: code %d, %q, %q", line, code, &out, &diagnostics)
		}
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("bad sector") }
