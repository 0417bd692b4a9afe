package plots

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const rowHeight vg.Length = 19

// maxPoints is the largest number of instances drawn in a row.
const maxPoints = 200

// rows is a chart with one row a method, the first on top: names on the left, data in the
// middle, a column of text on the right. Row i lies at Y = i.
type rows struct {
	plot   *plot.Plot
	label  string // of the horizontal axis
	data   []plot.Plotter
	keys   []key
	groups map[string]int // places of the groups
	names  []plot.Tick
	column string   // heading of the right column
	values []string // right column, one a row
}

// newRows returns a chart without rows, whose legend shows the groups that have a name.
func newRows(groups []string) *rows {
	r := &rows{plot: newPlot(), groups: places(groups)}
	seen := map[string]bool{"": true}
	for _, g := range groups {
		if !seen[g] {
			r.keys = append(r.keys, key{g, []plot.Thumbnailer{swatch(r.look(g).colour)}})
			seen[g] = true
		}
	}
	return r
}

// look returns the look of a group: its own colour, and a circle.
func (r *rows) look(group string) look {
	return look{colour: palette[r.groups[group]%len(palette)], shape: shapes[0]}
}

// add appends a row.
func (r *rows) add(name, value string) {
	// The space keeps an empty name from being taken for a minor tick.
	r.names = append(r.names, plot.Tick{Value: float64(len(r.names)), Label: fit(clean(name), small, 0.40*pageWidth) + " "})
	r.values = append(r.values, value)
}

// figure lays the chart out.
func (r *rows) figure(title string, notes []string) *Figure {
	p, n := r.plot, len(r.names)
	p.Y.Min, p.Y.Max, p.Y.Scale = -0.5, float64(n)-0.5, plot.InvertedScale{Normalizer: plot.LinearScale{}}
	p.Y.Tick.Marker, p.Y.Tick.Length = plot.ConstantTicks(r.names), 0
	right := textWidth(r.column, small)
	for _, v := range r.values {
		right = max(right, textWidth(v, small))
	}
	show(p, r.data...)
	panel := one(p, r.label, "")
	_, below := panel.room()
	return page{
		title: title, keys: r.keys, notes: notes,
		height: keyLine + rowHeight*vg.Length(n) + below,
		body: func(c draw.Canvas) {
			inner := draw.Crop(c, 0, -right-8, 0, -keyLine)
			data := p.DataCanvas(draw.Crop(inner, 0, 0, labelRoom, 0))
			end := words(small, draw.XRight, atMiddle)
			c.FillText(coloured(end, grey), vg.Point{X: c.Max.X, Y: c.Max.Y - keyLine/2}, r.column)
			for i, v := range r.values {
				y := data.Y(p.Y.Norm(float64(i)))
				if i%2 == 1 {
					fill(c, rect(c.Min.X, y-rowHeight/2, c.Max.X, y+rowHeight/2), stripe)
				}
				c.FillText(end, vg.Point{X: c.Max.X, Y: y}, v)
			}
			panel.draw(inner)
		},
	}.figure()
}

// jittered spreads at most maxPoints of the values over the height of row i.
func jittered(v []float64, i int, style draw.GlyphStyle) *plotter.Scatter {
	s := &plotter.Scatter{GlyphStyle: style}
	for k, x := range thin(v, maxPoints) {
		s.XYs = append(s.XYs, plotter.XY{X: x, Y: float64(i) + 0.37*jitter(k)})
	}
	return s
}

// thin returns at most n of the values of v, sorted and evenly spaced by rank with both
// extremes kept.
func thin(v []float64, n int) []float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s) > n {
		t := make([]float64, n)
		for i := range t {
			t[i] = s[i*(len(s)-1)/(n-1)]
		}
		s = t
	}
	return s
}

// jitter returns term i of a sequence spread evenly over -1 to 1: multiples of
// the golden ratio modulo 1.
func jitter(i int) float64 {
	_, f := math.Modf(float64(i+1) * 0.6180339887498949)
	return 2*f - 1
}

// example colours the samples of a legend that stand for rows of any colour.
var example = look{colour: palette[6], shape: shapes[0]}

// xError returns the horizontal error bar of a point.
func xError(at plotter.XY, err float64) *plotter.XErrorBars {
	return &plotter.XErrorBars{
		XYs: plotter.XYs{at}, XErrors: plotter.XErrors{{Low: err, High: err}},
		LineStyle: draw.LineStyle{Color: black, Width: 1.1}, CapWidth: 6,
	}
}

// drawn shows data over the range -1 to 1 in a legend.
func drawn(data plot.Plotter) sample {
	return func(c *draw.Canvas) {
		p := plot.New()
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -1.1, 1.1, -1, 1
		data.Plot(*c, p)
	}
}

// errorSample shows a mean with its error bar in a legend.
var errorSample = []plot.Thumbnailer{drawn(xError(plotter.XY{}, 1)), &plotter.Scatter{GlyphStyle: example.mark()}}

var errorKey = key{"mean ± standard error, if it is larger than the marker", errorSample}
