package exact

import (
	"spinlearn/ising"
	"spinlearn/solver/internal/matching"
)

// plaquettes is the dual of a lattice of two axes. Its vertices are the faces: plaquette
// i has site i as its lowest corner; N is the outer face of a free lattice, N and N+1
// are those before and beyond a cylinder. Its edges are the bonds.
//
// The unsatisfied bonds of a configuration are a T-join of the dual, T being the
// frustrated faces. On a lattice that is free along an axis every T-join is one of a
// configuration; on a torus one that crosses the two seams as often as it must, modulo
// 2. See Bieche, Maynard, Rammal and Uhry (1980, doi 10.1088/0305-4470/13/8/005) and
// Thomas and Middleton (2007, doi 10.1103/PhysRevB.76.220406).
type plaquettes struct {
	K          []int64
	rows, cols int32
	inner      [2]int32 // rows and columns of plaquettes
	outer      [2][]matching.Arc
	frustrated []bool
	sink       int // the outer face of a free lattice, else -1
	near       int // pairs that a joiner lists for each face at first, 0 for its default
}

// joiner returns a joiner of the bonds.
func (p *plaquettes) joiner() *matching.Joiner {
	j := matching.NewJoiner(p, p.sink, p.hubs()...)
	if p.near > 0 {
		j.Near = p.near
	}
	return j
}

// hubs returns the outer faces of a cylinder.
func (p *plaquettes) hubs() []int32 {
	if n := p.rows * p.cols; len(p.outer[1]) > 0 {
		return []int32{n, n + 1}
	}
	return nil
}

func newPlaquettes(l *ising.Lattice, q *integers, near int) *plaquettes {
	p := &plaquettes{K: q.K, rows: int32(l.Shape()[0]), cols: int32(l.Shape()[1]), frustrated: make([]bool, l.Sites()+2), sink: -1, near: near}
	p.inner = [2]int32{p.rows, p.cols}
	for a, periodic := range l.Periodic() {
		if !periodic {
			p.inner[a]--
		}
	}
	if !l.Periodic()[0] && !l.Periodic()[1] {
		p.sink = l.Sites()
	}
	p.findOuter()
	for k, K := range q.K {
		if K < 0 {
			u, v := p.Ends(int32(k))
			p.frustrated[u] = !p.frustrated[u]
			p.frustrated[v] = !p.frustrated[v]
		}
	}
	return p
}

// Vertices returns the number of faces.
func (p *plaquettes) Vertices() int { return len(p.frustrated) }

// Edges returns the number of bonds, whether or not they exist.
func (p *plaquettes) Edges() int { return len(p.K) }

// Weight returns what a bond costs if it is unsatisfied.
func (p *plaquettes) Weight(k int32) int64 { return abs(p.K[k]) }

// Ends returns the faces on the two sides of a bond that exists.
func (p *plaquettes) Ends(k int32) (before, after int32) {
	if n := p.rows * p.cols; k >= n { // along a row
		i := k - n
		return p.face(i/p.cols-1, i%p.cols), p.face(i/p.cols, i%p.cols)
	}
	return p.face(k/p.cols, k%p.cols-1), p.face(k/p.cols, k%p.cols)
}

// face returns the face at row r and column c, which may be one off the lattice.
func (p *plaquettes) face(r, c int32) int32 {
	if p.inner[0] == p.rows {
		r = (r + p.rows) % p.rows
	}
	if p.inner[1] == p.cols {
		c = (c + p.cols) % p.cols
	}
	outer := p.rows * p.cols
	switch {
	case r >= 0 && c >= 0 && r < p.inner[0] && c < p.inner[1]:
		return r*p.cols + c
	case r < 0 || c < 0 || p.sink >= 0:
		return outer
	}
	return outer + 1 // beyond a cylinder
}

// Arcs returns the bonds around a face.
func (p *plaquettes) Arcs(v int32, room []matching.Arc) []matching.Arc {
	n := p.rows * p.cols
	if v >= n {
		return p.outer[v-n]
	}
	r, c := v/p.cols, v%p.cols
	left, right, up, down := v-1, v+1, v-p.cols, v+p.cols
	bonds := [4]int32{v, right, n + v, n + down}
	if r == 0 || c == 0 || r+1 >= p.inner[0] || c+1 >= p.inner[1] {
		if r >= p.inner[0] || c >= p.inner[1] {
			return room // no face
		}
		if c+1 == p.cols {
			bonds[1] -= p.cols
		}
		if r+1 == p.rows {
			bonds[3] -= n
		}
		left, right, up, down = p.face(r, c-1), p.face(r, c+1), p.face(r-1, c), p.face(r+1, c)
	}
	return append(room,
		matching.Arc{Weight: abs(p.K[bonds[0]]), Edge: bonds[0], To: left}, matching.Arc{Weight: abs(p.K[bonds[1]]), Edge: bonds[1], To: right},
		matching.Arc{Weight: abs(p.K[bonds[2]]), Edge: bonds[2], To: up}, matching.Arc{Weight: abs(p.K[bonds[3]]), Edge: bonds[3], To: down})
}

// findOuter lists the bonds around the outer faces.
func (p *plaquettes) findOuter() {
	n := p.rows * p.cols
	add := func(k int32) {
		before, after := p.Ends(k)
		if before >= n {
			p.outer[before-n] = append(p.outer[before-n], matching.Arc{Weight: p.Weight(k), Edge: k, To: after})
		}
		if after >= n {
			p.outer[after-n] = append(p.outer[after-n], matching.Arc{Weight: p.Weight(k), Edge: k, To: before})
		}
	}
	if p.inner[1] < p.cols {
		for r := range p.inner[0] {
			add(r * p.cols)
			add(r*p.cols + p.cols - 1)
		}
	}
	if p.inner[0] < p.rows {
		for c := range p.inner[1] {
			add(n + c)
			add(2*n - p.cols + c)
		}
	}
}

// Curve visits the faces along a curve like Hilbert's, which goes from each to a neighbour.
func (p *plaquettes) Curve(visit func(v int32)) {
	rows, cols := way{p.inner[0], p.cols}, way{p.inner[1], 1}
	if rows.steps > cols.steps {
		rectangle(0, rows, cols, visit)
	} else {
		rectangle(0, cols, rows, visit)
	}
	visit(p.rows * p.cols)
	visit(p.rows*p.cols + 1)
}

// A way is a number of steps from face to face, each of which adds the stride to the face.
type way struct{ steps, stride int32 }

func (w way) length() int32 { return w.steps * w.stride }
func (w way) back() way     { return way{w.steps, -w.stride} }

// halves cuts a way in two, the first even if possible: then a curve leaves where it should.
func (w way) halves() (a, b way) {
	half := w.steps / 2
	if half%2 == 1 && w.steps > 2 {
		half++
	}
	return way{half, w.stride}, way{w.steps - half, w.stride}
}

// rectangle visits the faces of a rectangle at v, from that corner to the one at the end of along.
func rectangle(v int32, along, across way, visit func(v int32)) {
	switch {
	case across.steps == 1 || along.steps == 1:
		for range along.steps * across.steps {
			visit(v)
			if v += along.stride; along.steps == 1 {
				v += across.stride - along.stride
			}
		}
	case 2*along.steps > 3*across.steps:
		a, b := along.halves()
		rectangle(v, a, across, visit)
		rectangle(v+a.length(), b, across, visit)
	default:
		a, b := way{along.steps / 2, along.stride}, way{along.steps - along.steps/2, along.stride}
		c, d := across.halves()
		rectangle(v, c, a, visit)
		rectangle(v+c.length(), along, d, visit)
		rectangle(v+along.length()-along.stride+c.length()-c.stride, c.back(), b.back(), visit)
	}
}

// spins returns a configuration with the given unsatisfied bonds, if there is one.
func (q *integers) spins(l *ising.Lattice, unsatisfied []bool) []int8 {
	s := make([]int8, l.Sites())
	var queue []int
	for root := range s {
		if s[root] != 0 {
			continue
		}
		s[root] = 1
		for queue = append(queue[:0], root); len(queue) > 0; {
			i := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for _, k := range l.BondsAt(i) {
				if j := l.Across(k, i); s[j] == 0 {
					s[j] = s[i]
					if (q.K[k] < 0) != unsatisfied[k] {
						s[j] = -s[i]
					}
					queue = append(queue, j)
				}
			}
		}
	}
	return s
}
