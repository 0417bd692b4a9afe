package solver

import (
	"math"

	"spinlearn/ising"
)

// integers are the couplings of an instance as whole numbers; what is proven is proven of
// them.
type integers struct {
	*ising.Integers
	// step divides the difference of the unsatisfied weights of any two configurations.
	step int64
}

func newIntegers(in *ising.Instance) *integers {
	q := &integers{Integers: in.Integers()}
	q.step = q.findStep(in.Lattice)
	return q
}

// findStep uses that a flip of spin i changes the unsatisfied weight by a signed sum of
// its bonds, which is equal modulo 2g to their plain sum, g being the common divisor.
func (q *integers) findStep(l *ising.Lattice) int64 {
	g := int64(0)
	for _, K := range q.K {
		g = gcd(g, abs(K))
	}
	if g == 0 {
		return 1
	}
	for i := range l.Sites() {
		sum := int64(0)
		for _, k := range l.BondsAt(i) {
			sum += abs(q.K[k])
		}
		if sum%(2*g) != 0 {
			return g
		}
	}
	return 2 * g
}

// unsatisfied returns the weight of the unsatisfied bonds of s.
func (q *integers) unsatisfied(l *ising.Lattice, s []int8) (sum int64) {
	for k, K := range q.K {
		if i, j := l.Ends(k); K != 0 && (K < 0) != (s[i] != s[j]) {
			sum += abs(K)
		}
	}
	return sum
}

// energy returns the energy of a configuration whose unsatisfied weight is u.
func (q *integers) energy(u int64) float64 { return q.Energy(2*u - q.Total) }

// bound returns an energy, in the unit of the couplings, below which no configuration lies
// if none has an unsatisfied weight below least. [ising.Solved.Proven] takes it for a proof
// that a configuration of weight u is a ground state if and only if closed does.
func (q *integers) bound(least, u int64) float64 {
	proof := q.energy(u) - q.Rounding
	if q.closed(least, u) {
		return proof
	}
	return min(q.energy(least)-q.Rounding, math.Nextafter(proof, math.Inf(-1)))
}

// closed reports whether no energy is lower than that of weight u, but for what rounding
// makes meaningless.
func (q *integers) closed(least, u int64) bool { return 2*(u-least) <= q.Slack }

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func abs(v int64) int64 { return max(v, -v) }
