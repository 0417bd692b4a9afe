package solver

import (
	"context"
	"math/bits"
	"slices"

	"spinlearn/ising"
)

// enumerate visits all configurations with the last spin up, each one flip away
// from the one before, and returns the best.
func enumerate(ctx context.Context, in *ising.Instance) ([]int8, error) {
	n := in.Sites()
	table := newBonds(in)
	s := slices.Repeat([]int8{1}, n)
	best := slices.Clone(s)
	energy, least := int64(0), int64(0) // above the first configuration
	const often = 1 << 16               // flips between looks at the context
	for code := uint64(1); code < 1<<(n-1); code++ {
		if code%often == 0 && ctx.Err() != nil {
			return best, ctx.Err()
		}
		i := bits.TrailingZeros64(code)
		energy += 2 * int64(s[i]) * table.field(i, s)
		s[i] = -s[i]
		if energy < least {
			least = energy
			copy(best, s)
		}
	}
	return best, nil
}
