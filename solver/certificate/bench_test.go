package certificate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"spinlearn/internal/base/cputime"
	"spinlearn/ising"
)

// benchCase is a torus with normal couplings, duals with deeply nested sets, and a base
// where some duals are lower.
type benchCase struct {
	*tree
	in    *ising.Instance
	full  *Dual
	lower *Dual
	steps []*Rigid // each raises those back, for one bond of the first row
}

const benchScale, benchChanged = 1 << 40, 300

func newBenchCase(b *testing.B, side int) *benchCase {
	rng := rand.New(rand.NewPCG(9, uint64(side)))
	in := gaussian(b, lattice(b, side, side, true, true), rng)
	s := mustScale(b, in, benchScale)
	m := &maker{tree: newTree(s), rng: rng}
	d, made, ok := m.dual()
	if !ok {
		b.Fatal("no base")
	}
	c := &benchCase{tree: m.tree, in: in, full: d, lower: &Dual{slices.Clone(d.Y), d.Sets}}
	near := make([]int, len(d.Y)) // the positions, those near the first row first
	for u := range near {
		near[u] = u
	}
	slices.SortFunc(near, func(a, b int) int { return int(d.Y[a][0] - d.Y[b][0]) })
	near = near[:min(benchChanged, len(near)/2)]
	var raise [][2]int64
	for _, u := range near {
		c.lower.Y[u][1] -= 2
		raise = append(raise, [2]int64{int64(u), d.Y[u][1]})
	}
	for bond := range side {
		r := &Rigid{Bond: int32(side*side + bond), Value: 1, Y: raise, New: []int64{-s.total, -s.total}}
		r.Bound = s.weight[r.Bond] + sum(append(slices.Clone(made.y), r.New...), d.Sets)
		c.steps = append(c.steps, r)
	}
	return c
}

// reportCPU reports the CPU time of an operation since begin.
func reportCPU(b *testing.B, begin time.Duration) {
	b.ReportMetric(1e3*(cputime.Now()-begin).Seconds()/float64(b.N), "cpu-ms/op")
}

// BenchmarkBase checks a base in full.
func BenchmarkBase(b *testing.B) {
	for _, side := range []int{16, 50, 100} {
		b.Run(fmt.Sprintf("L=%d", side), func(b *testing.B) {
			c := newBenchCase(b, side)
			begin := cputime.Now()
			for b.Loop() {
				if _, err := c.base(c.full); err != nil {
					b.Fatal(err)
				}
			}
			reportCPU(b, begin)
			b.ReportMetric(float64(len(c.full.Y)), "terminals")
			b.ReportMetric(float64(len(c.full.Sets)), "sets")
		})
	}
}

// BenchmarkRigid checks rigid steps that change at most 300 positions.
func BenchmarkRigid(b *testing.B) {
	for _, side := range []int{16, 50, 100} {
		b.Run(fmt.Sprintf("L=%d", side), func(b *testing.B) {
			c := newBenchCase(b, side)
			base, err := c.base(c.lower)
			if err != nil {
				b.Fatal(err)
			}
			begin := cputime.Now()
			for k := 0; b.Loop(); k++ {
				if err := c.tree.rigid(base, c.steps[k%side]); err != nil {
					b.Fatal(err)
				}
			}
			reportCPU(b, begin)
		})
	}
}

// BenchmarkTorus reads and checks a whole proof of 50x50: one base and 150 rigid steps
// on three rows.
func BenchmarkTorus(b *testing.B) {
	c := newBenchCase(b, 50)
	var n Node
	n.Steps = append(n.Steps, Step{Base: c.lower})
	least := c.steps[0].Bound
	for row := range 3 {
		for _, r := range c.steps {
			shifted := *r
			shifted.Bond += int32(50 * row)
			shifted.Bound += c.weight[shifted.Bond] - c.weight[r.Bond]
			least = min(least, shifted.Bound)
			n.Steps = append(n.Steps, Step{Rigid: &shifted})
		}
	}
	base, err := c.base(c.lower)
	if err != nil {
		b.Fatal(err)
	}
	n.Steps = append(n.Steps, Step{Prune: true})
	up := slices.Repeat([]int8{1}, c.in.Sites())
	proof := claim(c.scaled, benchScale, up, min(least, base.bound), Certificate{Tree: &n})
	var file bytes.Buffer
	if err := proof.Write(&file); err != nil {
		b.Fatal(err)
	}
	begin := cputime.Now()
	for b.Loop() {
		read, err := Read(bytes.NewReader(file.Bytes()), "bench")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := read.Check(c.in); err != nil {
			b.Fatal(err)
		}
	}
	reportCPU(b, begin)
	b.ReportMetric(float64(file.Len())/1e6, "MB")
}
