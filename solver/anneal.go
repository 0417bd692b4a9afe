package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
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
	// Engine says how reads are made; by default the instance and the number of reads
	// decide.
	Engine Engine
	// Reads is the number of independent runs, 1 to 2^20, rounded up to whole groups of
	// the engine: 64 for Multispin, 16 for Lanes and Bipartite. The default is 512 for
	// Multispin, 16 for Lanes and Bipartite, 10 for Sparse, and no end if there is a time
	// limit.
	Reads int
	// Sweeps of each read, > 0; 1000 by default. With a time limit the default is to begin
	// with short reads and to double their length until the time is used, or, if Reads is
	// set, to give every group of reads the same part of the time.
	Sweeps int
	// BetaMin and BetaMax bound the inverse temperature, 0 < BetaMin ≤ BetaMax, in the
	// inverse unit of the couplings. 0 derives them from the instance; see [BetaRange].
	BetaMin, BetaMax float64
	// Schedule is Geometric by default.
	Schedule Schedule
	// Start is the configuration every read begins with; nil means random spins.
	Start []int8
	// TargetEnergy ends the search at the first group of reads that reaches it or less;
	// nil means none.
	TargetEnergy *float64
	// TimeLimit ends the search with the best so far and the status TimeLimit; 0 means
	// none.
	TimeLimit time.Duration
	// Independent keeps the best read as it is. Otherwise the reads are combined: wherever
	// two differ in a part that hangs together the better half is taken, and what the best
	// have in common is annealed again as single spins (Houdayer and Martin 1999).
	Independent bool
	// Workers is the number of groups of reads made at the same time, 1 by default. The
	// result does not depend on it.
	Workers int
}

func (set *AnnealSettings) withDefaults(in *ising.Instance) (AnnealSettings, error) {
	s := AnnealSettings{}
	if set != nil {
		s = *set
	}
	if s.Workers == 0 {
		s.Workers = 1
	}
	for _, f := range []struct {
		name               string
		value, least, most int
	}{{"Reads", s.Reads, 0, 1 << 20}, {"Sweeps", s.Sweeps, 0, math.MaxInt}, {"Workers", s.Workers, 1, 1 << 14}} {
		if f.value < f.least || f.value > f.most {
			return s, fmt.Errorf("%w: %s = %d, want 1 to %d", ErrSettings, f.name, f.value, f.most)
		}
	}
	if err := checkLimits(s.TimeLimit, s.TargetEnergy); err != nil {
		return s, err
	}
	if s.Sweeps == 0 && s.TimeLimit == 0 {
		s.Sweeps = 1000
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

// checkLimits refuses limits that mean nothing.
func checkLimits(limit time.Duration, target *float64) error {
	if limit < 0 {
		return fmt.Errorf("%w: TimeLimit = %v, want at least 0", ErrSettings, limit)
	}
	if target != nil && math.IsNaN(*target) {
		return fmt.Errorf("%w: TargetEnergy = NaN, want a number", ErrSettings)
	}
	return nil
}

// beta returns the inverse temperature of a sweep, counted from 0, of so many.
func (set *AnnealSettings) beta(sweep, sweeps int) float64 {
	if sweeps == 1 {
		return set.BetaMax
	}
	return set.betaAt(float64(sweep) / float64(sweeps-1))
}

// betaAt returns the inverse temperature after a part x of the read, 0 to 1.
func (set *AnnealSettings) betaAt(x float64) float64 {
	if set.Schedule == Linear {
		return set.BetaMin + x*(set.BetaMax-set.BetaMin)
	}
	return set.BetaMin * math.Pow(set.BetaMax/set.BetaMin, x)
}

// Anneal is simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983,
// doi 10.1126/science.220.4598.671) with Metropolis updates site by site. Each
// read ends with descent; the result is the best read, or what the best reads combine
// to. When ctx ends, the best read is descended from where it is. With a time limit and
// no Sweeps the course of the search depends on the time.
func Anneal(ctx context.Context, in *ising.Instance, settings *AnnealSettings, rng *rand.Rand) (*Result, error) {
	begin, limited := time.Now(), within(ctx, 0)
	set, err := settings.withDefaults(in)
	if err != nil {
		return nil, err
	}
	table := newBonds(in)
	engine, err := newEngine(in, table, &set)
	if err != nil {
		return nil, err
	}
	if set.Reads == 0 && set.TimeLimit == 0 {
		set.Reads = max(10, engine.lanes())
	}
	limited.limit = set.TimeLimit
	a := &annealing{ctx: limited, clock: limited, in: in, set: &set, engine: engine, rng: rng, cross: newCrosser(table)}
	a.run()
	if !set.Independent {
		a.stats.Flips += int64(table.polish(a.best))
	}
	r := heuristic(in, a.best, a.stats, begin)
	r.ReadEnergies = a.energies
	r.Hits = a.count(a.energies, r.Energy)
	switch err := ctx.Err(); {
	case err != nil:
		return interrupted(r, err)
	case limited.Err() != nil && !a.reached():
		r.Status = TimeLimit
	}
	return r, nil
}

// annealing is the state of one call of [Anneal].
type annealing struct {
	ctx      context.Context
	clock    *limited      // the same
	share    time.Duration // of each group in a round, if not 0, the time for its reads in place of sweeps
	in       *ising.Instance
	set      *AnnealSettings
	engine   engine
	rng      *rand.Rand
	cross    *crosser
	best     []int8
	energy   float64
	energies []float64
	stats    Stats
	groups   int      // begun, over all rounds
	elite    [][]int8 // the best of the last groups, up to 64
	fresh    int      // of them, since they were combined
}

// group is what a group of reads ended at.
type group struct {
	spins    []int8 // the best, descended
	energy   float64
	elite    [][]int8 // states to combine with
	energies []float64
	stats    Stats
}

// run makes reads, in rounds of 16 groups, or of as many groups as there are workers if
// the course of the search depends on the time anyway.
func (a *annealing) run() {
	left := a.set.Reads // 0 is no end
	lanes := a.engine.lanes()
	for first := true; first || a.ctx.Err() == nil && !a.reached(); first = false {
		round := a.set.Workers
		if left > 0 {
			if a.set.Sweeps > 0 {
				round = 16
			}
			round = min(round, (left+lanes-1)/lanes)
		}
		if left > 0 && a.set.Sweeps == 0 {
			rounds := ((left+lanes-1)/lanes + round - 1) / round
			a.share = max(1, (a.set.TimeLimit-a.clock.used())*95/100/time.Duration(rounds))
		}
		reads := make([]int, round)
		for k := range reads {
			reads[k] = lanes
			if left > 0 {
				reads[k] = min(left, reads[k])
				left -= reads[k]
			}
		}
		a.round(reads)
		over := a.set.Reads > 0 && left == 0
		if a.fresh >= 4 || a.fresh > 1 && over {
			a.combine()
		}
		if over {
			return
		}
	}
}

// combine lowers the energy of the best by what it has in common with the best of other
// groups.
func (a *annealing) combine() {
	seed := rand.NewPCG(a.rng.Uint64(), a.rng.Uint64())
	if a.fresh = 0; a.reached() {
		return
	}
	s := &schedule{a, a.stats.Sweeps / a.stats.Reads}
	a.stats.Updates += s.renormalise(a.best, a.elite, seed)
	a.stats.Flips += int64(Descent(a.in, a.best))
	a.energy = a.in.Energy(a.best)
}

// round makes groups of reads and adds them in order, up to the first with which the
// target is reached.
func (a *annealing) round(reads []int) {
	seeds := make([][2]uint64, len(reads))
	sweeps := make([]int, len(reads))
	for k := range reads {
		seeds[k] = [2]uint64{a.rng.Uint64(), a.rng.Uint64()}
		sweeps[k] = a.sweeps(len(reads))
		a.groups++
	}
	groups := make([]*group, len(reads))
	var hit atomic.Int64 // the first group that reached the target alone
	hit.Store(int64(len(reads)))
	parallel.Do(a.set.Workers, len(reads), func(k int) {
		if (k > 0 || a.best != nil) && a.ctx.Err() != nil || int64(k) > hit.Load() {
			return
		}
		g := a.engine.anneal(a.schedule(sweeps[k]), reads[k], rand.NewPCG(seeds[k][0], seeds[k][1]))
		groups[k] = g
		for first := hit.Load(); a.enough(g.energy) && int64(k) < first; first = hit.Load() {
			hit.CompareAndSwap(first, int64(k))
		}
	})
	for _, g := range groups {
		if g == nil {
			continue
		}
		a.add(g)
		if a.reached() {
			return
		}
	}
}

// add takes a group's reads into account.
func (a *annealing) add(g *group) {
	a.energies = append(a.energies, g.energies...)
	a.stats.Reads += g.stats.Reads
	a.stats.Sweeps += g.stats.Sweeps
	a.stats.Updates += g.stats.Updates
	a.stats.Flips += g.stats.Flips
	if !a.set.Independent {
		a.elite = append(a.elite, slices.Clone(g.spins))
		if a.fresh++; len(a.elite) > 64 {
			a.elite = slices.Delete(a.elite, 0, 1)
		}
	}
	if a.best == nil {
		a.best, a.energy = g.spins, g.energy
		return
	}
	if g.energy < a.energy {
		a.best, g.spins = g.spins, a.best
		a.energy = g.energy
	}
	if a.set.Independent {
		return
	}
	improved := a.cross.improve(a.best, g.spins)
	for _, s := range g.elite {
		improved = a.cross.improve(a.best, s) || improved
	}
	if improved {
		a.stats.Flips += int64(Descent(a.in, a.best))
		a.energy = a.in.Energy(a.best)
	}
}

// enough reports whether an energy is as low as was asked.
func (a *annealing) enough(e float64) bool {
	return a.set.TargetEnergy != nil && !a.in.Below(*a.set.TargetEnergy, e)
}

// count returns how many of the energies are e or less.
func (a *annealing) count(energies []float64, e float64) (n int) {
	for _, v := range energies {
		if !a.in.Below(e, v) {
			n++
		}
	}
	return n
}

// reached reports whether the best so far is as low as was asked.
func (a *annealing) reached() bool {
	return a.best != nil && a.enough(a.energy)
}

// sweeps returns the length of the next group's reads, of so many that run side by side:
// if it is not set, twice that of the group before, and the last until the time is up.
func (a *annealing) sweeps(beside int) int {
	if a.set.Sweeps > 0 {
		return a.set.Sweeps
	}
	const shortest = 32
	n := shortest << min(a.groups, 40)
	if a.stats.Sweeps == 0 {
		return n
	}
	spent := a.clock.used()
	perSweep := float64(spent) / (float64(a.stats.Sweeps) / float64(a.stats.Reads) * float64(a.groups)) * float64(min(beside, a.set.Workers))
	if fit := 0.95 * float64(a.set.TimeLimit-spent) / perSweep; float64(n) > fit/2 {
		n = int(fit)
	}
	return max(n, 1)
}

// schedule is how β goes in a group of reads.
type schedule struct {
	*annealing
	sweeps int
}

func (a *annealing) schedule(sweeps int) *schedule { return &schedule{a, sweeps} }

func (s *schedule) follow(step func(beta float64, sweeps int)) int {
	if s.share != 0 {
		s.sweeps = s.followClock(step)
		return s.sweeps
	}
	return s.set.follow(s.ctx, s.in.Sites(), s.sweeps, step)
}

// follow calls step with each β in turn and the number of sweeps to make at it, and
// returns how many that were when it ended or ctx did. β changes at most 1000 times, and
// a step has at most so many sweeps that ctx is looked at often.
func (set *AnnealSettings) follow(ctx context.Context, sites, sweeps int, step func(beta float64, sweeps int)) int {
	stride := (sweeps + 999) / 1000
	most := max(1, (1<<13)/max(sites, 1))
	done := 0
	for done < sweeps && ctx.Err() == nil {
		at := done / stride * stride
		n := min(at+stride-done, most, sweeps-done)
		step(set.beta(min(at+stride/2, sweeps-1), sweeps), n)
		done += n
	}
	return done
}

// followClock is follow where β goes with the time.
func (s *schedule) followClock(step func(beta float64, sweeps int)) int {
	sweeps := max(1, (1<<11)/s.in.Sites())
	done := 0
	for begin := s.clock.used(); s.ctx.Err() == nil; done += sweeps {
		x := float64(s.clock.used()-begin) / float64(s.share)
		if !(x >= 0 && x < 1) {
			break
		}
		step(s.set.betaAt(x), sweeps)
	}
	return done
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
