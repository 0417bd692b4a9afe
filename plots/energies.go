package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"

	"spinlearn/internal/stats"
)

// Energies compares the final energies of methods over the same instances: one
// row a method, lowest mean energy on top, with the range of the ground truth
// behind all rows.
//
// A box spans the quartiles with a bar at the median, whiskers the 5 to 95 %
// range, a diamond marks the mean and faint points are instances: all of them up
// to 200, else 200 evenly spaced by rank. The column on the right is the mean.
type Energies struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that Truth holds proven ground state energies; otherwise they
	// are called a reference.
	Proven bool

	// Truth is the best known energy per spin of every instance, in J.
	Truth []float64

	// Rows are the methods, in any order.
	Rows []EnergyRow
}

// EnergyRow is one method in Energies.
type EnergyRow struct {
	// Name of the method; about 45 letters fit.
	Name string

	// Group gives the row its colour; rows without one share a colour.
	Group string

	// PerSpin is the final energy per spin of every instance, in J, as many as
	// there are values in Energies.Truth.
	PerSpin []float64
}

// shown bounds the points drawn in a row.
const shown = 200

// truthName is what the legend and the axes call the ground truth.
func truthName(proven bool) string {
	if proven {
		return "ground state"
	}
	return "reference"
}

// Figure lays the chart out. It returns an error if there are no rows, a value is
// not finite or a row is not as long as Truth.
func (e Energies) Figure() (*Figure, error) {
	if err := check("Energies.Truth", e.Truth); err != nil {
		return nil, err
	}
	if len(e.Rows) == 0 {
		return nil, fmt.Errorf("plots: Energies: no rows")
	}
	lo, hi := slices.Min(e.Truth), slices.Max(e.Truth)
	groups := new(colours)
	for _, r := range e.Rows {
		if err := check(fmt.Sprintf("Energies row %q", r.Name), r.PerSpin); err != nil {
			return nil, err
		}
		if len(r.PerSpin) != len(e.Truth) {
			return nil, fmt.Errorf("plots: Energies row %q: %d values for %d instances", r.Name, len(r.PerSpin), len(e.Truth))
		}
		lo, hi = min(lo, slices.Min(r.PerSpin)), max(hi, slices.Max(r.PerSpin))
		groups.of(r.Group)
	}
	sorted := slices.Clone(e.Rows)
	slices.SortStableFunc(sorted, func(a, b EnergyRow) int {
		return cmp.Compare(stats.Mean(a.PerSpin).Mean, stats.Mean(b.PerSpin).Mean)
	})

	l := rows{
		title:  e.Title,
		column: "mean (J)",
		x:      linear("energy per spin (J)", lo, hi, 6),
	}
	for _, r := range sorted {
		l.names = append(l.names, r.Name)
		l.values = append(l.values, energy(stats.Mean(r.PerSpin).Mean))
	}
	truth := quantiles(e.Truth, 0.1, 0.9)
	mean := stats.Mean(e.Truth).Mean
	truthKey := fmt.Sprintf("%s: 10–90 %% of instances, mean", truthName(e.Proven))
	l.keys = append(groupKeys(groups),
		key{"quartiles, median, 5–95 %", boxSample},
		key{"mean", meanSample},
		key{truthKey, swatch(band, black)})

	return l.figure(func(s sheet, f frame, y func(int) vg.Length) {
		s.fill(rect(f.px(truth[0]), f.Min.Y, f.px(truth[1]), f.Max.Y), band)
		s.line(black, 1, vg.Point{X: f.px(mean), Y: f.Min.Y}, vg.Point{X: f.px(mean), Y: f.Max.Y})
		for i, r := range sorted {
			colour := groups.of(r.Group)
			for k, v := range thin(r.PerSpin, shown) {
				p := vg.Point{X: f.px(v), Y: y(i) + vg.Length(jitter(k))*0.38*rowHeight}
				s.mark(circle, p, 1.3, fade(colour, 0.35), nil, 0)
			}
			q := quantiles(r.PerSpin, 0.05, 0.25, 0.5, 0.75, 0.95)
			var x [5]vg.Length
			for k, v := range q {
				x[k] = f.px(v)
			}
			if len(r.PerSpin) > 1 {
				s.box(x, y(i), 0.27*rowHeight, colour)
			}
			s.meanMark(vg.Point{X: f.px(stats.Mean(r.PerSpin).Mean), Y: y(i)}, colour)
		}
	}), nil
}

// box draws a horizontal box plot with the quantiles x about height y.
func (s sheet) box(x [5]vg.Length, y, half vg.Length, c color.NRGBA) {
	s.line(c, 1.1, vg.Point{X: x[0], Y: y}, vg.Point{X: x[1], Y: y})
	s.line(c, 1.1, vg.Point{X: x[3], Y: y}, vg.Point{X: x[4], Y: y})
	for _, x := range []vg.Length{x[0], x[4]} {
		s.line(c, 1.1, vg.Point{X: x, Y: y - half/2}, vg.Point{X: x, Y: y + half/2})
	}
	r := rect(x[1], y-half, x[3], y+half)
	s.fill(r, fade(c, 0.25))
	s.outline(r, c, 1.1)
	s.line(c, 1.8, vg.Point{X: x[2], Y: y - half}, vg.Point{X: x[2], Y: y + half})
}

// meanMark draws a diamond of the given colour that stands out from a box of it.
func (s sheet) meanMark(p vg.Point, c color.NRGBA) {
	s.mark(diamond, p, 3.8, white, nil, 0)
	s.mark(diamond, p, 2.7, c, black, 0.9)
}

// boxSample and meanSample explain a row in the legend.
func boxSample(s sheet, r vg.Rectangle) {
	x, w := r.Min.X, r.Size().X
	y := (r.Min.Y + r.Max.Y) / 2
	s.box([5]vg.Length{x, x + 0.25*w, x + 0.45*w, x + 0.75*w, x + w}, y, r.Size().Y/2, palette[6])
}

func meanSample(s sheet, r vg.Rectangle) {
	s.meanMark(vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2}, palette[6])
}
