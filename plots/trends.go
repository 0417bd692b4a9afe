package plots

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// Trends draws mean relative gaps, with their errors, against a quantity above zero, such
// as the number of training instances or a temperature, on logarithmic axes. Gaps up to
// Exact stand in the strip for zero. Points of different series at the same place are
// drawn side by side.
type Trends struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; otherwise the axis
	// speaks of a reference.
	Proven bool

	// Label names the horizontal axis, with its unit.
	Label string

	// Series are the curves, one colour each, in the order of the legend.
	Series []Trend

	// Bands lie behind the curves across the whole width and have the first colours.
	Bands []Band
}

// Trend is one series in Trends.
type Trend struct {
	Name string

	// Points are joined in the order given.
	Points []TrendPoint
}

// TrendPoint is a mean gap with its standard error, both in per cent, the latter at
// least 0, at a place X above zero.
type TrendPoint struct{ X, Percent, Error float64 }

// Band is a mean gap with its standard error that does not depend on the horizontal axis.
type Band struct {
	Name           string
	Percent, Error float64
}

// Figure lays the chart out. It returns an error if there are no series, a series has no
// points, a value is not finite, a place is not above zero, or an error is below.
func (c Trends) Figure() (*Figure, error) {
	if len(c.Series) == 0 {
		return nil, fmt.Errorf("plots: Trends: no series")
	}
	xlo, xhi := math.Inf(1), math.Inf(-1)
	y := meanRange{lo: math.Inf(1), hi: math.Inf(-1)}
	for _, r := range c.Series {
		if len(r.Points) == 0 {
			return nil, fmt.Errorf("plots: Trends series %q: no points", r.Name)
		}
		for i, p := range r.Points {
			what := fmt.Sprintf("Trends series %q, point %d", r.Name, i)
			if err := check(what, []float64{p.X}); err != nil {
				return nil, err
			}
			if p.X < 1e-30 {
				return nil, fmt.Errorf("plots: %s: place is %v, want > 0", what, p.X)
			}
			if err := y.add(what, p.Percent, p.Error); err != nil {
				return nil, err
			}
			xlo, xhi = min(xlo, p.X), max(xhi, p.X)
		}
	}
	for _, b := range c.Bands {
		if err := y.add(fmt.Sprintf("Trends band %q", b.Name), b.Percent, b.Error); err != nil {
			return nil, err
		}
	}

	xAxis := logarithmic(c.Label, xlo, xhi, false)
	yAxis := y.axis(c.Proven)
	notes := belowNote(y.below, c.Proven)
	var keys []key
	for i, b := range c.Bands {
		keys = append(keys, key{b.Name, swatch(fade(c.colour(i), 0.25), c.colour(i))})
	}
	for i, r := range c.Series {
		keys = append(keys, key{r.Name, stroke(c.colour(len(c.Bands)+i), dashes[i%len(dashes)], marker(i%int(markers)))})
	}
	keys = append(keys, key{"mean ± standard error, if it is larger than the marker", errorSample})
	legend := flow(keys, pageWidth-2*margin)

	title := clean(c.Title)
	head := margin + keyLine*vg.Length(len(legend)) + 6
	if title != "" {
		head += large + 8
	}
	bottom := margin + noteLine*vg.Length(len(notes)) + xAxis.below()
	height := head + 270 + bottom

	paint := func(s sheet) {
		top := height - margin
		if title != "" {
			s.text(pageWidth/2, top, style{size: large, bold: true, x: 0.5, y: 1}, title)
			top -= large + 8
		}
		s.legend(margin, top, legend)
		f := frame{Rectangle: rect(margin+yAxis.left(), bottom, pageWidth-margin-16, height-head), x: xAxis, y: yAxis}
		s.grid(f)
		for i, b := range c.Bands {
			colour := c.colour(i)
			s.fill(rect(f.Min.X, f.py(max(yAxis.min, b.Percent-b.Error)), f.Max.X, f.py(b.Percent+b.Error)), fade(colour, 0.25))
			s.line(colour, 1.2, vg.Point{X: f.Min.X, Y: f.py(b.Percent)}, vg.Point{X: f.Max.X, Y: f.py(b.Percent)})
		}
		for i, r := range c.Series {
			colour := c.colour(len(c.Bands) + i)
			// Side by side, as far as a marker is wide.
			shift := 5 * (vg.Length(i) - vg.Length(len(c.Series)-1)/2)
			var pts []vg.Point
			for _, p := range r.Points {
				at := f.point(p.X, p.Percent)
				pts = append(pts, vg.Point{X: at.X + shift, Y: at.Y})
			}
			s.dashed(colour, 1.5, dashes[i%len(dashes)], pts...)
			for k, p := range r.Points {
				if p.Percent > Exact && f.py(p.Percent+p.Error)-f.py(p.Percent) > hidden {
					s.upright(pts[k].X, f.py(max(f.y.min, p.Percent-p.Error)), f.py(p.Percent+p.Error), p.Percent-p.Error > f.y.min)
				}
				s.mark(marker(i%int(markers)), pts[k], 3, colour, white, 0.5)
			}
		}
		s.axes(f)
		s.foot(margin, margin, notes)
	}
	return &Figure{Notes: notes, width: pageWidth, height: height, paint: paint}, nil
}

func (c Trends) colour(i int) color.NRGBA { return palette[i%len(palette)] }

// upright is errorBar, standing: with a cap below if closed.
func (s sheet) upright(x, y0, y1 vg.Length, closed bool) {
	const half = 2.5
	s.line(black, 1, vg.Point{X: x, Y: y0}, vg.Point{X: x, Y: y1})
	s.line(black, 1, vg.Point{X: x - half, Y: y1}, vg.Point{X: x + half, Y: y1})
	if closed {
		s.line(black, 1, vg.Point{X: x - half, Y: y0}, vg.Point{X: x + half, Y: y0})
	}
}

// hidden is the length of an error bar, on one side, that a marker covers.
const hidden vg.Length = 3.5

// meanRange collects the range of means with errors for a logarithmic axis.
type meanRange struct {
	lo, hi float64
	floor  bool
	below  int
}

func (r *meanRange) add(what string, mean, err float64) error {
	if err := check(what, []float64{mean, err}); err != nil {
		return err
	}
	if err < 0 {
		return fmt.Errorf("plots: %s: error is %v, want >= 0", what, err)
	}
	if mean < -Exact {
		r.below++
	}
	if mean <= Exact {
		r.floor = true
		return nil
	}
	// An error that reaches zero runs out of the frame.
	r.lo, r.hi = min(r.lo, max(mean-err, mean/2)), max(r.hi, mean+err)
	return nil
}

func (r *meanRange) axis(proven bool) axis {
	lo, hi := r.lo, r.hi
	if hi < lo {
		lo, hi = 0.1, 10
	}
	return logarithmic(gapLabel("mean relative ", proven), lo, hi, r.floor)
}
