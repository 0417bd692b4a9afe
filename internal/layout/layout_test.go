// Package layout holds the arrows between the packages.
package layout

import (
	"go/build"
	"io/fs"
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
	"losses":                    {"internal/fused", "internal/parallel"},
	"solver":                    {"ising", "solver/certificate"},
	"solver/descent":            {"ising", "solver", "solver/internal/graph"},
	"solver/anneal":             {"ising", "solver", "solver/descent", "solver/internal/graph", "solver/internal/lanes", "solver/internal/multispin", "internal/parallel"},
	"solver/temper":             {"ising", "solver", "solver/anneal", "solver/descent", "solver/internal/graph", "solver/internal/lanes", "solver/internal/multispin", "internal/parallel"},
	"solver/exact":              {"ising", "solver", "solver/anneal", "solver/certificate", "solver/descent", "solver/internal/graph", "solver/internal/matching", "solver/internal/packing"},
	"solver/methods":            {"cnn", "ising", "solver", "solver/anneal", "solver/descent", "solver/exact", "solver/temper"},
	"solver/internal/graph":     {"ising"},
	"solver/internal/lanes":     {},
	"solver/internal/multispin": {"ising"},
	"solver/internal/matching":  {"solver/internal/graph"},
	"solver/internal/packing":   {},
	"solver/certificate":        {"ising"},
	"solver/solvertest":         {"ising", "solver"},
	"data":                      {"ising", "internal/atomicfile", "internal/readfile"},
	"data/samples":              {"ising"},
	"cnn":                       {"ising", "losses", "solver", "solver/anneal", "solver/descent", "cnn/internal/kernel", "internal/atomicfile", "internal/fused", "internal/parallel", "internal/readfile", "internal/stats"},
	"cnn/internal/kernel":       {},
	"cnn/shipped":               {"cnn"},
	"plots":                     {"internal/atomicfile", "internal/stats"},
	"internal/bench":            {"ising", "solver", "internal/cputime", "internal/stats"},
	"internal/compare":          {"cnn", "ising", "solver", "solver/anneal", "solver/descent", "solver/exact", "solver/temper", "internal/cputime", "internal/parallel", "internal/report", "internal/safetext", "internal/stats"},
	"internal/command":          {"cnn", "cnn/shipped", "data", "data/samples", "ising", "ising/instancefile", "plots", "solver", "solver/anneal", "solver/certificate", "solver/exact", "solver/methods", "internal/atomicfile", "internal/bench", "internal/compare", "internal/cputime", "internal/readfile", "internal/report", "internal/reproduce", "internal/safetext", "internal/stats"},
	"internal/study":            {"internal/stats"},
	"internal/reproduce":        {"cnn", "data", "ising", "plots", "solver", "solver/exact", "internal/atomicfile", "internal/compare", "internal/cputime", "internal/readfile", "internal/report", "internal/safetext", "internal/stats", "internal/study"},
	"internal/atomicfile":       {},
	"internal/cputime":          {},
	"internal/fused":            {},
	"internal/parallel":         {},
	"internal/readfile":         {},
	"internal/report":           {},
	"internal/safetext":         {},
	"internal/stats":            {},
	"internal/layout":           {},
	"internal/readme":           {},
	".":                         {"internal/command"},
}

// only lists the libraries that stay in a few packages.
var only = map[string][]string{
	"gorgonia.org/":              {"cnn", "losses", "internal/fused"},
	"github.com/urfave/cli":      {"internal/command"},
	"gonum.org/v1/plot":          {"plots"},
	"github.com/schollz/":        {"internal/command"},
	"github.com/nlpodyssey/safe": {"cnn"},
	"github.com/gofrs/flock":     {"internal/atomicfile"},
	"github.com/google/renameio": {"internal/atomicfile"},
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
