package certificate

import (
	"math/rand/v2"
	"slices"
	"testing"

	"spinlearn/ising"
)

// byDefinition reports whether d is feasible, from all shortest paths and all pairs.
func byDefinition(f *faces, weight []int64, d *duals) bool {
	const far = 1 << 40
	n := len(f.odd)
	dist := make([][]int64, n)
	for p := range dist {
		dist[p] = slices.Repeat([]int64{far}, n)
		dist[p][p] = 0
	}
	for e, side := range f.sides {
		if p, q := side[0], side[1]; p >= 0 && !d.removed(int32(e)) {
			dist[p][q] = min(dist[p][q], weight[e])
			dist[q][p] = min(dist[q][p], weight[e])
		}
	}
	for m := range n {
		for p := range n {
			for q := range n {
				dist[p][q] = min(dist[p][q], dist[p][m]+dist[m][q])
			}
		}
	}
	holds := make([]map[int32]bool, len(d.sets))
	for k, s := range d.sets {
		holds[k] = map[int32]bool{}
		for _, m := range s.Of {
			if m >= 0 {
				holds[k][m] = true
				continue
			}
			for u := range holds[-1-m] {
				holds[k][u] = true
			}
		}
	}
	for u := range int32(len(d.face)) {
		for v := range u {
			need := d.y[u] + d.y[v]
			for k, s := range d.sets {
				if holds[k][u] != holds[k][v] {
					need += s.Z
				}
			}
			if 2*dist[d.face[u]][d.face[v]] < need {
				return false
			}
		}
	}
	return true
}

// The checks agree with the definition on duals that are feasible, nearly so or far
// from it, with sets that nest, cross or repeat, and after changes of feasible ones.
func TestFeasible(t *testing.T) {
	count := map[[2]bool]int{}
	for try := range 6000 {
		rng := rand.New(rand.NewPCG(4, uint64(try)))
		l := lattice(t, 3+rng.IntN(3), 3+rng.IntN(3), rng.IntN(2) == 0, rng.IntN(2) == 0)
		var in *ising.Instance
		if rng.IntN(2) == 0 {
			in = random(t, l, rng, -3, -2, -1, 0, 1, 2, 3)
		} else {
			in = random(t, l, rng, -17, 20, -30, 31)
		}
		s := mustScale(t, in, 1)
		f := newFaces(s)
		gone := make([]bool, in.Slots()+1)
		for range rng.IntN(4) {
			gone[rng.IntN(in.Slots())] = true
		}
		d := &duals{removed: func(e int32) bool { return gone[e] }}
		for range 2 + 2*rng.IntN(6) {
			d.face = append(d.face, int32(rng.IntN(l.Sites())))
		}
		var sets []Set
		var ok bool
		if d.y, sets, ok = moats(f, d.face, d.removed); !ok {
			continue
		}
		some := func(n int) []int32 {
			var of []int32
			for _, u := range rng.Perm(n)[:2*rng.IntN(n/2)+1] {
				of = append(of, int32(u))
			}
			return of
		}
		spoil := func(y []int64, sets []Set) {
			for range rng.IntN(3) {
				y[rng.IntN(len(y))] += rng.Int64N(9) - 5
				if len(sets) > 0 {
					z := &sets[rng.IntN(len(sets))].Z
					*z = max(0, *z+rng.Int64N(9)-5)
				}
			}
		}
		for range rng.IntN(3) {
			sets = append(sets, Set{rng.Int64N(3), some(len(d.face))})
			for range 2 { // make room for it
				d.y[rng.IntN(len(d.y))] -= rng.Int64N(4)
			}
		}
		spoil(d.y, sets)
		if err := d.addSets(sets); err != nil {
			t.Fatal(err)
		}
		find := newFinder(f)
		got, want := find.feasible(d, nil), byDefinition(f, s.weight, d)
		if (got == nil) != want {
			t.Fatalf("try %d on %v: %v, by definition %v", try, l, got, want)
		}
		count[[2]bool{false, want}]++
		if !want {
			continue
		}
		was := *d
		d.y, d.sets = slices.Clone(d.y), slices.Clone(d.sets)
		spoil(d.y, d.sets)
		bond := rng.IntN(in.Slots())
		if p := f.sides[bond]; p[0] >= 0 && !gone[bond] {
			gone[bond] = true
			if rng.IntN(2) == 0 {
				d.face = append(d.face, p[0], p[1])
				d.y = append(d.y, rng.Int64N(7)-4, rng.Int64N(7)-4)
			}
		}
		if rng.IntN(2) == 0 {
			if err := d.addSets([]Set{{rng.Int64N(3), some(len(d.face))}}); err != nil {
				t.Fatal(err)
			}
		}
		grown := make([]bool, len(d.y))
		for u, y := range d.y {
			grown[u] = u >= len(was.y) || y > was.y[u]
		}
		for k, set := range d.sets {
			if k >= len(was.sets) || set.Z > was.sets[k].Z {
				for u := range d.members(k) {
					grown[u] = true
				}
			}
		}
		if got, want := find.feasible(d, grown), byDefinition(f, s.weight, d); (got == nil) != want {
			t.Fatalf("try %d on %v: after a change %v, by definition %v", try, l, got, want)
		} else {
			count[[2]bool{true, want}]++
		}
	}
	t.Logf("after a change, feasible: %v", count)
	for _, changed := range []bool{false, true} {
		if a, b := count[[2]bool{changed, true}], count[[2]bool{changed, false}]; a < 500 || b < 500 {
			t.Errorf("%d feasible, %d not: the test tells little", a, b)
		}
	}
}

// A rigid step is accepted just if its whole dual solution is feasible.
func TestRigid(t *testing.T) {
	accepted, rejected := 0, 0
	for try := range 6000 {
		rng := rand.New(rand.NewPCG(10, uint64(try)))
		in := random(t, lattice(t, 3+rng.IntN(3), 3+rng.IntN(3), true, true), rng, -17, 20, -30, 31)
		s := mustScale(t, in, 1)
		m := &maker{tree: newTree(s), rng: rng}
		m.fix(3, int8(rng.IntN(2)))
		d, _, ok := m.dual()
		if !ok || len(d.Y) == 0 {
			continue
		}
		for range rng.IntN(3) {
			d.Y[rng.IntN(len(d.Y))][1] -= rng.Int64N(6)
			if len(d.Sets) > 0 {
				z := &d.Sets[rng.IntN(len(d.Sets))].Z
				*z = max(0, *z-rng.Int64N(6))
			}
		}
		base, err := m.base(d)
		if err != nil {
			t.Fatal(err)
		}
		m.fix(2, 0) // after the base, so of no account for it
		r := &Rigid{Bond: 4 + int32(rng.IntN(5)), Value: int8(rng.IntN(2))}
		all := &duals{
			face: slices.Clone(base.face), y: slices.Clone(base.y), sets: slices.Clone(base.sets),
			removed: func(e int32) bool { return e == 3 || e == r.Bond },
		}
		weight := base.weight
		if r.Value == 1 {
			r.New = []int64{-rng.Int64N(30), -rng.Int64N(30)}
			all.face = append(all.face, m.sides[r.Bond][:]...)
			all.y = append(all.y, r.New...)
			weight += s.weight[r.Bond]
		}
		switch rng.IntN(3) {
		case 0:
			u := rng.IntN(len(base.y))
			all.y[u] += rng.Int64N(8) - 2
			r.Y = [][2]int64{{int64(u), all.y[u]}}
		case 1:
			if len(base.sets) > 0 {
				z := &all.sets[rng.IntN(len(base.sets))].Z
				*z = max(0, *z+rng.Int64N(8)-2)
				for k, set := range all.sets[:len(base.sets)] {
					if set.Z != base.sets[k].Z {
						r.Z = append(r.Z, [2]int64{int64(k), set.Z})
					}
				}
			}
		default:
			of := []int32{0}
			for u := 1; u+1 < len(all.face) && rng.IntN(3) > 0; u += 2 {
				of = append(of, int32(u), int32(u+1))
			}
			r.Sets = []Set{{rng.Int64N(8), of}}
			all.sets = append(all.sets, r.Sets...)
		}
		r.Bound = weight + sum(all.y, all.sets)
		want := byDefinition(m.faces, s.weight, all)
		if err := m.rigid(base, r); (err == nil) != want {
			t.Fatalf("try %d: %v, by definition %v", try, err, want)
		}
		if want {
			accepted++
		} else {
			rejected++
		}
	}
	if accepted < 500 || rejected < 500 {
		t.Errorf("%d accepted, %d rejected: the test tells little", accepted, rejected)
	}
}
