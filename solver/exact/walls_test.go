package exact_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"spinlearn/internal/base/cputime"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/exact"
	"spinlearn/solver/solvertest"
)

// wallInstance draws couplings with many ties or none, and with bonds missing.
func wallInstance(t testing.TB, rng *rand.Rand, shape, boundary string) *ising.Instance {
	t.Helper()
	l := solvertest.Lattice(t, shape, boundary)
	J := make([]float64, l.Slots())
	kind := rng.IntN(4)
	for k := range l.Bonds() {
		if kind == 3 && rng.IntN(4) == 0 {
			continue
		}
		switch kind {
		case 0:
			J[k] = rng.NormFloat64()
		case 1:
			J[k] = float64(2*rng.IntN(2) - 1)
		default:
			J[k] = float64(rng.IntN(9) - 4)
		}
	}
	in, err := ising.NewInstance(l, J)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// allWalls goes through all configurations. On a torus it counts those that keep one of
// the given lists of bonds.
func allWalls(in *ising.Instance, ground []int8, kept [][]int32) []float64 {
	D := make([]float64, in.Slots())
	for k, J := range in.J {
		if J != 0 {
			D[k] = math.Inf(1)
		}
	}
	s := make([]int8, in.Sites())
	flips := func(k int32) bool {
		i, j := in.Ends(int(k))
		return j >= 0 && s[i]*s[j] != ground[i]*ground[j]
	}
	for bits := range 1 << (in.Sites() - 1) {
		for i := range s {
			s[i] = int8(2*(bits>>i&1) - 1)
		}
		single := 0 // flips of one spin count always
		for i := range s {
			if s[i] != ground[i] {
				single++
			}
		}
		if single != 1 && single != len(s)-1 && !slices.ContainsFunc(kept, func(list []int32) bool { return !slices.ContainsFunc(list, flips) }) {
			continue
		}
		cost := in.Energy(s) - in.Energy(ground)
		for k := range D {
			if flips(int32(k)) {
				D[k] = min(D[k], cost)
			}
		}
	}
	return D
}

const summed = 1e-12 // what sums of a few dozen couplings in another order differ by

func TestWallEnergiesEqualExhaustiveSearch(t *testing.T) {
	less := 0
	for _, boundary := range []string{"free", "periodic", "free,periodic", "periodic,free"} {
		for _, shape := range []string{"3x3", "3x4", "5x3", "4x4"} {
			for seed := range uint64(exact.Count(10, 50)) {
				rng := ising.Stream(seed, boundary+shape, 0)
				in := wallInstance(t, rng, shape, boundary)
				r, err := exact.Default().Solve(t.Context(), in, solver.Budget{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				got, err := exact.WallEnergies(t.Context(), in, r.Spins)
				if err != nil {
					t.Fatal(err)
				}
				want := allWalls(in, r.Spins, exact.Crosses(in.Lattice))
				for k := range want {
					if math.Abs(got[k]-want[k]) > summed {
						t.Fatalf("%v, seed %d, bond %d: %v, want %v", in.Lattice, seed, k, got[k], want[k])
					}
				}
				for k, cost := range flipCosts(in, r.Spins) {
					if got[k] < cost-summed {
						less++
					}
				}
			}
		}
	}
	if less == 0 {
		t.Error("no wall is cheaper than the flip of a spin")
	}
}

// flipCosts returns for each bond the cost of flipping one of its ends alone.
func flipCosts(in *ising.Instance, s []int8) []float64 {
	cost := make([]float64, in.Slots())
	for k, J := range in.J {
		if i, j := in.Ends(k); J != 0 {
			cost[k] = min(in.FlipCost(s, i), in.FlipCost(s, j))
		}
	}
	return cost
}

// TestWallEnergiesEqualPinnedBonds compares with ground states of instances in which one
// bond is so strong that it is flipped. On a torus the walls are upper bounds.
func TestWallEnergiesEqualPinnedBonds(t *testing.T) {
	for _, boundary := range []string{"free", "free,periodic", "periodic,free", "periodic"} {
		bonds, least := 0, 0
		for seed := range uint64(exact.Count(8, 25)) {
			in := wallInstance(t, ising.Stream(seed, "pinned "+boundary, 0), "8x9", boundary)
			r, err := exact.Default().Solve(t.Context(), in, solver.Budget{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := exact.WallEnergies(t.Context(), in, r.Spins)
			if err != nil {
				t.Fatal(err)
			}
			for k, J := range in.J {
				if J == 0 {
					continue
				}
				i, j := in.Ends(k)
				J := slices.Clone(in.J)
				J[k] = -100 * float64(r.Spins[i]*r.Spins[j])
				pinned, err := ising.NewInstance(in.Lattice, J)
				if err != nil {
					t.Fatal(err)
				}
				p, err := exact.Default().Solve(t.Context(), pinned, solver.Budget{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				want := in.Energy(p.Spins) - r.Energy
				bonds++
				switch {
				case math.Abs(got[k]-want) <= summed:
					least++
				case boundary != "periodic" || got[k] < want:
					t.Fatalf("%v, seed %d, bond %d: %v, want %v", in.Lattice, seed, k, got[k], want)
				}
			}
		}
		t.Logf("%s: %d of %d walls are the cheapest", boundary, least, bonds)
		if 10*least < 7*bonds {
			t.Errorf("%s: %d of %d walls are the cheapest, want 70 %%", boundary, least, bonds)
		}
	}
}

// Walls do not depend on where a free lattice lies, nor on the gauge.
func TestWallEnergiesCovariant(t *testing.T) {
	rng := ising.Stream(0, "covariant", 0)
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(solvertest.Lattice(t, "12x12", "free"), rng)
	r, err := exact.Default().Solve(t.Context(), in, solver.Budget{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	walls, err := exact.WallEnergies(t.Context(), in, r.Spins)
	if err != nil {
		t.Fatal(err)
	}
	gauge := make([]int8, in.Sites())
	for k, y := range in.Symmetries() {
		spins := y.Spins(r.Spins)
		for i := range spins {
			gauge[i] = int8(2*rng.IntN(2) - 1)
			spins[i] *= gauge[i]
		}
		image := y.Instance(in).Gauge(gauge)
		got, err := exact.WallEnergies(t.Context(), image, spins)
		if err != nil {
			t.Fatal(err)
		}
		for b, want := range y.Bonds(walls) {
			if math.Abs(got[b]-want) > summed {
				t.Errorf("symmetry %d, bond %d: %v, want %v", k, b, got[b], want)
			}
		}
	}
}

func TestWallEnergiesErrors(t *testing.T) {
	in := wallInstance(t, ising.Stream(0, "errors", 0), "6x6", "free")
	r, err := exact.Default().Solve(t.Context(), in, solver.Budget{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	excited := slices.Clone(r.Spins)
	for i := range excited[:18] {
		excited[i] = 1
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	cube := wallInstance(t, ising.Stream(0, "errors", 0), "3x3x3", "free")
	for _, c := range []struct {
		name   string
		ctx    context.Context
		in     *ising.Instance
		ground []int8
		want   error
	}{
		{"three axes", t.Context(), cube, make([]int8, 27), solver.ErrSettings},
		{"length", t.Context(), in, r.Spins[:5], solver.ErrSettings},
		{"no spins", t.Context(), in, make([]int8, 36), solver.ErrSettings},
		{"no ground state", t.Context(), in, excited, solver.ErrSettings},
		{"cancelled", cancelled, in, r.Spins, context.Canceled},
	} {
		if _, err := exact.WallEnergies(c.ctx, c.in, c.ground); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
}

// BenchmarkWallEnergies sets the CPU time beside that of the proof of the ground state.
func BenchmarkWallEnergies(b *testing.B) {
	for _, boundary := range []string{"free", "free,periodic", "periodic"} {
		for _, e := range []ising.Ensemble{{Couplings: ising.Gaussian}, {Couplings: ising.Uniform}, {Couplings: ising.PlusMinus, Negative: 0.5}} {
			b.Run(fmt.Sprintf("boundary=%s/couplings=%s/L=16", boundary, e.Couplings), func(b *testing.B) {
				l := solvertest.Lattice(b, "16x16", boundary)
				var instances []*ising.Solved
				for n := range uint64(20) {
					in := e.Draw(l, ising.Stream(1, "walls", n))
					r, err := exact.Default().Solve(b.Context(), in, solver.Budget{}, nil)
					if err != nil {
						b.Fatal(err)
					}
					instances = append(instances, &ising.Solved{Instance: in, Spins: r.Spins})
				}
				var proof, walls time.Duration
				n := 0
				for b.Loop() {
					s := instances[n%len(instances)]
					n++
					start := cputime.Now()
					if _, err := exact.Default().Solve(b.Context(), s.Instance, solver.Budget{}, nil); err != nil {
						b.Fatal(err)
					}
					proven := cputime.Now()
					if _, err := exact.WallEnergies(b.Context(), s.Instance, s.Spins); err != nil {
						b.Fatal(err)
					}
					proof += proven - start
					walls += cputime.Now() - proven
				}
				b.ReportMetric(walls.Seconds()*1e3/float64(n), "cpu-ms/op")
				b.ReportMetric(walls.Seconds()/proof.Seconds(), "walls/proof")
			})
		}
	}
}
