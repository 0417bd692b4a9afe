package ising

// Rounding returns the difference below which two energies of the instance count as equal.
func (in *Instance) Rounding() float64 { return in.Tolerance() }
