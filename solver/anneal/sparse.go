package anneal

import (
	"math"
	"math/rand/v2"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
	"spinlearn/solver/internal/graph"
)

type sparseEngine struct {
	in    *ising.Instance
	graph *graph.Graph
}

func (e *sparseEngine) lanes() int { return 1 }

func (e *sparseEngine) read(p *plan, _ int, src *rand.PCG) *reads {
	spins := slices.Clone(p.Start)
	if spins == nil {
		spins = solver.RandomSpins(e.in.Sites(), src.Uint64)
	}
	st := newState(e.graph, spins)
	flips := int64(0)
	sweeps := p.follow(func(beta float64, sweeps int) {
		for range sweeps {
			flips += st.sweep(beta, src)
		}
	})
	st.store(spins)
	r := newReads(e.in, 1, sweeps)
	r.stats.Flips = flips + int64(descent.Descend(e.in, spins))
	r.energies[0] = e.in.Energy(spins)
	r.store = func(dst []int8, _ int) { copy(dst, spins) }
	return r
}

// state is a configuration with the cost 2 s_i h_i of flipping each spin.
type state struct {
	*graph.Graph
	spin, cost []float64
}

func newState(g *graph.Graph, s []int8) *state {
	st := &state{g, make([]float64, len(s)), make([]float64, len(s))}
	for i, v := range s {
		st.spin[i] = float64(v)
	}
	for i := range s {
		h := 0.0
		site, weight := g.At(i)
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
	site, weight := st.At(i)
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

// sweep proposes to flip every spin once, in order, and accepts with probability
// min(1, exp(-βΔE)).
//
// With u uniform in (0, 1) that is to accept if βΔE < -ln u. Ten bits of u decide
// nearly always: they give the bin of u and so two limits for -ln u. One draw serves
// four spins; only where the limits disagree is u drawn to full precision.
func (st *state) sweep(beta float64, src *rand.PCG) (flips int64) {
	var u uint64
	for i, cost := range st.cost {
		if i&3 == 0 {
			u = src.Uint64()
		}
		x, bin := beta*cost, u%bins
		u >>= 16
		if x <= minusLog[bin+1] || x < minusLog[bin] && accept(x, bin, src.Uint64()) {
			st.flip(i)
			flips++
		}
	}
	return flips
}

// accept reports whether x < -ln u for u in the given bin, at the place that 64 more
// random bits give.
func accept(x float64, bin, more uint64) bool {
	return x < -math.Log((float64(bin)+math.Ldexp(float64(more)+0.5, -64))/bins)
}

const bins = 1 << 10

// minusLog[k] is -ln(k/bins). The first stands for infinity and is 64 ln 2, which
// -ln u of a uniform number u of 64 bits does not exceed.
var minusLog = func() (t [bins + 1]float64) {
	t[0] = 64 * math.Ln2
	for k := 1; k <= bins; k++ {
		t[k] = -math.Log(float64(k) / bins)
	}
	return t
}()
