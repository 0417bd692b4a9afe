package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// Times draws relative gap against CPU time on logarithmic axes. A series of
// several points, such as annealing over numbers of sweeps, is a curve with its
// points labelled; a series of one point is a marker with a number that the list
// on the right explains. Gaps of zero stand in the strip for zero.
type Times struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; otherwise the axis
	// speaks of a reference.
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
	var (
		xlo, xhi = math.Inf(1), math.Inf(-1)
		ylo, yhi = math.Inf(1), math.Inf(-1)
		floor    bool
		below    int
	)
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
			xlo, xhi = min(xlo, p.Milliseconds), max(xhi, p.Milliseconds)
			if p.Percent < 0 {
				below++
			}
			if p.Percent <= 0 {
				floor = true
				continue
			}
			ylo, yhi = min(ylo, p.Percent), max(yhi, p.Percent)
		}
	}
	if yhi < ylo {
		ylo, yhi = 0.1, 10
	}
	x := logarithmic("CPU time per instance (ms)", xlo, xhi, false)
	y := logarithmic(gapLabel("mean relative ", c.Proven), ylo, yhi, floor)
	notes := slices.Concat(c.Notes, belowNote(below, c.Proven))

	list := c.list(205)
	var listWidth, listHeight vg.Length
	for _, e := range list {
		listWidth, listHeight = max(listWidth, e.width()), listHeight+e.height()
	}
	title := clean(c.Title)
	top := margin + 2
	if title != "" {
		top += large + 6
	}
	bottom := margin + noteLine*vg.Length(len(notes)) + x.below()
	body := max(285, listHeight-x.below())
	height := top + body + bottom

	paint := func(s sheet) {
		if title != "" {
			s.text(pageWidth/2, height-margin, style{size: large, bold: true, x: 0.5, y: 1}, title)
		}
		f := frame{
			Rectangle: rect(margin+y.left(), bottom, pageWidth-margin-listWidth-12, bottom+body),
			x:         x,
			y:         y,
		}
		s.grid(f)
		s.axes(f)
		c.data(s, f, list)
		at := f.Max.Y
		for _, e := range list {
			e.draw(s, f.Max.X+12, at)
			at -= e.height()
		}
		s.foot(margin, margin, notes)
	}
	return &Figure{Notes: notes, width: pageWidth, height: height, paint: paint}, nil
}

// timeEntry is a line of the list: a heading or a series.
type timeEntry struct {
	lines   []string
	heading bool
	colour  color.NRGBA
	dash    []vg.Length
	mark    marker
	number  string      // of a single point
	series  *TimeSeries // nil for a heading
}

// list returns the entries of the list, groups under headings in order of first
// appearance, with the colours, dashes and numbers used in the chart.
func (c Times) list(width vg.Length) []timeEntry {
	var (
		list  []timeEntry
		names = new(colours)
		done  = make([]bool, len(c.Series))
		count int
	)
	for i, first := range c.Series {
		if done[i] {
			continue
		}
		name := "group " + first.Group
		if first.Group == "" {
			name = fmt.Sprintf("series %d", i)
		}
		colour := names.of(name)
		if first.Group != "" {
			list = append(list, timeEntry{lines: []string{fit(clean(first.Group), small, width)}, heading: true, colour: colour})
		}
		mark := marker((len(names.names) - 1) % int(markers))
		curves := 0
		for k := i; k < len(c.Series); k++ {
			r := &c.Series[k]
			if done[k] || r.Group != first.Group || first.Group == "" && k != i {
				continue
			}
			done[k] = true
			e := timeEntry{series: r, colour: colour, mark: mark, lines: wrap(clean(r.Name), small, width-keySample-keyGap, 2)}
			if len(e.lines) == 0 {
				e.lines = []string{""}
			}
			if len(r.Points) > 1 {
				e.dash = dashes[curves%len(dashes)]
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

// draw writes the entry with its upper left corner at (x, top).
func (e timeEntry) draw(s sheet, x, top vg.Length) {
	if e.heading {
		s.text(x, top-noteLine, style{size: small, bold: true, colour: e.colour}, e.lines[0])
		return
	}
	y := top - noteLine/2
	switch {
	case e.number != "":
		s.text(x+9, y, style{size: small, bold: true, colour: e.colour, x: 1, y: 0.5}, e.number)
		s.mark(e.mark, vg.Point{X: x + 15.5, Y: y}, 3, e.colour, black, 0.6)
	default:
		stroke(e.colour, e.dash, e.mark)(s, rect(x, y-4, x+keySample, y+4))
	}
	for i, l := range e.lines {
		s.text(x+keySample+keyGap, y-noteLine*vg.Length(i), style{size: small, y: 0.5}, l)
	}
}

// data draws curves, markers and their tags inside the frame.
func (c Times) data(s sheet, f frame, list []timeEntry) {
	pl := placer{bounds: f.Rectangle}
	if f.y.floor {
		y := f.Min.Y + floorWidth*f.Size().Y
		pl.lines = append(pl.lines, [2]vg.Point{{X: f.Min.X, Y: y}, {X: f.Max.X, Y: y}})
	}
	// Numbers are placed before labels.
	var labels []tag
	for _, e := range list {
		if e.heading {
			continue
		}
		var pts []vg.Point
		for _, p := range e.series.Points {
			at := f.point(p.Milliseconds, p.Percent)
			pts = append(pts, at)
			pl.marks = append(pl.marks, rect(at.X-3, at.Y-3, at.X+3, at.Y+3))
			switch {
			case e.number != "":
				pl.tags = append(pl.tags, tag{text: e.number, bold: true, colour: e.colour, at: at})
			case p.Label != "":
				labels = append(labels, tag{text: fit(clean(p.Label), small, 90), colour: e.colour, at: at})
			}
		}
		for i := 1; i < len(pts); i++ {
			pl.lines = append(pl.lines, [2]vg.Point{pts[i-1], pts[i]})
		}
		s.dashed(e.colour, 1.5, e.dash, pts...)
	}
	pl.tags = append(pl.tags, labels...)
	pl.place()
	for _, t := range pl.tags {
		if t.leader {
			s.line(fade(t.colour, 0.8), 0.6, t.at, edge(t.box, t.at))
		}
	}
	for _, e := range list {
		if e.heading {
			continue
		}
		for _, p := range e.series.Points {
			s.mark(e.mark, f.point(p.Milliseconds, p.Percent), 3, e.colour, black, 0.6)
		}
	}
	for _, t := range pl.tags {
		x, y := (t.box.Min.X+t.box.Max.X)/2, (t.box.Min.Y+t.box.Max.Y)/2
		s.text(x, y, style{size: small, bold: t.bold, colour: t.colour, x: 0.5, y: 0.5}, t.text)
	}
}
