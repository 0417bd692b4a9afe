package cnn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spinlearn/cnn/internal/kernel"
	"spinlearn/internal/base/parallel"
	"spinlearn/losses"
)

// The targets; see the package comment.
const (
	Site = "site"
	Bond = "bond"
)

// ErrSettings is wrapped by every error about a setting out of its range.
var ErrSettings = errors.New("cnn: invalid settings")

const inputChannels = 4

// A Network is an architecture, without weights.
type Network struct {
	Target   string `json:"target"`   // what the logits are of: Site or Bond
	Channels int    `json:"channels"` // of every layer but the last, 1 to 1024
	Blocks   int    `json:"blocks"`   // residual blocks, 1 to 1000
}

// DefaultNetwork returns a network for bonds of 16 channels and 6 blocks.
func DefaultNetwork() Network { return Network{Target: Bond, Channels: 16, Blocks: 6} }

// Validate reports the first field out of its range.
func (n Network) Validate() error {
	switch {
	case n.Target != Site && n.Target != Bond:
		return fmt.Errorf("%w: target = %.40q, want %s or %s", ErrSettings, n.Target, Bond, Site)
	case n.Channels < 1 || n.Channels > 1024:
		return fmt.Errorf("%w: channels = %d, want 1 to 1024", ErrSettings, n.Channels)
	case n.Blocks < 1 || n.Blocks > 1000:
		return fmt.Errorf("%w: blocks = %d, want 1 to 1000", ErrSettings, n.Blocks)
	}
	return nil
}

// CheckKernel reports whether the environment variable SPINLEARN_KERNEL, which forces
// the kind of kernels (avx512, avx2 or portable), names one that this processor has.
// Training and prediction return the same error.
func CheckKernel() error {
	if err := kernel.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrSettings, err)
	}
	return nil
}

// outputs returns the number of logits of each site.
func (n Network) outputs() int {
	if n.Target == Site {
		return 1
	}
	return 2
}

// A parameter describes a tensor of the network: weights of shape (width, width, in, out) or a
// bias of shape (out).
type parameter struct {
	name  string
	shape tensor.Shape
	gain  float64 // factor on the initial values
	fanIn int
}

// parameters lists the network's parameters in the order of the layers.
func (n Network) parameters() []parameter {
	var list []parameter
	conv := func(name string, width, in, out int, gain float64) {
		fan := width * width * in
		list = append(list,
			parameter{name + ".weight", tensor.Shape{width, width, in, out}, gain, fan},
			parameter{name + ".bias", tensor.Shape{out}, 1, fan})
	}
	const small = 0.3 // so that blocks start near the identity and logits near 0
	conv("input", 3, inputChannels, n.Channels, 1)
	for b := range n.Blocks {
		conv(fmt.Sprintf("block%d.first", b), 3, n.Channels, n.Channels, 1)
		conv(fmt.Sprintf("block%d.second", b), 3, n.Channels, n.Channels, small)
	}
	conv("head.first", 1, n.Channels, n.Channels, 1)
	conv("head.second", 1, n.Channels, n.outputs(), small)
	return list
}

// newWeights draws initial values of the parameters, uniform on ±gain/√fan-in.
func newWeights[T kernel.Float](n Network, rng *rand.Rand) [][]T {
	var list [][]T
	for _, p := range n.parameters() {
		v := make([]T, p.shape.TotalSize())
		bound := p.gain / math.Sqrt(float64(p.fanIn))
		for i := range v {
			v[i] = T(bound * (2*rng.Float64() - 1))
		}
		list = append(list, v)
	}
	return list
}

// A geometry is the batch size and lattice that a graph is built for.
type geometry struct {
	batch, rows, cols int
	periodic          [2]bool
}

// A machine is the network's graph for one geometry, with the TapeMachine that runs
// it. Callers write to its input tensors between runs.
type machine[T kernel.Float] struct {
	geometry
	vm      gorgonia.VM
	stacks  []*stack[T]
	workers int
	input   []T            // (batch, rows, cols, 4)
	logits  *gorgonia.Node // (batch, rows, cols, outputs)

	// For training only.
	label, cost []T // shape of the logits
	couplings   []T // (batch, rows, cols, 2), for the true energy
	loss        *gorgonia.Node
	grads       gorgonia.Nodes
}

// newMachine builds the graph on weights that it shares with the caller. For training, addLoss adds
// the loss to it; nil is for prediction.
func newMachine[T kernel.Float](n Network, weights [][]T, geo geometry, workers int, addLoss func(*machine[T]) error) (*machine[T], error) {
	if err := CheckKernel(); err != nil {
		return nil, err
	}
	g := gorgonia.NewGraph()
	m := &machine[T]{geometry: geo, workers: workers}
	x, input := m.newInput(g, "input", inputChannels)
	m.input = input
	var nodes gorgonia.Nodes
	for i, p := range n.parameters() {
		nodes = append(nodes, newTensor(g, p.name, p.shape, weights[i]))
	}

	free := make(chan *scratch[T], workers)
	for range workers {
		free <- &scratch[T]{}
	}
	rest := nodes
	var err error
	add := func(spec stackSpec, convs int) {
		if err != nil {
			return
		}
		spec.periodic, spec.workers, spec.train = geo.periodic, workers, addLoss != nil
		spec.parameters, rest = rest[:2*convs], rest[2*convs:]
		var s *stack[T]
		s, x, err = newStack(spec, free, x)
		m.stacks = append(m.stacks, s)
	}
	add(stackSpec{name: "input", width: 3}, 1)
	for b := 0; b < n.Blocks; b += n.blocksTogether() {
		blocks := min(n.blocksTogether(), n.Blocks-b)
		add(stackSpec{name: fmt.Sprint("block", b), width: 3, reluFirst: true, residual: true, inputGrad: true}, 2*blocks)
	}
	add(stackSpec{name: "head", width: 1, reluFirst: true, inputGrad: true}, 2)
	if err != nil {
		return nil, err
	}
	m.logits = x

	if addLoss != nil {
		if err := addLoss(m); err != nil {
			return nil, err
		}
		if m.grads, err = gorgonia.Grad(m.loss, nodes...); err != nil {
			return nil, fmt.Errorf("cnn: %w", err)
		}
	}
	m.vm = gorgonia.NewTapeMachine(g)
	m.setWeights()
	return m, nil
}

// newInput adds an input with the given number of channels to the graph.
func (m *machine[T]) newInput(g *gorgonia.ExprGraph, name string, channels int) (*gorgonia.Node, []T) {
	shape := tensor.Shape{m.batch, m.rows, m.cols, channels}
	v := make([]T, shape.TotalSize())
	return newTensor(g, name, shape, v), v
}

// newTensor adds a tensor with the given backing to the graph. Names must differ:
// Gorgonia merges nodes that look alike.
func newTensor[T kernel.Float](g *gorgonia.ExprGraph, name string, shape tensor.Shape, v []T) *gorgonia.Node {
	d := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))
	return gorgonia.NewTensor(g, d.Dtype(), shape.Dims(),
		gorgonia.WithShape(shape...), gorgonia.WithName(name), gorgonia.WithValue(d))
}

// pointwise adds a loss of labels and costs.
func pointwise[T kernel.Float](loss losses.Loss, symmetric bool) func(*machine[T]) error {
	return func(m *machine[T]) (err error) {
		channels := m.logits.Shape()[3]
		var label, cost *gorgonia.Node
		label, m.label = m.newInput(m.logits.Graph(), "label", channels)
		cost, m.cost = m.newInput(m.logits.Graph(), "cost", channels)
		m.loss, err = losses.Node(loss, m.logits, label, cost, symmetric, m.workers)
		return err
	}
}

// trueEnergy adds the mean-field energy at a temperature that is read at each run.
func trueEnergy[T kernel.Float](temperature *float64) func(*machine[T]) error {
	return func(m *machine[T]) (err error) {
		var couplings *gorgonia.Node
		couplings, m.couplings = m.newInput(m.logits.Graph(), "couplings", 2)
		m.loss, err = losses.TrueEnergyNode(m.logits, couplings, temperature, m.workers)
		return err
	}
}

// setWeights tells the convolutions that the weights have changed. In training each run begins
// with it.
func (m *machine[T]) setWeights() {
	var all []*layer[T]
	for _, s := range m.stacks {
		all = append(all, s.layers...)
	}
	parallel.Do(m.workers, len(all), func(k int) { all[k].SetWeights(all[k].weights, all[k].bias) })
}

// run evaluates the graph on its input tensors.
func (m *machine[T]) run() error {
	if m.loss != nil {
		m.setWeights()
	}
	m.vm.Reset()
	if err := m.vm.RunAll(); err != nil {
		return fmt.Errorf("cnn: %w", err)
	}
	return nil
}

// output returns the logits of the last run, which stay valid until the next.
func (m *machine[T]) output() []T { return m.logits.Value().Data().([]T) }

// gradients returns the gradients of the last run, in the order of the weights.
func (m *machine[T]) gradients() [][]T {
	var list [][]T
	for _, g := range m.grads {
		list = append(list, g.Value().Data().([]T))
	}
	return list
}

// lossValue returns the loss of the last run.
func (m *machine[T]) lossValue() float64 {
	switch v := m.loss.Value().Data().(type) {
	case float32:
		return float64(v)
	case float64:
		return v
	}
	return math.NaN()
}
