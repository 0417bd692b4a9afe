package anneal

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/descent"
	"spinlearn/solver/internal/graph"
	"spinlearn/solver/solvertest"
)

// Every state of the small glass has the energy of the state that it stands for, but for
// a constant, and the states it was made of are among them.
func TestContract(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, l := range []*ising.Lattice{solvertest.Lattice(t, "8x9", "periodic"), solvertest.Lattice(t, "4x4x5", "free"), solvertest.Graph(t, 60, 0.05, rng)} {
		for _, states := range []int{1, 3, 64} {
			in := ising.Ensemble{Couplings: ising.Gaussian, Dilution: 0.1}.Draw(l, rng)
			best := solver.RandomSpins(l.Sites(), rng.Uint64)
			others := make([][]int8, states)
			for k := range others {
				others[k] = slices.Clone(best)
				for range 5 {
					others[k][rng.IntN(l.Sites())] *= -1
				}
				descent.Descend(in, others[k])
			}
			g := graph.New(in)
			c := g.Alike(best, others)
			small, class := g.Contract(best, c), c.Of
			if small.Sites() >= l.Sites() && states == 1 {
				t.Errorf("%v: nothing was contracted", l)
			}
			shift := in.Energy(best) - energyOf(small, slices.Repeat([]int8{1}, small.Sites()))
			for range 20 {
				state, s := solver.RandomSpins(small.Sites(), rng.Uint64), slices.Clone(best)
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
func TestContractGains(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	gained := 0
	for range 20 {
		in := solvertest.Gaussian.Draw(solvertest.Lattice(t, "20x20", "periodic"), rng)
		set, err := Default().resolve(in, solver.Budget{})
		if err != nil {
			t.Fatal(err)
		}
		watch := solver.Budget{}.Start(t.Context())
		a := &annealing{watch: watch, in: in, set: &set, cross: descent.NewCrosser(graph.New(in))}
		states := make([][]int8, 16)
		for k := range states {
			states[k] = solver.RandomSpins(400, rng.Uint64)
			descent.Descend(in, states[k])
		}
		best := slices.Clone(states[0])
		if a.contract(best, states, 50, rand.NewPCG(1, 3)); in.Energy(best) > in.Energy(states[0])+in.Rounding() {
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

// Fields that are 0 but for rounding are no fields to freeze.
func TestRoughRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	in := solvertest.PlusMinus.Draw(solvertest.Lattice(t, "20x20", "periodic"), rng)
	for k := range in.J {
		in.J[k] *= float64(1 + rng.IntN(3))
	}
	ranges := func() (low, high float64) { return roughRange(graph.New(in), rand.NewPCG(1, 2)) }
	low, high := ranges()
	for k := range in.J {
		in.J[k] *= 0.1
	}
	if l, h := ranges(); math.Abs(l/low-10) > 1e-9 || math.Abs(h/high-10) > 1e-9 {
		t.Errorf("β from %v to %v, of a tenth of the couplings from %v to %v", low, high, l, h)
	}
}

// energyOf sums the bonds of a graph, each twice.
func energyOf(g *graph.Graph, s []int8) (e float64) {
	for i := range s {
		site, weight := g.At(i)
		for k, j := range site {
			e -= weight[k] * float64(s[i]*s[j]) / 2
		}
	}
	return e
}
