package packing

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

const (
	// keptCandidates is the length of the list of good columns. A new list is made when
	// none of them raises the value any more.
	keptCandidates = 64
	// keptOffers is the number of variables that are compared by steepest edge.
	keptOffers = 8
)

// A candidate is a variable that would raise the value.
type candidate struct {
	variable
	cost  float64 // reduced cost
	score float64 // estimate of the reduced cost per length of the edge
}

// price chooses the entering variable and returns its reduced cost, 0 at the optimum.
//
// This is partial pricing: the best few of a list of good columns and of the slacks are
// found by their scores. Among these few, the variable with the steepest edge enters: the
// value rises most per length of the step. That takes a direction for each of them, but
// saves about half of the pivots in three dimensions.
func (s *simplex) price() (variable, float64) {
	s.updateCandidates()
	if len(s.candidates) == 0 {
		s.findCandidates()
	}
	s.offers = append(s.offers[:0], s.candidates...)
	for _, e := range s.tight {
		if cost := -s.x[e]; cost > tiny {
			s.offers = append(s.offers, candidate{slackOf(e), cost, cost})
		}
	}
	s.offers = bestOf(s.offers, keptOffers)
	in, cost, steepest := none, 0.0, 0.0
	for _, o := range s.offers {
		s.direction(o.variable)
		if v := o.cost * o.cost / (1 + floats.Dot(s.d, s.d)); v > steepest {
			in, cost, steepest = o.variable, o.cost, v
		}
	}
	return in, cost
}

// updateCandidates removes columns that no longer raise the value.
func (s *simplex) updateCandidates() {
	kept := s.candidates[:0]
	for _, k := range s.candidates {
		if k, ok := s.candidate(k.column); ok {
			kept = append(kept, k)
		}
	}
	s.candidates = kept
}

// findCandidates makes a new list from all columns.
func (s *simplex) findCandidates() {
	for c := range s.columns {
		if k, ok := s.candidate(int32(c)); ok {
			s.candidates = append(s.candidates, k)
		}
	}
	s.candidates = bestOf(s.candidates, keptCandidates)
}

// candidate returns column c as a candidate, and whether it would raise the value.
func (s *simplex) candidate(c int32) (candidate, bool) {
	if s.columns[c].place >= 0 {
		return candidate{}, false
	}
	v := multiplierOf(c)
	cost := s.reducedCost(v)
	return candidate{v, cost, cost / math.Sqrt(float64(len(s.columns[c].bonds)))}, cost > tiny
}

// bestOf returns the n candidates with the highest scores, best first.
func bestOf(list []candidate, n int) []candidate {
	slices.SortFunc(list, func(a, b candidate) int {
		if a.score != b.score {
			return cmp.Compare(b.score, a.score)
		}
		return cmp.Or(cmp.Compare(a.column, b.column), cmp.Compare(a.bond, b.bond))
	})
	return list[:min(n, len(list))]
}
