package multispin

import (
	"fmt"
	"math"

	"spinlearn/ising"
)

// A Glass is the network of an instance whose couplings are all of one size.
type Glass struct {
	*Network
	Size  float64 // of the couplings
	in    *ising.Instance
	whole int64 // the size as [ising.Integers] has it
	bonds int
}

// NewGlass fails if the couplings differ in size, or with the error of [NewNetwork].
func NewGlass(in *ising.Instance) (*Glass, error) {
	g := &Glass{Size: 1, in: in}
	var ends [][2]int32
	var negative []bool
	for k, v := range in.J {
		if v == 0 {
			continue
		}
		if len(ends) == 0 {
			g.Size, g.whole = math.Abs(v), in.Integers().K[k]
		}
		if math.Abs(v) != g.Size {
			return nil, fmt.Errorf("the couplings %v and %v differ in size", g.Size, math.Abs(v))
		}
		i, j := in.Ends(k)
		ends = append(ends, [2]int32{int32(i), int32(j)})
		negative = append(negative, v < 0)
	}
	g.whole, g.bonds = max(g.whole, -g.whole), len(ends)
	var err error
	g.Network, err = NewNetwork(in.Sites(), ends, negative)
	return g, err
}

// Energy returns the energy of a state that violates so many bonds.
func (g *Glass) Energy(broken int) float64 {
	return g.in.Integers().Energy(g.whole * int64(2*broken-g.bonds))
}
