package methods

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spinlearn/cnn"
	"spinlearn/cnn/shipped"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/solvertest"
)

// network returns a model without weights, which is enough for the names of its rows.
func network(target, name string) Network {
	m := &cnn.Model{}
	m.Training.Target, m.Training.Loss.Name = target, cnn.Margin
	return Network{m, name}
}

func names(list []Variant) (names []string) {
	for _, v := range list {
		names = append(names, v.Name)
	}
	return names
}

func TestRows(t *testing.T) {
	c := &Choice{Sweeps: []int{1, 7}, Networks: []Network{network(cnn.Bond, ""), network(cnn.Bond, "(a 1 pass)"), network(cnn.Site, "")}, Passes: []int{1, 3}, Efforts: []int{2}, Workers: 2}
	want := []string{
		"greedy descent", "spanning tree", "spanning tree + descent", "annealing 1 sweep", "annealing 7 sweeps", "16 combined reads of 100 sweeps", "16 combined reads of 1000 sweeps",
		"bond margin 1 pass", "bond margin 1 pass + descent", "bond margin 3 passes", "bond margin 3 passes + descent", "bond margin 2 passes + effort 2",
		"bond margin (a 1 pass) 1 pass", "bond margin (a 1 pass) 1 pass + descent", "bond margin (a 1 pass) 3 passes", "bond margin (a 1 pass) 3 passes + descent", "bond margin (a 1 pass) 2 passes + effort 2",
		"site margin", "site margin + descent",
	}
	rows := Rows(c)
	if diff := cmp.Diff(want, names(rows)); diff != "" {
		t.Error(diff)
	}
	for k, v := range rows {
		p := v.Prediction
		switch {
		case (p != nil) != (k >= 7):
			t.Errorf("%s: prediction %+v", v.Name, p)
		case p != nil && (!strings.HasPrefix(v.Name, v.Curve) || p.Loss != cnn.Margin || !strings.HasPrefix(v.Name, p.Target) ||
			p.Descent != strings.Contains(v.Name, " + ") || p.Effort > 0 != strings.Contains(v.Name, "effort") || p.Passes < 1):
			t.Errorf("%s: curve %q, %+v", v.Name, v.Curve, p)
		}
	}
	if rows[3].Sweeps != 1 || rows[4].Sweeps != 7 || rows[3].Curve != rows[4].Curve {
		t.Errorf("annealing: %+v and %+v", rows[3], rows[4])
	}
}

func TestCurves(t *testing.T) {
	c := &Choice{Networks: []Network{network(cnn.Bond, "(a)"), network(cnn.Site, "(a)")}, Workers: 1}
	var got []string
	for _, v := range Curves(c) {
		if p := v.Prediction; p == nil {
			got = append(got, fmt.Sprint(v.Name, " ", v.Timed))
		} else if v.Curve != p.Target+" margin (a)" || !p.Descent || v.Timed {
			t.Errorf("%+v", v)
		} else {
			got = append(got, fmt.Sprint(p.Target, p.Passes, p.Effort))
		}
	}
	want := []string{
		"spanning tree + descent false", "annealing, one read true", "annealing, multispin true", "annealing, bipartite true", "annealing, lanes true", "annealing, sparse true",
		"tempering true", "refinement true", "exact false",
		"bond1 0", "bond2 0", "bond2 1", "bond2 2", "bond2 3", "bond2 5", "bond2 8", "bond2 16", "bond2 32", "site1 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// All rows and curves end soon when they are told to, and none ends with another error.
func TestVariantsCancelled(t *testing.T) {
	in := solvertest.Draw(t, solvertest.Gaussian, "6x6", "cylinder", 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &Choice{Sweeps: []int{2}, Networks: []Network{{shipped.Model(), ""}}, Passes: []int{1}, Efforts: []int{1}, Workers: 1}
	for _, v := range append(Rows(c), Curves(c)...) {
		if v.Solver.Check(in) != nil {
			continue // an engine
		}
		if _, err := v.Solver.Solve(ctx, in, solver.Budget{}, ising.Stream(1, v.Name, 0)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want one of the context", v.Name, err)
		}
		if b, ok := v.Solver.(solver.Batcher); ok {
			if _, err := b.SolveAll(ctx, []*ising.Instance{in}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: error %v of many, want one of the context", v.Name, err)
			}
		}
	}
}
