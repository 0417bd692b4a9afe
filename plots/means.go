package plots

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// Means draws mean relative gaps, with their standard errors, on a logarithmic axis: one row
// a method, and one marker for each kind of value, such as a decoding. Gaps of zero stand in
// the strip for zero.
type Means struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; if not, labels say "reference".
	Proven bool

	// Rows are drawn in the order given.
	Rows []MeanRow
}

// MeanRow is one method in Means.
type MeanRow struct {
	// Name of the method; about 45 letters fit.
	Name string

	// Group gives the row its colour; rows without one share a colour.
	Group string

	Values []MeanValue
}

// MeanValue is a mean gap.
type MeanValue struct {
	// Kind is what the legend calls the marker; at most five kinds in a chart.
	Kind string

	// Percent and Error are those of [CurvePoint].
	Percent, Error float64
}

// Figure lays the chart out. It returns an error if there are no rows, a row has no
// values, a value is not finite, an error is below zero, or there are more than five
// kinds.
func (c Means) Figure() (*Figure, error) {
	if len(c.Rows) == 0 {
		return nil, fmt.Errorf("plots: Means: no rows")
	}
	var (
		groups, kinds []string
		x             = newLogRange()
	)
	for _, r := range c.Rows {
		groups = append(groups, r.Group)
		if len(r.Values) == 0 {
			return nil, fmt.Errorf("plots: Means row %q: no values", r.Name)
		}
		for i, v := range r.Values {
			if err := checkMean(fmt.Sprintf("Means row %q, value %d", r.Name, i), v.Percent, v.Error); err != nil {
				return nil, err
			}
			x.add(v.Percent, v.Error)
			if !slices.Contains(kinds, v.Kind) {
				kinds = append(kinds, v.Kind)
			}
		}
	}
	if len(kinds) > len(shapes) {
		return nil, fmt.Errorf("plots: Means: %d kinds of value, want at most %d", len(kinds), len(shapes))
	}
	table := newRows(groups)
	table.label = gapLabel("mean relative ", c.Proven)
	logarithmic(&table.plot.X, x)
	markers := places(kinds)
	for _, k := range kinds {
		table.keys = append(table.keys, key{k, []plot.Thumbnailer{&plotter.Scatter{GlyphStyle: edged(shapes[markers[k]], grey, 3, white, 0.4)}}})
	}
	table.keys = append(table.keys, errorKey)
	for i, r := range c.Rows {
		table.add(r.Name, "")
		l := table.look(r.Group)
		for _, v := range r.Values {
			at := plotter.XY{X: max(0, v.Percent), Y: float64(i)}
			if v.Percent > 0 {
				table.data = append(table.data, xError(at, v.Error))
			}
			table.data = append(table.data, &plotter.Scatter{XYs: plotter.XYs{at}, GlyphStyle: edged(shapes[markers[v.Kind]], l.colour, 3, white, 0.4)})
		}
	}
	return table.figure(c.Title, belowNote(x.below, c.Proven)), nil
}
