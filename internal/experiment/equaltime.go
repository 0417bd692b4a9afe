package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"spinlearn/data"
	"spinlearn/ising"
	"spinlearn/plots"
	"spinlearn/solver/anneal"
)

// drawTimed adds the charts that the tables allow.
func (c *Comparison) drawTimed(charts map[string]chart) {
	if frontier, ok := frontierChart(c.Tables); ok {
		charts["frontier.png"] = frontier
	}
	if sizes, ok := sizesChart(c.Tables, c.Times); ok {
		charts["sizes.png"] = sizes
	}
}

// Family names what a dataset shares with those that differ in their size alone.
func Family(d data.Description) string {
	name := d.Ensemble.Couplings
	if d.Ensemble.Couplings == ising.PlusMinus && d.Ensemble.Negative != 0.5 {
		name += fmt.Sprintf(" %v negative", d.Ensemble.Negative)
	}
	if d.Ensemble.Dilution > 0 {
		name += fmt.Sprintf(" %v missing", d.Ensemble.Dilution)
	}
	return name
}

// tolerance is by how much a row may exceed the time that it stands for.
const tolerance = 1.25

// within returns the row of a line that took longest of those that took at most [tolerance]
// times the limit an instance, nil if none did.
func (t *Table) within(line string, limit time.Duration) *Row {
	var longest *Row
	limit = time.Duration(tolerance * float64(limit))
	for _, r := range t.Rows {
		if r.Line() == line && r.CPU() <= limit && (longest == nil || r.CPU() > longest.CPU()) {
			longest = r
		}
	}
	return longest
}

// The largest numbers of lines, without those that have no limit, of models among them, and
// of panels in a chart.
const maxLines, maxModels, maxTimedPanels = 6, 3, 12

// drawnLines returns the lines that charts show, the same in all: methods without a limit, a
// few models, the classical methods, and as many of the rest as there is room for.
func drawnLines(tables []*Table) (lines, left []string) {
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
			case r.Prediction != nil:
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
func fixed(r *Row) bool { return r.Budget.Limit == 0 && r.Prediction == nil }

func notDrawn(left []string) []string {
	if len(left) == 0 {
		return nil
	}
	return []string{"In the table only: " + strings.Join(left, "; ") + "."}
}

func allProven(tables []*Table) bool {
	return !slices.ContainsFunc(tables, func(t *Table) bool { return !t.AllProven() })
}

// A place is where a row stands in a chart.
type place struct {
	x   float64
	row *Row
}

// panel draws the rows of each line.
func panel(name string, lines []string, places []place) plots.CurvePanel {
	p := plots.CurvePanel{Name: name}
	for _, line := range lines {
		curve := plots.Curve{Name: line}
		for _, at := range places {
			if at.row.Line() == line {
				gap := at.row.Gap()
				curve.Fixed = fixed(at.row)
				curve.Points = append(curve.Points, plots.CurvePoint{X: at.x, Percent: gap.Mean, Error: gap.Error})
			}
		}
		if len(curve.Points) > 0 {
			p.Curves = append(p.Curves, curve)
		}
	}
	return p
}

// withGaps returns the tables of datasets that have relative gaps, and a note on the others.
func withGaps(tables []*Table) (list []*Table, notes []string) {
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
func frontierChart(tables []*Table) (plots.Curves, bool) {
	tables, notes := withGaps(tables)
	lines, left := drawnLines(tables)
	c := plots.Curves{Title: "Gap against CPU time, one core", Proven: allProven(tables), X: "mean CPU time an instance (ms)", Notes: append(notes, notDrawn(left)...)}
	if len(tables) > maxTimedPanels {
		c.Notes = append(c.Notes, fmt.Sprintf("The first %d of %d datasets.", maxTimedPanels, len(tables)))
		tables = tables[:maxTimedPanels]
	}
	for _, t := range tables {
		var places []place
		for _, r := range t.Rows {
			places = append(places, place{max(milliseconds(r.CPU()), 1e-4), r})
		}
		c.Panels = append(c.Panels, panel(fmt.Sprintf("%v, %s, %s", t.Lattice, t.Family, t.Size()), lines, places))
	}
	return c, len(c.Panels) > 0
}

// sizesChart is gap against side, a panel a time and family of datasets of several sizes;
// there is none without such a family.
func sizesChart(tables []*Table, times []time.Duration) (plots.Curves, bool) {
	tables, notes := withGaps(tables)
	lines, left := drawnLines(tables)
	c := plots.Curves{Title: "Gap against size at equal time, one core", Proven: allProven(tables), X: "side of the lattice (sites)", Notes: append(notes, notDrawn(left)...)}
	c.Notes = append(c.Notes, fmt.Sprintf("Of each method the longest runs of at most %v times the time; no point where none are that short.", tolerance))
	families := map[string][]*Table{}
	var names []string
	for _, t := range tables {
		name := t.Family + ", " + ising.FormatBoundary(t.Lattice.Periodic())
		if families[name] == nil {
			names = append(names, name)
		}
		families[name] = append(families[name], t)
	}
	for _, name := range names {
		list := slices.SortedStableFunc(slices.Values(families[name]), func(a, b *Table) int { return a.Lattice.Sites() - b.Lattice.Sites() })
		if list[0].Lattice.Sites() == list[len(list)-1].Lattice.Sites() {
			continue
		}
		for _, limit := range times {
			var places []place
			for _, t := range list {
				for _, line := range lines {
					if r := t.within(line, limit); r != nil {
						places = append(places, place{side(t.Lattice), r})
					}
				}
			}
			c.Panels = append(c.Panels, panel(fmt.Sprintf("%s, %v", name, limit), lines, places))
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
