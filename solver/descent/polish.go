package descent

import (
	"math"
	"math/big"

	"spinlearn/solver/internal/graph"
)

// Polish lowers the energy of s until no flip of a single spin does, nor of a cluster that
// heavy couplings join: at first those of at least an eighth of the heaviest, then, the
// clusters being the spins, those of at least an eighth of the heaviest that are left, and so
// on. Annealing leaves such clusters as they are where what holds them together is far
// heavier than what orients them. It returns the number of flips. In a hurry, when the time
// is up, graphs of more than 2^12 sites are left as they are.
func Polish(g *graph.Graph, s []int8, hurry bool) (flips int) {
	if hurry && g.Sites() > 1<<12 {
		return 0
	}
	const most = 100 // the sums of lost couplings are rounded, so that it might not end
	for range most {
		gained := polishOnce(g, s)
		if gained == 0 {
			break
		}
		flips += gained
	}
	return flips
}

func polishOnce(g *graph.Graph, s []int8) (flips int) {
	flips = descendExactly(g, s)
	up := make([]int32, len(s)) // the cluster of each site
	for i := range up {
		up[i] = int32(i)
	}
	state := s
	for {
		heavy := g.Heaviest() / 8
		if heavy == 0 {
			return flips
		}
		c := g.Gather(func(_, k int32) bool { return math.Abs(g.Weight[k]) >= heavy })
		small := g.Contract(state, c)
		next := make([]int8, small.Sites())
		for k := range next {
			next[k] = 1
		}
		flips += descendExactly(small, next)
		for i, k := range up {
			up[i] = c.Of[k]
			s[i] *= next[c.Of[k]]
		}
		g, state = small, next
	}
}

// descendExactly is [graph.Graph.Descend], and where the integers have lost a coupling it goes on with the
// couplings as they are, in numbers wide enough for any.
func descendExactly(g *graph.Graph, s []int8) (flips int) {
	flips = g.Descend(s)
	if !g.Lost {
		return flips
	}
	sum, term := new(big.Float).SetPrec(512), new(big.Float)
	for before := -1; flips != before; {
		before = flips
		for i := range s {
			site, weight := g.At(i)
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
