package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// tag is a short text to be placed near a point.
type tag struct {
	text   string
	bold   bool
	colour color.NRGBA
	at     vg.Point

	// Set by place.
	box    vg.Rectangle
	leader bool // so far from the point that a line joins them
}

func (t tag) style() text.Style {
	s := words(small, draw.XCenter, atMiddle)
	if t.bold {
		s = bold(s)
	}
	return s
}

// tagHeight is the height of a tag in points.
const tagHeight = capital*small + 3

// placer finds room for tags among obstacles.
type placer struct {
	bounds vg.Rectangle
	marks  []vg.Rectangle // markers of points
	lines  [][2]vg.Point  // curves
	tags   []tag
}

// place sets the box of each tag: of the candidates in rings about its point, the one of
// lowest cost given the other tags. In four rounds early tags make way for later ones.
func (pl *placer) place() {
	placed := make([]bool, len(pl.tags))
	for range 4 {
		for i := range pl.tags {
			t := &pl.tags[i]
			placed[i] = false
			w := t.style().Width(t.text) + 3
			best := math.Inf(1)
			var found tag
			for ring, gap := range []vg.Length{4, 6, 9, 13, 18, 25, 34, 45, 60, 80} {
				for k := range 16 {
					// Right first, then the sides in turn.
					turn := float64((k+1)/2) * math.Pi / 8
					if k%2 == 1 {
						turn = -turn
					}
					try := *t
					try.box, try.leader = beside(t.at, gap, turn, w), gap > 7
					cost := pl.cost(try, placed) + 0.6*float64(ring) + 0.01*float64(k)
					if cost < best {
						best, found = cost, try
					}
				}
			}
			*t, placed[i] = found, true
		}
	}
}

// beside returns the box of a tag of width w in the given direction from p, at
// the distance gap from it.
func beside(p vg.Point, gap vg.Length, turn float64, w vg.Length) vg.Rectangle {
	dx, dy := vg.Length(math.Cos(turn)), vg.Length(math.Sin(turn))
	// The centre moves on an ellipse about p, so that the box clears it evenly.
	c := vg.Point{X: p.X + dx*(gap+w/2), Y: p.Y + dy*(gap+tagHeight/2)}
	return rect(c.X-w/2, c.Y-tagHeight/2, c.X+w/2, c.Y+tagHeight/2)
}

// cost weighs what t covers among the tags placed and the rest of the chart.
func (pl *placer) cost(t tag, placed []bool) float64 {
	var cost float64
	if b := pl.bounds; !inside(b, t.box.Min) || !inside(b, t.box.Max) {
		cost += 1e6
	}
	end := nearest(t.box, t.at)
	for i, o := range pl.tags {
		if !placed[i] {
			continue
		}
		if area := overlap(o.box, t.box); area > 0 {
			cost += 1000 + area
		}
		far := nearest(o.box, o.at)
		if t.leader && crosses(o.box, t.at, end) {
			cost += 300
		}
		if o.leader && crosses(t.box, o.at, far) {
			cost += 300
		}
		if t.leader && o.leader && meet(t.at, end, o.at, far) {
			cost += 100
		}
	}
	for _, m := range pl.marks {
		if area := overlap(m, t.box); area > 0 {
			cost += 200 + area
		}
		if t.leader && !inside(m, t.at) && crosses(m, t.at, end) {
			cost += 15
		}
	}
	for _, l := range pl.lines {
		if crosses(t.box, l[0], l[1]) {
			cost += 8
		}
	}
	return cost
}

// nearest returns the point of r nearest to p.
func nearest(r vg.Rectangle, p vg.Point) vg.Point {
	return vg.Point{X: min(max(p.X, r.Min.X), r.Max.X), Y: min(max(p.Y, r.Min.Y), r.Max.Y)}
}

func inside(r vg.Rectangle, p vg.Point) bool { return nearest(r, p) == p }

// overlap returns the area common to a and b.
func overlap(a, b vg.Rectangle) float64 {
	w := min(a.Max.X, b.Max.X) - max(a.Min.X, b.Min.X)
	h := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return float64(w * h)
}

// crosses tells whether the segment from p to q meets r.
func crosses(r vg.Rectangle, p, q vg.Point) bool {
	if inside(r, p) || inside(r, q) {
		return true
	}
	a, b := vg.Point{X: r.Min.X, Y: r.Max.Y}, vg.Point{X: r.Max.X, Y: r.Min.Y}
	return meet(p, q, r.Min, r.Max) || meet(p, q, a, b)
}

// meet tells whether the segments p–q and a–b cross.
func meet(p, q, a, b vg.Point) bool {
	side := func(u, v, w vg.Point) vg.Length { return (v.X-u.X)*(w.Y-u.Y) - (v.Y-u.Y)*(w.X-u.X) }
	return side(p, q, a)*side(p, q, b) < 0 && side(a, b, p)*side(a, b, q) < 0
}
