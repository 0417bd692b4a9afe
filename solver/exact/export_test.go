package exact

import (
	"os"
	"testing"

	"spinlearn/ising"
)

// Near sets how many pairs Matching lists for each plaquette at first.
func (set *Settings) Near(n int) *Settings {
	set.near = n
	return set
}

// Enumerable returns the cheaper of the enumerating searches for a lattice and, in states
// visited, what it costs; "" if none fits.
func Enumerable(l *ising.Lattice) (s Search, work float64) {
	s = fits(l)
	if s == Transfer {
		return s, planTransfer(l).work()
	}
	return s, float64(uint64(1) << min(l.Sites(), MaxExhaustive))
}

// Count returns how many cases a test tries: n, a tenth of them in short mode, long of
// them if the variable SPINLEARN_LONG is set.
func Count(n, long int) int {
	switch {
	case testing.Short():
		return (n + 9) / 10
	case Long():
		return long
	}
	return n
}

// Long reports whether the variable SPINLEARN_LONG is set.
func Long() bool { return os.Getenv("SPINLEARN_LONG") != "" }

// Crosses returns the lists of bonds of which WallEnergies keeps one.
func Crosses(l *ising.Lattice) [][]int32 { return crosses(l) }
