package ising

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// MaxSites and MaxBonds bound a lattice, so that a mistyped shape is refused instead
// of filling the memory.
const (
	MaxSites = 1 << 24
	MaxBonds = 3 * MaxSites
)

// ErrLattice is wrapped by every error about a shape or a boundary.
var ErrLattice = errors.New("ising: invalid lattice")

// A Lattice says which sites are joined by bonds. It is a hypercubic lattice in two or three
// dimensions, free or periodic along each axis; or it is any graph, and then has no axes. It
// is immutable and safe for concurrent use.
type Lattice struct {
	shape    []int
	periodic []bool
	sites    int
	from, to []int32 // the ends of the bond in each slot; to is -1 where there is none
	star     []int32 // the bonds of site i are star[start[i]:start[i+1]]
	start    []int32
}

// NewLattice returns the hypercubic lattice of the given side lengths. periodic has one entry
// for each axis. It fails unless there are two or three axes, every side is at
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
	l.gather()
	return l, nil
}

// NewGraph returns the graph whose bond k joins the sites ends[k][0] and ends[k][1].
// It fails unless there are 1 to [MaxSites] sites, at most [MaxBonds] bonds, every end
// is a site and no bond joins a site to itself or the same two sites as another bond.
func NewGraph(sites int, ends [][2]int) (*Lattice, error) {
	if sites < 1 || sites > MaxSites {
		return nil, fmt.Errorf("%w: graph of %d sites, want 1 to %d", ErrLattice, sites, MaxSites)
	}
	if len(ends) > MaxBonds {
		return nil, fmt.Errorf("%w: graph of %d bonds, want at most %d", ErrLattice, len(ends), MaxBonds)
	}
	l := &Lattice{sites: sites, from: make([]int32, len(ends)), to: make([]int32, len(ends))}
	for k, e := range ends {
		i, j := e[0], e[1]
		if i < 0 || j < 0 || i >= sites || j >= sites || i == j {
			return nil, fmt.Errorf("%w: bond %d joins sites %d and %d, want two different ones of 0 to %d", ErrLattice, k, i, j, sites-1)
		}
		l.from[k], l.to[k] = int32(i), int32(j)
	}
	l.gather()
	seen := slices.Repeat([]int32{-1}, sites)
	for i := range sites {
		for _, k := range l.BondsAt(i) {
			j := l.Across(k, i)
			if seen[j] == int32(i) {
				return nil, fmt.Errorf("%w: two bonds join sites %d and %d", ErrLattice, min(i, j), max(i, j))
			}
			seen[j] = int32(i)
		}
	}
	return l, nil
}

// gather lists the bonds of each site.
func (l *Lattice) gather() {
	l.start = make([]int32, l.sites+1)
	bonds := 0
	for k, j := range l.to {
		if j >= 0 {
			l.start[l.from[k]+1]++
			l.start[j+1]++
			bonds++
		}
	}
	for i := range l.sites {
		l.start[i+1] += l.start[i]
	}
	fill := slices.Clone(l.start)
	l.star = make([]int32, 2*bonds)
	for k, j := range l.to {
		if j >= 0 {
			for _, i := range [2]int32{l.from[k], j} {
				l.star[fill[i]] = int32(k)
				fill[i]++
			}
		}
	}
}

// link finds the ends of the bonds of a hypercubic lattice.
func (l *Lattice) link() {
	l.from = make([]int32, len(l.shape)*l.sites)
	l.to = make([]int32, len(l.shape)*l.sites)
	stride := l.sites
	for a, side := range l.shape {
		stride /= side
		for i := range l.sites {
			j := i + stride
			if i/stride%side == side-1 {
				j = i - (side-1)*stride
				if !l.periodic[a] {
					j = -1
				}
			}
			k := l.Bond(a, i)
			l.from[k], l.to[k] = int32(i), int32(j)
		}
	}
}

// Shape returns the side lengths; a graph has none. The caller must not change them.
func (l *Lattice) Shape() []int { return l.shape }

// Periodic returns, for each axis, whether it is periodic. The caller must not
// change it.
func (l *Lattice) Periodic() []bool { return l.periodic }

// Axes returns the dimension, 2 or 3, or 0 for a graph.
func (l *Lattice) Axes() int { return len(l.shape) }

// Sites returns the number N of sites.
func (l *Lattice) Sites() int { return l.sites }

// Next returns the site after the given one along an axis, or -1 where a free boundary
// ends the lattice.
func (l *Lattice) Next(axis, site int) int { return int(l.to[l.Bond(axis, site)]) }

// Slots returns the number of couplings that J lists: one for each axis and site, with an
// unused slot where a free boundary has no bond, or one for each bond of a graph. A slice
// with one entry for each bond has this length.
func (l *Lattice) Slots() int { return len(l.to) }

// Bond returns the bond from a site to the next one along an axis, as an index of J. Where a
// free boundary has no bond, it is the index of the unused slot, where J is 0.
func (l *Lattice) Bond(axis, site int) int { return axis*l.sites + site }

// Bonds yields the bonds that the lattice has, as indices of J, in increasing order. Bonds
// whose coupling is 0 are among them; the unused slots of a free boundary are not.
func (l *Lattice) Bonds() iter.Seq[int] {
	return func(yield func(int) bool) {
		for k, j := range l.to {
			if j >= 0 && !yield(k) {
				return
			}
		}
	}
}

// Ends returns the two sites that bond k joins, one of those that [Lattice.Bonds] yields.
func (l *Lattice) Ends(k int) (i, j int) { return int(l.from[k]), int(l.to[k]) }

// BondsAt returns the bonds of site i. The caller must not change them.
func (l *Lattice) BondsAt(i int) []int32 { return l.star[l.start[i]:l.start[i+1]] }

// Across returns the other end of bond k, one end of which is site i.
func (l *Lattice) Across(k int32, i int) int { return int(l.from[k]) + int(l.to[k]) - i }

// BondBetween returns the bond that joins sites i and j, or -1 if they are not neighbours.
func (l *Lattice) BondBetween(i, j int) int {
	for _, k := range l.BondsAt(i) {
		if l.Across(k, i) == j {
			return int(k)
		}
	}
	return -1
}

// Equal reports whether two lattices have the same shape and boundary, or two
// graphs the same bonds in the same order.
func (l *Lattice) Equal(m *Lattice) bool {
	return slices.Equal(l.shape, m.shape) && slices.Equal(l.periodic, m.periodic) && l.sites == m.sites &&
		(l.Axes() > 0 || slices.Equal(l.from, m.from) && slices.Equal(l.to, m.to))
}

// String returns shape and boundary, such as "16x16 periodic", or the size of a graph.
func (l *Lattice) String() string {
	if l.Axes() == 0 {
		return fmt.Sprintf("graph of %d sites and %d bonds", l.sites, len(l.to))
	}
	return FormatShape(l.shape) + " " + FormatBoundary(l.periodic)
}

// ParseLattice is [NewLattice] with the boundary in words, as [ParseBoundary] reads them.
func ParseLattice(shape []int, boundary string) (*Lattice, error) {
	periodic, err := ParseBoundary(boundary, len(shape))
	if err != nil {
		return nil, err
	}
	return NewLattice(shape, periodic)
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

// ParseBoundary reads the boundary of a lattice with that number of axes: "free",
// "periodic", "cylinder" (the first axis free, the others periodic), or one word for each
// axis, such as "periodic,free".
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

// FormatBoundary is the inverse of [ParseBoundary]. It returns the shortest text.
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
