package descent

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/internal/graph"
)

// Refine is the solver that polishes a configuration: descent by subtrees of the maximum
// spanning tree and by spins, and then passes of windows whose spins it makes the best that
// there are for the spins around them. On a lattice a window is a strip of all its length, on
// a graph it grows from a random site. The result is never worse than the start. Stats.Flips
// counts windows that gained, and Stats.Sweeps the passes. A target does not end it.
type Refine struct {
	// Start is the configuration to improve; nil means the state of the spanning tree.
	Start []int8
	// Width is the number of sites across a window, 1 to 18. The time grows with 2^Width.
	Width int
	// Passes is the largest number of passes of windows over all sites, > 0.
	Passes int
	// Widen goes on with wider windows while there is time.
	Widen bool
}

// DefaultRefine returns windows of ten sites, until a pass finds nothing.
func DefaultRefine() *Refine { return &Refine{Width: 10, Passes: math.MaxInt} }

const (
	maxWidth = 18
	// maxChoices bounds the memory of a window, in bytes.
	maxChoices = 1 << 27
)

// Name implements [solver.Solver].
func (*Refine) Name() string { return "refine" }

// Check implements [solver.Solver]: it takes any instance.
func (*Refine) Check(*ising.Instance) error { return nil }

func (set *Refine) validate(in *ising.Instance) error {
	switch {
	case set.Width < 1 || set.Width > maxWidth:
		return fmt.Errorf("%w: Width = %d, want 1 to %d", solver.ErrSettings, set.Width, maxWidth)
	case set.Passes < 1:
		return fmt.Errorf("%w: Passes = %d, want at least 1", solver.ErrSettings, set.Passes)
	}
	return solver.CheckStart(in, set.Start)
}

// Solve implements [solver.Solver].
func (set *Refine) Solve(ctx context.Context, in *ising.Instance, budget solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	if err := cmp.Or(budget.Check(), set.validate(in)); err != nil {
		return nil, err
	}
	watch := budget.Start(ctx)
	start, stats := *set, solver.Stats{Reads: 1}
	for {
		s := start.refine(in, watch, rng, &stats)
		stopped := watch.Err() != nil
		if !set.Widen || !watch.Limited() || stopped || start.Width == maxWidth {
			Polish(graph.New(in), s, stopped)
			return watch.Result(in, s, stats, stopped)
		}
		start.Start, start.Width = s, min(start.Width+2, maxWidth)
	}
}

// refine improves the start until a pass finds nothing or the watch ends it, and adds to the
// stats.
func (set *Refine) refine(in *ising.Instance, watch *solver.Watch, rng *rand.Rand, stats *solver.Stats) []int8 {
	s := slices.Clone(set.Start)
	tree := in.SpanningTree(in.J, rng)
	if s == nil {
		s = tree.Spins(in.J)
	}
	if watch.Err() != nil {
		return s
	}
	Subtrees(in, s, tree)
	Descend(in, s)
	r := refiner{newWindow(in, s), in, set.Width, rng}
	for range set.Passes {
		gained, done := r.pass(watch)
		stats.Flips += int64(gained)
		if !done {
			break
		}
		stats.Sweeps++
		if gained == 0 {
			break
		}
		Descend(in, s)
	}
	return s
}

type refiner struct {
	*window
	in    *ising.Instance
	width int
	rng   *rand.Rand
}

// pass improves windows that cover all sites and returns the number of those that
// gained, and whether the watch lasted.
func (r *refiner) pass(watch *solver.Watch) (gained int, done bool) {
	for order := range r.windows() {
		for part := range slices.Chunk(order, maxChoices>>r.width) {
			if watch.Err() != nil {
				return gained, false
			}
			if r.improve(watch, part) {
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
			site, _ := r.At(int(waiting[0]))
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
