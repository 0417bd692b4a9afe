package plots

import (
	"image/color"

	"gonum.org/v1/plot/vg"
)

// key is one entry of a legend: a sample and what it stands for.
type key struct {
	name   string
	sample func(s sheet, r vg.Rectangle) // draws inside r
}

// Sizes of a legend in points.
const (
	keySample vg.Length = 25
	keyGap    vg.Length = 5  // sample to name
	keySpace  vg.Length = 16 // entry to entry
	keyLine   vg.Length = 14
)

func (k key) width() vg.Length { return keySample + keyGap + textWidth(k.name, small) }

// flow breaks keys into lines no wider than width.
func flow(keys []key, width vg.Length) [][]key {
	var lines [][]key
	var x vg.Length
	for _, k := range keys {
		k.name = fit(clean(k.name), small, width-keySample-keyGap)
		if w := k.width(); len(lines) > 0 && x+keySpace+w <= width {
			lines[len(lines)-1] = append(lines[len(lines)-1], k)
			x += keySpace + w
		} else {
			lines = append(lines, []key{k})
			x = w
		}
	}
	return lines
}

// legend draws the lines of flow downwards from (x, top).
func (s sheet) legend(x, top vg.Length, lines [][]key) {
	for i, line := range lines {
		at, y := x, top-keyLine*(vg.Length(i)+0.5)
		for _, k := range line {
			s.key(at, y, k)
			at += k.width() + keySpace
		}
	}
}

// key draws one entry with its left end at (x, y), centred on y.
func (s sheet) key(x, y vg.Length, k key) {
	k.sample(s, rect(x, y-4.5, x+keySample, y+4.5))
	s.text(x+keySample+keyGap, y, style{size: small, y: 0.5}, k.name)
}

// swatch is the sample of a filled area with an optional line through it.
func swatch(fill color.Color, line color.Color) func(sheet, vg.Rectangle) {
	return func(s sheet, r vg.Rectangle) {
		s.fill(r, fill)
		if line != nil {
			x := (r.Min.X + r.Max.X) / 2
			s.line(line, 1.2, vg.Point{X: x, Y: r.Min.Y}, vg.Point{X: x, Y: r.Max.Y})
		}
	}
}

// stroke is the sample of a line, with a marker on it if m is not negative.
func stroke(c color.Color, dash []vg.Length, m marker) func(sheet, vg.Rectangle) {
	return func(s sheet, r vg.Rectangle) {
		y := (r.Min.Y + r.Max.Y) / 2
		s.dashed(c, 1.5, dash, vg.Point{X: r.Min.X, Y: y}, vg.Point{X: r.Max.X, Y: y})
		if m >= 0 {
			s.mark(m, vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: y}, 2.8, c, white, 0.5)
		}
	}
}

// colours gives every distinct name a colour, in order of first appearance.
type colours struct {
	names []string
}

func (c *colours) of(name string) color.NRGBA {
	for i, n := range c.names {
		if n == name {
			return palette[i%len(palette)]
		}
	}
	c.names = append(c.names, name)
	return palette[(len(c.names)-1)%len(palette)]
}

// foot draws notes upwards so that the last stands at y, in small grey text.
func (s sheet) foot(x, y vg.Length, notes []string) {
	for i, n := range notes {
		s.text(x, y+noteLine*vg.Length(len(notes)-1-i), style{size: small, colour: grey}, n)
	}
}

const noteLine vg.Length = 12
