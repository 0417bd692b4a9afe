package packing

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// packing is a set of cycles with integer multipliers, in units of 1/denominator. It is
// exactly feasible, because each multiplier is subtracted from what is left of the bonds.
type packing struct {
	cycles []Cycle
	total  int64 // sum of the multipliers
}

// bound returns the value of a packing, rounded up to an integer, because the weights are
// integers.
func (p *packer) bound(k packing) int64 {
	return (k.total + p.denominator - 1) / p.denominator
}

// capacities returns the capacities of the bonds in units of 1/denominator.
func (p *packer) capacities() []int64 {
	left := make([]int64, len(p.graph.Weight))
	for e, w := range p.graph.Weight {
		left[e] = p.denominator * w
	}
	return left
}

// least returns the least capacity left along a cycle.
func least(left []int64, bonds []int32) int64 {
	y := int64(math.MaxInt64)
	for _, e := range bonds {
		y = min(y, left[e])
	}
	return y
}

// take subtracts y, or less if less is left, along a cycle and returns how much.
func take(left []int64, bonds []int32, y int64) int64 {
	y = max(0, min(y, least(left, bonds)))
	for _, e := range bonds {
		left[e] -= y
	}
	return y
}

// greedy packs cycles one by one as far as possible, those with few bonds first. This packing
// gives the first bound, and its cycles are the first columns.
func (p *packer) greedy() {
	left := p.capacities()
	open := p.cover
	for limit := 8; len(open.roots) > 0; limit *= 2 {
		for e, v := range left {
			p.length[e] = 1
			if v == 0 {
				p.length[e] = math.Inf(1)
			}
		}
		for _, root := range open.roots {
			for {
				if p.interrupted() {
					return
				}
				cycle := open.shortest(root, p.length, float64(limit)+0.5)
				if cycle == nil {
					break
				}
				y := take(left, cycle, math.MaxInt64)
				p.best.cycles = append(p.best.cycles, Cycle{y, cycle})
				p.best.total += y
				p.add(cycle)
				for _, e := range cycle {
					if left[e] == 0 {
						p.length[e] = math.Inf(1)
					}
				}
			}
		}
		open = newCover(p.graph, func(e int) bool { return left[e] == 0 })
	}
	if p.set.Enough > 0 && p.bound(p.best) >= p.set.Enough {
		p.stopped = enough
	}
}

// round turns the basis into a packing of integers, and keeps it if it is the best so far.
func (p *packer) round() {
	s := p.simplex
	left := p.capacities()
	y := make([]int64, len(s.columns))
	for b, v := range p.multipliers(left) {
		y[s.basic[b]] = v
	}
	order := make([]int32, len(s.columns))
	for c := range order {
		order[c] = int32(c)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		return cmp.Compare(len(s.columns[a].bonds), len(s.columns[b].bonds))
	})
	var k packing
	// Cut multipliers that exceed the capacities, then use the capacity that is left.
	for c, v := range y {
		y[c] = take(left, s.columns[c].bonds, v)
	}
	for _, c := range order {
		y[c] += take(left, s.columns[c].bonds, math.MaxInt64)
	}
	for c, v := range y {
		if v > 0 {
			k.cycles = append(k.cycles, Cycle{v, s.columns[c].bonds})
			k.total += v
		}
	}
	if k.total > p.best.total {
		p.best = k
	}
}

const (
	// refinements is the number of rounds of iterative refinement.
	refinements = 4
	// lateBasis is the size above which a basis is not refined when the context has ended,
	// because that would take too long.
	lateBasis = 2000
)

// multipliers returns the multipliers of the basic cycles for the given capacities: integers
// ≥ 0 that are nearly feasible. It uses iterative refinement: what the multipliers leave of
// the tight bonds is known exactly, and the inverse distributes that again.
func (p *packer) multipliers(capacity []int64) []int64 {
	s := p.simplex
	y := make([]int64, len(s.basic))
	correct := func(b int, change float64) {
		most := least(capacity, s.columns[s.basic[b]].bonds)
		v := float64(y[b]) + math.Round(change)
		switch {
		case !(v > 0):
			y[b] = 0
		case v >= float64(most):
			y[b] = most
		default:
			y[b] += int64(math.Round(change))
		}
	}
	if p.stopped == interrupted && len(s.basic) > lateBasis {
		for b, v := range s.y {
			correct(b, v*p.unit*float64(p.denominator))
		}
		return y
	}
	change := make([]float64, len(s.basic))
	for range refinements {
		clear(change)
		for t, e := range s.tight {
			rest := capacity[e]
			for _, c := range s.through[e] {
				rest -= y[s.columns[c].place]
			}
			if rest != 0 {
				floats.AddScaled(change, float64(rest), s.inverse[t])
			}
		}
		for b, v := range change {
			correct(b, v)
		}
	}
	return y
}
