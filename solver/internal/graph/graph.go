package graph

import (
	"math"

	"spinlearn/ising"
)

// A Graph lists the neighbours of each site with their couplings, those of site i from
// Start[i] to Start[i+1]. Bonds without a coupling are left out.
type Graph struct {
	Start  []int32
	Site   []int32
	Weight []float64 // the couplings
	Whole  []int64   // the same as [ising.Integers] has them
	Lost   bool      // there is a coupling of which the integers hold nothing
}

// New returns the graph of an instance.
func New(in *ising.Instance) *Graph {
	q, n := in.Integers(), 2*in.Slots()
	g := &Graph{make([]int32, in.Sites()+1), make([]int32, 0, n), make([]float64, 0, n), make([]int64, 0, n), q.Lost >= 0}
	for i := range in.Sites() {
		for _, bond := range in.BondsAt(i) {
			if w := in.J[bond]; w != 0 {
				g.Site = append(g.Site, int32(in.Across(bond, i)))
				g.Weight = append(g.Weight, w)
				g.Whole = append(g.Whole, q.K[bond])
			}
		}
		g.Start[i+1] = int32(len(g.Site))
	}
	return g
}

// List lists the bonds of an instance that have a coupling, in its order.
func List(in *ising.Instance) (ends [][2]int32, couplings []float64) {
	for k, v := range in.J {
		if v != 0 {
			i, j := in.Ends(k)
			ends, couplings = append(ends, [2]int32{int32(i), int32(j)}), append(couplings, v)
		}
	}
	return ends, couplings
}

// Sites returns the number of sites.
func (g *Graph) Sites() int { return len(g.Start) - 1 }

// At returns the neighbours of site i and the couplings.
func (g *Graph) At(i int) ([]int32, []float64) {
	from, to := g.Start[i], g.Start[i+1]
	return g.Site[from:to], g.Weight[from:to]
}

// Bonds lists each bond once.
func (g *Graph) Bonds() (ends [][2]int32, couplings []float64) {
	ends, couplings = make([][2]int32, 0, len(g.Site)/2), make([]float64, 0, len(g.Site)/2)
	for i := range int32(g.Sites()) {
		site, weight := g.At(int(i))
		for k, j := range site {
			if i < j {
				ends, couplings = append(ends, [2]int32{i, j}), append(couplings, weight[k])
			}
		}
	}
	return ends, couplings
}

// Degree returns the largest number of neighbours of a site.
func (g *Graph) Degree() int {
	most := int32(0)
	for i := range g.Sites() {
		most = max(most, g.Start[i+1]-g.Start[i])
	}
	return int(most)
}

// Field returns the local field of site i in whole numbers.
func (g *Graph) Field(i int, s []int8) (h int64) {
	for k := g.Start[i]; k < g.Start[i+1]; k++ {
		h += g.Whole[k] * int64(s[g.Site[k]])
	}
	return h
}

// Heaviest returns the largest size of a coupling.
func (g *Graph) Heaviest() (most float64) {
	for _, w := range g.Weight {
		most = max(most, math.Abs(w))
	}
	return most
}

// Descend flips spins of s that lower the energy in whole numbers until no single flip does,
// and returns the number of flips.
func (g *Graph) Descend(s []int8) (flips int) {
	field := make([]int64, len(s))
	for i := range s {
		field[i] = g.Field(i, s)
	}
	for before := -1; flips != before; {
		before = flips
		for i, h := range field {
			if int64(s[i])*h >= 0 {
				continue
			}
			s[i] = -s[i]
			flips++
			change := 2 * int64(s[i])
			for k := g.Start[i]; k < g.Start[i+1]; k++ {
				field[g.Site[k]] += change * g.Whole[k]
			}
		}
	}
	return flips
}
