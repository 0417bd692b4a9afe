package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"spinlearn/internal/base/stats"
)

// Training draws the runs of one comparison over the training step: the training
// loss above, the relative gap on validation instances below.
//
// Each kind of loss has a panel with its own axis, since kinds have different scales. A bold
// line is the running mean over a fortieth of the records, at least one; the records
// themselves are faint. The axis covers all running means and 99 % of the records; the rest
// run out of the panel. It is logarithmic if all records are positive and the running means
// span more than a factor of 50. Gaps have markers if the run has at most 40.
type Training struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that the gaps are to proven ground states; if not, labels say "reference".
	Proven bool

	// Runs have one colour and dash each, and the marker of their loss.
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
		xlo, xhi     = math.Inf(1), math.Inf(-1)
		y            = newLogRange()
		kinds, names []string
		anyGap       bool
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
		names = append(names, r.Loss)
		for _, p := range r.Percent {
			anyGap = true
			y.add(p, 0)
		}
	}
	if len(kinds) > 12 {
		return nil, fmt.Errorf("plots: Training: %d kinds of loss, want at most 12", len(kinds))
	}
	var (
		looks   []look
		keys    []key
		markers = places(names)
	)
	for i, r := range c.Runs {
		l := look{palette[i%len(palette)], plotutil.Dashes(i), shapes[markers[r.Loss]%len(shapes)]}
		looks = append(looks, l)
		keys = append(keys, key{r.Name, l.sample(false)})
	}

	// Few kinds of loss stand in one column, many in two. The gaps follow below.
	var blocks []panels
	var heights []vg.Length
	if n := len(kinds); n > 0 {
		b := panels{columns: 1, y: "training loss"}
		if n > 3 {
			b.columns = 2
		}
		lines := (n + b.columns - 1) / b.columns
		height := []vg.Length{0, 160, 110, 90}[min(lines, 3)]
		for _, kind := range kinds {
			p := newPlot()
			linear(&p.X, xlo, xhi, 8/b.columns)
			c.lossAxis(&p.Y, kind, height)
			heading(p, kind, bodyWidth/vg.Length(b.columns)-50)
			show(p, c.losses(kind, looks)...)
			b.plots = append(b.plots, p)
		}
		b.shareX()
		blocks, heights = append(blocks, b), append(heights, height*vg.Length(lines))
	}
	if anyGap {
		p := newPlot()
		linear(&p.X, xlo, xhi, 8)
		logarithmic(&p.Y, y)
		show(p, c.gaps(looks)...)
		blocks, heights = append(blocks, one(p, "", gapLabel("validation ", c.Proven))), append(heights, 175)
	}
	blocks[len(blocks)-1].x = "training step"
	var height, left vg.Length
	for i, b := range blocks {
		w, h := b.room()
		left = max(left, w)
		heights[i] += h
		height += heights[i]
	}
	return page{
		title: c.Title, keys: keys, notes: belowNote(y.below, c.Proven), height: height + gutter*vg.Length(len(blocks)-1),
		body: func(d draw.Canvas) {
			for i, b := range blocks {
				indent := vg.Length(0)
				if blocks[0].columns == 1 { // all frames begin at one place
					w, _ := b.room()
					indent = left - w
				}
				b.draw(draw.Crop(d, indent, 0, d.Size().Y-heights[i], 0))
				d.Max.Y -= heights[i] + gutter
			}
		},
	}.figure(), nil
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

// smooth returns the centred running mean of v over a fortieth of its length; the
// window is cut off at the ends.
func smooth(v []float64) []float64 {
	half := len(v) / 80
	out := make([]float64, len(v))
	for i := range v {
		out[i] = stat.Mean(v[max(0, i-half):min(len(v), i+half+1)], nil)
	}
	return out
}

// lossAxis sets the axis of the losses of one kind.
func (c Training) lossAxis(a *plot.Axis, kind string, height vg.Length) {
	var raw, means []float64
	for _, r := range c.Runs {
		if r.Loss == kind {
			raw, means = append(raw, r.Losses...), append(means, smooth(r.Losses)...)
		}
	}
	lo, hi := slices.Min(means), slices.Max(means)
	q := stats.Quantiles(raw, 0.005, 0.995)
	from, to := min(lo, q[0]), max(hi, q[1])
	if slices.Min(raw) > 1e-30 && hi/lo > 50 {
		logarithmic(a, logRange{lo: from, hi: to})
	} else {
		linear(a, from, to, max(3, int(height/30)))
	}
}

// losses returns the records of one kind and, over them, the running means.
func (c Training) losses(kind string, looks []look) (records []plot.Plotter) {
	var means []plot.Plotter
	for i, r := range c.Runs {
		if r.Loss != kind || len(r.Losses) == 0 {
			continue
		}
		raw, mean, style := xys(r.Steps, r.Losses), xys(r.Steps, smooth(r.Losses)), looks[i].line()
		records = append(records, &plotter.Line{XYs: raw, LineStyle: draw.LineStyle{Color: fade(looks[i].colour, 0.3), Width: 0.5}})
		means = append(means, &plotter.Line{XYs: mean, LineStyle: style})
		if len(raw) == 1 {
			means = append(means, &plotter.Scatter{XYs: raw, GlyphStyle: looks[i].mark()})
		}
	}
	return append(records, means...)
}

// gaps returns the validation gaps.
func (c Training) gaps(looks []look) (data []plot.Plotter) {
	for i, r := range c.Runs {
		points := xys(r.GapSteps, r.Percent)
		for k := range points {
			points[k].Y = max(0, points[k].Y)
		}
		data = append(data, &plotter.Line{XYs: points, LineStyle: looks[i].line()})
		if len(points) <= 40 {
			data = append(data, &plotter.Scatter{XYs: points, GlyphStyle: looks[i].mark()})
		}
	}
	return data
}

func xys(x, y []float64) plotter.XYs {
	points := make(plotter.XYs, len(x))
	for i := range x {
		points[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return points
}
