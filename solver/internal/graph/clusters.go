package graph

import (
	"slices"

	"spinlearn/ising"
)

// Clusters are sets of sites, each held together by bonds.
type Clusters struct {
	Of      []int32 // of each site
	Members []int32 // cluster by cluster
	Start   []int32 // of each cluster in Members, and the end
}

// Count returns the number of clusters.
func (c *Clusters) Count() int { return len(c.Start) - 1 }

// Shrink reports whether there are so many fewer clusters than sites that contracting them
// pays.
func (c *Clusters) Shrink(g *Graph) bool { return float64(c.Count()) <= 0.95*float64(g.Sites()) }

// Gather returns the clusters in which neighbours are joined that hold says are to be: the
// k-th neighbour of site i, counted over all sites as in the table.
func (g *Graph) Gather(hold func(i, k int32) bool) *Clusters {
	n := g.Sites()
	c := &Clusters{Of: slices.Repeat([]int32{-1}, n), Members: make([]int32, 0, n), Start: make([]int32, 0, n/4)}
	for root := range int32(n) {
		if c.Of[root] >= 0 {
			continue
		}
		cluster := int32(len(c.Start))
		c.Start = append(c.Start, int32(len(c.Members)))
		c.Of[root] = cluster
		c.Members = append(c.Members, root)
		for at := len(c.Members) - 1; at < len(c.Members); at++ {
			i := c.Members[at]
			for k := g.Start[i]; k < g.Start[i+1]; k++ {
				if j := g.Site[k]; c.Of[j] < 0 && hold(i, k) {
					c.Of[j] = cluster
					c.Members = append(c.Members, j)
				}
			}
		}
	}
	c.Start = append(c.Start, int32(n))
	return c
}

// Alike returns the clusters of sites that are oriented alike in all states, at most 64.
func (g *Graph) Alike(s []int8, others [][]int8) *Clusters {
	differs := make([]uint64, len(s)) // bit k: from s in state k
	for k, other := range others {
		for i, v := range other {
			differs[i] |= uint64(uint8(v^s[i])>>7) << k
		}
	}
	return g.Gather(func(i, k int32) bool { return differs[i] == differs[g.Site[k]] })
}

// Held returns the clusters of sites that chosen bonds of the instance hold together.
func (g *Graph) Held(in *ising.Instance, hold []bool) *Clusters {
	if hold == nil {
		return g.Gather(func(_, _ int32) bool { return false })
	}
	chosen := make([]bool, 0, len(g.Site)) // in the order of the table
	for i := range in.Sites() {
		for _, bond := range in.BondsAt(i) {
			if in.J[bond] != 0 {
				chosen = append(chosen, hold[bond])
			}
		}
	}
	return g.Gather(func(_, k int32) bool { return chosen[k] })
}

// Contract returns the graph whose sites are the clusters. All its spins up stand for the
// state s.
func (g *Graph) Contract(s []int8, c *Clusters) *Graph {
	n := c.Count()
	small := &Graph{Start: make([]int32, n+1), Lost: g.Lost}
	sum, whole, seen := make([]float64, n), make([]int64, n), make([]int32, n)
	for cluster := range int32(n) {
		begin := len(small.Site)
		for _, i := range c.Members[c.Start[cluster]:c.Start[cluster+1]] {
			for k := g.Start[i]; k < g.Start[i+1]; k++ {
				j := g.Site[k]
				d := c.Of[j]
				if d == cluster {
					continue
				}
				if seen[d] != cluster+1 {
					seen[d], sum[d], whole[d] = cluster+1, 0, 0
					small.Site = append(small.Site, d)
				}
				sum[d] += g.Weight[k] * float64(s[i]*s[j])
				whole[d] += g.Whole[k] * int64(s[i]*s[j])
			}
		}
		for _, d := range small.Site[begin:] {
			small.Weight = append(small.Weight, sum[d])
			small.Whole = append(small.Whole, whole[d])
		}
		small.Start[cluster+1] = int32(len(small.Site))
	}
	if g.Lost {
		small.balance()
	}
	return small
}

// balance gives a bond the same weight at both ends. Sums of real numbers depend on their
// order, and a descent by weights that differ might never end.
func (g *Graph) balance() {
	for i := range int32(g.Sites()) {
		for k := g.Start[i]; k < g.Start[i+1]; k++ {
			if j := g.Site[k]; j < i {
				twin := slices.Index(g.Site[g.Start[j]:g.Start[j+1]], i)
				g.Weight[k] = g.Weight[g.Start[j]+int32(twin)]
			}
		}
	}
}
