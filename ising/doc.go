// Package ising holds Edwards–Anderson spin glasses on hypercubic lattices and other graphs: the
// lattice, the couplings and their ensembles, and what follows from a spin
// configuration without any search.
//
// # Conventions
//
// The energy is H(s) = -Σ_<ij> J_ij s_i s_j with every bond counted once, so a
// positive coupling is ferromagnetic. Energies have the unit of the couplings.
// Spins are int8 and ±1.
//
// Sites are numbered in row-major order of the lattice's shape: on rows × cols,
// site r*cols+c stands at row r and column c. Couplings are one float64 per axis
// and site, axis first: J[a*N+i] joins site i to the next site along axis a. In
// two dimensions J[0*N+i] is the bond down and J[1*N+i] the bond to the right. A
// bond that a free boundary or dilution removes has the coupling 0. A graph without
// axes has one coupling for each of its bonds, in their order.
//
// # Random numbers
//
// Every random choice comes from [Stream], derived from a seed, a purpose and an
// index; no stream is shared between two items, so results do not depend on the
// number of workers.
package ising
