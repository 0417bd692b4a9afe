package temper

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"spinlearn/internal/base/parallel"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/descent"
	"spinlearn/solver/internal/graph"
	"spinlearn/solver/internal/lanes"
	"spinlearn/solver/internal/multispin"
)

// ClusterMoves says whether isoenergetic cluster moves are made.
type ClusterMoves string

const (
	// ClustersAuto makes them where clusters percolate late: in two dimensions, and on
	// graphs with a mean of at most 4.5 bonds a site.
	ClustersAuto ClusterMoves = "auto"
	ClustersOn   ClusterMoves = "on"
	ClustersOff  ClusterMoves = "off"
)

// Auto is a number that the instance and the budget decide.
const Auto = -1

// Settings of parallel tempering (Hukushima and Nemoto 1996, doi 10.1143/JPSJ.65.1604):
// replicas at a ladder of temperatures, neighbours of which exchange, even and odd pairs
// in turn. Temperatures are set for equal rates of exchange after Syed et al. (2022,
// doi 10.1111/rssb.12464). Two replicas of a family at the same temperature exchange
// clusters of spins in which they differ (Houdayer 2001, doi 10.1007/PL00011151; Zhu,
// Ochoa and Katzgraber 2015, doi 10.1103/PhysRevLett.115.077201), which keeps the sum of
// their energies.
//
// Cold replicas are descended now and then; the result is the lowest that was found.
// Stats.Reads counts the families and Stats.Hits those that found that energy: see
// [solver.Result.Equilibrated].
type Settings struct {
	// Families is the number of independent runs, 1 to 4096. How many of them reach the same
	// lowest energy tells whether it can be trusted.
	Families int
	// Sweeps of each replica, > 0. Auto is 5000, without end if there is a time limit.
	Sweeps int
	// Betas are the inverse temperatures, rising, at least two and at most 64, in the
	// inverse unit of the couplings. Nil sets them between BetaMin and BetaMax so that
	// neighbours exchange equally often, by what is measured in the first half of the
	// sweeps.
	Betas []float64
	// BetaMin and BetaMax bound them, 0 < BetaMin < BetaMax. Auto derives them from the
	// instance; see [anneal.BetaRange].
	BetaMin, BetaMax float64
	// Clusters says whether replicas of a family at the same temperature exchange clusters.
	Clusters ClusterMoves
	// Workers is the number of families run at the same time, > 0. The result does not
	// depend on it.
	Workers int
}

const maxBetas = 64

// Default returns four families, for one worker.
func Default() *Settings {
	return &Settings{Families: 4, Sweeps: Auto, BetaMin: Auto, BetaMax: Auto, Clusters: ClustersAuto, Workers: 1}
}

// Name implements [solver.Solver].
func (*Settings) Name() string { return "temper" }

// Check implements [solver.Solver].
func (*Settings) Check(in *ising.Instance) error {
	if in.Sites() > lanes.MaxSites {
		if _, err := multispin.NewGlass(in); err != nil {
			return fmt.Errorf("%w: tempering of %d sites, at most %d fit", solver.ErrTooLarge, in.Sites(), lanes.MaxSites)
		}
	}
	return nil
}

// resolve returns the settings for an instance and a budget, Auto replaced.
func (set *Settings) resolve(in *ising.Instance, budget solver.Budget) (Settings, error) {
	s := *set
	if s.Sweeps == Auto {
		s.Sweeps = 5000
		if budget.Limit > 0 {
			s.Sweeps = math.MaxInt
		}
	}
	for _, f := range []struct {
		name        string
		value, most int
	}{{"Families", s.Families, 4096}, {"Sweeps", s.Sweeps, math.MaxInt}, {"Workers", s.Workers, 1 << 14}} {
		if f.value < 1 || f.value > f.most {
			return s, fmt.Errorf("%w: %s = %d, want 1 to %d", solver.ErrSettings, f.name, f.value, f.most)
		}
	}
	switch s.Clusters {
	case ClustersAuto, ClustersOn, ClustersOff:
	default:
		return s, fmt.Errorf("%w: Clusters = %q, want %s, %s or %s", solver.ErrSettings, s.Clusters, ClustersAuto, ClustersOn, ClustersOff)
	}
	if err := cmp.Or(budget.Check(), set.Check(in)); err != nil {
		return s, err
	}
	if s.Betas != nil {
		if n := len(s.Betas); n < 2 || n > maxBetas {
			return s, fmt.Errorf("%w: Betas has %d entries, want 2 to %d", solver.ErrSettings, n, maxBetas)
		}
		for k, b := range s.Betas {
			if !(b > 0) || math.IsInf(b, 0) || k > 0 && b <= s.Betas[k-1] {
				return s, fmt.Errorf("%w: Betas[%d] = %v, want positive numbers that rise", solver.ErrSettings, k, b)
			}
		}
		return s, nil
	}
	low, high := anneal.BetaRange(in)
	if s.BetaMin == Auto {
		s.BetaMin = low
		if s.BetaMax != Auto {
			s.BetaMin = min(low, s.BetaMax/2)
		}
	}
	if s.BetaMax == Auto {
		s.BetaMax = max(high, 2*s.BetaMin)
	}
	if !(s.BetaMin > 0 && s.BetaMin < s.BetaMax && !math.IsInf(s.BetaMax, 0)) {
		return s, fmt.Errorf("%w: BetaMin = %v and BetaMax = %v, want 0 < BetaMin < BetaMax", solver.ErrSettings, s.BetaMin, s.BetaMax)
	}
	return s, nil
}

// Solve implements [solver.Solver]. It ends soon after a family has reached the target of
// the budget.
func (set *Settings) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	watch := budget.Start(ctx)
	s, err := set.resolve(in, budget)
	if err != nil {
		return nil, err
	}
	families := newFamilies(in, &s, rng)
	reached := func() bool {
		return slices.ContainsFunc(families, func(f *family) bool { return budget.Reached(in, f.energy) })
	}
	// In between, all families stop to see whether one has reached the target.
	for left := s.Sweeps; left > 0 && watch.Err() == nil && !reached(); {
		n := min(left, 64*families[0].interval)
		parallel.Do(s.Workers, len(families), func(k int) { families[k].run(watch, n, left-n) })
		left -= n
	}
	stopped := watch.Err() != nil && !reached()
	stats := solver.Stats{Reads: len(families)}
	best := families[0]
	for _, f := range families {
		stats.Sweeps += f.sweeps * len(f.rungs)
		stats.Updates += int64(f.sweeps) * int64(len(f.rungs)) * int64(in.Sites())
		if f.energy < best.energy {
			best = f
		}
	}
	for _, f := range families {
		if !in.Below(best.energy, f.energy) {
			stats.Hits++
		}
	}
	descent.Polish(graph.New(in), best.best, stopped)
	return watch.Result(in, best.best, stats, stopped)
}

// replicas are configurations that are updated together, each at its own temperature.
type replicas interface {
	SetBetas(ladder []float64, rungs []int)
	Sweep(n int)
	Energies(dst []float64)
	Store(s []int8, lane int)
	Set(lane int, s []int8)
}

// family is sets of replicas, each of which has a replica at every temperature.
type family struct {
	in       *ising.Instance
	replicas replicas
	rng      *rand.Rand
	cross    *descent.Crosser
	clusters bool
	adapt    bool
	interval int       // sweeps between exchanges
	betas    []float64 // the ladder
	sets     [][]int   // lane by temperature
	rungs    []int     // temperature by lane
	energies []float64 // of each lane
	rejected []float64 // exchanges between a temperature and the next, as a mean, since they were set
	rounds   int       // since then
	next     int       // rounds after which they are set again
	odd      bool      // pairs are next
	sweeps   int
	best     []int8
	energy   float64
	a, b     []int8 // scratch
}

func newFamilies(in *ising.Instance, set *Settings, rng *rand.Rand) []*family {
	betas := set.Betas
	if betas == nil {
		// The rejections along the ladder sum up to about √N/4.
		betas = make([]float64, min(max(8, int(math.Sqrt(float64(in.Sites()))*0.6)), 32))
		for k := range betas {
			betas[k] = set.BetaMin * math.Pow(set.BetaMax/set.BetaMin, float64(k)/float64(len(betas)-1))
		}
	}
	g := graph.New(in)
	glass, err := multispin.NewGlass(in)
	bitwise := err == nil
	var network *lanes.Network
	sets, interval := multispin.Lanes/len(betas), 10
	ends, couplings := graph.List(in)
	if !bitwise {
		network = lanes.NewNetwork(in.Sites(), ends, couplings)
		sets, interval = max(2, 2*lanes.Lanes/len(betas)), 4
	}
	clusters := set.Clusters == ClustersOn
	if set.Clusters == ClustersAuto {
		clusters = in.Axes() == 2 || in.Axes() == 0 && 2*float64(len(ends)) <= 4.5*float64(in.Sites())
	}
	families := make([]*family, set.Families)
	for k := range families {
		src := rand.NewPCG(rng.Uint64(), rng.Uint64())
		f := &family{
			in: in, rng: rand.New(src), cross: descent.NewCrosser(g), clusters: clusters, adapt: set.Betas == nil, interval: interval,
			betas: slices.Clone(betas), rungs: make([]int, sets*len(betas)), energies: make([]float64, sets*len(betas)),
			rejected: make([]float64, len(betas)-1), next: 16,
			best: make([]int8, in.Sites()), energy: math.Inf(1), a: make([]int8, in.Sites()), b: make([]int8, in.Sites()),
		}
		for set := range sets {
			lanes := make([]int, len(betas))
			for t := range lanes {
				lanes[t] = set*len(betas) + t
			}
			f.sets = append(f.sets, lanes)
		}
		if bitwise {
			f.replicas = &bitReplicas{glass.NewReplicas(len(f.rungs), src), glass, make([]int, len(f.rungs))}
		} else {
			r := make(floatReplicas, (len(f.rungs)+lanes.Lanes-1)/lanes.Lanes)
			for k := range r {
				r[k] = network.NewReplicas(false, src)
			}
			f.replicas = r
		}
		f.setBetas()
		f.descend(f.sets[0][0])
		families[k] = f
	}
	return families
}

// setBetas tells the replicas their temperatures.
func (f *family) setBetas() {
	for _, lanes := range f.sets {
		for t, lane := range lanes {
			f.rungs[lane] = t
		}
	}
	f.replicas.SetBetas(f.betas, f.rungs)
}

// run makes n sweeps, of which so many more will follow.
func (f *family) run(watch *solver.Watch, n, more int) {
	for n > 0 && watch.Err() == nil {
		step := min(n, f.interval)
		f.round(step)
		n -= step
		// The last half is at fixed temperatures.
		if f.rounds >= f.next && f.adapt && f.sweeps < n+more {
			f.respace()
		}
		if f.rounds%8 == 0 {
			f.record()
		}
	}
	for _, lanes := range f.sets {
		f.descend(lanes[len(lanes)-1])
	}
}

// round makes sweeps, then the exchanges.
func (f *family) round(sweeps int) {
	f.replicas.Sweep(sweeps)
	f.sweeps += sweeps
	f.replicas.Energies(f.energies)
	if f.clusters {
		f.exchangeClusters()
	}
	f.exchangeTemperatures()
	f.setBetas()
	f.rounds++
}

// exchangeTemperatures proposes that neighbours of every second pair exchange.
func (f *family) exchangeTemperatures() {
	first := 0
	if f.odd {
		first = 1
	}
	f.odd = !f.odd
	for _, lanes := range f.sets {
		for t := first; t+1 < len(lanes); t += 2 {
			gain := (f.betas[t+1] - f.betas[t]) * (f.energies[lanes[t+1]] - f.energies[lanes[t]])
			accept := math.Exp(min(0, gain))
			f.rejected[t] += (1 - accept) / float64(len(f.sets))
			if accept == 1 || f.rng.Float64() < accept {
				lanes[t], lanes[t+1] = lanes[t+1], lanes[t]
			}
		}
	}
}

// respace sets the temperatures so that the rejections measured are the same between all
// neighbours, and waits twice as long before the next time.
func (f *family) respace() {
	n := len(f.betas)
	barrier := make([]float64, n) // rejections from the hottest on
	for t, r := range f.rejected {
		barrier[t+1] = barrier[t] + max(r/float64(f.rounds), 1e-3)
	}
	old := slices.Clone(f.betas)
	for t := 1; t < n-1; t++ {
		at := barrier[n-1] * float64(t) / float64(n-1)
		k := 1
		for barrier[k] < at {
			k++
		}
		x := (at - barrier[k-1]) / (barrier[k] - barrier[k-1])
		f.betas[t] = old[k-1] + x*(old[k]-old[k-1])
	}
	clear(f.rejected)
	f.rounds = 0
	f.next *= 2
	f.setBetas()
}

// exchangeClusters lets pairs of replicas at one temperature exchange the cluster of a
// site at which they differ.
func (f *family) exchangeClusters() {
	t := f.rng.IntN(len(f.betas))
	f.rng.Shuffle(len(f.sets), func(i, j int) { f.sets[i], f.sets[j] = f.sets[j], f.sets[i] })
	for k := 0; k+1 < len(f.sets); k += 2 {
		a, b := f.sets[k][t], f.sets[k+1][t]
		f.replicas.Store(f.a, a)
		f.replicas.Store(f.b, b)
		if cost, ok := f.cross.Exchange(f.a, f.b, f.rng); ok {
			f.replicas.Set(a, f.a)
			f.replicas.Set(b, f.b)
			f.energies[a] += f.in.Integers().Energy(cost)
			f.energies[b] -= f.in.Integers().Energy(cost)
		}
	}
}

// record descends the coldest replica of a set and one of the colder half of another.
func (f *family) record() {
	coldest := len(f.betas) - 1
	f.descend(f.sets[f.rng.IntN(len(f.sets))][coldest])
	f.descend(f.sets[f.rng.IntN(len(f.sets))][coldest-f.rng.IntN((coldest+2)/2)])
}

// descend descends a copy of a replica and keeps it if it is the best so far.
func (f *family) descend(lane int) {
	f.replicas.Store(f.a, lane)
	descent.Descend(f.in, f.a)
	if e := f.in.Energy(f.a); e < f.energy {
		copy(f.best, f.a)
		f.energy = e
	}
	if f.cross.Improve(f.best, f.a) {
		descent.Descend(f.in, f.best)
		f.energy = f.in.Energy(f.best)
	}
}

// bitReplicas are those of package multispin.
type bitReplicas struct {
	*multispin.Replicas
	glass  *multispin.Glass
	broken []int
}

func (r *bitReplicas) SetBetas(ladder []float64, rungs []int) {
	scaled := slices.Clone(ladder)
	for k := range scaled {
		scaled[k] *= r.glass.Size
	}
	r.Replicas.SetBetas(scaled, rungs)
}

func (r *bitReplicas) Energies(dst []float64) {
	r.Broken(r.broken)
	for lane, n := range r.broken {
		dst[lane] = r.glass.Energy(n)
	}
}

// floatReplicas are those of package lanes, in groups.
type floatReplicas []*lanes.Replicas

func (r floatReplicas) SetBetas(ladder []float64, rungs []int) {
	for lane, rung := range rungs {
		r[lane/lanes.Lanes].SetBetaOf(lane%lanes.Lanes, ladder[rung])
	}
}

func (r floatReplicas) Sweep(n int) {
	for _, group := range r {
		group.Sweep(n)
	}
}

func (r floatReplicas) Energies(dst []float64) {
	var energies [lanes.Lanes]float64
	for k, group := range r {
		group.Energies(&energies)
		copy(dst[k*lanes.Lanes:], energies[:])
	}
}

func (r floatReplicas) Store(s []int8, lane int) { r[lane/lanes.Lanes].Store(s, lane%lanes.Lanes) }
func (r floatReplicas) Set(lane int, s []int8)   { r[lane/lanes.Lanes].Set(lane%lanes.Lanes, s) }
