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
	// drift is the error of the length of a basic cycle, 1, that calls for a new
	// inverse.
	drift = 1e-8
)

// simplex is the revised simplex method for max Σ y_C with Σ_{C∋e} y_C + slack_e =
// capacity_e, started from all slacks.
//
// A basis has k cycles and the slacks of all but k bonds. Those k bonds are tight, and
// the only ones with a price x ≠ 0. The inverse that is kept is that of the k×k
// incidence of tight bonds and basic cycles.
type simplex struct {
	capacity []float64
	x        []float64 // price of a bond
	slack    []float64 // of a bond, 0 if it is tight

	columns []column
	basic   []int32     // columns of the basis
	y       []float64   // of the basic columns
	tight   []int32     // bonds
	place   []int32     // of a bond in tight, -1 if it is not there
	inverse [][]float64 // inverse[t][b]: tight bond t, basic column b
	through [][]int32   // basic columns through a bond

	candidates []candidate // columns to choose from; see price
	offers     []candidate
	d          []float64 // fall of y for a unit of the entering variable
	sparse     []int32   // places of its nonzeros if they are few
	rate       []float64 // fall of slack, of bonds
	touched    []int32   // bonds with a rate; maybe more than once
	row        []float64 // pivot row over tight
	rowOf      []float64 // the same by bond; see dualStep
	pivots     int
	restarts   int
}

// A column is a cycle that may be packed.
type column struct {
	bonds []int32
	place int32 // in basic, -1 if it is not there
}

// A variable is a column, or the slack of a bond.
type variable struct {
	column int32 // -1 for a slack
	bond   int32
}

func newSimplex(capacity []float64) *simplex {
	m := len(capacity)
	s := &simplex{capacity: capacity, x: make([]float64, m), slack: make([]float64, m), place: make([]int32, m),
		through: make([][]int32, m), rate: make([]float64, m), rowOf: make([]float64, m)}
	s.reset()
	return s
}

// reset makes the basis that of all slacks.
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

func (s *simplex) add(bonds []int32) {
	s.columns = append(s.columns, column{bonds, -1})
	s.candidates = s.candidates[:0] // the new one may be better
}

// value returns Σ y.
func (s *simplex) value() float64 { return floats.Sum(s.y) }

// reducedCost returns by how much a unit of a variable raises the value.
func (s *simplex) reducedCost(v variable) float64 {
	if v.column < 0 {
		return -s.x[v.bond]
	}
	r := 1.0
	for _, e := range s.columns[v.column].bonds {
		r -= s.x[e]
	}
	return r
}

// step makes one pivot and returns true, or returns false at the optimum.
func (s *simplex) step() bool {
	in, cost := s.price()
	if cost == 0 {
		return false
	}
	s.direction(in)
	s.rates(in)
	out, ok := s.ratio()
	if ok {
		s.pivot(in, out, cost)
	} else { // impossible but for rounding
		s.restart()
	}
	return true
}

// direction fills d for an entering variable.
func (s *simplex) direction(in variable) {
	s.d = resize(s.d, len(s.basic))
	clear(s.d)
	if in.column < 0 {
		copy(s.d, s.inverse[s.place[in.bond]])
		return
	}
	for _, e := range s.columns[in.column].bonds {
		if t := s.place[e]; t >= 0 {
			floats.Add(s.d, s.inverse[t])
		}
	}
}

// rates fills rate and touched for an entering variable, whose direction is known.
func (s *simplex) rates(in variable) {
	for _, e := range s.touched {
		s.rate[e] = 0
	}
	s.touched = s.touched[:0]
	if in.column >= 0 {
		for _, e := range s.columns[in.column].bonds {
			if s.place[e] < 0 {
				s.rate[e]++
				s.touched = append(s.touched, e)
			}
		}
	}
	s.sparse = s.sparse[:0]
	for b, v := range s.d {
		if math.Abs(v) < 1e-12 {
			s.d[b] = 0
			continue
		}
		s.sparse = append(s.sparse, int32(b))
		for _, e := range s.columns[s.basic[b]].bonds {
			if s.place[e] < 0 {
				s.rate[e] -= v
				s.touched = append(s.touched, e)
			}
		}
	}
}

// ratio chooses the leaving variable, in Harris's way: the largest pivot among those
// that reach zero first, where a violation up to tiny is allowed. It returns false if
// none falls.
func (s *simplex) ratio() (variable, bool) {
	first := math.Inf(1)
	for _, b := range s.sparse {
		if v := s.d[b]; v > tiny {
			first = min(first, (s.y[b]+tiny)/v)
		}
	}
	for _, e := range s.touched {
		if v := s.rate[e]; v > tiny {
			first = min(first, (s.slack[e]+tiny)/v)
		}
	}
	out, pivot := variable{-1, -1}, tiny
	for _, b := range s.sparse {
		if v := s.d[b]; v > pivot && s.y[b] <= first*v {
			out, pivot = variable{s.basic[b], -1}, v
		}
	}
	for _, e := range s.touched {
		if v := s.rate[e]; v > pivot && s.slack[e] <= first*v {
			out, pivot = variable{-1, e}, v
		}
	}
	return out, pivot > tiny
}

// pivotRow fills row with a basic variable's row of the inverse over the tight bonds.
func (s *simplex) pivotRow(out variable) {
	s.row = resize(s.row, len(s.tight))
	if out.column >= 0 {
		b := s.columns[out.column].place
		for t, column := range s.inverse {
			s.row[t] = column[b]
		}
		return
	}
	clear(s.row)
	for _, c := range s.through[out.bond] {
		b := s.columns[c].place
		for t, column := range s.inverse {
			s.row[t] -= column[b]
		}
	}
}

// pivot exchanges two variables; direction, rates and the reduced cost are those of
// the entering one.
func (s *simplex) pivot(in, out variable, cost float64) {
	s.pivots++
	s.pivotRow(out)
	var pivot, step float64
	leaving := int32(-1) // place of the leaving column
	if out.column >= 0 {
		leaving = s.columns[out.column].place
		pivot, step = s.d[leaving], s.y[leaving]
	} else {
		pivot, step = s.rate[out.bond], s.slack[out.bond]
	}
	step = max(step/pivot, 0)

	for _, b := range s.sparse {
		s.y[b] -= step * s.d[b]
	}
	for _, e := range s.touched {
		s.slack[e] -= step * s.rate[e]
		s.rate[e] = 0
	}
	s.touched = s.touched[:0]

	replaced := int32(-1) // column of the inverse
	if in.column < 0 {
		replaced = s.place[in.bond]
	}
	dense := 4*len(s.sparse) > len(s.d)
	for t, v := range s.row {
		if v == 0 {
			continue
		}
		v /= pivot
		s.row[t] = v
		s.x[s.tight[t]] += cost * v
		switch column := s.inverse[t]; {
		case int32(t) == replaced:
			continue
		case dense:
			floats.AddScaled(column, -v, s.d)
		default:
			for _, b := range s.sparse {
				column[b] -= v * s.d[b]
			}
		}
		if leaving >= 0 {
			s.inverse[t][leaving] = v
		}
	}
	if in.column < 0 {
		s.x[in.bond] = 0
	}
	if out.column < 0 {
		s.x[out.bond] = cost / pivot
	}

	switch {
	case in.column >= 0 && out.column >= 0:
		s.leave(out.column)
		s.basic[leaving], s.y[leaving] = in.column, step
		s.enter(in.column, leaving)
	case in.column >= 0: // one more tight bond, one more column
		for t, v := range s.row {
			s.inverse[t] = append(s.inverse[t], v)
		}
		column := s.newColumn(len(s.d) + 1)
		s.fillColumn(column, pivot)
		column[len(s.d)] = 1 / pivot
		s.inverse = append(s.inverse, column)
		s.place[out.bond] = int32(len(s.tight))
		s.tight = append(s.tight, out.bond)
		s.slack[out.bond] = 0
		s.basic, s.y = append(s.basic, in.column), append(s.y, step)
		s.enter(in.column, int32(len(s.basic)-1))
	case out.column >= 0: // one less of both
		s.leave(out.column)
		s.removeBasic(leaving)
		s.removeTight(replaced)
		s.slack[in.bond] = step
	default:
		s.fillColumn(s.inverse[replaced], pivot)
		s.place[in.bond], s.place[out.bond] = -1, replaced
		s.tight[replaced] = out.bond
		s.slack[in.bond], s.slack[out.bond] = step, 0
	}
}

// newColumn returns n numbers, those of a column that was removed if there is one.
func (s *simplex) newColumn(n int) []float64 {
	if t := len(s.inverse); t < cap(s.inverse) {
		if old := s.inverse[:t+1][t]; cap(old) >= n {
			return old[:n]
		}
	}
	return make([]float64, n, n+n/8+16)
}

// fillColumn computes the inverse's column of a bond that becomes tight.
func (s *simplex) fillColumn(column []float64, pivot float64) {
	clear(column)
	for _, b := range s.sparse {
		column[b] = -s.d[b] / pivot
	}
}

func (s *simplex) enter(c, place int32) {
	s.columns[c].place = place
	for _, e := range s.columns[c].bonds {
		s.through[e] = append(s.through[e], c)
	}
}

func (s *simplex) leave(c int32) {
	s.columns[c].place = -1
	for _, e := range s.columns[c].bonds {
		list := s.through[e]
		list[slices.Index(list, c)] = list[len(list)-1]
		s.through[e] = list[:len(list)-1]
	}
}

func (s *simplex) removeBasic(b int32) {
	last := len(s.basic) - 1
	for t, column := range s.inverse {
		column[b] = column[last]
		s.inverse[t] = column[:last]
	}
	if int(b) != last {
		s.basic[b], s.y[b] = s.basic[last], s.y[last]
		s.columns[s.basic[b]].place = b
	}
	s.basic, s.y = s.basic[:last], s.y[:last]
}

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

// dualStep makes one pivot of the dual simplex method, from prices that are optimal
// for the columns towards multipliers that keep the capacities. It returns false if
// they do.
func (s *simplex) dualStep() bool {
	out, worst := variable{-1, -1}, -tiny
	for b, v := range s.y {
		if v < worst {
			out, worst = variable{s.basic[b], -1}, v
		}
	}
	for e, v := range s.slack {
		if v < worst {
			out, worst = variable{-1, int32(e)}, v
		}
	}
	if worst == -tiny {
		return false
	}

	s.pivotRow(out)
	for t, e := range s.tight {
		s.rowOf[e] = s.row[t]
	}
	if out.column < 0 {
		s.rowOf[out.bond] = 1
	}
	// The smallest ratio enters, the largest pivot where ratios are about equal.
	in, ratio, pivot := variable{-1, -1}, math.Inf(1), 0.0
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
		consider(variable{-1, e}, s.rowOf[e])
	}
	for c := range s.columns {
		if s.columns[c].place >= 0 {
			continue
		}
		p := 0.0
		for _, e := range s.columns[c].bonds {
			p += s.rowOf[e]
		}
		consider(variable{int32(c), -1}, p)
	}
	for _, e := range s.tight {
		s.rowOf[e] = 0
	}
	if out.column < 0 {
		s.rowOf[out.bond] = 0
	}
	if pivot == 0 { // impossible but for rounding: slacks alone are feasible
		s.restart()
		return false
	}
	cost := s.reducedCost(in)
	s.direction(in)
	s.rates(in)
	s.pivot(in, out, cost)
	return true
}

// restart begins anew from all slacks.
func (s *simplex) restart() {
	s.restarts++
	s.candidates = s.candidates[:0]
	s.reset()
}

// compute derives values and prices anew from the inverse.
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

// drifted reports whether the inverse is no longer one.
func (s *simplex) drifted() bool {
	for _, c := range s.basic {
		if !(math.Abs(s.reducedCost(variable{c, -1})) < drift) {
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

// repair computes the inverse, values and prices anew, and begins from all slacks if
// that does not help. If interrupted says so it stops halfway, at a smaller basis.
func (s *simplex) repair(interrupted func() bool) {
	s.invert(interrupted)
	if s.compute(); s.drifted() {
		s.restart()
	}
}

// invert computes the inverse of the basis anew by entering its columns one by one,
// each for the tight bond with the largest pivot. Columns without a pivot are left
// out.
func (s *simplex) invert(interrupted func() bool) {
	basic, open, pivots := slices.Clone(s.basic), slices.Clone(s.tight), s.pivots
	s.reset()
	for _, c := range basic {
		if interrupted() {
			break
		}
		in := variable{c, -1}
		s.direction(in)
		s.rates(in)
		best, at := 1e-6, -1
		for k, e := range open {
			if v := math.Abs(s.rate[e]); v > best {
				best, at = v, k
			}
		}
		if at >= 0 {
			s.pivot(in, variable{-1, open[at]}, s.reducedCost(in))
			open = slices.Delete(open, at, at+1)
		}
	}
	s.pivots = pivots
}

// resize returns v with length n and any contents.
func resize(v []float64, n int) []float64 {
	if cap(v) < n {
		return make([]float64, n, 2*n)
	}
	return v[:n]
}
