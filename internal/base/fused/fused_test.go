package fused

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

type float interface{ float32 | float64 }

func dense[T float](v ...T) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(v)), tensor.WithBacking(v))
}

func vector[T float](g *gorgonia.ExprGraph, name string, v ...T) *gorgonia.Node {
	d := dense(v...)
	return gorgonia.NewVector(g, d.Dtype(), gorgonia.WithName(name), gorgonia.WithShape(len(v)), gorgonia.WithValue(d))
}

func values[T float](v gorgonia.Value) []T { return v.Data().([]T) }

// product returns y = a x² elementwise. backwards counts the backward calls; without
// gradA the gradient of a is left out.
func product[T float](n int, gradA bool, backwards *int) *Op {
	out, da, dx := dense(make([]T, n)...), dense(make([]T, n)...), dense(make([]T, n)...)
	op := &Op{
		Name: "ax2", Out: out, Grads: []*tensor.Dense{nil, dx},
		Forward: func(in []gorgonia.Value) error {
			a, x := values[T](in[0]), values[T](in[1])
			for i, y := range values[T](out) {
				_ = y
				values[T](out)[i] = a[i] * x[i] * x[i]
			}
			return nil
		},
		Backward: func(in []gorgonia.Value, dy gorgonia.Value) error {
			*backwards++
			a, x, d := values[T](in[0]), values[T](in[1]), values[T](dy)
			for i := range d {
				values[T](da)[i] = d[i] * x[i] * x[i]
				values[T](dx)[i] = d[i] * 2 * a[i] * x[i]
			}
			return nil
		},
	}
	if gradA {
		op.Grads[0] = da
	}
	return op
}

func testGradient[T float](t *testing.T) {
	g := gorgonia.NewGraph()
	a, x, w := vector[T](g, "a", 2, 3), vector[T](g, "x", 5, -7), vector[T](g, "w", 1, 10)
	backwards := 0
	y, err := Apply(product[T](2, true, &backwards), a, x)
	if err != nil {
		t.Fatal(err)
	}
	cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(w, y))))
	grads, err := gorgonia.Grad(cost, a, x)
	if err != nil {
		t.Fatal(err)
	}
	m := gorgonia.NewTapeMachine(g)
	defer m.Close()
	for range 2 { // the buffers are filled anew in each run
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			got  gorgonia.Value
			want []T
		}{
			{"y", y.Value(), []T{50, 147}},
			{"dy/da", grads[0].Value(), []T{25, 490}},
			{"dy/dx", grads[1].Value(), []T{20, -420}},
		} {
			if diff := cmp.Diff(c.want, values[T](c.got)); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
			}
		}
		m.Reset()
	}
	if backwards != 2 {
		t.Errorf("%d backward calls in two runs, want one a run", backwards)
	}
}

func TestGradient(t *testing.T) {
	t.Run("float32", testGradient[float32])
	t.Run("float64", testGradient[float64])
}

// TestConstantInput leaves one input without a gradient.
func TestConstantInput(t *testing.T) {
	g := gorgonia.NewGraph()
	a, x := vector(g, "a", 2.0, 3), vector(g, "x", 5.0, -7)
	backwards := 0
	y, err := Apply(product[float64](2, false, &backwards), a, x)
	if err != nil {
		t.Fatal(err)
	}
	grads, err := gorgonia.Grad(gorgonia.Must(gorgonia.Sum(y)), x)
	if err != nil {
		t.Fatal(err)
	}
	m := gorgonia.NewTapeMachine(g)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{20, -42}, values[float64](grads[0].Value())); diff != "" {
		t.Error(diff)
	}
}

// TestScalar has a scalar output, as the losses have.
func TestScalar(t *testing.T) {
	g := gorgonia.NewGraph()
	x := vector(g, "x", float32(3), 4)
	out, dx := gorgonia.NewF32(0), dense(float32(0), 0)
	y, err := Apply(&Op{
		Name: "square-sum", Out: out, Grads: []*tensor.Dense{dx},
		Forward: func(in []gorgonia.Value) error {
			*out = 0
			for _, v := range values[float32](in[0]) {
				*out += gorgonia.F32(v * v)
			}
			return nil
		},
		Backward: func(in []gorgonia.Value, dy gorgonia.Value) error {
			d := dy.Data().(float32)
			for i, v := range values[float32](in[0]) {
				values[float32](dx)[i] = 2 * v * d
			}
			return nil
		},
	}, x)
	if err != nil {
		t.Fatal(err)
	}
	grads, err := gorgonia.Grad(y, x)
	if err != nil {
		t.Fatal(err)
	}
	m := gorgonia.NewTapeMachine(g)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	if got := y.Value().Data().(float32); got != 25 {
		t.Errorf("value %v, want 25", got)
	}
	if diff := cmp.Diff([]float32{6, 8}, values[float32](grads[0].Value())); diff != "" {
		t.Error(diff)
	}
}

func TestNumberOfGradients(t *testing.T) {
	g := gorgonia.NewGraph()
	x := vector(g, "x", 1.0)
	_, err := Apply(product[float64](1, true, new(int)), x)
	if err == nil || !strings.Contains(err.Error(), "ax2 has 2 gradients for 1 inputs") {
		t.Errorf("error %v", err)
	}
}

// TestNotMerged has two operations that Gorgonia would take for one by their names
// and inputs.
func TestNotMerged(t *testing.T) {
	g := gorgonia.NewGraph()
	a, x := vector(g, "a", 1.0), vector(g, "x", 3.0)
	one := product[float64](1, true, new(int))
	two := product[float64](1, true, new(int))
	two.Forward = func([]gorgonia.Value) error {
		values[float64](two.Out)[0] = -1
		return nil
	}
	y, err1 := Apply(one, a, x)
	z, err2 := Apply(two, a, x)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if y == z || y.Hashcode() == z.Hashcode() {
		t.Fatal("two operations became one node")
	}
	m := gorgonia.NewTapeMachine(g)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	if got, want := values[float64](y.Value())[0], 9.0; got != want {
		t.Errorf("first value %v, want %v", got, want)
	}
	if got, want := values[float64](z.Value())[0], -1.0; got != want {
		t.Errorf("second value %v, want %v", got, want)
	}
}

// TestErrors requires that the errors of forward and backward end the run.
func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, stage := range []string{"forward", "backward"} {
		t.Run(stage, func(t *testing.T) {
			g := gorgonia.NewGraph()
			a, x := vector(g, "a", 1.0), vector(g, "x", 3.0)
			op := product[float64](1, true, new(int))
			if stage == "forward" {
				op.Forward = func([]gorgonia.Value) error { return broken }
			} else {
				op.Backward = func([]gorgonia.Value, gorgonia.Value) error { return broken }
			}
			y, err := Apply(op, a, x)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := gorgonia.Grad(gorgonia.Must(gorgonia.Sum(y)), a, x); err != nil {
				t.Fatal(err)
			}
			m := gorgonia.NewTapeMachine(g)
			defer m.Close()
			if err := m.RunAll(); err == nil || !strings.Contains(err.Error(), "broken") {
				t.Errorf("error %v, want that of %s", err, stage)
			}
		})
	}
}
