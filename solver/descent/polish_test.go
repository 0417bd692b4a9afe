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

// Sums of real couplings depend on their order: a bond between clusters may weigh nothing at
// one end and something at the other, and a search that follows it would turn in circles.
func TestPolishEnds(t *testing.T) {
	for seed := range uint64(50) {
		rng := ising.Stream(seed, "circles", 0)
		// Spins in the fields of site 8, as a QUBO file with one heavy and many light terms has.
		ends := [][2]int{{5, 7}, {3, 7}, {0, 1}, {1, 3}, {2, 3}, {1, 5}, {4, 5}, {6, 2}, {0, 2}, {4, 0}, {6, 4}, {6, 7}}
		J := []float64{0.5000000000004547, -0.455, 0.5000000000004547, 0.5000000000004547, -29.5, -0.5000000000004547, 29.5, -0.5000000000004547, 29.5, 0.455, 0.5000000000004547, -0.455}
		for i, h := range []float64{-1.85999999969545e+11, 4.547473508864641e-13, 1.859999999995e+11, -14.254999999999546, 1.86000000030455e+11, -1.859999999705e+11, 0.044999999999999984, 0.09000000000045466} {
			ends, J = append(ends, [2]int{i, 8}), append(J, h)
		}
		l, err := ising.NewGraph(9, ends)
		if err != nil {
			t.Fatal(err)
		}
		in, err := ising.NewInstance(l, J)
		if err != nil {
			t.Fatal(err)
		}
		s := make([]int8, 9)
		for i := range s {
			s[i] = int8(2*rng.IntN(2) - 1)
		}
		before := in.Energy(s)
		if Polish(graph.New(in), s, false); in.Energy(s) > before {
			t.Errorf("seed %d: from %v to %v", seed, before, in.Energy(s))
		}
	}
}
