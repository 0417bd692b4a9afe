package solver

import (
	"fmt"
	"os"
	"testing"
	"time"

	"spinlearn/internal/cputime"
	"spinlearn/ising"
)

func torusEnergy(t testing.TB, in *ising.Instance, seed uint64) (float64, *Result) {
	r, err := Exact(t.Context(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Certificate.Seal()
	v, err := r.Certificate.Check(in)
	if err == nil && !v.Proven {
		err = fmt.Errorf("%+v", v)
	}
	if err != nil {
		t.Fatal(seed, in.Lattice, r.Status, r.Energy, r.Bound, err)
	}
	return r.Energy, r
}

func TestTorusQuick(t *testing.T) {
	for seed := range uint64(3000) {
		rng := ising.Stream(seed, "test", 0)
		sides := []int{3 + rng.IntN(6), 3 + rng.IntN(4)}
		l, err := ising.NewLattice(sides, []bool{true, true})
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

func TestTorusScale(t *testing.T) {
	for _, kind := range []string{"gaussian", "pm"} {
		for _, L := range []int{16, 50, 100} {
			if os.Getenv("SCALE") == "" {
				t.Skip()
			}
			n := map[int]int{16: 20, 50: 20, 100: 5}[L]
			var times []time.Duration
			for i := range n {
				l, _ := ising.NewLattice([]int{L, L}, []bool{true, true})
				e := ising.Ensemble{Couplings: kind}
				if kind == "pm" {
					e.Negative = .5
				}
				in := e.Draw(l, ising.Stream(uint64(i), "scale", 0))
				c := cputime.Now()
				_, tr := torusEnergy(t, in, uint64(i))
				d := cputime.Now() - c
				times = append(times, d)
				if os.Getenv("V") != "" {
					fmt.Printf("  %s %d #%d %v %+v\n", kind, L, i, d, tr.Status)
				}
			}
			m, x := median(times)
			fmt.Println(kind, L, m, x)
		}
	}
}

func median(t []time.Duration) (m, mx time.Duration) {
	for i := range t {
		for j := range i {
			if t[i] < t[j] {
				t[i], t[j] = t[j], t[i]
			}
		}
	}
	return t[len(t)/2], t[len(t)-1]
}
