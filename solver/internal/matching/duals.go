package matching

import "slices"

// Duals prove a bound: Σ y + Σ z is at most twice the weight of any T-join.
type Duals struct {
	Y    [][2]int64 // vertex, y
	Sets []OddSet
}

// Bound returns the bound: ⌈(Σ y + Σ z)/2⌉.
func (d *Duals) Bound() int64 {
	sum := int64(1)
	for _, y := range d.Y {
		sum += y[1]
	}
	for k := range d.Sets {
		sum += d.Sets[k].Z
	}
	return sum >> 1
}

// An OddSet has the terminals given by their place in Duals.Y and, as -1-k, those of set
// number k before it.
type OddSet struct {
	Z  int64
	Of []int32
}

// Duals returns the duals of the last join, or those that it had reached when its context
// ended. Terminals are in the order of the graph's curve; a sink that is in T comes last, with
// 0.
func (j *Joiner) Duals() Duals {
	m := j.matcher
	d := Duals{Y: make([][2]int64, len(j.terminals), len(j.terminals)+1)}
	list := m.blossoms()
	above := m.nesting(list).above
	for i, v := range j.terminals {
		d.Y[i] = [2]int64{int64(v), 0}
		if i := int32(i); i < m.real {
			dual := m.dual(i)
			y := dual - above[i]
			if !j.priced { // pairs that are not listed are as far as the reach of both
				y -= max(dual-j.reach[i], 0)
			}
			d.Y[i][1] = y
		}
	}
	if len(j.terminals)%2 == 1 {
		d.Y = append(d.Y, [2]int64{int64(j.sink), 0})
	}
	if len(list) == 0 {
		return d
	}
	number := m.number(list)
	d.Sets = make([]OddSet, len(list))
	room := make([]int32, 0, len(m.vertices)+len(list)) // every node has one parent at most
	for k, b := range list {
		from := len(room)
		room = m.members(b, number, room)
		d.Sets[k] = OddSet{m.nodes[b].z, slices.Clip(room[from:])}
	}
	return d
}

// number returns the place of each listed blossom by its node.
func (m *Matcher) number(list []int32) []int32 {
	number := make([]int32, len(m.nodes))
	for k, b := range list {
		number[b] = int32(k)
	}
	return number
}

// members appends the kids of a blossom in the way of [OddSet].
func (m *Matcher) members(b int32, number, of []int32) []int32 {
	kid := m.nodes[b].kid
	for x := kid; ; {
		if m.isBlossom(x) {
			of = append(of, -1-number[x])
		} else {
			of = append(of, x)
		}
		if x = m.nodes[x].right; x == kid {
			return of
		}
	}
}
