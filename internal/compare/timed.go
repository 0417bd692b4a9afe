package compare

import (
	"context"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"spinlearn/cnn"
	"spinlearn/internal/cputime"
	"spinlearn/ising"
	"spinlearn/solver"
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
func Engines(instances iter.Seq2[*ising.Solved, error], limit int) ([]solver.Engine, error) {
	engines := []solver.Engine{solver.Multispin, solver.Bipartite, solver.Lanes, solver.Sparse}
	count := 0
	for s, err := range instances {
		if err != nil {
			return nil, err
		}
		engines = slices.DeleteFunc(engines, func(e solver.Engine) bool { return e.Fits(s.Instance) != nil })
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
func TimedMethods(l *ising.Lattice, seed uint64, times []time.Duration, engines []solver.Engine) []Method {
	type search struct {
		name  string
		solve func(ctx context.Context, in *ising.Instance, limit time.Duration, rng *rand.Rand) (*solver.Result, error)
	}
	var searches []search
	anneal := func(name string, set solver.AnnealSettings) {
		searches = append(searches, search{name, func(ctx context.Context, in *ising.Instance, limit time.Duration, rng *rand.Rand) (*solver.Result, error) {
			set := set
			set.TimeLimit = limit
			return solver.Anneal(ctx, in, &set, rng)
		}})
	}
	anneal("annealing, one read", solver.AnnealSettings{Engine: solver.Sparse, Reads: 1, Independent: true})
	for _, e := range engines {
		anneal("annealing, "+string(e), solver.AnnealSettings{Engine: e})
	}
	if slices.Contains(engines, solver.Lanes) || slices.Contains(engines, solver.Multispin) {
		searches = append(searches, search{"tempering", func(ctx context.Context, in *ising.Instance, limit time.Duration, rng *rand.Rand) (*solver.Result, error) {
			return solver.Temper(ctx, in, &solver.TemperSettings{Families: 1, TimeLimit: limit}, rng)
		}})
	}
	searches = append(searches, search{"refinement", widen})

	list := []Method{treeDescent(seed, 1)}
	for _, s := range searches {
		for _, limit := range times {
			m := classical(s.name+", "+limit.String(), seed, 1, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
				return s.solve(solver.WithClock(ctx, cputime.Now), in, limit, rng)
			})
			m.Curve, m.Budget = s.name, limit
			list = append(list, m)
		}
	}
	if solver.CheckExact(l) == nil {
		list = append(list, classical("exact", seed, 1, func(ctx context.Context, in *ising.Instance, _ *rand.Rand) (*solver.Result, error) {
			return solver.Exact(ctx, in, &solver.ExactSettings{TimeLimit: exactLimit})
		}))
	}
	return list
}

// widen refines with wider and wider windows until the time is up.
func widen(ctx context.Context, in *ising.Instance, limit time.Duration, rng *rand.Rand) (*solver.Result, error) {
	const step, widest = 2, 18
	end := cputime.Now() + limit
	set := solver.RefineSettings{Width: 10, TimeLimit: limit}
	for {
		r, err := solver.Refine(ctx, in, &set, rng)
		set.TimeLimit = end - cputime.Now()
		if err != nil || set.TimeLimit <= 0 || set.Width == widest {
			return r, err
		}
		set.Start, set.Width = r.Spins, set.Width+step
	}
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
		method := modelMethod(m, predictor, name, &set)
		method.Curve = method.Model
		list = append(list, method)
	}
	return list
}
