package readme

import (
	"bytes"
	"context"
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
)

// The rules of a README file, which let a test run it:
//
//   - A block ```sh has commands, a line each, which run in the order of the file, all in
//     one folder. "go" and "git" run at the top of the repository.
//   - A command that takes longer than a second or two says so: "# 20 s", "# 2 min".
//   - A block ```text shows lines of the output of the commands of the block before it, in
//     order. What follows a ← explains the line. Times differ and are not compared.
//   - In a table after a block ```sh, every "mean ± error" and every "solved/all" of a row
//     stands in the output of one command of that block, in the same order.
//
// Numbers agree if they differ by at most twice the error that stands beside them; without
// an error they are equal in all digits shown.
//
// go test runs the commands that say no time, SPINLEARN_README=long those of seconds too, and
// SPINLEARN_README=all those of minutes as well.

// notRun are the beginnings of commands that install or clone.
var notRun = []string{"git clone", "go install", "go generate"}

const short, long, all = 0, time.Minute, 1000 * time.Hour

// patience returns the longest stated time of commands that run.
func patience(t *testing.T) time.Duration {
	switch v := os.Getenv("SPINLEARN_README"); v {
	case "":
		return short
	case "long":
		return long
	case "all":
		return all
	default:
		t.Fatalf("SPINLEARN_README=%s, want long or all", v)
		return 0
	}
}

const root = "../.."

func TestCommands(t *testing.T) {
	most := patience(t)
	if testing.Short() {
		t.Skip("the commands take long under the race detector")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh")
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "spinlearn"), root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	python := pythonWithNumpy(t, bin)
	for _, file := range files(t) {
		t.Run(filepath.ToSlash(file), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			scratch := t.TempDir()
			top, err := filepath.Abs(root)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(top, "data"), filepath.Join(scratch, "data")); err != nil {
				t.Fatal(err)
			}
			ran := 0
			for _, b := range blocks(string(text)) {
				outputs, whole := []string{}, true
				for _, c := range b.commands {
					if c.takes > most || slices.ContainsFunc(notRun, func(s string) bool { return strings.HasPrefix(c.text, s) }) {
						whole = false
						continue
					}
					if strings.HasPrefix(c.text, "python3 ") && !python {
						t.Logf("line %d: not run, for want of python3 with numpy: %s", c.line, c.text)
						whole = false
						continue
					}
					dir := scratch
					if strings.HasPrefix(c.text, "go ") {
						dir = top
					}
					out, err := run(t.Context(), dir, c.text)
					if err != nil {
						t.Errorf("line %d: %s: %v\n%s", c.line, c.text, err, out)
						continue
					}
					ran++
					outputs = append(outputs, out)
				}
				if whole {
					b.compare(t, outputs)
				}
			}
			t.Logf("%d commands", ran)
		})
	}
}

// pythonWithNumpy makes python3 the one that has numpy, and reports whether there is one.
func pythonWithNumpy(t *testing.T, bin string) bool {
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(name)
		if err == nil && exec.Command(path, "-c", "import numpy").Run() == nil {
			if err := os.Symlink(path, filepath.Join(bin, "python3")); err != nil {
				t.Fatal(err)
			}
			return true
		}
	}
	return false
}

// files returns the README files of the repository, README.md first.
func files(t *testing.T) (list []string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != root && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if name, e := filepath.Rel(root, path); e == nil && d.Name() == "README.md" {
			list = append(list, name)
		}
		return err
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("%d README files, %v", len(list), err)
	}
	return list
}

// run returns what a command prints to standard output, or to both where it fails.
func run(ctx context.Context, dir, command string) (string, error) {
	c := exec.CommandContext(ctx, "sh", "-c", command)
	c.Dir = dir
	var out, both bytes.Buffer
	c.Stdout, c.Stderr = &out, &both
	err := c.Run()
	if err != nil {
		return out.String() + both.String(), err
	}
	return out.String(), nil
}

type command struct {
	line  int
	text  string
	takes time.Duration
}

// A block is a list of commands with what is shown of their output.
type block struct {
	commands []command
	shown    []line     // of a block of text
	rows     [][]number // of a table
	at       []int      // lines of the rows
}

type line struct {
	at   int
	text string
}

var takes = regexp.MustCompile(`\s+# (?:about )?(\d+) (s|min)\b.*$`)

// blocks splits a README file.
func blocks(text string) (list []*block) {
	kind := ""
	for i, l := range strings.Split(text, "\n") {
		if fence, ok := strings.CutPrefix(l, "```"); ok {
			if kind == "" {
				kind = fence
			} else {
				kind = ""
			}
			if kind == "sh" {
				list = append(list, &block{})
			}
			continue
		}
		if kind == "sh" {
			c := command{line: i + 1, text: l}
			if m := takes.FindStringSubmatch(l); m != nil {
				n, _ := strconv.Atoi(m[1])
				c.takes = time.Duration(n) * time.Second
				if m[2] == "min" {
					c.takes *= 60
				}
				if m[2] == "min" && n == 1 {
					c.takes = 61 * time.Second // is of minutes
				}
			}
			c.text, _, _ = strings.Cut(c.text, "  #")
			list[len(list)-1].commands = append(list[len(list)-1].commands, c)
			continue
		}
		if len(list) == 0 {
			continue
		}
		b := list[len(list)-1]
		switch {
		case kind == "text":
			l, _, _ = strings.Cut(l, "←")
			b.shown = append(b.shown, line{i + 1, strings.TrimRight(l, " ")})
		case kind == "" && strings.HasPrefix(l, "|"):
			if row := estimates(l); len(row) > 0 {
				b.rows, b.at = append(b.rows, row), append(b.at, i+1)
			}
		case kind == "" && strings.HasPrefix(l, "#"):
			list = append(list, &block{}) // tables below another heading are of no command above it
		}
	}
	return list
}

// compare compares what is shown with the output.
func (b *block) compare(t *testing.T, outputs []string) {
	t.Helper()
	rest := strings.Split(strings.Join(outputs, "\n"), "\n")
	for _, shown := range b.shown {
		k := slices.IndexFunc(rest, func(l string) bool { return agree(shown.text, l) })
		if k < 0 {
			t.Errorf("line %d is not in the output: %q\n%s", shown.at, shown.text, strings.Join(outputs, "\n"))
			continue
		}
		rest = rest[k+1:]
	}
	for i, row := range b.rows {
		if len(b.commands) == 0 {
			continue
		}
		if !slices.ContainsFunc(outputs, func(out string) bool { return contains(estimates(out), row) }) {
			t.Errorf("line %d: the numbers %v are not in the output of one command:\n%s", b.at[i], row, strings.Join(outputs, "\n"))
		}
	}
}

// A number is what is compared: a mean with an error, or a share.
type number struct {
	mean, error float64
	of          int // of a share, else 0
}

func (n number) String() string {
	if n.of > 0 {
		return fmt.Sprintf("%v/%d", n.mean, n.of)
	}
	return fmt.Sprintf("%v ± %v", n.mean, n.error)
}

func (n number) equals(other number) bool {
	return n.of == other.of && math.Abs(n.mean-other.mean) <= 2*max(n.error, other.error)
}

var estimate = regexp.MustCompile(`(-?[\d.]+(?:e-?\d+)?) ± ([\d.]+(?:e-?\d+)?)|(\d+)/(\d+)\b`)

// estimates returns the numbers with errors and the shares of a text.
func estimates(text string) (list []number) {
	for _, m := range estimate.FindAllStringSubmatch(text, -1) {
		var n number
		if m[4] != "" {
			n.mean, _ = strconv.ParseFloat(m[3], 64)
			n.of, _ = strconv.Atoi(m[4])
		} else {
			n.mean, _ = strconv.ParseFloat(m[1], 64)
			n.error, _ = strconv.ParseFloat(m[2], 64)
		}
		list = append(list, n)
	}
	return list
}

// contains reports whether the numbers of a row are among others, in order.
func contains(all, row []number) bool {
	for _, n := range all {
		if len(row) > 0 && row[0].equals(n) {
			row = row[1:]
		}
	}
	return len(row) == 0
}

// agree reports whether a line of output begins as a shown one: words are equal, numbers with
// an error beside them agree within twice that, and times are passed over.
func agree(shown, output string) bool {
	a, b := strings.Fields(shown), strings.Fields(output)
	if len(a) == 0 {
		return true
	}
	if a[0] == "time" && len(b) > 0 {
		return b[0] == "time"
	}
	if len(b) < len(a) {
		return false
	}
	for i := range a {
		if a[i] == b[i] || i > 0 && a[i-1] == "±" {
			continue // an error has an error too
		}
		x, err := strconv.ParseFloat(a[i], 64)
		y, err2 := strconv.ParseFloat(b[i], 64)
		if err != nil || err2 != nil {
			return false
		}
		_, decimals, _ := strings.Cut(a[i], ".")
		e := 0.5000001 * math.Pow10(-len(decimals)) // fewer digits are shown
		if i+2 < len(a) && a[i+1] == "±" {
			if e, err = strconv.ParseFloat(a[i+2], 64); err != nil {
				return false
			}
			e *= 2
		}
		if !(math.Abs(x-y) <= e) {
			return false
		}
	}
	return true
}

// The comparison itself: what has to be found wrong is.
func TestComparison(t *testing.T) {
	const shown, output = "energy  -12.5  ← total", "energy    -12.5"
	cut, _, _ := strings.Cut(shown, "←")
	for _, c := range []struct {
		shown, output string
		want          bool
	}{
		{cut, output, true}, {"energy -12.4", output, false}, {"bound -12.5", output, false}, {"energy -12.5 J", output, false},
		{"tree 1.24 ± 0.06", "tree 1.30 ± 0.05 0.3", true}, {"tree 1.24 ± 0.06", "tree 1.40 ± 0.05", false}, {"time 1 s", "time 2 s of CPU", true},
	} {
		if got := agree(c.shown, c.output); got != c.want {
			t.Errorf("%q and %q: %v, want %v", c.shown, c.output, got, c.want)
		}
	}
	text := "```sh\na  # 20 s\nb # not a time  # 3 min\n```\n```text\nx ← y\n```\n| r | 1 ± 0.1 | 3/4 |\n# other\n| s | 2 ± 1 |\n"
	list := blocks(text)
	if len(list) != 2 || len(list[0].commands) != 2 || list[0].commands[0] != (command{2, "a", 20 * time.Second}) || list[0].commands[1].takes != 3*time.Minute ||
		len(list[0].shown) != 1 || list[0].shown[0].text != "x" || len(list[0].rows) != 1 || len(list[1].rows) != 1 {
		t.Fatalf("%+v", list)
	}
	row := list[0].rows[0]
	for out, want := range map[string]bool{"1.1 ± 0.1 2/3 3/4": true, "3/4 1 ± 0.1": false, "1.3 ± 0.1 3/4": false, "1 ± 0.1 2/4": false} {
		if got := contains(estimates(out), row); got != want {
			t.Errorf("%v in %q: %v, want %v", row, out, got, want)
		}
	}
}
