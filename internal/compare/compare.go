// Package compare runs methods over the instances of a dataset and sums up how far
// their final energies are from the ground truth.
package compare

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"spinlearn/internal/cputime"
	"spinlearn/internal/stats"
	"spinlearn/ising"
)

// A Method proposes a configuration for each instance of a batch; first is the
// index of the batch's first instance in the dataset.
type Method struct {
	Name   string        // unique
	Group  string        // of similar methods
	Loss   string        // of a network, else empty
	Target string        // of a network, else empty
	Passes int           // of a network, else 0
	Effort int           // of a bond model, else 0
	Sweeps int           // of annealing, else 0
	Curve  string        // what rows that differ in their sweeps, budget or effort share, else empty
	Budget time.Duration // the time limit of an instance, else 0
	// Model is the part of Name that all rows of a network share, and Descent says
	// whether the row is with descent.
	Model   string
	Descent bool
	// Prepare, unless nil, is called with each batch first, off the clock.
	Prepare func(batch []*ising.Instance) error
	Solve   func(ctx context.Context, first int, batch []*ising.Instance) ([][]int8, error)
}

// A Row is what a method reached.
type Row struct {
	Method
	Energies []float64 // of each instance, in the unit of the couplings
	Gaps     []float64 // relative, (E-E0)/|E0|; NaN where E0 is 0
	Solved   int       // instances whose reference energy was reached
	CPU      time.Duration
	Times    []time.Duration // CPU time of each batch
	Spins    [][]int8        // of the first [Kept] instances
}

// A Table is the outcome over one dataset.
type Table struct {
	Lattice *ising.Lattice
	Truth   []float64       // energies of the reference configurations
	First   []*ising.Solved // the first [Kept] instances
	Proven  int             // instances whose reference is a proven ground state
	Gaps    []float64       // of the reference to itself: 0, or NaN where there are no relative gaps
	Rows    []*Row
}

// AllProven reports whether every reference is a proven ground state.
func (t *Table) AllProven() bool { return t.Proven == len(t.Truth) }

// Relative returns the number of instances that have a relative gap: all but those of
// reference energy 0.
func (t *Table) Relative() int { return stats.Mean(t.Gaps).Count }

// Size says how many instances there are and, if not all have one, how many of them have
// a relative gap.
func (t *Table) Size() string {
	if n := t.Relative(); n < len(t.Truth) {
		return fmt.Sprintf("%d instances, %d with a relative gap", len(t.Truth), n)
	}
	return fmt.Sprintf("%d instances", len(t.Truth))
}

// caption says what the instances are.
func (t *Table) caption() string {
	return fmt.Sprintf("%d instances, %v, %s", len(t.Truth), t.Lattice, t.references())
}

// references says what is known of the instances.
func (t *Table) references() string {
	text := fmt.Sprintf("%d with a proven ground state", t.Proven)
	if n := len(t.Truth) - t.Relative(); n > 0 {
		text += fmt.Sprintf(", %d with reference energy 0 and so no relative gap", n)
	}
	return text
}

// Kept is the number of instances whose configurations a table keeps.
const Kept = batchSize

// batchSize is the number of instances that a method gets at a time.
const batchSize = 64

// Run applies the methods to at most limit instances; a limit of 0 takes all.
// progress, unless nil, is called after each batch of each method with the number of
// instances done, over all methods.
func Run(ctx context.Context, l *ising.Lattice, instances iter.Seq2[*ising.Solved, error], limit int, methods []Method, progress func(done int, method string)) (*Table, error) {
	return run(ctx, l, instances, limit, batchSize, methods, progress)
}

func run(ctx context.Context, l *ising.Lattice, instances iter.Seq2[*ising.Solved, error], limit, size int, methods []Method, progress func(done int, method string)) (*Table, error) {
	t := &Table{Lattice: l}
	for _, m := range methods {
		t.Rows = append(t.Rows, &Row{Method: m})
	}
	done := 0
	batch := make([]*ising.Solved, 0, size)
	flush := func() error {
		for _, r := range t.Rows {
			if err := r.add(ctx, len(t.Truth), batch); err != nil {
				return err
			}
			done += len(batch)
			if progress != nil {
				progress(done, r.Name)
			}
		}
		for _, s := range batch {
			t.Truth = append(t.Truth, s.Energy)
			t.Gaps = append(t.Gaps, s.Gap(s.Energy))
			if s.Proven() {
				t.Proven++
			}
		}
		if t.First == nil {
			t.First = append(t.First, batch...)
		}
		batch = batch[:0]
		return nil
	}
	for s, err := range instances {
		if err != nil {
			return nil, err
		}
		if batch = append(batch, s); len(batch) == size {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		if limit > 0 && len(t.Truth)+len(batch) == limit {
			break // without a look at the next, which may lie in a damaged file
		}
	}
	if len(batch) > 0 {
		if err := flush(); err != nil {
			return nil, err
		}
	}
	if len(t.Truth) == 0 {
		return nil, errors.New("compare: no instances")
	}
	return t, nil
}

func (r *Row) add(ctx context.Context, first int, batch []*ising.Solved) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("compare: %s: stopped: %w", r.Name, err)
	}
	instances := make([]*ising.Instance, len(batch))
	for k, s := range batch {
		instances[k] = s.Instance
	}
	if r.Prepare != nil {
		if err := r.Prepare(instances); err != nil {
			return fmt.Errorf("compare: %s: %w", r.Name, err)
		}
	}
	begin := cputime.Now()
	spins, err := r.Solve(ctx, first, instances)
	used := cputime.Now() - begin
	r.CPU, r.Times = r.CPU+used, append(r.Times, used)
	if err != nil {
		return fmt.Errorf("compare: %s: %w", r.Name, err)
	}
	for k, s := range batch {
		e := s.Instance.Energy(spins[k])
		if s.Solves(e) {
			r.Solved++
		}
		r.Energies = append(r.Energies, e)
		r.Gaps = append(r.Gaps, s.Gap(e))
	}
	if first == 0 {
		r.Spins = spins
	}
	return nil
}

// PerInstance returns the mean CPU time of an instance.
func (r *Row) PerInstance() time.Duration {
	return r.CPU / time.Duration(max(len(r.Energies), 1))
}

// Gap returns the mean relative gap in per cent over the instances that have one.
func (r *Row) Gap() stats.Estimate { return stats.Mean(r.Gaps).Times(100) }

// PerSpin divides energies by the number of sites.
func (t *Table) PerSpin(energies []float64) []float64 {
	v := make([]float64, len(energies))
	for k, e := range energies {
		v[k] = e / float64(t.Lattice.Sites())
	}
	return v
}
