package certificate

import (
	"math"
	"math/big"
)

const (
	// leastTotal is the least Σw where couplings had to be rounded: a coarser scale gives
	// away what integers can hold.
	leastTotal = 1 << 53
	// maxBinary is the largest Σw of couplings that a power of two makes integers; larger ones
	// are real numbers that happen to end.
	maxBinary = 1 << 52
	// kept is the least w times the number of bonds that rounding leaves as good as it was.
	kept = 1 << 30
)

// judgeScale refuses a scale that is coarser than the couplings allow, and finds whether it
// is exact or loses a coupling. What is allowed depends on the instance alone: the smallest
// power of ten that makes all couplings integers, as they are read from decimals; where none
// does, a power of two that does; where none does either, a power of two that makes them
// large. Couplings that stand for others are integers of no scale.
func (s *scaled) judgeScale() error {
	ten, decimal := s.decimal()
	fraction, _ := math.Frexp(s.by)
	switch two := fraction == 0.5; {
	case decimal && s.by == ten, !decimal && two && s.holds(s.by):
		s.exact = true
		return nil
	case decimal:
		return reject("scale", "%v, the couplings are integers times 1/%v", s.by, ten)
	case !two:
		return reject("scale", "%v, want a power of two", s.by)
	}
	if last := s.last(); s.holds(last) {
		return reject("scale", "%v, the couplings are integers times 1/%v", s.by, last)
	}
	if s.total < leastTotal {
		return reject("scale", "%v rounds the couplings more than it must", s.by)
	}
	for e, v := range s.in.J {
		if v != 0 && !isInteger(v*s.by) && s.weight[e] < kept/int64(len(s.in.J)) {
			s.lost = true
		}
	}
	return nil
}

func isInteger(v float64) bool { return v == math.Trunc(v) }

// decimal returns the smallest power of ten, from 1 to 10^18, of which all couplings are
// the nearest numbers to a multiple of the inverse.
func (s *scaled) decimal() (ten float64, ok bool) {
	for ten = 1; s.in.Error == 0 && ten <= 1e18; ten *= 10 {
		total, ok := int64(0), true
		for _, v := range s.in.J {
			K := math.Abs(math.Round(v * ten))
			if ok = K <= 1<<53 && K/ten == math.Abs(v) && int64(K) <= maxTotal-total; !ok {
				break
			}
			total += int64(K)
		}
		if ok {
			return ten, true
		}
	}
	return 0, false
}

// holds reports whether a power of two makes all couplings integers, of a sum up to 2^52.
func (s *scaled) holds(by float64) bool {
	if s.in.Error > 0 {
		return false
	}
	total := int64(0)
	for _, v := range s.in.J {
		K := math.Abs(v * by)
		if !isInteger(K) || !(K <= maxBinary) || int64(K) > maxBinary-total {
			return false
		}
		total += int64(K)
	}
	return true
}

// last returns the smallest power of two that makes all couplings integers.
func (s *scaled) last() float64 {
	by := math.Ldexp(1, -200)
	for _, v := range s.in.J {
		for !isInteger(v * by) {
			by *= 2
		}
	}
	return by
}

// slack returns the difference of two scaled energies that rounding makes meaningless.
func (s *scaled) slack() int64 {
	if s.exact {
		return 0
	}
	return 2 * int64(len(s.in.J))
}

// rounding returns the most by which an energy can differ: what scaling changed the
// couplings by, half a unit in the last place of what was read from decimals, as much for
// energy and bound as float64, and the slack. It errs on the safe side.
func (s *scaled) rounding() float64 {
	if s.exact {
		return 0
	}
	number := func() *big.Float { return new(big.Float).SetPrec(512).SetMode(big.AwayFromZero) }
	by, sum, size, diff := number().SetFloat64(s.by), number().SetInt64(s.slack()), number(), number()
	sum.Quo(sum, by)
	sum.Add(sum, number().SetFloat64(2*s.in.Error))
	for e, v := range s.in.J {
		size.SetFloat64(math.Abs(v))
		diff.Sub(diff.Mul(size, by), number().SetInt64(s.weight[e]))
		sum.Add(sum, diff.Quo(diff.Abs(diff), by)).Add(sum, diff) // two energies are compared
		sum.Add(sum, size.SetMantExp(size, -51))
	}
	r, _ := sum.SetPrec(53).Float64()
	return r
}

// energy returns a scaled energy in the unit of the couplings; one of more than 53 bits is
// rounded down.
func (s *scaled) energy(e int64) float64 {
	if -1<<53 <= e && e <= 1<<53 {
		return float64(e) / s.by
	}
	quotient := new(big.Float).SetPrec(53).SetMode(big.ToNegativeInf)
	v, _ := quotient.Quo(new(big.Float).SetInt64(e), big.NewFloat(s.by)).Float64()
	return v
}

// realEnergy returns the float64 next to the energy of the couplings as they are.
func (s *scaled) realEnergy(spins []int8) float64 {
	sum, term := new(big.Float).SetPrec(512), new(big.Float)
	for e, v := range s.in.J {
		if i, j := s.in.Ends(e); v != 0 {
			sum.Sub(sum, term.SetFloat64(v*float64(spins[i]*spins[j])))
		}
	}
	e, _ := sum.Float64()
	return e
}
