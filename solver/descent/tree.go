package descent

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver"
)

// Tree is the solver that satisfies every bond of the maximum spanning tree of |J|. Equal
// couplings are ordered at random.
type Tree struct {
	// Descent improves the state by [Subtrees] and [Descend].
	Descent bool
}

// Name implements [solver.Solver].
func (t Tree) Name() string {
	if t.Descent {
		return "spanning tree + descent"
	}
	return "spanning tree"
}

// Check implements [solver.Solver]: it takes any instance.
func (Tree) Check(*ising.Instance) error { return nil }

// Solve implements [solver.Solver]. It looks at ctx once, at the start, and takes no longer than it must.
func (t Tree) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	if err := budget.Check(); err != nil {
		return nil, err
	}
	watch := budget.Start(ctx)
	tree := in.SpanningTree(in.J, rng)
	s := tree.Spins(in.J)
	flips := 0
	if t.Descent && ctx.Err() == nil {
		flips = Subtrees(in, s, tree) + Descend(in, s)
	}
	return watch.Result(in, s, solver.Stats{Reads: 1, Flips: int64(flips)}, false)
}

// Subtrees flips subtrees of the tree that lower the energy until none does, and
// returns the number of subtrees flipped. A subtree is a site with all that hangs
// below it, so that flipping it breaks or mends one bond of the tree; what the other
// bonds cost is counted in full.
func Subtrees(in *ising.Instance, s []int8, tree *ising.Tree) int {
	d := newTreeDescender(in, tree)
	flips := 0
	for {
		n := d.pass(s)
		if n == 0 {
			return flips
		}
		flips += n
	}
}

// treeDescender numbers the sites in preorder, so that the subtree of number v is
// the interval from v to end[v].
type treeDescender struct {
	site     []int32 // of each number
	end      []int32
	parent   []int32 // number of the parent, -1 for roots
	bonds    []treeBond
	start    []int32 // the bonds of number v are adjacent[start[v]:start[v+1]]
	adjacent []int32 // numbers of the neighbours
	cost     []int64 // as [ising.Integers] has it
	touched  []bool
	order    []int32
}

// treeBond is a bond between two numbers with their lowest common ancestor, -1 if
// they are in different trees.
type treeBond struct {
	i, j, ancestor int32
	coupling       int64
}

func newTreeDescender(in *ising.Instance, tree *ising.Tree) *treeDescender {
	n := in.Sites()
	d := &treeDescender{
		site: make([]int32, n), end: make([]int32, n), parent: make([]int32, n), start: make([]int32, n+1),
		cost: make([]int64, n), touched: make([]bool, n),
	}
	d.number(tree)
	number := make([]int32, n)
	for v, i := range d.site {
		number[i] = int32(v)
	}
	d.bonds = make([]treeBond, 0, len(in.J))
	for k, K := range in.Integers().K {
		if K == 0 {
			continue
		}
		a, b := in.Ends(k)
		i, j := number[a], number[b]
		d.bonds = append(d.bonds, treeBond{i, j, d.ancestor(i, j), K})
		d.start[i+1]++
		d.start[j+1]++
	}
	for v := range n {
		d.start[v+1] += d.start[v]
	}
	fill := slices.Clone(d.start)
	d.adjacent = make([]int32, 2*len(d.bonds))
	for _, b := range d.bonds {
		d.adjacent[fill[b.i]], d.adjacent[fill[b.j]] = b.j, b.i
		fill[b.i]++
		fill[b.j]++
	}
	return d
}

// number gives the sites their preorder numbers.
func (d *treeDescender) number(tree *ising.Tree) {
	n := len(tree.Order)
	size := make([]int32, n)
	for k := n - 1; k >= 0; k-- {
		i := tree.Order[k]
		size[i]++
		if p := tree.Parent[i]; p >= 0 {
			size[p] += size[i]
		}
	}
	free := make([]int32, n) // the next number for a child of the site
	own := make([]int32, n)
	root := int32(0)
	for _, i := range tree.Order {
		p := tree.Parent[i]
		v := root
		if p >= 0 {
			v = free[p]
			free[p] += size[i]
			d.parent[v] = own[p]
		} else {
			root += size[i]
			d.parent[v] = -1
		}
		own[i], free[i] = v, v+1
		d.site[v], d.end[v] = i, v+size[i]
	}
}

// ancestor returns the lowest common ancestor of two numbers: the first above i
// whose interval holds j.
func (d *treeDescender) ancestor(i, j int32) int32 {
	for i >= 0 && !(i <= j && j < d.end[i]) {
		i = d.parent[i]
	}
	return i
}

// pass flips subtrees, the best first, each only if it neither overlaps nor touches
// one that was flipped before it: then the costs computed at the start hold.
func (d *treeDescender) pass(s []int8) int {
	clear(d.cost)
	for _, b := range d.bonds {
		c := 2 * b.coupling * int64(s[d.site[b.i]]*s[d.site[b.j]])
		d.cost[b.i] += c
		d.cost[b.j] += c
		if b.ancestor >= 0 {
			d.cost[b.ancestor] -= 2 * c // bonds inside a subtree do not change
		}
	}
	d.order = d.order[:0]
	for v := len(d.cost) - 1; v >= 0; v-- {
		if p := d.parent[v]; p >= 0 {
			d.cost[p] += d.cost[v]
		}
		if d.cost[v] < 0 { // a root's only where trees are joined by bonds
			d.order = append(d.order, int32(v))
		}
	}
	slices.SortFunc(d.order, func(v, w int32) int { return cmp.Or(cmp.Compare(d.cost[v], d.cost[w]), cmp.Compare(v, w)) })
	clear(d.touched)
	flips := 0
	for _, v := range d.order {
		if slices.Contains(d.touched[v:d.end[v]], true) {
			continue
		}
		for u := v; u < d.end[v]; u++ {
			s[d.site[u]] *= -1
			d.touched[u] = true
			for _, w := range d.adjacent[d.start[u]:d.start[u+1]] {
				d.touched[w] = true
			}
		}
		flips++
	}
	return flips
}
