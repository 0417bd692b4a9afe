package instancefile

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// toSpins turns a function of variables 0 and 1 into one of spins, by x = (1+s)/2:
//
//	h x_i    = h/2 + h/2 s_i
//	q x_i x_j = q/4 (1 + s_i + s_j + s_i s_j)
//
// The sums of terms are exact, and are then rounded to float64. A field or offset is 0 if it is no
// larger than the rounding error of real terms. It returns one field for each vertex.
func (b *builder) toSpins(fields []bond) (bonds, spinFields []bond, offset *big.Rat, err error) {
	least := 0 // exponent of the last decimal of any term
	for _, terms := range [][]bond{fields, b.bonds} {
		for _, x := range terms {
			_, e := digits(x.w)
			least = min(least, e)
		}
	}
	units := func(w float64) *big.Int { // w in units of the last decimal
		m, e := digits(w)
		return new(big.Int).Mul(big.NewInt(m), powerOfTen(e-least))
	}
	sums, all := make([]big.Int, b.vertices), new(big.Int) // four times the fields and the offset
	// What may be rounding in the sum of a vertex or, at the end, of the offset: its number of terms, their size, and whether
	// one has as many digits as a number that was rounded.
	type noise struct {
		terms, size float64
		real        bool
	}
	doubt := make([]noise, b.vertices+1)
	add := func(i int, w, share float64) {
		m, _ := digits(w)
		doubt[i] = noise{doubt[i].terms + 1, doubt[i].size + math.Abs(w*share), doubt[i].real || max(m, -m) >= 1e15}
	}
	isNoise := func(i int, v float64) bool {
		return doubt[i].real && math.Abs(v) <= doubt[i].terms*0x1p-52*doubt[i].size
	}
	add(b.vertices, b.offset, 1)
	for i, h := range fields {
		add(i, h.w, 0.5)
		add(b.vertices, h.w, 0.5)
		v := units(h.w)
		v.Lsh(v, 1)
		sums[i].Add(&sums[i], v)
		all.Add(all, v)
	}
	bonds = make([]bond, len(b.bonds), len(b.bonds)+b.vertices)
	for k, x := range b.bonds {
		q := units(x.w)
		for _, i := range [2]int32{x.i, x.j} {
			add(int(i), x.w, 0.25)
			sums[i].Add(&sums[i], q)
			fields[i].line = max(fields[i].line, x.line)
		}
		add(b.vertices, x.w, 0.25)
		all.Add(all, q)
		x.w /= 4
		bonds[k] = x
	}
	unit := new(big.Int).Lsh(powerOfTen(-least), 2)
	for i := range fields {
		exact := new(big.Rat).SetFrac(&sums[i], unit)
		v, _ := exact.Float64()
		if math.IsInf(v, 0) {
			return nil, nil, nil, b.errorf("the sum of the terms is not finite")
		}
		if isNoise(i, v) {
			v = 0
		}
		fields[i].w = v
		off, _ := exact.Sub(exact, decimal(v)).Float64()
		b.wrong += math.Abs(off)
	}
	offset = decimal(b.offset)
	offset.Add(offset, new(big.Rat).SetFrac(all, unit))
	switch v, _ := offset.Float64(); {
	case math.IsInf(v, 0):
		return nil, nil, nil, b.errorf("the sum of the terms is not finite")
	case isNoise(b.vertices, v):
		offset.SetInt64(0)
	}
	return bonds, fields, offset, nil
}

// digits returns the shortest decimal of v as m times ten to the power of e.
func digits(v float64) (m int64, e int) {
	text, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
	whole, fraction, _ := strings.Cut(text, ".")
	m, _ = strconv.ParseInt(whole+fraction, 10, 64) // at most 17 digits
	e, _ = strconv.Atoi(exponent)
	return m, e - len(fraction)
}

func powerOfTen(e int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(e)), nil) }
