package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
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
)

// shapes are the markers.
var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, polygon{4, 0, 1.25}, draw.PyramidGlyph{}, polygon{3, math.Pi, 1.3}}

// standing lists the names of targets and losses, which several charts of one study show.
// Each has the same place, and so the same colour and marker, in all of them.
var standing = map[string]int{
	"bond target": 0, "site target": 1, "classical": 2,
	"cross-entropy": 0, "margin": 1, "boltzmann": 2, "local-energy": 3, "true-energy": 4,
	"boltzmann (wall)": 5, "local-energy (wall)": 4, // only the site target has true-energy, only the bond target has walls
	"no network": 6,
}

// places gives every distinct name a place in palette and shapes: that of standing, or else
// the first free one.
func places(names []string) map[string]int {
	at, taken := map[string]int{}, map[int]bool{}
	for _, n := range names {
		if k, ok := standing[n]; ok && !taken[k] {
			at[n], taken[k] = k, true
		}
	}
	next := 0
	for _, n := range names {
		if _, ok := at[n]; ok {
			continue
		}
		for taken[next] {
			next++
		}
		at[n], taken[next] = next, true
	}
	return at
}

// look is how a line and its markers are drawn.
type look struct {
	colour color.NRGBA
	dash   []vg.Length
	shape  draw.GlyphDrawer
}

// lookAt returns the look of a place: no two of the first 35 are the same.
func lookAt(place int) look {
	n := len(palette)
	return look{palette[place%n], plotutil.Dashes(place / n), shapes[place%len(shapes)]}
}

// blackLook is the look of the i-th method that the others are measured against.
func blackLook(i int) look {
	return look{black, plotutil.Dashes(1 + i), shapes[i%len(shapes)]}
}

func (l look) line() draw.LineStyle {
	return draw.LineStyle{Color: l.colour, Width: 1.4, Dashes: l.dash}
}

// mark is a filled marker, ring an open one, which stands for a gap of zero.
func (l look) mark() draw.GlyphStyle { return edged(l.shape, l.colour, 2.6, black, 0.4) }
func (l look) ring() draw.GlyphStyle { return edged(l.shape, white, 2, l.colour, 1.3) }

// sample shows a line with its marker in a legend; a name that has nothing but points
// shows the marker alone.
func (l look) sample(points bool) []plot.Thumbnailer {
	mark := &plotter.Scatter{GlyphStyle: l.mark()}
	if points {
		return []plot.Thumbnailer{mark}
	}
	return []plot.Thumbnailer{&plotter.Line{LineStyle: l.line()}, mark}
}

// fade returns c with the given opacity from 0 to 1.
func fade(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(math.Round(255 * opacity))
	return c
}

// polygon is a regular polygon with a corner at the top, turned by an angle in radians.
type polygon struct {
	corners    int
	turn, size float64 // distance of the corners in units of the radius
}

func (g polygon) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, p vg.Point) {
	var path vg.Path
	for i := range g.corners {
		sin, cos := math.Sincos(g.turn + 2*math.Pi*float64(i)/float64(g.corners))
		q := p.Add(vg.Point{X: vg.Length(-sin), Y: vg.Length(cos)}.Scale(s.Radius * vg.Length(g.size)))
		if i == 0 {
			path.Move(q)
		} else {
			path.Line(q)
		}
	}
	path.Close()
	c.Fill(path)
}

// edge is a shape within an edge of another colour.
type edge struct {
	draw.GlyphDrawer
	colour color.Color
	width  vg.Length
}

func edged(shape draw.GlyphDrawer, fill color.Color, radius vg.Length, colour color.Color, width vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: fill, Radius: radius, Shape: edge{shape, colour, width}}
}

func (e edge) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, p vg.Point) {
	under := s
	under.Radius += e.width
	c.SetColor(e.colour)
	e.GlyphDrawer.DrawGlyph(c, under, p)
	c.SetColor(s.Color)
	e.GlyphDrawer.DrawGlyph(c, s, p)
}

// dot is a small point without an edge.
func dot(c color.NRGBA, radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: radius, Shape: draw.CircleGlyph{}}
}
