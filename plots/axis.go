package plots

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// axis maps values to the unit interval.
type axis struct {
	label    string
	min, max float64
	log      bool
	floor    bool // a strip for zero below the logarithmic range
	ticks    []plot.Tick
}

// floorWidth is the part of an axis given to zero.
const floorWidth = 0.075

// at returns the place of v, 0 to 1 within the range. On an axis with a floor
// zero and less lie in the middle of the strip.
func (a axis) at(v float64) float64 {
	if !a.log {
		return (v - a.min) / (a.max - a.min)
	}
	if a.floor && v <= 0 {
		return floorWidth / 2
	}
	if v < a.min {
		v = a.min
	}
	u := math.Log(v/a.min) / math.Log(a.max/a.min)
	if a.floor {
		u = floorWidth + (1-floorWidth)*u
	}
	return u
}

// linear returns an axis over lo to hi with a margin and about n labelled ticks.
func linear(label string, lo, hi float64, n int) axis {
	span := hi - lo
	// Differences below twelve digits are rounding; a flat range is widened.
	if scale := math.Max(math.Abs(lo), math.Abs(hi)); span <= 1e-9*scale || span == 0 {
		span = math.Max(0.02*scale, 1e-3)
		mid := lo + (hi-lo)/2
		lo, hi = mid-span/2, mid+span/2
	}
	a := axis{label: label, min: lo - 0.04*span, max: hi + 0.04*span}
	a.ticks = linearTicks(a.min, a.max, n)
	return a
}

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
		v := i * step
		ticks = append(ticks, plot.Tick{Value: v, Label: decimal(v, digits)})
	}
	return ticks
}

// logarithmic returns an axis over the positive values lo to hi, widened to a
// factor of at least 10. If floor is set it begins with a strip for zero.
func logarithmic(label string, lo, hi float64, floor bool) axis {
	lo, hi = lo/1.25, hi*1.25
	if hi/lo < 10 {
		mid := math.Sqrt(lo) * math.Sqrt(hi)
		lo, hi = mid/math.Sqrt(10), mid*math.Sqrt(10)
	}
	a := axis{label: label, min: lo, max: hi, log: true, floor: floor}
	first, last := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	every := 1 + (last-first)/11
	fine := math.Log10(hi/lo) < 2.2 // label 2 and 5 too
	for e := first; e <= last; e++ {
		for m := 1; m < 10; m++ {
			v := float64(m) * math.Pow(10, float64(e))
			if v < lo || v > hi {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 && e%every == 0 || fine && (m == 2 || m == 5) {
				t.Label = number(v)
			}
			if m == 1 || every == 1 {
				a.ticks = append(a.ticks, t)
			}
		}
	}
	if floor {
		a.ticks = append(a.ticks, plot.Tick{Value: 0, Label: "0"})
	}
	return a
}

// decimal writes v with a fixed number of digits and a true minus sign.
func decimal(v float64, digits int) string {
	if digits > 6 || math.Abs(v) >= 1e6 {
		return number(v)
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // no negative zero
	}
	return strings.Replace(s, "-", "−", 1)
}

// energy writes v with four decimals, or four digits where the decimals are all zero.
func energy(v float64) string {
	s := decimal(v, 4)
	if strings.Trim(s, "−0.") == "" {
		return number(v)
	}
	return s
}

// number writes v in the fewest of at most four digits.
func number(v float64) string {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e6) {
		m, e, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
		n, _ := strconv.Atoi(e)
		return strings.ReplaceAll(m+"e"+strconv.Itoa(n), "-", "−")
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", "−", 1)
}

// frame is the data rectangle of a chart with its axes.
type frame struct {
	vg.Rectangle
	x, y axis
}

func (f frame) px(v float64) vg.Length { return f.Min.X + vg.Length(f.x.at(v))*f.Size().X }
func (f frame) py(v float64) vg.Length { return f.Min.Y + vg.Length(f.y.at(v))*f.Size().Y }

func (f frame) point(x, y float64) vg.Point { return vg.Point{X: f.px(x), Y: f.py(y)} }

const (
	tickLength vg.Length = 3.5
	tickGap    vg.Length = 3
)

// tickWidth returns the width of the widest tick label of a.
func (a axis) tickWidth() vg.Length {
	var w vg.Length
	for _, t := range a.ticks {
		w = max(w, textWidth(t.Label, small))
	}
	return w
}

// left is the room the vertical axis needs beside the frame.
func (a axis) left() vg.Length {
	w := a.tickWidth() + tickLength + tickGap
	if a.label != "" {
		w += normal + 7
	}
	return w
}

// below is the room the horizontal axis needs under the frame.
func (a axis) below() vg.Length {
	h := tickLength + tickGap + small
	if a.label != "" {
		h += normal + 6
	}
	return h
}

// grid draws light lines at the labelled ticks, under the data.
func (s sheet) grid(f frame) {
	for _, t := range f.x.ticks {
		if x := f.px(t.Value); t.Label != "" {
			s.line(faint, 0.6, vg.Point{X: x, Y: f.Min.Y}, vg.Point{X: x, Y: f.Max.Y})
		}
	}
	for _, t := range f.y.ticks {
		if y := f.py(t.Value); t.Label != "" {
			s.line(faint, 0.6, vg.Point{X: f.Min.X, Y: y}, vg.Point{X: f.Max.X, Y: y})
		}
	}
	wall := []vg.Length{2, 2}
	if f.x.floor {
		x := f.Min.X + floorWidth*f.Size().X
		s.dashed(grey, 0.7, wall, vg.Point{X: x, Y: f.Min.Y}, vg.Point{X: x, Y: f.Max.Y})
	}
	if f.y.floor {
		y := f.Min.Y + floorWidth*f.Size().Y
		s.dashed(grey, 0.7, wall, vg.Point{X: f.Min.X, Y: y}, vg.Point{X: f.Max.X, Y: y})
	}
}

// axes draws the border, the ticks and labels of the axes that have ticks. It
// leaves out tick labels that would touch the one before.
func (s sheet) axes(f frame) {
	s.outline(f.Rectangle, black, 0.8)
	s.xAxis(f, true)
	s.yAxis(f, true)
}

// xAxis draws the horizontal axis; without labels only its ticks.
func (s sheet) xAxis(f frame, labels bool) {
	free := vg.Length(math.Inf(-1))
	if !labels {
		free = vg.Length(math.Inf(1))
	}
	for _, t := range f.x.ticks {
		x, long := f.px(t.Value), tickLength
		if t.Label == "" {
			long /= 2
		}
		s.line(black, 0.7, vg.Point{X: x, Y: f.Min.Y}, vg.Point{X: x, Y: f.Min.Y - long})
		half := textWidth(t.Label, small) / 2
		if t.Label == "" || x-half < free && t.Value != 0 || !labels {
			continue
		}
		s.text(x, f.Min.Y-tickLength-tickGap, style{size: small, x: 0.5, y: 1}, t.Label)
		if t.Value != 0 || !f.x.floor {
			free = x + half + 4
		}
	}
	if f.x.label != "" && labels {
		y := f.Min.Y - tickLength - tickGap - small - 3
		s.text((f.Min.X+f.Max.X)/2, y, style{size: normal, x: 0.5, y: 1}, f.x.label)
	}
}

// yAxis draws the vertical axis; without labels only its ticks.
func (s sheet) yAxis(f frame, labels bool) {
	for _, t := range f.y.ticks {
		y, long := f.py(t.Value), tickLength
		if t.Label == "" {
			long /= 2
		}
		s.line(black, 0.7, vg.Point{X: f.Min.X, Y: y}, vg.Point{X: f.Min.X - long, Y: y})
		crowded := f.y.floor && t.Value != 0 && y-f.py(0) < small+2 // by the label of zero
		if labels && t.Label != "" && !crowded {
			s.text(f.Min.X-tickLength-tickGap, y, style{size: small, x: 1, y: 0.5}, t.Label)
		}
	}
	if f.y.label != "" && labels {
		x := f.Min.X - tickLength - tickGap - f.y.tickWidth() - 6
		s.text(x, (f.Min.Y+f.Max.Y)/2, style{size: normal, x: 0.5, up: true}, f.y.label)
	}
}
