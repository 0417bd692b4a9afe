package reproduce

import (
	"context"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"sync"

	"spinlearn/cnn"
	"spinlearn/internal/experiment"
	"spinlearn/internal/reproduce/study"
	"spinlearn/ising"
	"spinlearn/solver/methods"
)

// A Study is a plan carried out.
type Study struct {
	x                    *campaign
	trials               []*trial
	losses, sizes, sweep []*cell
	classical            []*cell // a method each
	evaluations          map[string]*evaluation
}

// A cell is an arm at one setting, over all seeds, or a classical method.
type cell struct {
	target, arm string
	size        int
	loss        cnn.Loss // as recorded
	runs        []*run
	// Gaps, in per cent, and energies above the ground state of each decoding: seed,
	// instance. A gap is NaN where the ground state has the energy 0.
	gaps, excess map[string][][]float64
}

// study returns the gaps of a decoding, in per cent, for comparisons.
func (c *cell) study(decoding string) *study.Arm {
	return &study.Arm{Name: c.arm, Gaps: c.gaps[decoding]}
}

// above returns the energies of a decoding above the ground state, in the unit of the
// couplings.
func (c *cell) above(decoding string) *study.Arm {
	return &study.Arm{Name: c.arm, Gaps: c.excess[decoding]}
}

// size says how many instances there are and, if not all have one, how many of them have a
// relative gap.
func size(list []*ising.Solved) string {
	relative := 0
	for _, s := range list {
		if !math.IsNaN(s.Gap(s.Energy)) {
			relative++
		}
	}
	return experiment.Size(len(list), relative)
}

// An evaluation is the energies of a run, or of the classical methods, on the test set.
type evaluation struct {
	Data     string             `json:"data"`
	Training *cnn.TrainSettings `json:"training,omitempty"`
	Gap      *float64           `json:"validation_gap,omitempty"` // relative, as a fraction
	Energies []energies         `json:"energies"`
}

// energies are those of one decoding or method, in the unit of the couplings.
type energies struct {
	Name     string    `json:"name"`
	Energies []float64 `json:"energies_j"`
	CPU      float64   `json:"cpu_ms,omitempty"` // an instance, of a plan that is about time
}

// evaluate computes the energies that are not in a file yet.
func (s *Study) evaluate(ctx context.Context, runs []*run) error {
	if err := os.MkdirAll(s.x.path("evaluations"), 0o755); err != nil {
		return err
	}
	const stage = "evaluation"
	files := make([]*evaluation, len(runs)+1)
	var pending []int
	for k := range files {
		var ways []decoding
		if k < len(runs) {
			ways = decodings(runs[k].set.Target)
		}
		var err error
		if files[k], err = s.x.readEvaluation(evaluationFile(runs, k), s.x.names.test, len(s.x.test), ways...); err != nil {
			return err
		}
		if files[k] == nil {
			pending = append(pending, k)
		}
	}
	done := len(files) - len(pending)
	var mutex sync.Mutex
	err := s.x.parallel(ctx, len(pending), func(ctx context.Context, j, workers int) error {
		k := pending[j]
		var err error
		if k == len(runs) {
			files[k], err = s.x.evaluateClassical(ctx, workers)
		} else {
			files[k], err = s.x.evaluateRun(ctx, runs[k], workers)
		}
		if err != nil {
			return err
		}
		if err := s.x.writeEvaluation(evaluationFile(runs, k), files[k]); err != nil {
			return err
		}
		mutex.Lock()
		defer mutex.Unlock()
		done++
		s.x.report(Progress{stage, "evaluations", done, len(files), ""})
		return nil
	})
	if err != nil {
		return err
	}
	s.gather(runs, files)
	return nil
}

// evaluationFile names the file of run k; the one after the last is that of the classical
// methods.
func evaluationFile(runs []*run, k int) string {
	if k == len(runs) {
		return "classical.json"
	}
	return filepath.Base(runs[k].dir) + ".json"
}

func (x *campaign) evaluateRun(ctx context.Context, r *run, workers int) (*evaluation, error) {
	m, err := cnn.LoadModel(x.path(r.dir, cnn.ModelFile))
	if err != nil {
		return nil, err
	}
	search := cnn.NewSearch(m, cnn.DefaultPredict(), workers)
	var ways []methods.Variant
	for _, d := range decodings(r.set.Target) {
		ways = append(ways, methods.Variant{Name: d.name, Solver: search.With(d.set)})
	}
	e, err := x.measure(ctx, ways, workers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.dir, err)
	}
	e.Training, e.Gap = &m.Training, m.Gap
	return e, nil
}

func (x *campaign) evaluateClassical(ctx context.Context, workers int) (*evaluation, error) {
	return x.measure(ctx, methods.Rows(&methods.Choice{Sweeps: x.Plan.Sweeps}), workers)
}

// measure returns the energies that variants reach on the test set.
func (x *campaign) measure(ctx context.Context, ways []methods.Variant, workers int) (*evaluation, error) {
	set := experiment.Default()
	set.Workers = workers
	table, err := experiment.Run(ctx, x.train.Lattice(), each(x.test), experiment.Rows(ways), set)
	if err != nil {
		return nil, err
	}
	e := &evaluation{Data: x.names.test}
	for _, r := range table.Rows {
		e.Energies = append(e.Energies, energies{Name: r.Name, Energies: r.Energies()})
	}
	return e, nil
}

// each goes through a list as through a dataset.
func each(list []*ising.Solved) iter.Seq2[*ising.Solved, error] {
	return func(yield func(*ising.Solved, error) bool) {
		for _, s := range list {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// gather puts the energies into the cells.
func (s *Study) gather(runs []*run, files []*evaluation) {
	add := func(c *cell, decoding string, energies []float64) {
		gaps, excess := make([]float64, len(energies)), make([]float64, len(energies))
		for i, e := range energies {
			t := s.x.test[i]
			gaps[i] = 100 * t.Gap(e)
			if !t.Solves(e) {
				excess[i] = e - t.Energy
			}
		}
		c.gaps[decoding], c.excess[decoding] = append(c.gaps[decoding], gaps), append(c.excess[decoding], excess)
	}
	s.evaluations = map[string]*evaluation{}
	for k, r := range runs {
		s.evaluations[r.dir] = files[k]
	}
	for _, list := range [][]*cell{s.losses, s.sizes, s.sweep} {
		for _, c := range list {
			c.gaps, c.excess = map[string][][]float64{}, map[string][][]float64{}
			for _, r := range c.runs {
				for _, e := range s.evaluations[r.dir].Energies {
					add(c, e.Name, e.Energies)
				}
			}
		}
	}
	s.evaluations[""] = files[len(runs)]
	for _, e := range files[len(runs)].Energies {
		c := &cell{arm: e.Name, gaps: map[string][][]float64{}, excess: map[string][][]float64{}}
		add(c, "", e.Energies)
		s.classical = append(s.classical, c)
	}
}
