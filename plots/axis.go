package plots

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// zeroStrip is the part of a logarithmic axis that is given to zero if there are zeros.
const zeroStrip = 0.075

// logScale is plot.LogScale above a strip for zero, which may be 0 wide. Zero lies in the
// middle of the strip and a negative value outside the axis, so that an error bar that
// reaches below zero runs out of the frame.
type logScale struct{ strip float64 }

func (s logScale) Normalize(lo, hi, v float64) float64 {
	switch {
	case v < 0 || v == 0 && s.strip == 0:
		return -1
	case v < lo && s.strip > 0:
		return s.strip * (1 + v/lo) / 2
	}
	return s.strip + (1-s.strip)*plot.LogScale{}.Normalize(lo, hi, v)
}

// strip returns the part of a that is given to zero.
func strip(a plot.Axis) float64 {
	s, _ := a.Scale.(logScale)
	return s.strip
}

// linear gives a the range lo to hi with a margin and about n labels.
func linear(a *plot.Axis, lo, hi float64, n int) {
	span := hi - lo
	// Differences below twelve digits are rounding; a flat range is widened.
	if scale := math.Max(math.Abs(lo), math.Abs(hi)); span <= 1e-9*scale || span == 0 {
		span = math.Max(0.02*scale, 1e-3)
		mid := lo + (hi-lo)/2
		lo, hi = mid-span/2, mid+span/2
	}
	a.Min, a.Max = lo-0.04*span, hi+0.04*span
	a.Tick.Marker = plot.ConstantTicks(linearTicks(a.Min, a.Max, n))
}

// linearTicks labels about n round values, each with the digits of the step; those of
// plot.DefaultTicks are about three and round -1.35 to -1.4.
func linearTicks(lo, hi float64, n int) []plot.Tick {
	least := (hi - lo) / float64(n+1)
	power := math.Pow(10, math.Floor(math.Log10(least)))
	step := power
	for _, m := range []float64{2, 5, 10} {
		if step < least*0.999 {
			step = m * power
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	for i := math.Ceil(lo / step); i*step <= hi; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: decimal(i*step, digits)})
	}
	return ticks
}

// logarithmic gives a the range r with a margin, widened to a factor of at least 10, or 0.1
// to 10 if r has no positive values, and a strip for zero if r has zeros.
func logarithmic(a *plot.Axis, r logRange) {
	if r.lo > r.hi {
		r.lo, r.hi = 0.1, 10
	}
	lo, hi := r.lo/1.25, r.hi*1.25
	if hi/lo < 10 {
		mid := math.Sqrt(lo) * math.Sqrt(hi)
		lo, hi = mid/math.Sqrt(10), mid*math.Sqrt(10)
	}
	a.Min, a.Max, a.Scale = lo, hi, logScale{}
	var ticks []plot.Tick
	if r.zero {
		a.Scale = logScale{zeroStrip}
		ticks = append(ticks, plot.Tick{Value: 0, Label: "0"})
	}
	first, last := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	every := 1 + (last-first)/11
	fine := math.Log10(hi/lo) < 2.2 // label 2 and 5 too
	for e := first; e <= last; e++ {
		for m := 1; m < 10; m++ {
			v := float64(m) * math.Pow(10, float64(e))
			if v < lo || v > hi || m > 1 && every > 1 {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 && e%every == 0 || fine && (m == 2 || m == 5) {
				t.Label = number(v)
			}
			ticks = append(ticks, t)
		}
	}
	a.Tick.Marker = plot.ConstantTicks(ticks)
}

// spaced takes the labels off ticks that would touch the labelled tick before on an axis of
// the given length. extent is what a label takes of it.
func spaced(a *plot.Axis, length vg.Length, extent func(label string) vg.Length) {
	var ticks []plot.Tick
	var last, room float64
	for _, t := range a.Tick.Marker.Ticks(a.Min, a.Max) {
		at, half := a.Norm(t.Value), float64(extent(t.Label)/length)/2
		if room > 0 && math.Abs(at-last) < room+half {
			t.Label = ""
		}
		if !t.IsMinor() {
			last, room = at, half
		}
		ticks = append(ticks, t)
	}
	a.Tick.Marker = plot.ConstantTicks(ticks)
}

// logRange is the range of the values on a logarithmic axis.
type logRange struct {
	lo, hi float64 // of the positive values
	zero   bool    // a value is zero or negative
	below  int     // number of negative values
}

func newLogRange() logRange { return logRange{lo: math.Inf(1), hi: math.Inf(-1)} }

// add adds a value with its error. A negative value counts as zero.
func (r *logRange) add(v, err float64) {
	if v < 0 {
		r.below++
	}
	if v <= 0 {
		r.zero = true
		return
	}
	// A long error bar runs out of the frame.
	r.lo, r.hi = min(r.lo, max(v-err, v/2)), max(r.hi, v+err)
}

// zeroLine draws the edge of the strip for zero of the axes that have one.
func zeroLine(c draw.Canvas, p *plot.Plot) {
	style := draw.LineStyle{Color: grey, Width: 0.7, Dashes: []vg.Length{2, 2}}
	if u := strip(p.X); u > 0 {
		c.StrokeLine2(style, c.X(u), c.Min.Y, c.X(u), c.Max.Y)
	}
	if u := strip(p.Y); u > 0 {
		c.StrokeLine2(style, c.Min.X, c.Y(u), c.Max.X, c.Y(u))
	}
}
