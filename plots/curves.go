package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curves draws the mean relative gap, with its standard error, against a positive quantity
// such as CPU time, size or temperature: one line a method. All panels share the logarithmic
// axes. A curve of one point is a marker. A mean of zero is an open marker in the strip for
// zero, and an error bar that runs out of the frame reaches zero or less.
type Curves struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; if not, labels say "reference".
	Proven bool

	// X names the horizontal axis, with its unit.
	X string

	// Places lists the values that X takes, in any order, if there are only a few; else it is
	// nil. The axis labels them, and different methods stand side by side at each.
	Places []float64

	// Panels, 1 to 12, in the order they are drawn. Curves of one name look the same in
	// all.
	Panels []CurvePanel

	// Notes stand at the foot, before what the chart itself has to say.
	Notes []string
}

// CurvePanel is one panel of Curves.
type CurvePanel struct {
	// Name stands above the panel on at most two lines.
	Name string

	// Curves may be none.
	Curves []Curve

	// Bands lie behind the curves across the panel.
	Bands []Band
}

// Band is a method in one panel whose mean gap does not depend on the horizontal axis.
// Percent and Error are those of [CurvePoint].
type Band struct {
	Name           string
	Percent, Error float64
}

// Curve is a method in one panel.
type Curve struct {
	Name string

	// Fixed marks a method without a time limit or other setting. It is black.
	Fixed bool

	// Points, at least one, are joined in the order given.
	Points []CurvePoint
}

// CurvePoint is a mean over instances.
type CurvePoint struct {
	// X is above zero.
	X float64

	// Percent is the mean relative gap in per cent. A negative one, an energy below the
	// reference, counts as zero; a note says how many there were.
	Percent float64

	// Error is the standard error of the mean, in per cent; not negative.
	Error float64
}

// Figure lays the chart out. It returns an error if there are not 1 to 12 panels or no
// curve in any, a curve has no points, a value is not finite, an X or a place is not
// positive, an X is none of the places or an Error negative.
func (c Curves) Figure() (*Figure, error) {
	n := len(c.Panels)
	if n < 1 || n > 12 {
		return nil, fmt.Errorf("plots: Curves: %d panels, want 1 to 12", n)
	}
	x, y, below, err := c.measure()
	if err != nil {
		return nil, err
	}
	columns := []int{1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3}[n-1]
	keys, looks, curves := c.looks()
	width := (bodyWidth-50)/vg.Length(columns) - gutter
	high := max(170, 0.85*min(width, 330))
	all := panels{columns: columns, x: c.X, y: gapLabel("mean relative ", c.Proven)}
	for _, p := range c.Panels {
		q := newPlot()
		q.X, q.Y = x, y
		heading(q, p.Name, width)
		var data []plot.Plotter
		for _, b := range p.Bands {
			data = append(data, b.across(looks[b.Name].colour))
		}
		for _, curve := range p.Curves {
			l := looks[curve.Name]
			shift := 1.0
			if c.Places != nil {
				// Methods stand three points apart, or closer if there are many.
				k := float64(curves)
				points := (float64(l.index) - (k-1)/2) * min(3, 18/k)
				shift = math.Pow(x.Max/x.Min, points/float64(width))
			}
			data = append(data, curve.draw(l.look, shift)...)
		}
		show(q, data...)
		all.plots = append(all.plots, q)
	}
	all.shareX()
	all.shareY()
	_, room := all.room()
	return page{
		title: c.Title, keys: keys, notes: slices.Concat(c.Notes, belowNote(below, c.Proven)),
		height: room + high*vg.Length((n+columns-1)/columns),
		body:   all.draw,
	}.figure(), nil
}

// measure checks the data. It returns the axes and the number of negative gaps.
func (c Curves) measure() (x, y plot.Axis, below int, err error) {
	xs, gaps := newLogRange(), newLogRange()
	for _, p := range c.Panels {
		for _, b := range p.Bands {
			if err := checkMean(fmt.Sprintf("Curves panel %q, band %q", p.Name, b.Name), b.Percent, b.Error); err != nil {
				return x, y, 0, err
			}
			gaps.add(b.Percent, b.Error)
		}
		for _, curve := range p.Curves {
			what := fmt.Sprintf("Curves panel %q, curve %q", p.Name, curve.Name)
			if len(curve.Points) == 0 {
				return x, y, 0, fmt.Errorf("plots: %s: no points", what)
			}
			for i, q := range curve.Points {
				what := fmt.Sprintf("%s, point %d", what, i)
				if err := check(what, []float64{q.X}); err != nil {
					return x, y, 0, err
				}
				if q.X < 1e-30 {
					return x, y, 0, fmt.Errorf("plots: %s: X is %v, want > 0", what, q.X)
				}
				if c.Places != nil && !slices.Contains(c.Places, q.X) {
					return x, y, 0, fmt.Errorf("plots: %s: X is %v, none of the places", what, q.X)
				}
				if err := checkMean(what, q.Percent, q.Error); err != nil {
					return x, y, 0, err
				}
				xs.add(q.X, 0)
				gaps.add(q.Percent, q.Error)
			}
		}
	}
	if xs.hi < xs.lo {
		return x, y, 0, fmt.Errorf("plots: Curves: no curves")
	}
	for _, v := range c.Places {
		if !(v >= 1e-30 && v <= limit) {
			return x, y, 0, fmt.Errorf("plots: Curves: place %v, want > 0", v)
		}
	}
	p := newPlot()
	logarithmic(&p.X, xs)
	logarithmic(&p.Y, gaps)
	if c.Places != nil {
		p.X.Min, p.X.Max = slices.Min(c.Places)/1.2, slices.Max(c.Places)*1.2
		var ticks []plot.Tick
		for _, v := range slices.Compact(slices.Sorted(slices.Values(c.Places))) {
			ticks = append(ticks, plot.Tick{Value: v, Label: number(v)})
		}
		p.X.Tick.Marker = plot.ConstantTicks(ticks)
	}
	return p.X, p.Y, gaps.below, nil
}

// curveLook is the look of a name in all panels.
type curveLook struct {
	look
	index int // of the curves, in the order of appearance
	most  int // points of a curve of this name; 0 if only bands have it
}

// looks returns the legend, the look of each name, and how many names are of curves.
func (c Curves) looks() (keys []key, looks map[string]*curveLook, curves int) {
	looks = map[string]*curveLook{}
	var names, coloured []string
	zero, errors := false, false
	see := func(name string, points int, fixed bool) {
		if looks[name] == nil {
			looks[name] = new(curveLook)
			if fixed {
				looks[name].look = blackLook(len(names) - len(coloured))
			} else {
				coloured = append(coloured, name)
			}
			names = append(names, name)
		}
		if points > 0 && looks[name].most == 0 {
			looks[name].index = curves
			curves++
		}
		looks[name].most = max(looks[name].most, points)
	}
	for _, p := range c.Panels {
		for _, b := range p.Bands {
			see(b.Name, 0, false)
			errors = errors || b.Error > 0
		}
	}
	for _, p := range c.Panels {
		for _, curve := range p.Curves {
			see(curve.Name, len(curve.Points), curve.Fixed)
			for _, q := range curve.Points {
				zero, errors = zero || q.Percent <= 0, errors || q.Error > 0
			}
		}
	}
	for name, place := range places(coloured) {
		looks[name].look = lookAt(place)
	}
	for _, name := range names {
		l := looks[name]
		samples := l.sample(l.most == 1)
		if l.most == 0 {
			samples = []plot.Thumbnailer{swatch(fade(l.colour, 0.25)), &plotter.Line{LineStyle: draw.LineStyle{Color: l.colour, Width: 1.2}}}
		}
		keys = append(keys, key{name, samples})
	}
	if zero {
		solved := "open: every instance solved"
		if !c.Proven {
			solved = "open: the reference reached on every instance"
		}
		keys = append(keys, key{solved, []plot.Thumbnailer{&plotter.Scatter{GlyphStyle: example.ring()}}})
	}
	if errors {
		keys = append(keys, errorKey)
	}
	return keys, looks, curves
}

// across draws b over the width of a panel.
func (b Band) across(colour color.NRGBA) plot.Plotter {
	return plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		y := func(percent float64) vg.Length { return c.Y(min(max(0, p.Y.Norm(percent)), 1)) }
		mean := y(max(0, b.Percent))
		fill(c, rect(c.Min.X, y(b.Percent-b.Error), c.Max.X, y(max(0, b.Percent+b.Error))), fade(colour, 0.25))
		c.StrokeLine2(draw.LineStyle{Color: colour, Width: 1.2}, c.Min.X, mean, c.Max.X, mean)
	})
}

// draw returns the line of the curve, its error bars and its markers, which are open at
// zero. All X are multiplied by shift.
func (c Curve) draw(l look, shift float64) []plot.Plotter {
	line := &plotter.Line{LineStyle: l.line()}
	bars := &plotter.YErrorBars{LineStyle: draw.LineStyle{Color: l.colour, Width: 0.9}, CapWidth: 4.4}
	for _, q := range c.Points {
		at := plotter.XY{X: q.X * shift, Y: max(0, q.Percent)}
		line.XYs = append(line.XYs, at)
		if q.Percent > 0 {
			bars.XYs = append(bars.XYs, at)
			bars.YErrors = append(bars.YErrors, struct{ Low, High float64 }{q.Error, q.Error})
		}
	}
	return []plot.Plotter{line, bars, &plotter.Scatter{XYs: line.XYs, GlyphStyleFunc: func(i int) draw.GlyphStyle {
		if line.XYs[i].Y == 0 {
			return l.ring()
		}
		return l.mark()
	}}}
}
