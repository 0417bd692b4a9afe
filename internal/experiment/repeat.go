package experiment

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"spinlearn/internal/base/cputime"
	"spinlearn/internal/base/stats"
	"spinlearn/ising"
	"spinlearn/solver"
)

// A File is instances under a name, over which a row is the mean.
type File struct {
	Name      string
	Instances []*Instance
}

// An Instance has the energy that counts as solved. That energy, and those of all searches,
// are of the file: above those of the couplings by its constant.
type Instance struct {
	ising.Solved // its Energy is the target, NaN where none is known yet
	Offset       float64
	Vertices     int  // the number of spins of the file, > 0: its ghost spin is none
	Fixed        bool // the target is what was asked for, whatever can be reached
	Lowered      bool // the target is the lowest energy of all searches
}

// Repeat runs copies of the rows on every instance of every file, so many times and in turn,
// so that a machine that is busy for a while is so to all. It returns a table for each file.
// Repeat r of instance number i uses the stream (seed, "bench", i<<32+r). A target that is
// not fixed becomes the lowest energy of all searches if that is lower, or if there is none.
// progress is called after each search.
func Repeat(ctx context.Context, files []*File, rows []*Row, repeats int, seed uint64, progress func(done, total int)) ([]*Table, error) {
	var tables []*Table
	total := 0
	for _, f := range files {
		t := &Table{Name: f.Name}
		for _, r := range rows {
			t.Rows = append(t.Rows, new(*r))
		}
		tables = append(tables, t)
		total += len(f.Instances) * len(rows) * repeats
	}
	done := 0
	for k := range repeats {
		for f, t := range tables {
			for i, in := range files[f].Instances {
				for _, r := range t.Rows {
					if p, ok := r.Solver.(solver.Batcher); ok {
						if err := p.Prepare(in.Instance); err != nil {
							return nil, fmt.Errorf("%s, %s: %w", t.Name, r.Line(), err)
						}
					}
					begin := cputime.Now()
					result, err := r.Solver.Solve(ctx, in.Instance, r.Budget, ising.Stream(seed, "bench", uint64(i)<<32+uint64(k)))
					if err != nil {
						return nil, fmt.Errorf("%s, %s: %w", t.Name, r.Line(), err)
					}
					r.Searches = append(r.Searches, Search{Instance: i, Energy: result.Energy + in.Offset, CPU: cputime.Now() - begin, Updates: result.Updates})
					done++
					progress(done, total)
				}
			}
		}
	}
	for f, t := range tables {
		t.settle(files[f].Instances)
	}
	return tables, nil
}

// settle lowers the targets and measures the searches by them. An energy below a target has
// no gap.
func (t *Table) settle(instances []*Instance) {
	for _, r := range t.Rows {
		for _, s := range r.Searches {
			in := instances[s.Instance]
			if !in.Fixed && (math.IsNaN(in.Energy) || in.Below(s.Energy, in.Energy)) {
				in.Energy, in.Lowered = s.Energy, true
			}
		}
	}
	for _, r := range t.Rows {
		for k := range r.Searches {
			s := &r.Searches[k]
			in := instances[s.Instance]
			s.PerSpin, s.Gap, s.Solved = s.Energy/float64(in.Vertices), max(0, in.Gap(s.Energy)), in.Solves(s.Energy)
		}
	}
}

// Best returns the energy per spin of the best search of an instance, in the mean over
// instances.
func (r *Row) Best() float64 {
	var best []float64
	for _, s := range r.Searches {
		if s.Instance == len(best) { // its first
			best = append(best, s.PerSpin)
		}
		best[s.Instance] = min(best[s.Instance], s.PerSpin)
	}
	return stats.Mean(best).Mean
}

// Rate returns the number of proposed spin flips a nanosecond of CPU time; NaN if none are
// counted.
func (r *Row) Rate() float64 {
	updates := int64(0)
	for _, s := range r.Searches {
		updates += s.Updates
	}
	if cpu := r.CPU().Nanoseconds() * int64(len(r.Searches)); updates > 0 && cpu > 0 {
		return float64(updates) / float64(cpu)
	}
	return math.NaN()
}

// TimeToSolution returns the time in which searches that take t succeed with a probability
// of 99 %, t max(1, ln 0.01 / ln(1-p)) for p = hits/runs, and its interval for the 95 %
// confidence interval of p by Clopper and Pearson (1934). It is infinite for p = 0.
func TimeToSolution(t float64, hits, runs int) (tts, low, high float64) {
	at := func(p float64) float64 {
		if p <= 0 {
			return math.Inf(1)
		}
		return t * max(1, math.Log(0.01)/math.Log1p(-p))
	}
	lower, upper := 0.0, 1.0
	if hits > 0 {
		lower = distuv.Beta{Alpha: float64(hits), Beta: float64(runs - hits + 1)}.Quantile(0.025)
	}
	if hits < runs {
		upper = distuv.Beta{Alpha: float64(hits + 1), Beta: float64(runs - hits)}.Quantile(0.975)
	}
	return at(float64(hits) / float64(runs)), at(upper), at(lower)
}
