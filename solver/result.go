package solver

import (
	"fmt"
	"time"

	"spinlearn/solver/certificate"
)

// Status says what is known of a result.
type Status int

const (
	Heuristic   Status = iota // nothing but the energy, and a bound if there is one
	Proven                    // no energy is lower by more than the instance's rounding
	Interrupted               // the context ended before the search did
	TimeLimit                 // the time limit did
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

// A Result is the best configuration that a search found.
type Result struct {
	Spins  []int8
	Energy float64 // of Spins, summed afresh
	Bound  float64 // a proven lower bound of the ground-state energy; NaN if there is none
	Status Status
	// Proof proves the bound, or a lower one where the search itself is the proof. It is not
	// sealed; nil if there is none.
	Proof *certificate.Certificate
	// BoundStopped is the time after which a search that nobody limited was not let go on
	// with its bound; 0 if the bound could rise no further.
	BoundStopped time.Duration
	Stats
}

// Equilibrated reports whether at least two independent runs and half of all reached the
// energy: equilibrium for the purpose of finding the ground state, though no proof.
func (r *Result) Equilibrated() bool { return r.Hits >= 2 && 2*r.Hits >= r.Reads }

// Stats counts the work behind a result.
type Stats struct {
	Search string // what found it, such as the engine of annealing or the kind of proof
	Reads  int    // independent runs that were begun
	Hits   int    // of them, those that reached the energy by themselves; 0 if they were not counted
	// ReadEnergies are the energies at which independent runs ended, in their order, before
	// they were combined; nil if they were not kept.
	ReadEnergies []float64
	Sweeps       int // over all reads
	// Updates counts proposed spin flips. A sweep of a bipartite graph counts for all spins:
	// those it proposes to flip and those that it keeps at their best.
	Updates int64
	Flips   int64 // accepted spin flips, where they are counted
	Elapsed time.Duration
}
