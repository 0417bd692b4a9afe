// Package solvertest is the test suite that every solver passes, and what the tests of
// solvers share.
//
// [Run] is the suite; [Draw], [Lattice] and [GroundEnergy] serve other tests too. It imports
// solver and ising.
package solvertest
