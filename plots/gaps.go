package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"spinlearn/internal/base/stats"
)

// Gaps compares methods by their relative gap to the ground truth on a
// logarithmic axis: one row a method, smallest mean gap on top.
//
// A disc with a bar is the mean over all instances with its standard error;
// faint points are the instances that are not solved, at most 200 evenly spaced
// by rank. The column on the right counts the solved instances. A method with
// mean gap zero is a ring in the strip for zero at the left edge.
type Gaps struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; if not, labels say "reference",
	// and "reached" in place of "solved".
	Proven bool

	// Rows are the methods, in any order.
	Rows []GapRow
}

// GapRow is one method in Gaps.
type GapRow struct {
	// Name of the method; about 45 letters fit.
	Name string

	// Group gives the row its colour; rows without one share a colour.
	Group string

	// Percent is the relative gap of every instance in per cent, NaN for one without;
	// at least one has one. A negative gap, an energy below the reference, counts as
	// zero. Notes say how many there were of both.
	Percent []float64

	// Solved is the number of instances solved, those without a relative gap included.
	Solved int
}

// gapLabel names the axis of relative gaps.
func gapLabel(prefix string, proven bool) string {
	if proven {
		return prefix + "gap to the ground state (%)"
	}
	return prefix + "gap to the reference (%)"
}

// belowNote reports n negative gaps.
func belowNote(n int, proven bool) []string {
	if n == 0 {
		return nil
	}
	energies := "energies"
	if n == 1 {
		energies = "energy"
	}
	return []string{fmt.Sprintf("%d %s below the %s: counted as gap 0.", n, energies, truthName(proven))}
}

// withoutNote reports n instances without a relative gap.
func withoutNote(n int) []string {
	switch n {
	case 0:
		return nil
	case 1:
		return []string{"1 instance of reference energy 0 has no relative gap."}
	}
	return []string{fmt.Sprintf("%d instances of reference energy 0 have no relative gap.", n)}
}

// Figure lays the chart out. It returns an error if there are no rows, a row is
// empty or a value is infinite.
func (g Gaps) Figure() (*Figure, error) {
	if len(g.Rows) == 0 {
		return nil, fmt.Errorf("plots: Gaps: no rows")
	}
	type row struct {
		GapRow
		stats.Estimate
		unsolved []float64
	}
	var (
		sorted  []row
		groups  []string
		x       = newLogRange()
		without int // instances without a relative gap
	)
	for _, r := range g.Rows {
		if err := checkGaps(fmt.Sprintf("Gaps row %q", r.Name), r.Percent); err != nil {
			return nil, err
		}
		groups = append(groups, r.Group)
		v := make([]float64, len(r.Percent))
		w := row{GapRow: r}
		for i, p := range r.Percent {
			if v[i] = max(0, p); math.IsNaN(p) {
				continue
			}
			if x.add(p, 0); p > 0 {
				w.unsolved = append(w.unsolved, p)
			}
		}
		if w.Estimate = stats.Mean(v); w.Mean > 0 {
			x.lo = min(x.lo, w.Mean)
		}
		without = max(without, len(v)-w.Count)
		sorted = append(sorted, w)
	}
	slices.SortStableFunc(sorted, func(a, b row) int { return cmp.Compare(a.Mean, b.Mean) })

	solved := "solved"
	if !g.Proven {
		solved = "reached"
	}
	table := newRows(groups)
	table.column = solved
	table.label = gapLabel("relative ", g.Proven)
	x.zero = true // the strip is there in any case
	logarithmic(&table.plot.X, x)
	table.keys = append(table.keys,
		key{"mean ± standard error", errorSample},
		key{"mean 0", []plot.Thumbnailer{&plotter.Scatter{GlyphStyle: example.ring()}}},
		key{"instance not " + solved, []plot.Thumbnailer{sample(dots)}})
	for i, r := range sorted {
		l := table.look(r.Group)
		table.add(r.Name, fmt.Sprintf("%d/%d", r.Solved, len(r.Percent)))
		at := plotter.XY{X: r.Mean, Y: float64(i)}
		table.data = append(table.data, jittered(r.unsolved, i, dot(fade(l.colour, 0.3), 1.3)))
		if r.Mean == 0 {
			table.data = append(table.data, &plotter.Scatter{XYs: plotter.XYs{at}, GlyphStyle: l.ring()})
			continue
		}
		table.data = append(table.data, xError(at, r.Error), &plotter.Scatter{XYs: plotter.XYs{at}, GlyphStyle: l.mark()})
	}
	return table.figure(g.Title, slices.Concat(belowNote(x.below, g.Proven), withoutNote(without))), nil
}

// dots shows instances in the legend.
func dots(c *draw.Canvas) {
	for i := range 3 {
		p := vg.Point{X: c.X(float64(2*i+1) / 6), Y: c.Center().Y + vg.Length(jitter(i))*2}
		c.DrawGlyph(dot(fade(example.colour, 0.6), 1.3), p)
	}
}
