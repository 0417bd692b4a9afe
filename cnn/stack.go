package cnn

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spinlearn/cnn/internal/kernel"
	"spinlearn/internal/fused"
	"spinlearn/internal/parallel"
)

// chunks is the number of parts in which a batch is worked on. It is fixed, so that
// the order in which weight gradients are summed does not depend on the workers.
const chunks = 8

// A stackSpec describes one operation of the network:
//
//	y = [x +] conv_n(relu(... relu(conv_1([relu] x))))
type stackSpec struct {
	name       string
	periodic   [2]bool
	width      int  // of all its kernels
	reluFirst  bool // before the first convolution
	residual   bool // add x to the result
	inputGrad  bool // false for the network's input
	train      bool // whether gradients are wanted
	workers    int
	parameters []*gorgonia.Node // weights (width, width, in, out) and bias (out) of each convolution
}

// stack adds the operation to the graph of x, which has shape (batch, rows, cols,
// channels). The whole chain runs sample by sample, so that it stays in the cache.
func stack[T kernel.Float](spec stackSpec, x *gorgonia.Node) (*gorgonia.Node, error) {
	in := x.Shape()
	s := &stackState[T]{stackSpec: spec, batch: in[0], in: in[3]}
	for p := 0; p < len(spec.parameters); p += 2 {
		w := spec.parameters[p].Shape()
		s.convs = append(s.convs, newConv[T](kernel.Shape{Rows: in[1], Cols: in[2], In: w[2], Out: w[3], Width: spec.width}))
	}
	last := len(s.convs) - 1
	for _, v := range s.convs[:last] {
		v.out = make([]T, in[0]*v.shape.Pixels()*v.shape.Out)
	}
	dt := x.Dtype()
	out := tensor.New(tensor.Of(dt), tensor.WithShape(in[0], in[1], in[2], s.convs[last].shape.Out))
	s.convs[last].out = out.Data().([]T)
	for range min(chunks, s.batch) {
		s.scratch = append(s.scratch, s.newScratch())
	}
	inputs := append(gorgonia.Nodes{x}, spec.parameters...)
	grads := make([]*tensor.Dense, len(inputs))
	if spec.train {
		for i, n := range inputs {
			if i == 0 && !spec.inputGrad {
				continue
			}
			grads[i] = tensor.New(tensor.Of(dt), tensor.WithShape(n.Shape()...))
		}
	}
	return fused.Apply(&fused.Op{
		Name: spec.name,
		Out:  out,
		Forward: func(in []gorgonia.Value) error {
			s.forward(contents[T](in))
			return nil
		},
		Grads: grads,
		Backward: func(in []gorgonia.Value, dy gorgonia.Value) error {
			g := make([][]T, len(grads))
			for i, d := range grads {
				if d != nil {
					g[i] = d.Data().([]T)
				}
			}
			s.backward(g, contents[T](in), dy.Data().([]T))
			return nil
		},
	}, inputs...)
}

func contents[T kernel.Float](values []gorgonia.Value) [][]T {
	d := make([][]T, len(values))
	for i, v := range values {
		d[i] = v.Data().([]T)
	}
	return d
}

type stackState[T kernel.Float] struct {
	stackSpec
	batch, in int
	convs     []*conv[T]
	scratch   []*scratch[T]
}

// conv is one convolution of a stack.
type conv[T kernel.Float] struct {
	shape          kernel.Shape
	packed, turned *kernel.Packed[T]
	out            []T // (batch, rows, cols, out), kept for the backward pass
}

func newConv[T kernel.Float](s kernel.Shape) *conv[T] {
	return &conv[T]{shape: s, packed: kernel.NewPacked[T](s), turned: kernel.NewPacked[T](s.Transposed())}
}

// scratch is what one chunk of the batch needs.
type scratch[T kernel.Float] struct {
	padded []T
	grad   [2][]T // of the output and the input of a convolution
	space  []*kernel.Workspace[T]
	sums   [][]T // gradients of the parameters over the chunk
}

func (s *stackState[T]) newScratch() *scratch[T] {
	c := &scratch[T]{}
	channels, padded, pixels := s.in, 0, s.convs[0].shape.Pixels()
	for _, v := range s.convs {
		channels = max(channels, v.shape.Out)
		padded = v.shape.Padded()
		if s.train {
			c.space = append(c.space, kernel.NewWorkspace[T](v.shape))
		}
	}
	c.padded = make([]T, padded*channels)
	if !s.train {
		return c
	}
	c.grad = [2][]T{make([]T, pixels*channels), make([]T, pixels*channels)}
	for _, p := range s.parameters {
		c.sums = append(c.sums, make([]T, p.Shape().TotalSize()))
	}
	return c
}

// overBatch calls f once for every chunk with its range of samples.
func (s *stackState[T]) overBatch(f func(c *scratch[T], from, to int)) {
	n := len(s.scratch)
	parallel.Do(s.workers, n, func(k int) { f(s.scratch[k], s.batch*k/n, s.batch*(k+1)/n) })
}

// input returns what convolution l reads of sample k, before its ReLU.
func (s *stackState[T]) input(x []T, l, k int) []T {
	if l > 0 {
		x = s.convs[l-1].out
	}
	n := s.convs[l].shape.Pixels() * s.convs[l].shape.In
	return x[k*n : (k+1)*n]
}

func (s *stackState[T]) pad(c *scratch[T], x []T, shape kernel.Shape, relu bool) []T {
	kernel.Pad(c.padded, x, shape.Rows, shape.Cols, shape.In, shape.Width, s.periodic, relu)
	return c.padded[:shape.Padded()*shape.In]
}

func (s *stackState[T]) forward(in [][]T) {
	x := in[0]
	for l, v := range s.convs {
		v.packed.Pack(in[1+2*l], in[2+2*l])
	}
	last := len(s.convs) - 1
	s.overBatch(func(c *scratch[T], from, to int) {
		for k := from; k < to; k++ {
			for l, v := range s.convs {
				n := v.shape.Pixels() * v.shape.Out
				y := v.out[k*n : (k+1)*n]
				if l == last && s.residual {
					copy(y, x[k*n:(k+1)*n])
				} else {
					clear(y)
				}
				kernel.Convolve(y, s.pad(c, s.input(x, l, k), v.shape, s.relu(l)), v.packed)
			}
		}
	})
}

// relu reports whether a ReLU stands before convolution l.
func (s *stackState[T]) relu(l int) bool { return l > 0 || s.reluFirst }

func (s *stackState[T]) backward(grads, in [][]T, dy []T) {
	x, dx := in[0], grads[0]
	for l, v := range s.convs {
		if l > 0 || s.inputGrad {
			v.turned.PackTransposed(in[1+2*l], v.shape)
		}
	}
	s.overBatch(func(c *scratch[T], from, to int) {
		for _, sum := range c.sums {
			clear(sum)
		}
		for k := from; k < to; k++ {
			s.backwardSample(c, x, dx, dy, k)
		}
	})
	for p, g := range grads[1:] {
		clear(g)
		for _, c := range s.scratch {
			kernel.Add(g, c.sums[p])
		}
	}
}

func (s *stackState[T]) backwardSample(c *scratch[T], x, dx, dy []T, k int) {
	last := len(s.convs) - 1
	n := s.convs[last].shape.Pixels() * s.convs[last].shape.Out
	dy = dy[k*n : (k+1)*n]
	g := dy // of the output of convolution l
	for l := last; l >= 0; l-- {
		v := s.convs[l]
		a := s.input(x, l, k)
		kernel.WeightGradient(c.sums[2*l], c.sums[2*l+1], s.pad(c, a, v.shape, s.relu(l)), g, v.shape, c.space[l])
		if l == 0 && !s.inputGrad {
			return
		}
		d := c.grad[l%2][:len(a)]
		if l == 0 {
			d = dx[k*len(a) : (k+1)*len(a)]
		}
		clear(d)
		kernel.Convolve(d, s.pad(c, g, v.shape.Transposed(), false), v.turned)
		if s.relu(l) {
			kernel.MaskNegative(d, a)
		}
		g = d
	}
	if s.residual {
		kernel.Add(g, dy)
	}
}
