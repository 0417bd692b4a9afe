package solver

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"spinlearn/ising"
)

// RefineSettings are the settings of [Refine].
type RefineSettings struct {
	// Start is the configuration to improve; nil means the state of the spanning tree.
	Start []int8
	// Width is the number of sites across a window, 1 to 18; 10 by default. The time grows
	// with 2^Width.
	Width int
	// Passes is the largest number of passes of windows over all sites; 0 means until a
	// pass finds nothing.
	Passes int
	// TimeLimit ends the search with the best so far and the status TimeLimit; 0 means
	// none.
	TimeLimit time.Duration
}

const (
	maxWidth = 18
	// maxChoices bounds the memory of a window, in bytes.
	maxChoices = 1 << 27
)

func (set *RefineSettings) withDefaults(in *ising.Instance) (RefineSettings, error) {
	s := RefineSettings{}
	if set != nil {
		s = *set
	}
	if s.Width == 0 {
		s.Width = 10
	}
	if s.Width < 1 || s.Width > maxWidth {
		return s, fmt.Errorf("%w: Width = %d, want 1 to %d", ErrSettings, s.Width, maxWidth)
	}
	if s.Passes < 0 {
		return s, fmt.Errorf("%w: Passes = %d, want at least 0", ErrSettings, s.Passes)
	}
	if err := checkLimits(s.TimeLimit, nil); err != nil {
		return s, err
	}
	return s, checkStart(in, s.Start)
}

// Refine polishes a configuration: tree descent on the maximum spanning tree, descent,
// and then passes of windows whose spins it makes the best that there are for the spins
// around them. On a lattice a window is a strip of all its length, on a graph it grows
// from a random site. The result is never worse than the start. Stats.Flips counts
// windows that gained, and Stats.Sweeps the passes.
func Refine(ctx context.Context, in *ising.Instance, settings *RefineSettings, rng *rand.Rand) (*Result, error) {
	begin := time.Now()
	set, err := settings.withDefaults(in)
	if err != nil {
		return nil, err
	}
	limited := within(ctx, set.TimeLimit)
	s := slices.Clone(set.Start)
	tree := in.SpanningTree(in.J, rng)
	if s == nil {
		s = tree.Spins(in.J)
	}
	stats := Stats{Reads: 1}
	if limited.Err() == nil {
		TreeDescent(in, s, tree)
		Descent(in, s)
		r := refiner{newWindow(in, s), in, set.Width, rng}
		for set.Passes == 0 || stats.Sweeps < set.Passes {
			gained, done := r.pass(limited)
			stats.Flips += int64(gained)
			if !done {
				break
			}
			stats.Sweeps++
			if gained == 0 {
				break
			}
			Descent(in, s)
		}
	}
	newBonds(in).polish(s)
	result := heuristic(in, s, stats, begin)
	switch err := ctx.Err(); {
	case err != nil:
		return interrupted(result, err)
	case limited.Err() != nil:
		result.Status = TimeLimit
	}
	return result, nil
}

type refiner struct {
	*window
	in    *ising.Instance
	width int
	rng   *rand.Rand
}

// pass improves windows that cover all sites and returns the number of those that
// gained, and whether ctx lasted.
func (r *refiner) pass(ctx context.Context) (gained int, done bool) {
	for order := range r.windows() {
		for part := range slices.Chunk(order, maxChoices>>r.width) {
			if ctx.Err() != nil {
				return gained, false
			}
			if r.improve(ctx, part) {
				gained++
			}
		}
	}
	return gained, true
}

// windows yields the windows of a pass.
func (r *refiner) windows() iter.Seq[[]int32] {
	if r.in.Axes() == 0 {
		return r.tubes
	}
	return r.strips
}

// strips yields windows as long as the lattice along each axis in turn, and of at most
// Width sites across, in steps of half their sides. A periodic axis leaves a layer out,
// another one in each pass.
func (r *refiner) strips(yield func([]int32) bool) {
	shape, periodic := r.in.Shape(), r.in.Periodic()
	stride := make([]int, len(shape))
	for a, n := len(shape)-1, 1; a >= 0; a-- {
		stride[a] = n
		n *= shape[a]
	}
	for along, length := range shape {
		skipped := 0 // coordinate of the layer before the first
		if periodic[along] {
			skipped = r.rng.IntN(length)
		}
		// The sections that the lattice is covered with, as sites of the layer 0.
		sections := [][]int{{0}}
		room, axes := float64(r.width), len(shape)-1
		for a, side := range shape {
			if a == along {
				continue
			}
			size := min(side, int(math.Pow(room, 1/float64(axes))+1e-9))
			room, axes = room/float64(size), axes-1
			ranges := r.cover(side, size, periodic[a])
			var product [][]int
			for _, section := range sections {
				for _, coordinates := range ranges {
					var sites []int
					for _, i := range section {
						for _, x := range coordinates {
							sites = append(sites, i+x*stride[a])
						}
					}
					product = append(product, sites)
				}
			}
			sections = product
		}
		for _, section := range sections {
			var order []int32
			for t := range length {
				x := t
				if periodic[along] {
					if x = (skipped + 1 + t) % length; x == skipped {
						continue
					}
				}
				for _, i := range section {
					order = append(order, int32(i+x*stride[along]))
				}
			}
			if !yield(order) {
				return
			}
		}
	}
}

// cover returns ranges of coordinates, each of at most so many, that cover an axis and
// overlap by half, from a random place.
func (r *refiner) cover(side, size int, periodic bool) [][]int {
	step, shift := side, 0
	if size < side {
		step = (size + 1) / 2
		shift = r.rng.IntN(step)
	}
	var ranges [][]int
	for from := -shift; from < side; from += step {
		var coordinates []int
		for x := from; x < from+size; x++ {
			if periodic {
				coordinates = append(coordinates, (x+side)%side)
			} else if x >= 0 && x < side {
				coordinates = append(coordinates, x)
			}
		}
		ranges = append(ranges, coordinates)
	}
	return ranges
}

// tubes yields windows of a graph, each grown from a site that no other has held: the
// neighbours of the site that has waited longest in the frontier are added until Width
// sites wait; the neighbours that there is no room for stay outside.
func (r *refiner) tubes(yield func([]int32) bool) {
	n := r.in.Sites()
	covered, seen := make([]bool, n), make([]int, n)
	for round, root := range r.rng.Perm(n) {
		if covered[root] {
			continue
		}
		const added, outside = 1, 2
		mark := func(i int32, what int) { seen[i] = 3*(round+1) + what }
		is := func(i int32) int { return seen[i] - 3*(round+1) }
		order := []int32{int32(root)}
		mark(int32(root), added)
		waiting := []int32{int32(root)}
		for len(waiting) > 0 {
			site, _ := r.at(int(waiting[0]))
			for _, k := range r.rng.Perm(len(site)) {
				j := site[k]
				switch {
				case is(j) > 0:
				case len(waiting) >= r.width:
					mark(j, outside)
				default:
					mark(j, added)
					order = append(order, j)
					waiting = append(waiting, j)
				}
			}
			waiting = waiting[1:]
		}
		for _, i := range order {
			covered[i] = true
		}
		if !yield(order) {
			return
		}
	}
}
