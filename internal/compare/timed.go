package compare

import (
	"context"
	"iter"
	"slices"
	"time"

	"spinlearn/cnn"
	"spinlearn/internal/cputime"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/descent"
	"spinlearn/solver/exact"
	"spinlearn/solver/temper"
)

// A Timed is the outcome of a comparison at equal time over one dataset.
type Timed struct {
	*Table
	Name   string // of the dataset
	Family string // of datasets that differ in their size alone
}

// RunTimed is [Run] instance by instance, so that a machine that is busy for a while is
// so to all methods, and that times are those of single instances.
func RunTimed(ctx context.Context, l *ising.Lattice, instances iter.Seq2[*ising.Solved, error], limit int, methods []Method, progress func(done int, method string)) (*Table, error) {
	return run(ctx, l, instances, limit, 1, methods, progress)
}

// Line is what the rows of one line in a chart have in common.
func (m *Method) Line() string {
	if m.Curve != "" {
		return m.Curve
	}
	return m.Name
}

// Median returns the median of the times.
func (r *Row) Median() time.Duration {
	times := slices.Sorted(slices.Values(r.Times))
	n := len(times)
	return (times[(n-1)/2] + times[n/2]) / 2
}

// Tolerance is by how much a row may exceed the time that it stands for.
const Tolerance = 1.25

// Within returns the row of a line that took longest of those that took at most
// [Tolerance] times the limit an instance, nil if none did.
func (t *Table) Within(line string, limit time.Duration) *Row {
	var longest *Row
	limit = time.Duration(Tolerance * float64(limit))
	for _, r := range t.Rows {
		if r.Line() == line && r.PerInstance() <= limit && (longest == nil || r.PerInstance() > longest.PerInstance()) {
			longest = r
		}
	}
	return longest
}

// Engines returns the engines of annealing that take all instances, at most so many, 0 for
// all.
func Engines(instances iter.Seq2[*ising.Solved, error], limit int) ([]anneal.Engine, error) {
	engines := []anneal.Engine{anneal.Multispin, anneal.Bipartite, anneal.Lanes, anneal.Sparse}
	count := 0
	for s, err := range instances {
		if err != nil {
			return nil, err
		}
		engines = slices.DeleteFunc(engines, func(e anneal.Engine) bool { return e.Check(s.Instance) != nil })
		if count++; count == limit {
			break
		}
	}
	return engines, nil
}

// exactLimit ends searches for a proof that take too long for a comparison.
const exactLimit = time.Minute

// TimedMethods returns the classical methods with each limit of CPU time, on one core: annealing
// with each of the engines, whose reads are combined, and as one read, tempering, and
// refinement. Descent from the spanning tree and, where a proof is to be expected, the
// exact solver have no limit but a minute.
func TimedMethods(l *ising.Lattice, seed uint64, times []time.Duration, engines []anneal.Engine) []Method {
	type search struct {
		name string
		s    solver.Solver
	}
	one := anneal.Default()
	one.Engine, one.Reads, one.Independent = anneal.Sparse, 1, true
	searches := []search{{"annealing, one read", one}}
	for _, e := range engines {
		set := anneal.Default()
		set.Engine = e
		searches = append(searches, search{"annealing, " + string(e), set})
	}
	if slices.Contains(engines, anneal.Lanes) || slices.Contains(engines, anneal.Multispin) {
		set := temper.Default()
		set.Families = 1
		searches = append(searches, search{"tempering", set})
	}
	windows := descent.DefaultRefine()
	windows.Widen = true
	searches = append(searches, search{"refinement", windows})

	list := []Method{treeDescent(seed, 1)}
	for _, s := range searches {
		for _, limit := range times {
			m := classical(s.name+", "+limit.String(), seed, 1, s.s, solver.Budget{Limit: limit, Clock: cputime.Now})
			m.Curve, m.Budget = s.name, limit
			list = append(list, m)
		}
	}
	if exact.Expected(l) == nil {
		list = append(list, classical("exact", seed, 1, exact.Default(), solver.Budget{Limit: exactLimit}))
	}
	return list
}

// efforts are the ways to run a model, from fast to good.
func efforts(target string) []cnn.PredictSettings {
	if target == cnn.Site {
		return []cnn.PredictSettings{{Passes: 1, Descent: true}}
	}
	list := []cnn.PredictSettings{{Passes: 1, Descent: true}, {Passes: 2, Descent: true}}
	for _, n := range []int{1, 2, 3, 5, 8, 16, 32} {
		list = append(list, cnn.PredictSettings{Passes: 2, Descent: true, Effort: n})
	}
	return list
}

// EffortMethods returns a model on one core with growing effort. A name, if not empty,
// tells models of equal target and loss apart.
func EffortMethods(m *cnn.Model, name string) []Method {
	predictor := m.NewPredictor(1)
	var list []Method
	for _, set := range efforts(m.Training.Target) {
		method := modelMethod(m, predictor, name, set)
		method.Curve = method.Model
		list = append(list, method)
	}
	return list
}
