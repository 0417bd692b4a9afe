package plots

import (
	"image/color"
	"strings"
	"unicode"

	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Text sizes in points.
const (
	small  vg.Length = 9
	normal vg.Length = 10
	large  vg.Length = 12
)

// Vertical alignments at the base line, the middle and the top of the capitals. Those of
// gonum/plot count the room for accents and descenders too.
const (
	atBase   draw.YAlignment = -0.085
	atMiddle draw.YAlignment = -0.394
	atTop    draw.YAlignment = -0.703
)

// capital is the height of a capital letter in units of the text size.
const capital = 0.69

// words returns the style of black text of the given size.
func words(size vg.Length, x draw.XAlignment, y draw.YAlignment) text.Style {
	return text.Style{
		Color:   black,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign:  x,
		YAlign:  y,
		Handler: plot.DefaultTextHandler,
	}
}

func bold(s text.Style) text.Style {
	s.Font.Weight = stdfont.WeightBold
	return s
}

func coloured(s text.Style, c color.Color) text.Style {
	s.Color = c
	return s
}

func textWidth(s string, size vg.Length) vg.Length {
	return words(size, draw.XLeft, atBase).Width(s)
}

// silent takes no room and draws nothing: it hides the tick labels of an axis that a
// neighbouring panel labels, and leaves its ticks and grid lines.
type silent struct{ text.Handler }

func (silent) Box(string, font.Font) (width, height, depth vg.Length) { return 0, 0, 0 }
func (silent) Draw(vg.Canvas, string, text.Style, vg.Point)           {}

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

// outlined draws text as the filled outlines of its letters: the fonts of the PDF canvas
// know only code page 1252.
type outlined struct{ vg.Canvas }

func (c outlined) FillString(f font.Face, p vg.Point, txt string) {
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
		if path := letter(outline, at, unit); len(path) > 0 {
			c.Fill(path)
		}
	}
}

// letter returns the outline of a letter as a path of cubic curves: the PDF
// canvas has no quadratic ones.
func letter(outline sfnt.Segments, at vg.Point, unit vg.Length) vg.Path {
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
