package command

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"spinlearn/data"
	"spinlearn/internal/compare"
	"spinlearn/internal/report"
	"spinlearn/ising"
	"spinlearn/plots"
	"spinlearn/solver/anneal"
)

// timedData is a dataset of a comparison at equal time.
type timedData struct {
	*data.Dataset
	name, identity string
	count          int // of instances compared
	engines        []anneal.Engine
}

// compareTimed computes and writes a comparison at equal time.
func compareTimed(ctx context.Context, stderr io.Writer, o *compareOptions) ([]*compare.Timed, error) {
	slices.Sort(o.times)
	runs, err := loadRuns(o.models)
	if err != nil {
		return nil, err
	}
	var sets []*timedData
	for _, path := range o.data {
		s, err := o.openTimed(path, len(runs) > 0)
		if err != nil {
			return nil, err
		}
		if s.name = filepath.Base(filepath.Clean(path)); slices.ContainsFunc(sets, func(other *timedData) bool { return other.name == s.name }) {
			s.name = filepath.Clean(path)
		}
		sets = append(sets, s)
	}
	var models []compare.Method
	for i, r := range runs {
		models = append(models, compare.EffortMethods(r.model, distinction(runs, i, o.models))...)
	}
	methods := make([][]compare.Method, len(sets))
	total := 0
	for k, s := range sets {
		methods[k] = append(compare.TimedMethods(s.Lattice(), o.seed, o.times, s.engines), models...)
		total += s.count * len(methods[k])
	}
	from := o.timedOrigins(sets)
	if !o.force {
		if err := checkOccupied(ctx, o.out, from...); err != nil {
			return nil, err
		}
	}
	progress := newReporter(stderr, "compare", "solutions", total)
	var tables []*compare.Timed
	done := 0
	for k, s := range sets {
		table, err := compare.RunTimed(ctx, s.Lattice(), s.All(), o.limit, methods[k], func(n int, method string) {
			progress.update(done+n, s.name+" "+method)
		})
		if err != nil {
			progress.stop()
			return nil, err
		}
		done += s.count * len(methods[k])
		tables = append(tables, &compare.Timed{Table: table, Name: s.name, Family: family(s.Description())})
	}
	progress.finish(fmt.Sprintf("%d solutions of %d datasets", total, len(sets)))
	return tables, o.writeTimed(from, tables)
}

func (o *compareOptions) openTimed(path string, plane bool) (*timedData, error) {
	d, identity, err := openDataset(path)
	if err != nil {
		return nil, err
	}
	if plane {
		if err := checkPlane(path, d.Lattice()); err != nil {
			return nil, err
		}
	}
	s := &timedData{Dataset: d, identity: identity, count: d.Len()}
	if o.limit > 0 {
		s.count = min(s.count, o.limit)
	}
	s.engines, err = compare.Engines(d.All(), o.limit)
	return s, err
}

// family names what a dataset shares with those that differ in their size alone.
func family(d data.Description) string {
	name := d.Ensemble.Couplings
	if d.Ensemble.Couplings == ising.PlusMinus && d.Ensemble.Negative != 0.5 {
		name += fmt.Sprintf(" %v negative", d.Ensemble.Negative)
	}
	if d.Ensemble.Dilution > 0 {
		name += fmt.Sprintf(" %v missing", d.Ensemble.Dilution)
	}
	return name
}

// timedOrigins says of every dataset what its lines of the table are made of.
func (o *compareOptions) timedOrigins(sets []*timedData) []*compare.Origin {
	settings := struct {
		Models []string  `json:"models"`
		Times  []float64 `json:"times_ms"`
		Limit  int       `json:"limit"`
	}{append([]string{}, o.models...), nil, o.limit}
	for _, t := range o.times {
		settings.Times = append(settings.Times, t.Seconds()*1e3)
	}
	var list []*compare.Origin
	for _, s := range sets {
		list = append(list, &compare.Origin{Program: program, Data: s.identity, Lattice: s.Lattice().String(), Seed: o.seed, Settings: settings})
	}
	return list
}

// writeTimed writes tables, charts and page.
func (o *compareOptions) writeTimed(from []*compare.Origin, tables []*compare.Timed) error {
	err := writeTables(o.out, map[string]func(io.Writer) error{
		"results.csv": func(w io.Writer) error { return compare.WriteTimedCSV(w, tables) },
		"results.txt": func(w io.Writer) error { return compare.WriteTimedText(w, tables) },
		"runs.csv":    func(w io.Writer) error { return compare.WriteRuns(w, tables) },
		compareLines: func(w io.Writer) error {
			for k, t := range tables {
				if err := t.WriteJSONL(w, from[k]); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	charts := map[string]chart{}
	if c, ok := frontierChart(tables); ok {
		charts["frontier.png"] = c
	}
	if c, ok := sizesChart(tables, o.times); ok {
		charts["sizes.png"] = c
	}
	if err := drawAll(o.out, charts); err != nil {
		return err
	}
	page := &report.Report{
		Title: "Comparison at equal time",
		Facts: []report.Fact{{Name: "seed of the classical methods", Value: fmt.Sprint(o.seed)}},
		Foot:  program,
	}
	for k, t := range tables {
		page.Facts = append(page.Facts, report.Fact{Name: t.Name, Value: from[k].Data})
		page.Tables = append(page.Tables, t.Report())
	}
	return savePage(o.out, page)
}

// The largest numbers of lines, without those that have no limit, of models among them, and
// of panels in a chart.
const maxLines, maxModels, maxTimedPanels = 6, 3, 12

// drawnLines returns the lines that charts show, the same in all: methods without a limit, a
// few models, the classical methods, and as many of the rest as there is room for.
func drawnLines(tables []*compare.Timed) (lines, left []string) {
	rank := map[string]int{}
	models, points := 0, 0
	for _, t := range tables {
		for _, r := range t.Rows {
			line := r.Line()
			if _, known := rank[line]; known {
				continue
			}
			lines = append(lines, line)
			switch {
			case r.Model != "":
				if models++; models > maxModels {
					rank[line] = 3
				} else {
					rank[line] = 1
				}
			case fixed(r):
				points++
				rank[line] = 0
			case strings.HasSuffix(line, string(anneal.Sparse)) || strings.HasSuffix(line, string(anneal.Lanes)):
				rank[line] = 3
			default:
				rank[line] = 2
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int { return rank[a] - rank[b] })
	n := min(len(lines), maxLines+points)
	return lines[:n], lines[n:]
}

// fixed reports whether a row has neither limit nor effort.
func fixed(r *compare.Row) bool { return r.Budget == 0 && r.Model == "" }

func notDrawn(left []string) []string {
	if len(left) == 0 {
		return nil
	}
	return []string{"In the table only: " + strings.Join(left, "; ") + "."}
}

func allProven(tables []*compare.Timed) bool {
	return !slices.ContainsFunc(tables, func(t *compare.Timed) bool { return !t.AllProven() })
}

func point(x float64, r *compare.Row) plots.CurvePoint {
	gap := r.Gap()
	return plots.CurvePoint{X: x, Percent: gap.Mean, Error: gap.Error}
}

// withGaps returns the tables of datasets that have relative gaps, and a note on the others.
func withGaps(tables []*compare.Timed) (list []*compare.Timed, notes []string) {
	var none []string
	for _, t := range tables {
		if t.Relative() > 0 {
			list = append(list, t)
		} else {
			none = append(none, t.Name)
		}
	}
	if len(none) > 0 {
		notes = []string{"No relative gaps, for all reference energies are 0: " + strings.Join(none, ", ") + "."}
	}
	return list, notes
}

// frontierChart is gap against CPU time, a panel a dataset; there is none without relative
// gaps.
func frontierChart(tables []*compare.Timed) (plots.Curves, bool) {
	tables, notes := withGaps(tables)
	lines, left := drawnLines(tables)
	c := plots.Curves{Title: "Gap against CPU time, one core", Proven: allProven(tables), X: "mean CPU time an instance (ms)", Notes: append(notes, notDrawn(left)...)}
	if len(tables) > maxTimedPanels {
		c.Notes = append(c.Notes, fmt.Sprintf("The first %d of %d datasets.", maxTimedPanels, len(tables)))
		tables = tables[:maxTimedPanels]
	}
	for _, t := range tables {
		panel := plots.CurvePanel{Name: fmt.Sprintf("%v, %s, %s", t.Lattice, t.Family, t.Size())}
		for _, line := range lines {
			curve := plots.Curve{Name: line}
			for _, r := range t.Rows {
				if r.Line() == line {
					curve.Fixed = fixed(r)
					curve.Points = append(curve.Points, point(max(r.PerInstance().Seconds()*1e3, 1e-4), r))
				}
			}
			if len(curve.Points) > 0 {
				panel.Curves = append(panel.Curves, curve)
			}
		}
		c.Panels = append(c.Panels, panel)
	}
	return c, len(c.Panels) > 0
}

// sizesChart is gap against side, a panel a time and family of datasets of several sizes;
// there is none without such a family.
func sizesChart(tables []*compare.Timed, times []time.Duration) (plots.Curves, bool) {
	tables, notes := withGaps(tables)
	lines, left := drawnLines(tables)
	c := plots.Curves{Title: "Gap against size at equal time, one core", Proven: allProven(tables), X: "side of the lattice (sites)", Notes: append(notes, notDrawn(left)...)}
	c.Notes = append(c.Notes, fmt.Sprintf("Of each method the longest runs of at most %v times the time; no point where none are that short.", compare.Tolerance))
	families := map[string][]*compare.Timed{}
	var names []string
	for _, t := range tables {
		name := t.Family + ", " + ising.FormatBoundary(t.Lattice.Periodic())
		if families[name] == nil {
			names = append(names, name)
		}
		families[name] = append(families[name], t)
	}
	for _, name := range names {
		list := slices.SortedStableFunc(slices.Values(families[name]), func(a, b *compare.Timed) int { return a.Lattice.Sites() - b.Lattice.Sites() })
		if list[0].Lattice.Sites() == list[len(list)-1].Lattice.Sites() {
			continue
		}
		for _, limit := range times {
			panel := plots.CurvePanel{Name: fmt.Sprintf("%s, %v", name, limit)}
			for _, line := range lines {
				curve := plots.Curve{Name: line}
				for _, t := range list {
					if r := t.Within(line, limit); r != nil {
						curve.Fixed = fixed(r)
						curve.Points = append(curve.Points, point(side(t.Lattice), r))
					}
				}
				if len(curve.Points) > 0 {
					panel.Curves = append(panel.Curves, curve)
				}
			}
			c.Panels = append(c.Panels, panel)
		}
		for _, t := range list {
			if s := side(t.Lattice); !slices.Contains(c.Places, s) {
				c.Places = append(c.Places, s)
			}
		}
	}
	if len(c.Panels) > maxTimedPanels {
		c.Notes = append(c.Notes, fmt.Sprintf("The first %d of %d panels.", maxTimedPanels, len(c.Panels)))
		c.Panels = c.Panels[:maxTimedPanels]
	}
	drawn := slices.ContainsFunc(c.Panels, func(p plots.CurvePanel) bool { return len(p.Curves) > 0 })
	return c, drawn
}

// side returns the geometric mean of the sides.
func side(l *ising.Lattice) float64 {
	return math.Round(100*math.Pow(float64(l.Sites()), 1/float64(l.Axes()))) / 100
}
