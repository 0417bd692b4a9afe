package matching

import (
	"fmt"
	"testing"
)

// watchSteps checks a matcher after every event until the test ends.
func watchSteps(t *testing.T, name string) {
	t.Helper()
	inspect = func(m *Matcher) {
		if err := m.check(); err != nil {
			t.Fatalf("%s, at %d: %v", name, m.now, err)
		}
	}
	t.Cleanup(func() { inspect = nil })
}

// check returns an error unless all invariants of the package comment hold.
func (m *Matcher) check() error {
	for _, check := range []func() error{m.checkNesting, m.checkGroups, m.checkMatching, m.checkDuals, m.checkTree, m.checkUnused} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// isAlive reports whether a node is a vertex or a blossom that has been made.
func (m *Matcher) isAlive(b int32) bool { return !m.isBlossom(b) || m.nodes[b].kid >= 0 }

func (m *Matcher) leaves(b int32) (list []int32) {
	for v := m.nodes[b].first; ; v = m.nodes[v].next {
		list = append(list, v)
		if v == m.nodes[b].last || len(list) > len(m.vertices) {
			return list
		}
	}
}

func (m *Matcher) ring(b int32) (list []int32) {
	for x := m.nodes[b].kid; ; {
		list = append(list, x)
		if x = m.nodes[x].right; x == m.nodes[b].kid || len(list) > len(m.nodes) {
			return list
		}
	}
}

func (m *Matcher) holds(b, v int32) bool {
	for x := v; x >= 0; x = m.nodes[x].parent {
		if x == b {
			return true
		}
	}
	return false
}

func (m *Matcher) checkNesting() error {
	for b := range int32(len(m.nodes)) {
		n := &m.nodes[b]
		if !m.isBlossom(b) {
			if n.kid >= 0 || n.base != b || n.size != 1 || n.first != b || n.last != b || n.z != 0 {
				return fmt.Errorf("vertex %d is the node %+v", b, *n)
			}
			continue
		}
		if !m.isAlive(b) {
			continue
		}
		kids := m.ring(b)
		if len(kids)%2 == 0 || len(kids) < 3 {
			return fmt.Errorf("blossom %d has %d kids", b, len(kids))
		}
		var leaves []int32
		for _, x := range kids {
			k := &m.nodes[x]
			if !m.isAlive(x) || k.parent != b || m.isBlossom(x) && k.serial >= n.serial {
				return fmt.Errorf("kid %d of blossom %d is %+v", x, b, *k)
			}
			if !m.holds(x, m.tail(k.link)) || !m.holds(k.right, m.head(k.link)) {
				return fmt.Errorf("the link of kid %d of blossom %d joins %d and %d", x, b, m.tail(k.link), m.head(k.link))
			}
			leaves = append(leaves, m.leaves(x)...)
		}
		own := m.leaves(b)
		seen := map[int32]bool{}
		for _, v := range own {
			seen[v] = true
		}
		for _, v := range leaves {
			if !seen[v] {
				return fmt.Errorf("leaf %d of a kid is none of blossom %d", v, b)
			}
		}
		if len(own) != len(leaves) || len(seen) != len(own) || int(n.size) != len(own) || n.size%2 == 0 {
			return fmt.Errorf("blossom %d of size %d has %d leaves, its kids %d", b, n.size, len(own), len(leaves))
		}
		if n.base != m.nodes[n.kid].base {
			return fmt.Errorf("the base of blossom %d is %d, that of its kid %d", b, n.base, m.nodes[n.kid].base)
		}
	}
	return nil
}

func (m *Matcher) checkGroups() error {
	used := map[int32]bool{}
	for b := range int32(len(m.nodes)) {
		if n := &m.nodes[b]; m.isAlive(b) && n.parent < 0 {
			if used[n.group] || m.groups[n.group].node != b {
				return fmt.Errorf("group %d of node %d is that of node %d", n.group, b, m.groups[n.group].node)
			}
			used[n.group] = true
			for _, v := range m.leaves(b) {
				if m.vertices[v].group != n.group {
					return fmt.Errorf("leaf %d of node %d is in group %d, not %d", v, b, m.vertices[v].group, n.group)
				}
			}
		} else if m.isAlive(b) && m.isBlossom(b) {
			own := false
			for _, x := range m.ring(b) {
				own = own || m.nodes[x].group == n.group
			}
			if !own {
				return fmt.Errorf("blossom %d has the group of none of its kids", b)
			}
		}
	}
	return nil
}

func (m *Matcher) checkMatching() error {
	for v := range m.real {
		if d := m.vertices[v].mate; d >= 0 && (m.tail(d) != v || m.vertices[m.head(d)].mate != d^1) {
			return fmt.Errorf("the mate of vertex %d is dart %d, that of the other end %d", v, d, m.vertices[m.head(d)].mate)
		}
	}
	for b := range int32(len(m.nodes)) {
		if !m.isAlive(b) || !m.isBlossom(b) {
			continue
		}
		kids := m.ring(b)
		for k := 1; k < len(kids); k += 2 {
			x, y := &m.nodes[kids[k]], &m.nodes[kids[k+1]]
			if m.vertices[x.base].mate != x.link || m.vertices[y.base].mate != x.link^1 {
				return fmt.Errorf("kids %d and %d of blossom %d are not matched with each other", kids[k], kids[k+1], b)
			}
		}
		if d := m.vertices[m.nodes[b].base].mate; d >= 0 && m.holds(b, m.head(d)) {
			return fmt.Errorf("the base of blossom %d is matched inside", b)
		}
	}
	return nil
}

// z returns the present dual of a blossom.
func (m *Matcher) z(b int32) int64 {
	n := &m.nodes[b]
	if n.parent >= 0 {
		return n.z
	}
	g := &m.groups[n.group]
	return n.z + int64(g.label)*(m.now-g.since)
}

func (m *Matcher) checkDuals() error {
	tight := map[int32]bool{}
	for v := range m.real {
		switch mate := m.vertices[v].mate; {
		case mate >= 0:
			tight[mate>>1] = true
		case mate == alone && m.present(v) != m.alone(v):
			return fmt.Errorf("vertex %d is alone with dual %d below %d", v, m.present(v), m.alone(v))
		}
		if m.present(v) > m.alone(v) {
			return fmt.Errorf("vertex %d has dual %d above %d", v, m.present(v), m.alone(v))
		}
	}
	for b := range int32(len(m.nodes)) {
		if !m.isAlive(b) || !m.isBlossom(b) {
			continue
		}
		if m.z(b) < 0 {
			return fmt.Errorf("blossom %d has dual %d", b, m.z(b))
		}
		for _, x := range m.ring(b) {
			tight[m.nodes[x].link>>1] = true
		}
	}
	for e := range int32(len(m.edges)) {
		u, v := m.edges[e].end[0], m.edges[e].end[1]
		slack := m.edges[e].weight - m.present(u) - m.present(v)
		for x := m.nodes[u].parent; x >= 0; x = m.nodes[x].parent {
			if m.holds(x, v) {
				slack += 2 * m.z(x)
			}
		}
		if slack < 0 || slack > 0 && tight[e] {
			return fmt.Errorf("edge %d between %d and %d has slack %d", e, u, v, slack)
		}
	}
	return nil
}

func (m *Matcher) checkTree() error {
	for b := range int32(len(m.nodes)) {
		n := &m.nodes[b]
		if !m.isAlive(b) || n.parent >= 0 {
			continue
		}
		mate := m.vertices[n.base].mate
		switch m.groups[n.group].label {
		case plus:
			if n.entry >= 0 && (n.entry != mate^1 || m.groups[m.nodes[m.up(b)].group].label != minus) {
				return fmt.Errorf("plus node %d is entered by %d, its mate is %d", b, n.entry, mate)
			}
		case minus:
			if !m.holds(b, m.head(n.entry)) || m.groups[m.nodes[m.up(b)].group].label != plus || m.groups[m.vertices[m.head(mate)].group].label != plus {
				return fmt.Errorf("minus node %d is entered by %d from %d", b, n.entry, m.up(b))
			}
		}
	}
	return nil
}

func (m *Matcher) checkUnused() error {
	count := 0
	for b := m.unused; b >= 0; b = m.nodes[b].right {
		if m.isAlive(b) || count > len(m.nodes) {
			return fmt.Errorf("blossom %d is to be made and there", b)
		}
		count++
	}
	for b := range int32(len(m.nodes)) {
		if m.isAlive(b) {
			count++
		}
	}
	if count != len(m.nodes) {
		return fmt.Errorf("%d of %d nodes are there or can be made", count, len(m.nodes))
	}
	return nil
}

// sum returns the sum of all duals.
func (m *Matcher) sum() (sum int64) {
	for v := range m.real {
		sum += m.own(v)
	}
	for _, b := range m.blossoms() {
		sum += m.nodes[b].z
	}
	return sum
}
