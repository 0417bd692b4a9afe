package cnn

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"spinlearn/internal/base/parallel"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/descent"
)

// PredictSettings says how logits become spins.
type PredictSettings struct {
	// Passes is how often the network runs, each time on its own result: at least 1, and 1 for a
	// site model.
	Passes int
	// Descent lets a descent follow each pass: of whole subtrees of the decoding tree (bond
	// target), then of single spins. The next pass starts from the result.
	Descent bool
	// Effort is the number of refinement rounds after the passes of a bond model: at least 0, and
	// 0 for a site model. A round freezes the bonds that the network is confident about, contracts
	// what they join, anneals the smaller problem ([anneal.Contraction]), and shows the result to
	// the network. Each of four rounds freezes fewer bonds than the one before; then the cycle
	// begins again with other random numbers. Refinement expects logits that are log-odds, as the
	// losses cross-entropy and boltzmann teach them.
	Effort int
	// Start holds a configuration for each instance, to begin with in place of the spanning
	// tree's; nil for none. The result has at most its energy. Bond target only.
	Start [][]int8
	// Seed of the annealing.
	Seed uint64
}

// DefaultPredict returns one pass without descent or refinement.
func DefaultPredict() PredictSettings { return PredictSettings{Passes: 1, Descent: false, Effort: 0} }

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
		return fmt.Errorf("%w: %d configurations to start from for %d instances and a %s model, want one for each instance and a %s model", ErrSettings, len(set.Start), len(instances), target, Bond)
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

// A Predictor runs a model. It keeps the network's graph for every batch size and lattice that it
// has seen, and is not safe for concurrent use.
type Predictor struct {
	network  Network
	weights  [][]float32
	workers  int
	machines map[geometry]*machine[float32]
}

// NewPredictor returns a predictor that uses that many goroutines, at least 1. The prediction does
// not depend on their number.
func (m *Model) NewPredictor(workers int) *Predictor {
	return newPredictor(m.Training.Network, m.weights, workers)
}

func newPredictor(n Network, weights [][]float32, workers int) *Predictor {
	return &Predictor{n, weights, max(workers, 1), map[geometry]*machine[float32]{}}
}

// batchSites bounds the sites of a batch, so that its images stay in the cache.
const batchSites = 1 << 14

// Predict returns a configuration for each instance, the one of least energy over all passes and
// rounds. All lattices have two axes. When ctx ends, Predict returns the predictions of the first
// instances, as far as these have passed the network once, and an error that wraps ctx.Err().
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
	odds := make([]float64, in.Slots())
	for bond, place := range places(in.Lattice) {
		if i, j := in.Ends(bond); in.J[bond] != 0 {
			odds[bond] = float64(m.output()[place]) * float64(gauge[i]*gauge[j])
		}
	}
	return odds, nil
}

// nextBatch returns how many of the first instances go through the network together.
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

// predictBatch returns the best configuration of each instance. Without Start their spins are nil
// if ctx ends before the first pass has ended.
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
	var m *machine[float32] // holds the logits of the last gauges
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
			contraction := anneal.DefaultContraction()
			limit := confidence + float64(round%confidenceSteps)
			contraction.Start, contraction.Frozen = best[k].Spins, m.confident(batch[k], gauge[k], best[k].Spins, k, limit)
			r, err := contraction.Solve(ctx, batch[k], solver.Budget{}, ising.Stream(set.Seed, "prediction", uint64(round)))
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

// The first round freezes bonds of log-odds above confidence, of which the network expects one in
// 400 to be wrong. The limit rises by 1 with each round, to one in 1100 and so on, for
// confidenceSteps rounds, and then begins again.
const confidence, confidenceSteps = 6, 4

// confident reports for each bond of instance k of the batch whether the network, which has seen
// the instance in the gauge, gives log-odds above a limit to the relative orientation of its two
// spins in s.
func (m *machine[T]) confident(in *ising.Instance, gauge, s []int8, k int, limit float64) []bool {
	z := part(m.output(), k, m.batch)
	is := make([]bool, in.Slots())
	for bond, place := range places(in.Lattice) {
		i, j := in.Ends(bond)
		is[bond] = float64(z[place])*float64(gauge[i]*gauge[j]*s[i]*s[j]) > limit
	}
	return is
}

// startGauge returns the first reference configuration of an instance: that of the maximum
// spanning tree of |J| or, for the site target, which sees the bare couplings, all +1. A fixed
// stream orders equal couplings.
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

// Prepare builds the graphs that [Predictor.Predict] needs for the instances and runs each once, so
// that a measured prediction includes neither this nor the first use of their memory.
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

// setWeights tells all machines that the weights have changed.
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
