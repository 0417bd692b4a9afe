package methods

import (
	"fmt"
	"slices"
	"strings"

	"spinlearn/cnn"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/descent"
	"spinlearn/solver/exact"
	"spinlearn/solver/temper"
)

// Options are what users can set of a method. Each method takes those that its line in [All]
// names and ignores the others.
type Options struct {
	Engine      anneal.Engine
	Reads       int // of annealing, or families of tempering; [ByMethod] lets the method decide
	Sweeps      int // [ByMethod] lets the method decide
	Independent bool
	Start       []int8 // nil for none
	Model       *cnn.Model
	Passes      int // [ByMethod] lets the model decide
	Effort      int // [ByMethod] lets the model decide
	Workers     int
}

// ByMethod is a number that the method, the instance and the budget decide.
const ByMethod = -1

// Default returns the options that leave all to the method, for one worker, without a model.
func Default() Options {
	return Options{Engine: anneal.AutoEngine, Reads: ByMethod, Sweeps: ByMethod, Passes: ByMethod, Effort: ByMethod, Workers: 1}
}

// The names of options, as on the command line, and of the method that proves.
const (
	Exact       = "exact"
	Engine      = "engine"
	Reads       = "reads"
	Sweeps      = "sweeps"
	Independent = "independent"
	Start       = "start"
	Model       = "model"
	Passes      = "passes"
	Effort      = "effort"
	Workers     = "workers"
	Seed        = "seed"
	Target      = "target-energy"
	Limit       = "time-limit"
)

// A Method is a search that users can choose by name.
type Method struct {
	Name    string
	Summary string   // for help, a clause
	Options []string // names of those that have an effect
	// New binds options. Each call makes a solver of its own.
	New func(Options) solver.Solver
	// Rows returns the rows of a comparison, and Curves those of a comparison at equal time.
	// Nil is one of the method's name with the [Default] options, [none] is none.
	Rows, Curves func(*Choice) []Variant
	// Hidden leaves the method to comparisons: it is no value of a flag.
	Hidden bool
}

// Takes reports whether an option has an effect on the method.
func (m *Method) Takes(option string) bool { return slices.Contains(m.Options, option) }

// all is the list. A new method is a line of its name, its summary and what makes it, and of
// the options that it takes if there are any.
var all = []*Method{
	{Name: "descent", Summary: "flips spins from a random configuration", Options: []string{Seed}, Hidden: true,
		New:  func(Options) solver.Solver { return descent.Greedy{} },
		Rows: descentRows, Curves: none},
	{Name: "tree", Summary: "the state of the maximum spanning tree", Options: []string{Seed}, Hidden: true,
		New:  func(Options) solver.Solver { return descent.Tree{} },
		Rows: treeRows, Curves: treeCurves},
	{Name: Exact, Summary: "finds the ground state and proves it, or gives a lower bound", Options: []string{Limit},
		New:  func(Options) solver.Solver { return exact.Default() },
		Rows: none, Curves: exactCurves},
	{Name: "anneal", Summary: "simulated annealing whose reads are combined", Options: []string{Engine, Reads, Sweeps, Independent, Start, Seed, Workers, Target, Limit},
		New: func(o Options) solver.Solver {
			set := anneal.Default()
			set.Engine, set.Reads, set.Sweeps, set.Independent, set.Start, set.Workers = o.Engine, o.Reads, o.Sweeps, o.Independent, o.Start, o.Workers
			return set
		},
		Rows: annealRows, Curves: annealCurves},
	{Name: "temper", Summary: "parallel tempering with cluster moves", Options: []string{Reads, Sweeps, Seed, Workers, Target, Limit},
		New: func(o Options) solver.Solver {
			set := temper.Default()
			if set.Sweeps, set.Workers = o.Sweeps, o.Workers; o.Reads != ByMethod {
				set.Families = o.Reads
			}
			return set
		},
		Rows: none, Curves: temperCurves},
	{Name: "refine", Summary: "exact search in windows, from the state of the spanning tree", Options: []string{Start, Seed, Limit},
		New: func(o Options) solver.Solver {
			set := descent.DefaultRefine()
			set.Start = o.Start
			return set
		},
		Rows: none, Curves: refineCurves},
	{Name: "model", Summary: "predicts with a network, in two dimensions", Options: []string{Start, Model, Passes, Effort, Seed, Workers},
		New: func(o Options) solver.Solver {
			set := cnn.PredictSettings{Passes: o.Passes, Descent: true, Effort: o.Effort}
			if o.Start != nil {
				set.Start = [][]int8{o.Start}
			}
			return cnn.NewSearch(o.Model, set, o.Workers)
		},
		Rows: modelRows, Curves: modelCurves},
}

// offered returns those that are values of a flag.
func offered() []*Method {
	return slices.DeleteFunc(slices.Clone(all), func(m *Method) bool { return m.Hidden })
}

// Names returns the names that a flag takes.
func Names() (names []string) {
	for _, m := range offered() {
		names = append(names, m.Name)
	}
	return names
}

// Named returns the method of a name, or an error that lists the names there are.
func Named(name string) (*Method, error) {
	for _, m := range offered() {
		if m.Name == name {
			return m, nil
		}
	}
	return nil, fmt.Errorf("%q, want %s", name, strings.Join(Names(), ", "))
}

// Taking returns the names of the methods on which an option has an effect.
func Taking(option string) (names []string) {
	for _, m := range offered() {
		if m.Takes(option) {
			names = append(names, m.Name)
		}
	}
	return names
}

// Table lists the methods for help texts, a line each that begins with the indent.
func Table(indent string) string {
	var text strings.Builder
	for _, m := range offered() {
		fmt.Fprintf(&text, "%s%-7s %s\n", indent, m.Name, m.Summary)
	}
	return text.String()
}
