package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"
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
	l := Lattice{
		Rows: c.Rows, Cols: c.Cols, Down: c.Down, Right: c.Right,
		PeriodicRows: c.PeriodicRows, PeriodicCols: c.PeriodicCols, Frustrated: c.Frustrated,
	}
	if err := l.checkCouplings("Couplings"); err != nil {
		return nil, err
	}
	site := min((pageWidth-2*margin)/vg.Length(c.Cols), 580/vg.Length(c.Rows))
	width, tall := site*vg.Length(c.Cols), site*vg.Length(c.Rows)
	keys := flow([]key{
		{"J > 0, width |J|", bondSample(ferro)},
		{"J < 0", bondSample(anti)},
		{"frustrated", swatch(frustrate, nil)},
	}, pageWidth-2*margin)
	title := clean(c.Title)
	top := margin
	if title != "" {
		top += large + 8
	}
	bottom := margin + keyLine*vg.Length(len(keys)) + 10
	height := top + tall + bottom
	paint := func(s sheet) {
		if title != "" {
			s.text(pageWidth/2, height-margin, style{size: large, bold: true, x: 0.5, y: 1}, title)
		}
		l.couplings(latticeSheet{s, c.Rows, c.Cols, vg.Point{X: (pageWidth - width) / 2, Y: height - top}, site})
		s.legend(margin, bottom-6, keys)
	}
	return &Figure{width: pageWidth, height: height, paint: paint}, nil
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
