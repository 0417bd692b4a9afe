package reproduce

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/base/report"
	"spinlearn/internal/base/stats"
	"spinlearn/internal/experiment"
	"spinlearn/ising"
	"spinlearn/plots"
	"spinlearn/solver/methods"
)

// Model is the preset that trains the model which is part of the program.
const Model = "model"

// A ModelPlan trains one model for all ensembles and measures it. It stands in plan.json.
type ModelPlan struct {
	Preset string `json:"preset"`
	// Training, Validation and Test describe datasets of two axes, with different seeds.
	// Those for training have walls if the settings want them.
	Training   []data.Description `json:"training_data"`
	Validation []data.Description `json:"validation_data"`
	Test       []data.Description `json:"test_data"`
	Settings   ModelTraining      `json:"settings"`
	// Passes of the network are measured with descent, a single one without it too, each
	// effort after two passes with descent.
	Passes  []int `json:"passes"`
	Efforts []int `json:"efforts"`
}

// ModelTraining are the settings of training of a ModelPlan.
type ModelTraining struct{ cnn.TrainSettings }

// MarshalJSON writes 0 for the settings that no plan chooses.
func (t ModelTraining) MarshalJSON() ([]byte, error) {
	set := t.Recorded()
	set.Warmup, set.Clip, set.Visits = 0, 0, 0
	return json.Marshal(set)
}

// ModelPreset returns the plan of the model that is part of the program.
func ModelPreset() *ModelPlan {
	p := &ModelPlan{
		Preset: Model,
		Training: []data.Description{
			torus(ising.Gaussian, 16, 12000), torus(ising.PlusMinus, 16, 8000), lattice(ising.Gaussian, "free", 4000, 16, 16),
			torus(ising.Uniform, 16, 4000), lattice(ising.Uniform, "free", 4000, 16, 16), lattice(ising.PlusMinus, "free", 4000, 16, 16),
		},
		Validation: []data.Description{torus(ising.Gaussian, 16, 100), torus(ising.PlusMinus, 16, 100)},
		Test: []data.Description{
			torus(ising.Gaussian, 16, 200), torus(ising.Gaussian, 32, 100), torus(ising.Gaussian, 64, 50),
			torus(ising.PlusMinus, 16, 200), torus(ising.PlusMinus, 32, 100), lattice(ising.Uniform, "free", 200, 16, 16),
			lattice(ising.Gaussian, "cylinder", 50, 64, 32), lattice(ising.Gaussian, "free", 50, 48, 48),
		},
		Settings: ModelTraining{*cnn.DefaultTrain()},
		Passes:   []int{1, 2},
		Efforts:  []int{1, 2, 3, 5},
	}
	p.Settings.Steps, p.Settings.ValidateEvery, p.Settings.CheckpointEvery = 20000, 500, 500
	p.seed()
	return p
}

func torus(couplings string, side, count int) data.Description {
	return lattice(couplings, "periodic", count, side, side)
}

func lattice(couplings, boundary string, count int, shape ...int) data.Description {
	d := data.Description{Ensemble: ising.Ensemble{Couplings: couplings}, Shape: shape, Boundary: boundary, Count: count, ShardSize: 100}
	if couplings == ising.PlusMinus {
		d.Ensemble.Negative = 0.5
	}
	return d
}

// seed gives every dataset a seed of its own.
func (p *ModelPlan) seed() {
	for i, list := range [][]data.Description{p.Training, p.Validation, p.Test} {
		for k := range list {
			list[k].Seed = uint64(100*(i+1) + k + 1)
		}
	}
}

// A Trained is a ModelPlan carried out.
type Trained struct {
	*folder
	plan  *ModelPlan
	model *cnn.Model
	tests []*test
}

// A test is a test set with what the model made of it.
type test struct {
	name, words string
	data        *data.Dataset
	instances   []*ising.Solved
	evaluation  *evaluation
}

// The training run of a ModelPlan, and its chart.
const (
	modelRun   = "run"
	modelChart = "gap-time.png"
)

// RunModel carries out the plan of a model in a folder as [Run] does that of a study,
// and leaves the weights as model.safetensors there.
func RunModel(ctx context.Context, plan *ModelPlan, set *Settings) (*Trained, error) {
	m := &Trained{folder: &folder{set, plan.Preset}, plan: plan}
	if err := m.claim(struct {
		heading
		*ModelPlan
	}{m.heading(), plan}); err != nil {
		return nil, err
	}
	for _, stage := range []struct {
		name string
		do   func(context.Context) error
	}{{"training", m.train}, {"evaluation", m.evaluate}, {"report", func(context.Context) error { return m.write() }}} {
		if err := m.timed(stage.name, func() error { return stage.do(ctx) }); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// train makes the training data and the model.
func (m *Trained) train(ctx context.Context) error {
	set := m.plan.Settings.TrainSettings
	var sources []cnn.Source
	var validation []*ising.Solved
	var words []string
	for _, is := range m.plan.Training {
		is.Walls = set.Cost == cnn.WallCost
		d, w, err := m.dataset(ctx, slug("train "+name(&is)), is)
		if err != nil {
			return err
		}
		sources, words = append(sources, d), append(words, w)
	}
	for _, is := range m.plan.Validation {
		d, w, err := m.dataset(ctx, slug("validation "+name(&is)), is)
		if err != nil {
			return err
		}
		list, err := all(d)
		if err != nil {
			return err
		}
		validation, words = append(validation, list...), append(words, "validation on "+w)
	}
	done, err := m.isTrained(modelRun)
	if err != nil {
		return err
	}
	if !done {
		set.Data, set.Workers = strings.Join(words, "; "), m.Workers
		set.Progress = func(p cnn.TrainProgress) {
			note := ""
			if p.Gap > 0 { // neither none yet nor zero
				note = fmt.Sprintf("gap %.2f %%", 100*p.Gap)
			}
			m.report(Progress{"training", "steps", p.Step, p.Steps, note})
		}
		if err := m.trainRun(ctx, modelRun, sources, validation, set); err != nil {
			return err
		}
	}
	if m.model, err = cnn.LoadModel(m.path(modelRun, cnn.ModelFile)); err != nil {
		return err
	}
	content, err := os.ReadFile(m.path(modelRun, cnn.ModelFile)) // as bounded as the model
	if err != nil {
		return err
	}
	return atomicfile.Write(m.path(cnn.ModelFile), content)
}

// name says what the instances of a dataset are.
func name(is *data.Description) string {
	return fmt.Sprintf("%s %s %s", is.Ensemble.Couplings, ising.FormatShape(is.Shape), is.Boundary)
}

// evaluate measures the model on one core, an instance at a time.
func (m *Trained) evaluate(ctx context.Context) error {
	if err := os.MkdirAll(m.path("evaluations"), 0o755); err != nil {
		return err
	}
	for _, is := range m.plan.Test {
		t := &test{name: name(&is)}
		var err error
		if t.data, t.words, err = m.dataset(ctx, slug("test "+t.name), is); err != nil {
			return err
		}
		if t.instances, err = all(t.data); err != nil {
			return err
		}
		file := slug(t.name) + ".json"
		if t.evaluation, err = m.readEvaluation(file, t.words, len(t.instances)); err != nil {
			return err
		}
		m.tests = append(m.tests, t)
		if t.evaluation != nil {
			continue
		}
		if err := m.measure(ctx, t); err != nil {
			return err
		}
		if err := m.writeEvaluation(file, t.evaluation); err != nil {
			return err
		}
	}
	return nil
}

func (m *Trained) measure(ctx context.Context, t *test) error {
	choice := &methods.Choice{Networks: []methods.Network{{Model: m.model}}, Passes: m.plan.Passes, Efforts: m.plan.Efforts, Workers: 1}
	ways := slices.DeleteFunc(methods.Rows(choice), func(v methods.Variant) bool {
		return v.Prediction == nil || !v.Prediction.Descent && v.Prediction.Passes > 1
	})
	set := experiment.EqualTime()
	set.Progress = func(done int, way string) {
		m.report(Progress{"test " + t.name, "predictions", done, len(ways) * len(t.instances), way})
	}
	table, err := experiment.Run(ctx, t.data.Lattice(), each(t.instances), experiment.Rows(ways), set)
	if err != nil {
		return err
	}
	t.evaluation = &evaluation{Data: t.words, Training: &m.model.Training, Gap: m.model.Gap}
	for _, r := range table.Rows {
		way := strings.TrimPrefix(r.Name, r.Line()+" ")
		t.evaluation.Energies = append(t.evaluation.Energies, energies{way, r.Energies(), 1e3 * r.CPU().Seconds()})
	}
	return nil
}

// gap returns the mean relative gap in per cent, over the instances that have one, and how
// many of all are solved.
func (t *test) gap(list energies) (gap stats.Estimate, solved int) {
	gaps := make([]float64, len(list.Energies))
	for i, e := range list.Energies {
		gaps[i] = 100 * t.instances[i].Gap(e)
		if t.instances[i].Solves(e) {
			solved++
		}
	}
	return stats.Mean(gaps), solved
}

func (t *test) percent(solved int) float64 { return 100 * float64(solved) / float64(len(t.instances)) }

func (m *Trained) write() error {
	type line struct {
		Test     string    `json:"test"`
		Method   string    `json:"method"`
		CPU      float64   `json:"cpu_ms,omitempty"`
		Energies []float64 `json:"energies_j"`
	}
	var lines []any
	tables := section{title: "The model on one core, an instance at a time", words: "Mean relative gap to the proven ground state ± standard error over instances, the part of them solved, and mean CPU time."}
	chart := plots.Curves{Title: "The model: gap against CPU time on one core", Proven: true, X: "CPU time of an instance (ms)"}
	for _, t := range m.tests {
		truth := make([]float64, len(t.instances))
		for i, s := range t.instances {
			truth[i] = s.Energy
		}
		lines = append(lines, line{Test: t.name, Method: "ground state", Energies: truth})
		table := report.Table{Caption: fmt.Sprintf("%s, %s", t.name, size(t.instances)), Columns: []report.Column{{Name: "method"}, {Name: "gap (%)", Numeric: true}, {Name: "solved (%)", Numeric: true}, {Name: "CPU (ms)", Numeric: true}}}
		curve := plots.Curve{Name: "model"}
		for _, e := range t.evaluation.Energies {
			gap, solved := t.gap(e)
			lines = append(lines, line{t.name, e.Name, e.CPU, e.Energies})
			table.Rows = append(table.Rows, []report.Cell{{Text: e.Name}, report.Estimate(gap), number(t.percent(solved), 1), report.Significant(e.CPU)})
			if gap.Exists() {
				curve.Points = append(curve.Points, plots.CurvePoint{X: e.CPU, Percent: gap.Mean, Error: gap.Error})
			}
		}
		tables.tables = append(tables.tables, table)
		if len(curve.Points) > 0 {
			chart.Panels = append(chart.Panels, plots.CurvePanel{Name: table.Caption, Curves: []plots.Curve{curve}})
		}
	}
	if len(chart.Panels) > 0 {
		tables.charts = []figure{{modelChart, "Gap against CPU time", chart}}
	}
	if err := m.writeResults(lines); err != nil {
		return err
	}
	return m.writeReport("The model that is part of the program", m.facts(), []section{tables})
}

func (m *Trained) facts() []report.Fact {
	set := &m.model.Training
	facts := []report.Fact{
		{Name: "program", Value: m.Program + ", `spinlearn reproduce --preset " + m.plan.Preset + "`"},
		{Name: "network", Value: fmt.Sprintf("target %s, %d channels, %d residual blocks", set.Target, set.Channels, set.Blocks)},
		{Name: "training", Value: fmt.Sprintf("%s, %d steps of %d instances, pool of %d, Adam at %v, seed %d", set.Loss.Name, set.Steps, set.Batch, set.ReplayBuffer, set.LearningRate, set.Seed)},
		{Name: "data", Value: set.Data},
		{Name: "validation gap", Value: fmt.Sprintf("%.3g %% in one pass without descent, after %d steps", 100**m.model.Gap, m.model.Step)},
	}
	if set.Temperature != 0 {
		facts = append(facts, report.Fact{Name: "temperature of the loss", Value: fmt.Sprintf("%v J", set.Temperature)})
	}
	if set.Cost != "" {
		facts = append(facts, report.Fact{Name: "energy of a wrong bond", Value: set.Cost})
	}
	for _, t := range m.tests {
		facts = append(facts, report.Fact{Name: "test " + t.name, Value: t.words})
	}
	return facts
}

// Findings returns what the most effort reached on every test set, in lines.
func (m *Trained) Findings() string {
	var b strings.Builder
	for _, t := range m.tests {
		e := t.evaluation.Energies[len(t.evaluation.Energies)-1]
		gap, solved := t.gap(e)
		words := "no relative gap"
		if gap.Exists() {
			words = fmt.Sprintf("gap %v %%", gap)
		}
		fmt.Fprintf(&b, "%s, %s: %s, %.1f %% solved, %.3g ms\n", t.name, e.Name, words, t.percent(solved), e.CPU)
	}
	return b.String()
}
