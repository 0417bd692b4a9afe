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
	"spinlearn/solver/internal/lanes"
	"spinlearn/solver/internal/multispin"
)

// ClusterMoves says whether [Temper] makes isoenergetic cluster moves.
type ClusterMoves string

const (
	// ClustersAuto makes them where clusters percolate late: in two dimensions, and on
	// graphs with a mean of at most 4.5 bonds a site.
	ClustersAuto ClusterMoves = ""
	ClustersOn   ClusterMoves = "on"
	ClustersOff  ClusterMoves = "off"
)

// TemperSettings are the settings of [Temper].
type TemperSettings struct {
	// Families is the number of independent runs, 1 to 4096; 4 by default. How many of them
	// reach the same lowest energy tells whether it can be trusted.
	Families int
	// Sweeps of each replica, > 0; 5000 by default, without end if there is a time limit.
	Sweeps int
	// Betas are the inverse temperatures, rising, at least two and at most 64, in the
	// inverse unit of the couplings. Nil sets them between BetaMin and BetaMax so that
	// neighbours exchange equally often, by what is measured in the first half of the
	// sweeps.
	Betas []float64
	// BetaMin and BetaMax bound them, 0 < BetaMin < BetaMax. 0 derives them from the
	// instance; see [BetaRange].
	BetaMin, BetaMax float64
	// Clusters says whether replicas of a family at the same temperature exchange clusters.
	Clusters ClusterMoves
	// TargetEnergy ends the search soon after it is reached; nil means none.
	TargetEnergy *float64
	// TimeLimit ends the search with the best so far and the status TimeLimit; 0 means
	// none.
	TimeLimit time.Duration
	// Workers is the number of families run at the same time, 1 by default. The result does
	// not depend on it.
	Workers int
}

const maxBetas = 64

func (set *TemperSettings) withDefaults(in *ising.Instance) (TemperSettings, error) {
	s := TemperSettings{}
	if set != nil {
		s = *set
	}
	if s.Sweeps == 0 {
		s.Sweeps = 5000
		if s.TimeLimit > 0 {
			s.Sweeps = math.MaxInt
		}
	}
	for _, f := range []struct {
		name     string
		value    *int
		or, most int
	}{{"Families", &s.Families, 4, 4096}, {"Sweeps", &s.Sweeps, 0, math.MaxInt}, {"Workers", &s.Workers, 1, 1 << 14}} {
		if *f.value == 0 {
			*f.value = f.or
		}
		if *f.value < 1 || *f.value > f.most {
			return s, fmt.Errorf("%w: %s = %d, want 1 to %d", ErrSettings, f.name, *f.value, f.most)
		}
	}
	if err := checkLimits(s.TimeLimit, s.TargetEnergy); err != nil {
		return s, err
	}
	switch s.Clusters {
	case ClustersAuto, ClustersOn, ClustersOff:
	default:
		return s, fmt.Errorf("%w: Clusters = %q, want %s, %s or none", ErrSettings, s.Clusters, ClustersOn, ClustersOff)
	}
	if s.Betas != nil {
		if n := len(s.Betas); n < 2 || n > maxBetas {
			return s, fmt.Errorf("%w: Betas has %d entries, want 2 to %d", ErrSettings, n, maxBetas)
		}
		for k, b := range s.Betas {
			if !(b > 0) || math.IsInf(b, 0) || k > 0 && b <= s.Betas[k-1] {
				return s, fmt.Errorf("%w: Betas[%d] = %v, want positive numbers that rise", ErrSettings, k, b)
			}
		}
		return s, nil
	}
	low, high := BetaRange(in)
	if s.BetaMin == 0 {
		s.BetaMin = low
		if s.BetaMax != 0 {
			s.BetaMin = min(low, s.BetaMax/2)
		}
	}
	if s.BetaMax == 0 {
		s.BetaMax = max(high, 2*s.BetaMin)
	}
	if !(s.BetaMin > 0 && s.BetaMin < s.BetaMax && !math.IsInf(s.BetaMax, 0)) {
		return s, fmt.Errorf("%w: BetaMin = %v and BetaMax = %v, want 0 < BetaMin < BetaMax", ErrSettings, s.BetaMin, s.BetaMax)
	}
	return s, nil
}

// Temper is parallel tempering (Hukushima and Nemoto 1996, doi 10.1143/JPSJ.65.1604):
// replicas at a ladder of temperatures, neighbours of which exchange, even and odd pairs
// in turn. Temperatures are set for equal rates of exchange after Syed et al. (2022,
// doi 10.1111/rssb.12464). Two replicas of a family at the same temperature exchange
// clusters of spins in which they differ (Houdayer 2001, doi 10.1007/PL00011151; Zhu,
// Ochoa and Katzgraber 2015, doi 10.1103/PhysRevLett.115.077201), which keeps the sum of
// their energies.
//
// Cold replicas are descended now and then; the result is the lowest that was found.
// Stats.Reads counts the families and Stats.Hits those that found that energy: see
// [Result.Equilibrated].
func Temper(ctx context.Context, in *ising.Instance, settings *TemperSettings, rng *rand.Rand) (*Result, error) {
	begin, limited := time.Now(), within(ctx, 0)
	set, err := settings.withDefaults(in)
	if err != nil {
		return nil, err
	}
	limited.limit = set.TimeLimit
	families, err := newFamilies(in, &set, rng)
	if err != nil {
		return nil, err
	}
	reached := func() bool {
		return set.TargetEnergy != nil && slices.ContainsFunc(families, func(f *family) bool { return !in.Below(*set.TargetEnergy, f.energy) })
	}
	// In between, all families stop to see whether one has reached the target.
	for left := set.Sweeps; left > 0 && limited.Err() == nil && !reached(); {
		n := min(left, 64*families[0].interval)
		parallel.Do(set.Workers, len(families), func(k int) { families[k].run(limited, n, left-n) })
		left -= n
	}
	var stats Stats
	best := families[0]
	for _, f := range families {
		stats.Sweeps += f.sweeps * len(f.rungs)
		stats.Updates += int64(f.sweeps) * int64(len(f.rungs)) * int64(in.Sites())
		if f.energy < best.energy {
			best = f
		}
	}
	stats.Reads = len(families)
	for _, f := range families {
		if !in.Below(best.energy, f.energy) {
			stats.Hits++
		}
	}
	newBonds(in).polish(best.best)
	r := heuristic(in, best.best, stats, begin)
	switch err := ctx.Err(); {
	case err != nil:
		return interrupted(r, err)
	case limited.Err() != nil && !reached():
		r.Status = TimeLimit
	}
	return r, nil
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
	cross    *crosser
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

func newFamilies(in *ising.Instance, set *TemperSettings, rng *rand.Rand) ([]*family, error) {
	ends, couplings := bondsOf(in)
	betas := set.Betas
	if betas == nil {
		// The rejections along the ladder sum up to about √N/4.
		betas = make([]float64, min(max(8, int(math.Sqrt(float64(in.Sites()))*0.6)), 32))
		for k := range betas {
			betas[k] = set.BetaMin * math.Pow(set.BetaMax/set.BetaMin, float64(k)/float64(len(betas)-1))
		}
	}
	binary, err := newMultispin(in, ends, couplings)
	bitwise := err == nil
	var network *lanes.Network
	sets, interval := multispin.Lanes/len(betas), 10
	if !bitwise {
		if in.Sites() > lanes.MaxSites {
			return nil, fmt.Errorf("%w: tempering of %d sites, at most %d fit", ErrTooLarge, in.Sites(), lanes.MaxSites)
		}
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
			in: in, rng: rand.New(src), cross: newCrosser(newBonds(in)), clusters: clusters, adapt: set.Betas == nil, interval: interval,
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
			f.replicas = &bitReplicas{binary.net.NewReplicas(len(f.rungs), src), binary, make([]int, len(f.rungs))}
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
	return families, nil
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
func (f *family) run(ctx context.Context, n, more int) {
	for n > 0 && ctx.Err() == nil {
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
		if cost, ok := f.cross.exchange(f.a, f.b, f.rng); ok {
			f.replicas.Set(a, f.a)
			f.replicas.Set(b, f.b)
			f.energies[a] += f.in.Integers().Energy(cost)
			f.energies[b] -= f.in.Integers().Energy(cost)
		}
	}
}

// exchange makes two states exchange the cluster of a random site among those at which
// they differ, and returns what it costs the first. A pair that agrees at fewer than half
// of the sites is compared with one state reversed.
func (c *crosser) exchange(a, b []int8, rng *rand.Rand) (cost int64, ok bool) {
	differ := 0
	for i := range a {
		if a[i] != b[i] {
			differ++
		}
	}
	equal := 2*differ > len(a)
	if equal {
		differ = len(a) - differ
	}
	if differ == 0 {
		return 0, false
	}
	skip := rng.IntN(differ)
	for i := range a {
		if (a[i] == b[i]) != equal {
			continue
		}
		if skip--; skip < 0 {
			c.walk++
			cost = c.gather(a, b, int32(i), equal)
			break
		}
	}
	for _, j := range c.cluster {
		a[j], b[j] = -a[j], -b[j]
	}
	return cost, true
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
	Descent(f.in, f.a)
	if e := f.in.Energy(f.a); e < f.energy {
		copy(f.best, f.a)
		f.energy = e
	}
	if f.cross.improve(f.best, f.a) {
		Descent(f.in, f.best)
		f.energy = f.in.Energy(f.best)
	}
}

// bitReplicas are those of package multispin.
type bitReplicas struct {
	*multispin.Replicas
	engine *multispinEngine
	broken []int
}

func (r *bitReplicas) SetBetas(ladder []float64, rungs []int) {
	scaled := slices.Clone(ladder)
	for k := range scaled {
		scaled[k] *= r.engine.size
	}
	r.Replicas.SetBetas(scaled, rungs)
}

func (r *bitReplicas) Energies(dst []float64) {
	r.Broken(r.broken)
	for lane, n := range r.broken {
		dst[lane] = r.engine.energy(n)
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
