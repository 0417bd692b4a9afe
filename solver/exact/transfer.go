package exact

import (
	"context"
	"math"

	"spinlearn/ising"
	"spinlearn/solver/descent"
)

// A transferPlan is a division of the lattice into layers across one axis.
type transferPlan struct {
	lattice *ising.Lattice
	across  int   // axis from layer to layer
	layers  int   // L
	width   int   // M, sites of a layer
	first   []int // sites of layer 0; layer t is t*stride further on
	stride  int
}

// site returns the lattice's number of site x of layer t.
func (p *transferPlan) site(t, x int) int { return p.first[x] + t*p.stride }

// planTransfer returns the cheapest plan within the limits, nil if there is none.
func planTransfer(l *ising.Lattice) *transferPlan {
	var best *transferPlan
	stride := l.Sites()
	for a, side := range l.Shape() {
		stride /= side
		p := &transferPlan{lattice: l, across: a, layers: side, width: l.Sites() / side, stride: stride}
		limit := MaxLayerFree
		if l.Periodic()[a] {
			limit = MaxLayerPeriodic
		}
		if p.width > limit || int64(l.Sites())<<(p.width-1) > maxDecisions || best != nil && best.work() <= p.work() {
			continue
		}
		for i := range l.Sites() {
			if i/stride%side == 0 {
				p.first = append(p.first, i)
			}
		}
		best = p
	}
	return best
}

// work returns the number of states that are updated.
func (p *transferPlan) work() float64 {
	w := math.Ldexp(float64(p.lattice.Sites()), p.width)
	if p.lattice.Periodic()[p.across] {
		w = math.Ldexp(w, p.width-1)
	}
	return w
}

// transferRun holds the least energy of every state of the frontier. Bit x of a
// state is set where the spin of the layer's site x is -1; sites below the one being
// added have their spin in the new layer, the others still in the old.
type transferRun struct {
	*transferPlan
	in     *ising.Instance
	J      []int64 // couplings, as ising.Integers has them
	weight []int64 // see layerBonds
	least  []int64 // 2^M
	inside []int64 // energy of the new site, spin +1, with its layer, by the lower bits
	// choices has 2^(M-1) bytes a site, one for each state of the other bits: bit 0
	// (bit 1) is set if the old spin is -1 where the new one is +1 (-1). Nil leaves
	// them out.
	choices []byte
}

// transfer returns a ground state of the integers, or some configuration of low energy if
// ctx ends first.
func transfer(ctx context.Context, in *ising.Instance, plan *transferPlan) ([]int8, error) {
	r := &transferRun{transferPlan: plan, in: in, J: in.Integers().K, weight: plan.layerBonds(in), least: make([]int64, 1<<plan.width), inside: make([]int64, 1<<plan.width)}
	var err error
	from, wrap := -1, 0 // the first layer's state, any if the axis is free
	if plan.lattice.Periodic()[plan.across] {
		if from, err = r.bestFirstLayer(ctx); err != nil {
			return r.unfinished(), err
		}
		wrap = from
	}
	r.choices = make([]byte, in.Sites()<<(plan.width-1))
	if err := r.run(ctx, from); err != nil {
		return r.unfinished(), err
	}
	end, _ := r.end(wrap)
	return r.walkBack(end, from), nil
}

// unfinished returns some configuration of low energy.
func (r *transferRun) unfinished() []int8 {
	s := r.in.SpanningTree(r.in.J, nil).Spins(r.in.J)
	descent.Descend(r.in, s)
	return s
}

// bestFirstLayer returns the state of the first layer in a ground state, trying all
// with the last spin up.
func (r *transferRun) bestFirstLayer(ctx context.Context) (int, error) {
	best, least := 0, int64(math.MaxInt64)
	for state := range 1 << (r.width - 1) {
		if err := r.run(ctx, state); err != nil {
			return 0, err
		}
		if _, e := r.end(state); e < least {
			best, least = state, e
		}
	}
	return best, nil
}

// run adds all layers; from is the state of the first, -1 if it is open.
func (r *transferRun) run(ctx context.Context, from int) error {
	first := 0 // open layer
	r.least[0] = 0
	if from >= 0 {
		first = 1
		r.least[0] = r.layerEnergy(from)
	}
	for t := first; t < r.layers; t++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		for x := range r.width {
			if t == first {
				r.grow(t, x, from)
			} else {
				r.add(t, x)
			}
		}
	}
	return nil
}

// layerEnergy returns the energy inside the first layer of a state.
func (r *transferRun) layerEnergy(state int) int64 {
	e := int64(0)
	for x := range r.width {
		r.bondsInside(0, x)
		t := r.inside[state&(1<<x-1)]
		if state>>x&1 == 1 {
			t = -t
		}
		e += t
	}
	return e
}

// bondsInside fills inside for site x of layer t: its bonds to lower sites of the
// layer.
func (r *transferRun) bondsInside(t, x int) {
	r.inside[0] = 0
	for y, w := range r.weight[(t*r.width+x)*r.width:][:x] {
		half := 1 << y
		up, down := r.inside[:half], r.inside[half:2*half]
		for low, e := range up {
			up[low], down[low] = e-w, e+w
		}
	}
}

// layerBonds lists the couplings inside the layers: entry (t*M+x)*M+y is the bond of
// site x of layer t to its site y < x, 0 for none.
func (p *transferPlan) layerBonds(in *ising.Instance) []int64 {
	m := p.width
	position := make([]int, in.Sites())
	for x := range m {
		for t := range p.layers {
			position[p.site(t, x)] = x
		}
	}
	K, weight := in.Integers().K, make([]int64, in.Sites()*m)
	for t := range p.layers {
		for x := range m {
			for a := range in.Axes() {
				if k := in.Bond(a, p.site(t, x)); a != p.across && K[k] != 0 {
					_, j := in.Ends(k)
					y := position[j]
					weight[(t*m+max(x, y))*m+min(x, y)] = K[k]
				}
			}
		}
	}
	return weight
}

// bondAcross returns the coupling of site x of layer t to site x of the next layer.
func (r *transferRun) bondAcross(t, x int) int64 { return r.J[r.lattice.Bond(r.across, r.site(t, x))] }

// grow brings site x of the first open layer t into the frontier, which so far holds
// the states of the lower sites; from is the state of the layer before, -1 for none.
func (r *transferRun) grow(t, x, from int) {
	r.bondsInside(t, x)
	v := int64(0)
	if from >= 0 {
		v = r.bondAcross(t-1, x)
		if from>>x&1 == 1 {
			v = -v
		}
	}
	half := 1 << x
	up, down := r.least[:half], r.least[half:2*half]
	for k, u := range up {
		e := r.inside[k] - v
		up[k], down[k] = u+e, u-e
	}
}

// add brings site x of layer t into the frontier.
func (r *transferRun) add(t, x int) {
	r.bondsInside(t, x)
	v := r.bondAcross(t-1, x)
	inside := r.inside[:1<<x]
	if r.choices == nil {
		addStates(r.least, inside, v)
		return
	}
	addStatesChoosing(r.least, inside, r.choices[(t*r.width+x)<<(r.width-1):][:1<<(r.width-1)], v)
}

// addStates replaces the least energies of states with the site up and down before
// (old spin) by those after (new spin), v being the bond between the two. States
// that differ in the site only are len(inside) apart.
func addStates(least, inside []int64, v int64) {
	half := len(inside)
	if half < shortRun {
		for low, e := range inside {
			for k := low; k+half < len(least); k += 2 * half {
				u, d := least[k], least[k+half]
				least[k], least[k+half] = min(u-v, d+v)+e, min(u+v, d-v)-e
			}
		}
		return
	}
	for ; len(least) > 0; least = least[2*half:] {
		up, down := least[:half], least[half:2*half]
		for k, e := range inside {
			u, d := up[k], down[k]
			up[k], down[k] = min(u-v, d+v)+e, min(u+v, d-v)-e
		}
	}
}

// shortRun is the distance of states below which it is faster to stride over them
// than to loop over short runs.
const shortRun = 8

// addStatesChoosing is addStates and notes which old spin was better.
func addStatesChoosing(least, inside []int64, choices []byte, v int64) {
	half := len(inside)
	if half < shortRun {
		for low, e := range inside {
			for k, c := low, low; k+half < len(least); k, c = k+2*half, c+half {
				u, d := least[k], least[k+half]
				least[k], least[k+half], choices[c] = min(u-v, d+v)+e, min(u+v, d-v)-e, choice(u, d, v)
			}
		}
		return
	}
	for ; len(least) > 0; least, choices = least[2*half:], choices[half:] {
		up, down, choices := least[:half], least[half:2*half], choices[:half]
		for k, e := range inside {
			u, d := up[k], down[k]
			up[k], down[k], choices[k] = min(u-v, d+v)+e, min(u+v, d-v)-e, choice(u, d, v)
		}
	}
}

// choice returns the bits of transferRun.choices for old energies u (up) and d (down).
func choice(u, d, v int64) byte {
	var plus, minus byte // set without branches
	if d+v < u-v {
		plus = 1
	}
	if d-v < u+v {
		minus = 1
	}
	return plus | minus<<1
}

// end returns the best state of the last layer and its energy; on a periodic axis
// the bonds to the first layer, of state wrap, are added.
func (r *transferRun) end(wrap int) (state int, energy int64) {
	clear(r.inside)
	if r.lattice.Periodic()[r.across] {
		for x := range r.width {
			w := r.bondAcross(r.layers-1, x)
			if wrap>>x&1 == 1 {
				w = -w
			}
			half := 1 << x
			for low := range half {
				r.inside[low+half] = r.inside[low] + w
				r.inside[low] -= w
			}
		}
	}
	energy = math.MaxInt64
	for s, e := range r.least {
		if e += r.inside[s]; e < energy {
			state, energy = s, e
		}
	}
	return state, energy
}

// walkBack returns the configuration that ends in a state of the last layer.
func (r *transferRun) walkBack(state, from int) []int8 {
	s := make([]int8, r.in.Sites())
	set := func(t, x int) {
		s[r.site(t, x)] = int8(1 - 2*(state>>x&1))
	}
	for t := r.layers - 1; t >= 0; t-- {
		if t == 0 && from >= 0 {
			state = from
			for x := range r.width {
				set(0, x)
			}
			break
		}
		for x := r.width - 1; x >= 0; x-- {
			set(t, x)
			low := state & (1<<x - 1)
			choice := int(r.choices[(t*r.width+x)<<(r.width-1)+(state>>(x+1)<<x|low)])
			old := choice >> (state >> x & 1) & 1
			state = state&^(1<<x) | old<<x
		}
	}
	return s
}
