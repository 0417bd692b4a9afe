// Package ising holds Edwards–Anderson spin glasses and what follows from their couplings
// without a search. A [Lattice] says which sites are joined by bonds. An [Ensemble] draws
// couplings for it, which make an [Instance]: it gives energies, local fields, gauges,
// spanning trees and symmetries. A [Solved] instance also carries the best configuration that
// is known. [Integers] are the couplings on a grid where sums are exact; energies are compared
// there. Every random choice of the program comes from a [Stream].
//
// This package imports no other package of the program.
//
// # Conventions
//
// The energy is H(s) = -Σ_<ij> J_ij s_i s_j with every bond counted once, so a
// positive coupling is ferromagnetic. Energies have the unit of the couplings.
// Spins are int8 and ±1.
//
// Sites are numbered in row-major order of the lattice's shape: on rows × cols,
// site r*cols+c stands at row r and column c.
//
// # Bonds
//
// A bond is known by its number k; its coupling is J[k]. [Lattice.Bonds] yields all bonds,
// [Lattice.BondsAt] those of a site, [Lattice.Bond] the one that starts at a site along an
// axis, and [Lattice.Ends] gives the two sites of a bond:
//
//	for k := range in.Bonds() {
//		i, j := in.Ends(k)
//		energy -= in.J[k] * float64(s[i]*s[j])
//	}
//
// J has one slot for each axis and site, axis first, as datasets keep it: on rows × cols the
// first N slots are the bonds down and the next N the bonds to the right. Where a free boundary
// has no bond the slot is unused and J is 0. Dilution takes a bond away by the coupling 0. A
// graph without axes has one slot for each of its bonds, in their order. Other numbers that
// belong to bonds, such as domain walls, have the same layout.
//
// # Random numbers
//
// A stream is derived from a seed, a purpose and an index. No stream is shared between two
// items, so results do not depend on the number of workers.
package ising
