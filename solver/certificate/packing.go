package certificate

import "fmt"

// maxCapacity is the largest Denominator·Σw.
const maxCapacity = 1 << 62

// check returns ⌈ΣY/Denominator⌉. In every state an odd number of the bonds of each
// cycle is violated, so Σ w over the violated bonds is at least the sum over cycles of
// Y/Denominator once no bond carries more than its weight.
func (p *Packing) check(s *scaled) (int64, error) {
	switch {
	case p.Denominator < 1:
		return 0, reject("packing.denominator", "%d, want at least 1", p.Denominator)
	case s.total > 0 && p.Denominator > maxCapacity/s.total:
		return 0, reject("packing.denominator", "%d is too large for couplings that sum up to %d", p.Denominator, s.total)
	}
	free := make([]int64, len(s.weight)) // what a bond can still carry
	for e, w := range s.weight {
		free[e] = p.Denominator * w
	}
	seen := make([]int, len(s.weight)) // 1 + the last cycle through a bond
	odd := make([]bool, s.in.Sites())
	sum := int64(0)
	for k, cycle := range p.Cycles {
		path := func() string { return fmt.Sprintf("packing.cycles[%d]", k) }
		if cycle.Y < 1 {
			return 0, reject(path(), "y = %d, want at least 1", cycle.Y)
		}
		open, frustrated := 0, false
		for _, e := range cycle.Bonds {
			if e < 0 || int(e) >= len(s.weight) {
				return 0, reject(path(), "bond %d, want 0 to %d", e, len(s.weight)-1)
			}
			i, j := s.in.Ends(int(e))
			switch {
			case s.weight[e] == 0:
				return 0, reject(path(), "bond %d has no coupling", e)
			case seen[e] == k+1:
				return 0, reject(path(), "bond %d twice", e)
			case cycle.Y > free[e]:
				return 0, reject(path(), "bond %d carries more than its coupling", e)
			}
			seen[e] = k + 1
			free[e] -= cycle.Y
			frustrated = frustrated != s.negative[e]
			for _, site := range [2]int{i, j} {
				odd[site] = !odd[site]
				if odd[site] {
					open++
				} else {
					open--
				}
			}
		}
		switch {
		case open > 0:
			return 0, reject(path(), "%d sites with an odd number of its bonds", open)
		case !frustrated:
			return 0, reject(path(), "not frustrated")
		}
		sum += cycle.Y // at most Denominator·Σw, as each cycle has a bond
	}
	bound := sum / p.Denominator
	if sum%p.Denominator > 0 {
		bound++
	}
	return bound, nil
}
