package cnn

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spinlearn/cnn/internal/kernel"
	"spinlearn/internal/base/fused"
	"spinlearn/internal/base/parallel"
)

// chunks is the number of parts of a batch, each with a sum of weight gradients of its own. It is
// fixed, so that the order of summation does not depend on the workers.
const chunks = 8

// A stackSpec describes one operation of the network, a chain of convolutions
//
//	y = conv_n(relu(... relu(conv_1([relu] x))))
//
// or a chain of residual blocks x + conv(relu(conv(relu(x)))).
type stackSpec struct {
	name       string
	periodic   [2]bool
	width      int  // of the kernels
	reluFirst  bool // whether a ReLU precedes the first convolution
	residual   bool // whether every two convolutions are a residual block
	inputGrad  bool // whether the input gets a gradient; false for the network's input
	train      bool // whether there are gradients at all
	workers    int
	parameters []*gorgonia.Node // weights (width, width, in, out) and bias (out) of each convolution
}

// scratch is the memory of one goroutine.
type scratch[T kernel.Float] struct {
	kernel.Workspace[T]
	grad [2][]T // of the output and the input of a convolution
}

// A layer is one convolution of a stack.
type layer[T kernel.Float] struct {
	*kernel.Conv[T]
	weights, bias []T                   // shared with the graph
	out           []T                   // (batch, rows, cols, out), kept for the backward pass
	sums          []*kernel.Gradient[T] // one for each chunk of the batch
}

// A stack is the operation of a stackSpec in a graph.
type stack[T kernel.Float] struct {
	stackSpec
	batch, chunks int
	layers        []*layer[T]
	free          chan *scratch[T] // one for each worker
}

// together bounds the number of values in the transformed weights of an operation and their
// gradients, so that they stay in a processor's second cache.
var together = 1 << 18

// blocksTogether returns how many residual blocks go into one operation.
func (n Network) blocksTogether() int {
	const convolutions, points, copies = 2, 16, 3 // forward, backward, gradient
	return max(1, together/(convolutions*points*copies*n.Channels*n.Channels))
}

// newStack adds the operation to the graph of x, which has shape (batch, rows, cols,
// channels), and returns it with its output. The whole chain runs sample by sample,
// so that it stays in the cache.
func newStack[T kernel.Float](spec stackSpec, free chan *scratch[T], x *gorgonia.Node) (*stack[T], *gorgonia.Node, error) {
	in := x.Shape()
	s := &stack[T]{stackSpec: spec, batch: in[0], chunks: min(chunks, in[0]), free: free}
	for p := 0; p < len(spec.parameters); p += 2 {
		w := spec.parameters[p].Shape()
		v := &layer[T]{
			Conv: kernel.NewConv[T](kernel.Shape{
				Rows: in[1], Cols: in[2], In: w[2], Out: w[3], Width: spec.width, Periodic: spec.periodic, ReLU: p > 0 || spec.reluFirst,
			}, spec.train),
			weights: spec.parameters[p].Value().Data().([]T),
			bias:    spec.parameters[p+1].Value().Data().([]T),
		}
		v.out = make([]T, in[0]*v.Pixels()*v.Out)
		if spec.train {
			for range s.chunks {
				v.sums = append(v.sums, v.NewGradient())
			}
		}
		s.layers = append(s.layers, v)
	}
	last := s.layers[len(s.layers)-1]
	out := tensor.New(tensor.WithShape(in[0], in[1], in[2], last.Out), tensor.WithBacking(last.out))
	inputs := append(gorgonia.Nodes{x}, spec.parameters...)
	grads := make([]*tensor.Dense, len(inputs))
	if spec.train {
		for i, n := range inputs {
			if i == 0 && !spec.inputGrad {
				continue
			}
			grads[i] = tensor.New(tensor.Of(x.Dtype()), tensor.WithShape(n.Shape()...))
		}
	}
	data := func(d *tensor.Dense) []T {
		if d == nil {
			return nil
		}
		return d.Data().([]T)
	}
	y, err := fused.Apply(&fused.Op{
		Name: spec.name,
		Out:  out,
		Forward: func(in []gorgonia.Value) error {
			s.forward(in[0].Data().([]T))
			return nil
		},
		Grads: grads,
		Backward: func(in []gorgonia.Value, dy gorgonia.Value) error {
			s.backward(data(grads[0]), in[0].Data().([]T), dy.Data().([]T))
			parallel.Do(s.workers, len(s.layers), func(l int) {
				v := s.layers[l]
				v.Gradients(data(grads[1+2*l]), data(grads[2+2*l]), v.sums)
			})
			return nil
		},
	}, inputs...)
	return s, y, err
}

// input returns what layer l reads of sample k, before its ReLU.
func (s *stack[T]) input(x []T, l, k int) []T {
	if l > 0 {
		x = s.layers[l-1].out
	}
	return part(x, k, s.batch)
}

func (s *stack[T]) forward(x []T) {
	parallel.Do(s.workers, s.batch, func(k int) {
		c := <-s.free
		defer func() { s.free <- c }()
		for l, v := range s.layers {
			var residual []T
			if s.residual && l%2 == 1 {
				residual = s.input(x, l-1, k)
			}
			v.Forward(part(v.out, k, s.batch), s.input(x, l, k), residual, &c.Workspace)
		}
	})
}

func (s *stack[T]) backward(dx, x, dy []T) {
	parallel.Do(s.workers, s.chunks, func(chunk int) {
		c := <-s.free
		defer func() { s.free <- c }()
		for _, v := range s.layers {
			v.sums[chunk].Clear()
		}
		for k := s.batch * chunk / s.chunks; k < s.batch*(chunk+1)/s.chunks; k++ {
			s.backwardSample(c, chunk, dx, x, part(dy, k, s.batch), k)
		}
	})
}

func (s *stack[T]) backwardSample(c *scratch[T], chunk int, dx, x, dy []T, k int) {
	g, end := dy, dy // gradients of the outputs of layer l and of its residual block
	for l := len(s.layers) - 1; l >= 0; l-- {
		v := s.layers[l]
		a := s.input(x, l, k)
		v.WeightGradient(v.sums[chunk], a, g, &c.Workspace)
		var d []T
		switch {
		case l > 0:
			d = kernel.Grow(&c.grad[l%2], len(a))
		case s.inputGrad:
			d = part(dx, k, s.batch)
		default:
			return
		}
		if s.residual && l%2 == 0 {
			v.InputGradient(d, g, a, end, &c.Workspace)
			end = d
		} else {
			v.InputGradient(d, g, a, nil, &c.Workspace)
		}
		g = d
	}
}
