package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"spinlearn/internal/base/stats"
)

// Energies compares the final energies of methods over the same instances: one
// row a method, lowest mean energy on top, with the range of the ground truth
// behind all rows.
//
// A box spans the quartiles with a bar at the median, whiskers span the 5 to 95 %
// range, and a diamond marks the mean. Faint points are instances, at most 200 evenly
// spaced by rank. The column on the right is the mean.
type Energies struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that Truth holds proven ground states; if not, labels say "reference".
	Proven bool

	// Truth is the best known energy per spin of every instance, in J.
	Truth []float64

	// Rows are the methods, in any order.
	Rows []EnergyRow
}

// EnergyRow is one method in Energies.
type EnergyRow struct {
	// Name of the method; about 45 letters fit.
	Name string

	// Group gives the row its colour; rows without one share a colour.
	Group string

	// PerSpin is the final energy per spin of every instance, in J, as many as
	// there are values in Energies.Truth.
	PerSpin []float64
}

// truthName is what the legend and the axes call the ground truth.
func truthName(proven bool) string {
	if proven {
		return "ground state"
	}
	return "reference"
}

// Figure lays the chart out. It returns an error if there are no rows, a value is
// not finite or a row is not as long as Truth.
func (e Energies) Figure() (*Figure, error) {
	if err := check("Energies.Truth", e.Truth); err != nil {
		return nil, err
	}
	if len(e.Rows) == 0 {
		return nil, fmt.Errorf("plots: Energies: no rows")
	}
	lo, hi := slices.Min(e.Truth), slices.Max(e.Truth)
	var groups []string
	for _, r := range e.Rows {
		if err := check(fmt.Sprintf("Energies row %q", r.Name), r.PerSpin); err != nil {
			return nil, err
		}
		if len(r.PerSpin) != len(e.Truth) {
			return nil, fmt.Errorf("plots: Energies row %q: %d values for %d instances", r.Name, len(r.PerSpin), len(e.Truth))
		}
		lo, hi = min(lo, slices.Min(r.PerSpin)), max(hi, slices.Max(r.PerSpin))
		groups = append(groups, r.Group)
	}
	sorted := slices.Clone(e.Rows)
	slices.SortStableFunc(sorted, func(a, b EnergyRow) int {
		return cmp.Compare(stats.Mean(a.PerSpin).Mean, stats.Mean(b.PerSpin).Mean)
	})

	table := newRows(groups)
	table.column = "mean (J)"
	table.label = "energy per spin (J)"
	linear(&table.plot.X, lo, hi, 6)
	mean, truth := stats.Mean(e.Truth).Mean, stats.Quantiles(e.Truth, 0.1, 0.9)
	table.keys = append(table.keys,
		key{"quartiles, median, 5–95 %", []plot.Thumbnailer{drawn(box(example.colour, 0, [5]float64{-1, -0.5, -0.1, 0.5, 1}))}},
		key{"mean", []plot.Thumbnailer{&plotter.Scatter{GlyphStyle: meanMark(example.colour)}}},
		key{truthName(e.Proven) + ": 10–90 % of instances, mean", []plot.Thumbnailer{swatch(truthRange), sample(func(c *draw.Canvas) {
			c.StrokeLine2(truthMean, c.Center().X, c.Min.Y, c.Center().X, c.Max.Y)
		})}})
	table.data = []plot.Plotter{plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		x := func(v float64) vg.Length { return c.X(p.X.Norm(v)) }
		fill(c, rect(x(truth[0]), c.Min.Y, x(truth[1]), c.Max.Y), truthRange)
		c.StrokeLine2(truthMean, x(mean), c.Min.Y, x(mean), c.Max.Y)
	})}
	for i, r := range sorted {
		colour := table.look(r.Group).colour
		mean := stats.Mean(r.PerSpin).Mean
		table.add(r.Name, energy(mean))
		table.data = append(table.data, jittered(r.PerSpin, i, dot(fade(colour, 0.35), 1.3)))
		if len(r.PerSpin) > 1 {
			table.data = append(table.data, box(colour, float64(i), [5]float64(stats.Quantiles(r.PerSpin, 0.05, 0.25, 0.5, 0.75, 0.95))))
		}
		table.data = append(table.data, &plotter.Scatter{XYs: plotter.XYs{{X: mean, Y: float64(i)}}, GlyphStyle: meanMark(colour)})
	}
	return table.figure(e.Title, nil), nil
}

// The range and the mean of the ground truth.
var (
	truthRange = color.NRGBA{0xf0, 0xe4, 0x42, 0x60}
	truthMean  = draw.LineStyle{Color: black, Width: 1}
)

// box returns a box at height y: the quantiles are the ends of the whiskers, the quartiles
// and the median, in order.
func box(c color.NRGBA, y float64, q [5]float64) *plotter.BoxPlot {
	const width = 0.54 * rowHeight
	b := &plotter.BoxPlot{
		Horizontal: true, Width: width, CapWidth: width / 2, FillColor: fade(c, 0.25),
		BoxStyle:     draw.LineStyle{Color: c, Width: 1.1},
		WhiskerStyle: draw.LineStyle{Color: c, Width: 1.1},
		MedianStyle:  draw.LineStyle{Color: c, Width: 1.8},
	}
	b.Location, b.AdjLow, b.Quartile1, b.Median, b.Quartile3, b.AdjHigh = y, q[0], q[1], q[2], q[3], q[4]
	return b
}

// meanMark is a diamond that stands out from a box of its colour.
func meanMark(c color.Color) draw.GlyphStyle {
	return edged(edge{polygon{4, 0, 1.25}, black, 0.7}, c, 2.4, white, 1.6)
}
