package data_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"spinlearn/data"
	"spinlearn/ising"
)

// search tries all configurations, so that its energy is also the bound.
func search(_ context.Context, in *ising.Instance, _ *rand.Rand) (*ising.Solved, error) {
	best := &ising.Solved{Instance: in, Energy: math.Inf(1)}
	for bits := range 1 << in.Sites() {
		s := make([]int8, in.Sites())
		for i := range s {
			s[i] = int8(bits>>i&1*2 - 1)
		}
		if e := in.Energy(s); e < best.Energy {
			best.Spins, best.Energy, best.Bound = s, e, e
		}
	}
	return best, nil
}

func Example() {
	dir, err := os.MkdirTemp("", "dataset")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	set := data.DefaultGenerate()
	set.Ensemble = ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}
	set.Shape, set.Count, set.Solver, set.Program = []int{3, 3}, 5, "search", "example"
	_, err = data.Generate(context.Background(), dir, set, search)
	if err != nil {
		panic(err)
	}

	d, err := data.Open(dir)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d instances on %v, %d proven\n", d.Len(), d.Lattice(), d.Proven())
	for s, err := range d.All() {
		if err != nil {
			panic(err)
		}
		fmt.Printf("ground state energy %v J\n", s.Energy)
	}
	// Output:
	// 5 instances on 3x3 periodic, 5 proven
	// ground state energy -14 J
	// ground state energy -10 J
	// ground state energy -12 J
	// ground state energy -10 J
	// ground state energy -14 J
}
