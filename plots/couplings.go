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

// Couplings draws an instance on a square lattice: bonds, as wide as they are strong,
// over the frustrated plaquettes. It is the first panel of [Lattice], larger.
type Couplings struct {
	// Title stands above the chart; empty means none.
	Title string

	// Rows and Cols are the sides of the lattice, 2 to MaxLattice.
	Rows, Cols int

	// Down, Right, PeriodicRows, PeriodicCols and Frustrated are those of Lattice.
	Down, Right                []float64
	PeriodicRows, PeriodicCols bool
	Frustrated                 []bool
}

// Figure lays the chart out. It returns an error if a side is not 2 to MaxLattice,
// lengths differ from Rows·Cols or a number is not finite.
func (c Couplings) Figure() (*Figure, error) {
	l := c.lattice()
	if err := l.checkCouplings("Couplings"); err != nil {
		return nil, err
	}
	site := min(bodyWidth/vg.Length(c.Cols), 580/vg.Length(c.Rows))
	return page{
		title: c.Title, keys: couplingKeys("J > 0, width |J|"), height: site*vg.Length(c.Rows) + 6,
		body: func(d draw.Canvas) {
			l.couplings(latticeView{d, c.Rows, c.Cols, vg.Point{X: d.Center().X - site*vg.Length(c.Cols)/2, Y: d.Max.Y}, site})
		},
	}.figure(), nil
}

// lattice returns the lattice without spins.
func (c Couplings) lattice() Lattice {
	return Lattice{
		Rows: c.Rows, Cols: c.Cols, Down: c.Down, Right: c.Right,
		PeriodicRows: c.PeriodicRows, PeriodicCols: c.PeriodicCols, Frustrated: c.Frustrated,
	}
}

// checkCouplings checks what the panel of couplings needs.
func (l Lattice) checkCouplings(chart string) error {
	n := l.Rows * l.Cols
	if l.Rows < 2 || l.Cols < 2 || l.Rows > MaxLattice || l.Cols > MaxLattice {
		return fmt.Errorf("plots: %s: %d×%d sites, want sides of 2 to %d", chart, l.Rows, l.Cols, MaxLattice)
	}
	for _, f := range []struct {
		name string
		len  int
	}{{"Down", len(l.Down)}, {"Right", len(l.Right)}, {"Frustrated", len(l.Frustrated)}} {
		if f.len != n {
			return fmt.Errorf("plots: %s.%s: %d values for %d sites", chart, f.name, f.len, n)
		}
	}
	if err := check(chart+".Down", l.Down); err != nil {
		return err
	}
	return check(chart+".Right", l.Right)
}

// couplings draws the bonds, as wide as they are strong, over the frustrated
// plaquettes. Sites stand at the middle of their cells.
func (l Lattice) couplings(v latticeView) {
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
				fill(v.Canvas, v.area(r[0], c[0], r[1], c[1]), frustrate)
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
		width := max(0.3, vg.Length(math.Abs(j)/strongest)*min(4, 0.32*v.site))
		v.line(colour, width, v.corner(r0, c0), v.corner(r1, c1))
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
	if v.site >= 5 {
		for i := range l.Down {
			v.DrawGlyphNoClip(dot(black, min(1.8, 0.13*v.site)), v.corner(float64(i/l.Cols)+0.5, float64(i%l.Cols)+0.5))
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

// couplingKeys explains the couplings in a legend.
func couplingKeys(positive string) []key {
	bond := func(c color.Color) []plot.Thumbnailer {
		return []plot.Thumbnailer{&plotter.Line{LineStyle: draw.LineStyle{Color: c, Width: 3}}}
	}
	return []key{{positive, bond(ferro)}, {"J < 0", bond(anti)}, {"frustrated", []plot.Thumbnailer{swatch(frustrate)}}}
}
