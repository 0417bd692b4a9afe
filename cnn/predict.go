package cnn

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"spinlearn/internal/parallel"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/descent"
)

// PredictSettings chooses how logits become spins.
type PredictSettings struct {
	// Passes is how often the network runs on its own result, at least 1. A site model makes
	// one pass only.
	Passes int
	// Descent follows every decoding by tree descent on the decoding tree (bond
	// target) and single-spin descent; the next pass starts from the result.
	Descent bool
	// Effort is the number of refinement rounds that follow the passes of a bond model, each of
	// which lowers the gap at the cost of time: bonds that the network is confident about are
	// frozen, the smaller glass is annealed ([anneal.Contraction]), and the network looks at
	// the result. Four rounds freeze fewer and fewer bonds, then it begins anew. It wants
	// logits that are log-odds, as cross-entropy and boltzmann teach them.
	Effort int
	// Start has a configuration for each instance to begin with in place of the spanning
	// tree's, which the result is never worse than; nil for none. Bond target only.
	Start [][]int8
	// Seed of the annealing.
	Seed uint64
}

// DefaultPredict returns one pass without descent.
func DefaultPredict() PredictSettings { return PredictSettings{Passes: 1} }

func (set *PredictSettings) validate(target string, instances []*ising.Instance) error {
	if set.Passes < 1 || set.Passes > 1 && target == Site {
		return fmt.Errorf("%w: passes = %d, want at least 1, and 1 for a %s model", ErrSettings, set.Passes, Site)
	}
	if set.Effort < 0 || set.Effort > 0 && target == Site {
		return fmt.Errorf("%w: effort = %d, want at least 0, and 0 for a %s model", ErrSettings, set.Effort, Site)
	}
	if set.Start == nil {
		return nil
	}
	if target == Site || len(set.Start) != len(instances) {
		return fmt.Errorf("%w: %d configurations to start from for %d instances and a %s model, want one each and a %s model", ErrSettings, len(set.Start), len(instances), target, Bond)
	}
	for k, spins := range set.Start {
		if len(spins) != instances[k].Sites() || slices.ContainsFunc(spins, func(v int8) bool { return abs(v) != 1 }) {
			return fmt.Errorf("%w: the configuration to start from of instance %d is not ±1 at %d sites", ErrSettings, k, instances[k].Sites())
		}
	}
	return nil
}

// A Prediction is a configuration with its energy, in the unit of the couplings.
type Prediction struct {
	Spins  []int8
	Energy float64
}

// A Predictor runs a model. It keeps a graph for every batch size and lattice it
// has seen, and is not safe for concurrent use.
type Predictor struct {
	network  Network
	weights  [][]float32
	workers  int
	machines map[geometry]*machine[float32]
}

// NewPredictor returns a predictor that uses that many goroutines, at least 1. The
// prediction does not depend on their number.
func (m *Model) NewPredictor(workers int) *Predictor {
	return newPredictor(m.Training.Network, m.weights, workers)
}

func newPredictor(n Network, weights [][]float32, workers int) *Predictor {
	return &Predictor{n, weights, max(workers, 1), map[geometry]*machine[float32]{}}
}

// batchSites bounds the sites of a batch, so that its images stay in the cache.
const batchSites = 1 << 14

// Predict returns a configuration for each instance: over passes and rounds the one of
// least energy. All instances have lattices of two axes. When ctx ends, it returns what it
// has of the first instances, none before their first pass, and an error that wraps
// ctx.Err().
func (p *Predictor) Predict(ctx context.Context, instances []*ising.Instance, set PredictSettings) ([]Prediction, error) {
	if err := set.validate(p.network.Target, instances); err != nil {
		return nil, err
	}
	found := make([]Prediction, 0, len(instances))
	for len(instances) > 0 {
		n, err := nextBatch(instances)
		if err != nil {
			return nil, err
		}
		batch, err := p.predictBatch(ctx, instances[:n], set)
		if batch[0].Spins != nil {
			found = append(found, batch...)
		}
		if err != nil {
			return found, err
		}
		instances = instances[n:]
		if set.Start != nil {
			set.Start = set.Start[n:]
		}
	}
	return found, nil
}

// LogOdds returns, in the layout of the couplings, the log-odds that the network of a bond
// model gives in its first pass to the spins of a bond being parallel; 0 is no bond. The
// maximum spanning tree of their magnitudes decodes them. A site model has none, which is an
// error, and the lattice has two axes.
func (p *Predictor) LogOdds(ctx context.Context, in *ising.Instance) ([]float64, error) {
	if p.network.Target != Bond {
		return nil, fmt.Errorf("%w: a %s model has no log-odds of bonds, want a %s model", ErrSettings, p.network.Target, Bond)
	}
	if err := checkPlane(in.Lattice); err != nil {
		return nil, err
	}
	gauge := startGauge(in, Bond)
	m, err := p.run(ctx, []*ising.Instance{in}, [][]int8{gauge})
	if err != nil {
		return nil, err
	}
	n := in.Sites()
	odds := make([]float64, len(in.J))
	for a := range 2 {
		for i := range n {
			if j := in.Next(a, i); j >= 0 && in.J[a*n+i] != 0 {
				odds[a*n+i] = float64(m.output()[2*i+a]) * float64(gauge[i]*gauge[j])
			}
		}
	}
	return odds, nil
}

// nextBatch returns how many of the instances, from the first on, go through the
// network together.
func nextBatch(instances []*ising.Instance) (int, error) {
	l := instances[0].Lattice
	if err := checkPlane(l); err != nil {
		return 0, err
	}
	n := 1
	for n < len(instances) && n < max(1, batchSites/l.Sites()) && instances[n].Lattice.Equal(l) {
		n++
	}
	return n, nil
}

// predictBatch returns the best of each instance; if it is stopped before the first pass
// ends, they are nil.
func (p *Predictor) predictBatch(ctx context.Context, batch []*ising.Instance, set PredictSettings) (best []Prediction, err error) {
	gauge, last := make([][]int8, len(batch)), make([][]int8, len(batch))
	best = make([]Prediction, len(batch))
	better := func(k int, s []int8) {
		if e := batch[k].Energy(s); best[k].Spins == nil || e < best[k].Energy {
			best[k] = Prediction{s, e}
		}
	}
	parallel.Do(p.workers, len(batch), func(k int) {
		if set.Start == nil {
			gauge[k] = startGauge(batch[k], p.network.Target)
			return
		}
		gauge[k] = slices.Clone(set.Start[k])
		better(k, gauge[k])
	})
	var m *machine[float32] // with the logits of the gauges
	for pass := range set.Passes {
		if pass > 0 {
			gauge = slices.Clone(last)
		}
		if m, err = p.run(ctx, batch, gauge); err != nil {
			return best, err
		}
		parallel.Do(p.workers, len(batch), func(k int) {
			last[k] = m.decode(p.network.Target, batch[k], gauge[k], k, set.Descent)
			better(k, last[k])
		})
	}
	errs := make([]error, len(batch))
	for round := range set.Effort {
		if round > 0 {
			for k := range batch {
				gauge[k] = best[k].Spins
			}
			if m, err = p.run(ctx, batch, gauge); err != nil {
				return best, err
			}
		}
		parallel.Do(p.workers, len(batch), func(k int) {
			rest := anneal.DefaultContraction()
			rest.Start, rest.Frozen = best[k].Spins, m.confident(batch[k], gauge[k], best[k].Spins, k, sure+float64(round%sureSteps))
			r, err := rest.Solve(ctx, batch[k], solver.Budget{}, ising.Stream(set.Seed, "prediction", uint64(round)))
			if errs[k] = err; r != nil {
				better(k, r.Spins)
			}
		})
		if err := cmp.Or(errs...); err != nil {
			return best, fmt.Errorf("cnn: prediction: %w", err)
		}
	}
	return best, nil
}

// sure is the log-odds from which on a bond is frozen in the first round: one in 400 of such
// bonds is thought to be wrong. A round later it is one in 1100, and so on for a few
// rounds, after which it begins anew with other random numbers.
const sure, sureSteps = 6, 4

// confident reports for each bond whether the network, having seen the gauge, gives log-odds
// above a limit to the relative orientation that it has in s.
func (m *machine[T]) confident(in *ising.Instance, gauge, s []int8, k int, limit float64) []bool {
	z := part(m.output(), k, m.batch)
	n := in.Sites()
	is := make([]bool, len(in.J))
	for a := range 2 {
		for i := range n {
			if j := in.Next(a, i); j >= 0 {
				is[a*n+i] = float64(z[2*i+a])*float64(gauge[i]*gauge[j]*s[i]*s[j]) > limit
			}
		}
	}
	return is
}

// startGauge returns the first reference configuration of an instance: the spins of
// the spanning tree of |J|, or all +1 for the site target, which sees the bare
// couplings. Equal couplings are ordered by a fixed stream.
func startGauge(in *ising.Instance, target string) []int8 {
	if target == Bond {
		return in.SpanningTree(in.J, ising.Stream(0, "gauge", 0)).Spins(in.J)
	}
	r := make([]int8, in.Sites())
	for i := range r {
		r[i] = 1
	}
	return r
}

// Prepare builds the graphs that [Predictor.Predict] needs for the instances and runs
// each once, which first touches its memory, so that neither counts as prediction.
func (p *Predictor) Prepare(instances []*ising.Instance) error {
	for len(instances) > 0 {
		n, err := nextBatch(instances)
		if err != nil {
			return err
		}
		geo := geometryOf(instances[0].Lattice, n)
		if p.machines[geo] == nil {
			m, err := p.machine(geo)
			if err != nil {
				return err
			}
			if err := m.run(); err != nil {
				return err
			}
		}
		instances = instances[n:]
	}
	return nil
}

func (p *Predictor) machine(geo geometry) (*machine[float32], error) {
	m, ok := p.machines[geo]
	if !ok {
		var err error
		if m, err = newMachine(p.network, p.weights, geo, p.workers, nil); err != nil {
			return nil, err
		}
		p.machines[geo] = m
	}
	return m, nil
}

// setWeights lets the predictor know that the weights have changed.
func (p *Predictor) setWeights() {
	for _, m := range p.machines {
		m.setWeights()
	}
}

// run evaluates the network on a batch in the given gauges.
func (p *Predictor) run(ctx context.Context, batch []*ising.Instance, gauge [][]int8) (*machine[float32], error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("cnn: prediction stopped: %w", err)
	}
	m, err := p.machine(geometryOf(batch[0].Lattice, len(batch)))
	if err != nil {
		return nil, err
	}
	parallel.Do(p.workers, len(batch), func(k int) {
		encodeInput(part(m.input, k, m.batch), batch[k].Gauge(gauge[k]))
	})
	return m, m.run()
}

// decode turns the logits of instance k of the batch into spins.
func (m *machine[T]) decode(target string, in *ising.Instance, gauge []int8, k int, descend bool) []int8 {
	z := part(m.output(), k, m.batch)
	if target == Site {
		s := decodeSites(z)
		if descend {
			descent.Descend(in, s)
		}
		return s
	}
	s, tree := decodeBonds(in, gauge, z)
	if descend {
		descent.Subtrees(in, s, tree)
		descent.Descend(in, s)
	}
	return s
}
