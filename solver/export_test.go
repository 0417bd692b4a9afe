package solver

import (
	"os"
	"testing"

	"spinlearn/ising"
)

// Near sets how many pairs Matching lists for each plaquette at first.
func (s *ExactSettings) Near(n int) *ExactSettings {
	s.near = n
	return s
}

// Enumerable returns the cheaper of the enumerating methods for a lattice and, in states
// visited, what it costs; "" if none fits.
func Enumerable(l *ising.Lattice) (m Method, work float64) {
	m = fits(l)
	if m == Transfer {
		return m, planTransfer(l).work()
	}
	return m, float64(uint64(1) << min(l.Sites(), MaxExhaustive))
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
