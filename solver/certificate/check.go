package certificate

import (
	"errors"
	"fmt"
	"math"

	"spinlearn/ising"
)

// maxTotal is the largest Σw: sums of a few of them and of duals stay far from overflow.
const maxTotal = 1 << 60

// ErrRejected is wrapped by every error that says why a proof fails.
var ErrRejected = errors.New("certificate rejected")

// reject returns the error of a failed check; path names the part.
func reject(path, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrRejected, path, fmt.Sprintf(format, args...))
}

// A Verdict is what an accepted certificate proves.
type Verdict struct {
	Spins  []int8
	Energy float64 // of the spins, in the unit of the couplings
	Bound  float64 // no state of the instance as given lies lower; in the unit of the couplings
	// Rounding is what scaling to integers, and then writing an energy as a float64, can
	// change an energy by; 0 where the scaled couplings are integers.
	Rounding float64
	// Proven is true if no state has an energy that is lower by more than Rounding: the
	// scaled bound is the scaled energy, where couplings had to be rounded up to two units a
	// bond, and scaling lost no coupling.
	Proven bool
}

// Check verifies the whole certificate for an instance: that it was made for it, that
// Energy is that of Spins, that the proof holds and gives exactly Bound. The error
// wraps [ErrRejected] and names the part that fails.
func (c *Certificate) Check(in *ising.Instance) (*Verdict, error) {
	switch {
	case c.Format != Format:
		return nil, reject("format", "%q, want %q", c.Format, Format)
	case c.Sites != in.Sites():
		return nil, reject("sites", "%d, the instance has %d", c.Sites, in.Sites())
	case c.Bonds != in.Slots():
		return nil, reject("bonds", "%d, the instance has %d", c.Bonds, in.Slots())
	case !(c.Scale > 0) || math.IsInf(c.Scale, 0):
		return nil, reject("scale", "%v, want a finite number above 0", c.Scale)
	case c.SHA256 != c.seal():
		return nil, reject("sha256", "the certificate was changed after it was sealed")
	}
	spins, err := parseSpins(c.Spins, in.Sites())
	if err != nil {
		return nil, err
	}
	s, err := scale(in, c.Scale)
	if err != nil {
		return nil, err
	}
	if err := s.judgeScale(); err != nil {
		return nil, err
	}
	violated := s.violated(spins)
	if energy := 2*violated - s.total; c.Energy != energy {
		return nil, reject("energy", "%d, the spins have %d", c.Energy, energy)
	}
	least, err := c.prove(s)
	if err != nil {
		return nil, err
	}
	if bound := 2*s.roundUp(least, violated) - s.total; c.Bound != bound {
		return nil, reject("bound", "%d, the proof gives %d", c.Bound, bound)
	}
	return c.verdict(s, spins), nil
}

// prove returns the lower bound of the weight of the violated bonds that the proof
// gives.
func (c *Certificate) prove(s *scaled) (int64, error) {
	parts := 0
	for _, present := range []bool{c.Dual != nil, c.Tree != nil, c.Packing != nil} {
		if present {
			parts++
		}
	}
	periodic := 0
	for _, p := range s.in.Periodic() {
		if p {
			periodic++
		}
	}
	switch {
	case parts != 1:
		return 0, reject("kind", "%d proofs, want one of dual, tree and packing", parts)
	case c.Kind == KindPlanar && c.Dual != nil:
		if s.in.Axes() != 2 || periodic == 2 {
			return 0, reject("kind", "planar proof for lattice %v", s.in.Lattice)
		}
		return newTree(s).planar(c.Dual)
	case c.Kind == KindTorus && c.Tree != nil:
		if s.in.Axes() != 2 || periodic != 2 {
			return 0, reject("kind", "torus proof for lattice %v", s.in.Lattice)
		}
		return newTree(s).run(c.Tree)
	case c.Kind == KindPacking && c.Packing != nil:
		return c.Packing.check(s)
	}
	return 0, reject("kind", "%q, want planar with a dual, torus with a tree or packing with a packing", c.Kind)
}

func parseSpins(text string, sites int) ([]int8, error) {
	if len(text) != sites {
		return nil, reject("spins", "%d characters for %d sites", len(text), sites)
	}
	spins := make([]int8, sites)
	for i := range spins {
		switch text[i] {
		case '+':
			spins[i] = 1
		case '-':
			spins[i] = -1
		default:
			return nil, reject("spins", "character %q of site %d, want + or -", text[i], i)
		}
	}
	return spins, nil
}

// scaled is an instance with integer couplings K_e.
type scaled struct {
	in       *ising.Instance
	by       float64
	weight   []int64 // |K_e|
	negative []bool  // K_e < 0
	total    int64   // of the weights
	exact    bool    // scaling rounds no coupling
	lost     bool    // it leaves too little of one
}

func scale(in *ising.Instance, by float64) (*scaled, error) {
	s := &scaled{in: in, by: by, weight: make([]int64, in.Slots()), negative: make([]bool, in.Slots())}
	for e, v := range in.J {
		k := math.Round(v * by)
		size := math.Abs(k)
		if !(size <= maxTotal) || int64(size) > maxTotal-s.total {
			return nil, reject("scale", "%v makes the couplings too large", by)
		}
		s.weight[e], s.negative[e] = int64(size), k < 0
		s.total += int64(size)
	}
	return s, nil
}

// violated returns the weight of the unsatisfied bonds.
func (s *scaled) violated(spins []int8) int64 {
	sum := int64(0)
	for e := range s.in.Bonds() {
		if i, j := s.in.Ends(e); s.negative[e] != (spins[i] != spins[j]) {
			sum += s.weight[e]
		}
	}
	return sum
}

// roundUp returns the least number from bound on that the weight of the violated bonds
// can take, given that it can be like. Flipping a spin changes that weight by W_i - 2x,
// where the weight x of some bonds of site i is a multiple of the common divisor.
func (s *scaled) roundUp(bound, like int64) int64 {
	step := int64(0)
	for _, w := range s.weight {
		for w != 0 {
			step, w = w, step%w
		}
	}
	if step == 0 {
		step = 1 // no coupling
	}
	even := true
	for i := range s.in.Sites() {
		sum := int64(0)
		for _, e := range s.in.BondsAt(i) {
			sum += s.weight[e]
		}
		even = even && sum%(2*step) == 0
	}
	if even {
		step *= 2
	}
	short := (like - bound) % step
	if short < 0 {
		short += step
	}
	return bound + short
}

// verdict turns scaled numbers into those of the instance.
func (c *Certificate) verdict(s *scaled, spins []int8) *Verdict {
	v := &Verdict{Spins: spins, Energy: s.energy(c.Energy), Rounding: s.rounding()}
	if s.lost {
		v.Energy = s.realEnergy(spins)
	}
	v.Proven = c.Energy-c.Bound <= s.slack() && !s.lost
	v.Bound = v.Energy - v.Rounding
	if !v.Proven {
		v.Bound = min(s.energy(c.Bound)-v.Rounding, math.Nextafter(v.Bound, math.Inf(-1)))
	}
	return v
}
