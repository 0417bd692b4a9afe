package plots

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// MaxLattice is the largest number of rows or columns a Lattice draws.
const MaxLattice = 64

// Lattice draws one instance on a square lattice in four panels: (a) couplings
// and frustrated plaquettes, (b) the ground truth, (c) a prediction, flipped as a
// whole if that brings it nearer the truth, (d) the sites where the two differ
// and the domain walls around them.
//
// Site (r, c) has index r·Cols+c; row 0 is on top. Bonds across a periodic edge
// are drawn as stubs at both edges.
type Lattice struct {
	// Title stands above the chart; empty means none.
	Title string

	// Proven says that Truth is a proven ground state; if not, labels say "reference".
	Proven bool

	// Rows and Cols are the sides of the lattice, 2 to MaxLattice.
	Rows, Cols int

	// Down and Right are the couplings in J of site (r, c) to (r+1, c) and to
	// (r, c+1), Rows·Cols of each, positive if ferromagnetic; 0 is no bond. Those
	// of the last row and column join it to the first; they are not drawn unless
	// PeriodicRows or PeriodicCols.
	Down, Right []float64

	// PeriodicRows says that the last row is coupled to the first, PeriodicCols that the
	// last column is.
	PeriodicRows, PeriodicCols bool

	// Frustrated tells for every site whether the plaquette with that site at its
	// upper left is frustrated; plaquettes beyond an open edge are not drawn.
	Frustrated []bool

	// Truth and Prediction are Rows·Cols spins of ±1.
	Truth, Prediction []int8

	// TruthEnergy and PredictionEnergy are the total energies in J.
	TruthEnergy, PredictionEnergy float64

	// Percent is the relative gap of the prediction in per cent, NaN if there is none.
	Percent float64
}

func (l Lattice) check() error {
	if err := l.checkCouplings("Lattice"); err != nil {
		return err
	}
	n := l.Rows * l.Cols
	for _, f := range []struct {
		name string
		len  int
	}{{"Truth", len(l.Truth)}, {"Prediction", len(l.Prediction)}} {
		if f.len != n {
			return fmt.Errorf("plots: Lattice.%s: %d values for %d sites", f.name, f.len, n)
		}
	}
	if err := check("Lattice energies", []float64{l.TruthEnergy, l.PredictionEnergy}); err != nil {
		return err
	}
	for i := range n {
		if t, p := l.Truth[i], l.Prediction[i]; t*t != 1 || p*p != 1 {
			return fmt.Errorf("plots: Lattice: site %d has spins %d and %d, want ±1", i, t, p)
		}
	}
	return nil
}

// Colours of Lattice. Spins and domains differ in lightness, bonds in hue too.
var (
	ferro     = palette[0]
	anti      = color.NRGBA{0xe6, 0x7f, 0x00, 0xff}
	frustrate = color.NRGBA{0xd9, 0xd9, 0xd9, 0xff}
	spinUp    = color.NRGBA{0xfa, 0xee, 0xd2, 0xff}
	spinDown  = color.NRGBA{0x3f, 0x5f, 0x84, 0xff}
	differ    = color.NRGBA{0xf2, 0xc9, 0xdd, 0xff}
	agree     = color.NRGBA{0xfb, 0xfb, 0xfb, 0xff}
	wall      = color.NRGBA{0x9e, 0x1f, 0x63, 0xff}
)

// Figure lays the chart out. It returns an error if a side is not 2 to MaxLattice,
// lengths differ from Rows·Cols, a spin is not ±1 or a number is not finite.
func (l Lattice) Figure() (*Figure, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	n := l.Rows * l.Cols
	overlap := 0
	for i := range n {
		overlap += int(l.Truth[i]) * int(l.Prediction[i])
	}
	flip := int8(1)
	if overlap < 0 {
		flip = -1
		overlap = -overlap
	}
	shown := make([]int8, n) // prediction as drawn
	for i, p := range l.Prediction {
		shown[i] = flip * p
	}
	third := "(c) prediction"
	if flip < 0 {
		third += ", flipped as a whole"
	}

	const between, head = 18, 20
	site := min((bodyWidth-between)/2/vg.Length(l.Cols), 290/vg.Length(l.Rows))
	width, tall := site*vg.Length(l.Cols), site*vg.Length(l.Rows)
	views := []struct {
		name string
		draw func(latticeView)
	}{
		{"(a) couplings, width |J|", l.couplings},
		{"(b) " + truthName(l.Proven), func(v latticeView) { v.spins(l.Truth) }},
		{third, func(v latticeView) { v.spins(shown) }},
		{"(d) difference", func(v latticeView) { l.walls(v, shown) }},
	}
	return page{
		title: l.Title, height: 2*(tall+head) + 6, caption: wrap(l.caption(overlap), small, bodyWidth, 2),
		keys: append(couplingKeys("J > 0"),
			key{"spin +1", []plot.Thumbnailer{tile(spinUp)}},
			key{"spin −1", []plot.Thumbnailer{tile(spinDown)}},
			key{"differs", []plot.Thumbnailer{tile(differ)}},
			key{"domain wall", []plot.Thumbnailer{&plotter.Line{LineStyle: draw.LineStyle{Color: wall, Width: 1.5}}}}),
		body: func(c draw.Canvas) {
			left := c.Center().X - width - between/2.
			for i, v := range views {
				at := vg.Point{X: left + vg.Length(i%2)*(width+between), Y: c.Max.Y - head - vg.Length(i/2)*(tall+head)}
				c.FillText(words(normal, draw.XLeft, atBase), at.Add(vg.Point{Y: 6}), v.name)
				v.draw(latticeView{c, l.Rows, l.Cols, at, site})
			}
		},
	}.figure(), nil
}

// caption states overlap and energies.
func (l Lattice) caption(overlap int) string {
	n := l.Rows * l.Cols
	excess := l.PredictionEnergy - l.TruthEnergy
	t := fmt.Sprintf("overlap q = %s; energy per spin %s J (%s), %s J (prediction); excess %s J",
		decimal(float64(overlap)/float64(n), 3),
		energy(l.TruthEnergy/float64(n)), truthName(l.Proven),
		energy(l.PredictionEnergy/float64(n)), number(excess))
	if !math.IsNaN(l.Percent) {
		t += fmt.Sprintf(" (%s %%)", number(round(l.Percent, 3)))
	}
	return t
}

// latticeView draws one panel: origin is the upper left corner of site (0, 0).
type latticeView struct {
	draw.Canvas
	rows, cols int
	origin     vg.Point
	site       vg.Length
}

// corner returns the upper left corner of site (r, c), which need not be whole.
func (v latticeView) corner(r, c float64) vg.Point {
	return vg.Point{X: v.origin.X + vg.Length(c)*v.site, Y: v.origin.Y - vg.Length(r)*v.site}
}

// area returns the rectangle between the corners of (r0, c0) and (r1, c1).
func (v latticeView) area(r0, c0, r1, c1 float64) vg.Rectangle {
	a, b := v.corner(r0, c0), v.corner(r1, c1)
	return rect(a.X, b.Y, b.X, a.Y)
}

// cells fills the sites where set is true. A cell reaches a little under its equal
// neighbours, so that no seams show between them.
func (v latticeView) cells(colour color.Color, set func(r, c int) bool) {
	for r := range v.rows {
		for c := range v.cols {
			if !set(r, c) {
				continue
			}
			area := v.area(float64(r), float64(c), float64(r+1), float64(c+1))
			if c+1 < v.cols && set(r, c+1) {
				area.Max.X += 0.5
			}
			if r+1 < v.rows && set(r+1, c) {
				area.Min.Y -= 0.5
			}
			fill(v.Canvas, area, colour)
		}
	}
}

func (v latticeView) border() {
	v.SetLineStyle(draw.LineStyle{Color: black, Width: 0.8})
	v.Stroke(v.area(0, 0, float64(v.rows), float64(v.cols)).Path())
}

func (v latticeView) line(c color.Color, width vg.Length, from, to vg.Point) {
	v.StrokeLines(draw.LineStyle{Color: c, Width: width}, []vg.Point{from, to})
}

// spins draws a square a site.
func (v latticeView) spins(spin []int8) {
	fill(v.Canvas, v.area(0, 0, float64(v.rows), float64(v.cols)), spinUp)
	v.cells(spinDown, func(r, c int) bool { return spin[r*v.cols+c] < 0 })
	v.grid(0.3)
	v.border()
}

// grid draws thin lines between the sites, unless they would hide small ones.
func (v latticeView) grid(opacity float64) {
	if v.site < 6 {
		return
	}
	c := fade(grey, opacity)
	for r := 1; r < v.rows; r++ {
		v.line(c, 0.4, v.corner(float64(r), 0), v.corner(float64(r), float64(v.cols)))
	}
	for k := 1; k < v.cols; k++ {
		v.line(c, 0.4, v.corner(0, float64(k)), v.corner(float64(v.rows), float64(k)))
	}
}

// walls shades the sites where the prediction differs from the truth, and draws the domain
// walls around them.
func (l Lattice) walls(v latticeView, shown []int8) {
	fill(v.Canvas, v.area(0, 0, float64(v.rows), float64(v.cols)), agree)
	differs := func(r, c int) bool { // beyond the last row or column follows the first
		i := r%l.Rows*l.Cols + c%l.Cols
		return l.Truth[i] != shown[i]
	}
	v.cells(differ, differs)
	v.grid(0.2)
	v.border()
	above := func(r, c int) bool { // a wall on the upper edge of row r, 0 to Rows
		return (0 < r && r < l.Rows || l.PeriodicRows) && differs(r+l.Rows-1, c) != differs(r, c)
	}
	before := func(c, r int) bool { // a wall on the left edge of column c, 0 to Cols
		return (0 < c && c < l.Cols || l.PeriodicCols) && differs(r, c+l.Cols-1) != differs(r, c)
	}
	width := max(1, min(2.2, 0.2*v.site))
	more := float64(width / v.site / 2) // closes the corners
	for r := range l.Rows + 1 {
		for _, w := range runs(l.Cols, func(c int) bool { return above(r, c) }) {
			v.line(wall, width, v.corner(float64(r), float64(w[0])-more), v.corner(float64(r), float64(w[1])+more))
		}
	}
	for c := range l.Cols + 1 {
		for _, w := range runs(l.Rows, func(r int) bool { return before(c, r) }) {
			v.line(wall, width, v.corner(float64(w[0])-more, float64(c)), v.corner(float64(w[1])+more, float64(c)))
		}
	}
}

// runs returns the longest intervals [from, to) below n where set is true.
func runs(n int, set func(int) bool) [][2]int {
	var out [][2]int
	for i := 0; i < n; i++ {
		from := i
		for i < n && set(i) {
			i++
		}
		if i > from {
			out = append(out, [2]int{from, i})
		}
	}
	return out
}

// tile shows a site in a legend.
func tile(colour color.Color) sample {
	return func(c *draw.Canvas) {
		r := c.Rectangle
		r.Min.X = r.Max.X - r.Size().Y
		fill(*c, r, colour)
		c.SetLineStyle(draw.LineStyle{Color: grey, Width: 0.5})
		c.Stroke(r.Path())
	}
}
