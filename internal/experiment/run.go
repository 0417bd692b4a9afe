package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"spinlearn/internal/base/cputime"
	"spinlearn/internal/base/parallel"
	"spinlearn/internal/base/stats"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/methods"
)

// A Row is a variant of a method, with a budget for each instance and what it reached.
type Row struct {
	methods.Variant
	Budget   solver.Budget
	Searches []Search
	Spins    [][]int8 // of the first [Kept] instances
}

// A Search is what one run on an instance ended with.
type Search struct {
	Instance int     // counted from 0
	Energy   float64 // of the file, in the unit of the couplings
	PerSpin  float64
	Gap      float64 // relative, (E-E0)/|E0|; NaN where there is none
	Solved   bool    // as low as the reference
	CPU      time.Duration
	Updates  int64
}

// A Table is the outcome of rows on the instances of one dataset or file.
type Table struct {
	Name      string // of the dataset or file
	Family    string // of datasets that differ in their size alone
	Lattice   *ising.Lattice
	First     []*ising.Solved // the first [Kept] instances
	Proven    int             // instances whose reference is a proven ground state
	Reference *Row            // the references as a row
	Rows      []*Row
}

// AllProven reports whether every reference is a proven ground state.
func (t *Table) AllProven() bool { return t.Proven == t.Count() }

// Count returns the number of instances.
func (t *Table) Count() int { return len(t.Reference.Searches) }

// Relative returns the number of instances that have a relative gap: all but those of
// reference energy 0.
func (t *Table) Relative() int { return t.Reference.Gap().Count }

// Size says how many instances there are and, if not all have one, how many of them have
// a relative gap.
func (t *Table) Size() string { return Size(t.Count(), t.Relative()) }

// Size is [Table.Size] of given numbers.
func Size(count, relative int) string {
	if relative < count {
		return fmt.Sprintf("%d instances, %d with a relative gap", count, relative)
	}
	return fmt.Sprintf("%d instances", count)
}

// Settings say how rows run over a dataset.
type Settings struct {
	Limit   int    // instances to use, at least 1
	Batch   int    // instances that a row gets at a time, at least 1
	Seed    uint64 // of the streams of classical methods: row NAME, instance k has (Seed, NAME, k)
	Workers int    // goroutines, at least 1; their number changes no energy
	// Progress is called after each batch of each row with the number of instances done, over
	// all rows.
	Progress func(done int, method string)
}

// Kept is the number of instances whose configurations a table keeps.
const Kept = 64

// Default returns the settings for all instances, on one worker.
func Default() Settings {
	return Settings{Limit: math.MaxInt, Batch: Kept, Seed: 1, Workers: 1, Progress: func(int, string) {}}
}

// EqualTime returns the settings of comparisons at equal time: instance by instance, so that
// a machine that is busy for a while is so to all rows, and times are of single instances.
func EqualTime() Settings {
	set := Default()
	set.Batch = 1
	return set
}

// Rows returns the variants as rows without a budget, or with times those that are timed with
// each limit of CPU time.
func Rows(variants []methods.Variant, times ...time.Duration) (rows []*Row) {
	for _, v := range variants {
		if !v.Timed || len(times) == 0 {
			rows = append(rows, &Row{Variant: v})
			continue
		}
		name := v.Name
		v.Curve = name
		for _, limit := range times {
			v.Name = name + ", " + limit.String()
			rows = append(rows, &Row{Variant: v, Budget: solver.Budget{Limit: limit, Clock: cputime.Now}})
		}
	}
	return rows
}

// Fitting returns the variants that take the instances, the first limit of them.
func Fitting(variants []methods.Variant, instances iter.Seq2[*ising.Solved, error], limit int) ([]methods.Variant, error) {
	variants = slices.Clone(variants)
	count := 0
	for s, err := range instances {
		if err != nil {
			return nil, err
		}
		variants = slices.DeleteFunc(variants, func(v methods.Variant) bool { return v.Solver.Check(s.Instance) != nil })
		if count++; count == limit {
			break
		}
	}
	return variants, nil
}

// Run takes the rows, which have run nowhere yet, through the instances of a lattice. It stops
// with the first error, which wraps ctx.Err() if ctx ends.
func Run(ctx context.Context, l *ising.Lattice, instances iter.Seq2[*ising.Solved, error], rows []*Row, set Settings) (*Table, error) {
	t := &Table{Lattice: l, Reference: &Row{}, Rows: rows}
	done := 0
	var batch []*ising.Solved
	flush := func() error {
		for _, r := range rows {
			if err := r.run(ctx, t.Count(), batch, &set); err != nil {
				return fmt.Errorf("%s: %w", r.Name, err)
			}
			done += len(batch)
			set.Progress(done, r.Name)
		}
		for _, s := range batch {
			t.Reference.add(t.Count(), s, s.Energy, s.Sites())
			if s.Proven() {
				t.Proven++
			}
		}
		t.First = append(t.First, batch[:min(len(batch), Kept-len(t.First))]...)
		batch = batch[:0]
		return nil
	}
	for s, err := range instances {
		if err != nil {
			return nil, err
		}
		if batch = append(batch, s); len(batch) == set.Batch {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		if t.Count()+len(batch) == set.Limit {
			break // without a look at the next, which may lie in a damaged file
		}
	}
	if len(batch) > 0 {
		if err := flush(); err != nil {
			return nil, err
		}
	}
	if t.Count() == 0 {
		return nil, errors.New("no instances")
	}
	t.Reference.Name = "reference"
	if t.AllProven() {
		t.Reference.Name = "ground state"
	}
	return t, nil
}

// run solves a batch whose first instance has an index.
func (r *Row) run(ctx context.Context, first int, batch []*ising.Solved, set *Settings) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopped: %w", err)
	}
	instances := make([]*ising.Instance, len(batch))
	for k, s := range batch {
		instances[k] = s.Instance
	}
	together, ok := r.Solver.(solver.Batcher)
	if ok {
		if err := together.Prepare(instances...); err != nil {
			return err
		}
	}
	results, err := make([]*solver.Result, len(batch)), error(nil)
	begin := cputime.Now()
	if ok {
		results, err = together.SolveAll(ctx, instances)
	} else {
		errs := make([]error, len(batch))
		parallel.Do(set.Workers, len(batch), func(k int) {
			results[k], errs[k] = r.Solver.Solve(ctx, instances[k], r.Budget, ising.Stream(set.Seed, r.Name, uint64(first+k)))
		})
		err = cmp.Or(errs...)
	}
	used := cputime.Now() - begin
	if err != nil {
		return err
	}
	for k, s := range batch {
		run := r.add(first+k, s, results[k].Energy, s.Sites())
		run.CPU, run.Updates = used/time.Duration(len(batch)), results[k].Updates
		if len(r.Spins) < Kept {
			r.Spins = append(r.Spins, results[k].Spins)
		}
	}
	return nil
}

// add notes an energy of an instance with so many spins.
func (r *Row) add(instance int, s *ising.Solved, energy float64, spins int) *Search {
	r.Searches = append(r.Searches, Search{Instance: instance, Energy: energy, PerSpin: energy / float64(spins), Gap: s.Gap(energy), Solved: s.Solves(energy)})
	return &r.Searches[len(r.Searches)-1]
}

func (r *Row) values(of func(*Search) float64) []float64 {
	v := make([]float64, len(r.Searches))
	for k := range v {
		v[k] = of(&r.Searches[k])
	}
	return v
}

// Energies returns the energies, in the unit of the couplings.
func (r *Row) Energies() []float64 { return r.values(func(s *Search) float64 { return s.Energy }) }

// PerSpin returns the energies per spin.
func (r *Row) PerSpin() []float64 { return r.values(func(s *Search) float64 { return s.PerSpin }) }

// Percent returns the relative gaps in per cent, NaN where there are none.
func (r *Row) Percent() []float64 { return r.values(func(s *Search) float64 { return 100 * s.Gap }) }

// Energy returns the mean energy per spin.
func (r *Row) Energy() stats.Estimate { return stats.Mean(r.PerSpin()) }

// Gap returns the mean relative gap over the instances that have one, in per cent.
func (r *Row) Gap() stats.Estimate { return r.gap().Times(100) }

// gap returns the mean relative gap as a fraction.
func (r *Row) gap() stats.Estimate {
	return stats.Mean(r.values(func(s *Search) float64 { return s.Gap }))
}

// Solved returns the number of searches that were as low as the reference.
func (r *Row) Solved() (count int) {
	for _, s := range r.Searches {
		if s.Solved {
			count++
		}
	}
	return count
}

// CPU returns the mean CPU time of a search.
func (r *Row) CPU() (mean time.Duration) {
	for _, s := range r.Searches {
		mean += s.CPU
	}
	return mean / time.Duration(max(len(r.Searches), 1))
}

// Median returns the median CPU time of a search, of which there is at least one.
func (r *Row) Median() time.Duration {
	var times []time.Duration
	for _, s := range r.Searches {
		times = append(times, s.CPU)
	}
	slices.Sort(times)
	n := len(times)
	return (times[(n-1)/2] + times[n/2]) / 2
}

// Line is what the rows of one line in a chart have in common.
func (r *Row) Line() string { return cmp.Or(r.Curve, r.Name) }

// prediction returns how a network predicts; all is empty and 0 of other methods.
func (r *Row) prediction() (p methods.Prediction) {
	if r.Prediction != nil {
		p = *r.Prediction
	}
	return p
}
