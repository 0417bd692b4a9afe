package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"spinlearn/internal/stats"
)

// Scatter draws predicted against ground-truth energies per spin, one panel a
// method on shared axes, with the diagonal of exact prediction. Both axes have
// the same range unless the predictions span more than three times the range of
// the ground truth. Each panel states its mean relative gap.
type Scatter struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the truth is proven ground state energies; otherwise the
	// axis speaks of a reference.
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
	lines := (n + columns - 1) / columns
	ticks := max(4, 7-columns)
	x := linear(truthName(c.Proven)+" energy per spin (J)", xlo, xhi, ticks)
	y := linear("predicted energy per spin (J)", ylo, yhi, max(5, ticks))

	const gutter = 12
	left := margin + y.left()
	side := (pageWidth - left - margin - gutter*vg.Length(columns-1)) / vg.Length(columns)
	side = min(side, 330)
	left += (pageWidth - margin - left - side*vg.Length(columns) - gutter*vg.Length(columns-1)) / 2

	// Names take one or two lines; base[k] is the lower edge of line k of panels,
	// below the title.
	names := make([][]string, n)
	head := make([]vg.Length, lines)
	for i, p := range c.Panels {
		names[i] = wrap(clean(p.Name), small, side, 2)
		head[i/columns] = max(head[i/columns], noteLine*vg.Length(len(names[i]))+5)
	}
	base := make([]vg.Length, lines)
	for k := range base {
		base[k] = head[k] + side
		if k > 0 {
			base[k] += base[k-1] + gutter
		}
	}
	title := clean(c.Title)
	top := margin
	if title != "" {
		top += large + 6
	}
	bottom := margin + x.below()
	height := top + base[lines-1] + bottom

	paint := func(s sheet) {
		if title != "" {
			s.text(pageWidth/2, height-margin, style{size: large, bold: true, x: 0.5, y: 1}, title)
		}
		for i, p := range c.Panels {
			line, column := i/columns, i%columns
			x0 := left + vg.Length(column)*(side+gutter)
			y0 := height - top - base[line]
			f := frame{Rectangle: rect(x0, y0, x0+side, y0+side), x: x, y: y}
			f.x.label, f.y.label = "", ""

			for k, t := range names[i] {
				h := f.Max.Y + 5 + noteLine*vg.Length(len(names[i])-1-k)
				s.text((f.Min.X+f.Max.X)/2, h, style{size: small, x: 0.5}, t)
			}
			s.grid(f)
			from, to := min(x.min, y.min), max(x.max, y.max)
			for _, l := range clip(f.Rectangle, []vg.Point{f.point(from, from), f.point(to, to)}) {
				s.line(grey, 1, l...)
			}
			opacity := max(0.25, min(0.7, 40/float64(len(p.Truth))))
			for k, t := range p.Truth {
				s.mark(circle, f.point(t, p.Predicted[k]), 1.8, fade(palette[0], opacity), nil, 0)
			}
			s.corner(f, p, p.gap())
			s.outline(f.Rectangle, black, 0.8)
			s.xAxis(f, i+columns >= n)
			s.yAxis(f, column == 0)
		}
		width := vg.Length(columns)*(side+gutter) - gutter
		s.text(left+width/2, margin+3, style{size: normal, x: 0.5}, x.label)
		s.text(left-y.left()+normal, bottom+(base[lines-1]-head[0])/2, style{size: normal, x: 0.5, up: true}, y.label)
	}
	return &Figure{width: pageWidth, height: height, paint: paint}, nil
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

// round returns v with the given number of significant digits.
func round(v float64, digits int) float64 {
	if v == 0 {
		return 0
	}
	p := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(math.Abs(v))))
	if math.IsInf(p, 0) {
		return 0
	}
	return math.Round(v*p) / p
}

// corner writes txt on a light ground in the corner of f off the diagonal, upper
// left or lower right, that hides fewer points of p.
func (s sheet) corner(f frame, p ScatterPanel, txt string) {
	w, h := textWidth(txt, small)+6, capital*small+6
	corners := []vg.Rectangle{
		rect(f.Max.X-3-w, f.Min.Y+3, f.Max.X-3, f.Min.Y+3+h),
		rect(f.Min.X+3, f.Max.Y-3-h, f.Min.X+3+w, f.Max.Y-3),
	}
	var hidden [2]int
	for i, r := range corners {
		for k, t := range p.Truth {
			if inside(r, f.point(t, p.Predicted[k])) {
				hidden[i]++
			}
		}
	}
	r := corners[0]
	if hidden[1] < hidden[0] {
		r = corners[1]
	}
	s.fill(r, fade(white, 0.85))
	s.text(r.Min.X+3, r.Min.Y+3, style{size: small}, txt)
}
