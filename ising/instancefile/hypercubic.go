package instancefile

import (
	"iter"
	"slices"

	"spinlearn/ising"
)

// A graph is a lattice without axes, of which we ask whether it is a hypercubic one.
type graph struct{ *ising.Lattice }

// hypercubic moves an instance on a graph to the hypercubic lattice that its bonds form, and
// returns the site there of each site of the graph. It fails if it finds none. It looks for
// two kinds of graphs:
//
//   - sites numbered in row-major order of a lattice. Bonds may be missing, as long as each
//     axis has some that do not cross the boundary. The sites keep their numbers;
//   - complete lattices, however their sites are numbered.
//
// A small graph can be several lattices: a torus 4x5 is a lattice 2x2x5 too. One without
// missing bonds is preferred, then one that keeps the numbers, then one of fewer bonds or
// fewer axes. The choice is always the same, and all choices have the same energies.
func hypercubic(in *ising.Instance) (lattice *ising.Instance, site []int32, ok bool) {
	g := graph{in.Lattice}
	site = make([]int32, g.Sites())
	for i := range site {
		site[i] = int32(i)
	}
	l := g.rowMajor(site)
	if l == nil || countBonds(l) > countBonds(g.Lattice) {
		if whole, moved := g.unscramble(); whole != nil {
			l, site = whole, moved
		}
	}
	if l == nil {
		return nil, nil, false
	}
	J := make([]float64, l.Slots())
	for k, v := range in.J {
		i, j := in.Ends(k)
		J[l.BondBetween(int(site[i]), int(site[j]))] = v
	}
	lattice, err := ising.NewInstance(l, J)
	return lattice, site, err == nil
}

func countBonds(l *ising.Lattice) int {
	n := 0
	for range l.Bonds() {
		n++
	}
	return n
}

const maxNeighbours = 6 // in three dimensions

// rowMajor returns the lattice of fewest bonds that has all bonds of the graph without
// renumbering, or nil. same is the identity.
//
// The ends of a bond differ by the stride of its axis, or by side - 1 strides across a
// boundary, so the differences give the possible shapes.
func (g graph) rowMajor(same []int32) *ising.Lattice {
	var steps []int
	for k := range g.Bonds() {
		i, j := g.Ends(k)
		step := max(i-j, j-i)
		if at, found := slices.BinarySearch(steps, step); !found {
			if len(steps) == maxNeighbours {
				return nil
			}
			steps = slices.Insert(steps, at, step)
		}
	}
	var best *ising.Lattice
	fewest := 0
	try := func(shape ...int) {
		stride, known := g.Sites(), 0
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
		l, err := ising.NewLattice(shape, periodic)
		if err != nil {
			return
		}
		if n := countBonds(l); (best == nil || n < fewest) && g.within(l, same) {
			best, fewest = l, n
		}
	}
	for _, s := range steps {
		if s == 1 || g.Sites()%s != 0 {
			continue
		}
		try(g.Sites()/s, s)
		for _, r := range steps {
			if 1 < r && r < s && s%r == 0 {
				try(g.Sites()/s, s/r, r)
			}
		}
	}
	return best
}

// within reports whether every bond of the graph joins neighbours on the lattice, where
// site[i] is the place of site i of the graph.
func (g graph) within(l *ising.Lattice, site []int32) bool {
	for k := range g.Bonds() {
		i, j := g.Ends(k)
		if l.BondBetween(int(site[i]), int(site[j])) < 0 {
			return false
		}
	}
	return true
}

// A frame holds the two neighbours of a site along each axis, the one after it and the one
// before it. -1 stands for no neighbour.
type frame [3][2]int32

const after, before = 0, 1

// unscramble finds a complete lattice whose sites have any numbers. It returns the lattice and
// the place of each site on it, or nil.
//
// On a lattice two neighbours of a site that lie along different axes have exactly one
// other common neighbour, the fourth corner of their plaquette. So the frame of one site
// gives the frames of its neighbours, and in the end the frames of all sites. A site with the
// fewest neighbours lies at the end of every free axis; all its possible frames are tried.
func (g graph) unscramble() (*ising.Lattice, []int32) {
	corner := 0
	for i := range g.Sites() {
		if g.degree(i) > maxNeighbours {
			return nil, nil
		}
		if g.degree(i) < g.degree(corner) {
			corner = i
		}
	}
	var around []int32
	for _, k := range g.BondsAt(corner) {
		around = append(around, int32(g.Across(k, corner)))
	}
	slices.Sort(around)
	for axes := 2; axes <= 3; axes++ {
		for f := range frames(around, axes) {
			if l, site := g.unroll(int32(corner), f, axes); l != nil {
				return l, site
			}
		}
	}
	return nil, nil
}

func (g graph) degree(i int) int { return len(g.BondsAt(i)) }

// frames yields every way to spread neighbours over the axes, with one or two on each axis.
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

// unroll numbers the sites by walking from a corner, whose frame is f. Free axes come first,
// and longer ones before shorter ones. It returns nil if the graph is not a complete lattice
// with that frame.
func (g graph) unroll(corner int32, f frame, axes int) (*ising.Lattice, []int32) {
	type axis struct {
		side      int
		periodic  bool
		direction [2]int32
	}
	order := make([]axis, axes)
	for a := range order {
		side, periodic, ok := g.measure(corner, f, a, axes)
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
	l, err := ising.NewLattice(shape, periodic)
	if err != nil || l.Sites() != g.Sites() || countBonds(l) != countBonds(g.Lattice) {
		return nil, nil
	}
	site := slices.Repeat([]int32{-1}, g.Sites())
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
			if i, f, ok = g.transport(i, f, a, axes); !ok || i < 0 {
				return false
			}
		}
		return true
	}
	if !fill(corner, f, 0) || !g.within(l, site) {
		return nil, nil
	}
	return l, site
}

// measure returns the side along an axis, and whether the axis leads back to the corner.
func (g graph) measure(corner int32, f frame, a, axes int) (side int, periodic, ok bool) {
	i := corner
	for side = 1; side <= g.Sites(); side++ {
		if i, f, ok = g.transport(i, f, a, axes); !ok {
			return 0, false, false
		}
		if i < 0 || i == corner {
			return side, i == corner, true
		}
	}
	return 0, false, false
}

// transport returns the next site along axis a, or -1 if there is none, and its frame. It
// fails if the neighbours of that site cannot be those of a lattice site.
func (g graph) transport(i int32, f frame, a, axes int) (next int32, moved frame, ok bool) {
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
				if moved[b][d] = g.fourth(next, f[b][d], i); moved[b][d] < 0 {
					return 0, f, false
				}
				known++
			}
		}
	}
	if g.degree(int(next)) > known+1 {
		return 0, f, false
	}
	for _, k := range g.BondsAt(int(next)) {
		if j := int32(g.Across(k, int(next))); !slices.ContainsFunc(moved[:axes], func(p [2]int32) bool { return p[0] == j || p[1] == j }) {
			moved[a][after] = j
		}
	}
	return next, moved, true
}

// fourth returns the common neighbour of i and j besides k, or -1 if there is not exactly one.
func (g graph) fourth(i, j, k int32) int32 {
	found := int32(-1)
	for _, b := range g.BondsAt(int(i)) {
		if x := int32(g.Across(b, int(i))); x != k && g.BondBetween(int(x), int(j)) >= 0 {
			if found >= 0 {
				return -1
			}
			found = x
		}
	}
	return found
}
