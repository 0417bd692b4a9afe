package solver

import (
	"math/rand/v2"

	"spinlearn/ising"
	"spinlearn/solver/internal/lanes"
)

// renormalise lowers the energy of s by what it has in common with other states, at most
// 64: sites that bonds hold together and that are oriented alike in all of them become
// one spin, and the smaller glass of those spins is annealed, which again gives states to
// do the same with, until one spin is left. Houdayer and Martin, Phys. Rev. Lett. 83,
// 1030 (1999). It returns the number of updates.
func (s *schedule) renormalise(spins []int8, others [][]int8, src *rand.PCG) (updates int64) {
	in, state := s.in, spins
	up := make([]int32, len(spins)) // the spin of the present glass that each site has become
	for i := range up {
		up[i] = int32(i)
	}
	for s.ctx.Err() == nil {
		small, class := contract(in, state, others)
		const shrunk = 0.95 // or it is not worth the while
		if small.Sites() < 2 || float64(small.Sites()) > shrunk*float64(in.Sites()) {
			break
		}
		ends, couplings := bondsOf(small)
		r := lanes.NewNetwork(small.Sites(), ends, couplings).NewReplicas(false, src)
		set := AnnealSettings{Schedule: s.set.Schedule}
		set.BetaMin, set.BetaMax = BetaRange(small)
		inner := &schedule{&annealing{ctx: s.ctx, in: small, set: &set}, min(s.sweeps, 200+s.sweeps/8)} // more gains nothing
		sweeps := inner.follow(func(beta float64, sweeps int) {
			r.SetBeta(beta)
			r.Sweep(sweeps)
		})
		updates += int64(sweeps) * int64(small.Sites()) * lanes.Lanes

		next := make([]int8, small.Sites())
		for i := range next {
			next[i] = 1
		}
		cross := newCrosser(newBonds(small), small.Tolerance())
		others = make([][]int8, lanes.Lanes)
		for lane := range others {
			others[lane] = make([]int8, small.Sites())
			r.Store(others[lane], lane)
			Descent(small, others[lane])
			cross.improve(next, others[lane])
		}
		Descent(small, next)
		for i, c := range up {
			up[i] = class[c]
			spins[i] *= next[class[c]]
		}
		in, state = small, next
	}
	return updates
}

// contract returns the glass whose spins are the classes of sites that bonds hold
// together and that are oriented alike in all states, with the class of each site. All
// its spins up stand for the state s.
func contract(in *ising.Instance, s []int8, others [][]int8) (*ising.Instance, []int32) {
	table := newBonds(in)
	n := in.Sites()
	differs := make([]uint64, n) // bit k: from s in state k
	for k, other := range others {
		for i, v := range other {
			if v != s[i] {
				differs[i] |= 1 << k
			}
		}
	}
	class := make([]int32, n)
	for i := range class {
		class[i] = -1
	}
	var members []int32 // by class
	var start []int32
	for root := range n {
		if class[root] >= 0 {
			continue
		}
		c := int32(len(start))
		start = append(start, int32(len(members)))
		class[root] = c
		members = append(members, int32(root))
		for k := len(members) - 1; k < len(members); k++ {
			i := members[k]
			site, _ := table.at(int(i))
			for _, j := range site {
				if class[j] < 0 && differs[i] == differs[j] {
					class[j] = c
					members = append(members, j)
				}
			}
		}
	}
	start = append(start, int32(len(members)))

	// Couplings between classes: sums over bonds, relative to s.
	var ends [][2]int
	var J []float64
	sum := make([]float64, len(start)-1)
	seen := make([]int32, len(start)-1)
	var found []int32
	for c := range int32(len(start) - 1) {
		found = found[:0]
		for _, i := range members[start[c]:start[c+1]] {
			site, weight := table.at(int(i))
			for k, j := range site {
				if d := class[j]; d < c {
					if seen[d] != c+1 {
						seen[d], sum[d] = c+1, 0
						found = append(found, d)
					}
					sum[d] += weight[k] * float64(s[i]) * float64(s[j])
				}
			}
		}
		for _, d := range found {
			ends, J = append(ends, [2]int{int(d), int(c)}), append(J, sum[d])
		}
	}
	l, err := ising.NewGraph(len(start)-1, ends)
	if err != nil {
		panic(err) // no bond joins a class to itself or twice to another
	}
	return &ising.Instance{Lattice: l, J: J}, class
}
