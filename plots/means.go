package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Means draws mean relative gaps, with their errors, on a logarithmic axis: a row a
// method, in which every kind of value, such as a way of decoding, has its own marker. Gaps of
// zero stand in the strip for zero.
type Means struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; otherwise the axis
	// speaks of a reference.
	Proven bool

	// Rows are drawn in the order given.
	Rows []MeanRow
}

// MeanRow is one method in Means.
type MeanRow struct {
	// Name of the method; about 45 letters fit.
	Name string

	// Group gives the row its colour; rows without one share a colour.
	Group string

	Values []MeanValue
}

// MeanValue is a mean gap with its standard error, both in per cent, the latter at least
// 0. Kind says what it is of and gives it its marker; at most four kinds.
type MeanValue struct {
	Kind           string
	Percent, Error float64
}

// Figure lays the chart out. It returns an error if there are no rows, a row has no
// values, a value is not finite, an error is below zero, or there are more than four
// kinds.
func (c Means) Figure() (*Figure, error) {
	if len(c.Rows) == 0 {
		return nil, fmt.Errorf("plots: Means: no rows")
	}
	var (
		groups = new(colours)
		kinds  []string
		x      = newMeanRange()
	)
	for _, r := range c.Rows {
		groups.of(r.Group)
		if len(r.Values) == 0 {
			return nil, fmt.Errorf("plots: Means row %q: no values", r.Name)
		}
		for i, v := range r.Values {
			if err := x.add(fmt.Sprintf("Means row %q, value %d", r.Name, i), v.Percent, v.Error); err != nil {
				return nil, err
			}
			if !slices.Contains(kinds, v.Kind) {
				kinds = append(kinds, v.Kind)
			}
		}
	}
	if len(kinds) > int(markers) {
		return nil, fmt.Errorf("plots: Means: %d kinds of value, want at most %d", len(kinds), int(markers))
	}
	l := rows{title: c.Title, x: x.axis(c.Proven), notes: belowNote(x.below, c.Proven), keys: groupKeys(groups)}
	for i, k := range kinds {
		l.keys = append(l.keys, key{k, func(s sheet, r vg.Rectangle) {
			s.mark(marker(i), vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2}, 3.2, grey, white, 0.5)
		}})
	}
	l.keys = append(l.keys, errorKey)
	for _, r := range c.Rows {
		l.names, l.values = append(l.names, r.Name), append(l.values, "")
	}
	return l.figure(func(s sheet, f frame, y func(int) vg.Length) {
		for i, r := range c.Rows {
			colour := groups.of(r.Group)
			for _, v := range r.Values {
				p := vg.Point{X: f.px(v.Percent), Y: y(i)}
				if v.Percent > 0 && f.px(v.Percent+v.Error)-p.X > hidden {
					from := max(f.x.min, v.Percent-v.Error)
					s.errorBar(f.px(from), f.px(v.Percent+v.Error), p.Y, from > f.x.min)
				}
				s.mark(marker(slices.Index(kinds, v.Kind)), p, 3.2, colour, white, 0.5)
			}
		}
	}), nil
}

// hidden is the length of an error bar, on one side, that a marker covers.
const hidden vg.Length = 3.5

// meanRange collects the range of means with errors for a logarithmic axis.
type meanRange struct {
	lo, hi float64
	floor  bool
	below  int
}

func newMeanRange() meanRange { return meanRange{lo: math.Inf(1), hi: math.Inf(-1)} }

func (r *meanRange) add(what string, mean, err float64) error {
	if err := check(what, []float64{mean, err}); err != nil {
		return err
	}
	if err < 0 {
		return fmt.Errorf("plots: %s: error is %v, want >= 0", what, err)
	}
	if mean < 0 {
		r.below++
	}
	if mean <= 0 {
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

// errorKey explains the error bars of means.
var errorKey = key{"mean ± standard error, if it is larger than the marker", errorSample}
