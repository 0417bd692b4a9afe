package experiment

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"spinlearn/cnn"
	"spinlearn/plots"
)

// group says which methods are alike, and so of one colour.
func group(r *Row) string {
	switch r.prediction().Target {
	case "":
		return "classical"
	case cnn.Site:
		return "site target"
	}
	return "bond target"
}

// draw adds the charts that the rows allow.
func (c *Comparison) draw(charts map[string]chart) {
	t := c.Tables[0]
	title := fmt.Sprintf("%s, %v", t.Size(), t.Lattice)
	var energies []plots.EnergyRow
	var gaps []plots.GapRow
	for _, r := range t.Rows {
		energies = append(energies, plots.EnergyRow{Name: r.Name, Group: group(r), PerSpin: r.PerSpin()})
		gaps = append(gaps, plots.GapRow{Name: r.Name, Group: group(r), Percent: r.Percent(), Solved: r.Solved()})
	}
	all := t.AllProven()
	charts["energies.png"] = plots.Energies{Title: title, Proven: all, Truth: t.Reference.PerSpin(), Rows: energies}
	if t.Relative() > 0 {
		charts["gaps.png"] = plots.Gaps{Title: title, Proven: all, Rows: gaps}
		charts["time.png"] = plots.Times{Title: title, Proven: all, Series: timeSeries(t)}
	}
	if raw := rawRows(t); len(raw) > 0 {
		charts["scatter.png"] = plots.Scatter{Title: title, Proven: all, Panels: scatterPanels(t, raw)}
		if l, ok := latticeChart(t, raw, c.Instance); ok {
			charts["lattice.png"] = l
		}
	}
	if slices.ContainsFunc(c.Training, func(r Training) bool { return len(r.Metrics) > 0 }) {
		charts["training.png"] = TrainingChart(c.Training)
	}
}

// timeSeries puts rows that differ in their sweeps into curves and each other method into a
// point.
func timeSeries(t *Table) []plots.TimeSeries {
	var curves, list []plots.TimeSeries
	for _, r := range t.Rows {
		p := plots.TimePoint{Milliseconds: max(milliseconds(r.CPU()), 1e-4), Percent: r.Gap().Mean}
		if r.Sweeps > 0 {
			p.Label = fmt.Sprint(r.Sweeps)
			addPoint(&curves, r.Line()+", sweeps", group(r), p)
			continue
		}
		list = append(list, plots.TimeSeries{Name: r.Name, Group: group(r), Loss: r.prediction().Loss, Points: []plots.TimePoint{p}})
	}
	return append(curves, list...)
}

// rawRows returns, for each network, the row of most passes without descent.
func rawRows(t *Table) (rows []*Row) {
	for _, r := range t.Rows {
		if r.Prediction == nil || r.Prediction.Descent {
			continue
		}
		k := slices.IndexFunc(rows, func(o *Row) bool { return o.Line() == r.Line() })
		if k < 0 {
			rows = append(rows, r)
		} else if r.Prediction.Passes > rows[k].Prediction.Passes {
			rows[k] = r
		}
	}
	return rows
}

const maxPanels = 12

func scatterPanels(t *Table, rows []*Row) []plots.ScatterPanel {
	var panels []plots.ScatterPanel
	for _, r := range rows[:min(len(rows), maxPanels)] {
		panels = append(panels, plots.ScatterPanel{Name: r.Name, Truth: t.Reference.PerSpin(), Predicted: r.PerSpin(), Percent: r.Percent()})
	}
	return panels
}

// latticeChart shows one instance and the best of the raw predictions.
func latticeChart(t *Table, rows []*Row, instance int) (plots.Lattice, bool) {
	sides := t.Lattice.Shape()
	if max(sides[0], sides[1]) > plots.MaxLattice || instance >= len(t.First) {
		return plots.Lattice{}, false
	}
	best := slices.MinFunc(rows, func(a, b *Row) int { return cmp.Compare(a.Gap().Mean, b.Gap().Mean) })
	s, found := t.First[instance], best.Searches[instance]
	n := s.Sites()
	return plots.Lattice{
		Title: fmt.Sprintf("instance %d, %v; prediction: %s", instance, t.Lattice, best.Name), Proven: s.Proven(),
		Rows: sides[0], Cols: sides[1], Down: s.J[:n], Right: s.J[n:],
		PeriodicRows: t.Lattice.Periodic()[0], PeriodicCols: t.Lattice.Periodic()[1],
		Frustrated: s.Frustrated(), Truth: s.Spins, Prediction: best.Spins[instance],
		TruthEnergy: s.Energy, PredictionEnergy: found.Energy, Percent: 100 * found.Gap,
	}, true
}

// A Training is a model with the folder it came from, empty for a bare file, and the metrics
// there.
type Training struct {
	Model   *cnn.Model
	Dir     string
	Metrics []cnn.Metric
}

// TrainingChart shows the curves of runs; those without metrics are left out.
func TrainingChart(runs []Training) plots.Training {
	c := plots.Training{Title: "training", Proven: true}
	for _, r := range runs {
		if len(r.Metrics) == 0 {
			continue
		}
		set := r.Model.Training
		c.Proven = c.Proven && r.Model.Proven
		curve := plots.TrainingRun{Name: set.Target + " " + set.Loss.Name, Loss: set.Loss.Name}
		if len(runs) > 1 && slices.ContainsFunc(c.Runs, func(o plots.TrainingRun) bool { return o.Name == curve.Name }) {
			curve.Name += " (" + filepath.Base(r.Dir) + ")"
		}
		for _, m := range r.Metrics {
			if m.ValidationGap != nil {
				curve.GapSteps = append(curve.GapSteps, float64(m.Step))
				curve.Percent = append(curve.Percent, 100**m.ValidationGap)
			} else {
				curve.Steps = append(curve.Steps, float64(m.Step))
				curve.Losses = append(curve.Losses, m.Loss)
			}
		}
		c.Runs = append(c.Runs, curve)
	}
	return c
}
