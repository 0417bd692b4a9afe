package anneal

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"spinlearn/internal/parallel"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
	"spinlearn/solver/internal/graph"
)

// A Schedule says how β grows from BetaMin to BetaMax over the sweeps of a read.
type Schedule string

const (
	Geometric Schedule = "geometric" // by equal factors
	Linear    Schedule = "linear"    // by equal steps
)

// Auto is a number that the instance, the engine and the budget decide.
const Auto = -1

// Settings of simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983,
// doi 10.1126/science.220.4598.671) with Metropolis updates site by site. Each read ends with
// descent; the result is the best read, or what the best reads combine to. With a time limit
// and no Sweeps the course of the search depends on the time.
type Settings struct {
	// Engine says how reads are made.
	Engine Engine
	// Reads is the number of independent runs, 1 to 2^20, rounded up to whole groups of
	// the engine: 64 for Multispin, 16 for Lanes and Bipartite. Auto is 512 for Multispin,
	// 16 for Lanes and Bipartite, 10 for Sparse, and no end if there is a time limit.
	Reads int
	// Sweeps of each read, > 0. Auto is 1000; with a time limit it begins with short reads
	// and doubles their length until the time is used, or, if Reads is set, gives every group
	// of reads the same part of the time.
	Sweeps int
	// BetaMin and BetaMax bound the inverse temperature, 0 < BetaMin ≤ BetaMax, in the
	// inverse unit of the couplings. Auto derives them from the instance; see [BetaRange].
	BetaMin, BetaMax float64
	Schedule         Schedule
	// Start is the configuration every read begins with; nil means random spins.
	Start []int8
	// Independent keeps the best read as it is. Otherwise the reads are combined: where two
	// differ, each connected cluster is taken from the read with the lower energy, and what
	// the best have in common is frozen and the rest annealed again.
	Independent bool
	// Workers is the number of groups of reads made at the same time, > 0. The result does
	// not depend on it.
	Workers int
}

// Default returns the settings that the instance decides, for one worker.
func Default() *Settings {
	return &Settings{Engine: AutoEngine, Reads: Auto, Sweeps: Auto, BetaMin: Auto, BetaMax: Auto, Schedule: Geometric, Workers: 1}
}

// Name implements [solver.Solver].
func (*Settings) Name() string { return "anneal" }

// Check implements [solver.Solver].
func (set *Settings) Check(in *ising.Instance) error {
	_, err := newEngine(in, graph.New(in), set)
	return err
}

// resolve returns the settings for an instance and a budget, Auto replaced.
func (set *Settings) resolve(in *ising.Instance, budget solver.Budget) (Settings, error) {
	s := *set
	for _, f := range []struct {
		name        string
		value, most int
		auto        bool
	}{{"Reads", s.Reads, 1 << 20, true}, {"Sweeps", s.Sweeps, math.MaxInt, true}, {"Workers", s.Workers, 1 << 14, false}} {
		if (f.value < 1 || f.value > f.most) && !(f.auto && f.value == Auto) {
			return s, fmt.Errorf("%w: %s = %d, want 1 to %d", solver.ErrSettings, f.name, f.value, f.most)
		}
	}
	if s.Sweeps == Auto && budget.Limit == 0 {
		s.Sweeps = 1000
	}
	low, high := BetaRange(in)
	if s.BetaMin == Auto {
		s.BetaMin = low
		if s.BetaMax != Auto {
			s.BetaMin = min(low, s.BetaMax)
		}
	}
	if s.BetaMax == Auto {
		s.BetaMax = max(high, s.BetaMin)
	}
	if !(s.BetaMin > 0 && s.BetaMin <= s.BetaMax && !math.IsInf(s.BetaMax, 0)) {
		return s, fmt.Errorf("%w: BetaMin = %v and BetaMax = %v, want 0 < BetaMin ≤ BetaMax", solver.ErrSettings, s.BetaMin, s.BetaMax)
	}
	if s.Schedule != Geometric && s.Schedule != Linear {
		return s, fmt.Errorf("%w: Schedule = %q, want %s or %s", solver.ErrSettings, s.Schedule, Geometric, Linear)
	}
	return s, cmp.Or(budget.Check(), solver.CheckStart(in, s.Start))
}

// Solve implements [solver.Solver]. It ends at the first group of reads that reaches the
// target of the budget. If ctx ends, the best read is descended from where it is.
func (set *Settings) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	watch := budget.Start(ctx)
	s, err := set.resolve(in, budget)
	if err != nil {
		return nil, err
	}
	g := graph.New(in)
	engine, err := newEngine(in, g, &s)
	if err != nil {
		return nil, err
	}
	if s.Reads == Auto && budget.Limit == 0 {
		s.Reads = max(10, engine.lanes())
	}
	a := &annealing{watch: watch, budget: budget, in: in, set: &s, engine: engine, rng: rng, cross: descent.NewCrosser(g)}
	a.run()
	stopped := watch.Err() != nil && !a.reached()
	if !s.Independent {
		a.stats.Flips += int64(descent.Polish(g, a.best, stopped))
	}
	a.stats.ReadEnergies = a.energies
	a.stats.Hits = a.count(a.energies, in.Energy(a.best))
	return watch.Result(in, a.best, a.stats, stopped)
}

// beta returns the inverse temperature of a sweep, counted from 0, of so many.
func (set *Settings) beta(sweep, sweeps int) float64 {
	if sweeps == 1 {
		return set.BetaMax
	}
	return set.betaAt(float64(sweep) / float64(sweeps-1))
}

// betaAt returns the inverse temperature after a part x of the read, 0 to 1.
func (set *Settings) betaAt(x float64) float64 {
	if set.Schedule == Linear {
		return set.BetaMin + x*(set.BetaMax-set.BetaMin)
	}
	return set.BetaMin * math.Pow(set.BetaMax/set.BetaMin, x)
}

// annealing is the state of one call of Solve.
type annealing struct {
	watch    *solver.Watch
	budget   solver.Budget
	share    time.Duration // of each group in a round, if not 0, the time for its reads in place of sweeps
	in       *ising.Instance
	set      *Settings
	engine   engine
	rng      *rand.Rand
	cross    *descent.Crosser
	best     []int8
	energy   float64
	energies []float64
	stats    solver.Stats
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
	stats    solver.Stats
}

// run makes reads, in rounds of 16 groups, or of as many groups as there are workers if
// the course of the search depends on the time anyway.
func (a *annealing) run() {
	left := max(a.set.Reads, 0) // 0 is no end
	lanes := a.engine.lanes()
	for first := true; first || a.watch.Err() == nil && !a.reached(); first = false {
		round := a.set.Workers
		if left > 0 {
			if a.set.Sweeps > 0 {
				round = 16
			}
			round = min(round, (left+lanes-1)/lanes)
		}
		if left > 0 && a.set.Sweeps == Auto {
			rounds := ((left+lanes-1)/lanes + round - 1) / round
			a.share = max(1, (a.budget.Limit-a.watch.Used())*95/100/time.Duration(rounds))
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
	a.stats.Updates += s.contract(a.best, a.elite, seed)
	a.stats.Flips += int64(descent.Descend(a.in, a.best))
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
		if (k > 0 || a.best != nil) && a.watch.Err() != nil || int64(k) > hit.Load() {
			return
		}
		g := a.engine.anneal(a.schedule(sweeps[k]), reads[k], rand.NewPCG(seeds[k][0], seeds[k][1]))
		groups[k] = g
		for first := hit.Load(); a.budget.Reached(a.in, g.energy) && int64(k) < first; first = hit.Load() {
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
	improved := a.cross.Improve(a.best, g.spins)
	for _, s := range g.elite {
		improved = a.cross.Improve(a.best, s) || improved
	}
	if improved {
		a.stats.Flips += int64(descent.Descend(a.in, a.best))
		a.energy = a.in.Energy(a.best)
	}
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
	return a.best != nil && a.budget.Reached(a.in, a.energy)
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
	spent := a.watch.Used()
	perSweep := float64(spent) / (float64(a.stats.Sweeps) / float64(a.stats.Reads) * float64(a.groups)) * float64(min(beside, a.set.Workers))
	if fit := 0.95 * float64(a.budget.Limit-spent) / perSweep; float64(n) > fit/2 {
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
	return s.set.follow(s.watch, s.in.Sites(), s.sweeps, step)
}

// follow calls step with each β in turn and the number of sweeps to make at it, and
// returns how many that were when it ended or the watch did. β changes at most 1000 times, and
// a step has at most so many sweeps that the watch is looked at often.
func (set *Settings) follow(watch *solver.Watch, sites, sweeps int, step func(beta float64, sweeps int)) int {
	stride := (sweeps + 999) / 1000
	most := max(1, (1<<13)/max(sites, 1))
	done := 0
	for done < sweeps && watch.Err() == nil {
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
	for begin := s.watch.Used(); s.watch.Err() == nil; done += sweeps {
		x := float64(s.watch.Used()-begin) / float64(s.share)
		if !(x >= 0 && x < 1) {
			break
		}
		step(s.set.betaAt(x), sweeps)
	}
	return done
}
