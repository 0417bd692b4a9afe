package ising

import "slices"

// A Symmetry maps a lattice onto itself.
type Symmetry struct {
	lattice *Lattice
	site    []int32 // image site -> original site
	bond    []int32 // image bond -> original bond, -1 for none
}

// Symmetries returns the symmetries of a two-dimensional lattice that keep its shape and
// boundary, the identity first. They are the products of the reflections of the two axes; on a
// square whose axes have the same boundary, the axes may also be exchanged. So there are four
// or eight. In three dimensions and for graphs only the identity is returned.
func (l *Lattice) Symmetries() []*Symmetry {
	if l.Axes() != 2 {
		return []*Symmetry{l.symmetry(false, false, false)}
	}
	exchanges := []bool{false}
	if l.shape[0] == l.shape[1] && l.periodic[0] == l.periodic[1] {
		exchanges = []bool{false, true}
	}
	var all []*Symmetry
	for _, exchange := range exchanges {
		for _, flipRows := range []bool{false, true} {
			for _, flipCols := range []bool{false, true} {
				all = append(all, l.symmetry(exchange, flipRows, flipCols))
			}
		}
	}
	return all
}

// symmetry builds the map that reflects the image's axes and then, if exchange is
// set, swaps them.
func (l *Lattice) symmetry(exchange, flipRows, flipCols bool) *Symmetry {
	y := &Symmetry{lattice: l, site: make([]int32, l.sites), bond: slices.Repeat([]int32{-1}, l.Slots())}
	for i := range l.sites {
		y.site[i] = int32(i)
		if l.Axes() != 2 {
			continue
		}
		r, c := i/l.shape[1], i%l.shape[1]
		if flipRows {
			r = l.shape[0] - 1 - r
		}
		if flipCols {
			c = l.shape[1] - 1 - c
		}
		if exchange {
			r, c = c, r
		}
		y.site[i] = int32(r*l.shape[1] + c)
	}
	for k := range l.Bonds() {
		i, j := l.Ends(k)
		y.bond[k] = int32(l.BondBetween(int(y.site[i]), int(y.site[j])))
	}
	return y
}

// Instance returns the image of an instance on the symmetry's lattice.
func (y *Symmetry) Instance(in *Instance) *Instance {
	return &Instance{Lattice: y.lattice, J: y.Bonds(in.J), Error: in.Error}
}

// Bonds returns the image of numbers that belong to bonds, in the layout of J. The image of
// nil is nil.
func (y *Symmetry) Bonds(values []float64) []float64 {
	if values == nil {
		return nil
	}
	image := make([]float64, len(y.bond))
	for k, b := range y.bond {
		if b >= 0 {
			image[k] = values[b]
		}
	}
	return image
}

// Spins returns the image of a configuration.
func (y *Symmetry) Spins(s []int8) []int8 {
	image := slices.Clone(s)
	for i, k := range y.site {
		image[i] = s[k]
	}
	return image
}
