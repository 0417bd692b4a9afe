package ising

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxSites bounds a lattice, so that a mistyped shape is refused instead of
// filling the memory.
const MaxSites = 1 << 24

// ErrLattice is wrapped by every error about a shape or a boundary.
var ErrLattice = errors.New("ising: invalid lattice")

// A Lattice is a hypercubic lattice in two or three dimensions, free or periodic
// along each axis. It is immutable and safe for concurrent use.
type Lattice struct {
	shape    []int
	periodic []bool
	sites    int
	next     []int32 // next[a*sites+i], -1 beyond a free boundary
	prev     []int32
}

// NewLattice returns the lattice of the given side lengths. periodic has one
// entry per axis. It fails unless there are two or three axes, every side is at
// least 2, every periodic side at least 3 (on a shorter one two bonds would join
// the same pair of sites) and there are at most [MaxSites] sites.
func NewLattice(shape []int, periodic []bool) (*Lattice, error) {
	if len(shape) < 2 || len(shape) > 3 {
		return nil, fmt.Errorf("%w: shape %s has %d axes, want 2 or 3", ErrLattice, FormatShape(shape), len(shape))
	}
	if len(periodic) != len(shape) {
		return nil, fmt.Errorf("%w: boundary names %d axes, shape %s has %d", ErrLattice, len(periodic), FormatShape(shape), len(shape))
	}
	sites := 1
	for a, side := range shape {
		least := 2
		if periodic[a] {
			least = 3
		}
		if side < least {
			return nil, fmt.Errorf("%w: side %d of shape %s is %d, want at least %d on a %s axis",
				ErrLattice, a, FormatShape(shape), side, least, boundaryName(periodic[a]))
		}
		if side > MaxSites/sites {
			return nil, fmt.Errorf("%w: shape %s has more than %d sites", ErrLattice, FormatShape(shape), MaxSites)
		}
		sites *= side
	}
	l := &Lattice{shape: slices.Clone(shape), periodic: slices.Clone(periodic), sites: sites}
	l.link()
	return l, nil
}

func (l *Lattice) link() {
	l.next = make([]int32, len(l.shape)*l.sites)
	l.prev = make([]int32, len(l.shape)*l.sites)
	for i := range l.prev {
		l.prev[i] = -1
	}
	stride := l.sites
	for a, side := range l.shape {
		stride /= side
		for i := range l.sites {
			j := i + stride
			if i/stride%side == side-1 {
				if !l.periodic[a] {
					l.next[a*l.sites+i] = -1
					continue
				}
				j = i - (side-1)*stride
			}
			l.next[a*l.sites+i] = int32(j)
			l.prev[a*l.sites+j] = int32(i)
		}
	}
}

// Shape returns the side lengths. The caller must not change them.
func (l *Lattice) Shape() []int { return l.shape }

// Periodic returns, for each axis, whether it is periodic. The caller must not
// change it.
func (l *Lattice) Periodic() []bool { return l.periodic }

// Axes returns the dimension, 2 or 3.
func (l *Lattice) Axes() int { return len(l.shape) }

// Sites returns the number N of sites.
func (l *Lattice) Sites() int { return l.sites }

// Next returns the neighbour of site i in the direction of axis a, or -1 where a
// free boundary ends the lattice.
func (l *Lattice) Next(a, i int) int { return int(l.next[a*l.sites+i]) }

// Prev returns the neighbour of site i against the direction of axis a, or -1
// where a free boundary ends the lattice.
func (l *Lattice) Prev(a, i int) int { return int(l.prev[a*l.sites+i]) }

// Equal reports whether two lattices have the same shape and boundary.
func (l *Lattice) Equal(m *Lattice) bool {
	return slices.Equal(l.shape, m.shape) && slices.Equal(l.periodic, m.periodic)
}

// String returns shape and boundary, such as "16x16 periodic".
func (l *Lattice) String() string {
	return FormatShape(l.shape) + " " + FormatBoundary(l.periodic)
}

// ParseShape reads side lengths separated by "x", such as 16x16 or 8x8x8.
func ParseShape(text string) ([]int, error) {
	var shape []int
	for side := range strings.SplitSeq(text, "x") {
		n, err := strconv.Atoi(side)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%w: shape %q, want side lengths such as 16x16 or 8x8x8", ErrLattice, text)
		}
		shape = append(shape, n)
	}
	return shape, nil
}

// FormatShape is the inverse of [ParseShape].
func FormatShape(shape []int) string {
	sides := make([]string, len(shape))
	for a, side := range shape {
		sides[a] = strconv.Itoa(side)
	}
	return strings.Join(sides, "x")
}

// ParseBoundary reads a boundary for a lattice of that many axes: "free",
// "periodic", "cylinder" (the first axis free, the others periodic), or one word
// an axis, such as "periodic,free".
func ParseBoundary(text string, axes int) ([]bool, error) {
	words := strings.Split(text, ",")
	switch {
	case axes < 1:
		return nil, fmt.Errorf("%w: shape has %d axes, want 2 or 3", ErrLattice, axes)
	case text == "cylinder":
		words = slices.Repeat([]string{"periodic"}, axes)
		words[0] = "free"
	case len(words) == 1:
		words = slices.Repeat(words, axes)
	case len(words) != axes:
		return nil, fmt.Errorf("%w: boundary %q names %d axes, the shape has %d", ErrLattice, text, len(words), axes)
	}
	periodic := make([]bool, axes)
	for a, word := range words {
		switch word {
		case boundaryName(true):
			periodic[a] = true
		case boundaryName(false):
		default:
			return nil, fmt.Errorf("%w: boundary %q, want free, periodic, cylinder, or one of free and periodic for each axis, such as periodic,free", ErrLattice, text)
		}
	}
	return periodic, nil
}

// FormatBoundary is the inverse of [ParseBoundary]; it uses the short names where
// they fit.
func FormatBoundary(periodic []bool) string {
	if len(periodic) == 0 {
		return ""
	}
	words := make([]string, len(periodic))
	for a, p := range periodic {
		words[a] = boundaryName(p)
	}
	first, rest := periodic[0], periodic[1:]
	switch {
	case !slices.Contains(rest, !first):
		return words[0]
	case !first && !slices.Contains(rest, false):
		return "cylinder"
	}
	return strings.Join(words, ",")
}

func boundaryName(periodic bool) string {
	if periodic {
		return "periodic"
	}
	return "free"
}
