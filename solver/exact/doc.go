// Package exact finds ground states and proves them.
//
// In two dimensions the search is a minimum-weight perfect matching of the frustrated
// plaquettes. On a torus the minimum matching may have the wrong winding parity, so that no
// spin state belongs to it; there bonds are shown to be rigid until a loop of them closes the
// proof. Elsewhere a packing of frustrated cycles bounds the energy from below. Either comes
// with a certificate, which package certificate checks without any of this. Small lattices
// are also enumerated, whole or layer by layer.
//
// [WallEnergies] says what each bond of a ground state costs to flip when all spins may
// follow: the energy of the cheapest domain wall across it.
//
// It imports solver, anneal and descent for configurations to begin with, certificate, and
// the matching and packing of solver/internal.
package exact
