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
	*matching.Graph
	frustrated []bool
	sink       int // the outer face of a free lattice, else -1
	near       int // pairs that a joiner lists for each face at first, 0 for its default
}

// joiner returns a joiner of the bonds.
func (p *plaquettes) joiner() *matching.Joiner {
	j := matching.NewJoiner(p.Graph, p.sink)
	if p.near > 0 {
		j.Near = p.near
	}
	return j
}

func newPlaquettes(l *ising.Lattice, q *integers, near int) *plaquettes {
	n, bonds := l.Sites(), l.Slots()
	p := &plaquettes{&matching.Graph{Vertices: n + 2, From: make([]int32, bonds), To: make([]int32, bonds), Weight: make([]int64, bonds)}, make([]bool, n+2), -1, near}
	if !l.Periodic()[0] && !l.Periodic()[1] {
		p.sink = n
	}
	cols := l.Shape()[1]
	for k, K := range q.K {
		i, j := l.Ends(k)
		if j < 0 {
			p.From[k] = -1
			continue
		}
		r, c := i/cols, i%cols
		before := face(l, r, c-1)
		if k >= n { // along a row
			before = face(l, r-1, c)
		}
		after := face(l, r, c)
		p.From[k], p.To[k], p.Weight[k] = int32(before), int32(after), abs(K)
		if K < 0 {
			p.frustrated[before] = !p.frustrated[before]
			p.frustrated[after] = !p.frustrated[after]
		}
	}
	return p
}

// face returns the face at row r and column c, which may be one off the lattice.
func face(l *ising.Lattice, r, c int) int {
	at := [2]int{r, c}
	for a, side := range l.Shape() {
		switch {
		case l.Periodic()[a]:
			at[a] = (at[a] + side) % side
		case at[a] < 0, at[a] == side-1:
			outer := l.Sites()
			if at[a] > 0 && l.Periodic()[1-a] { // beyond a cylinder
				outer++
			}
			return outer
		}
	}
	return at[0]*l.Shape()[1] + at[1]
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
