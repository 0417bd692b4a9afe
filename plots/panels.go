package plots

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// plotterFunc is a plot.Plotter that is a function.
type plotterFunc func(c draw.Canvas, p *plot.Plot)

func (f plotterFunc) Plot(c draw.Canvas, p *plot.Plot) { f(c, p) }

// newPlot returns an empty plot in the style of this package.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Padding, a.Width, a.Tick.Length, a.Tick.Width = 0, 0, 3.5, 0.7
		a.Tick.Label = words(small, a.Tick.Label.XAlign, a.Tick.Label.YAlign)
	}
	p.Y.Tick.Label.YAlign = atMiddle - 0.19 // gonum/plot adds the descent
	return p
}

// show adds data to p, with a frame and a light grid. It hides the ranges and sizes that
// plotters report, so that p keeps the ranges set before and the axes stay at the frame.
func show(p *plot.Plot, data ...plot.Plotter) {
	grid := &plotter.Grid{Vertical: draw.LineStyle{Color: faint, Width: 0.6}}
	if p.Y.Tick.Length > 0 {
		grid.Horizontal = grid.Vertical
	}
	p.Add(grid, plotterFunc(zeroLine))
	for _, d := range data {
		p.Add(plotterFunc(d.Plot))
	}
	p.Add(plotterFunc(func(c draw.Canvas, _ *plot.Plot) {
		c.SetLineStyle(draw.LineStyle{Color: black, Width: 0.8})
		c.Stroke(c.Rectangle.Path())
	}))
}

// panels are plots side by side, row after row, with data areas of one size. All horizontal
// axes share the label x, all vertical ones the label y.
type panels struct {
	plots   []*plot.Plot
	columns int
	x, y    string
}

const (
	gutter    vg.Length = 10         // between panels
	labelRoom           = normal + 5 // for the label of an axis
)

// one returns a single panel.
func one(p *plot.Plot, x, y string) panels { return panels{[]*plot.Plot{p}, 1, x, y} }

// tiles returns the plots as [plot.Align] takes them.
func (p panels) tiles() ([][]*plot.Plot, draw.Tiles) {
	rows := (len(p.plots) + p.columns - 1) / p.columns
	grid := make([][]*plot.Plot, rows)
	for i := range grid {
		grid[i] = make([]*plot.Plot, p.columns)
		copy(grid[i], p.plots[i*p.columns:])
	}
	return grid, draw.Tiles{Rows: rows, Cols: p.columns, PadX: gutter, PadY: gutter}
}

// room returns the width and the height that p takes besides the data areas.
func (p panels) room() (w, h vg.Length) {
	const big = 1000
	_, t := p.tiles()
	left, below := make([]vg.Length, t.Cols), make([]vg.Length, t.Rows)
	p.each(func(q *plot.Plot, i, k int) {
		size := q.DataCanvas(draw.Canvas{Rectangle: rect(0, 0, big, big)}).Size()
		left[k], below[i] = max(left[k], big-size.X), max(below[i], big-size.Y)
	})
	w, h = t.PadX*vg.Length(t.Cols-1), t.PadY*vg.Length(t.Rows-1)
	for _, l := range left {
		w += l
	}
	for _, b := range below {
		h += b
	}
	if p.x != "" {
		h += labelRoom
	}
	if p.y != "" {
		w += labelRoom
	}
	return w, h
}

// shareX hides the tick labels of horizontal axes with a panel below, shareY those of
// vertical axes with a panel on the left.
func (p panels) shareX() {
	for _, q := range p.plots[:max(0, len(p.plots)-p.columns)] {
		q.X.Tick.Label.Handler = silent{q.X.Tick.Label.Handler}
	}
}

func (p panels) shareY() {
	for i, q := range p.plots {
		if i%p.columns > 0 {
			q.Y.Tick.Label.Handler = silent{q.Y.Tick.Label.Handler}
		}
	}
}

// draw fills c with the panels. Tick labels that would touch the one before are left out.
func (p panels) draw(c draw.Canvas) {
	corner := c.Min
	if p.x != "" {
		c.Min.Y += labelRoom
	}
	if p.y != "" {
		c.Min.X += labelRoom
	}
	grid, t := p.tiles()
	p.each(func(q *plot.Plot, i, k int) {
		size := q.DataCanvas(t.At(c, k, i)).Size()
		spaced(&q.X, size.X, func(label string) vg.Length { return textWidth(label, small) + 4 })
		spaced(&q.Y, size.Y, func(string) vg.Length { return small + 2 })
	})
	tiles := plot.Align(grid, t, c)
	var min, max vg.Point // of all data areas; the first panel is at the upper left
	p.each(func(q *plot.Plot, i, k int) {
		data := q.DataCanvas(tiles[i][k])
		if i == 0 && k == 0 {
			min, max = data.Min, data.Max
		}
		min.Y = data.Min.Y
		if i == 0 {
			max.X = data.Max.X
		}
		q.Draw(tiles[i][k])
	})
	c.FillText(words(normal, draw.XCenter, atBase), vg.Point{X: (min.X + max.X) / 2, Y: corner.Y + 3}, p.x)
	up := words(normal, draw.XCenter, atTop)
	up.Rotation = math.Pi / 2
	c.FillText(up, vg.Point{X: corner.X, Y: (min.Y + max.Y) / 2}, p.y)
}

// each calls f with every plot, its row and its column.
func (p panels) each(f func(q *plot.Plot, row, column int)) {
	for i, q := range p.plots {
		f(q, i/p.columns, i%p.columns)
	}
}

// heading writes the name of a panel above its frame, on at most two lines.
func heading(p *plot.Plot, name string, width vg.Length) {
	lines := wrap(clean(name), small, width, 2)
	if len(lines) == 0 {
		return
	}
	// A blank title reserves the room; gonum/plot sets lines of text too close.
	p.Title.Text = " "
	p.Title.TextStyle = words(small, draw.XCenter, draw.YTop)
	p.Title.Padding = noteLine*vg.Length(len(lines)) + 5 - p.Title.TextStyle.Height(" ")
	p.Add(plotterFunc(func(c draw.Canvas, _ *plot.Plot) {
		for i, t := range lines {
			at := vg.Point{X: c.Center().X, Y: c.Max.Y + 5 + noteLine*vg.Length(len(lines)-1-i)}
			c.FillText(words(small, draw.XCenter, atBase), at, t)
		}
	}))
}
