package cnn

import (
	"fmt"
	"iter"
	"math/rand/v2"

	"spinlearn/ising"
)

// A Source gives training instances, all of one lattice. Each epoch yields every instance once,
// in an order that seed and epoch determine.
type Source interface {
	Lattice() *ising.Lattice
	Len() int
	Epoch(seed, epoch uint64) iter.Seq2[*ising.Solved, error]
}

// feed deals out the instances of one epoch after the other.
type feed struct {
	source     Source
	seed       uint64
	symmetries []*ising.Symmetry
	walls      bool // whether draw returns domain walls
	feedPosition
	next func() (*ising.Solved, error, bool) // of the epoch
	stop func()
}

// feedPosition is what a checkpoint keeps of a feed.
type feedPosition struct {
	Epoch uint64 `json:"epoch"`
	Taken int    `json:"taken"` // instances of this epoch
}

// newFeed returns a feed that goes on at a position.
func newFeed(source Source, seed uint64, at feedPosition) (*feed, error) {
	if at.Taken < 0 || at.Taken > source.Len() {
		return nil, fmt.Errorf("cnn: the checkpoint has taken %d instances of an epoch, the data have %d: other data than the run began with", at.Taken, source.Len())
	}
	f := &feed{source: source, seed: seed, symmetries: source.Lattice().Symmetries()}
	f.feedPosition.Epoch = at.Epoch
	f.open()
	for f.Taken < at.Taken {
		if _, err := f.take(); err != nil {
			f.stop()
			return nil, err
		}
	}
	return f, nil
}

func (f *feed) open() {
	f.next, f.stop = iter.Pull2(f.source.Epoch(f.seed, f.Epoch))
	f.Taken = 0
}

func (f *feed) take() (*ising.Solved, error) {
	s, err, ok := f.next()
	if !ok {
		f.stop()
		f.Epoch++
		f.open()
		if s, err, ok = f.next(); !ok {
			return nil, errNoData
		}
	}
	f.Taken++
	return s, err
}

// draw returns the next instance, its ground state and, if the feed has them, its domain walls, all
// transformed by a random symmetry of the lattice.
func (f *feed) draw(rng *rand.Rand) (*ising.Instance, []int8, []float64, error) {
	s, err := f.take()
	if err != nil {
		return nil, nil, nil, err
	}
	y := f.symmetries[rng.IntN(len(f.symmetries))]
	var walls []float64
	if f.walls {
		if s.Walls == nil {
			return nil, nil, nil, errNoWalls
		}
		walls = y.Bonds(s.Walls)
	}
	return y.Instance(s.Instance), y.Spins(s.Spins), walls, nil
}

// A slot is the place of one instance in a replay buffer.
type slot struct {
	in    *ising.Instance
	spins []int8    // ground state
	gauge []int8    // reference configuration
	life  int       // visits left
	walls []float64 // energies of domain walls; nil unless the loss uses them
}

// fill puts the next instance of the feed into the slot, for 1 to so many visits.
func (s *slot) fill(f *feed, visits int, rng *rand.Rand) (err error) {
	if s.in, s.spins, s.walls, err = f.draw(rng); err != nil {
		return err
	}
	s.gauge = s.in.SpanningTree(s.in.J, rng).Spins(s.in.J)
	s.life = 1 + rng.IntN(visits)
	return nil
}

// A supply is a source with its feed, its part of the replay buffer and the network's graph for its
// lattice.
type supply struct {
	source  Source
	begin   feedPosition // where the feed begins
	feed    *feed
	buffer  []slot // replay buffer; empty for the site target
	machine *machine[float32]
}

// newSupplies divides the replay buffer among the sources by their size. Each part has room for
// a batch.
func newSupplies(sources []Source, set *TrainSettings) []*supply {
	total := 0
	for _, s := range sources {
		total += s.Len()
	}
	var list []*supply
	for _, s := range sources {
		size := 0
		if set.Target == Bond {
			size = max(set.Batch, set.ReplayBuffer*s.Len()/total)
		}
		list = append(list, &supply{source: s, buffer: make([]slot, size)})
	}
	return list
}

func (s *supply) fill(visits int, rng *rand.Rand) error {
	for i := range s.buffer {
		if err := s.buffer[i].fill(s.feed, visits, rng); err != nil {
			return err
		}
	}
	return nil
}

// choose returns n different numbers below size in random order.
func choose(n, size int, rng *rand.Rand) []int {
	all := make([]int, size)
	for i := range all {
		all[i] = i
	}
	for i := range n {
		j := i + rng.IntN(size-i)
		all[i], all[j] = all[j], all[i]
	}
	return all[:n]
}
