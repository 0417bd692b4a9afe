package methods

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"spinlearn/cnn"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/descent"
	"spinlearn/solver/exact"
	"spinlearn/solver/temper"
)

// A Variant is a method with its options bound, as a row of a comparison.
type Variant struct {
	Name   string // of the row, and of its random stream; unique
	Curve  string // what rows of one line in a chart share; empty for a row that stands alone
	Solver solver.Solver
	Sweeps int  // that tell the rows of a curve apart, else 0
	Timed  bool // a comparison at equal time runs it with each time limit
	// Prediction says how a network predicts; nil for all other methods.
	Prediction *Prediction
}

// A Prediction is what tells the rows of networks apart.
type Prediction struct {
	Target, Loss   string
	Passes, Effort int
	Descent        bool
}

// A Choice is what a comparison lets its user choose of its rows.
type Choice struct {
	Sweeps          []int // of single reads of annealing
	Networks        []Network
	Passes, Efforts []int // of bond models
	Workers         int   // of a network, which takes many instances at a time
}

// A Network is a model with what tells it from others of its target and loss; nothing if the
// name is empty.
type Network struct {
	*cnn.Model
	Name string
}

// Rows returns the rows of a comparison, over all methods.
func Rows(c *Choice) (list []Variant) {
	for _, m := range all {
		list = append(list, m.variants(c, m.Rows)...)
	}
	return list
}

// Curves returns the curves and points of a comparison at equal time, over all methods.
// Classical ones come first, and what proves last among them.
func Curves(c *Choice) (list []Variant) {
	var last []Variant
	for _, m := range all {
		found := m.variants(c, m.Curves)
		if m.Name == Exact || m.Takes(Model) {
			last = append(last, found...)
		} else {
			list = append(list, found...)
		}
	}
	return append(list, last...)
}

func (m *Method) variants(c *Choice, from func(*Choice) []Variant) []Variant {
	if from == nil {
		return []Variant{{Name: m.Name, Solver: m.New(Default()), Timed: m.Takes(Limit)}}
	}
	return from(c)
}

func none(*Choice) []Variant { return nil }

func descentRows(*Choice) []Variant {
	return []Variant{{Name: "greedy descent", Solver: descent.Greedy{}}}
}

func treeRows(c *Choice) []Variant {
	return append([]Variant{{Name: "spanning tree", Solver: descent.Tree{}}}, treeCurves(c)...)
}

func treeCurves(*Choice) []Variant {
	return []Variant{{Name: "spanning tree + descent", Solver: descent.Tree{Descent: true}}}
}

// annealRows are single reads of annealing, and 16 reads at a time that are combined: with
// what a good annealer sweeps in about a millisecond and in ten, on 16×16 sites.
func annealRows(c *Choice) (list []Variant) {
	for _, n := range c.Sweeps {
		unit := "sweeps"
		if n == 1 {
			unit = "sweep"
		}
		set := anneal.Default()
		set.Reads, set.Sweeps = 1, n
		list = append(list, Variant{Name: fmt.Sprintf("annealing %d %s", n, unit), Curve: "annealing", Solver: set, Sweeps: n})
	}
	for _, n := range []int{100, 1000} {
		set := anneal.Default()
		set.Engine, set.Reads, set.Sweeps = anneal.Lanes, 16, n
		list = append(list, Variant{Name: fmt.Sprintf("16 combined reads of %d sweeps", n), Curve: "16 combined reads", Solver: set, Sweeps: n})
	}
	return list
}

// annealCurves are annealing as one read, and with each of the engines, whose reads are
// combined.
func annealCurves(*Choice) []Variant {
	one := anneal.Default()
	one.Engine, one.Reads, one.Independent = anneal.Sparse, 1, true
	list := []Variant{{Name: "annealing, one read", Solver: one, Timed: true}}
	for _, e := range []anneal.Engine{anneal.Multispin, anneal.Bipartite, anneal.Lanes, anneal.Sparse} {
		set := anneal.Default()
		set.Engine = e
		list = append(list, Variant{Name: "annealing, " + string(e), Solver: set, Timed: true})
	}
	return list
}

func temperCurves(*Choice) []Variant {
	set := temper.Default()
	set.Families = 1
	return []Variant{{Name: "tempering", Solver: set, Timed: true}}
}

func refineCurves(*Choice) []Variant {
	set := descent.DefaultRefine()
	set.Widen = true
	return []Variant{{Name: "refinement", Solver: set, Timed: true}}
}

func exactCurves(*Choice) []Variant {
	return []Variant{{Name: "exact", Solver: expected{exact.Default(), time.Minute}}}
}

// expected is a search where a proof is to be expected, for so long at most.
type expected struct {
	solver.Solver
	limit time.Duration
}

func (e expected) Check(in *ising.Instance) error {
	if err := exact.Expected(in.Lattice); err != nil {
		return err
	}
	return e.Solver.Check(in)
}

func (e expected) Solve(ctx context.Context, in *ising.Instance, _ solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	return e.Solver.Solve(ctx, in, solver.Budget{Limit: e.limit}, rng)
}

// modelRows are each network with each number of passes, with and without descent, and with
// each effort after two passes.
func modelRows(c *Choice) []Variant {
	var sets []cnn.PredictSettings
	for _, n := range c.Passes {
		sets = append(sets, cnn.PredictSettings{Passes: n}, cnn.PredictSettings{Passes: n, Descent: true})
	}
	return predictions(c, withEfforts(sets, c.Efforts), cnn.PredictSettings{Passes: 1}, cnn.PredictSettings{Passes: 1, Descent: true})
}

// modelCurves are each network from fast to good.
func modelCurves(c *Choice) []Variant {
	sets := []cnn.PredictSettings{{Passes: 1, Descent: true}, {Passes: 2, Descent: true}}
	return predictions(c, withEfforts(sets, []int{1, 2, 3, 5, 8, 16, 32}), cnn.PredictSettings{Passes: 1, Descent: true})
}

func withEfforts(sets []cnn.PredictSettings, efforts []int) []cnn.PredictSettings {
	for _, n := range efforts {
		sets = append(sets, cnn.PredictSettings{Passes: 2, Descent: true, Effort: n})
	}
	return sets
}

// predictions returns every network with the settings of its target.
func predictions(c *Choice, bond []cnn.PredictSettings, site ...cnn.PredictSettings) (list []Variant) {
	for _, n := range c.Networks {
		sets := bond
		if n.Training.Target == cnn.Site {
			sets = site
		}
		search := cnn.NewSearch(n.Model, cnn.DefaultPredict(), c.Workers)
		for _, set := range sets {
			list = append(list, n.variant(search.With(set), set))
		}
	}
	return list
}

func (n *Network) variant(search *cnn.Search, set cnn.PredictSettings) Variant {
	target, loss := n.Training.Target, n.Training.Loss.Name
	curve := target + " " + loss
	if n.Name != "" {
		curve += " " + n.Name
	}
	name := curve
	switch {
	case target == cnn.Site:
	case set.Passes == 1:
		name += " 1 pass"
	default:
		name += fmt.Sprintf(" %d passes", set.Passes)
	}
	switch {
	case set.Effort > 0:
		name += fmt.Sprintf(" + effort %d", set.Effort)
	case set.Descent:
		name += " + descent"
	}
	return Variant{Name: name, Curve: curve, Solver: search, Prediction: &Prediction{target, loss, set.Passes, set.Effort, set.Descent}}
}
