package exact

import (
	"context"
	"fmt"

	"spinlearn/ising"
	"spinlearn/solver/certificate"
)

// solvePlanar returns a ground state of a lattice of two axes that is free along one, and
// its proof.
func solvePlanar(ctx context.Context, in *ising.Instance, q *integers, near int) ([]int8, *certificate.Certificate, error) {
	p := newPlaquettes(in.Lattice, q, near)
	join := make([]bool, in.Slots())
	joiner := p.joiner()
	weight, err := joiner.Join(ctx, p.frustrated, join, -1)
	if err != nil {
		return nil, nil, err
	}
	s := q.spins(in.Lattice, join)
	if got := q.unsatisfied(in.Lattice, s); got != weight {
		return nil, nil, fmt.Errorf("solver: the join weighs %d, its configuration %d", weight, got)
	}
	return s, &certificate.Certificate{Kind: certificate.KindPlanar, Dual: dual(joiner.Duals())}, nil
}
