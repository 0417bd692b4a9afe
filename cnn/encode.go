package cnn

import (
	"fmt"
	"iter"

	"spinlearn/cnn/internal/kernel"
	"spinlearn/ising"
)

// checkPlane refuses lattices that the network cannot take.
func checkPlane(l *ising.Lattice) error {
	if l.Axes() != 2 {
		return fmt.Errorf("cnn: lattice %v has %d axes; networks take two", l, l.Axes())
	}
	return nil
}

func geometryOf(l *ising.Lattice, batch int) geometry {
	return geometry{batch, l.Shape()[0], l.Shape()[1], [2]bool(l.Periodic())}
}

// places yields each bond, as an index of the couplings, with its place in the network's images
// of bonds. An image has two channels at each site, the bond down and the bond right: the site
// comes first there, and the axis first in the couplings.
func places(l *ising.Lattice) iter.Seq2[int, int] {
	return func(yield func(bond, place int) bool) {
		for i := range l.Sites() {
			for axis := range 2 {
				if l.Next(axis, i) >= 0 && !yield(l.Bond(axis, i), 2*i+axis) {
					return
				}
			}
		}
	}
}

// encodeInput stores the network's input for an instance in x, length 4N: the
// couplings of the bonds down, right, up and left of each site in units of their
// root mean square.
func encodeInput[T kernel.Float](x []T, in *ising.Instance) {
	scale := 1.0
	if rms := in.RMS(); rms > 0 {
		scale = 1 / rms
	}
	clear(x)
	for axis := range 2 {
		for i := range in.Sites() {
			if j := in.Next(axis, i); j >= 0 {
				v := T(in.J[in.Bond(axis, i)] * scale)
				x[4*i+axis] = v
				x[4*j+2+axis] = v
			}
		}
	}
}

// encodeCouplings stores the couplings down and right of each site in x, length 2N.
func encodeCouplings[T kernel.Float](x []T, in *ising.Instance) {
	clear(x)
	for bond, place := range places(in.Lattice) {
		x[place] = T(in.J[bond])
	}
}

// encodeSites stores labels and costs of the site target, length N: the spins and
// what flipping each alone costs.
func encodeSites[T kernel.Float](label, cost []T, in *ising.Instance, spins []int8) {
	for i, h := range in.LocalFields(nil, spins) {
		label[i] = T(spins[i])
		cost[i] = T(2 * float64(spins[i]) * h)
	}
}

// encodeBonds stores labels and costs of the bond target, length 2N, in the gauge
// r: whether s_i s_j = r_i r_j, and the energy of the cheapest domain wall across the
// bond or, without walls, the smaller of the costs of flipping either end alone. A
// missing bond has label 0.
func encodeBonds[T kernel.Float](label, cost []T, in *ising.Instance, spins, r []int8, walls []float64) {
	clear(label)
	clear(cost)
	h := in.LocalFields(nil, spins)
	for bond, place := range places(in.Lattice) {
		if in.J[bond] == 0 {
			continue
		}
		i, j := in.Ends(bond)
		label[place] = T(spins[i] * spins[j] * r[i] * r[j])
		if walls != nil {
			cost[place] = T(walls[bond])
		} else {
			cost[place] = T(2 * min(float64(spins[i])*h[i], float64(spins[j])*h[j]))
		}
	}
}

// decodeSites returns the signs of the logits, length N.
func decodeSites[T kernel.Float](z []T) []int8 {
	s := make([]int8, len(z))
	for i, v := range z {
		s[i] = 1
		if v < 0 {
			s[i] = -1
		}
	}
	return s
}

// decodeBonds returns the configuration r·t, t being the spins of the maximum
// spanning tree of |z| with the signs of the logits z, length 2N; and the tree.
func decodeBonds[T kernel.Float](in *ising.Instance, r []int8, z []T) ([]int8, *ising.Tree) {
	w := make([]float64, in.Slots())
	for bond, place := range places(in.Lattice) {
		if in.J[bond] != 0 {
			w[bond] = float64(z[place])
		}
	}
	tree := in.SpanningTree(w, nil)
	s := tree.Spins(w)
	for i := range s {
		s[i] *= r[i]
	}
	return s, tree
}

// part returns the k-th of n equal parts of v.
func part[T any](v []T, k, n int) []T {
	size := len(v) / n
	return v[k*size : (k+1)*size]
}
