package solver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"spinlearn/ising"
)

var (
	// ErrSettings is wrapped by every error about a setting out of its range.
	ErrSettings = errors.New("solver: invalid settings")
	// ErrTooLarge is wrapped where a search does not fit the instance.
	ErrTooLarge = errors.New("solver: instance too large")
)

// A Solver looks for a ground state. It is safe for concurrent use.
type Solver interface {
	// Name is unique among solvers and stands on the command line.
	Name() string
	// Check returns the error that says why the solver does not take an instance, else nil.
	Check(in *ising.Instance) error
	// Solve looks for a configuration of low energy until the budget is used or the
	// search is over by itself. If ctx ends, it returns the best configuration so far
	// together with an error that wraps ctx.Err().
	Solve(ctx context.Context, in *ising.Instance, budget Budget, rng *rand.Rand) (*Result, error)
}

// A Batcher is a solver that takes many instances together, which is faster than one by one.
type Batcher interface {
	Solver
	// Prepare does what Solve and SolveAll would do first, whatever the couplings, so that it
	// need not count as solving.
	Prepare(instances ...*ising.Instance) error
	// SolveAll solves instances without a budget. If ctx ends, the error wraps ctx.Err().
	SolveAll(ctx context.Context, instances []*ising.Instance) ([]*Result, error)
}

// A Budget says when to end a search. The zero Budget lets it end by itself.
type Budget struct {
	// Limit is the longest that the search may take, ≥ 0; 0 is no limit.
	Limit time.Duration
	// Clock is what the limit is read off, such as the CPU time of the process; nil is the
	// wall clock.
	Clock func() time.Duration
	// Target is an energy that is low enough; nil is none.
	Target *float64
}

// Check refuses limits that mean nothing.
func (b Budget) Check() error {
	if b.Limit < 0 {
		return fmt.Errorf("%w: time limit %v, want at least 0", ErrSettings, b.Limit)
	}
	if b.Target != nil && math.IsNaN(*b.Target) {
		return fmt.Errorf("%w: target energy NaN, want a number", ErrSettings)
	}
	return nil
}

// Reached reports whether an energy of the instance is as low as the target.
func (b Budget) Reached(in *ising.Instance, energy float64) bool {
	return b.Target != nil && !in.Below(*b.Target, energy)
}

// Start begins to count the time, so that a search calls it before anything that takes long.
func (b Budget) Start(ctx context.Context) *Watch {
	w := &Watch{ctx: ctx, limit: b.Limit, now: b.Clock}
	if w.now == nil {
		begin := time.Now()
		w.now = func() time.Duration { return time.Since(begin) }
	}
	w.begin, w.wall = w.now(), time.Now()
	return w
}

// A Watch tells a search when to stop. It reads its clock whenever it is asked: timers are
// served late, up to 10 ms on one core, where all threads compute.
type Watch struct {
	ctx   context.Context
	now   func() time.Duration
	begin time.Duration
	wall  time.Time
	limit time.Duration // 0 for none
}

// Err returns the error of the context, [context.DeadlineExceeded] once the limit has
// passed, else nil.
func (w *Watch) Err() error {
	if err := w.ctx.Err(); err != nil || w.limit == 0 || w.Used() < w.limit {
		return err
	}
	return context.DeadlineExceeded
}

// Used returns the time since the start, and Left what the limit leaves of it.
func (w *Watch) Used() time.Duration { return w.now() - w.begin }
func (w *Watch) Left() time.Duration { return w.limit - w.Used() }

// Sooner returns a watch whose limit, if there is one, comes sooner: what is left is for what
// must still be done when the limit has passed.
func (w *Watch) Sooner(by time.Duration) *Watch {
	sooner := *w
	if w.limit > 0 {
		sooner.limit = max(w.limit-by, 1)
	}
	return &sooner
}

// Limited reports whether there is a time limit.
func (w *Watch) Limited() bool { return w.limit > 0 }

// Result returns the result of a search, without a bound. stopped says that the watch ended
// the search before it was over. If that was by the context, there is an error too.
func (w *Watch) Result(in *ising.Instance, spins []int8, stats Stats, stopped bool) (*Result, error) {
	stats.Elapsed = time.Since(w.wall)
	r := &Result{Spins: spins, Energy: in.Energy(spins), Bound: math.NaN(), Stats: stats}
	if err := w.ctx.Err(); err != nil {
		r.Status = Interrupted
		return r, fmt.Errorf("solver: stopped: %w", err)
	}
	if stopped {
		r.Status = TimeLimit
	}
	return r, nil
}

// CheckStart refuses spins that are no configuration of the instance; nil passes.
func CheckStart(in *ising.Instance, start []int8) error {
	if start == nil {
		return nil
	}
	if len(start) != in.Sites() {
		return fmt.Errorf("%w: start of %d spins, the lattice has %d sites", ErrSettings, len(start), in.Sites())
	}
	for i, s := range start {
		if s != 1 && s != -1 {
			return fmt.Errorf("%w: start has spin %d at site %d, want ±1", ErrSettings, s, i)
		}
	}
	return nil
}

// RandomSpins returns n independent spins from a source of random words.
func RandomSpins(n int, draw func() uint64) []int8 {
	s := make([]int8, n)
	for i := range s {
		s[i] = int8(draw()>>63)*2 - 1
	}
	return s
}
