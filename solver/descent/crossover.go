package descent

import (
	"math/rand/v2"

	"spinlearn/solver/internal/graph"
)

// A Crosser combines configurations. Two that differ do so in clusters of sites that bonds
// hold together; the energy of each cluster against its surroundings does not depend on
// the others, so that every cluster can be taken from the better of the two: the
// partition crossover of Tinós, Whitley and Chicano (2015), or the isoenergetic cluster
// move of Houdayer (2001) made only where it gains.
type Crosser struct {
	*graph.Graph
	mark    []int32 // of the walk that has seen a site
	walk    int32
	cluster []int32
}

// NewCrosser returns one for a graph. It is not safe for concurrent use.
func NewCrosser(g *graph.Graph) *Crosser {
	return &Crosser{Graph: g, mark: make([]int32, g.Sites())}
}

// Improve flips clusters of s in which it differs from other, or from other reversed,
// where that lowers the energy, and reports whether it did.
func (c *Crosser) Improve(s, other []int8) bool {
	improved := false
	for _, equal := range [2]bool{false, true} {
		c.walk++
		for i := range s {
			if (s[i] == other[i]) != equal || c.mark[i] == c.walk {
				continue
			}
			if c.gather(s, other, int32(i), equal) < 0 {
				for _, j := range c.cluster {
					s[j] = -s[j]
				}
				improved = true
			}
		}
	}
	return improved
}

// gather finds the cluster of site i among the sites where s and other are equal, or
// not, and returns what flipping it costs.
func (c *Crosser) gather(s, other []int8, i int32, equal bool) (cost int64) {
	c.cluster = append(c.cluster[:0], i)
	c.mark[i] = c.walk
	for next := 0; next < len(c.cluster); next++ {
		at := c.cluster[next]
		for k := c.Start[at]; k < c.Start[at+1]; k++ {
			j := c.Site[k]
			switch {
			case c.mark[j] == c.walk:
			case (s[j] == other[j]) == equal:
				c.mark[j] = c.walk
				c.cluster = append(c.cluster, j)
			default:
				cost += 2 * c.Whole[k] * int64(s[at]*s[j])
			}
		}
	}
	return cost
}

// Exchange makes two states exchange the cluster of a random site among those at which
// they differ, and returns what it costs the
// first, as [ising.Integers] has it. A pair that agrees at fewer than half
// of the sites is compared with one state reversed.
func (c *Crosser) Exchange(a, b []int8, rng *rand.Rand) (cost int64, ok bool) {
	differ := 0
	for i := range a {
		if a[i] != b[i] {
			differ++
		}
	}
	equal := 2*differ > len(a)
	if equal {
		differ = len(a) - differ
	}
	if differ == 0 {
		return 0, false
	}
	skip := rng.IntN(differ)
	for i := range a {
		if (a[i] == b[i]) != equal {
			continue
		}
		if skip--; skip < 0 {
			c.walk++
			cost = c.gather(a, b, int32(i), equal)
			break
		}
	}
	for _, j := range c.cluster {
		a[j], b[j] = -a[j], -b[j]
	}
	return cost, true
}
