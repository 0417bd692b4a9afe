package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"spinlearn/internal/stats"
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

	// Percent is the relative gap of every instance in per cent, NaN for one without;
	// at least one has one. A negative gap, an energy below the reference, counts as
	// zero. Notes say how many there were of both.
	Percent []float64

	// Solved is the number of instances solved, those without a relative gap included.
	Solved int
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

// withoutNote reports n instances without a relative gap.
func withoutNote(n int) []string {
	switch n {
	case 0:
		return nil
	case 1:
		return []string{"1 instance of reference energy 0 has no relative gap."}
	}
	return []string{fmt.Sprintf("%d instances of reference energy 0 have no relative gap.", n)}
}

// Figure lays the chart out. It returns an error if there are no rows, a row is
// empty or a value is infinite.
func (g Gaps) Figure() (*Figure, error) {
	if len(g.Rows) == 0 {
		return nil, fmt.Errorf("plots: Gaps: no rows")
	}
	type row struct {
		GapRow
		stats.Estimate
		unsolved []float64
	}
	var (
		groups  = new(colours)
		sorted  []row
		below   int
		without int // instances without a relative gap
		lo, hi  = math.Inf(1), math.Inf(-1)
	)
	for _, r := range g.Rows {
		if err := checkGaps(fmt.Sprintf("Gaps row %q", r.Name), r.Percent); err != nil {
			return nil, err
		}
		groups.of(r.Group)
		v := make([]float64, len(r.Percent))
		w := row{GapRow: r}
		for i, p := range r.Percent {
			if p < 0 {
				below++
			}
			v[i] = max(0, p)
			if !(p > 0) {
				continue
			}
			w.unsolved = append(w.unsolved, p)
			lo, hi = min(lo, p), max(hi, p)
		}
		w.Estimate = stats.Mean(v)
		if w.Mean > 0 {
			lo = min(lo, w.Mean)
		}
		without = max(without, len(v)-w.Count)
		sorted = append(sorted, w)
	}
	if hi < lo { // every instance solved by every method
		lo, hi = 0.1, 10
	}
	slices.SortStableFunc(sorted, func(a, b row) int { return cmp.Compare(a.Mean, b.Mean) })

	solved := "solved"
	if !g.Proven {
		solved = "reached"
	}
	l := rows{
		title:  g.Title,
		column: solved,
		x:      logarithmic(gapLabel("relative ", g.Proven), lo, hi, true),
		notes:  slices.Concat(belowNote(below, g.Proven), withoutNote(without)),
		keys: append(groupKeys(groups),
			key{"mean ± standard error", errorSample},
			key{"mean 0", ringSample},
			key{"instance not " + solved, dotSample}),
	}
	for _, r := range sorted {
		l.names = append(l.names, r.Name)
		l.values = append(l.values, fmt.Sprintf("%d/%d", r.Solved, len(r.Percent)))
	}
	return l.figure(func(s sheet, f frame, y func(int) vg.Length) {
		for i, r := range sorted {
			colour := groups.of(r.Group)
			for k, v := range thin(r.unsolved, shown) {
				p := vg.Point{X: f.px(v), Y: y(i) + vg.Length(jitter(k))*0.36*rowHeight}
				s.mark(circle, p, 1.3, fade(colour, 0.3), nil, 0)
			}
			p := vg.Point{X: f.px(r.Mean), Y: y(i)}
			if r.Mean == 0 {
				s.mark(circle, p, 3.2, white, colour, 1.4)
				continue
			}
			// A bar that reaches zero or less ends at the strip for zero, open.
			from, to := max(f.x.min, r.Mean-r.Error), r.Mean+r.Error
			s.errorBar(f.px(from), min(f.px(to), f.Max.X), y(i), r.Mean-r.Error > f.x.min)
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
