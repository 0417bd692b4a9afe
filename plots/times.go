package plots

import (
	"fmt"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Times draws relative gap against CPU time on logarithmic axes. A series of
// several points, such as annealing over numbers of sweeps, is a curve with its
// points labelled; a series of one point is a marker with a number that the list
// on the right explains. Gaps of zero stand in the strip for zero.
type Times struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; if not, labels say "reference".
	Proven bool

	// Series are the curves and points, in the order of the list.
	Series []TimeSeries

	// Notes stand at the foot, before what the chart itself has to say.
	Notes []string
}

// TimeSeries is a curve or one point in Times.
type TimeSeries struct {
	// Name of the method; long names take two lines.
	Name string

	// Group gives the series its colour and its place under one heading of the
	// list; a series without one has a colour of its own.
	Group string

	// Loss gives the series its marker, the same in all charts; a series without one has
	// the marker of its group.
	Loss string

	// Points are joined in the order given.
	Points []TimePoint
}

// TimePoint is one point of a TimeSeries.
type TimePoint struct {
	// Label is drawn at the point of a curve, such as the number of sweeps; short
	// or empty. It is not used in a series of one point.
	Label string

	// Milliseconds is the mean CPU time an instance, above zero.
	Milliseconds float64

	// Percent is the mean relative gap in per cent. A negative one, an energy
	// below the reference, counts as zero; a note says how many there were.
	Percent float64
}

// Figure lays the chart out. It returns an error if there are no series, a series
// has no points, a value is not finite or a time is not positive.
func (c Times) Figure() (*Figure, error) {
	if len(c.Series) == 0 {
		return nil, fmt.Errorf("plots: Times: no series")
	}
	x, y := newLogRange(), newLogRange()
	for _, r := range c.Series {
		if len(r.Points) == 0 {
			return nil, fmt.Errorf("plots: Times series %q: no points", r.Name)
		}
		for i, p := range r.Points {
			if err := check(fmt.Sprintf("Times series %q, point %d", r.Name, i), []float64{p.Milliseconds, p.Percent}); err != nil {
				return nil, err
			}
			if p.Milliseconds < 1e-30 {
				return nil, fmt.Errorf("plots: Times series %q, point %d: time is %v ms, want > 0", r.Name, i, p.Milliseconds)
			}
			x.add(p.Milliseconds, 0)
			y.add(p.Percent, 0)
		}
	}
	list := c.list(205)
	var listWidth, listHeight vg.Length
	for _, e := range list {
		listWidth, listHeight = max(listWidth, e.width()), listHeight+e.height()
	}
	p := newPlot()
	logarithmic(&p.X, x)
	logarithmic(&p.Y, y)
	show(p, series(list))
	panel := one(p, "CPU time per instance (ms)", gapLabel("mean relative ", c.Proven))
	_, below := panel.room()
	return page{
		title: c.Title, notes: slices.Concat(c.Notes, belowNote(y.below, c.Proven)), height: below + max(285, listHeight-below),
		body: func(d draw.Canvas) {
			at := vg.Point{X: d.Max.X - listWidth, Y: d.Max.Y}
			panel.draw(draw.Crop(d, 0, -listWidth-12, 0, 0))
			for _, e := range list {
				e.draw(d, at)
				at.Y -= e.height()
			}
		},
	}.figure(), nil
}

// timeEntry is a line of the list: a heading or a series.
type timeEntry struct {
	look
	lines   []string
	heading bool
	number  string      // of a single point
	series  *TimeSeries // nil for a heading
}

// list returns the entries of the list, groups under headings in order of first
// appearance, with the looks and numbers used in the chart.
func (c Times) list(width vg.Length) []timeEntry {
	var (
		list   []timeEntry
		groups = make([]string, len(c.Series))
		losses []string
		count  int
	)
	for i, r := range c.Series {
		if groups[i] = r.Group; r.Group == "" {
			groups[i] = fmt.Sprintf("\x00%d", i) // a group of its own
		}
		if r.Loss != "" {
			losses = append(losses, r.Loss)
		}
	}
	colours, markers := places(groups), places(losses)
	for i, first := range groups {
		if slices.Index(groups, first) < i {
			continue
		}
		look := lookAt(colours[first])
		if c.Series[i].Group != "" {
			list = append(list, timeEntry{look: look, lines: []string{fit(clean(first), small, width)}, heading: true})
		}
		curves := 0
		for k := i; k < len(groups); k++ {
			if groups[k] != first {
				continue
			}
			r := &c.Series[k]
			e := timeEntry{look: look, series: r, lines: wrap(clean(r.Name), small, width-keySample-keyGap, 2)}
			if len(e.lines) == 0 {
				e.lines = []string{""}
			}
			if r.Loss != "" {
				e.shape = shapes[markers[r.Loss]%len(shapes)]
			}
			if len(r.Points) > 1 {
				e.dash = plotutil.Dashes(curves)
				curves++
			} else {
				count++
				e.number = strconv.Itoa(count)
			}
			list = append(list, e)
		}
	}
	return list
}

func (e timeEntry) height() vg.Length {
	h := noteLine*vg.Length(len(e.lines)) + 2
	if e.heading {
		h += 3
	}
	return h
}

func (e timeEntry) width() vg.Length {
	var w vg.Length
	for _, l := range e.lines {
		w = max(w, textWidth(l, small))
	}
	if e.heading {
		return 1.1 * w // bold
	}
	return keySample + keyGap + w
}

// draw writes the entry with its upper left corner at p.
func (e timeEntry) draw(c draw.Canvas, p vg.Point) {
	if e.heading {
		c.FillText(coloured(bold(words(small, draw.XLeft, atBase)), e.colour), p.Sub(vg.Point{Y: noteLine}), e.lines[0])
		return
	}
	p.Y -= noteLine / 2
	if e.number == "" {
		key{"", e.sample(false)}.draw(c, p)
	} else {
		c.FillText(coloured(bold(words(small, draw.XRight, atMiddle)), e.colour), p.Add(vg.Point{X: 9}), e.number)
		c.DrawGlyph(e.mark(), p.Add(vg.Point{X: 15.5}))
	}
	for i, l := range e.lines {
		c.FillText(words(small, draw.XLeft, atMiddle), p.Add(vg.Point{X: keySample + keyGap, Y: -noteLine * vg.Length(i)}), l)
	}
}

// series draws the curves and points of the list, with their labels and numbers.
func series(list []timeEntry) plot.Plotter {
	return plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		pl := placer{bounds: c.Rectangle}
		if u := strip(p.Y); u > 0 {
			pl.lines = append(pl.lines, [2]vg.Point{{X: c.Min.X, Y: c.Y(u)}, {X: c.Max.X, Y: c.Y(u)}})
		}
		var labels []tag // placed after the numbers
		var marks []plot.Plotter
		for _, e := range list {
			if e.heading {
				continue
			}
			var line plotter.XYs
			var last vg.Point
			for i, q := range e.series.Points {
				line = append(line, plotter.XY{X: q.Milliseconds, Y: max(0, q.Percent)})
				at := vg.Point{X: c.X(p.X.Norm(line[i].X)), Y: c.Y(p.Y.Norm(line[i].Y))}
				pl.marks = append(pl.marks, rect(at.X-3, at.Y-3, at.X+3, at.Y+3))
				switch {
				case e.number != "":
					pl.tags = append(pl.tags, tag{text: e.number, bold: true, colour: e.colour, at: at})
				case q.Label != "":
					labels = append(labels, tag{text: fit(clean(q.Label), small, 90), colour: e.colour, at: at})
				}
				if i > 0 {
					pl.lines = append(pl.lines, [2]vg.Point{last, at})
				}
				last = at
			}
			(&plotter.Line{XYs: line, LineStyle: e.line()}).Plot(c, p)
			marks = append(marks, &plotter.Scatter{XYs: line, GlyphStyle: e.mark()})
		}
		pl.tags = append(pl.tags, labels...)
		pl.place()
		for _, t := range pl.tags {
			if t.leader {
				c.StrokeLines(draw.LineStyle{Color: fade(t.colour, 0.8), Width: 0.6}, []vg.Point{t.at, nearest(t.box, t.at)})
			}
		}
		for _, m := range marks {
			m.Plot(c, p)
		}
		for _, t := range pl.tags {
			at := vg.Point{X: (t.box.Min.X + t.box.Max.X) / 2, Y: (t.box.Min.Y + t.box.Max.Y) / 2}
			c.FillText(coloured(t.style(), t.colour), at, t.text)
		}
	})
}
