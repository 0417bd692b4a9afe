// Package methods is the list of all searches by name. The commands solve, generate and bench
// choose a [Method] by its name, comparisons run the [Variant] of [Rows] and [Curves], and
// the test of this package takes every method through the suite of solvertest.
//
// A new method is a file with a type that implements [solver.Solver], here or in a package of
// its own, and one line in the list in methods.go:
//
//	{Name: "up", Summary: "flips spins from all up", New: func(Options) solver.Solver { return Up{} }},
//
// It then is a value of the flags, a row of compare, a curve of compare --times, or a point if
// it does not take the option [Limit], and part of the suite. A line names the Options that
// have an effect; the suite expects a method that takes a [Seed] to depend on it. Rows and
// Curves are for methods whose comparisons show other settings than the default ones.
//
// The package imports all packages of searches, the network's among them; only commands and
// experiments import it.
package methods
