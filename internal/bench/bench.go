// Package bench measures what stochastic solvers reach in how much CPU time: rates of
// updates, residual energies, probabilities of success and times to solution.
package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"spinlearn/internal/cputime"
	"spinlearn/internal/stats"
	"spinlearn/ising"
	"spinlearn/solver"
)

// A File is a name for the instances that a row averages over.
type File struct {
	Name      string
	Instances []*Instance
}

// An Instance has the energy that counts as solved. All energies of this package are those
// of the file that the instance is of.
type Instance struct {
	*ising.Instance
	// Offset is by how much the energy of the file is above that of the instance.
	Offset float64
	// Vertices is the number of spins of the file, > 0: its ghost spin is none.
	Vertices int
	// Target is an energy to reach; nil where none is known. Run replaces it by the lowest
	// energy of all runs if that is lower, unless it is Fixed, or if there is none.
	Target *float64
	// Fixed says that Target is what was asked for, whatever can be reached.
	Fixed bool
	// Lowered says that Run has replaced the target, or found one.
	Lowered bool
}

// reached reports whether an energy is as low as the target.
func (in *Instance) reached(energy float64) bool { return energy <= *in.Target+in.Rounding() }

// Relative reports whether there are gaps relative to the target: it is not 0.
func (in *Instance) Relative() bool { return math.Abs(*in.Target) > in.Rounding() }

// gap returns (E-target)/|target|, 0 if the target was reached; NaN if the target is 0.
func (in *Instance) gap(energy float64) float64 {
	switch {
	case !in.Relative():
		return math.NaN()
	case in.reached(energy):
		return 0
	}
	return (energy - *in.Target) / math.Abs(*in.Target)
}

// A Contender is a solver with its settings bound.
type Contender struct {
	Method string
	Length string // of a run, such as "1000 sweeps" or "1s"
	Solve  func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error)
}

// A Row is what a contender reached on a file.
type Row struct {
	File, Method, Length string
	Runs                 int
	CPU                  time.Duration  // mean of a run
	UpdatesPerNS         float64        // proposed spin flips a nanosecond of CPU time; NaN if none are counted
	Best                 float64        // energy per vertex of the best run, mean over instances
	Energy               stats.Estimate // energy per vertex, over runs
	Gap                  stats.Estimate // (E-target)/|target| in per cent, over the runs on instances whose target is not 0
	Hits                 int            // runs that reached the target
	// TTS is the CPU time in which the target is reached with a probability of 99 %, in
	// seconds, with the ends of its 95 % confidence interval.
	TTS, TTSLow, TTSHigh float64
}

// sample is the outcome of one run.
type sample struct {
	instance *Instance
	energy   float64 // of the file
	cpu      time.Duration
	updates  int64
}

// Run lets every contender solve every instance so many times, in turn, so that a
// machine that is busy for a while is so to all. Repeat r of instance number i uses the
// stream (seed, "bench", i<<32+r). progress, unless nil, is called after each run.
func Run(ctx context.Context, files []*File, contenders []Contender, repeats int, seed uint64, progress func(done, total int)) ([]*Row, error) {
	total := 0
	for _, f := range files {
		total += len(f.Instances) * len(contenders) * repeats
	}
	samples := make([][][]sample, len(files)) // by file and contender
	for k := range samples {
		samples[k] = make([][]sample, len(contenders))
	}
	done := 0
	for r := range repeats {
		for k, f := range files {
			for i, in := range f.Instances {
				for c, contender := range contenders {
					begin := cputime.Now()
					result, err := contender.Solve(ctx, in.Instance, ising.Stream(seed, "bench", uint64(i)<<32+uint64(r)))
					if err != nil {
						return nil, fmt.Errorf("%s, %s: %w", f.Name, contender.Method, err)
					}
					samples[k][c] = append(samples[k][c], sample{in, result.Energy + in.Offset, cputime.Now() - begin, result.Updates})
					done++
					if progress != nil {
						progress(done, total)
					}
				}
			}
		}
	}
	for k, f := range files {
		for _, in := range f.Instances {
			in.settle(samples[k])
		}
	}
	var rows []*Row
	for k, f := range files {
		for c, contender := range contenders {
			row := &Row{File: f.Name, Method: contender.Method, Length: contender.Length}
			row.sum(samples[k][c])
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// settle lowers the target to the lowest energy of all runs.
func (in *Instance) settle(contenders [][]sample) {
	if in.Fixed {
		return
	}
	for _, samples := range contenders {
		for _, s := range samples {
			if s.instance == in && (in.Target == nil || s.energy < *in.Target-in.Rounding()) {
				in.Target, in.Lowered = &s.energy, true
			}
		}
	}
}

func (r *Row) sum(samples []sample) {
	r.Runs = len(samples)
	var energies, gaps, best []float64
	at := map[*Instance]int{} // where it is in best
	cpu, updates := time.Duration(0), int64(0)
	for _, s := range samples {
		perVertex := s.energy / float64(s.instance.Vertices)
		if k, ok := at[s.instance]; ok {
			best[k] = min(best[k], perVertex)
		} else {
			at[s.instance] = len(best)
			best = append(best, perVertex)
		}
		energies = append(energies, perVertex)
		gaps = append(gaps, s.instance.gap(s.energy))
		if s.instance.reached(s.energy) {
			r.Hits++
		}
		cpu += s.cpu
		updates += s.updates
	}
	r.Best, r.Energy, r.Gap = stats.Mean(best).Mean, stats.Mean(energies), stats.Mean(gaps).Times(100)
	r.CPU = cpu / time.Duration(r.Runs)
	r.UpdatesPerNS = math.NaN()
	if updates > 0 && cpu > 0 {
		r.UpdatesPerNS = float64(updates) / float64(cpu.Nanoseconds())
	}
	r.TTS, r.TTSLow, r.TTSHigh = TimeToSolution(r.CPU.Seconds(), r.Hits, r.Runs)
}

// TimeToSolution returns the time in which runs that take t succeed with a probability
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
