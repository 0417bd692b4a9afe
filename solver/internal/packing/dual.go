package packing

import "math"

// dualStep makes a step of the dual simplex method. All reduced costs must be ≤ 0, and
// stay so, while variables below 0 are removed one by one. It returns false if there is
// none.
func (s *simplex) dualStep() bool {
	out := s.mostNegative()
	if out == none {
		return false
	}
	in := s.dualRatio(out)
	if in == none { // only rounding errors lead here: y = 0 keeps all capacities
		s.restart()
		return false
	}
	gain := s.reducedCost(in)
	s.direction(in)
	s.rates(in)
	s.pivot(step{in: in, out: out, gain: gain})
	return true
}

// mostNegative returns the basic variable with the least value, or none if that is 0.
func (s *simplex) mostNegative() variable {
	out, least := none, -tiny
	for b, v := range s.y {
		if v < least {
			out, least = multiplierOf(s.basic[b]), v
		}
	}
	for e, v := range s.slack {
		if v < least {
			out, least = slackOf(int32(e)), v
		}
	}
	return out
}

// dualRatio chooses the entering variable for a leaving one that is below 0. It has the
// smallest ratio of reduced cost to pivot, and among about equal ratios the largest pivot.
func (s *simplex) dualRatio(out variable) variable {
	s.pivotRow(out)
	for t, e := range s.tight {
		s.rowOf[e] = s.row[t]
	}
	if out.isSlack() {
		s.rowOf[out.bond] = 1
	}
	in, ratio, pivot := none, math.Inf(1), 0.0
	consider := func(v variable, p float64) {
		if p >= -tiny {
			return
		}
		r := max(-s.reducedCost(v), 0) / -p
		if r < ratio-tiny || r < ratio+tiny && p < pivot {
			in, ratio, pivot = v, r, p
		}
	}
	for _, e := range s.tight {
		consider(slackOf(e), s.rowOf[e])
	}
	for c := range s.columns {
		if s.columns[c].place >= 0 {
			continue
		}
		p := 0.0
		for _, e := range s.columns[c].bonds {
			p += s.rowOf[e]
		}
		consider(multiplierOf(int32(c)), p)
	}
	for _, e := range s.tight {
		s.rowOf[e] = 0
	}
	if out.isSlack() {
		s.rowOf[out.bond] = 0
	}
	return in
}
