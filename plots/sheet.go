package plots

import (
	"image/color"
	"math"
	"strings"
	"unicode"

	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Text sizes in points.
const (
	small  vg.Length = 9
	normal vg.Length = 10
	large  vg.Length = 12
)

// palette holds the colours of Okabe and Ito, "Color Universal Design" (2008),
// without yellow, which is illegible as a line on white.
var palette = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermillion
	{0x00, 0x9e, 0x73, 0xff}, // bluish green
	{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
	{0x50, 0x50, 0x50, 0xff}, // dark grey
}

var (
	black  = color.NRGBA{A: 0xff}
	white  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	grey   = color.NRGBA{0x80, 0x80, 0x80, 0xff}
	faint  = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff} // grid lines
	stripe = color.NRGBA{0xf6, 0xf6, 0xf6, 0xff} // every other row
	band   = color.NRGBA{0xf0, 0xe4, 0x42, 0x60} // range of the ground truth
)

// dashes tell lines of one colour apart; the first is solid.
var dashes = [][]vg.Length{nil, {6, 2.5}, {1.5, 2}, {8, 2, 1.5, 2}, {3, 2}}

// fade returns c with the given opacity from 0 to 1.
func fade(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(math.Round(255 * opacity))
	return c
}

// fonts is a cache of our own, so that no other user of gonum/plot changes it.
var fonts = font.NewCache(liberation.Collection())

func face(size vg.Length, bold bool) font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		f.Weight = stdfont.WeightBold
	}
	return fonts.Lookup(f, size)
}

// clean makes s one line of printable text.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "?")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

func textWidth(s string, size vg.Length) vg.Length {
	f := face(size, false)
	return f.Width(s)
}

// fit returns s, or s cut short with an ellipsis to take at most width.
func fit(s string, size, width vg.Length) string {
	if textWidth(s, size) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 1 {
		r = r[:len(r)-1]
		if t := strings.TrimRight(string(r), " ·,+") + "…"; textWidth(t, size) <= width {
			return t
		}
	}
	return "…"
}

// wrap breaks s at spaces into at most lines lines of the given width; the last
// line is cut short if it must be.
func wrap(s string, size, width vg.Length, lines int) []string {
	var out []string
	for words := strings.Fields(s); len(words) > 0; {
		if len(out) == lines-1 {
			return append(out, fit(strings.Join(words, " "), size, width))
		}
		n := 1
		for n < len(words) && textWidth(strings.Join(words[:n+1], " "), size) <= width {
			n++
		}
		out = append(out, fit(strings.Join(words[:n], " "), size, width))
		words = words[n:]
	}
	return out
}

// sheet is the page a chart is drawn on; the origin is at the lower left.
type sheet struct {
	draw.Canvas
	outlines bool // draw text as filled outlines of its letters
}

// style says how a string is drawn. The anchors are fractions of the size of the
// text: x = 0 puts its left end at the point, 1 its right end; y = 0 puts the
// base line at the point, 1 the top of the capitals.
type style struct {
	size   vg.Length
	bold   bool
	colour color.Color // nil means black
	x, y   float64
	up     bool // reads upwards
}

// capital is the height of a capital letter of Liberation Sans in units of the
// text size.
const capital = 0.69

func (s sheet) text(x, y vg.Length, st style, txt string) {
	f := face(st.size, st.bold)
	if st.colour == nil {
		st.colour = black
	}
	s.SetColor(st.colour)
	dx := -vg.Length(st.x) * f.Width(txt)
	dy := -vg.Length(st.y) * capital * st.size
	if !st.up {
		s.letters(f, vg.Point{X: x + dx, Y: y + dy}, txt)
		return
	}
	s.Push()
	s.Translate(vg.Point{X: x, Y: y})
	s.Rotate(math.Pi / 2)
	s.letters(f, vg.Point{X: dx, Y: dy}, txt)
	s.Pop()
}

// letters draws txt with the left end of its base line at p.
func (s sheet) letters(f font.Face, p vg.Point, txt string) {
	if !s.outlines {
		s.FillString(f, p, txt)
		return
	}
	var (
		buf  sfnt.Buffer
		em   = fixed.Int26_6(f.Face.UnitsPerEm()) // one unit of the font is 1/64 pixel
		unit = f.Font.Size / vg.Length(em)
	)
	for i, r := range txt {
		g, err := f.Face.GlyphIndex(&buf, r)
		if err != nil {
			continue
		}
		outline, err := f.Face.LoadGlyph(&buf, g, em, nil)
		if err != nil {
			continue
		}
		// The width up to and with r, less r, keeps the kerning before it.
		at := p.Add(vg.Point{X: f.Width(txt[:i]+string(r)) - f.Width(string(r))})
		if path := glyph(outline, at, unit); len(path) > 0 {
			s.Fill(path)
		}
	}
}

// glyph returns the outline of a letter as a path of cubic curves: the PDF
// canvas has no quadratic ones.
func glyph(outline sfnt.Segments, at vg.Point, unit vg.Length) vg.Path {
	var path vg.Path
	var from vg.Point
	point := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: at.X + vg.Length(p.X)*unit, Y: at.Y - vg.Length(p.Y)*unit}
	}
	for _, s := range outline {
		a := point(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if len(path) > 0 {
				path.Close()
			}
			path.Move(a)
			from = a
		case sfnt.SegmentOpLineTo:
			path.Line(a)
			from = a
		case sfnt.SegmentOpQuadTo:
			to := point(s.Args[1])
			path.CubeTo(from.Add(a.Sub(from).Scale(2./3)), to.Add(a.Sub(to).Scale(2./3)), to)
			from = to
		case sfnt.SegmentOpCubeTo:
			path.CubeTo(a, point(s.Args[1]), point(s.Args[2]))
			from = point(s.Args[2])
		}
	}
	if len(path) > 0 {
		path.Close()
	}
	return path
}

func (s sheet) fill(r vg.Rectangle, c color.Color) {
	s.SetColor(c)
	s.Fill(r.Path())
}

func (s sheet) line(c color.Color, width vg.Length, pts ...vg.Point) {
	s.dashed(c, width, nil, pts...)
}

// dashed strokes a line through pts; one point or none draws nothing.
func (s sheet) dashed(c color.Color, width vg.Length, dash []vg.Length, pts ...vg.Point) {
	if len(pts) < 2 {
		return
	}
	s.SetLineStyle(draw.LineStyle{Color: c, Width: width, Dashes: dash})
	var p vg.Path
	p.Move(pts[0])
	for _, q := range pts[1:] {
		p.Line(q)
	}
	s.Stroke(p)
}

// outline strokes the border of r.
func (s sheet) outline(r vg.Rectangle, c color.Color, width vg.Length) {
	s.SetLineStyle(draw.LineStyle{Color: c, Width: width})
	s.Stroke(r.Path())
}

// marker is the shape of a point.
type marker int

const (
	circle marker = iota
	square
	diamond
	triangle
	markers // their number
)

// outlineOf returns the closed path of m about p; r is the radius of a circle of
// about the same area.
func (m marker) outlineOf(p vg.Point, r vg.Length) vg.Path {
	var path vg.Path
	corners := func(pts ...vg.Point) {
		path.Move(p.Add(pts[0]))
		for _, q := range pts[1:] {
			path.Line(p.Add(q))
		}
	}
	switch m {
	case square:
		d := 0.89 * r
		corners(vg.Point{X: -d, Y: -d}, vg.Point{X: d, Y: -d}, vg.Point{X: d, Y: d}, vg.Point{X: -d, Y: d})
	case diamond:
		d := 1.25 * r
		corners(vg.Point{Y: -d}, vg.Point{X: d}, vg.Point{Y: d}, vg.Point{X: -d})
	case triangle:
		d := 1.35 * r
		corners(vg.Point{Y: d}, vg.Point{X: -0.87 * d, Y: -0.5 * d}, vg.Point{X: 0.87 * d, Y: -0.5 * d})
	default:
		path.Move(vg.Point{X: p.X + r, Y: p.Y})
		path.Arc(p, r, 0, 2*math.Pi)
	}
	path.Close()
	return path
}

// mark draws m filled; a border of width 0 is left out.
func (s sheet) mark(m marker, p vg.Point, r vg.Length, fill, border color.Color, width vg.Length) {
	path := m.outlineOf(p, r)
	s.SetColor(fill)
	s.Fill(path)
	if width > 0 {
		s.SetLineStyle(draw.LineStyle{Color: border, Width: width})
		s.Stroke(path)
	}
}

func rect(x0, y0, x1, y1 vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}}
}

// clip draws with everything outside r cut off the lines: it returns the parts
// of the polyline pts inside r.
func clip(r vg.Rectangle, pts []vg.Point) [][]vg.Point {
	c := draw.Canvas{Rectangle: r}
	return c.ClipLinesXY(pts)
}
