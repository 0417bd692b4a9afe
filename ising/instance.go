package ising

import (
	"fmt"
	"iter"
	"math"
	"math/big"
	"sync"
)

// An Instance is a lattice with its couplings. Treat it as immutable: packages
// share it between goroutines.
type Instance struct {
	*Lattice
	// J has the coupling of each bond, of length [Lattice.Slots]; see the package comment for
	// its layout.
	J []float64
	// Error is Σ|J - J'| if the couplings J stand for others J' that float64 does not hold, such
	// as sums; else 0. It is set before the first use.
	Error float64

	once     sync.Once
	integers *Integers
}

// A Solved instance carries the best configuration that is known for it.
type Solved struct {
	*Instance
	Spins  []int8  // length N
	Energy float64 // of Spins, in the unit of the couplings
	Bound  float64 // a proven lower bound of the energy; NaN where none is known
	// Walls has for each bond the energy of the cheapest domain wall across it: the least
	// energy for which the two ends of the bond change their relative orientation, while all
	// other spins may follow. It is at least 0, has the layout and unit of J, and is 0 for
	// missing bonds. Nil means that the walls are not known.
	Walls []float64
}

// Proven reports whether the bound shows that Spins is a ground state: that no configuration
// has an energy lower by more than [Instance.Rounding]. It is false for an instance that lost a
// coupling; see [Integers].
func (s *Solved) Proven() bool {
	q := s.Integers()
	return q.Lost < 0 && s.Bound >= s.Energy-q.Rounding
}

// MinCoupling and MaxCoupling bound the size of a coupling that is not 0, so that squares of
// couplings, and couplings as float32, are finite.
const MinCoupling, MaxCoupling = 1e-30, 1e30

// NewInstance returns the instance with couplings J, which it keeps. It fails if J does not
// have the length [Lattice.Slots], if a coupling is neither 0 nor of a size from
// [MinCoupling] to [MaxCoupling], or if an unused slot is not 0.
func NewInstance(l *Lattice, J []float64) (*Instance, error) {
	if len(J) != l.Slots() {
		return nil, fmt.Errorf("ising: %d couplings for lattice %v, want %d", len(J), l, l.Slots())
	}
	for k, v := range J {
		if size := math.Abs(v); v != 0 && !(size >= MinCoupling && size <= MaxCoupling) {
			return nil, fmt.Errorf("ising: coupling of %s is %v, want 0 or a size from %g to %g", l.bondName(k), v, MinCoupling, MaxCoupling)
		}
		if v != 0 && l.to[k] < 0 {
			return nil, fmt.Errorf("ising: coupling %v of %s crosses a free boundary", v, l.bondName(k))
		}
	}
	return &Instance{Lattice: l, J: J}, nil
}

func (l *Lattice) bondName(k int) string {
	if l.Axes() == 0 {
		return fmt.Sprintf("sites %d and %d", l.from[k], l.to[k])
	}
	return fmt.Sprintf("site %d along axis %d", l.from[k], k/l.sites)
}

// Rounding returns by how much an energy may be wrong because the couplings were rounded to
// integers. It is 0 if no coupling was rounded; see [Integers].
func (in *Instance) Rounding() float64 { return in.Integers().Rounding }

// Below reports whether energy a is lower than b by more than [Instance.Rounding]. If a
// coupling was lost, energies are not computed from integers, and any difference counts.
func (in *Instance) Below(a, b float64) bool {
	if q := in.Integers(); q.Lost < 0 {
		return a < b-q.Rounding
	}
	return a < b
}

// RMS returns the root mean square of the couplings that are not 0, or 0 if
// there is none. It is the instance's natural unit of energy.
func (in *Instance) RMS() float64 {
	sum, n := 0.0, 0
	for _, v := range in.J {
		if v != 0 {
			sum += v * v
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return math.Sqrt(sum / float64(n))
}

// Energy returns H(s) in the unit of the couplings. s has length N. The sum is taken over
// [Integers], so that configurations of equal energy get the same number. If a coupling was
// lost, the couplings themselves are summed, and the sum is rounded once, at the end.
func (in *Instance) Energy(s []int8) float64 {
	in.mustHaveSites(s)
	q := in.Integers()
	if q.Lost >= 0 {
		e, _ := in.ExactEnergy(s).Float64()
		return e
	}
	return q.Energy(in.IntegerEnergy(s))
}

// ExactEnergy returns H(s) before it is rounded to float64: the sum over [Integers], or over the
// couplings themselves if one was lost.
func (in *Instance) ExactEnergy(s []int8) *big.Rat {
	q := in.Integers()
	if q.Lost < 0 {
		e := new(big.Rat).SetInt64(in.IntegerEnergy(s))
		return e.Quo(e, new(big.Rat).SetFloat64(q.Scale))
	}
	// A number wide enough that nothing is lost.
	sum, term := new(big.Float).SetPrec(512), new(big.Float)
	for k, j := range in.to {
		if v := in.J[k]; v != 0 {
			sum.Sub(sum, term.SetFloat64(v*float64(s[in.from[k]]*s[j])))
		}
	}
	e, _ := sum.Rat(nil)
	return e
}

// IntegerEnergy returns H(s) for the couplings of [Integers].
func (in *Instance) IntegerEnergy(s []int8) (e int64) {
	K := in.Integers().K
	for k, j := range in.to {
		if j >= 0 {
			e -= K[k] * int64(s[in.from[k]]*s[j])
		}
	}
	return e
}

// LocalFields stores h_i = Σ_j J_ij s_j in dst and returns it. A nil dst is
// allocated. Flipping spin i costs 2 s_i h_i.
func (in *Instance) LocalFields(dst []float64, s []int8) []float64 {
	in.mustHaveSites(s)
	if dst == nil {
		dst = make([]float64, in.sites)
	}
	clear(dst)
	for k, j := range in.to {
		if j >= 0 {
			i := in.from[k]
			dst[i] += in.J[k] * float64(s[j])
			dst[j] += in.J[k] * float64(s[i])
		}
	}
	return dst
}

// FlipCost returns the change of the energy if spin i of s is flipped.
func (in *Instance) FlipCost(s []int8, i int) float64 {
	h := 0.0
	for _, k := range in.BondsAt(i) {
		h += in.J[k] * float64(s[in.Across(k, i)])
	}
	return 2 * float64(s[i]) * h
}

// Gauge returns the instance with couplings J_ij r_i r_j. A configuration s has there the
// energy that the configuration s_i r_i has here.
func (in *Instance) Gauge(r []int8) *Instance {
	in.mustHaveSites(r)
	J := make([]float64, len(in.J))
	for k, v := range in.J {
		if j := in.to[k]; j >= 0 {
			J[k] = v * float64(r[in.from[k]]) * float64(r[j])
		}
	}
	return &Instance{Lattice: in.Lattice, J: J, Error: in.Error}
}

// Frustrated reports the frustrated plaquettes, those whose couplings multiply to
// a negative number. Entry p*N+i is the plaquette whose lowest corner is site i
// in the p-th pair of axes, in the order (0,1), (0,2), (1,2). A plaquette that is
// cut by a free boundary or a missing bond is not frustrated. A graph has none.
func (in *Instance) Frustrated() []bool {
	var f []bool
	for sign := range in.plaquettes() {
		f = append(f, sign < 0)
	}
	return f
}

// plaquettes yields the sign of the product of the four couplings around each plaquette, 0 if
// one of the bonds is missing, in the order of [Instance.Frustrated].
func (in *Instance) plaquettes() iter.Seq[int] {
	return func(yield func(int) bool) {
		for a := range in.Axes() {
			for b := a + 1; b < in.Axes(); b++ {
				for i := range in.sites {
					product := 0
					if ia, ib := in.Next(a, i), in.Next(b, i); ia >= 0 && ib >= 0 {
						product = sign(in.J[in.Bond(a, i)]) * sign(in.J[in.Bond(b, i)]) * sign(in.J[in.Bond(a, ib)]) * sign(in.J[in.Bond(b, ia)])
					}
					if !yield(product) {
						return
					}
				}
			}
		}
	}
}

func sign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func (in *Instance) mustHaveSites(s []int8) {
	if len(s) != in.sites {
		panic("ising: configuration and lattice differ in length")
	}
}

// Overlap returns q = (1/N) Σ a_i b_i, which is ±1 for configurations that are
// equal or opposite. It panics if the lengths differ.
func Overlap(a, b []int8) float64 {
	if len(a) != len(b) {
		panic("ising: configurations differ in length")
	}
	sum := 0
	for i := range a {
		sum += int(a[i]) * int(b[i])
	}
	return float64(sum) / float64(len(a))
}

// Solves reports whether an energy is as low as that of the known configuration, up to
// [Instance.Rounding].
func (s *Solved) Solves(e float64) bool { return !s.Below(s.Energy, e) }

// Gap returns the relative gap (e - Energy)/|Energy| of an energy e to that of the known
// configuration. It is 0 if the two differ by no more than [Instance.Rounding], and negative if
// e is lower. It is NaN if the known energy is 0, up to [Instance.Rounding], to which no gap is
// relative.
func (s *Solved) Gap(e float64) float64 {
	switch {
	case !s.Below(0, math.Abs(s.Energy)):
		return math.NaN()
	case !s.Below(e, s.Energy) && !s.Below(s.Energy, e):
		return 0
	}
	return (e - s.Energy) / math.Abs(s.Energy)
}
