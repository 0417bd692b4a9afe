package solver

import (
	"errors"
	"fmt"
	"math"
	"time"

	"spinlearn/ising"
	"spinlearn/solver/certificate"
)

var (
	// ErrSettings is wrapped by every error about a setting out of its range.
	ErrSettings = errors.New("solver: invalid settings")
	// ErrTooLarge is wrapped when an exact method does not fit the lattice.
	ErrTooLarge = errors.New("solver: lattice too large")
)

// Status says what is known of a result.
type Status int

const (
	Heuristic   Status = iota // nothing but the energy
	Proven                    // no energy is lower by more than Rounding
	Interrupted               // the context ended before the solver did
	TimeLimit                 // the time limit of the settings did
)

func (s Status) String() string {
	switch s {
	case Heuristic:
		return "heuristic"
	case Proven:
		return "proven"
	case Interrupted:
		return "interrupted"
	case TimeLimit:
		return "time limit"
	}
	return fmt.Sprintf("Status(%d)", int(s))
}

// A Result is the best configuration that a solver found.
type Result struct {
	Spins  []int8
	Energy float64 // of Spins, summed afresh
	Bound  float64 // a proven lower bound of the ground-state energy; NaN if there is none
	Status Status
	// ReadEnergies are the energies at which the reads of annealing ended, in their order,
	// before reads were combined; nil for other solvers.
	ReadEnergies []float64
	Stats

	// What follows is of [Exact].
	Method Method
	// Scale is the factor by which couplings are multiplied and then rounded to integers.
	// Rounding is the most by which that changes any energy; the bound is lowered by it.
	// See [ising.Integers].
	Scale, Rounding float64
	// Certificate proves the bound, or a lower one where the search itself is the proof. It
	// is not sealed; nil if there is none.
	Certificate *certificate.Certificate

	// BoundStopped is the time after which [Solve] ended the search for a better bound; 0 if
	// that search came to its own end, or was not made.
	BoundStopped time.Duration
}

// Equilibrated reports whether at least two independent runs and half of all reached the
// energy: equilibrium for the purpose of finding the ground state, though no proof.
func (r *Result) Equilibrated() bool { return r.Hits >= 2 && 2*r.Hits >= r.Reads }

// Stats counts the work behind a result.
type Stats struct {
	Reads  int // independent runs that were begun
	Hits   int // of them, those that reached the energy by themselves; 0 if they were not counted
	Sweeps int // over all reads
	// Updates counts proposed spin flips. A sweep of the Bipartite engine counts for all
	// spins: those it proposes to flip and those that it keeps at their best.
	Updates int64
	Flips   int64 // accepted spin flips, where the engine counts them
	Elapsed time.Duration
}

// heuristic returns a result without a bound.
func heuristic(in *ising.Instance, spins []int8, stats Stats, start time.Time) *Result {
	stats.Elapsed = time.Since(start)
	return &Result{Spins: spins, Energy: in.Energy(spins), Bound: math.NaN(), Stats: stats}
}

// interrupted marks a result as cut short and returns the error that goes with it.
func interrupted(r *Result, cause error) (*Result, error) {
	r.Status = Interrupted
	return r, fmt.Errorf("solver: stopped: %w", cause)
}

// checkStart refuses a start configuration that is not one of the instance.
func checkStart(in *ising.Instance, start []int8) error {
	if start == nil {
		return nil
	}
	if len(start) != in.Sites() {
		return fmt.Errorf("%w: Start has %d spins, the lattice %d sites", ErrSettings, len(start), in.Sites())
	}
	for i, s := range start {
		if s != 1 && s != -1 {
			return fmt.Errorf("%w: Start[%d] = %d, want ±1", ErrSettings, i, s)
		}
	}
	return nil
}
