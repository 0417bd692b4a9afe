package certificate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"spinlearn/ising"
)

// moats grows moats around the groups of an odd number of positions, all at one pace,
// and joins the groups that meet. The result is feasible, though not the best; ok is
// false if some group can grow for ever.
func moats(f *faces, face []int32, removed func(int32) bool) (y []int64, sets []Set, ok bool) {
	type group struct {
		odd    bool
		single int32   // position, if it is nothing but one, else -1
		moat   int64   // of the group as it is
		of     []int32 // what it was joined from
	}
	n := len(f.odd)
	groups := make([]group, n)
	of := make([]int, n) // group of each face
	depth := make([]int64, n)
	for p := range groups {
		of[p] = p
		groups[p].single = -1
	}
	y = make([]int64, len(face))
	for u, p := range face {
		g := &groups[p]
		g.odd = !g.odd
		g.of = append(g.of, int32(u))
		g.single = int32(u)
		if len(g.of) > 1 {
			g.single = -1
		}
	}
	type edge struct {
		p, q   int32
		length int64
	}
	var edges []edge
	for p := range n {
		for _, a := range f.arcs[f.start[p]:f.start[p+1]] {
			if int(a.to) > p && !removed(a.bond) {
				edges = append(edges, edge{int32(p), a.to, a.length})
			}
		}
	}
	close := func(g *group) {
		switch {
		case g.single >= 0:
			y[g.single] += g.moat
		case g.moat > 0:
			sets = append(sets, Set{g.moat, g.of})
			g.of = []int32{int32(-len(sets))}
		}
		g.moat = 0
		g.single = -1
	}
	for {
		active, step := false, int64(-1)
		var first edge
		for i := range groups {
			active = active || groups[i].odd && of[i] == i
		}
		if !active {
			return y, sets, true
		}
		for _, e := range edges {
			a, b := of[e.p], of[e.q]
			if a == b {
				continue
			}
			rate := int64(0)
			for _, g := range [2]int{a, b} {
				if groups[g].odd {
					rate++
				}
			}
			if rate == 0 {
				continue
			}
			if s := (e.length - depth[e.p] - depth[e.q]) / rate; step < 0 || s < step {
				step, first = s, e
			}
		}
		if step < 0 {
			return nil, nil, false
		}
		for p := range depth {
			if groups[of[p]].odd {
				depth[p] += step
			}
		}
		for i := range groups {
			if groups[i].odd && of[i] == i {
				groups[i].moat += step
			}
		}
		a, b := of[first.p], of[first.q]
		close(&groups[a])
		close(&groups[b])
		groups[a].of = append(groups[a].of, groups[b].of...)
		groups[a].odd = groups[a].odd != groups[b].odd
		for p := range of {
			if of[p] == b {
				of[p] = a
			}
		}
		groups[b] = group{single: -1}
	}
}

// lattice returns a lattice of two axes.
func lattice(t testing.TB, rows, cols int, periodic ...bool) *ising.Lattice {
	t.Helper()
	l, err := ising.NewLattice([]int{rows, cols}, periodic)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// random returns an instance whose couplings are drawn from values.
func random(t testing.TB, l *ising.Lattice, rng *rand.Rand, values ...float64) *ising.Instance {
	t.Helper()
	J := make([]float64, l.Slots())
	for k := range l.Bonds() {
		J[k] = values[rng.IntN(len(values))]
	}
	in, err := ising.NewInstance(l, J)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// gaussian returns an instance with normal couplings.
func gaussian(t testing.TB, l *ising.Lattice, rng *rand.Rand) *ising.Instance {
	t.Helper()
	J := make([]float64, l.Slots())
	for k := range l.Bonds() {
		J[k] = rng.NormFloat64()
	}
	in, err := ising.NewInstance(l, J)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func mustScale(t testing.TB, in *ising.Instance, by float64) *scaled {
	t.Helper()
	s, err := scale(in, by)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// groundState returns the state of least violated weight by enumeration.
func groundState(s *scaled) (best []int8, least int64) {
	n := s.in.Sites()
	spins := make([]int8, n)
	for code := range 1 << (n - 1) {
		for i := range spins {
			spins[i] = int8(1 - 2*(code>>i&1))
		}
		if v := s.violated(spins); best == nil || v < least {
			best, least = append(best[:0], spins...), v
		}
	}
	return best, least
}

// text writes spins as a certificate does.
func text(spins []int8) string {
	var b strings.Builder
	for _, s := range spins {
		if s > 0 {
			b.WriteByte('+')
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}

// claim returns a sealed certificate around a proof whose bound of the violated weight
// is least.
func claim(s *scaled, by float64, spins []int8, least int64, proof Certificate) *Certificate {
	c := &proof
	violated := s.violated(spins)
	c.Format, c.Program = Format, "test"
	c.Sites, c.Bonds, c.Scale = s.in.Sites(), s.in.Slots(), by
	c.Spins = text(spins)
	c.Energy = 2*violated - s.total
	c.Bound = 2*s.roundUp(least, violated) - s.total
	switch {
	case c.Dual != nil:
		c.Kind = KindPlanar
	case c.Tree != nil:
		c.Kind = KindTorus
	default:
		c.Kind = KindPacking
	}
	c.Seal()
	return c
}

// A maker makes torus proofs that are as good as moats are, and spoils some numbers.
type maker struct {
	*tree
	rng    *rand.Rand
	spoil  float64 // probability that a number is raised
	raised bool
	bound  int64 // over all leaves
	some   bool
	budget int // steps
}

// Sum of the duals of a base or a rigid step.
func sum(y []int64, sets []Set) int64 {
	total := int64(0)
	for _, v := range y {
		total += v
	}
	for _, s := range sets {
		total += s.Z
	}
	return (total + 1) >> 1
}

func (m *maker) leafAt(bound int64) {
	if !m.some || bound < m.bound {
		m.bound, m.some = bound, true
	}
}

func (m *maker) disturb(y []int64, sets []Set) {
	for i := range y {
		if m.rng.Float64() < m.spoil {
			y[i] += 1 + m.rng.Int64N(3)
			m.raised = true
		} else if m.rng.Float64() < m.spoil {
			y[i] -= 1 + m.rng.Int64N(3)
		}
	}
	for k := range sets {
		if m.rng.Float64() < m.spoil {
			sets[k].Z += 1 + m.rng.Int64N(3)
			m.raised = true
		}
	}
}

// madeBase is a base with what was set then.
type madeBase struct {
	face   []int32
	y      []int64
	sets   []Set
	set    int
	weight int64
	bound  int64
}

// base makes a base under the present set bonds; ok is false if none has a bound.
func (m *maker) dual() (*Dual, *madeBase, bool) {
	b := &madeBase{set: len(m.set)}
	for _, s := range m.set {
		if s.value == 1 {
			b.weight += m.weight[s.bond]
		}
	}
	for p, odd := range m.terminals(m.set) {
		if odd {
			b.face = append(b.face, int32(p))
		}
	}
	m.rng.Shuffle(len(b.face), func(i, j int) { b.face[i], b.face[j] = b.face[j], b.face[i] })
	var ok bool
	b.y, b.sets, ok = moats(m.faces, b.face, func(e int32) bool { return m.when[e] != notSet })
	if !ok {
		return nil, nil, false
	}
	m.disturb(b.y, b.sets)
	b.bound = b.weight + sum(b.y, b.sets)
	d := &Dual{Y: [][2]int64{}, Sets: b.sets}
	for u, p := range b.face {
		d.Y = append(d.Y, [2]int64{int64(p), b.y[u]})
	}
	return d, b, true
}

// rigid makes a rigid step for a bond.
func (m *maker) rigidStep(b *madeBase, bond int32, value int8) *Rigid {
	r := &Rigid{Bond: bond, Value: value}
	face := append([]int32(nil), b.face...)
	weight := b.weight
	if value == 1 {
		face = append(face, m.sides[bond][:]...)
		weight += m.weight[bond]
	}
	y, sets, ok := moats(m.faces, face, func(e int32) bool { return int(m.when[e]) < b.set || e == bond })
	if !ok {
		r.Infeasible = true
		return r
	}
	m.disturb(y, sets)
	for u, v := range b.y {
		if y[u] != v {
			r.Y = append(r.Y, [2]int64{int64(u), y[u]})
		}
	}
	r.New = y[len(b.y):]
	// Sets that stay keep their numbers.
	number := map[string]int{}
	for k, key := range memberKeys(b.sets) {
		number[key] = k
	}
	stays := make([]bool, len(b.sets))
	at := make([]int32, len(sets))
	for k, key := range memberKeys(sets) {
		if old, ok := number[key]; ok {
			delete(number, key) // two sets may have the same members
			stays[old] = true
			at[k] = int32(old)
			if z := sets[k].Z; z != b.sets[old].Z {
				r.Z = append(r.Z, [2]int64{int64(old), z})
			}
			continue
		}
		of := slices.Clone(sets[k].Of)
		for i, v := range of {
			if v < 0 {
				of[i] = -1 - at[-1-v]
			}
		}
		at[k] = int32(len(b.sets) + len(r.Sets))
		r.Sets = append(r.Sets, Set{sets[k].Z, of})
	}
	for k, stay := range stays {
		if !stay && b.sets[k].Z > 0 {
			r.Z = append(r.Z, [2]int64{int64(k), 0})
		}
	}
	r.Bound = weight + sum(y, sets)
	m.leafAt(r.Bound)
	return r
}

// node makes a node; b is the base of the node above.
func (m *maker) makeNode(b *madeBase) Node {
	var n Node
	own := false
	state := func() bool {
		d, made, ok := m.dual()
		if ok {
			n.Steps = append(n.Steps, Step{Base: d})
			b, own = made, true
		}
		return ok
	}
	for {
		// A straight row or column whose bonds are all set may rule the node out.
		if loop := m.contradiction(); loop != nil {
			n.Steps = append(n.Steps, Step{Loop: loop})
			return n
		}
		bond := int32(m.rng.IntN(len(m.when)))
		if m.rng.IntN(4) > 0 { // one of a few rows, so that loops close
			bond = int32(m.in.Sites() + m.rng.IntN(m.in.Shape()[1]))
		}
		m.budget--
		switch {
		case m.budget < 0 || len(m.set) > 10:
			if !own && !state() {
				// No state is left, though no loop says so; give any bound away.
				n.Steps = append(n.Steps, Step{Loop: []int32{0}})
				m.raised = true
				return n
			}
			n.Steps = append(n.Steps, Step{Prune: true})
			m.leafAt(b.bound)
			return n
		case b == nil || m.rng.IntN(8) == 0:
			state()
		case m.when[bond] != notSet:
		case m.rng.IntN(4) == 0:
			value := int8(m.rng.IntN(2))
			before := len(m.set)
			m.fix(bond, value)
			inner := m.makeNode(b)
			m.unfix(before)
			n.Steps = append(n.Steps, Step{Branch: &Branch{bond, value, inner}})
			m.fix(bond, 1-value)
		default:
			value := int8(m.rng.IntN(2))
			n.Steps = append(n.Steps, Step{Rigid: m.rigidStep(b, bond, value)})
			m.fix(bond, 1-value)
		}
	}
}

// contradiction returns a loop whose values no state has, nil if none is at hand.
func (m *maker) contradiction() []int32 {
	for _, loop := range m.loops() {
		if m.loop(loop) == nil {
			return loop
		}
	}
	return nil
}

// loops returns the rows, the columns and the plaquettes of a torus.
func (m *maker) loops() [][]int32 {
	rows, cols, n := m.in.Shape()[0], m.in.Shape()[1], m.in.Sites()
	var loops [][]int32
	for r := range rows {
		var loop []int32
		for c := range cols {
			loop = append(loop, int32(n+r*cols+c))
		}
		loops = append(loops, loop)
	}
	for c := range cols {
		var loop []int32
		for r := range rows {
			loop = append(loop, int32(r*cols+c))
		}
		loops = append(loops, loop)
	}
	for i := range n {
		loops = append(loops, []int32{int32(i), int32(n + i), int32(m.in.Next(1, i)), int32(n + m.in.Next(0, i))})
	}
	return loops
}

// memberKeys returns the sorted members of each set in one string.
func memberKeys(sets []Set) []string {
	d := duals{sets: sets}
	keys := make([]string, len(sets))
	for k := range sets {
		keys[k] = fmt.Sprint(slices.Sorted(d.members(k)))
	}
	return keys
}
