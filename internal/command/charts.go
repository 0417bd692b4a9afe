package command

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"spinlearn/internal/compare"
	"spinlearn/plots"
)

// chart is what every chart of package plots has.
type chart interface {
	Figure() (*plots.Figure, error)
}

func draw(c chart, name string) error {
	f, err := c.Figure()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return f.Save(name)
}

// drawCharts draws the charts of a comparison that its rows allow.
func drawCharts(o *compareOptions, t *compare.Table, runs []run) error {
	title := fmt.Sprintf("%s, %v", t.Size(), t.Lattice)
	var energies []plots.EnergyRow
	var gaps []plots.GapRow
	for _, r := range t.Rows {
		energies = append(energies, plots.EnergyRow{Name: r.Name, Group: r.Group, PerSpin: t.PerSpin(r.Energies)})
		gaps = append(gaps, plots.GapRow{Name: r.Name, Group: r.Group, Percent: percent(r.Gaps), Solved: r.Solved})
	}
	all := t.AllProven()
	charts := map[string]chart{
		"energies.png": plots.Energies{Title: title, Proven: all, Truth: t.PerSpin(t.Truth), Rows: energies},
	}
	if t.Relative() > 0 {
		charts["gaps.png"] = plots.Gaps{Title: title, Proven: all, Rows: gaps}
		charts["time.png"] = plots.Times{Title: title, Proven: all, Series: timeSeries(t)}
	}
	raw := rawRows(t)
	if len(raw) > 0 {
		charts["scatter.png"] = plots.Scatter{Title: title, Proven: all, Panels: scatterPanels(t, raw)}
		if c, ok := latticeChart(t, raw, o.instance); ok {
			charts["lattice.png"] = c
		}
	}
	if slices.ContainsFunc(runs, func(r run) bool { return len(r.metrics) > 0 }) {
		charts["training.png"] = trainingChart(runs)
	}
	return drawAll(o.out, charts)
}

// drawAll draws the charts of a comparison into its folder, and removes those that an
// earlier one left there.
func drawAll(dir string, charts map[string]chart) error {
	for _, name := range compareCharts {
		path := filepath.Join(dir, name)
		var err error
		if c, ok := charts[name]; ok {
			err = draw(c, path)
		} else {
			err = remove(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func percent(fractions []float64) []float64 {
	v := make([]float64, len(fractions))
	for i, f := range fractions {
		v[i] = 100 * f
	}
	return v
}

// timeSeries puts annealing into curves over the sweeps and each other method into a
// point.
func timeSeries(t *compare.Table) []plots.TimeSeries {
	var curves, list []plots.TimeSeries
	for _, r := range t.Rows {
		p := plots.TimePoint{Milliseconds: max(r.PerInstance().Seconds()*1e3, 1e-4), Percent: r.Gap().Mean}
		if r.Curve != "" {
			p.Label = fmt.Sprint(r.Sweeps)
			name := r.Curve + ", sweeps"
			k := slices.IndexFunc(curves, func(c plots.TimeSeries) bool { return c.Name == name })
			if k < 0 {
				k = len(curves)
				curves = append(curves, plots.TimeSeries{Name: name, Group: r.Group})
			}
			curves[k].Points = append(curves[k].Points, p)
			continue
		}
		list = append(list, plots.TimeSeries{Name: r.Name, Group: r.Group, Loss: r.Loss, Points: []plots.TimePoint{p}})
	}
	return append(curves, list...)
}

// rawRows returns, for each model, the row of most passes without descent.
func rawRows(t *compare.Table) []*compare.Row {
	most := map[string]*compare.Row{}
	var names []string
	for _, r := range t.Rows {
		if r.Model == "" || r.Descent {
			continue
		}
		if old, ok := most[r.Model]; !ok {
			names = append(names, r.Model)
			most[r.Model] = r
		} else if r.Passes > old.Passes {
			most[r.Model] = r
		}
	}
	var rows []*compare.Row
	for _, n := range names {
		rows = append(rows, most[n])
	}
	return rows
}

const maxPanels = 12

func scatterPanels(t *compare.Table, rows []*compare.Row) []plots.ScatterPanel {
	var panels []plots.ScatterPanel
	for _, r := range rows[:min(len(rows), maxPanels)] {
		panels = append(panels, plots.ScatterPanel{Name: r.Name, Truth: t.PerSpin(t.Truth), Predicted: t.PerSpin(r.Energies), Percent: percent(r.Gaps)})
	}
	return panels
}

// latticeChart shows one instance and the best of the raw predictions.
func latticeChart(t *compare.Table, rows []*compare.Row, instance int) (plots.Lattice, bool) {
	sides := t.Lattice.Shape()
	if max(sides[0], sides[1]) > plots.MaxLattice || instance >= len(t.First) {
		return plots.Lattice{}, false
	}
	best := slices.MinFunc(rows, func(a, b *compare.Row) int { return cmp.Compare(a.Gap().Mean, b.Gap().Mean) })
	s := t.First[instance]
	n := s.Sites()
	return plots.Lattice{
		Title: fmt.Sprintf("instance %d, %v; prediction: %s", instance, t.Lattice, best.Name), Proven: s.Proven(),
		Rows: sides[0], Cols: sides[1], Down: s.J[:n], Right: s.J[n:],
		PeriodicRows: t.Lattice.Periodic()[0], PeriodicCols: t.Lattice.Periodic()[1],
		Frustrated: s.Frustrated(), Truth: s.Spins, Prediction: best.Spins[instance],
		TruthEnergy: s.Energy, PredictionEnergy: best.Energies[instance],
		Percent: 100 * best.Gaps[instance],
	}, true
}

// trainingChart shows the curves of runs; those without metrics are left out.
func trainingChart(runs []run) plots.Training {
	c := plots.Training{Title: "training", Proven: true}
	for _, r := range runs {
		if len(r.metrics) == 0 {
			continue
		}
		set := r.model.Training
		c.Proven = c.Proven && r.model.Proven
		curve := plots.TrainingRun{Name: set.Target + " " + set.Loss.Name, Loss: set.Loss.Name}
		if len(runs) > 1 && slices.ContainsFunc(c.Runs, func(o plots.TrainingRun) bool { return o.Name == curve.Name }) {
			curve.Name += " (" + filepath.Base(r.dir) + ")"
		}
		for _, m := range r.metrics {
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
