package ising

import (
	"iter"
	"slices"
)

// Hypercubic returns the instance of a graph on the hypercubic lattice that its bonds
// form, with the site there of each site of the graph; a lattice is returned as it is.
// It fails if it finds none. Two kinds are found:
//
//   - sites numbered in row-major order of a lattice, with bonds missing or not, as long
//     as some are there within the boundary along every axis. The sites keep their
//     numbers;
//   - complete lattices, however their sites are numbered.
//
// Small graphs can be several lattices, such as a torus 4x5 a lattice 2x2x5 too. One
// without missing bonds goes before one with, then one that keeps the numbers, then one
// of fewer bonds or fewer axes. The choice is always the same, and all have the same
// energies.
func (in *Instance) Hypercubic() (lattice *Instance, site []int32, ok bool) {
	same := make([]int32, in.sites)
	for i := range same {
		same[i] = int32(i)
	}
	if in.Axes() > 0 {
		return in, same, true
	}
	l := in.rowMajor(same)
	if l == nil || len(l.star) > len(in.star) {
		if whole, moved := in.unscramble(); whole != nil {
			l, same = whole, moved
		}
	}
	if l == nil {
		return nil, nil, false
	}
	J := make([]float64, l.Bonds())
	for k, v := range in.J {
		J[l.bondBetween(same[in.from[k]], same[in.to[k]])] = v
	}
	return &Instance{Lattice: l, J: J}, same, true
}

const maxNeighbours = 6

// rowMajor returns the lattice of fewest bonds that has all bonds of the graph without
// renumbering, or nil. same is the identity.
//
// The ends of a bond differ by the stride of its axis, or by side - 1 strides across a
// boundary, so the differences give the possible shapes.
func (l *Lattice) rowMajor(same []int32) *Lattice {
	var steps []int
	for k := range l.to {
		step := int(max(l.from[k]-l.to[k], l.to[k]-l.from[k]))
		if at, found := slices.BinarySearch(steps, step); !found {
			if len(steps) == maxNeighbours {
				return nil
			}
			steps = slices.Insert(steps, at, step)
		}
	}
	var best *Lattice
	try := func(shape ...int) {
		stride, known := l.sites, 0
		periodic := make([]bool, len(shape))
		for a, side := range shape {
			stride /= side
			for _, step := range steps {
				switch {
				case step == stride:
					known++
				case step == (side-1)*stride:
					known++
					periodic[a] = true
				}
			}
		}
		if known < len(steps) {
			return
		}
		m, err := NewLattice(shape, periodic)
		if err == nil && (best == nil || len(m.star) < len(best.star)) && l.within(m, same) {
			best = m
		}
	}
	for _, s := range steps {
		if s == 1 || l.sites%s != 0 {
			continue
		}
		try(l.sites/s, s)
		for _, r := range steps {
			if 1 < r && r < s && s%r == 0 {
				try(l.sites/s, s/r, r)
			}
		}
	}
	return best
}

// within reports whether every bond of l joins neighbours in m, where site[i] is the
// site of m that i is.
func (l *Lattice) within(m *Lattice, site []int32) bool {
	for k, j := range l.to {
		if m.bondBetween(site[l.from[k]], site[j]) < 0 {
			return false
		}
	}
	return true
}

// A frame holds the neighbours of a site after and before it along each axis, -1 for
// none.
type frame [3][2]int32

const after, before = 0, 1

// unscramble finds a complete lattice whose sites have any numbers, and the site of it
// that each site is, or nil.
//
// On a lattice two neighbours of a site that lie along different axes have exactly one
// other common neighbour, the fourth corner of their plaquette. So the frame of one site
// gives the frames of its neighbours, and in the end of all. A site of least degree lies
// at the end of every free axis; all its possible frames are tried.
func (l *Lattice) unscramble() (*Lattice, []int32) {
	corner := 0
	for i := range l.sites {
		if l.degree(i) > maxNeighbours {
			return nil, nil
		}
		if l.degree(i) < l.degree(corner) {
			corner = i
		}
	}
	var around []int32
	for _, k := range l.BondsAt(corner) {
		around = append(around, int32(l.Across(k, corner)))
	}
	slices.Sort(around)
	for axes := 2; axes <= 3; axes++ {
		for f := range frames(around, axes) {
			if m, site := l.unroll(int32(corner), f, axes); m != nil {
				return m, site
			}
		}
	}
	return nil, nil
}

func (l *Lattice) degree(i int) int { return int(l.start[i+1] - l.start[i]) }

// frames yields every way to spread neighbours over the axes, one or two on each.
func frames(around []int32, axes int) iter.Seq[frame] {
	return func(yield func(frame) bool) {
		var f frame
		var spread func(rest []int32, a int) bool
		spread = func(rest []int32, a int) bool {
			if a == axes || len(rest) == 0 {
				return a < axes || len(rest) > 0 || yield(f)
			}
			f[a] = [2]int32{rest[0], -1}
			if !spread(rest[1:], a+1) {
				return false
			}
			for k := 1; k < len(rest); k++ {
				f[a] = [2]int32{rest[0], rest[k]}
				if !spread(slices.Concat(rest[1:k], rest[k+1:]), a+1) {
					return false
				}
			}
			return true
		}
		spread(around, 0)
	}
}

// unroll lays the graph out from a corner with its frame, free axes first, long before
// short. It returns nil unless the graph is a complete lattice seen from that frame.
func (l *Lattice) unroll(corner int32, f frame, axes int) (*Lattice, []int32) {
	type axis struct {
		side      int
		periodic  bool
		direction [2]int32
	}
	order := make([]axis, axes)
	for a := range order {
		side, periodic, ok := l.measure(corner, f, a, axes)
		if !ok {
			return nil, nil
		}
		order[a] = axis{side, periodic, f[a]}
	}
	slices.SortStableFunc(order, func(a, b axis) int {
		if a.periodic == b.periodic {
			return b.side - a.side
		}
		if a.periodic {
			return 1
		}
		return -1
	})
	shape, periodic := make([]int, axes), make([]bool, axes)
	for a, x := range order {
		shape[a], periodic[a], f[a] = x.side, x.periodic, x.direction
	}
	m, err := NewLattice(shape, periodic)
	if err != nil || m.sites != l.sites || len(m.star) != len(l.star) {
		return nil, nil
	}
	site := slices.Repeat([]int32{-1}, l.sites)
	number := int32(0)
	var fill func(i int32, f frame, a int) bool
	fill = func(i int32, f frame, a int) bool {
		if a == axes {
			if site[i] >= 0 {
				return false
			}
			site[i] = number
			number++
			return true
		}
		for k := range shape[a] {
			if !fill(i, f, a+1) {
				return false
			}
			if k+1 == shape[a] {
				break
			}
			var ok bool
			if i, f, ok = l.transport(i, f, a, axes); !ok || i < 0 {
				return false
			}
		}
		return true
	}
	if !fill(corner, f, 0) || !l.within(m, site) {
		return nil, nil
	}
	return m, site
}

// measure returns the side along an axis and whether it leads back to the corner.
func (l *Lattice) measure(corner int32, f frame, a, axes int) (side int, periodic, ok bool) {
	i := corner
	for side = 1; side <= l.sites; side++ {
		if i, f, ok = l.transport(i, f, a, axes); !ok {
			return 0, false, false
		}
		if i < 0 || i == corner {
			return side, i == corner, true
		}
	}
	return 0, false, false
}

// transport returns the next site along axis a, -1 for none, with its frame. It fails
// where the surroundings are not those of a lattice.
func (l *Lattice) transport(i int32, f frame, a, axes int) (next int32, moved frame, ok bool) {
	next = f[a][after]
	if next < 0 {
		return next, f, true
	}
	moved[a] = [2]int32{-1, i}
	known := 1
	for b := range axes {
		for d := range f[b] {
			if b == a {
				continue
			}
			moved[b][d] = -1
			if f[b][d] >= 0 {
				if moved[b][d] = l.fourth(next, f[b][d], i); moved[b][d] < 0 {
					return 0, f, false
				}
				known++
			}
		}
	}
	if l.degree(int(next)) > known+1 {
		return 0, f, false
	}
	for _, k := range l.BondsAt(int(next)) {
		if j := int32(l.Across(k, int(next))); !slices.ContainsFunc(moved[:axes], func(p [2]int32) bool { return p[0] == j || p[1] == j }) {
			moved[a][after] = j
		}
	}
	return next, moved, true
}

// fourth returns the only common neighbour of i and j besides k, or -1.
func (l *Lattice) fourth(i, j, k int32) int32 {
	found := int32(-1)
	for _, b := range l.BondsAt(int(i)) {
		if x := int32(l.Across(b, int(i))); x != k && l.bondBetween(x, j) >= 0 {
			if found >= 0 {
				return -1
			}
			found = x
		}
	}
	return found
}
