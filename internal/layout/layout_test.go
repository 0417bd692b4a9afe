// Package layout holds the arrows between the packages.
package layout

import (
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "spinlearn/"

// allowed lists what each package may import of this module, tests aside.
var allowed = map[string][]string{
	"ising":                     {},
	"ising/instancefile":        {"ising"},
	"losses":                    {"internal/base/fused", "internal/base/parallel"},
	"solver":                    {"ising", "solver/certificate"},
	"solver/descent":            {"ising", "solver", "solver/internal/graph"},
	"solver/anneal":             {"ising", "solver", "solver/descent", "solver/internal/graph", "solver/internal/lanes", "solver/internal/multispin", "internal/base/parallel"},
	"solver/temper":             {"ising", "solver", "solver/anneal", "solver/descent", "solver/internal/graph", "solver/internal/lanes", "solver/internal/multispin", "internal/base/parallel"},
	"solver/exact":              {"ising", "solver", "solver/anneal", "solver/certificate", "solver/descent", "solver/internal/graph", "solver/internal/matching", "solver/internal/packing"},
	"solver/methods":            {"cnn", "ising", "solver", "solver/anneal", "solver/descent", "solver/exact", "solver/temper"},
	"solver/internal/graph":     {"ising"},
	"solver/internal/lanes":     {},
	"solver/internal/multispin": {"ising"},
	"solver/internal/matching":  {"solver/internal/graph"},
	"solver/internal/packing":   {"solver/internal/graph"},
	"solver/certificate":        {"ising"},
	"solver/solvertest":         {"ising", "solver"},
	"data":                      {"ising", "internal/base/atomicfile", "internal/base/readfile"},
	"data/samples":              {"ising"},
	"cnn":                       {"ising", "losses", "solver", "solver/anneal", "solver/descent", "cnn/internal/kernel", "internal/base/atomicfile", "internal/base/fused", "internal/base/parallel", "internal/base/readfile", "internal/base/stats"},
	"cnn/internal/kernel":       {},
	"cnn/shipped":               {"cnn"},
	"plots":                     {"internal/base/atomicfile", "internal/base/stats"},
	"internal/experiment":       {"cnn", "data", "ising", "plots", "solver", "solver/anneal", "solver/methods", "internal/base/cputime", "internal/base/parallel", "internal/base/report", "internal/base/safetext", "internal/base/stats"},
	"internal/command":          {"cnn", "cnn/shipped", "data", "data/samples", "ising", "ising/instancefile", "plots", "solver", "solver/anneal", "solver/certificate", "solver/exact", "solver/methods", "internal/base/atomicfile", "internal/base/cputime", "internal/experiment", "internal/base/readfile", "internal/reproduce", "internal/base/safetext", "internal/base/stats"},
	"internal/reproduce/study":  {"internal/base/stats"},
	"internal/reproduce":        {"cnn", "data", "ising", "plots", "solver", "solver/exact", "solver/methods", "internal/base/atomicfile", "internal/base/cputime", "internal/experiment", "internal/base/readfile", "internal/base/report", "internal/base/safetext", "internal/base/stats", "internal/reproduce/study"},
	"internal/base/atomicfile":  {},
	"internal/base/cputime":     {},
	"internal/base/fused":       {},
	"internal/base/parallel":    {},
	"internal/base/readfile":    {},
	"internal/base/report":      {"internal/base/stats"},
	"internal/base/safetext":    {},
	"internal/base/stats":       {},
	"internal/layout":           {},
	"internal/readme":           {},
	".":                         {"internal/command"},
}

// only lists the libraries that stay in a few packages.
var only = map[string][]string{
	"gorgonia.org/":              {"cnn", "losses", "internal/base/fused"},
	"github.com/urfave/cli":      {"internal/command"},
	"gonum.org/v1/plot":          {"plots"},
	"github.com/schollz/":        {"internal/command"},
	"github.com/nlpodyssey/safe": {"cnn"},
	"github.com/gofrs/flock":     {"internal/base/atomicfile"},
	"github.com/google/renameio": {"internal/base/atomicfile"},
}

// TestDocs holds that every package says in a doc.go what it is for and what it imports.
func TestDocs(t *testing.T) {
	for name := range allowed {
		if name == "." || name == "internal/layout" {
			continue // a program of one line, and this test
		}
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name), "doc.go"))
		if err != nil {
			t.Error(err)
			continue
		}
		if comment, _, _ := strings.Cut(string(text), "\npackage "); !strings.HasPrefix(comment, "// Package "+path.Base(name)+" ") || !strings.Contains(comment, "import") {
			t.Errorf("the comment of package %s does not say what it is for and what it imports", name)
		}
	}
}

func TestArrows(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "testdata" || d.Name() == "gen" {
			return filepath.SkipDir
		}
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			return nil // no Go files
		}
		name, err := filepath.Rel(root, dir)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		arrows, known := allowed[name]
		if !known {
			t.Errorf("package %s has no line in allowed", name)
		}
		for _, i := range p.Imports {
			if own, ok := strings.CutPrefix(i, module); ok && !slices.Contains(arrows, own) {
				t.Errorf("%s imports %s", name, own)
			}
			for library, where := range only {
				if strings.HasPrefix(i, library) && !slices.Contains(where, name) {
					t.Errorf("%s imports %s", name, i)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
