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

	"spinlearn/internal/stats"
)

// Energies compares the final energies of methods over the same instances: one
// row a method, lowest mean energy on top, with the range of the ground truth
// behind all rows.
//
// A box spans the quartiles with a bar at the median, whiskers the 5 to 95 %
// range, a diamond marks the mean and faint points are instances: all of them up
// to 200, else 200 evenly spaced by rank. The column on the right is the mean.
type Energies struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that Truth holds proven ground state energies; otherwise they
	// are called a reference.
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
	mean, from, to := stats.Mean(e.Truth).Mean, quantile(e.Truth, 0.1), quantile(e.Truth, 0.9)
	table.keys = append(table.keys,
		key{"quartiles, median, 5–95 %", []plot.Thumbnailer{sample(boxSample)}},
		key{"mean", []plot.Thumbnailer{&plotter.Scatter{GlyphStyle: meanMark(example.colour)}}},
		key{truthName(e.Proven) + ": 10–90 % of instances, mean", []plot.Thumbnailer{swatch(truthRange), sample(func(c *draw.Canvas) {
			c.StrokeLine2(truthMean, c.Center().X, c.Min.Y, c.Center().X, c.Max.Y)
		})}})
	table.data = []plot.Plotter{plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		x := func(v float64) vg.Length { return c.X(p.X.Norm(v)) }
		fill(c, rect(x(from), c.Min.Y, x(to), c.Max.Y), truthRange)
		c.StrokeLine2(truthMean, x(mean), c.Min.Y, x(mean), c.Max.Y)
	})}
	for i, r := range sorted {
		colour := table.look(r.Group).colour
		mean := stats.Mean(r.PerSpin).Mean
		table.add(r.Name, energy(mean))
		table.data = append(table.data, jittered(r.PerSpin, i, dot(fade(colour, 0.35), 1.3)))
		if len(r.PerSpin) > 1 {
			b, err := box(i, r.PerSpin, colour)
			if err != nil {
				return nil, fmt.Errorf("plots: Energies row %q: %w", r.Name, err)
			}
			table.data = append(table.data, b)
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

const boxWidth = 0.54 * rowHeight

// box returns the box of row i, with whiskers from the 5 to the 95 % quantile.
func box(i int, v plotter.Values, c color.NRGBA) (*plotter.BoxPlot, error) {
	b, err := plotter.NewBoxPlot(boxWidth, float64(i), v)
	if err != nil {
		return nil, err
	}
	b.Horizontal, b.Outside, b.CapWidth = true, nil, boxWidth/2
	b.AdjLow, b.AdjHigh = quantile(v, 0.05), quantile(v, 0.95)
	b.BoxStyle = draw.LineStyle{Color: c, Width: 1.1}
	b.WhiskerStyle, b.MedianStyle, b.FillColor = b.BoxStyle, draw.LineStyle{Color: c, Width: 1.8}, fade(c, 0.25)
	return b, nil
}

// boxSample shows a box in the legend.
func boxSample(c *draw.Canvas) {
	b, err := box(0, plotter.Values{0, 0.2, 0.3, 0.45, 0.6, 0.75, 1}, example.colour)
	if err != nil {
		return
	}
	b.Width, b.CapWidth = c.Size().Y, c.Size().Y/2
	p := plot.New()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, -1, 1
	b.Plot(*c, p)
}

// meanMark is a diamond that stands out from a box of its colour.
func meanMark(c color.Color) draw.GlyphStyle {
	return edged(edge{polygon{4, 0, 1.25}, black, 0.7}, c, 2.4, white, 1.6)
}
