package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spinlearn/ising"
)

// Every state of the small glass has the energy of the state that it stands for, but for
// a constant, and the states it was made of are among them.
func TestContract(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, l := range []*ising.Lattice{latticeOf(t, []int{8, 9}, true), latticeOf(t, []int{4, 4, 5}, false), randomGraph(t, 60, 0.05, rng)} {
		for _, states := range []int{1, 3, 64} {
			in := ising.Ensemble{Couplings: ising.Gaussian, Dilution: 0.1}.Draw(l, rng)
			best := randomSpins(l.Sites(), rng.Uint64)
			others := make([][]int8, states)
			for k := range others {
				others[k] = slices.Clone(best)
				for range 5 {
					others[k][rng.IntN(l.Sites())] *= -1
				}
				Descent(in, others[k])
			}
			small, class := contract(in, best, others)
			if small.Sites() >= l.Sites() && states == 1 {
				t.Errorf("%v: nothing was contracted", l)
			}
			up := slices.Repeat([]int8{1}, small.Sites())
			shift := in.Energy(best) - small.Energy(up)
			for range 20 {
				state, s := randomSpins(small.Sites(), rng.Uint64), slices.Clone(best)
				for i, c := range class {
					s[i] *= state[c]
				}
				if got, want := small.Energy(state)+shift, in.Energy(s); math.Abs(got-want) > in.Tolerance() {
					t.Fatalf("%v: energy %v, want %v", l, got, want)
				}
			}
			for _, other := range others {
				for i, c := range class {
					for j, d := range class {
						if c == d && best[i]*best[j] != other[i]*other[j] {
							t.Fatalf("%v: sites %d and %d are one spin but not alike", l, i, j)
						}
					}
				}
			}
		}
	}
}

// The search among combinations never raises the energy, and finds the best of a few.
func TestRenormalise(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	gained := 0
	for range 20 {
		in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(latticeOf(t, []int{20, 20}, true), rng)
		set, err := (&AnnealSettings{}).withDefaults(in)
		if err != nil {
			t.Fatal(err)
		}
		s := &schedule{&annealing{ctx: context.Background(), in: in, set: &set}, 50}
		states := make([][]int8, 16)
		for k := range states {
			states[k] = randomSpins(400, rng.Uint64)
			Descent(in, states[k])
		}
		best := slices.Clone(states[0])
		if s.renormalise(best, states, rand.NewPCG(1, 3)); in.Energy(best) > in.Energy(states[0])+in.Tolerance() {
			t.Fatalf("from %v to %v", in.Energy(states[0]), in.Energy(best))
		}
		least := math.Inf(1)
		for _, s := range states {
			least = min(least, in.Energy(s))
		}
		if in.Energy(best) < least {
			gained++
		}
	}
	if gained < 20 {
		t.Errorf("only %d of 20 searches end below all states they began with", gained)
	}
}
