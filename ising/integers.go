package ising

import (
	"math"
	"math/big"
	"math/bits"
)

// Integers are the couplings of an instance on a grid, K = round(J·Scale). Sums of them
// are exact, so that energies are compared in them.
type Integers struct {
	K     []int64 // in the layout of the couplings
	Total int64   // Σ|K|, at most [MaxTotal]
	// Scale is 1 or a power of ten if that makes all couplings integers, as they are read
	// from decimals, else a power of two, which makes them integers of a sum up to 2^52 or
	// is as large as fits.
	Scale float64
	// Slack is the difference of two integer energies that rounding makes meaningless: two
	// units a bond where couplings were rounded, 0 where they are integers on the grid.
	Slack int64
	// Rounding is the most by which any energy in the unit of the couplings may differ from
	// the one that the integers give, plus Slack.
	Rounding float64
	// Lost is a bond whose coupling is so small beside the largest that little or nothing of
	// it is left on the grid; -1 if there is none. Nothing is proven where one is lost.
	Lost int
}

// MaxTotal bounds Σ|K|, so that sums of a few path lengths and dual variables fit in 63
// bits.
const MaxTotal = 1 << 60

// maxBinary bounds Σ|K| where a power of two makes the couplings integers. Larger ones are
// real numbers that happen to end.
const maxBinary = 1 << 52

// kept is the least size of |K| times the number of bonds at which rounding leaves a
// coupling as good as it was. Of random couplings hardly one in a million sites is smaller.
const kept = 1 << 30

// Integers returns the couplings as integers. They are computed once; the caller must not
// change them.
func (in *Instance) Integers() *Integers {
	in.once.Do(func() { in.integers = newIntegers(in.J) })
	return in.integers
}

func newIntegers(J []float64) *Integers {
	q := &Integers{K: make([]int64, len(J)), Lost: -1}
	sum := 0.0
	for _, v := range J {
		sum += math.Abs(v)
	}
	if sum == 0 {
		q.Scale = 1
		return q
	}
	for q.Scale = 1; q.Scale <= 1e18 && sum*q.Scale < MaxTotal; q.Scale *= 10 {
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
	if q.Scale = math.Ldexp(1, -last); sum*q.Scale < maxBinary {
		q.round(J)
		return q
	}
	_, exponent := math.Frexp(MaxTotal / 2 / sum)
	q.Scale = math.Ldexp(1, exponent-1)
	off := q.round(J)
	// Half a unit in the last place for what was read from decimals, and as much for an
	// energy and a bound in float64.
	q.Slack = 2 * int64(len(J))
	q.Rounding = 1.001 * ((off+float64(q.Slack))/q.Scale + math.Ldexp(sum, -51))
	for k, v := range J {
		if size := max(q.K[k], -q.K[k]); float64(q.K[k]) != v*q.Scale && size < kept/int64(len(J)) && q.Lost < 0 {
			q.Lost = k
		}
	}
	return q
}

// decimals fills K and reports whether all couplings are the nearest numbers to K/Scale.
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

// Energy returns an integer energy in the unit of the couplings: the float64 next to it, or,
// where it has more than 53 bits, the next below, so that a bound stays one.
func (q *Integers) Energy(e int64) float64 {
	if max(e, -e) <= 1<<53 {
		return float64(e) / q.Scale
	}
	below := new(big.Float).SetPrec(53).SetMode(big.ToNegativeInf)
	v, _ := below.Quo(new(big.Float).SetInt64(e), big.NewFloat(q.Scale)).Float64()
	return v
}
