package cnn

import (
	"context"
	"fmt"

	"spinlearn/internal/parallel"
	"spinlearn/ising"
	"spinlearn/solver"
)

// PredictSettings chooses how logits become spins. The zero value is one pass
// without descent.
type PredictSettings struct {
	// Passes is how often the network runs on its own result, at least 1; 0 means 1.
	// A site model makes one pass only.
	Passes int
	// Descent follows every decoding by tree descent on the decoding tree (bond
	// target) and single-spin descent; the next pass starts from the result.
	Descent bool
}

func (set *PredictSettings) withDefaults(target string) (PredictSettings, error) {
	s := PredictSettings{}
	if set != nil {
		s = *set
	}
	if s.Passes == 0 {
		s.Passes = 1
	}
	if s.Passes < 0 || s.Passes > 1 && target == Site {
		return s, fmt.Errorf("%w: passes = %d, want at least 1, and 1 for a %s model", ErrSettings, s.Passes, Site)
	}
	return s, nil
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

// Predict returns a configuration for each instance: over the passes the one of
// least energy. All instances have lattices of two axes. When ctx ends, it returns
// an error that wraps ctx.Err().
func (p *Predictor) Predict(ctx context.Context, instances []*ising.Instance, settings *PredictSettings) ([][]int8, error) {
	set, err := settings.withDefaults(p.network.Target)
	if err != nil {
		return nil, err
	}
	spins := make([][]int8, 0, len(instances))
	for len(instances) > 0 {
		n, err := nextBatch(instances)
		if err != nil {
			return nil, err
		}
		batch, err := p.predictBatch(ctx, instances[:n], set)
		if err != nil {
			return nil, err
		}
		spins = append(spins, batch...)
		instances = instances[n:]
	}
	return spins, nil
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

func (p *Predictor) predictBatch(ctx context.Context, batch []*ising.Instance, set PredictSettings) ([][]int8, error) {
	gauge := make([][]int8, len(batch))
	best := make([][]int8, len(batch))
	energy := make([]float64, len(batch))
	parallel.Do(p.workers, len(batch), func(k int) { gauge[k] = startGauge(batch[k], p.network.Target) })
	for pass := range set.Passes {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("cnn: prediction stopped: %w", err)
		}
		m, err := p.run(batch, gauge)
		if err != nil {
			return nil, err
		}
		parallel.Do(p.workers, len(batch), func(k int) {
			s := m.decode(p.network.Target, batch[k], gauge[k], k, set.Descent)
			if e := batch[k].Energy(s); pass == 0 || e < energy[k] {
				best[k], energy[k] = s, e
			}
			gauge[k] = s
		})
	}
	return best, nil
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
func (p *Predictor) run(batch []*ising.Instance, gauge [][]int8) (*machine[float32], error) {
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
func (m *machine[T]) decode(target string, in *ising.Instance, gauge []int8, k int, descent bool) []int8 {
	z := part(m.output(), k, m.batch)
	if target == Site {
		s := decodeSites(z)
		if descent {
			solver.Descent(in, s)
		}
		return s
	}
	s, tree := decodeBonds(in, gauge, z)
	if descent {
		solver.TreeDescent(in, s, tree)
		solver.Descent(in, s)
	}
	return s
}
