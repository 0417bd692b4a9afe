package certificate

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxDepth bounds how deep nodes nest.
const maxDepth = 1000

// A tree follows a proof through the values that bonds are set to.
type tree struct {
	*scaled
	*faces
	finder *finder
	set    []setBond // in the order they were set, in this node and those above
	when   []int32   // place in set of each bond, notSet for none
	least  int64     // bound over all leaves
	leaves int
	path   []int // steps on the way to this one
}

type setBond struct {
	bond  int32
	value int8 // 1: violated
}

const notSet = math.MaxInt32

// A base is a feasible dual solution under the bonds that were set before it.
type base struct {
	duals
	set    int   // how many bonds were set
	weight int64 // of those that are violated
	bound  int64 // of the weight of the violated bonds
	depth  int   // of the node that states it
}

func newTree(s *scaled) *tree {
	f := newFaces(s)
	return &tree{scaled: s, faces: f, finder: newFinder(f), when: slices.Repeat([]int32{notSet}, len(s.weight))}
}

// planar returns the bound of one dual solution.
func (t *tree) planar(d *Dual) (int64, error) {
	b, err := t.base(d)
	if err != nil {
		return 0, reject("dual", "%v", err)
	}
	return b.bound, nil
}

// run returns the least bound of the leaves of a proof.
func (t *tree) run(root *Node) (int64, error) {
	if err := t.node(root, nil); err != nil {
		return 0, err
	}
	if t.leaves == 0 {
		return 0, reject("tree", "no leaf has a bound")
	}
	return t.least, nil
}

func (t *tree) leaf(bound int64) {
	if t.leaves == 0 || bound < t.least {
		t.least = bound
	}
	t.leaves++
}

// reject returns an error with the path of the present step; field is the part of it.
func (t *tree) reject(field, format string, args ...any) error {
	var path strings.Builder
	path.WriteString("tree")
	for i, step := range t.path {
		if i > 0 {
			path.WriteString(".branch.node")
		}
		fmt.Fprintf(&path, ".steps[%d]", step)
	}
	return reject(path.String()+field, format, args...)
}

// node works a node off, down to the step that ends it. b is the base of the node
// above, nil for none.
func (t *tree) node(n *Node, b *base) error {
	depth := len(t.path)
	if depth >= maxDepth {
		return t.reject(".branch", "nodes nest deeper than %d", maxDepth)
	}
	t.path = append(t.path, 0)
	defer func() { t.path = t.path[:depth] }()
	ended := false
	for i := range n.Steps {
		s := &n.Steps[i]
		t.path[depth] = i
		kinds := 0
		for _, present := range [...]bool{s.Base != nil, s.Rigid != nil, s.Branch != nil, len(s.Loop) > 0, s.Prune} {
			if present {
				kinds++
			}
		}
		var err error
		switch {
		case ended:
			return t.reject("", "follows the loop or prune that ends the node")
		case kinds != 1:
			return t.reject("", "%d of base, rigid, branch, loop and prune, want one", kinds)
		case s.Base != nil:
			if b, err = t.base(s.Base); err != nil {
				return t.reject(".base", "%v", err)
			}
			b.depth = depth
		case s.Rigid != nil:
			if err := t.rigid(b, s.Rigid); err != nil {
				return t.reject(".rigid", "%v", err)
			}
			t.fix(s.Rigid.Bond, 1-s.Rigid.Value)
		case s.Branch != nil:
			if err := t.settable(s.Branch.Bond, s.Branch.Value); err != nil {
				return t.reject(".branch", "%v", err)
			}
			before := len(t.set)
			t.fix(s.Branch.Bond, s.Branch.Value)
			if err := t.node(&s.Branch.Node, b); err != nil {
				return err
			}
			t.unfix(before)
			t.fix(s.Branch.Bond, 1-s.Branch.Value)
		case s.Prune:
			if b == nil || b.depth != depth {
				return t.reject(".prune", "the node has no base")
			}
			t.leaf(b.bound)
			ended = true
		default:
			if err := t.loop(s.Loop); err != nil {
				return t.reject(".loop", "%v", err)
			}
			ended = true
		}
	}
	if !ended {
		t.path = t.path[:depth]
		if depth > 0 {
			return t.reject(".branch.node", "no loop or prune ends it")
		}
		return t.reject("", "no loop or prune ends it")
	}
	return nil
}

// settable reports an error unless the bond is free to get the value.
func (t *tree) settable(bond int32, value int8) error {
	switch {
	case bond < 0 || int(bond) >= len(t.when):
		return fmt.Errorf("bond %d, want 0 to %d", bond, len(t.when)-1)
	case value != 0 && value != 1:
		return fmt.Errorf("value %d, want 0 or 1", value)
	case t.when[bond] != notSet:
		return fmt.Errorf("bond %d is set already", bond)
	}
	return nil
}

func (t *tree) fix(bond int32, value int8) {
	t.when[bond] = int32(len(t.set))
	t.set = append(t.set, setBond{bond, value})
}

// unfix takes back all but the first bonds that were set.
func (t *tree) unfix(keep int) {
	for _, s := range t.set[keep:] {
		t.when[s.bond] = notSet
	}
	t.set = t.set[:keep]
}

// terminals returns the faces that an odd number of violated bonds surrounds that are
// not among the first of the set ones.
func (t *tree) terminals(set []setBond) []bool {
	odd := slices.Clone(t.odd)
	for _, s := range set {
		if s.value == 1 {
			for _, p := range t.sides[s.bond] {
				odd[p] = !odd[p]
			}
		}
	}
	return odd
}

// base checks a dual solution under the present set bonds in full.
func (t *tree) base(d *Dual) (*base, error) {
	set := len(t.set)
	b := &base{set: set, duals: duals{removed: func(e int32) bool { return int(t.when[e]) < set }}}
	for _, s := range t.set {
		if s.value == 1 {
			b.weight += t.weight[s.bond]
		}
	}
	missing := t.terminals(t.set)
	for u, v := range d.Y {
		face := v[0]
		if face < 0 || face >= int64(len(missing)) || !missing[face] {
			return nil, fmt.Errorf("position %d: face %d is no odd face, or a second time", u, face)
		}
		missing[face] = false
		b.face = append(b.face, int32(face))
		b.y = append(b.y, v[1])
	}
	if face := slices.Index(missing, true); face >= 0 {
		return nil, fmt.Errorf("no y for the odd face %d", face)
	}
	if err := b.addSets(d.Sets); err != nil {
		return nil, err
	}
	half, err := b.half()
	if err != nil {
		return nil, err
	}
	b.bound = b.weight + half
	return b, t.finder.feasible(&b.duals, nil)
}

// rigid checks a rigid step and counts its leaf.
func (t *tree) rigid(b *base, r *Rigid) error {
	if err := t.settable(r.Bond, r.Value); err != nil {
		return err
	}
	if b == nil {
		return fmt.Errorf("no base before it")
	}
	if r.Infeasible {
		if r.Bound != 0 || len(r.Y)+len(r.New)+len(r.Z)+len(r.Sets) > 0 {
			return fmt.Errorf("infeasible and yet with duals")
		}
		return t.infeasible(b, setBond{r.Bond, r.Value})
	}
	d := duals{
		face:    slices.Clip(b.face),
		y:       slices.Clone(b.y),
		sets:    slices.Clone(b.sets),
		size:    slices.Clip(b.size),
		apart:   slices.Clip(b.apart),
		removed: func(e int32) bool { return int(t.when[e]) < b.set || e == r.Bond },
		stack:   b.stack,
	}
	weight := b.weight
	if r.Value == 1 {
		if len(r.New) != 2 {
			return fmt.Errorf("%d new positions, want 2", len(r.New))
		}
		weight += t.weight[r.Bond]
		d.face = append(d.face, t.sides[r.Bond][:]...)
		d.y = append(d.y, r.New...)
	} else if len(r.New) > 0 {
		return fmt.Errorf("%d new positions, want none", len(r.New))
	}
	grown := make([]bool, len(d.y)) // positions with a larger y or in a set with a larger z
	for u := len(b.y); u < len(d.y); u++ {
		grown[u] = true
	}
	changed := make([]bool, max(len(b.y), len(b.sets)))
	for _, v := range r.Y {
		u := v[0]
		if u < 0 || u >= int64(len(b.y)) || changed[u] {
			return fmt.Errorf("y of position %d: not a position of the base, or a second time", u)
		}
		changed[u] = true
		grown[u] = v[1] > b.y[u]
		d.y[u] = v[1]
	}
	clear(changed)
	for _, v := range r.Z {
		k, z := v[0], v[1]
		if k < 0 || k >= int64(len(b.sets)) || changed[k] {
			return fmt.Errorf("z of set %d: not a set of the base, or a second time", k)
		}
		if z < 0 {
			return fmt.Errorf("set %d has z = %d, want at least 0", k, z)
		}
		changed[k] = true
		d.sets[k].Z = z
	}
	if err := d.addSets(r.Sets); err != nil {
		return err
	}
	half, err := d.half()
	if err != nil {
		return err
	}
	if weight+half != r.Bound {
		return fmt.Errorf("bound %d, the duals give %d", r.Bound, weight+half)
	}
	for k, s := range d.sets {
		if s.Z > 0 && (k >= len(b.sets) || s.Z > b.sets[k].Z) {
			for u := range d.members(k) {
				grown[u] = true
			}
		}
	}
	if err := t.finder.feasible(&d, grown); err != nil {
		return err
	}
	t.leaf(r.Bound)
	return nil
}

// infeasible reports an error unless, without the bonds set for the base and one more,
// some part of the dual graph holds an odd number of terminals.
func (t *tree) infeasible(b *base, more setBond) error {
	odd := t.terminals(append(slices.Clip(t.set[:b.set]), more))
	seen := make([]bool, len(odd))
	var queue []int32
	for p := range odd {
		if seen[p] {
			continue
		}
		seen[p] = true
		queue = append(queue[:0], int32(p))
		parity := false
		for i := 0; i < len(queue); i++ {
			p := queue[i]
			parity = parity != odd[p]
			for _, a := range t.arcs[t.start[p]:t.start[p+1]] {
				if !seen[a.to] && int(t.when[a.bond]) >= b.set && a.bond != more.bond {
					seen[a.to] = true
					queue = append(queue, a.to)
				}
			}
		}
		if parity {
			return nil
		}
	}
	return fmt.Errorf("not infeasible: every part of the dual graph holds an even number of odd faces")
}

// loop reports an error unless no state has the values of a closed loop of set bonds:
// around it as many bonds are violated as are negative, but for an even number.
func (t *tree) loop(bonds []int32) error {
	seen := make(map[int32]bool, len(bonds))
	odd := make(map[int]bool, len(bonds))
	parity := false
	for _, e := range bonds {
		if e < 0 || int(e) >= len(t.when) || t.when[e] == notSet || seen[e] {
			return fmt.Errorf("bond %d is not set, or in the loop twice", e)
		}
		seen[e] = true
		parity = parity != (t.negative[e] != (t.set[t.when[e]].value == 1))
		i, j := t.in.Ends(int(e))
		for _, site := range [2]int{i, j} {
			if odd[site] {
				delete(odd, site)
			} else {
				odd[site] = true
			}
		}
	}
	switch {
	case len(odd) > 0:
		return fmt.Errorf("%d sites with an odd number of its bonds", len(odd))
	case !parity:
		return fmt.Errorf("states can have these values")
	}
	return nil
}
