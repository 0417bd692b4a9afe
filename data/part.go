package data

import (
	"fmt"
	"iter"
	"math/rand/v2"

	"spinlearn/ising"
)

// A Part is the beginning of a dataset. Parts of several sizes are nested training sets. It is
// safe for concurrent use.
type Part struct {
	d *Dataset
	n int
}

// First returns the first n instances, with n from 1 to [Dataset.Len].
func (d *Dataset) First(n int) (*Part, error) {
	if n < 1 || n > d.Len() {
		return nil, fmt.Errorf("data: %s: the first %d instances are asked for, want 1 to %d", d.dir, n, d.Len())
	}
	return &Part{d, n}, nil
}

// Lattice returns the lattice that all instances share.
func (p *Part) Lattice() *ising.Lattice { return p.d.lattice }

// Len returns the number of instances.
func (p *Part) Len() int { return p.n }

// All is [Dataset.All] of the part.
func (p *Part) All() iter.Seq2[*ising.Solved, error] {
	return func(yield func(*ising.Solved, error) bool) {
		for k := range p.shards() {
			if !p.yieldShard(k, nil, yield) {
				return
			}
		}
	}
}

// Epoch is [Dataset.Epoch] of the part.
func (p *Part) Epoch(seed, epoch uint64) iter.Seq2[*ising.Solved, error] {
	return func(yield func(*ising.Solved, error) bool) {
		rng := ising.Stream(seed, "shuffle", epoch)
		for _, k := range rng.Perm(p.shards()) {
			if !p.yieldShard(k, rng, yield) {
				return
			}
		}
	}
}

func (p *Part) shards() int {
	size := p.d.index.ShardSize
	return (p.n + size - 1) / size
}

// yieldShard yields the instances of shard k that belong to the part, shuffled unless
// rng is nil, and reports whether to go on.
func (p *Part) yieldShard(k int, rng *rand.Rand, yield func(*ising.Solved, error) bool) bool {
	solved, err := p.d.readShard(k)
	if err != nil {
		yield(nil, err)
		return false
	}
	solved = solved[:min(len(solved), p.n-k*p.d.index.ShardSize)]
	if rng != nil {
		rng.Shuffle(len(solved), func(i, j int) { solved[i], solved[j] = solved[j], solved[i] })
	}
	for _, s := range solved {
		if !yield(s, nil) {
			return false
		}
	}
	return true
}
