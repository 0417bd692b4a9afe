package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot/vg"
)

// Training draws the runs of one comparison over the training step: the training
// loss above, the relative gap on validation instances below.
//
// Nothing is normalised. Losses of different kinds have different scales, so each
// kind has a panel with its own axis. A bold line is the running mean over a
// fortieth of the records, at least one; the records themselves are faint. Where
// one record in a hundred or fewer would stretch the axis it runs out of the
// panel. The axis of the loss is logarithmic if all its values are positive and
// the running means span more than a factor of 50. Each gap is a marker if a run
// has at most 40.
type Training struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; otherwise the axis
	// speaks of a reference.
	Proven bool

	// Runs share the step axis; one colour and dash a run.
	Runs []TrainingRun
}

// TrainingRun is one run in Training.
type TrainingRun struct {
	// Name of the run in the legend.
	Name string

	// Loss names the kind of the training loss, with its unit if it has one;
	// runs with the same Loss share a panel. At most 12 kinds.
	Loss string

	// Steps and Losses are the recorded training losses, Steps not decreasing.
	// Both may be empty if the run has gaps.
	Steps, Losses []float64

	// GapSteps and Percent are the mean relative gaps on the validation
	// instances in per cent, one or more, GapSteps not decreasing. A negative
	// gap, an energy below the reference, counts as zero; a note says how many
	// there were. Both may be empty if the run has losses.
	GapSteps, Percent []float64
}

// Figure lays the chart out. It returns an error if there are no runs, a run has
// neither losses nor gaps, lengths differ, a value is not finite, steps decrease
// or there are more than 12 kinds of loss.
func (c Training) Figure() (*Figure, error) {
	if len(c.Runs) == 0 {
		return nil, fmt.Errorf("plots: Training: no runs")
	}
	var (
		xlo, xhi = math.Inf(1), math.Inf(-1)
		ylo, yhi = math.Inf(1), math.Inf(-1)
		kinds    []string
		anyGap   bool
		floor    bool
		below    int
	)
	for _, r := range c.Runs {
		if err := r.check(); err != nil {
			return nil, err
		}
		for _, s := range [][]float64{r.Steps, r.GapSteps} {
			if len(s) > 0 {
				xlo, xhi = min(xlo, s[0]), max(xhi, s[len(s)-1])
			}
		}
		if len(r.Steps) > 0 && !slices.Contains(kinds, r.Loss) {
			kinds = append(kinds, r.Loss)
		}
		for _, p := range r.Percent {
			anyGap = true
			if p < 0 {
				below++
			}
			if p <= 0 {
				floor = true
				continue
			}
			ylo, yhi = min(ylo, p), max(yhi, p)
		}
	}
	if len(kinds) > 12 {
		return nil, fmt.Errorf("plots: Training: %d kinds of loss, want at most 12", len(kinds))
	}
	if yhi < ylo {
		ylo, yhi = 0.1, 10
	}

	// Few kinds of loss stand in one column, many in two.
	columns := 1
	if len(kinds) > 3 {
		columns = 2
	}
	lines := (len(kinds) + columns - 1) / columns
	lossHeight := []vg.Length{0, 160, 110, 90}[min(lines, 3)]
	const gapHeight, gutter = 175, 12
	const head = 15 // room above a panel for its kind

	x := linear("training step", xlo, xhi, 8)
	gap := logarithmic(gapLabel("validation ", c.Proven), ylo, yhi, floor)
	loss := make([]axis, len(kinds))
	left := gap.left()
	between := vg.Length(0)
	for i, k := range kinds {
		loss[i] = c.lossAxis(k, lossHeight)
		if i%columns == 0 {
			left = max(left, loss[i].left())
		} else {
			between = max(between, loss[i].left()-normal)
		}
	}
	left += margin
	keys := flow(c.keys(), pageWidth-2*margin)
	notes := belowNote(below, c.Proven)
	title := clean(c.Title)
	top := margin + keyLine*vg.Length(len(keys)) + 4
	if title != "" {
		top += large + 8
	}
	losses := vg.Length(lines) * (lossHeight + head)
	if columns > 1 {
		losses += tickLength + tickGap + small // their own step labels
	}
	gaps := vg.Length(0)
	if anyGap {
		gaps = gapHeight + gutter
	}
	bottom := margin + noteLine*vg.Length(len(notes)) + x.below()
	height := top + losses + gaps + bottom

	paint := func(s sheet) {
		y := height - margin
		if title != "" {
			s.text(pageWidth/2, y, style{size: large, bold: true, x: 0.5, y: 1}, title)
			y -= large + 8
		}
		s.legend(margin, y, keys)

		width := (pageWidth - margin - left - vg.Length(columns-1)*(gutter+between)) / vg.Length(columns)
		for i, kind := range kinds {
			x0 := left + vg.Length(i%columns)*(width+gutter+between)
			y0 := height - top - vg.Length(i/columns+1)*(lossHeight+head)
			f := frame{Rectangle: rect(x0, y0, x0+width, y0+lossHeight), x: x, y: loss[i]}
			f.x.label, f.y.label = "", ""
			if kind = clean(kind); kind != "" {
				s.text(f.Min.X, f.Max.Y+4, style{size: small}, fit(kind, small, width))
			}
			s.grid(f)
			c.losses(s, f, kinds[i])
			s.outline(f.Rectangle, black, 0.8)
			// The lowest panel of a column has the labels unless the gaps follow.
			s.xAxis(f, i+columns >= len(kinds) && (columns > 1 || !anyGap))
			s.yAxis(f, true)
		}
		if len(kinds) > 0 {
			mid := height - top - (vg.Length(lines)*(lossHeight+head)+head)/2
			s.text(margin+normal, mid, style{size: normal, x: 0.5, up: true}, "training loss")
		}
		if !anyGap {
			s.text((left+pageWidth-margin)/2, bottom-x.below()+3, style{size: normal, x: 0.5}, x.label)
		} else {
			f := frame{Rectangle: rect(left, bottom, pageWidth-margin, bottom+gapHeight), x: x, y: gap}
			f.y.label = ""
			s.grid(f)
			c.gaps(s, f)
			s.outline(f.Rectangle, black, 0.8)
			s.xAxis(f, true)
			s.yAxis(f, true)
			s.text(margin+normal, bottom+gapHeight/2, style{size: normal, x: 0.5, up: true}, gap.label)
		}
		s.foot(margin, margin, notes)
	}
	return &Figure{Notes: notes, width: pageWidth, height: height, paint: paint}, nil
}

// check returns an error if the run cannot be drawn.
func (r TrainingRun) check() error {
	if len(r.Steps) == 0 && len(r.GapSteps) == 0 {
		return fmt.Errorf("plots: Training run %q: no values", r.Name)
	}
	for _, v := range []struct {
		name string
		x, y []float64
	}{{"losses", r.Steps, r.Losses}, {"gaps", r.GapSteps, r.Percent}} {
		if len(v.x) != len(v.y) {
			return fmt.Errorf("plots: Training run %q: %d steps for %d %s", r.Name, len(v.x), len(v.y), v.name)
		}
		if len(v.x) == 0 {
			continue
		}
		if err := check(fmt.Sprintf("Training run %q, steps of %s", r.Name, v.name), v.x); err != nil {
			return err
		}
		if err := check(fmt.Sprintf("Training run %q, %s", r.Name, v.name), v.y); err != nil {
			return err
		}
		if !slices.IsSorted(v.x) {
			return fmt.Errorf("plots: Training run %q: steps of %s decrease", r.Name, v.name)
		}
	}
	return nil
}

// line returns the colour, dash and marker of run i.
func (c Training) line(i int) (color.NRGBA, []vg.Length, marker) {
	n := len(palette)
	return palette[i%n], dashes[(i+i/n)%len(dashes)], marker((i + 2*(i/n)) % int(markers))
}

func (c Training) keys() []key {
	var keys []key
	for i, r := range c.Runs {
		colour, dash, m := c.line(i)
		keys = append(keys, key{r.Name, stroke(colour, dash, m)})
	}
	return keys
}

// smooth returns the centred running mean of v over a fortieth of its length; the
// window is cut off at the ends.
func smooth(v []float64) []float64 {
	half := len(v) / 80
	out := make([]float64, len(v))
	for i := range v {
		window := v[max(0, i-half):min(len(v), i+half+1)]
		out[i] = floats.Sum(window) / float64(len(window))
	}
	return out
}

// lossAxis returns the axis of the losses of one kind.
func (c Training) lossAxis(kind string, height vg.Length) axis {
	lo, hi := math.Inf(1), math.Inf(-1) // running means
	all := math.Inf(1)
	var raw []float64
	for _, r := range c.Runs {
		if r.Loss != kind || len(r.Losses) == 0 {
			continue
		}
		raw = append(raw, r.Losses...)
		m := smooth(r.Losses)
		lo, hi = min(lo, slices.Min(m)), max(hi, slices.Max(m))
		all = min(all, slices.Min(r.Losses))
	}
	q := quantiles(raw, 0.005, 0.995)
	from, to := min(lo, q[0]), max(hi, q[1])
	if all > 1e-30 && hi/lo > 50 {
		return logarithmic("training loss", from, to, false)
	}
	return linear("training loss", from, to, max(3, int(height/30)))
}

// losses draws the records of one kind and their running means, cut at the frame.
func (c Training) losses(s sheet, f frame, kind string) {
	draw := func(smoothed bool) {
		for i, r := range c.Runs {
			if r.Loss != kind || len(r.Losses) == 0 {
				continue
			}
			colour, dash, m := c.line(i)
			if len(r.Losses) == 1 {
				s.mark(m, f.point(r.Steps[0], r.Losses[0]), 2.8, colour, white, 0.5)
				continue
			}
			v, width := r.Losses, vg.Length(0.5)
			if smoothed {
				v, width = smooth(v), 1.5
			} else {
				colour, dash = fade(colour, 0.3), nil
			}
			pts := make([]vg.Point, len(v))
			for k := range v {
				pts[k] = f.point(r.Steps[k], v[k])
			}
			for _, l := range clip(f.Rectangle, pts) {
				s.dashed(colour, width, dash, l...)
			}
		}
	}
	draw(false)
	draw(true)
}

// gaps draws the validation gaps.
func (c Training) gaps(s sheet, f frame) {
	for i, r := range c.Runs {
		colour, dash, m := c.line(i)
		pts := make([]vg.Point, len(r.Percent))
		for k, p := range r.Percent {
			pts[k] = f.point(r.GapSteps[k], p)
		}
		s.dashed(colour, 1.5, dash, pts...)
		if len(pts) > 40 {
			continue
		}
		for _, p := range pts {
			s.mark(m, p, 2.8, colour, white, 0.5)
		}
	}
}
