package losses

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"spinlearn/internal/base/fused"
	"spinlearn/internal/base/parallel"
)

// Node adds a loss to the graph: the mean over the batch of [Mean], or of [Symmetric] if
// symmetric is set. Logits z, labels y and costs c have the same shape, with the batch as
// its first axis, and the same type, float32 or float64. Only z is differentiated. The value
// does not depend on the number of workers, at least 1. Node returns an error if shapes
// differ.
func Node(loss Loss, z, y, c *gorgonia.Node, symmetric bool, workers int) (*gorgonia.Node, error) {
	if !z.Shape().Eq(y.Shape()) || !z.Shape().Eq(c.Shape()) {
		return nil, fmt.Errorf("losses: logits %v, labels %v and costs %v differ in shape", z.Shape(), y.Shape(), c.Shape())
	}
	if z.Dtype() == tensor.Float64 {
		return pointwise[float64](loss, symmetric, workers, z, y, c)
	}
	return pointwise[float32](loss, symmetric, workers, z, y, c)
}

func pointwise[T Float](loss Loss, symmetric bool, workers int, z, y, c *gorgonia.Node) (*gorgonia.Node, error) {
	mean := Mean[T]
	if symmetric {
		mean = Symmetric[T]
	}
	return perInstance("loss", workers, func(grad, z []T, rest [][]T) float64 {
		return mean(grad, z, rest[0], rest[1], loss)
	}, z, y, c)
}

// TrueEnergyNode adds the mean over the batch of [TrueEnergy] to the graph. z has shape
// (batch, rows, cols, 1) and J (batch, rows, cols, 2), for the bonds down and to the right;
// other shapes are an error. The temperature is read at each run, so that it may change
// between steps.
func TrueEnergyNode(z, J *gorgonia.Node, temperature *float64, workers int) (*gorgonia.Node, error) {
	s, sj := z.Shape(), J.Shape()
	if len(s) != 4 || s[3] != 1 || len(sj) != 4 || !s[:3].Eq(sj[:3]) || sj[3] != 2 {
		return nil, fmt.Errorf("losses: logits %v and couplings %v, want (batch, rows, cols, 1) and (batch, rows, cols, 2)", s, sj)
	}
	if z.Dtype() == tensor.Float64 {
		return trueEnergy[float64](z, J, temperature, workers)
	}
	return trueEnergy[float32](z, J, temperature, workers)
}

func trueEnergy[T Float](z, J *gorgonia.Node, temperature *float64, workers int) (*gorgonia.Node, error) {
	rows, cols := z.Shape()[1], z.Shape()[2]
	return perInstance("true-energy", workers, func(grad, z []T, rest [][]T) float64 {
		return TrueEnergy(grad, z, rest[0], rows, cols, *temperature)
	}, z, J)
}

// perInstance adds the mean over the batch of f to the graph. f is called for each instance
// with its part of the logits z and of the other inputs. It returns the value for the
// instance and stores the gradient with respect to z in grad.
func perInstance[T Float](name string, workers int, f func(grad, z []T, rest [][]T) float64, z *gorgonia.Node, rest ...*gorgonia.Node) (*gorgonia.Node, error) {
	batch := z.Shape()[0]
	slope := tensor.New(tensor.Of(z.Dtype()), tensor.WithShape(z.Shape()...)) // gradients of the values of the instances
	grad := tensor.New(tensor.Of(z.Dtype()), tensor.WithShape(z.Shape()...))
	value, set := scalar(z.Dtype())
	part := func(v gorgonia.Value, k int) []T {
		d := v.Data().([]T)
		n := len(d) / batch
		return d[k*n : (k+1)*n]
	}
	values := make([]float64, batch)
	parts := make([][][]T, batch)
	for k := range parts {
		parts[k] = make([][]T, len(rest))
	}
	op := &fused.Op{
		Name: name,
		Out:  value,
		Forward: func(in []gorgonia.Value) error {
			parallel.Do(workers, batch, func(k int) {
				for i, v := range in[1:] {
					parts[k][i] = part(v, k)
				}
				values[k] = f(part(slope, k), part(in[0], k), parts[k])
			})
			sum := 0.0
			for _, v := range values {
				sum += v
			}
			set(sum / float64(batch))
			return nil
		},
		Grads: append([]*tensor.Dense{grad}, make([]*tensor.Dense, len(rest))...),
		Backward: func(_ []gorgonia.Value, dy gorgonia.Value) error {
			scale := dy.Data().(T) / T(batch)
			g := grad.Data().([]T)
			for i, v := range slope.Data().([]T) {
				g[i] = v * scale
			}
			return nil
		},
	}
	return fused.Apply(op, append(gorgonia.Nodes{z}, rest...)...)
}

// scalar returns a scalar value of the type and a function that sets it.
func scalar(dt tensor.Dtype) (gorgonia.Value, func(float64)) {
	if dt == tensor.Float64 {
		v := gorgonia.NewF64(0)
		return v, func(x float64) { *v = gorgonia.F64(x) }
	}
	v := gorgonia.NewF32(0)
	return v, func(x float64) { *v = gorgonia.F32(x) }
}
