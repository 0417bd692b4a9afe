package plots

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of a page in points.
const (
	pageWidth vg.Length = 576 // 8 inches
	margin    vg.Length = 8
	bodyWidth           = pageWidth - 2*margin

	keySample vg.Length = 25
	keyGap    vg.Length = 5  // sample to name
	keySpace  vg.Length = 16 // entry to entry
	keyLine   vg.Length = 14
	noteLine  vg.Length = 12
)

// page is a chart from top to bottom: title, legend, body, caption and notes.
type page struct {
	title   string
	keys    []key
	height  vg.Length           // of the body
	body    func(c draw.Canvas) // draws into c, bodyWidth wide and height high
	caption []string
	notes   []string
}

// figure lays the page out.
func (p page) figure() *Figure {
	title := fit(clean(p.title), 1.1*large, bodyWidth) // bold letters are wider
	legend := flow(p.keys, bodyWidth)
	top := margin + keyLine*vg.Length(len(legend))
	if title != "" {
		top += large + 8
	}
	if len(legend) > 0 {
		top += 4
	}
	bottom := margin
	if n := len(p.caption) + len(p.notes); n > 0 {
		bottom += 3 + noteLine*vg.Length(n)
	}
	height := top + p.height + bottom
	paint := func(c draw.Canvas) {
		y := height - margin
		if title != "" {
			c.FillText(bold(words(large, draw.XCenter, atTop)), vg.Point{X: pageWidth / 2, Y: y}, title)
			y -= large + 8
		}
		for _, line := range legend {
			x := margin
			for _, k := range line {
				k.draw(c, vg.Point{X: x, Y: y - keyLine/2})
				x += k.width() + keySpace
			}
			y -= keyLine
		}
		p.body(draw.Crop(c, margin, -margin, bottom, -top))
		y = bottom - noteLine
		for _, t := range p.caption {
			c.FillText(words(small, draw.XLeft, atBase), vg.Point{X: margin, Y: y}, t)
			y -= noteLine
		}
		for _, t := range p.notes {
			c.FillText(coloured(words(small, draw.XLeft, atBase), grey), vg.Point{X: margin, Y: y}, t)
			y -= noteLine
		}
	}
	return &Figure{Notes: p.notes, width: pageWidth, height: height, paint: paint}
}

// key is one entry of a legend: samples drawn over each other, and what they stand for.
type key struct {
	name    string
	samples []plot.Thumbnailer
}

func (k key) width() vg.Length { return keySample + keyGap + textWidth(k.name, small) }

// draw draws k with its left end at p, centred on the height of p.
func (k key) draw(c draw.Canvas, p vg.Point) {
	c.Rectangle = rect(p.X, p.Y-4.5, p.X+keySample, p.Y+4.5)
	for _, s := range k.samples {
		s.Thumbnail(&c)
	}
	c.FillText(words(small, draw.XLeft, atMiddle), p.Add(vg.Point{X: keySample + keyGap}), k.name)
}

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

// sample is a Thumbnailer that is a function.
type sample func(c *draw.Canvas)

func (s sample) Thumbnail(c *draw.Canvas) { s(c) }

// swatch is the sample of a filled area.
func swatch(c color.Color) sample {
	return func(d *draw.Canvas) { fill(*d, d.Rectangle, c) }
}

func fill(c draw.Canvas, r vg.Rectangle, colour color.Color) {
	c.SetColor(colour)
	c.Fill(r.Path())
}

func rect(x0, y0, x1, y1 vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}}
}
