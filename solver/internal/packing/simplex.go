package packing

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

const (
	// tiny is the size up to which reduced costs, pivots and violated capacities
	// count as zero.
	tiny = 1e-9
	// negligible is the size below which an entry of a direction is set to zero.
	negligible = 1e-12
	// safePivot is the least pivot with which a new inverse is computed.
	safePivot = 1e-6
	// drift is the rounding error in the capacity of a tight bond, or in the reduced
	// cost of a basic cycle, above which the inverse is computed anew.
	drift = 1e-8
)

// simplex solves the linear program
//
//	max Σ y_C   with   Σ_{C∋e} y_C + slack_e = capacity_e,   y ≥ 0, slack ≥ 0
//
// by the revised simplex method, started from y = 0. The cycles known so far are its
// columns.
//
// A basis consists of k basic cycles and the slacks of all but k bonds. The other k bonds
// are tight: their slack is 0, and only they have a price x ≠ 0. Cycles that are not
// basic have y = 0.
type simplex struct {
	capacity []float64
	x        []float64 // price of a bond: rise of the value per unit of its capacity
	slack    []float64 // of a bond, 0 if it is tight

	columns []column
	basic   []int32   // the basic cycles, as indices of columns
	y       []float64 // multipliers of the basic cycles
	tight   []int32   // the tight bonds
	place   []int32   // of a bond in tight, -1 if it is not tight
	through [][]int32 // basic cycles through a bond

	// inverse[t][b] is the rise of y[b] per unit of the capacity of bond tight[t]: the
	// inverse of the k × k matrix that says which tight bond lies on which basic cycle.
	// Each inverse[t] is called the response to its bond.
	inverse [][]float64

	candidates []candidate // columns to choose from; see price
	offers     []candidate

	// What a unit of the entering variable changes; see step.
	d       []float64 // fall of y
	nonzero []int32   // places where d is not 0
	rate    []float64 // fall of slack, by bond
	touched []int32   // all bonds whose rate is not 0; a bond may be listed twice
	row     []float64 // rise of the leaving variable per unit of a tight bond's capacity
	rowOf   []float64 // the same by bond; see dualStep

	pivots   int
	restarts int
}

// A column is a cycle that may be packed.
type column struct {
	bonds []int32
	place int32 // in basic, -1 if the cycle is not basic
}

// A variable of the program is the multiplier of a column or the slack of a bond. The
// other field is -1.
type variable struct{ column, bond int32 }

func multiplierOf(column int32) variable { return variable{column, -1} }
func slackOf(bond int32) variable        { return variable{-1, bond} }
func (v variable) isSlack() bool         { return v.column < 0 }

var none = variable{-1, -1}

func newSimplex(capacity []float64) *simplex {
	m := len(capacity)
	s := &simplex{capacity: capacity, x: make([]float64, m), slack: make([]float64, m), place: make([]int32, m),
		through: make([][]int32, m), rate: make([]float64, m), rowOf: make([]float64, m)}
	s.reset()
	return s
}

// reset returns to the basis without cycles: y = 0, and no bond is tight.
func (s *simplex) reset() {
	for _, c := range s.basic {
		s.columns[c].place = -1
	}
	s.basic, s.y, s.tight, s.inverse = s.basic[:0], s.y[:0], s.tight[:0], s.inverse[:0]
	for e := range s.place {
		s.place[e] = -1
		s.through[e] = s.through[e][:0]
	}
	clear(s.x)
	copy(s.slack, s.capacity)
}

// add adds a column, which does not enter the basis yet.
func (s *simplex) add(bonds []int32) {
	s.columns = append(s.columns, column{bonds, -1})
	s.candidates = s.candidates[:0] // the new one may be better
}

// value returns Σ y.
func (s *simplex) value() float64 { return floats.Sum(s.y) }

// reducedCost returns the rise of the value per unit of a variable.
func (s *simplex) reducedCost(v variable) float64 {
	if v.isSlack() {
		return -s.x[v.bond]
	}
	r := 1.0
	for _, e := range s.columns[v.column].bonds {
		r -= s.x[e]
	}
	return r
}

// restart gives the basis up and begins anew with y = 0.
func (s *simplex) restart() {
	s.restarts++
	s.candidates = s.candidates[:0]
	s.reset()
}

// compute computes multipliers, slacks and prices anew from the inverse.
func (s *simplex) compute() {
	clear(s.y)
	clear(s.x)
	copy(s.slack, s.capacity)
	for t, e := range s.tight {
		floats.AddScaled(s.y, s.capacity[e], s.inverse[t])
		s.x[e] = floats.Sum(s.inverse[t])
		s.slack[e] = 0
	}
	for b, c := range s.basic {
		for _, e := range s.columns[c].bonds {
			if s.place[e] < 0 {
				s.slack[e] -= s.y[b]
			}
		}
	}
}

// drifted reports whether rounding errors have spoilt the inverse: the reduced cost of a
// basic cycle and what the basic cycles leave of a tight bond should both be 0.
func (s *simplex) drifted() bool {
	for _, c := range s.basic {
		if !(math.Abs(s.reducedCost(multiplierOf(c))) < drift) {
			return true
		}
	}
	for _, e := range s.tight {
		rest := s.capacity[e]
		for _, c := range s.through[e] {
			rest -= s.y[s.columns[c].place]
		}
		if !(math.Abs(rest) < drift) {
			return true
		}
	}
	return false
}

// repair computes the inverse, multipliers and prices anew. If the result has drifted too,
// the method begins anew with y = 0. When interrupted returns true, repair stops with the
// part of the basis that it has.
func (s *simplex) repair(interrupted func() bool) {
	s.invert(interrupted)
	if s.compute(); s.drifted() {
		s.restart()
	}
}

// invert computes the inverse of the basis anew: its cycles enter one by one, each makes
// the bond with the largest pivot tight. Cycles without a safe pivot are left out.
func (s *simplex) invert(interrupted func() bool) {
	basic, open, pivots := slices.Clone(s.basic), slices.Clone(s.tight), s.pivots
	s.reset()
	for _, c := range basic {
		if interrupted() {
			break
		}
		in := multiplierOf(c)
		s.direction(in)
		s.rates(in)
		best, at := safePivot, -1
		for k, e := range open {
			if v := math.Abs(s.rate[e]); v > best {
				best, at = v, k
			}
		}
		if at >= 0 {
			s.pivot(step{in: in, out: slackOf(open[at]), gain: s.reducedCost(in)})
			open = slices.Delete(open, at, at+1)
		}
	}
	s.pivots = pivots
}

// resize returns v with length n; its contents are undefined.
func resize(v []float64, n int) []float64 {
	if cap(v) < n {
		return make([]float64, n, 2*n)
	}
	return v[:n]
}
