package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot/vg"
)

// Gaps compares methods by their relative gap to the ground truth on a
// logarithmic axis: one row a method, smallest mean gap on top.
//
// A disc with a bar is the mean over all instances with its standard error;
// faint points are the instances that are not solved, at most 200 evenly spaced
// by rank. The column on the right counts the solved instances. A method with
// mean gap zero is a ring in the strip for zero at the left edge.
type Gaps struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; otherwise the axis
	// speaks of a reference, and instances are "reached", not "solved".
	Proven bool

	// Rows are the methods, in any order.
	Rows []GapRow
}

// GapRow is one method in Gaps.
type GapRow struct {
	// Name of the method; about 45 letters fit.
	Name string

	// Group gives the row its colour; rows without one share a colour.
	Group string

	// Percent is the relative gap of every instance in per cent. A value up to
	// Exact is a solved instance. A negative one, an energy below the reference,
	// counts as zero; a note says how many there were.
	Percent []float64
}

// gapLabel names the axis of relative gaps.
func gapLabel(prefix string, proven bool) string {
	if proven {
		return prefix + "gap to the ground state (%)"
	}
	return prefix + "gap to the reference (%)"
}

// belowNote reports n negative gaps.
func belowNote(n int, proven bool) []string {
	if n == 0 {
		return nil
	}
	energies := "energies"
	if n == 1 {
		energies = "energy"
	}
	return []string{fmt.Sprintf("%d %s below the %s: counted as gap 0.", n, energies, truthName(proven))}
}

// Figure lays the chart out. It returns an error if there are no rows, a row is
// empty or a value is not finite.
func (g Gaps) Figure() (*Figure, error) {
	if len(g.Rows) == 0 {
		return nil, fmt.Errorf("plots: Gaps: no rows")
	}
	type row struct {
		GapRow
		mean, err float64
		unsolved  []float64
	}
	var (
		groups = new(colours)
		sorted []row
		below  int
		lo, hi = math.Inf(1), math.Inf(-1)
	)
	for _, r := range g.Rows {
		if err := check(fmt.Sprintf("Gaps row %q", r.Name), r.Percent); err != nil {
			return nil, err
		}
		groups.of(r.Group)
		v := make([]float64, len(r.Percent))
		w := row{GapRow: r}
		for i, p := range r.Percent {
			if p < -Exact {
				below++
			}
			if p <= Exact {
				continue
			}
			v[i] = p
			w.unsolved = append(w.unsolved, p)
			lo, hi = min(lo, p), max(hi, p)
		}
		w.mean, w.err = stat.Mean(v, nil), standardError(v)
		if w.mean > 0 {
			lo = min(lo, w.mean)
		}
		sorted = append(sorted, w)
	}
	if hi < lo { // every instance solved by every method
		lo, hi = 0.1, 10
	}
	slices.SortStableFunc(sorted, func(a, b row) int { return cmp.Compare(a.mean, b.mean) })

	solved := "solved"
	if !g.Proven {
		solved = "reached"
	}
	l := rows{
		title:  g.Title,
		column: solved,
		x:      logarithmic(gapLabel("relative ", g.Proven), lo, hi, true),
		notes:  belowNote(below, g.Proven),
		keys: append(groupKeys(groups),
			key{"mean ± standard error", errorSample},
			key{"mean 0", ringSample},
			key{"instance not " + solved, dotSample}),
	}
	for _, r := range sorted {
		l.names = append(l.names, r.Name)
		l.values = append(l.values, fmt.Sprintf("%d/%d", len(r.Percent)-len(r.unsolved), len(r.Percent)))
	}
	return l.figure(func(s sheet, f frame, y func(int) vg.Length) {
		for i, r := range sorted {
			colour := groups.of(r.Group)
			for k, v := range thin(r.unsolved, shown) {
				p := vg.Point{X: f.px(v), Y: y(i) + vg.Length(jitter(k))*0.36*rowHeight}
				s.mark(circle, p, 1.3, fade(colour, 0.3), nil, 0)
			}
			p := vg.Point{X: f.px(r.mean), Y: y(i)}
			if r.mean == 0 {
				s.mark(circle, p, 3.2, white, colour, 1.4)
				continue
			}
			// A bar that reaches zero or less ends at the strip for zero, open.
			from, to := max(f.x.min, r.mean-r.err), r.mean+r.err
			s.errorBar(f.px(from), min(f.px(to), f.Max.X), y(i), r.mean-r.err > f.x.min)
			s.mark(circle, p, 2.7, colour, black, 0.8)
		}
	}), nil
}

// errorBar draws a horizontal bar, with a cap on the left if closed.
func (s sheet) errorBar(x0, x1, y vg.Length, closed bool) {
	const half = 3.5
	s.line(black, 1.1, vg.Point{X: x0, Y: y}, vg.Point{X: x1, Y: y})
	s.line(black, 1.1, vg.Point{X: x1, Y: y - half}, vg.Point{X: x1, Y: y + half})
	if closed {
		s.line(black, 1.1, vg.Point{X: x0, Y: y - half}, vg.Point{X: x0, Y: y + half})
	}
}

// errorSample, ringSample and dotSample explain a row in the legend.
func errorSample(s sheet, r vg.Rectangle) {
	y := (r.Min.Y + r.Max.Y) / 2
	s.errorBar(r.Min.X+2, r.Max.X-2, y, true)
	s.mark(circle, vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: y}, 2.7, palette[6], black, 0.8)
}

func ringSample(s sheet, r vg.Rectangle) {
	p := vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2}
	s.mark(circle, p, 3.2, white, palette[6], 1.4)
}

func dotSample(s sheet, r vg.Rectangle) {
	for i := range 3 {
		p := vg.Point{
			X: r.Min.X + r.Size().X*vg.Length(2*i+1)/6,
			Y: (r.Min.Y+r.Max.Y)/2 + vg.Length(jitter(i))*2,
		}
		s.mark(circle, p, 1.3, fade(palette[6], 0.6), nil, 0)
	}
}
