package plots

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Decoding draws how a network predicts an instance on a square lattice, from left to right:
// (a) the couplings, (b) the network's answer for each bond, parallel or opposite, as wide as
// it is confident, (c) the tree of the most confident bonds, (d) the spins that the tree
// fixes.
type Decoding struct {
	// Title stands above the chart; empty means none.
	Title string

	// Couplings is panel (a); its title is not drawn.
	Couplings

	// DownOdds and RightOdds are the log-odds that the spins of a bond are parallel, in the
	// layout of Down and Right; 0 is no bond.
	DownOdds, RightOdds []float64

	// DownTree and RightTree say which bonds are in the tree.
	DownTree, RightTree []bool

	// Spins are Rows·Cols spins of ±1.
	Spins []int8

	// Caption stands below the panels; empty means none.
	Caption string
}

// confident is the magnitude of log-odds from which on a bond has its full width.
const confident = 6

// Figure lays the chart out. It returns an error if a side is not 2 to MaxLattice,
// lengths differ from Rows·Cols, a spin is not ±1 or a number is not finite.
func (c Decoding) Figure() (*Figure, error) {
	n := c.Rows * c.Cols
	couplings, odds := c.lattice(), c.lattice()
	odds.Down, odds.Right, odds.Frustrated = clip(c.DownOdds), clip(c.RightOdds), make([]bool, n)
	for name, l := range map[string]Lattice{"Decoding": couplings, "Decoding odds": odds} {
		if err := l.checkCouplings(name); err != nil {
			return nil, err
		}
	}
	if len(c.DownTree) != n || len(c.RightTree) != n || len(c.Spins) != n {
		return nil, fmt.Errorf("plots: Decoding: tree of %d and %d bonds, %d spins, want %d each", len(c.DownTree), len(c.RightTree), len(c.Spins), n)
	}
	tree := odds
	tree.Down, tree.Right = make([]float64, n), make([]float64, n)
	for i := range n {
		if s := c.Spins[i]; s*s != 1 {
			return nil, fmt.Errorf("plots: Decoding: site %d has spin %d, want ±1", i, s)
		}
		if c.DownTree[i] {
			tree.Down[i] = odds.Down[i]
		}
		if c.RightTree[i] {
			tree.Right[i] = odds.Right[i]
		}
	}

	const between, head = 14, 20
	site := min((bodyWidth-3*between)/4/vg.Length(c.Cols), 290/vg.Length(c.Rows))
	width, tall := site*vg.Length(c.Cols), site*vg.Length(c.Rows)
	views := []struct {
		name string
		draw func(latticeView)
	}{
		{"(a) couplings", couplings.couplings},
		{"(b) bonds, by the network", odds.couplings},
		{"(c) tree of the surest bonds", tree.couplings},
		{"(d) spins", func(v latticeView) { v.spins(c.Spins) }},
	}
	keys := couplingKeys("J > 0, parallel")
	keys[1].name = "J < 0, opposite"
	return page{
		title: c.Title, height: tall + head + 6, caption: wrap(c.Caption, small, bodyWidth, 3),
		keys: append(keys, key{"spin +1", []plot.Thumbnailer{tile(spinUp)}}, key{"spin −1", []plot.Thumbnailer{tile(spinDown)}}),
		body: func(d draw.Canvas) {
			left := d.Center().X - 2*width - 1.5*between
			for i, v := range views {
				at := vg.Point{X: left + vg.Length(i)*(width+between), Y: d.Max.Y - head}
				d.FillText(words(normal, draw.XLeft, atBase), at.Add(vg.Point{Y: 6}), v.name)
				v.draw(latticeView{d, c.Rows, c.Cols, at, site})
			}
		},
	}.figure(), nil
}

// clip limits log-odds to those of the full width.
func clip(odds []float64) []float64 {
	out := make([]float64, len(odds))
	for i, v := range odds {
		out[i] = max(-confident, min(confident, v))
	}
	return out
}
