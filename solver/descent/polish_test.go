package descent

import (
	"slices"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver/internal/graph"
)

// Pairs that heavy bonds join are turned by the light bonds between them, over as many
// orders of magnitude as there are, and so where the integers hold nothing of the lightest.
func TestPolish(t *testing.T) {
	const levels = 4 // a chain of 2^levels sites
	for _, light := range []float64{1e-3, 1e-9} {
		var ends [][2]int
		var J []float64
		for i := range 1<<levels - 1 {
			size := 1.0
			for k := i + 1; k%2 == 0; k /= 2 {
				size *= light
			}
			ends, J = append(ends, [2]int{i, i + 1}), append(J, size)
		}
		l, err := ising.NewGraph(1<<levels, ends)
		if err != nil {
			t.Fatal(err)
		}
		in, err := ising.NewInstance(l, J)
		if err != nil {
			t.Fatal(err)
		}
		if lost := in.Integers().Lost >= 0; lost != (light == 1e-9) {
			t.Fatalf("sizes from 1 to %v: lost %v", J[7], lost)
		}
		// In blocks of any size: no single spin gains by a flip.
		for size := 2; size < 1<<levels; size *= 2 {
			s := slices.Repeat([]int8{1}, l.Sites())
			for i := range s {
				if i/size%2 == 1 {
					s[i] = -1
				}
			}
			if Descend(in, s) != 0 {
				t.Fatalf("blocks of %d are no local minimum", size)
			}
			if Polish(graph.New(in), s, false); slices.Contains(s[1:], -s[0]) {
				t.Errorf("sizes from 1 to %v, blocks of %d: %v is no ground state of a ferromagnet", J[7], size, s)
			}
		}
	}
}

// Polishing never raises the energy, ends, and does no more to a large graph in a hurry.
func TestPolishLowers(t *testing.T) {
	rng := ising.Stream(1, "polish", 0)
	l, err := ising.NewLattice([]int{70, 70}, []bool{true, true})
	if err != nil {
		t.Fatal(err)
	}
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, rng)
	g := graph.New(in)
	s := slices.Repeat([]int8{1}, l.Sites())
	before := in.IntegerEnergy(s)
	if Polish(g, s, true) != 0 {
		t.Error("a large graph was polished in a hurry")
	}
	flips := Polish(g, s, false)
	if after := in.IntegerEnergy(s); flips == 0 || after >= before {
		t.Errorf("%d flips lead from %d to %d", flips, before, after)
	}
	if again := Polish(g, s, false); again != 0 {
		t.Errorf("%d more flips the second time", again)
	}
}

// Sums of real couplings depend on their order: the bond between two clusters weighs nothing
// if it is summed from one side and something from the other. A search that followed it would
// turn in circles.
func TestPolishEnds(t *testing.T) {
	ends := [][2]int{{0, 1}, {2, 3}, {0, 2}, {0, 3}, {1, 2}}
	l, err := ising.NewGraph(4, ends)
	if err != nil {
		t.Fatal(err)
	}
	in, err := ising.NewInstance(l, []float64{1e12, 1e12, 0.1, 0.2, -0.30000000000000004})
	if err != nil {
		t.Fatal(err)
	}
	if in.Integers().Lost < 0 {
		t.Fatal("no coupling is lost")
	}
	g := graph.New(in)
	small := g.Contract([]int8{1, 1, 1, 1}, g.Gather(func(_, k int32) bool { return g.Weight[k] > 1 }))
	if small.Sites() != 2 || small.Weight[0] != small.Weight[1] {
		t.Errorf("clusters of weights %v", small.Weight)
	}
	for code := range 1 << 4 {
		s := make([]int8, 4)
		for i := range s {
			s[i] = int8(1 - 2*(code>>i&1))
		}
		before := in.Energy(s)
		if Polish(g, s, false); in.Energy(s) > before {
			t.Errorf("from %v to %v", before, in.Energy(s))
		}
	}
}
