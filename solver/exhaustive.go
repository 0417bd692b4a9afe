package solver

import (
	"context"
	"math/bits"
	"slices"
	"time"

	"spinlearn/ising"
)

// enumerate visits all configurations with the last spin up, each one flip away
// from the one before.
func enumerate(ctx context.Context, in *ising.Instance, begin time.Time) (*Result, error) {
	n := in.Sites()
	s := slices.Repeat([]int8{1}, n)
	st := newState(newBonds(in), s)
	best := slices.Clone(st.spin)
	energy, least := 0.0, 0.0 // above the first configuration
	flips := uint64(1)<<(n-1) - 1
	stats := Stats{Reads: 1}
	var stopped error
	const often = 1 << 16 // flips between looks at the context
	for code := uint64(1); code <= flips; code++ {
		i := bits.TrailingZeros64(code)
		energy += st.cost[i]
		st.flip(i)
		if energy < least {
			least = energy
			copy(best, st.spin)
		}
		stats.Flips++
		if code%often == 0 && ctx.Err() != nil {
			stopped = ctx.Err()
			break
		}
	}
	for i, v := range best {
		s[i] = int8(v)
	}
	if stopped != nil {
		return interrupted(heuristic(in, s, stats, begin), stopped)
	}
	return proven(in, s, stats, begin), nil
}
