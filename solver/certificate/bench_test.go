package certificate

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// benchBase returns a torus with normal couplings and a base of nested sets for it.
func benchBase(b *testing.B, side int) (*maker, *Dual, *madeBase) {
	rng := rand.New(rand.NewPCG(9, uint64(side)))
	in := gaussian(b, lattice(b, side, side, true, true), rng)
	m := &maker{tree: newTree(mustScale(b, in, 1<<40)), rng: rng}
	d, made, ok := m.dual()
	if !ok {
		b.Fatal("no base")
	}
	return m, d, made
}

// BenchmarkBase checks a base in full.
func BenchmarkBase(b *testing.B) {
	for _, side := range []int{16, 50, 100} {
		b.Run(fmt.Sprintf("L=%d", side), func(b *testing.B) {
			m, d, _ := benchBase(b, side)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.base(d); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(d.Y)), "terminals")
			b.ReportMetric(float64(len(d.Sets)), "sets")
		})
	}
}

// BenchmarkRigid checks rigid steps on the bonds of one row.
func BenchmarkRigid(b *testing.B) {
	for _, side := range []int{16, 50, 100} {
		b.Run(fmt.Sprintf("L=%d", side), func(b *testing.B) {
			m, d, made := benchBase(b, side)
			base, err := m.base(d)
			if err != nil {
				b.Fatal(err)
			}
			var steps []*Rigid
			changed := 0
			for bond := range min(side, 20) {
				r := m.rigidStep(made, int32(side*side+bond), 1)
				steps = append(steps, r)
				changed += len(r.Y) + len(r.Z) + len(r.Sets)
			}
			k := 0
			b.ReportAllocs()
			for b.Loop() {
				if err := m.rigid(base, steps[k%len(steps)]); err != nil {
					b.Fatal(err)
				}
				k++
			}
			b.ReportMetric(float64(changed)/float64(len(steps)), "changes")
		})
	}
}
