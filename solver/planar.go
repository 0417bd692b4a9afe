package solver

import (
	"fmt"

	"spinlearn/ising"
	"spinlearn/solver/internal/matching"
)

// solvePlanar returns a ground state of a lattice of two axes that is free along one.
func solvePlanar(in *ising.Instance, q *integers) ([]int8, error) {
	p := newPlaquettes(in.Lattice, q)
	join := make([]bool, in.Bonds())
	weight, err := matching.NewJoiner(p.Graph, p.sink).Join(p.frustrated, join, -1)
	if err != nil {
		return nil, err
	}
	s := q.spins(in.Lattice, join)
	if got := q.unsatisfied(in.Lattice, s); got != weight {
		return nil, fmt.Errorf("solver: the join weighs %d, its configuration %d", weight, got)
	}
	return s, nil
}
