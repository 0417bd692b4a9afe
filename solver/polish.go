package solver

import (
	"math"
	"math/big"
)

// polish lowers the energy of s until no flip of a single spin does, nor of a cluster that
// heavy couplings join: at first those of at least an eighth of the heaviest, then, the
// clusters being the spins, those of at least an eighth of the heaviest that are left, and so
// on. Annealing leaves such clusters as they are where what holds them together is far
// heavier than what orients them. It returns the number of flips.
func (b *bonds) polish(s []int8) (flips int) {
	const most = 100 // the sums of lost couplings are rounded, so that it might not end
	for range most {
		gained := b.polishOnce(s)
		if gained == 0 {
			break
		}
		flips += gained
	}
	return flips
}

func (b *bonds) polishOnce(s []int8) (flips int) {
	flips = b.descendExactly(s)
	up := make([]int32, len(s)) // the cluster of each site
	for i := range up {
		up[i] = int32(i)
	}
	table, state := b, s
	for {
		heavy := table.heaviest() / 8
		if heavy == 0 {
			return flips
		}
		c := table.gather(func(_, k int32) bool { return math.Abs(table.weight[k]) >= heavy })
		small := table.contract(state, c)
		next := make([]int8, small.sites())
		for k := range next {
			next[k] = 1
		}
		flips += small.descendExactly(next)
		for i, k := range up {
			up[i] = c.of[k]
			s[i] *= next[c.of[k]]
		}
		table, state = small, next
	}
}

func (b *bonds) heaviest() (most float64) {
	for _, w := range b.weight {
		most = max(most, math.Abs(w))
	}
	return most
}

// descendExactly is descend, and where the integers have lost a coupling it goes on with the
// couplings as they are, in numbers wide enough for any.
func (b *bonds) descendExactly(s []int8) (flips int) {
	flips = b.descend(s)
	if !b.lost {
		return flips
	}
	sum, term := new(big.Float).SetPrec(512), new(big.Float)
	for before := -1; flips != before; {
		before = flips
		for i := range s {
			site, weight := b.at(i)
			sum.SetInt64(0)
			for k, j := range site {
				sum.Add(sum, term.SetFloat64(weight[k]*float64(s[i]*s[j])))
			}
			if sum.Sign() < 0 {
				s[i] = -s[i]
				flips++
			}
		}
	}
	return flips
}
