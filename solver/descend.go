package solver

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"spinlearn/ising"
)

// DescendSettings are the settings of [Descend].
type DescendSettings struct {
	// Start is the configuration to improve; nil means random spins.
	Start []int8
}

// Descend flips spins that lower the energy, in sweeps, until none is left. It
// never fails but for its settings; the context is looked at once, at the start.
func Descend(ctx context.Context, in *ising.Instance, set *DescendSettings, rng *rand.Rand) (*Result, error) {
	begin := time.Now()
	s, err := startFrom(in, set, rng)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return interrupted(heuristic(in, s, Stats{Reads: 1}, begin), err)
	}
	flips := Descent(in, s)
	return heuristic(in, s, Stats{Reads: 1, Flips: int64(flips)}, begin), nil
}

func startFrom(in *ising.Instance, set *DescendSettings, rng *rand.Rand) ([]int8, error) {
	if set == nil || set.Start == nil {
		return randomSpins(in.Sites(), rng.Uint64), nil
	}
	if err := checkStart(in, set.Start); err != nil {
		return nil, err
	}
	return slices.Clone(set.Start), nil
}

func randomSpins(n int, draw func() uint64) []int8 {
	s := make([]int8, n)
	for i := range s {
		s[i] = int8(draw()>>63)*2 - 1
	}
	return s
}

// Descent flips spins of s that lower the energy, that of [ising.Integers], until no single
// flip does, and returns the number of flips.
func Descent(in *ising.Instance, s []int8) (flips int) {
	// A table of bonds would cost more than the few sweeps that follow.
	K, field := in.Integers().K, make([]int64, len(s))
	for k, v := range K {
		if i, j := in.Ends(k); j >= 0 {
			field[i] += v * int64(s[j])
			field[j] += v * int64(s[i])
		}
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
			for _, k := range in.BondsAt(i) {
				field[in.Across(k, i)] += change * K[k]
			}
		}
	}
	return flips
}

// bonds lists the neighbours of each site with the couplings, those of site i from
// start[i] to start[i+1]; bonds without coupling are left out.
type bonds struct {
	start    []int32
	site     []int32
	weight   []float64
	integers []int64 // the couplings on the grid of the instance
	lost     bool    // there is one of which the grid holds nothing
}

func newBonds(in *ising.Instance) *bonds {
	q, n := in.Integers(), 2*in.Bonds()
	b := &bonds{make([]int32, in.Sites()+1), make([]int32, 0, n), make([]float64, 0, n), make([]int64, 0, n), q.Lost >= 0}
	for i := range in.Sites() {
		for _, bond := range in.BondsAt(i) {
			if w := in.J[bond]; w != 0 {
				b.site = append(b.site, int32(in.Across(bond, i)))
				b.weight = append(b.weight, w)
				b.integers = append(b.integers, q.K[bond])
			}
		}
		b.start[i+1] = int32(len(b.site))
	}
	return b
}

func (b *bonds) sites() int { return len(b.start) - 1 }

// list lists each bond once.
func (b *bonds) list() (ends [][2]int32, couplings []float64) {
	ends, couplings = make([][2]int32, 0, len(b.site)/2), make([]float64, 0, len(b.site)/2)
	for i := range int32(b.sites()) {
		site, weight := b.at(int(i))
		for k, j := range site {
			if i < j {
				ends, couplings = append(ends, [2]int32{i, j}), append(couplings, weight[k])
			}
		}
	}
	return ends, couplings
}

// descend is [Descent] by a table.
func (b *bonds) descend(s []int8) (flips int) {
	field := make([]int64, len(s))
	for i := range s {
		field[i] = b.field(i, s)
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
			for k := b.start[i]; k < b.start[i+1]; k++ {
				field[b.site[k]] += change * b.integers[k]
			}
		}
	}
	return flips
}

// field returns the local field of site i on the grid.
func (b *bonds) field(i int, s []int8) (h int64) {
	for k := b.start[i]; k < b.start[i+1]; k++ {
		h += b.integers[k] * int64(s[b.site[k]])
	}
	return h
}

// at returns the neighbours of site i and the couplings.
func (b *bonds) at(i int) ([]int32, []float64) {
	from, to := b.start[i], b.start[i+1]
	return b.site[from:to], b.weight[from:to]
}

// degree returns the largest number of neighbours of a site.
func (b *bonds) degree() int {
	most := int32(0)
	for i := range b.sites() {
		most = max(most, b.start[i+1]-b.start[i])
	}
	return int(most)
}

// state is a configuration with the cost 2 s_i h_i of flipping each spin.
type state struct {
	*bonds
	spin, cost []float64
}

func newState(b *bonds, s []int8) *state {
	st := &state{b, make([]float64, len(s)), make([]float64, len(s))}
	for i, v := range s {
		st.spin[i] = float64(v)
	}
	for i := range s {
		h := 0.0
		site, weight := b.at(i)
		for k, j := range site {
			h += weight[k] * st.spin[j]
		}
		st.cost[i] = 2 * st.spin[i] * h
	}
	return st
}

// flip flips spin i and brings the costs of its neighbours up to date.
func (st *state) flip(i int) {
	s := 4 * st.spin[i]
	st.spin[i] = -st.spin[i]
	st.cost[i] = -st.cost[i]
	site, weight := st.at(i)
	for k, j := range site {
		st.cost[j] -= weight[k] * s * st.spin[j]
	}
}

// store writes the configuration to s.
func (st *state) store(s []int8) {
	for i, v := range st.spin {
		s[i] = int8(v)
	}
}
