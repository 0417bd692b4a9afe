package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/base/readfile"
	"spinlearn/internal/experiment"
	"spinlearn/plots"
)

// checkOut refuses, before any work, outputs that cannot be written, two outputs that are
// one file, and outputs that would replace an input of the same command or a file of a
// folder that is one. Devices and FIFOs, which keep nothing, may be given twice. An empty
// name is none, and a dash is standard output.
func checkOut(inputs []string, outs ...string) error {
	for i, out := range outs {
		if out == "" || out == dash {
			continue
		}
		if strings.HasPrefix(out, samplePrefix) {
			return usagef("%s: names that begin with %s are those of spinlearn samples", out, samplePrefix)
		}
		if err := atomicfile.Check(out); err != nil {
			return err
		}
		for _, in := range inputs {
			if replaces(out, in) {
				return usagef("%s would replace the input %s; choose another name", out, in)
			}
		}
		for _, other := range outs[:i] {
			if other != "" && sameOutput(out, other) {
				return usagef("%s and %s are one file; choose two names", other, out)
			}
		}
	}
	return nil
}

// replaces reports whether writing a file replaces an input or, where the input is a
// folder, a file in it.
func replaces(out, in string) bool {
	o, err1 := os.Stat(out)
	i, err2 := os.Stat(in)
	if err1 != nil || err2 != nil || !o.Mode().IsRegular() {
		return false
	}
	if !i.IsDir() {
		return os.SameFile(o, i)
	}
	entries, _ := os.ReadDir(in)
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		f, err := os.Stat(filepath.Join(in, e.Name()))
		return err == nil && os.SameFile(o, f)
	})
}

// sameOutput reports whether two names are those of one regular file, which need not exist.
func sameOutput(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	if err1 == nil && err2 == nil {
		return x.Mode().IsRegular() && os.SameFile(x, y)
	}
	if err1 == nil || err2 == nil || filepath.Base(a) != filepath.Base(b) {
		return false
	}
	x, err1 = os.Stat(filepath.Dir(a))
	y, err2 = os.Stat(filepath.Dir(b))
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// draw draws a chart into a file.
func draw(c interface{ Figure() (*plots.Figure, error) }, name string) error {
	f, err := c.Figure()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return f.Save(name)
}

// maxTable bounds the tables of a comparison that are read back, in bytes.
const maxTable = 1 << 26

// errOccupied is wrapped by errors about a folder whose files are not to be overwritten
// unless the user says so.
var errOccupied = errors.New("would overwrite")

// checkOccupied refuses a folder that has files under the names of a comparison but no
// table of this program that says where they come from, or one of another origin. Program
// version and number of workers may differ. Without origins any table of ours will do.
func checkOccupied(ctx context.Context, dir string, want ...*experiment.Origin) error {
	there := comparisonFile(dir)
	if there == "" {
		return nil
	}
	path := filepath.Join(dir, experiment.ResultsFile)
	have, err := readOrigins(ctx, path)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w %s, which no comparison wrote: there is no %s", errOccupied, filepath.Join(dir, there), experiment.ResultsFile)
	case err != nil:
		return fmt.Errorf("%w %s, which no comparison wrote: %w", errOccupied, path, err)
	case len(want) == 0:
		return nil
	case len(have) != len(want):
		return fmt.Errorf("%w %s, a comparison of %d dataset(s), not %d", errOccupied, path, len(have), len(want))
	}
	for k, from := range want {
		if name, a, b := differs(have[k], from); name != "" {
			return fmt.Errorf("%w %s, a comparison with %s = %s, not %s", errOccupied, path, name, a, b)
		}
	}
	return nil
}

// comparisonFile returns the first name of a comparison's files that a folder has, "" if
// it has none.
func comparisonFile(dir string) string {
	for _, name := range experiment.FileNames() {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return name
		}
	}
	return ""
}

// readOrigins returns the origins of a comparison's lines, each once.
func readOrigins(ctx context.Context, path string) ([]*experiment.Origin, error) {
	text, err := readfile.All(ctx, path, maxTable)
	if err != nil {
		return nil, err
	}
	var list []*experiment.Origin
	number := 0
	for line := range bytes.Lines(text) {
		number++
		from := &experiment.Origin{}
		if err := json.Unmarshal(line, from); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		name, _, _ := strings.Cut(program, " ")
		if !strings.HasPrefix(from.Program, name+" ") {
			return nil, fmt.Errorf("line %d: program is %.40q", number, from.Program)
		}
		if !slices.ContainsFunc(list, func(o *experiment.Origin) bool { name, _, _ := differs(o, from); return name == "" }) {
			list = append(list, from)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("no line")
	}
	return list, nil
}

// differs returns the first field in which two origins differ, with its values in JSON.
func differs(a, b *experiment.Origin) (name, x, y string) {
	p, q := fieldsOf(a), fieldsOf(b)
	for _, name := range []string{"data", "lattice", "seed"} {
		if !reflect.DeepEqual(p[name], q[name]) {
			return name, jsonOf(p[name]), jsonOf(q[name])
		}
	}
	s, _ := p["settings"].(map[string]any)
	t, _ := q["settings"].(map[string]any)
	names := map[string]bool{}
	for _, m := range []map[string]any{s, t} {
		for name := range m {
			names[name] = name != "workers"
		}
	}
	var sorted []string
	for name, counts := range names {
		if counts {
			sorted = append(sorted, name)
		}
	}
	slices.Sort(sorted)
	for _, name := range sorted {
		if !reflect.DeepEqual(s[name], t[name]) {
			return name, jsonOf(s[name]), jsonOf(t[name])
		}
	}
	return "", "", ""
}

// fieldsOf returns an origin as it is read from a file.
func fieldsOf(o *experiment.Origin) (fields map[string]any) {
	d := json.NewDecoder(strings.NewReader(jsonOf(o)))
	d.UseNumber()
	d.Decode(&fields)
	return fields
}

// jsonOf returns what is known to have a form in JSON.
func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
