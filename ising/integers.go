package ising

import (
	"math"
	"math/big"
	"math/bits"
)

// Integers are the couplings of an instance as integers, K = round(J·Scale). Their sums are
// exact, so energies are compared as integers.
type Integers struct {
	K     []int64 // in the layout of the couplings
	Total int64   // Σ|K|, at most [MaxTotal]
	// Scale is the smallest power of ten that makes all couplings integers, starting from 1.
	// Couplings read from decimals have one. If there is none, Scale is the power of two that
	// makes them integers of a sum up to 2^52. If that fails too, it is a power of two about as
	// large as MaxTotal allows, and the couplings are rounded.
	Scale float64
	// Slack is how far two integer energies may differ only because couplings were rounded:
	// two units for each bond, or 0 if no coupling was rounded.
	Slack int64
	// Rounding bounds the error of an energy computed from the integers, plus Slack, in the
	// unit of the couplings. It is 0 if no coupling was rounded.
	Rounding float64
	// Lost is a bond whose coupling is so small beside the largest one that rounding leaves
	// little or nothing of it, or -1 if there is none. An instance that lost a coupling is
	// never proven.
	Lost int
}

// MaxTotal bounds Σ|K|, so that sums of a few path lengths and dual variables fit in 63
// bits.
const MaxTotal = 1 << 60

// maxBinary bounds Σ|K| where a power of two makes the couplings integers. Beyond it the
// couplings are real numbers: every float64 becomes an integer by some power of two.
const maxBinary = 1 << 52

// kept is the least |K| times the number of bonds at which a rounded coupling still has
// enough digits. Hardly one random coupling in a million sites is smaller.
const kept = 1 << 30

// Integers returns the couplings as integers. They are computed once; the caller must not
// change them.
func (in *Instance) Integers() *Integers {
	in.once.Do(func() { in.integers = newIntegers(in.J, in.Error) })
	return in.integers
}

// newIntegers returns couplings as integers. Those that stand for others are integers of no
// scale. wrong is [Instance.Error].
func newIntegers(J []float64, wrong float64) *Integers {
	q := &Integers{K: make([]int64, len(J)), Lost: -1}
	sum := 0.0
	for _, v := range J {
		sum += math.Abs(v)
	}
	if sum == 0 {
		q.Scale = 1
		return q
	}
	for q.Scale = 1; wrong == 0 && q.Scale <= 1e18 && sum*q.Scale < MaxTotal; q.Scale *= 10 {
		if q.decimals(J) {
			return q
		}
	}
	last := math.MaxInt // exponent of the last bit of any coupling
	for _, v := range J {
		if v != 0 {
			fraction, exponent := math.Frexp(math.Abs(v))
			last = min(last, exponent-53+bits.TrailingZeros64(uint64(math.Ldexp(fraction, 53))))
		}
	}
	if q.Scale = math.Ldexp(1, -last); wrong == 0 && sum*q.Scale < maxBinary {
		q.round(J)
		return q
	}
	_, exponent := math.Frexp(MaxTotal / 2 / sum)
	q.Scale = math.Ldexp(1, exponent-1)
	off := q.round(J)
	// The difference of two energies changes by twice what rounding changes one by. The last
	// term covers half a unit in the last place for couplings read from decimals, and as much
	// for an energy and a bound in float64.
	q.Slack = 2 * int64(len(J))
	q.Rounding = 1.001 * ((2*off+float64(q.Slack))/q.Scale + math.Ldexp(sum, -51) + 2*wrong)
	for k, v := range J {
		if size := max(q.K[k], -q.K[k]); float64(q.K[k]) != v*q.Scale && size < kept/int64(len(J)) && q.Lost < 0 {
			q.Lost = k
		}
	}
	return q
}

// decimals fills K and reports whether every coupling is the float64 nearest to K/Scale.
func (q *Integers) decimals(J []float64) bool {
	q.Total = 0
	for k, v := range J {
		K := math.Round(v * q.Scale)
		if K/q.Scale != v || math.Abs(K) > 1<<53 {
			return false
		}
		q.K[k] = int64(K)
		q.Total += int64(math.Abs(K))
	}
	return q.Total <= MaxTotal
}

// round fills K and returns Σ|J·Scale - K|, Scale being a power of two.
func (q *Integers) round(J []float64) (off float64) {
	q.Total = 0
	for k, v := range J {
		K := math.Round(v * q.Scale)
		off += math.Abs(v*q.Scale - K) // exact: both have their last bit in the same place
		q.K[k] = int64(K)
		q.Total += int64(math.Abs(K))
	}
	return off
}

// Energy returns an integer energy in the unit of the couplings, as the nearest float64. An
// energy of more than 53 bits is rounded down, so that a lower bound remains a lower bound.
func (q *Integers) Energy(e int64) float64 {
	if max(e, -e) <= 1<<53 {
		return float64(e) / q.Scale
	}
	below := new(big.Float).SetPrec(53).SetMode(big.ToNegativeInf)
	v, _ := below.Quo(new(big.Float).SetInt64(e), big.NewFloat(q.Scale)).Float64()
	return v
}
