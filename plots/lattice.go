package plots

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
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

	// Proven says that Truth is a proven ground state; otherwise it is called a
	// reference.
	Proven bool

	// Rows and Cols are the sides of the lattice, 2 to MaxLattice.
	Rows, Cols int

	// Down and Right are the couplings in J of site (r, c) to (r+1, c) and to
	// (r, c+1), Rows·Cols of each, positive if ferromagnetic; 0 is no bond. Those
	// of the last row and column join it to the first; they are not drawn unless
	// PeriodicRows or PeriodicCols.
	Down, Right []float64

	// PeriodicRows says that the last row is bound to the first, PeriodicCols
	// that the last column is.
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

	const gutter, head = 18, 20
	site := (pageWidth - 2*margin - gutter) / 2 / vg.Length(l.Cols)
	site = min(site, 290/vg.Length(l.Rows))
	width, tall := site*vg.Length(l.Cols), site*vg.Length(l.Rows)
	left := (pageWidth - 2*width - gutter) / 2

	keys := flow([]key{
		{"J > 0", bondSample(ferro)},
		{"J < 0", bondSample(anti)},
		{"frustrated", swatch(frustrate, nil)},
		{"spin +1", tile(spinUp)},
		{"spin −1", tile(spinDown)},
		{"differs", tile(differ)},
		{"domain wall", stroke(wall, nil, -1)},
	}, pageWidth-2*margin)
	caption := wrap(l.caption(overlap), small, pageWidth-2*margin, 2)

	title := clean(l.Title)
	top := margin
	if title != "" {
		top += large + 8
	}
	bottom := margin + noteLine*vg.Length(len(caption)) + 4 + keyLine*vg.Length(len(keys)) + 6
	height := top + 2*(tall+head) + bottom

	paint := func(s sheet) {
		if title != "" {
			s.text(pageWidth/2, height-margin, style{size: large, bold: true, x: 0.5, y: 1}, title)
		}
		panels := []struct {
			name string
			draw func(latticeSheet)
		}{
			{"(a) couplings, width |J|", l.couplings},
			{"(b) " + truthName(l.Proven), func(s latticeSheet) { s.spins(l.Truth) }},
			{third, func(s latticeSheet) { s.spins(shown) }},
			{"(d) difference", func(s latticeSheet) { l.walls(s, shown) }},
		}
		for i, p := range panels {
			x := left + vg.Length(i%2)*(width+gutter)
			y := height - top - head - vg.Length(i/2)*(tall+head)
			s.text(x, y+6, style{size: normal}, p.name)
			p.draw(latticeSheet{s, l.Rows, l.Cols, vg.Point{X: x, Y: y}, site})
		}
		s.legend(margin, bottom-6, keys)
		for i, t := range caption {
			s.text(margin, margin+noteLine*vg.Length(len(caption)-1-i), style{size: small}, t)
		}
	}
	return &Figure{width: pageWidth, height: height, paint: paint}, nil
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

// latticeSheet draws one panel: origin is the upper left corner of site (0, 0).
type latticeSheet struct {
	sheet
	rows, cols int
	origin     vg.Point
	site       vg.Length
}

// corner returns the upper left corner of site (r, c), which need not be whole.
func (s latticeSheet) corner(r, c float64) vg.Point {
	return vg.Point{X: s.origin.X + vg.Length(c)*s.site, Y: s.origin.Y - vg.Length(r)*s.site}
}

// area returns the rectangle between the corners of (r0, c0) and (r1, c1).
func (s latticeSheet) area(r0, c0, r1, c1 float64) vg.Rectangle {
	a, b := s.corner(r0, c0), s.corner(r1, c1)
	return rect(a.X, b.Y, b.X, a.Y)
}

// cells fills the sites where set is true. A cell reaches a little under its equal
// neighbours, so that no seams show between them.
func (s latticeSheet) cells(colour color.Color, set func(r, c int) bool) {
	for r := range s.rows {
		for c := range s.cols {
			if !set(r, c) {
				continue
			}
			area := s.area(float64(r), float64(c), float64(r+1), float64(c+1))
			if c+1 < s.cols && set(r, c+1) {
				area.Max.X += 0.5
			}
			if r+1 < s.rows && set(r+1, c) {
				area.Min.Y -= 0.5
			}
			s.fill(area, colour)
		}
	}
}

func (s latticeSheet) border() {
	s.outline(s.area(0, 0, float64(s.rows), float64(s.cols)), black, 0.8)
}

// spins draws a square a site.
func (s latticeSheet) spins(spin []int8) {
	s.fill(s.area(0, 0, float64(s.rows), float64(s.cols)), spinUp)
	s.cells(spinDown, func(r, c int) bool { return spin[r*s.cols+c] < 0 })
	s.grid(0.3)
	s.border()
}

// grid draws thin lines between the sites, unless they would hide small ones.
func (s latticeSheet) grid(opacity float64) {
	if s.site < 6 {
		return
	}
	c := fade(grey, opacity)
	for r := 1; r < s.rows; r++ {
		s.line(c, 0.4, s.corner(float64(r), 0), s.corner(float64(r), float64(s.cols)))
	}
	for k := 1; k < s.cols; k++ {
		s.line(c, 0.4, s.corner(0, float64(k)), s.corner(float64(s.rows), float64(k)))
	}
}

// couplings draws the bonds, as wide as they are strong, over the frustrated
// plaquettes. Sites stand at the middle of their cells.
func (l Lattice) couplings(s latticeSheet) {
	for i, f := range l.Frustrated {
		r, c := i/l.Cols, i%l.Cols
		down, right := r == l.Rows-1, c == l.Cols-1
		if !f || down && !l.PeriodicRows || right && !l.PeriodicCols {
			continue
		}
		// A plaquette across an edge shows one half at either edge, or one
		// quarter at each corner.
		for _, r := range halves(r, down) {
			for _, c := range halves(c, right) {
				s.fill(s.area(r[0], c[0], r[1], c[1]), frustrate)
			}
		}
	}
	strongest := 0.0
	for i := range l.Down {
		strongest = max(strongest, math.Abs(l.Down[i]), math.Abs(l.Right[i]))
	}
	bond := func(j, r0, c0, r1, c1 float64) {
		if j == 0 {
			return
		}
		colour := ferro
		if j < 0 {
			colour = anti
		}
		width := max(0.3, vg.Length(math.Abs(j)/strongest)*min(4, 0.32*s.site))
		s.line(colour, width, s.corner(r0, c0), s.corner(r1, c1))
	}
	for i := range l.Down {
		r, c := i/l.Cols, i%l.Cols
		if r < l.Rows-1 || l.PeriodicRows {
			for _, h := range halves(r, r == l.Rows-1) {
				bond(l.Down[i], h[0], float64(c)+0.5, h[1], float64(c)+0.5)
			}
		}
		if c < l.Cols-1 || l.PeriodicCols {
			for _, h := range halves(c, c == l.Cols-1) {
				bond(l.Right[i], float64(r)+0.5, h[0], float64(r)+0.5, h[1])
			}
		}
	}
	if s.site >= 5 {
		for i := range l.Down {
			s.mark(circle, s.corner(float64(i/l.Cols)+0.5, float64(i%l.Cols)+0.5), min(1.8, 0.13*s.site), black, nil, 0)
		}
	}
}

// halves returns the interval from the middle of site i to that of the next; at
// the last site of a periodic direction the parts at both edges.
func halves(i int, last bool) [][2]float64 {
	from := float64(i) + 0.5
	if last {
		return [][2]float64{{from, from + 0.5}, {0, 0.5}}
	}
	return [][2]float64{{from, from + 1}}
}

// walls shades the sites where the prediction differs and draws the walls between
// neighbours of which one differs.
func (l Lattice) walls(s latticeSheet, shown []int8) {
	s.fill(s.area(0, 0, float64(s.rows), float64(s.cols)), agree)
	differs := func(r, c int) bool {
		i := r%l.Rows*l.Cols + c%l.Cols
		return l.Truth[i] != shown[i]
	}
	s.cells(differ, differs)
	s.grid(0.2)
	s.border()
	above := func(r, c int) bool { // a wall on the upper edge of row r, which may be Rows
		if r == 0 || r == l.Rows {
			return l.PeriodicRows && differs(0, c) != differs(l.Rows-1, c)
		}
		return differs(r-1, c) != differs(r, c)
	}
	before := func(c, r int) bool { // a wall on the left edge of column c, which may be Cols
		if c == 0 || c == l.Cols {
			return l.PeriodicCols && differs(r, 0) != differs(r, l.Cols-1)
		}
		return differs(r, c-1) != differs(r, c)
	}
	width := max(1, min(2.2, 0.2*s.site))
	more := float64(width / s.site / 2) // closes the corners
	for r := range l.Rows + 1 {
		for _, w := range runs(l.Cols, func(c int) bool { return above(r, c) }) {
			s.line(wall, width, s.corner(float64(r), float64(w[0])-more), s.corner(float64(r), float64(w[1])+more))
		}
	}
	for c := range l.Cols + 1 {
		for _, w := range runs(l.Rows, func(r int) bool { return before(c, r) }) {
			s.line(wall, width, s.corner(float64(w[0])-more, float64(c)), s.corner(float64(w[1])+more, float64(c)))
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

// bondSample and tile explain the lattice in the legend.
func bondSample(c color.NRGBA) func(sheet, vg.Rectangle) {
	return func(s sheet, r vg.Rectangle) {
		y := (r.Min.Y + r.Max.Y) / 2
		s.line(c, 3, vg.Point{X: r.Min.X, Y: y}, vg.Point{X: r.Max.X, Y: y})
	}
}

func tile(c color.NRGBA) func(sheet, vg.Rectangle) {
	return func(s sheet, r vg.Rectangle) {
		r.Min.X = r.Max.X - r.Size().Y
		s.fill(r, c)
		s.outline(r, grey, 0.5)
	}
}
