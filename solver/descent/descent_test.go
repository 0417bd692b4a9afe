package descent_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
	"spinlearn/solver/solvertest"
)

func TestSuite(t *testing.T) {
	narrow := &descent.Refine{Width: 2, Passes: 1}
	wider := &descent.Refine{Width: 2, Passes: 1, Widen: true}
	for name, s := range map[string]solver.Solver{
		"descend": descent.Greedy{}, "spanning tree": descent.Tree{}, "spanning tree with descent": descent.Tree{Descent: true},
		"refine": narrow, "refine wider": wider,
	} {
		t.Run(name, func(t *testing.T) { solvertest.Run(t, s, solvertest.Traits{Random: true}) })
	}
}

// After tree descent no subtree of the tree lowers the energy; before, some did.
func TestTreeDescent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	improved := 0
	for _, c := range [][2]string{{"12x12", "periodic"}, {"9x14", "free"}, {"4x5x6", "cylinder"}} {
		for _, e := range []ising.Ensemble{solvertest.Gaussian, solvertest.PlusMinus, {Couplings: ising.Gaussian, Dilution: 0.5}} {
			in := e.Draw(solvertest.Lattice(t, c[0], c[1]), rng)
			tree := in.SpanningTree(in.J, rng)
			s := tree.Spins(in.J)
			before := in.Energy(s)
			flips := descent.Subtrees(in, s, tree)
			after := in.Energy(s)
			if after > before || flips > 0 && after >= before {
				t.Errorf("%v: %d flips lead from %v to %v", in, flips, before, after)
			}
			if after < before {
				improved++
			}
			for v := range in.Sites() {
				flipped := slices.Clone(s)
				below := make([]bool, in.Sites())
				for _, i := range tree.Order {
					p := tree.Parent[i]
					if below[i] = int(i) == v || p >= 0 && below[p]; below[i] {
						flipped[i] = -s[i]
					}
				}
				if e := in.Energy(flipped); e < after-in.Rounding() {
					t.Fatalf("%v: flipping the subtree of %d lowers the energy from %v to %v", in, v, after, e)
				}
			}
		}
	}
	if improved < 6 {
		t.Errorf("only %d of 9 states were improved", improved)
	}
}

// Trees that the tree's own weights leave apart are flipped as a whole.
func TestTreeDescentOfForest(t *testing.T) {
	in, err := ising.NewInstance(solvertest.Lattice(t, "2x2", "free"), []float64{1, 1, 0, 0, 1, 0, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	s := []int8{1, 1, -1, -1}
	descent.Subtrees(in, s, in.SpanningTree([]float64{0, 0, 0, 0, 1, 0, 1, 0}, nil))
	if got := in.Energy(s); got != -4 {
		t.Errorf("energy %v of a ferromagnet, want -4", got)
	}
}

func TestDescentEndsInLocalMinimum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	for _, e := range []ising.Ensemble{solvertest.Gaussian, solvertest.PlusMinus} {
		in := e.Draw(solvertest.Lattice(t, "20x20", "periodic"), rng)
		r, err := descent.Greedy{}.Solve(t.Context(), in, solver.Budget{}, rng)
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Spins {
			if c := in.FlipCost(r.Spins, i); c < -in.Rounding() {
				t.Errorf("flipping %d would lower the energy by %v", i, -c)
			}
		}
		if descent.Descend(in, r.Spins) != 0 {
			t.Error("a second descent found more flips")
		}
	}
}

func BenchmarkDescent(b *testing.B) {
	in := solvertest.Draw(b, solvertest.Gaussian, "16x16", "periodic", 0)
	s := slices.Repeat([]int8{1}, 256)
	descent.Descend(in, s)
	first := s[0]
	b.ReportAllocs()
	for b.Loop() {
		for i := range s {
			s[i] = 1
		}
		if descent.Descend(in, s); s[0] != first {
			b.Fatal("another minimum")
		}
	}
}

func BenchmarkTreeDescent(b *testing.B) {
	for _, side := range []string{"16", "64"} {
		b.Run("L="+side, func(b *testing.B) {
			in := solvertest.Draw(b, solvertest.Gaussian, side+"x"+side, "periodic", 0)
			tree := in.SpanningTree(in.J, nil)
			b.ReportAllocs()
			for b.Loop() {
				descent.Subtrees(in, tree.Spins(in.J), tree)
			}
		})
	}
}
