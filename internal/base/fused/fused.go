package fused

import (
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An Op is one differentiable operation.
type Op struct {
	Name string
	// Out is the result, which Forward fills: a *tensor.Dense, or for a scalar a
	// *gorgonia.F32 or *gorgonia.F64.
	Out gorgonia.Value
	// Forward computes Out from the inputs.
	Forward func(in []gorgonia.Value) error
	// Grads has a tensor for the gradient of each input, or nil for inputs that are not
	// differentiated. Backward fills them, given the inputs and the gradient dy of the
	// output.
	Grads    []*tensor.Dense
	Backward func(in []gorgonia.Value, dy gorgonia.Value) error
}

// Apply adds the operation to the graph of its inputs and returns the node of its result. It
// returns an error if Grads does not have one entry for each input.
func Apply(op *Op, inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(op.Grads) != len(inputs) {
		return nil, fmt.Errorf("fused: %s has %d gradients for %d inputs", op.Name, len(op.Grads), len(inputs))
	}
	forward := newNode(op.Name, op.Out, inputs, func(in ...gorgonia.Value) (gorgonia.Value, error) {
		return op.Out, op.Forward(in)
	})
	return gorgonia.ApplyOp(&differentiable{forward, op}, inputs...)
}

var lastID atomic.Int64

// node implements gorgonia.Op. The id prevents Gorgonia from merging two operations of the
// same name and inputs.
type node struct {
	name string
	id   int64
	in   int // number of inputs
	typ  hm.Type
	out  gorgonia.Value
	do   func(...gorgonia.Value) (gorgonia.Value, error)
}

func newNode(name string, out gorgonia.Value, inputs gorgonia.Nodes, do func(...gorgonia.Value) (gorgonia.Value, error)) node {
	types := make([]hm.Type, 0, len(inputs)+1)
	for _, n := range inputs {
		types = append(types, n.Type())
	}
	types = append(types, gorgonia.TypeOf(out))
	return node{name, lastID.Add(1), len(inputs), hm.NewFnType(types...), out, do}
}

func (o *node) Arity() int    { return o.in }
func (o *node) Type() hm.Type { return o.typ }
func (o *node) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return o.out.Shape().Clone(), nil
}
func (o *node) Do(in ...gorgonia.Value) (gorgonia.Value, error) { return o.do(in...) }
func (o *node) ReturnsPtr() bool                                { return true }
func (o *node) CallsExtern() bool                               { return false }
func (o *node) OverwritesInput() int                            { return -1 }
func (o *node) WriteHash(h hash.Hash)                           { fmt.Fprint(h, o.String()) }
func (o *node) String() string                                  { return fmt.Sprintf("%s#%d", o.name, o.id) }

func (o *node) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// differentiable is a node that implements gorgonia.SDOp too, so that it can be
// differentiated.
type differentiable struct {
	node
	op *Op
}

func (o *differentiable) DiffWRT(int) []bool {
	wrt := make([]bool, len(o.op.Grads))
	for i, g := range o.op.Grads {
		wrt[i] = g != nil
	}
	return wrt
}

func (o *differentiable) SymDiff(inputs gorgonia.Nodes, output, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	// The backward node does not read the output. It is an input so that the forward call
	// comes first, because a loss computes its gradient there.
	children := append(append(gorgonia.Nodes{}, inputs...), output, dy)
	grads := make(gorgonia.Nodes, len(inputs))
	var first *gorgonia.Node
	for i, g := range o.op.Grads {
		if g == nil {
			continue
		}
		if first != nil {
			pick := newNode(fmt.Sprintf("%s-grad%d", o.name, i), g, gorgonia.Nodes{first}, func(...gorgonia.Value) (gorgonia.Value, error) {
				return g, nil
			})
			var err error
			if grads[i], err = gorgonia.ApplyOp(&pick, first); err != nil {
				return nil, err
			}
			continue
		}
		backward := newNode(o.name+"-grad", g, children, func(in ...gorgonia.Value) (gorgonia.Value, error) {
			return g, o.op.Backward(in[:len(inputs)], in[len(in)-1])
		})
		var err error
		if first, err = gorgonia.ApplyOp(&backward, children...); err != nil {
			return nil, err
		}
		grads[i] = first
	}
	return grads, nil
}
