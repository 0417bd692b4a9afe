package ising

import "math"

// A Summary describes the couplings of an instance.
type Summary struct {
	Bonds    int // couplings that are not 0
	Missing  int // bonds of the lattice or graph whose coupling is 0
	Negative int // couplings below 0
	// Least, Most, Mean and RMS are the smallest, largest, mean and root mean square of the
	// couplings that are not 0. All are 0 if there is no such coupling.
	Least, Most, Mean, RMS float64
	Sum                    float64 // Σ|J|; no energy is below -Sum
	Values                 string  // NoValues, OneSize, IntegerValues or RealValues
	Plaquettes             int     // plaquettes that miss no bond
	Frustrated             int     // frustrated plaquettes
}

// The kinds of values that couplings other than 0 have.
const (
	NoValues      = "none"
	OneSize       = "one size" // |J| is the same everywhere, as in the ±J ensemble
	IntegerValues = "integers"
	RealValues    = "reals"
)

// Summary returns the summary of the instance.
func (in *Instance) Summary() Summary {
	s := Summary{Values: NoValues, Least: math.Inf(1), Most: math.Inf(-1), RMS: in.RMS()}
	size, one, integer := 0.0, true, true
	for k := range in.Bonds() {
		v := in.J[k]
		switch {
		case v == 0:
			s.Missing++
			continue
		case v < 0:
			s.Negative++
		}
		s.Bonds++
		s.Least, s.Most = min(s.Least, v), max(s.Most, v)
		s.Mean += v
		s.Sum += math.Abs(v)
		if s.Bonds == 1 {
			size = math.Abs(v)
		}
		one = one && math.Abs(v) == size
		integer = integer && v == math.Trunc(v)
	}
	switch {
	case s.Bonds == 0:
		s.Least, s.Most = 0, 0
		return s
	case one:
		s.Values = OneSize
	case integer:
		s.Values = IntegerValues
	default:
		s.Values = RealValues
	}
	s.Mean /= float64(s.Bonds)
	for sign := range in.plaquettes() {
		if sign != 0 {
			s.Plaquettes++
		}
		if sign < 0 {
			s.Frustrated++
		}
	}
	return s
}
