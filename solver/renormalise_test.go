package solver

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
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
			table := newBonds(in)
			c := table.alike(best, others)
			small, class := table.contract(best, c), c.of
			if small.sites() >= l.Sites() && states == 1 {
				t.Errorf("%v: nothing was contracted", l)
			}
			shift := in.Energy(best) - energyOf(small, slices.Repeat([]int8{1}, small.sites()))
			for range 20 {
				state, s := randomSpins(small.sites(), rng.Uint64), slices.Clone(best)
				for i, c := range class {
					s[i] *= state[c]
				}
				if got, want := energyOf(small, state)+shift, in.Energy(s); math.Abs(got-want) > in.Rounding() {
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
		s := &schedule{&annealing{ctx: context.Background(), in: in, set: &set, cross: newCrosser(newBonds(in))}, 50}
		states := make([][]int8, 16)
		for k := range states {
			states[k] = randomSpins(400, rng.Uint64)
			Descent(in, states[k])
		}
		best := slices.Clone(states[0])
		if s.renormalise(best, states, rand.NewPCG(1, 3)); in.Energy(best) > in.Energy(states[0])+in.Rounding() {
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

// Held bonds that are right lead to the ground state, whatever the others are; with all
// bonds held only descent is left; no start is made worse.
func TestHold(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	solved, without := 0, 0
	for range 20 {
		in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(latticeOf(t, []int{16, 16}, true), rng)
		truth, err := Exact(context.Background(), in, nil)
		if err != nil {
			t.Fatal(err)
		}
		start := randomSpins(256, rng.Uint64)
		run := func(set *RenormaliseSettings) *Result {
			r, err := Renormalise(context.Background(), in, set, rng)
			if err != nil {
				t.Fatal(err)
			}
			if r.Energy > in.Energy(start)+in.Rounding() {
				t.Errorf("energy %v, the start has %v", r.Energy, in.Energy(start))
			}
			return r
		}
		// A start that is wrong in a block, and bonds of which those around it are open.
		for i := range start {
			start[i] = truth.Spins[i]
			if r, c := i/16, i%16; r > 2 && r < 9 && c > 2 && c < 12 {
				start[i] *= -1
			}
		}
		hold := make([]bool, in.Bonds())
		for k := range hold {
			i, j := in.Ends(k)
			hold[k] = start[i]*start[j] == truth.Spins[i]*truth.Spins[j] && rng.IntN(10) > 0
		}
		if r := run(&RenormaliseSettings{Start: start, Hold: hold}); r.Energy <= truth.Energy+in.Rounding() {
			solved++
		}
		if r := run(&RenormaliseSettings{Start: start}); r.Energy <= truth.Energy+in.Rounding() {
			without++
		}
		descended := slices.Clone(start)
		Descent(in, descended)
		if r := run(&RenormaliseSettings{Start: start, Hold: slices.Repeat([]bool{true}, in.Bonds())}); r.Energy != in.Energy(descended) {
			t.Errorf("all held: energy %v, want that of descent, %v", r.Energy, in.Energy(descended))
		}
	}
	if solved < 20 || without == 20 {
		t.Errorf("%d of 20 ground states with right bonds held, %d with none", solved, without)
	}
}

// Fields that are 0 but for rounding are no fields to freeze.
func TestRoughRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	in := ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}.Draw(latticeOf(t, []int{20, 20}, true), rng)
	for k := range in.J {
		in.J[k] *= float64(1 + rng.IntN(3))
	}
	ranges := func() (low, high float64) { return newBonds(in).roughRange(rand.NewPCG(1, 2)) }
	low, high := ranges()
	for k := range in.J {
		in.J[k] *= 0.1
	}
	if l, h := ranges(); math.Abs(l/low-10) > 1e-9 || math.Abs(h/high-10) > 1e-9 {
		t.Errorf("β from %v to %v, of a tenth of the couplings from %v to %v", low, high, l, h)
	}
}

func TestRenormaliseSettings(t *testing.T) {
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(latticeOf(t, []int{4, 4}, true), rand.New(rand.NewPCG(1, 5)))
	for name, set := range map[string]RenormaliseSettings{
		"Sweeps = -1": {Sweeps: -1}, "Hold has 3 bonds": {Hold: make([]bool, 3)}, "Start has 2 spins": {Start: []int8{1, 1}},
	} {
		if _, err := Renormalise(context.Background(), in, &set, rand.New(rand.NewPCG(1, 6))); !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want it to name %s", err, name)
		}
	}
}

// BenchmarkRenormalise takes a 64×64 torus of which the bonds satisfied with more than 0.3 J
// are held.
func BenchmarkRenormalise(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 7))
	l, err := ising.NewLattice([]int{64, 64}, []bool{true, true})
	if err != nil {
		b.Fatal(err)
	}
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, rng)
	start, err := Anneal(context.Background(), in, &AnnealSettings{Reads: 16, Sweeps: 100}, rng)
	if err != nil {
		b.Fatal(err)
	}
	hold := make([]bool, in.Bonds())
	for k, v := range in.J {
		i, j := in.Ends(k)
		hold[k] = v*float64(start.Spins[i]*start.Spins[j]) > 0.3
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Renormalise(context.Background(), in, &RenormaliseSettings{Start: start.Spins, Hold: hold}, rng); err != nil {
			b.Fatal(err)
		}
	}
}

func energyOf(b *bonds, s []int8) (e float64) {
	for i := range s {
		site, weight := b.at(i)
		for k, j := range site {
			e -= weight[k] * float64(s[i]*s[j]) / 2
		}
	}
	return e
}
