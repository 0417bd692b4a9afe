package cnn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"spinlearn/cnn/internal/kernel"
	"spinlearn/losses"
)

// fillRandom writes inputs, labels and costs of a random batch.
func fillRandom[T kernel.Float](m *machine[T], rng *rand.Rand) {
	for _, v := range [][]T{m.input, m.couplings, m.cost} {
		for i := range v {
			v[i] = T(rng.NormFloat64())
		}
	}
	for i := range m.cost {
		m.cost[i] = max(m.cost[i], -m.cost[i])
	}
	for i := range m.label {
		m.label[i] = T(2*rng.IntN(2) - 1)
	}
}

// The gradient of the whole network in float64, through Gorgonia's graph, against
// central differences.
func TestNetworkGradient(t *testing.T) {
	temperature := 0.4
	for name, addLoss := range map[string]func(*machine[float64]) error{
		"bond": pointwise[float64](losses.CrossEntropy{}, false),
		"site": pointwise[float64](losses.LocalEnergy{Temperature: 0.5}, true),
		"true": trueEnergy[float64](&temperature),
	} {
		for _, periodic := range [][2]bool{{true, true}, {false, true}, {false, false}} {
			t.Run(fmt.Sprint(name, periodic), func(t *testing.T) {
				n := Network{Target: Site, Channels: 3, Blocks: 2}
				if name == "bond" {
					n.Target = Bond
				}
				rng := rand.New(rand.NewPCG(1, 1))
				weights := newWeights[float64](n, rng)
				m, err := newMachine(n, weights, geometry{3, 4, 5, periodic}, 2, addLoss)
				if err != nil {
					t.Fatal(err)
				}
				fillRandom(m, rng)
				value := func() float64 {
					if err := m.run(); err != nil {
						t.Fatal(err)
					}
					return m.lossValue()
				}
				value()
				var grads [][]float64
				for _, g := range m.gradients() {
					grads = append(grads, slices.Clone(g))
				}
				const h = 1e-6
				for p, w := range weights {
					for i := 0; i < len(w); i += 1 + len(w)/20 {
						old := w[i]
						w[i] = old + h
						up := value()
						w[i] = old - h
						down := value()
						w[i] = old
						want := (up - down) / (2 * h)
						if math.Abs(grads[p][i]-want) > 1e-6 {
							t.Errorf("%s[%d]: gradient %v, central difference %v", n.parameters()[p].name, i, grads[p][i], want)
						}
					}
				}
			})
		}
	}
}

// Convolutions commute with the translations of a torus.
func TestNetworkIsTranslationInvariant(t *testing.T) {
	n := Network{Target: Bond, Channels: 4, Blocks: 2}
	rng := rand.New(rand.NewPCG(1, 2))
	m, err := newMachine(n, newWeights[float64](n, rng), geometry{1, 5, 6, [2]bool{true, true}}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	fillRandom(m, rng)
	shift := func(v []float64, channels int) []float64 { // by two rows and one column
		w := make([]float64, len(v))
		for r := range 5 {
			for c := range 6 {
				copy(w[((r+2)%5*6+(c+1)%6)*channels:], v[(r*6+c)*channels:][:channels])
			}
		}
		return w
	}
	if err := m.run(); err != nil {
		t.Fatal(err)
	}
	want := shift(m.output(), 2)
	copy(m.input, shift(m.input, 4))
	if err := m.run(); err != nil {
		t.Fatal(err)
	}
	for i, got := range m.output() {
		if math.Abs(got-want[i]) > 1e-12 {
			t.Fatalf("logit %d of the shifted instance is %v, want %v", i, got, want[i])
		}
	}
}

// The number of workers changes neither the loss nor a gradient, to the last bit.
func TestWorkersDoNotChangeGradients(t *testing.T) {
	for _, channels := range []int{5, 16} {
		testWorkers(t, Network{Target: Bond, Channels: channels, Blocks: 1})
	}
}

func testWorkers(t *testing.T, n Network) {
	t.Helper()
	var want [][]float32
	for _, workers := range []int{1, 2, 5} {
		m, err := newMachine(n, newWeights[float32](n, rand.New(rand.NewPCG(1, 3))), geometry{11, 4, 4, [2]bool{true, true}}, workers, pointwise[float32](losses.CrossEntropy{}, false))
		if err != nil {
			t.Fatal(err)
		}
		fillRandom(m, rand.New(rand.NewPCG(1, 4)))
		if err := m.run(); err != nil {
			t.Fatal(err)
		}
		got := m.gradients()
		if want == nil {
			want = got
		}
		for p := range got {
			if !slices.Equal(got[p], want[p]) {
				t.Fatalf("%d channels, %d workers: gradient of %s differs", n.Channels, workers, n.parameters()[p].name)
			}
		}
	}
}

// Blocks give the same bytes in one operation as in several.
func TestBlocksTogether(t *testing.T) {
	defer func(old int) { together = old }(together)
	n := Network{Target: Bond, Channels: 6, Blocks: 5}
	var want [][]float32
	for _, c := range []struct{ together, stacks int }{{0, 7}, {2 * 3456, 5}, {1 << 18, 3}} {
		together = c.together
		m, err := newMachine(n, newWeights[float32](n, rand.New(rand.NewPCG(1, 3))), geometry{3, 4, 5, [2]bool{true, false}}, 1, pointwise[float32](losses.CrossEntropy{}, false))
		if err != nil {
			t.Fatal(err)
		}
		if len(m.stacks) != c.stacks {
			t.Fatalf("%d operations, want %d", len(m.stacks), c.stacks)
		}
		fillRandom(m, rand.New(rand.NewPCG(1, 4)))
		if err := m.run(); err != nil {
			t.Fatal(err)
		}
		got := append(m.gradients(), m.output())
		if want == nil {
			want = got
		}
		for p := range got {
			if !slices.Equal(got[p], want[p]) {
				t.Fatalf("in %d operations, gradient %d differs", c.stacks, p)
			}
		}
	}
}

// A step allocates little, since the operations own their buffers, and keeps nothing
// of it.
func TestAllocationPerStep(t *testing.T) {
	n := Network{Target: Bond, Channels: 2, Blocks: 1}
	m, err := newMachine(n, newWeights[float32](n, rand.New(rand.NewPCG(1, 5))), geometry{4, 4, 4, [2]bool{true, true}}, 2, pointwise[float32](losses.CrossEntropy{}, false))
	if err != nil {
		t.Fatal(err)
	}
	fillRandom(m, rand.New(rand.NewPCG(1, 6)))
	const first = 100 // steps until all buffers have their size
	steps := 10_000
	if testing.Short() {
		steps = 500
	}
	var before, after runtime.MemStats
	for k := range first + steps {
		if k == first {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
		if err := m.run(); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / uint64(steps); got > 30_000 {
		t.Errorf("%d bytes a step", got)
	}
	if got := int64(after.HeapAlloc) - int64(before.HeapAlloc); got > 100_000 {
		t.Errorf("the heap grew by %d bytes in %d steps", got, steps)
	}
}
