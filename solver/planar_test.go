package solver

import (
	"testing"

	"spinlearn/ising"
)

func TestPlanarQuick(t *testing.T) {
	for seed := range uint64(2000) {
		rng := ising.Stream(seed, "test", 0)
		sides := []int{2 + rng.IntN(6), 2 + rng.IntN(6)}
		periodic := [][]bool{{false, false}, {true, false}, {false, true}}[seed%3]
		l, err := ising.NewLattice(sides, periodic)
		if err != nil {
			continue
		}
		in := []ising.Ensemble{{Couplings: "gaussian"}, {Couplings: "pm", Negative: 0.5}, {Couplings: "pm", Negative: 0.3, Dilution: 0.3}}[rng.IntN(3)].Draw(l, rng)
		m := fits(in.Lattice)
		if m == "" {
			continue
		}
		want, err := Exact(t.Context(), in, &ExactSettings{Method: m})
		if err != nil {
			continue
		}
		if e, _ := torusEnergy(t, in, seed); e > want.Energy+in.Tolerance() {
			t.Fatal(seed, in.Lattice, e, want.Energy)
		}
	}
}

func BenchmarkPlanarQ(b *testing.B) {
	for _, kind := range []string{"gaussian", "pm"} {
		for _, bd := range []string{"free", "cylinder"} {
			b.Run(kind+bd, func(b *testing.B) {
				per, _ := ising.ParseBoundary(bd, 2)
				l, _ := ising.NewLattice([]int{100, 100}, per)
				e := ising.Ensemble{Couplings: kind}
				if kind == "pm" {
					e.Negative = .5
				}
				i := uint64(0)
				for b.Loop() {
					i++
					in := e.Draw(l, ising.Stream(i%10, "b", 0))
					Exact(b.Context(), in, nil)
				}
			})
		}
	}
}
