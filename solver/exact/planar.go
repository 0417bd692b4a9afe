package exact

import (
	"context"
	"errors"
	"fmt"

	"spinlearn/ising"
	"spinlearn/solver/certificate"
	"spinlearn/solver/internal/matching"
)

// solvePlanar returns a ground state of a lattice of two axes that is free along one, its
// unsatisfied weight and the proof. If ctx ends the state is made of what was matched by then, and
// the weight is a bound.
func solvePlanar(ctx context.Context, in *ising.Instance, q *integers, near int) ([]int8, int64, *certificate.Certificate, error) {
	p := newPlaquettes(in.Lattice, q, near)
	join := make([]bool, in.Slots())
	joiner := p.joiner()
	bound, err := joiner.Join(ctx, p.frustrated, join, -1)
	if errors.Is(err, matching.ErrImpossible) {
		return nil, 0, nil, err
	}
	duals := joiner.Duals()
	proof := &certificate.Certificate{Kind: certificate.KindPlanar, Dual: dual(duals)}
	if err != nil {
		bound = duals.Bound()
		if _, err := joiner.Finish(context.WithoutCancel(ctx), join); err != nil {
			return nil, 0, nil, err
		}
	}
	s := q.spins(in.Lattice, join)
	if got := q.unsatisfied(in.Lattice, s); err == nil && got != bound {
		return nil, 0, nil, fmt.Errorf("solver: the join weighs %d, its configuration %d", bound, got)
	}
	return s, bound, proof, err
}
