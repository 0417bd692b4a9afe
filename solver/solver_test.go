package solver_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/solvertest"
)

func TestStatusString(t *testing.T) {
	for s, want := range map[solver.Status]string{
		solver.Heuristic: "heuristic", solver.Proven: "proven", solver.Interrupted: "interrupted", solver.TimeLimit: "time limit", 7: "Status(7)",
	} {
		if got := s.String(); got != want {
			t.Errorf("%d: %q, want %q", int(s), got, want)
		}
	}
}

func TestBudgetCheck(t *testing.T) {
	for _, budget := range []solver.Budget{{}, {Limit: time.Second}, {Target: new(-3.5)}, {Target: new(math.Inf(-1))}} {
		if err := budget.Check(); err != nil {
			t.Errorf("%+v: %v", budget, err)
		}
	}
	for want, budget := range map[string]solver.Budget{
		"time limit -1s": {Limit: -time.Second}, "target energy NaN": {Target: new(math.NaN())},
	} {
		if err := budget.Check(); !errors.Is(err, solver.ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A target is reached by what is as low but for rounding, and none by nothing.
func TestBudgetReached(t *testing.T) {
	in := solvertest.Draw(t, solvertest.Gaussian, "4x4", "periodic", 0)
	off := in.Rounding()
	for _, c := range []struct {
		target *float64
		energy float64
		want   bool
	}{
		{nil, math.Inf(-1), false}, {new(-3.0), -3, true}, {new(-3.0), -4, true}, {new(-3.0), -2, false},
		{new(-3.0), -3 + off/2, true}, {new(-3.0), -3 + 3*off, false},
	} {
		if got := (solver.Budget{Target: c.target}).Reached(in, c.energy); got != c.want {
			t.Errorf("target %v, energy %v: reached %v", c.target, c.energy, got)
		}
	}
}

// A watch counts from its start, ends at the limit and no sooner, and with its context.
func TestWatch(t *testing.T) {
	in := solvertest.Draw(t, solvertest.Gaussian, "4x4", "periodic", 0)
	up := slices.Repeat([]int8{1}, in.Sites())
	ctx, cancel := context.WithCancel(t.Context())
	now := time.Hour
	w := solver.Budget{Limit: time.Second, Clock: func() time.Duration { return now }}.Start(ctx)
	state := func() (solver.Status, error) {
		t.Helper()
		r, err := w.Result(in, up, solver.Stats{Reads: 3}, w.Err() != nil)
		if err != nil && !strings.Contains(err.Error(), "stopped") {
			t.Errorf("error %v", err)
		}
		if solvertest.CheckResult(t, in, r); r.Reads != 3 || !math.IsNaN(r.Bound) || r.Proof != nil {
			t.Errorf("result %+v", r)
		}
		return r.Status, err
	}
	if now += time.Second - 1; w.Err() != nil || w.Used() != time.Second-1 || w.Left() != 1 || !w.Limited() {
		t.Errorf("just before the limit: %v, %v used, %v left", w.Err(), w.Used(), w.Left())
	}
	if s, err := state(); s != solver.Heuristic || err != nil {
		t.Errorf("just before the limit: %v, %v", s, err)
	}
	if now++; w.Err() != context.DeadlineExceeded || w.Left() != 0 {
		t.Errorf("at the limit: %v, %v left", w.Err(), w.Left())
	}
	if s, err := state(); s != solver.TimeLimit || err != nil {
		t.Errorf("at the limit: %v, %v", s, err)
	}
	cancel()
	if s, err := state(); w.Err() != context.Canceled || s != solver.Interrupted || !errors.Is(err, context.Canceled) {
		t.Errorf("with the context at an end: %v, %v, %v", w.Err(), s, err)
	}
	endless := solver.Budget{Clock: func() time.Duration { return now }}.Start(t.Context())
	if now += 1000 * time.Hour; endless.Err() != nil || endless.Limited() {
		t.Errorf("without a limit: %v", endless.Err())
	}
	wall := solver.Budget{Limit: time.Nanosecond}.Start(t.Context())
	if time.Sleep(time.Microsecond); wall.Err() != context.DeadlineExceeded {
		t.Errorf("the wall clock does not move: %v used", wall.Used())
	}
}

func TestCheckStart(t *testing.T) {
	in := solvertest.Draw(t, solvertest.Gaussian, "3x3", "free", 0)
	for _, start := range [][]int8{nil, {1, -1, 1, -1, 1, 1, -1, -1, -1}} {
		if err := solver.CheckStart(in, start); err != nil {
			t.Errorf("%v: %v", start, err)
		}
	}
	for want, start := range map[string][]int8{
		"start of 2 spins, the lattice has 9 sites": {1, 1}, "start of 0 spins": {}, "spin 0 at site 4": {1, 1, 1, 1, 0, 1, 1, 1, 1}, "spin 2 at site 0": {2, 1, 1, 1, 1, 1, 1, 1, 1},
	} {
		if err := solver.CheckStart(in, start); !errors.Is(err, solver.ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestEquilibrated(t *testing.T) {
	for _, c := range []struct {
		reads, hits int
		want        bool
	}{{1, 1, false}, {2, 2, true}, {4, 1, false}, {4, 2, true}, {5, 2, false}, {5, 3, true}, {10, 0, false}} {
		r := solver.Result{Stats: solver.Stats{Reads: c.reads, Hits: c.hits}}
		if got := r.Equilibrated(); got != c.want {
			t.Errorf("%d hits of %d: %v", c.hits, c.reads, got)
		}
	}
}

func TestRandomSpins(t *testing.T) {
	const n = 10000
	s, again := solver.RandomSpins(n, ising.Stream(1, "spins", 0).Uint64), solver.RandomSpins(n, ising.Stream(1, "spins", 0).Uint64)
	sum, pairs := 0, 0
	for i, v := range s {
		if v != 1 && v != -1 {
			t.Fatalf("spin %d is %d", i, v)
		}
		sum += int(v)
		pairs += int(v * s[(i+1)%n])
	}
	// Five standard deviations of a sum of n signs.
	if !slices.Equal(s, again) || sum*sum > 25*n || pairs*pairs > 25*n {
		t.Errorf("sum %d, neighbours %d, the same again %v", sum, pairs, slices.Equal(s, again))
	}
}
