package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"spinlearn/internal/base/stats"
)

// Scatter draws predicted against ground-truth energies per spin, one panel a
// method on shared axes, with the diagonal of exact prediction. Both axes have
// the same range unless the predictions span more than three times the range of
// the ground truth. Each panel states its mean relative gap.
type Scatter struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the truth is proven ground states; if not, labels say "reference".
	Proven bool

	// Panels are the methods, 1 to 12, in the order they are drawn.
	Panels []ScatterPanel
}

// ScatterPanel is one method in Scatter.
type ScatterPanel struct {
	// Name of the method, drawn above the panel on at most two lines.
	Name string

	// Truth and Predicted are energies per spin in J, one pair an instance.
	Truth, Predicted []float64

	// Percent is the relative gap of every instance in per cent, NaN for one without.
	Percent []float64
}

// Figure lays the chart out. It returns an error unless there are 1 to 12 panels
// of finite values, apart from gaps that do not exist, with Truth as long as Predicted
// and Percent.
func (c Scatter) Figure() (*Figure, error) {
	n := len(c.Panels)
	if n < 1 || n > 12 {
		return nil, fmt.Errorf("plots: Scatter: %d panels, want 1 to 12", n)
	}
	xlo, xhi := math.Inf(1), math.Inf(-1)
	ylo, yhi := xlo, xhi
	for _, p := range c.Panels {
		if len(p.Truth) != len(p.Predicted) {
			return nil, fmt.Errorf("plots: Scatter panel %q: %d energies of the truth, %d predicted", p.Name, len(p.Truth), len(p.Predicted))
		}
		if err := check(fmt.Sprintf("Scatter panel %q, truth", p.Name), p.Truth); err != nil {
			return nil, err
		}
		if err := check(fmt.Sprintf("Scatter panel %q, predicted", p.Name), p.Predicted); err != nil {
			return nil, err
		}
		if len(p.Percent) != len(p.Truth) {
			return nil, fmt.Errorf("plots: Scatter panel %q: %d energies of the truth, %d gaps", p.Name, len(p.Truth), len(p.Percent))
		}
		if slices.ContainsFunc(p.Percent, func(v float64) bool { return math.Abs(v) > limit }) {
			return nil, fmt.Errorf("plots: Scatter panel %q: a gap is above %g in size", p.Name, limit)
		}
		xlo, xhi = min(xlo, slices.Min(p.Truth)), max(xhi, slices.Max(p.Truth))
		ylo, yhi = min(ylo, slices.Min(p.Predicted)), max(yhi, slices.Max(p.Predicted))
	}
	ylo, yhi = min(xlo, ylo), max(xhi, yhi)
	if yhi-ylo <= 3*(xhi-xlo) || xhi == xlo {
		xlo, xhi = ylo, yhi
	}

	columns := []int{1, 2, 3, 2, 3, 3, 3, 4, 3, 4, 4, 4}[n-1]
	ticks := max(4, 7-columns)
	all := panels{columns: columns, x: truthName(c.Proven) + " energy per spin (J)", y: "predicted energy per spin (J)"}
	for _, p := range c.Panels {
		q := newPlot()
		linear(&q.X, xlo, xhi, ticks)
		linear(&q.Y, ylo, yhi, max(5, ticks))
		heading(q, p.Name, bodyWidth/vg.Length(columns)-gutter-20)
		opacity := max(0.25, min(0.7, 40/float64(len(p.Truth))))
		points := &plotter.Scatter{GlyphStyle: dot(fade(palette[0], opacity), 1.8)}
		for k, t := range p.Truth {
			points.XYs = append(points.XYs, plotter.XY{X: t, Y: p.Predicted[k]})
		}
		from, to := min(q.X.Min, q.Y.Min), max(q.X.Max, q.Y.Max)
		show(q, &plotter.Line{XYs: plotter.XYs{{X: from, Y: from}, {X: to, Y: to}}, LineStyle: draw.LineStyle{Color: grey, Width: 1}},
			points, corner(points.XYs, p.gap()))
		all.plots = append(all.plots, q)
	}
	all.shareX()
	all.shareY()
	besides, room := all.room()
	side := min((bodyWidth-besides)/vg.Length(columns), 330)
	indent := (bodyWidth - besides - side*vg.Length(columns)) / 2
	return page{
		title: c.Title, height: room + side*vg.Length((n+columns-1)/columns),
		body: func(c draw.Canvas) { all.draw(draw.Crop(c, indent, -indent, 0, 0)) },
	}.figure(), nil
}

// gap states the mean relative gap.
func (p ScatterPanel) gap() string {
	e := stats.Mean(p.Percent)
	switch {
	case !e.Exists():
		return "no relative gap"
	case e.Count < len(p.Percent):
		return fmt.Sprintf("mean gap %s %% (%d instances)", number(round(e.Mean, 3)), e.Count)
	}
	return fmt.Sprintf("mean gap %s %%", number(round(e.Mean, 3)))
}

// corner writes txt on a light ground in the corner off the diagonal, upper left or lower
// right, that hides fewer of the points.
func corner(points plotter.XYs, txt string) plot.Plotter {
	return plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		w, h := textWidth(txt, small)+6, capital*small+6
		corners := []vg.Rectangle{
			rect(c.Max.X-3-w, c.Min.Y+3, c.Max.X-3, c.Min.Y+3+h),
			rect(c.Min.X+3, c.Max.Y-3-h, c.Min.X+3+w, c.Max.Y-3),
		}
		var hidden [2]int
		for i, r := range corners {
			for _, q := range points {
				if inside(r, vg.Point{X: c.X(p.X.Norm(q.X)), Y: c.Y(p.Y.Norm(q.Y))}) {
					hidden[i]++
				}
			}
		}
		r := corners[0]
		if hidden[1] < hidden[0] {
			r = corners[1]
		}
		fill(c, r, fade(white, 0.85))
		c.FillText(words(small, draw.XLeft, atBase), r.Min.Add(vg.Point{X: 3, Y: 3}), txt)
	})
}
