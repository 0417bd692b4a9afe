package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"spinlearn/internal/parallel"
	"spinlearn/ising"
)

// A Schedule says how β grows from BetaMin to BetaMax over the sweeps of a read.
type Schedule string

const (
	Geometric Schedule = "geometric" // by equal factors
	Linear    Schedule = "linear"    // by equal steps
)

// AnnealSettings are the settings of [Anneal].
type AnnealSettings struct {
	Reads  int // independent runs, 1 to 2^20; 10 by default
	Sweeps int // of each read, > 0; 1000 by default
	// BetaMin and BetaMax bound the inverse temperature, 0 < BetaMin ≤ BetaMax, in the
	// inverse unit of the couplings. 0 derives them from the instance; see [BetaRange].
	BetaMin, BetaMax float64
	// Schedule is Geometric by default.
	Schedule Schedule
	// Start is the configuration every read begins with; nil means random spins.
	Start []int8
	// Workers is the number of reads made at the same time, 1 by default. The result
	// does not depend on it.
	Workers int
}

func (set *AnnealSettings) withDefaults(in *ising.Instance) (AnnealSettings, error) {
	s := AnnealSettings{}
	if set != nil {
		s = *set
	}
	for _, f := range []struct {
		name     string
		value    *int
		or, most int
	}{{"Reads", &s.Reads, 10, 1 << 20}, {"Sweeps", &s.Sweeps, 1000, math.MaxInt}, {"Workers", &s.Workers, 1, 1 << 14}} {
		if *f.value == 0 {
			*f.value = f.or
		}
		if *f.value < 0 || *f.value > f.most {
			return s, fmt.Errorf("%w: %s = %d, want 1 to %d", ErrSettings, f.name, *f.value, f.most)
		}
	}
	low, high := BetaRange(in)
	if s.BetaMin == 0 {
		s.BetaMin = low
		if s.BetaMax != 0 {
			s.BetaMin = min(low, s.BetaMax)
		}
	}
	if s.BetaMax == 0 {
		s.BetaMax = max(high, s.BetaMin)
	}
	if !(s.BetaMin > 0 && s.BetaMin <= s.BetaMax && !math.IsInf(s.BetaMax, 0)) {
		return s, fmt.Errorf("%w: BetaMin = %v and BetaMax = %v, want 0 < BetaMin ≤ BetaMax", ErrSettings, s.BetaMin, s.BetaMax)
	}
	switch s.Schedule {
	case "":
		s.Schedule = Geometric
	case Geometric, Linear:
	default:
		return s, fmt.Errorf("%w: Schedule = %q, want %s or %s", ErrSettings, s.Schedule, Geometric, Linear)
	}
	return s, checkStart(in, s.Start)
}

// beta returns the inverse temperature of a sweep, counted from 0.
func (set *AnnealSettings) beta(sweep int) float64 {
	if set.Sweeps == 1 {
		return set.BetaMax
	}
	x := float64(sweep) / float64(set.Sweeps-1)
	if set.Schedule == Linear {
		return set.BetaMin + x*(set.BetaMax-set.BetaMin)
	}
	return set.BetaMin * math.Pow(set.BetaMax/set.BetaMin, x)
}

// Anneal is simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983,
// doi 10.1126/science.220.4598.671) with Metropolis updates site by site. Each
// read ends with descent; the result is the best read. When ctx ends, each read is
// descended from where it is.
func Anneal(ctx context.Context, in *ising.Instance, settings *AnnealSettings, rng *rand.Rand) (*Result, error) {
	begin := time.Now()
	set, err := settings.withDefaults(in)
	if err != nil {
		return nil, err
	}
	table := newBonds(in)
	seeds := make([][2]uint64, set.Reads)
	for k := range seeds {
		seeds[k] = [2]uint64{rng.Uint64(), rng.Uint64()}
	}
	reads := make([][]int8, set.Reads)
	stats := make([]Stats, set.Reads)
	parallel.Do(set.Workers, set.Reads, func(k int) {
		if k > 0 && ctx.Err() != nil {
			return
		}
		src := rand.NewPCG(seeds[k][0], seeds[k][1])
		s := slices.Clone(set.Start)
		if s == nil {
			s = randomSpins(in.Sites(), src.Uint64)
		}
		st := newState(table, s)
		stats[k] = st.anneal(ctx, &set, src)
		st.store(s)
		stats[k].Flips += int64(Descent(in, s))
		reads[k] = s
	})
	var total Stats
	var best []int8
	energy := math.Inf(1)
	for k, s := range reads {
		if s == nil {
			continue
		}
		total.Reads++
		total.Sweeps += stats[k].Sweeps
		total.Updates += stats[k].Updates
		total.Flips += stats[k].Flips
		if e := in.Energy(s); e < energy {
			best, energy = s, e
		}
	}
	r := heuristic(in, best, total, begin)
	if err := ctx.Err(); err != nil {
		return interrupted(r, err)
	}
	return r, nil
}

func (st *state) anneal(ctx context.Context, set *AnnealSettings, src *rand.PCG) Stats {
	var stats Stats
	for sweep := range set.Sweeps {
		if ctx.Err() != nil {
			break
		}
		stats.Flips += st.sweep(set.beta(sweep), src)
		stats.Sweeps++
		stats.Updates += int64(len(st.spin))
	}
	return stats
}

// sweep proposes to flip every spin once, in order, and accepts with probability
// min(1, exp(-βΔE)).
//
// With u uniform in (0, 1) that is to accept if βΔE < -ln u. Ten bits of u decide
// nearly always: they give the bin of u and so two limits for -ln u. One draw serves
// four spins; only where the limits disagree is u drawn to full precision.
func (st *state) sweep(beta float64, src *rand.PCG) (flips int64) {
	var u uint64
	for i, cost := range st.cost {
		if i&3 == 0 {
			u = src.Uint64()
		}
		x, bin := beta*cost, u%bins
		u >>= 16
		if x <= minusLog[bin+1] || x < minusLog[bin] && accept(x, bin, src.Uint64()) {
			st.flip(i)
			flips++
		}
	}
	return flips
}

// accept reports whether x < -ln u for u in the given bin, at the place that 64 more
// random bits give.
func accept(x float64, bin, more uint64) bool {
	return x < -math.Log((float64(bin)+math.Ldexp(float64(more)+0.5, -64))/bins)
}

const bins = 1 << 10

// minusLog[k] is -ln(k/bins). The first stands for infinity and is 64 ln 2, which
// -ln u of a uniform number u of 64 bits does not exceed.
var minusLog = func() (t [bins + 1]float64) {
	t[0] = 64 * math.Ln2
	for k := 1; k <= bins; k++ {
		t[k] = -math.Log(float64(k) / bins)
	}
	return t
}()

// BetaRange returns the range of inverse temperatures that suits the instance, from
// the distribution of its local fields h = Σ_j J_ij s_j under random neighbours.
// With σ the root mean square of h and q the tenth percentile of |h| where that is
// not 0, it is
//
//	β_min = 1/σ                        a typical flip is accepted with e^-2
//	β_max = max(6/σ, ln(10)/(2q))      nine spins in ten are flipped with e^-2.3 or less
//
// which the closing descent completes. On 2D 16×16 and 3D 6×6×6 tori, Gaussian,
// uniform and ±J, at 100 and 1000 sweeps, neither halving nor doubling an end nor the
// linear schedule lowered the mean energy by more than 0.35 %, and most raised it:
// BenchmarkSchedules.
//
// It scales with the inverse of the couplings, and does not look at the smallest:
// that would spend the schedule on freezing spins whose state hardly matters.
func BetaRange(in *ising.Instance) (low, high float64) {
	table := newBonds(in)
	var sites []int // with bonds
	for i := range in.Sites() {
		if slices.ContainsFunc(table.weight[table.width*i:][:table.width], func(w float64) bool { return w != 0 }) {
			sites = append(sites, i)
		}
	}
	if len(sites) == 0 {
		return 1, 1 // any temperature will do
	}
	var fields []float64
	sum, count := 0.0, 0.0
	most := 4096 >> (table.width - 1)      // sites whose fields are enough for a percentile
	stride := (len(sites)+most-1)/most | 1 // odd, so as not to keep step with an even lattice
	for k := 0; k < len(sites); k += stride {
		w := table.weight[table.width*sites[k]:][:table.width]
		for signs := range 1 << (table.width - 1) { // the last sign is fixed: |h| is even
			h := 0.0
			for k, v := range w {
				if signs>>k&1 == 1 {
					v = -v
				}
				h += v
			}
			sum += h * h
			count++
			fields = append(fields, math.Abs(h))
		}
	}
	sigma := math.Sqrt(sum / count)
	fields = slices.DeleteFunc(fields, func(h float64) bool { return h < 1e-9*sigma })
	slices.Sort(fields)
	q := fields[len(fields)/10]
	return 1 / sigma, max(6/sigma, math.Ln10/(2*q))
}
