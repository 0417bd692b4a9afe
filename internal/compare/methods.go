package compare

import (
	"context"
	"fmt"

	"spinlearn/cnn"
	"spinlearn/internal/parallel"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/descent"
)

// The groups of methods.
const (
	Classical  = "classical"
	BondTarget = "bond target"
	SiteTarget = "site target"
)

// combinedSweeps are those of the reads that are combined: what a good annealer does in
// about a millisecond and in ten, on 16×16 sites.
var combinedSweeps = []int{100, 1000}

// ClassicalMethods returns descent from random spins, the spanning tree with and
// without descent, single reads of annealing with the given numbers of sweeps, and
// 16 reads at a time that are combined.
// Instance k of the dataset gets a stream of its own for each method, so the number
// of workers changes nothing.
func ClassicalMethods(seed uint64, sweeps []int, workers int) []Method {
	list := []Method{
		classical("greedy descent", seed, workers, descent.Greedy{}, solver.Budget{}),
		classical("spanning tree", seed, workers, descent.Tree{}, solver.Budget{}),
		treeDescent(seed, workers),
	}
	for _, n := range sweeps {
		unit := "sweeps"
		if n == 1 {
			unit = "sweep"
		}
		set := anneal.Default()
		set.Reads, set.Sweeps = 1, n
		m := classical(fmt.Sprintf("annealing %d %s", n, unit), seed, workers, set, solver.Budget{})
		m.Sweeps, m.Curve = n, "annealing"
		list = append(list, m)
	}
	for _, n := range combinedSweeps {
		set := anneal.Default()
		set.Engine, set.Reads, set.Sweeps = anneal.Lanes, 16, n
		m := classical(fmt.Sprintf("16 combined reads of %d sweeps", n), seed, workers, set, solver.Budget{})
		m.Sweeps, m.Curve = n, "16 combined reads"
		list = append(list, m)
	}
	return list
}

func treeDescent(seed uint64, workers int) Method {
	return classical("spanning tree + descent", seed, workers, descent.Tree{Descent: true}, solver.Budget{})
}

func classical(name string, seed uint64, workers int, s solver.Solver, budget solver.Budget) Method {
	return Method{Name: name, Group: Classical, Solve: func(ctx context.Context, first int, batch []*ising.Instance) ([][]int8, error) {
		spins, errs := make([][]int8, len(batch)), make([]error, len(batch))
		parallel.Do(workers, len(batch), func(k int) {
			r, err := s.Solve(ctx, batch[k], budget, ising.Stream(seed, name, uint64(first+k)))
			if errs[k] = err; err == nil {
				spins[k] = r.Spins
			}
		})
		for _, err := range errs {
			if err != nil {
				return nil, err
			}
		}
		return spins, nil
	}}
}

// ModelMethods returns the rows of a model: each number of passes, one only for a
// site target, with and without descent, and for a bond target each effort after two
// passes. A name, if not empty, tells models of equal target and loss apart.
func ModelMethods(m *cnn.Model, name string, passes, efforts []int, workers int) []Method {
	if m.Training.Target == cnn.Site {
		passes, efforts = []int{1}, nil
	}
	predictor := m.NewPredictor(workers)
	var list []Method
	for _, n := range passes {
		for _, descend := range []bool{false, true} {
			list = append(list, modelMethod(m, predictor, name, cnn.PredictSettings{Passes: n, Descent: descend}))
		}
	}
	for _, n := range efforts {
		list = append(list, modelMethod(m, predictor, name, cnn.PredictSettings{Passes: 2, Descent: true, Effort: n}))
	}
	return list
}

func modelMethod(m *cnn.Model, predictor *cnn.Predictor, name string, set cnn.PredictSettings) Method {
	title := m.Training.Target + " " + m.Training.Loss.Name
	if name != "" {
		title += " " + name
	}
	group, text := BondTarget, title
	switch {
	case m.Training.Target == cnn.Site:
		group = SiteTarget
	case set.Passes == 1:
		text += " 1 pass"
	default:
		text += fmt.Sprintf(" %d passes", set.Passes)
	}
	switch {
	case set.Effort > 0:
		text += fmt.Sprintf(" + effort %d", set.Effort)
	case set.Descent:
		text += " + descent"
	}
	return Method{Name: text, Group: group, Loss: m.Training.Loss.Name, Target: m.Training.Target, Passes: set.Passes, Effort: set.Effort, Model: title, Descent: set.Descent,
		Prepare: predictor.Prepare,
		Solve: func(ctx context.Context, _ int, batch []*ising.Instance) ([][]int8, error) {
			found, err := predictor.Predict(ctx, batch, set)
			spins := make([][]int8, len(found))
			for k := range found {
				spins[k] = found[k].Spins
			}
			return spins, err
		}}
}
