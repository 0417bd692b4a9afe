package cnn

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"spinlearn/cnn/internal/kernel"
	"spinlearn/internal/base/cputime"
	"spinlearn/ising"
	"spinlearn/losses"
)

// A meter reports rates per second of CPU time, over all workers, and sets them
// against the peak that the kernels' own instructions reach without doing anything
// else, measured before and after.
type meter struct {
	start time.Duration
	peak  float64 // floating-point operations a second
}

func (m *meter) calibrate() {
	for range 5 {
		start := cputime.Now()
		n := kernel.Peak(5e8)
		m.peak = max(m.peak, float64(n)/(cputime.Now()-start).Seconds())
	}
}

func newMeter() *meter {
	m := &meter{}
	m.calibrate()
	m.start = cputime.Now()
	return m
}

// report takes the number of samples and the operations of one: those of the
// definition of a convolution, by which the rate is stated, and those made.
func (m *meter) report(b *testing.B, samples int, flops, made float64) {
	seconds := (cputime.Now() - m.start).Seconds()
	m.calibrate()
	rate := float64(samples) / seconds
	b.ReportMetric(rate*flops/1e9, "GFLOP/s")
	b.ReportMetric(rate, "samples/s")
	b.ReportMetric(100*rate*flops/m.peak, "%peak")
	b.ReportMetric(100*rate*made/m.peak, "%peak-made")
	b.ReportMetric(m.peak/1e9, "peak-GFLOP/s")
}

// work counts multiplications and additions of the convolutions of one sample on a
// torus of even side: of the definition, and those that are made, 16 of 36 in a 3×3
// convolution.
func work(n Network, side int, train bool) (flops, made float64) {
	c := n.Channels
	passes, first := 1, 1 // the network's input needs no gradient
	if train {
		passes, first = 3, 2
	}
	wide := 9 * (first*inputChannels*c + passes*2*n.Blocks*c*c)
	narrow := passes * (c*c + c*n.outputs())
	pixels := float64(2 * side * side)
	return pixels * float64(wide+narrow), pixels * (float64(wide)*16/36 + float64(narrow))
}

func benchmarkStep(b *testing.B, n Network, side, batch, workers int) {
	rng := rand.New(rand.NewPCG(1, 1))
	weights := newWeights[float32](n, rng)
	m, err := newMachine(n, weights, geometry{batch, side, side, [2]bool{true, true}}, workers, pointwise[float32](losses.CrossEntropy{}, false))
	if err != nil {
		b.Fatal(err)
	}
	fillRandom(m, rng)
	a := newAdam(weights)
	steps := 0
	step := func() {
		if err := m.run(); err != nil {
			b.Fatal(err)
		}
		steps++
		a.step(steps, 1e-3, 1, weights, m.gradients())
	}
	step() // first touches the memory
	b.ReportAllocs()
	meter, first := newMeter(), steps
	for b.Loop() {
		step()
	}
	flops, made := work(n, side, true)
	meter.report(b, (steps-first)*batch, flops, made)
}

func BenchmarkTrainStep(b *testing.B) {
	for _, c := range []struct{ side, batch, channels, blocks int }{{16, 32, 16, 6}, {16, 64, 64, 3}} {
		b.Run(fmt.Sprintf("L=%d/B=%d/C=%d/blocks=%d", c.side, c.batch, c.channels, c.blocks), func(b *testing.B) {
			benchmarkStep(b, Network{Target: Bond, Channels: c.channels, Blocks: c.blocks}, c.side, c.batch, 1)
		})
	}
}

// BenchmarkWorkers is the same step on more cores: compare the wall time, ns/op.
func BenchmarkWorkers(b *testing.B) {
	for _, c := range []struct{ batch, channels, blocks int }{{32, 16, 6}, {64, 64, 3}} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("C=%d/workers=%d", c.channels, workers), func(b *testing.B) {
				benchmarkStep(b, Network{Target: Bond, Channels: c.channels, Blocks: c.blocks}, 16, c.batch, workers)
			})
		}
	}
}

// BenchmarkPredict measures the network on a batch of instances, as Predict runs it,
// without the spanning trees before and after.
func BenchmarkPredict(b *testing.B) {
	for _, c := range []struct{ side, channels, blocks int }{{16, 16, 6}, {64, 16, 6}, {16, 64, 3}} {
		b.Run(fmt.Sprintf("L=%d/C=%d", c.side, c.channels), func(b *testing.B) {
			n := Network{Target: Bond, Channels: c.channels, Blocks: c.blocks}
			p := newPredictor(n, newWeights[float32](n, rand.New(rand.NewPCG(1, 1))), 1)
			l, err := ising.NewLattice([]int{c.side, c.side}, []bool{true, true})
			if err != nil {
				b.Fatal(err)
			}
			var batch []*ising.Instance
			var gauge [][]int8
			for k := range batchSites / l.Sites() {
				batch = append(batch, ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, ising.Stream(1, "couplings", uint64(k))))
				gauge = append(gauge, startGauge(batch[k], n.Target))
			}
			if err := p.Prepare(batch); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			meter, samples := newMeter(), 0
			for b.Loop() {
				if _, err := p.run(b.Context(), batch, gauge); err != nil {
					b.Fatal(err)
				}
				samples += len(batch)
			}
			flops, made := work(n, c.side, false)
			meter.report(b, samples, flops, made)
		})
	}
}
