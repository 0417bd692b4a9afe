package exact

import (
	"context"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/certificate"
)

// A tally counts the steps of proofs.
type tally struct{ bases, rigid, infeasible, branches, loops, prunes, depth int }

func (c *tally) add(n *certificate.Node, depth int) {
	c.depth = max(c.depth, depth)
	for i := range n.Steps {
		switch s := &n.Steps[i]; {
		case s.Base != nil:
			c.bases++
		case s.Rigid != nil && s.Rigid.Infeasible:
			c.infeasible++
		case s.Rigid != nil:
			c.rigid++
		case s.Branch != nil:
			c.branches++
			c.add(&s.Branch.Node, depth+1)
		case s.Loop != nil:
			c.loops++
		default:
			c.prunes++
		}
	}
}

// solveBadly is torus.solve without its look for a good configuration.
func (t *torus) solveBadly(ctx context.Context) (*certificate.Node, error) {
	join := make([]bool, t.in.Slots())
	base, weight, err := t.base(ctx, join)
	if err != nil {
		return nil, err
	}
	root := &certificate.Node{Steps: []certificate.Step{{Base: dual(base.Duals())}}}
	if c := t.classOf(join); c.right() {
		t.offer(weight, join)
	} else if weight <= t.enough() {
		return root, t.close(ctx, root, base, join, weight, c)
	}
	root.Steps = append(root.Steps, certificate.Step{Prune: true})
	return root, nil
}

// The branching alone finds the ground state from any configuration, and its proof holds.
func TestBranchingFromAnyStart(t *testing.T) {
	var total tally
	for k := range uint64(Count(400, 15000)) {
		rng := ising.Stream(k, "branching", 0)
		l, err := ising.NewLattice([]int{3 + rng.IntN(6), 3 + rng.IntN(6)}, []bool{true, true})
		if err != nil {
			t.Fatal(err)
		}
		in := []ising.Ensemble{
			{Couplings: ising.Gaussian}, {Couplings: ising.PlusMinus, Negative: 0.5}, {Couplings: ising.Uniform, Dilution: 0.3},
			{Couplings: ising.PlusMinus, Negative: 0.5, Dilution: 0.15}, {Couplings: ising.PlusMinus, Negative: 0.9},
		}[rng.IntN(5)].Draw(l, rng)
		if rng.IntN(4) == 0 { // small integers
			for i := range in.J {
				in.J[i] = float64(rng.IntN(7) - 3)
			}
		}
		want, err := (&Settings{Search: fits(l)}).Solve(t.Context(), in, solver.Budget{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		start := make([]int8, in.Sites())
		for i := range start {
			start[i] = int8(1 - 2*rng.IntN(2))
		}
		q := newIntegers(in)
		s := newTorus(in, q, start, []int{0, 2, 3, 4}[k%4], rng)
		root, err := s.solveBadly(t.Context())
		if err != nil {
			t.Fatalf("#%d %v: %v", k, l, err)
		}
		proof := &certificate.Certificate{Kind: certificate.KindTorus, Tree: root}
		r, err := q.result(in, solver.Budget{}.Start(t.Context()), q.spins(l, s.best), s.weight, proof, nil)
		if err != nil || r.Status != solver.Proven || r.Energy > want.Energy+in.Rounding() {
			t.Fatalf("#%d %v: energy %v, bound %v, want %v: %v", k, l, r.Energy, r.Bound, want.Energy, err)
		}
		r.Proof.Seal()
		if v, err := r.Proof.Check(in); err != nil || !v.Proven {
			t.Fatalf("#%d %v: %+v %v", k, l, v, err)
		}
		total.add(root, 0)
	}
	t.Logf("%+v", total)
	if total.branches == 0 || total.loops == 0 || total.rigid == 0 || total.depth < 2 {
		t.Error("too few to mean much")
	}
}
