package solver

import (
	"math"

	"spinlearn/ising"
)

// integers are the couplings of an instance on a grid: K = round(J·scale). What is
// proven is proven of them.
type integers struct {
	K     []int64
	scale float64
	// rounding is Σ|J - K/scale|, the most by which an energy differs from that of J.
	rounding float64
	total    int64 // Σ|K|
	// step divides the difference of the unsatisfied weights of any two configurations.
	step int64
}

// maxTotal bounds Σ|K|, so that sums of path lengths and duals fit.
const maxTotal = 1 << 56

// newIntegers scales by 1 or a power of ten if that gives all couplings exactly, as they
// are read from decimals, else by the largest power of two that fits.
func newIntegers(in *ising.Instance) *integers {
	sum := 0.0
	for _, J := range in.J {
		sum += math.Abs(J)
	}
	q := &integers{K: make([]int64, len(in.J))}
	for q.scale = 1; q.scale <= 1e9 && sum*q.scale < maxTotal; q.scale *= 10 {
		if q.fill(in); q.isExact(in) {
			break
		}
	}
	if !q.isExact(in) {
		_, exponent := math.Frexp(maxTotal / 2 / sum)
		q.scale = math.Ldexp(1, exponent-1)
		q.fill(in)
	}
	for k, J := range in.J {
		q.rounding += math.Abs(J - float64(q.K[k])/q.scale)
		q.total += abs(q.K[k])
	}
	q.step = q.findStep(in.Lattice)
	return q
}

func (q *integers) fill(in *ising.Instance) {
	for k, J := range in.J {
		q.K[k] = int64(math.Round(J * q.scale))
	}
}

// isExact reports whether the couplings are the nearest numbers to K/scale.
func (q *integers) isExact(in *ising.Instance) bool {
	for k, J := range in.J {
		if float64(q.K[k])/q.scale != J || abs(q.K[k]) > 1<<53 {
			return false
		}
	}
	return true
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

// bound returns the energy, in the unit of the couplings, below which no configuration
// lies if its unsatisfied weight is at least u.
func (q *integers) bound(u int64) float64 {
	return float64(2*u-q.total)/q.scale - q.rounding
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func abs(v int64) int64 { return max(v, -v) }
