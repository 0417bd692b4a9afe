package plots

import (
	"gonum.org/v1/plot/vg"
)

// Sizes of the charts with one row a method, in points.
const (
	pageWidth vg.Length = 576 // 8 inches
	margin    vg.Length = 8
	rowHeight vg.Length = 19
)

// rows lays out a chart with one row a method: names on the left, a column of
// text on the right, a legend above and notes below.
type rows struct {
	title  string
	names  []string
	column string   // heading of the right column
	values []string // right column, one a row
	x      axis
	keys   []key
	notes  []string
}

// figure returns the chart; data draws into the frame, where row i has its
// middle at y(i).
func (r rows) figure(data func(s sheet, f frame, y func(i int) vg.Length)) *Figure {
	left := vg.Length(0)
	for i, n := range r.names {
		r.names[i] = fit(clean(n), small, 0.40*pageWidth)
		left = max(left, textWidth(r.names[i], small))
	}
	right := textWidth(r.column, small)
	for _, v := range r.values {
		right = max(right, textWidth(v, small))
	}
	keys := flow(r.keys, pageWidth-2*margin)

	var (
		head   = margin + keyLine*vg.Length(len(keys)) + 4 + keyLine
		body   = rowHeight * vg.Length(len(r.names))
		bottom = margin + noteLine*vg.Length(len(r.notes)) + r.x.below()
	)
	if r.title = clean(r.title); r.title != "" {
		head += large + 8
	}
	height := head + body + bottom

	paint := func(s sheet) {
		f := frame{
			Rectangle: rect(margin+left+8, bottom, pageWidth-margin-right-8, bottom+body),
			x:         r.x,
		}
		top := height - margin
		if r.title != "" {
			s.text(pageWidth/2, top, style{size: large, bold: true, x: 0.5, y: 1}, r.title)
			top -= large + 8
		}
		s.legend(margin, top, keys)

		y := func(i int) vg.Length { return f.Max.Y - rowHeight*(vg.Length(i)+0.5) }
		s.text(pageWidth-margin, f.Max.Y+5, style{size: small, colour: grey, x: 1}, r.column)
		for i, n := range r.names {
			if i%2 == 1 {
				s.fill(rect(margin, y(i)-rowHeight/2, pageWidth-margin, y(i)+rowHeight/2), stripe)
			}
			s.text(f.Min.X-8, y(i), style{size: small, x: 1, y: 0.5}, n)
			s.text(pageWidth-margin, y(i), style{size: small, x: 1, y: 0.5}, r.values[i])
		}
		s.grid(f)
		data(s, f, y)
		s.axes(f)
		s.foot(margin, margin, r.notes)
	}
	return &Figure{Notes: r.notes, width: pageWidth, height: height, paint: paint}
}

// groupKeys returns a swatch for every named group, or none if there is none.
func groupKeys(c *colours) []key {
	var keys []key
	for _, g := range c.names {
		if g != "" {
			keys = append(keys, key{g, swatch(c.of(g), nil)})
		}
	}
	return keys
}
