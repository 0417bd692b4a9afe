package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// Curves draws mean relative gap, with its standard error, against a quantity above zero,
// such as CPU time, size or a temperature, on logarithmic axes that all panels share: one
// line a method. A curve of one point is a marker. A mean of zero is an open marker in the
// strip for zero.
type Curves struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; otherwise the axis
	// speaks of a reference.
	Proven bool

	// X names the horizontal axis, with its unit.
	X string

	// Places, unless nil, are the only values of X, in any order. They are labelled, and points of
	// different methods stand side by side there.
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
// Percent and Error are as of a CurvePoint.
type Band struct {
	Name           string
	Percent, Error float64
}

// Curve is a method in one panel.
type Curve struct {
	Name string

	// Fixed sets a method without a setting, which others are measured against, apart: it
	// is black.
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
	var (
		x, y, notes, err   = c.measure()
		keys, looks, bands = c.looks()
		columns            = []int{1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3}[n-1]
		lines              = (n + columns - 1) / columns
	)
	if err != nil {
		return nil, err
	}
	const gutter = 12
	left := margin + y.left()
	width := (pageWidth - left - margin - gutter*vg.Length(columns-1)) / vg.Length(columns)
	high := max(170, 0.85*min(width, 330))
	names := make([][]string, n)
	head := make([]vg.Length, lines)
	for i, p := range c.Panels {
		names[i] = wrap(clean(p.Name), small, width, 2)
		head[i/columns] = max(head[i/columns], noteLine*vg.Length(len(names[i]))+5)
	}
	base := make([]vg.Length, lines) // of each line of panels, below the legend
	for k := range base {
		base[k] = head[k] + high
		if k > 0 {
			base[k] += base[k-1] + gutter
		}
	}
	legend := flow(keys, pageWidth-2*margin)
	title := clean(c.Title)
	top := margin + keyLine*vg.Length(len(legend)) + 4
	if title != "" {
		top += large + 8
	}
	bottom := margin + noteLine*vg.Length(len(notes)) + x.below()
	height := top + base[lines-1] + bottom

	paint := func(s sheet) {
		at := height - margin
		if title != "" {
			s.text(pageWidth/2, at, style{size: large, bold: true, x: 0.5, y: 1}, title)
			at -= large + 8
		}
		s.legend(margin, at, legend)
		for i, p := range c.Panels {
			x0 := left + vg.Length(i%columns)*(width+gutter)
			y0 := height - top - base[i/columns]
			f := frame{Rectangle: rect(x0, y0, x0+width, y0+high), x: x, y: y}
			f.x.label, f.y.label = "", ""
			for k, t := range names[i] {
				h := f.Max.Y + 5 + noteLine*vg.Length(len(names[i])-1-k)
				s.text((f.Min.X+f.Max.X)/2, h, style{size: small, x: 0.5}, t)
			}
			s.grid(f)
			for _, b := range p.Bands {
				colour := looks[b.Name].colour
				s.fill(rect(f.Min.X, f.py(max(f.y.min, b.Percent-b.Error)), f.Max.X, f.py(b.Percent+b.Error)), fade(colour, 0.25))
				s.line(colour, 1.2, vg.Point{X: f.Min.X, Y: f.py(b.Percent)}, vg.Point{X: f.Max.X, Y: f.py(b.Percent)})
			}
			for _, curve := range p.Curves {
				l := looks[curve.Name]
				shift := vg.Length(0)
				if n := vg.Length(len(looks) - bands); c.Places != nil {
					shift = (vg.Length(l.index-bands) - (n-1)/2) * min(3, 18/n)
				}
				s.curve(f, curve, l, shift)
			}
			s.outline(f.Rectangle, black, 0.8)
			s.xAxis(f, i+columns >= n)
			s.yAxis(f, i%columns == 0)
		}
		middle := left + (vg.Length(columns)*(width+gutter)-gutter)/2
		s.text(middle, bottom-tickLength-tickGap-small-3, style{size: normal, x: 0.5, y: 1}, x.label)
		s.text(left-y.left()+normal, bottom+(base[lines-1]-head[0])/2, style{size: normal, x: 0.5, up: true}, y.label)
		s.foot(margin, margin, notes)
	}
	return &Figure{Notes: notes, width: pageWidth, height: height, paint: paint}, nil
}

// measure checks the data and returns the axes and the notes.
func (c Curves) measure() (x, y axis, notes []string, err error) {
	xlo, xhi := math.Inf(1), math.Inf(-1)
	gaps := newMeanRange()
	for _, p := range c.Panels {
		for _, b := range p.Bands {
			if err := gaps.add(fmt.Sprintf("Curves panel %q, band %q", p.Name, b.Name), b.Percent, b.Error); err != nil {
				return x, y, nil, err
			}
		}
		for _, curve := range p.Curves {
			what := fmt.Sprintf("Curves panel %q, curve %q", p.Name, curve.Name)
			if len(curve.Points) == 0 {
				return x, y, nil, fmt.Errorf("plots: %s: no points", what)
			}
			for i, q := range curve.Points {
				what := fmt.Sprintf("%s, point %d", what, i)
				if err := check(what, []float64{q.X}); err != nil {
					return x, y, nil, err
				}
				if q.X < 1e-30 {
					return x, y, nil, fmt.Errorf("plots: %s: X is %v, want > 0", what, q.X)
				}
				if c.Places != nil && !slices.Contains(c.Places, q.X) {
					return x, y, nil, fmt.Errorf("plots: %s: X is %v, none of the places", what, q.X)
				}
				if err := gaps.add(what, q.Percent, q.Error); err != nil {
					return x, y, nil, err
				}
				xlo, xhi = min(xlo, q.X), max(xhi, q.X)
			}
		}
	}
	if xhi < xlo {
		return x, y, nil, fmt.Errorf("plots: Curves: no curves")
	}
	for _, v := range c.Places {
		if !(v >= 1e-30 && v <= limit) {
			return x, y, nil, fmt.Errorf("plots: Curves: place %v, want > 0", v)
		}
	}
	x = logarithmic(c.X, xlo, xhi, false)
	if c.Places != nil {
		x = axis{label: c.X, min: slices.Min(c.Places) / 1.2, max: slices.Max(c.Places) * 1.2, log: true}
		for _, v := range slices.Compact(slices.Sorted(slices.Values(c.Places))) {
			x.ticks = append(x.ticks, plot.Tick{Value: v, Label: number(v)})
		}
	}
	return x, gaps.axis(c.Proven), slices.Concat(c.Notes, belowNote(gaps.below, c.Proven)), nil
}

// A look tells a curve from others.
type look struct {
	index  int // of all
	colour color.NRGBA
	dash   []vg.Length
	single bool // one point in every panel
	band   bool // nothing else
}

func (l look) mark() marker { return marker(l.index % int(markers)) }

// looks returns the legend, the look of each name, and how many of them, the first, are
// names of bands.
func (c Curves) looks() (keys []key, looks map[string]look, bands int) {
	looks = map[string]look{}
	var names []string
	zero, errors, fixed := false, false, 0
	for _, p := range c.Panels {
		for _, b := range p.Bands {
			if _, known := looks[b.Name]; !known {
				k := len(names)
				looks[b.Name] = look{k, palette[k%len(palette)], dashes[k/len(palette)%len(dashes)], true, true}
				names = append(names, b.Name)
			}
			errors = errors || b.Error > 0
		}
	}
	bands = len(names)
	for _, p := range c.Panels {
		for _, curve := range p.Curves {
			l, known := looks[curve.Name]
			if !known {
				k := len(names) - fixed
				l = look{len(names), palette[k%len(palette)], dashes[k/len(palette)%len(dashes)], true, false}
				if curve.Fixed {
					l.colour, l.dash = black, dashes[(1+fixed)%len(dashes)]
					fixed++
				}
				names = append(names, curve.Name)
			}
			l.single, l.band = l.single && len(curve.Points) == 1, false
			looks[curve.Name] = l
			errors = errors || slices.ContainsFunc(curve.Points, func(q CurvePoint) bool { return q.Error > 0 })
			zero = zero || slices.ContainsFunc(curve.Points, func(q CurvePoint) bool { return q.Percent <= 0 })
		}
	}
	for _, name := range names {
		l := looks[name]
		sample := stroke(l.colour, l.dash, l.mark())
		switch {
		case l.band:
			sample = swatch(fade(l.colour, 0.25), l.colour)
		case l.single:
			sample = func(s sheet, r vg.Rectangle) {
				s.mark(l.mark(), vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2}, 3, l.colour, black, 0.6)
			}
		}
		keys = append(keys, key{name, sample})
	}
	if zero {
		solved := "open: every instance solved"
		if !c.Proven {
			solved = "open: the reference reached on every instance"
		}
		keys = append(keys, key{solved, ringSample})
	}
	if errors {
		keys = append(keys, errorKey)
	}
	return keys, looks, bands
}

// curve draws a line, its error bars and markers, shifted to the right.
func (s sheet) curve(f frame, c Curve, l look, shift vg.Length) {
	at := func(q CurvePoint, percent float64) vg.Point {
		p := f.point(q.X, percent)
		p.X += shift
		return p
	}
	var line []vg.Point
	for _, q := range c.Points {
		line = append(line, at(q, q.Percent))
	}
	s.dashed(l.colour, 1.3, l.dash, line...)
	for _, q := range c.Points {
		if q.Percent <= 0 || f.py(q.Percent+q.Error)-f.py(q.Percent) < hidden {
			continue
		}
		// A bar that reaches below the axis is open there.
		const half = 2.2
		low, high := at(q, max(f.y.min, q.Percent-q.Error)), at(q, min(f.y.max, q.Percent+q.Error))
		s.line(l.colour, 0.9, low, high)
		s.line(l.colour, 0.9, vg.Point{X: high.X - half, Y: high.Y}, vg.Point{X: high.X + half, Y: high.Y})
		if q.Percent-q.Error > f.y.min {
			s.line(l.colour, 0.9, vg.Point{X: low.X - half, Y: low.Y}, vg.Point{X: low.X + half, Y: low.Y})
		}
	}
	for k, q := range c.Points {
		if q.Percent <= 0 {
			s.mark(l.mark(), line[k], 2.6, white, l.colour, 1.2)
		} else {
			s.mark(l.mark(), line[k], 2.6, l.colour, black, 0.5)
		}
	}
}
