// Package solver says what a search for ground states is: a [Solver] takes an instance, a
// [Budget] and a generator, and returns a [Result]. What all searches share stands here;
// each search has a package of its own:
//
//   - descent: flips that lower the energy: of spins, of subtrees, of clusters, of windows;
//   - anneal: simulated annealing, whose reads are combined;
//   - temper: parallel tempering with cluster moves;
//   - exact: ground states with proofs, and domain walls;
//   - certificate: the checker of proofs, which shares no code with the rest;
//   - methods: the list of all searches by name, which the commands choose from;
//   - solvertest: the tests that every search passes.
//
// Energies have the unit of the couplings, inverse temperatures β its inverse. Energies are
// compared as integers: see [ising.Integers]. A search leaves the instance as it is. The same
// seed gives the same result for any number of workers and any instruction set, unless a
// time limit ends the search; the environment variable SPINLEARN_KERNEL, portable or avx2,
// turns the vectors of better processors off.
//
// This package imports ising and certificate alone.
package solver
