package packing

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// A step exchanges two variables. The entering one, in, rises from 0 to length, and the
// basic variables change along. The leaving one, out, thereby falls to 0 and in takes its
// place in the basis.
type step struct {
	in, out variable
	gain    float64 // reduced cost of in
	fall    float64 // of out per unit of in: the pivot
	length  float64
}

// primalStep makes a step that raises the value and returns true, or returns false at the
// optimum.
func (s *simplex) primalStep() bool {
	in, gain := s.price()
	if gain == 0 {
		return false
	}
	s.direction(in)
	s.rates(in)
	if out, ok := s.ratio(); ok {
		s.pivot(step{in: in, out: out, gain: gain})
	} else { // only rounding errors lead here: the value is bounded
		s.restart()
	}
	return true
}

// direction computes d for an entering variable.
func (s *simplex) direction(in variable) {
	s.d = resize(s.d, len(s.basic))
	clear(s.d)
	if in.isSlack() {
		copy(s.d, s.inverse[s.place[in.bond]])
		return
	}
	for _, e := range s.columns[in.column].bonds {
		if t := s.place[e]; t >= 0 {
			floats.Add(s.d, s.inverse[t])
		}
	}
}

// rates computes nonzero, rate and touched for an entering variable, after direction.
func (s *simplex) rates(in variable) {
	for _, e := range s.touched {
		s.rate[e] = 0
	}
	s.touched = s.touched[:0]
	if !in.isSlack() {
		for _, e := range s.columns[in.column].bonds {
			if s.place[e] < 0 {
				s.rate[e]++
				s.touched = append(s.touched, e)
			}
		}
	}
	s.nonzero = s.nonzero[:0]
	for b, v := range s.d {
		if math.Abs(v) < negligible {
			s.d[b] = 0
			continue
		}
		s.nonzero = append(s.nonzero, int32(b))
		for _, e := range s.columns[s.basic[b]].bonds {
			if s.place[e] < 0 {
				s.rate[e] -= v
				s.touched = append(s.touched, e)
			}
		}
	}
}

// ratio chooses the leaving variable, or returns false if no variable falls. This is
// Harris's ratio test: variables may become negative by up to tiny, and among those that
// reach that limit first the one with the largest pivot leaves.
func (s *simplex) ratio() (variable, bool) {
	first := math.Inf(1)
	for _, b := range s.nonzero {
		if v := s.d[b]; v > tiny {
			first = min(first, (s.y[b]+tiny)/v)
		}
	}
	for _, e := range s.touched {
		if v := s.rate[e]; v > tiny {
			first = min(first, (s.slack[e]+tiny)/v)
		}
	}
	out, pivot := none, tiny
	for _, b := range s.nonzero {
		if v := s.d[b]; v > pivot && s.y[b] <= first*v {
			out, pivot = multiplierOf(s.basic[b]), v
		}
	}
	for _, e := range s.touched {
		if v := s.rate[e]; v > pivot && s.slack[e] <= first*v {
			out, pivot = slackOf(e), v
		}
	}
	return out, pivot > tiny
}

// pivotRow computes row for a leaving variable.
func (s *simplex) pivotRow(out variable) {
	s.row = resize(s.row, len(s.tight))
	if !out.isSlack() {
		b := s.columns[out.column].place
		for t, response := range s.inverse {
			s.row[t] = response[b]
		}
		return
	}
	clear(s.row)
	for _, c := range s.through[out.bond] {
		b := s.columns[c].place
		for t, response := range s.inverse {
			s.row[t] -= response[b]
		}
	}
}

// pivot makes a step of which in, out and gain are given. direction and rates have been
// called for in.
func (s *simplex) pivot(p step) {
	s.pivots++
	s.pivotRow(p.out)
	var left float64
	if p.out.isSlack() {
		p.fall, left = s.rate[p.out.bond], s.slack[p.out.bond]
	} else {
		b := s.columns[p.out.column].place
		p.fall, left = s.d[b], s.y[b]
	}
	p.length = max(left/p.fall, 0)
	s.move(p)
	s.eliminate(p)
	switch in, out := p.in.isSlack(), p.out.isSlack(); {
	case !in && !out:
		s.swapCycles(p)
	case !in && out:
		s.grow(p)
	case in && !out:
		s.shrink(p)
	default:
		s.swapBonds(p)
	}
}

// move changes the values of the basic variables.
func (s *simplex) move(p step) {
	for _, b := range s.nonzero {
		s.y[b] -= p.length * s.d[b]
	}
	for _, e := range s.touched {
		s.slack[e] -= p.length * s.rate[e]
		s.rate[e] = 0 // the bond may come once more
	}
	s.touched = s.touched[:0]
}

// eliminate changes prices and inverse for the bonds that were tight before and stay so:
// row becomes the rise of the entering variable per unit of their capacity, and with the
// entering variable the others change in proportion to d.
func (s *simplex) eliminate(p step) {
	released := int32(-1)
	if p.in.isSlack() {
		released = s.place[p.in.bond]
	}
	dense := 4*len(s.nonzero) > len(s.d)
	for t, v := range s.row {
		if v == 0 {
			continue
		}
		v /= p.fall
		s.row[t] = v
		s.x[s.tight[t]] += p.gain * v
		switch response := s.inverse[t]; {
		case int32(t) == released:
		case dense:
			floats.AddScaled(response, -v, s.d)
		default:
			for _, b := range s.nonzero {
				response[b] -= v * s.d[b]
			}
		}
	}
}

// swapCycles puts the entering cycle in the place of the leaving one.
func (s *simplex) swapCycles(p step) {
	b := s.columns[p.out.column].place
	for t, v := range s.row {
		s.inverse[t][b] = v
	}
	s.leave(p.out.column)
	s.basic[b], s.y[b] = p.in.column, p.length
	s.enter(p.in.column, b)
}

// grow adds the entering cycle; the bond whose slack leaves becomes tight.
func (s *simplex) grow(p step) {
	for t, v := range s.row {
		s.inverse[t] = append(s.inverse[t], v)
	}
	b := len(s.d)
	response := s.newResponse(b + 1)
	s.fillResponse(response, p)
	response[b] = 1 / p.fall
	s.place[p.out.bond] = int32(len(s.tight))
	s.tight, s.inverse = append(s.tight, p.out.bond), append(s.inverse, response)
	s.x[p.out.bond], s.slack[p.out.bond] = p.gain/p.fall, 0
	s.basic, s.y = append(s.basic, p.in.column), append(s.y, p.length)
	s.enter(p.in.column, int32(b))
}

// shrink removes the leaving cycle; the bond whose slack enters is no longer tight.
func (s *simplex) shrink(p step) {
	b := s.columns[p.out.column].place
	s.leave(p.out.column)
	s.removeBasic(b)
	s.removeTight(s.place[p.in.bond])
	s.x[p.in.bond], s.slack[p.in.bond] = 0, p.length
}

// swapBonds makes the bond whose slack leaves tight in place of the one whose slack
// enters.
func (s *simplex) swapBonds(p step) {
	t := s.place[p.in.bond]
	s.fillResponse(s.inverse[t], p)
	s.tight[t] = p.out.bond
	s.place[p.in.bond], s.place[p.out.bond] = -1, t
	s.x[p.in.bond], s.x[p.out.bond] = 0, p.gain/p.fall
	s.slack[p.in.bond], s.slack[p.out.bond] = p.length, 0
}

// newResponse returns n numbers with any contents, if possible those of a response that
// was removed.
func (s *simplex) newResponse(n int) []float64 {
	if t := len(s.inverse); t < cap(s.inverse) {
		if old := s.inverse[:t+1][t]; cap(old) >= n {
			return old[:n]
		}
	}
	return make([]float64, n, n+n/8+16)
}

// fillResponse computes the response to the bond that becomes tight: a unit of its
// capacity lets the entering variable rise by 1/fall.
func (s *simplex) fillResponse(response []float64, p step) {
	clear(response)
	for _, b := range s.nonzero {
		response[b] = -s.d[b] / p.fall
	}
}

// enter notes that cycle c is basic at a place.
func (s *simplex) enter(c, place int32) {
	s.columns[c].place = place
	for _, e := range s.columns[c].bonds {
		s.through[e] = append(s.through[e], c)
	}
}

// leave notes that cycle c is no longer basic.
func (s *simplex) leave(c int32) {
	s.columns[c].place = -1
	for _, e := range s.columns[c].bonds {
		list := s.through[e]
		list[slices.Index(list, c)] = list[len(list)-1]
		s.through[e] = list[:len(list)-1]
	}
}

// removeBasic moves the last basic cycle to place b.
func (s *simplex) removeBasic(b int32) {
	last := len(s.basic) - 1
	for t, response := range s.inverse {
		response[b] = response[last]
		s.inverse[t] = response[:last]
	}
	if int(b) != last {
		s.basic[b], s.y[b] = s.basic[last], s.y[last]
		s.columns[s.basic[b]].place = b
	}
	s.basic, s.y = s.basic[:last], s.y[:last]
}

// removeTight moves the last tight bond to place t.
func (s *simplex) removeTight(t int32) {
	last := len(s.tight) - 1
	s.place[s.tight[t]] = -1
	if int(t) != last {
		s.tight[t] = s.tight[last]
		s.inverse[t], s.inverse[last] = s.inverse[last], s.inverse[t]
		s.place[s.tight[t]] = t
	}
	s.tight, s.inverse = s.tight[:last], s.inverse[:last]
}
