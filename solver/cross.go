package solver

// crosser combines configurations. Two that differ do so in clusters of sites that bonds
// hold together; the energy of each cluster against its surroundings does not depend on
// the others, so that every cluster can be taken from the better of the two: the
// partition crossover of Tinós, Whitley and Chicano (2015), or the isoenergetic cluster
// move of Houdayer (2001) made only where it gains.
type crosser struct {
	*bonds
	mark    []int32 // of the walk that has seen a site
	walk    int32
	cluster []int32
}

func newCrosser(b *bonds) *crosser {
	return &crosser{bonds: b, mark: make([]int32, b.sites())}
}

// improve flips clusters of s in which it differs from other, or from other reversed,
// where that lowers the energy, and reports whether it did.
func (c *crosser) improve(s, other []int8) bool {
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
func (c *crosser) gather(s, other []int8, i int32, equal bool) (cost int64) {
	c.cluster = append(c.cluster[:0], i)
	c.mark[i] = c.walk
	for next := 0; next < len(c.cluster); next++ {
		at := c.cluster[next]
		for k := c.start[at]; k < c.start[at+1]; k++ {
			j := c.site[k]
			switch {
			case c.mark[j] == c.walk:
			case (s[j] == other[j]) == equal:
				c.mark[j] = c.walk
				c.cluster = append(c.cluster, j)
			default:
				cost += 2 * c.integers[k] * int64(s[at]*s[j])
			}
		}
	}
	return cost
}
