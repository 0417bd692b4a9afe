// Package solver looks for ground states: zero-temperature descent, the spanning
// tree, simulated annealing, parallel tempering, refinement by windows, and exact search
// on small lattices.
//
// [Anneal] and [Temper] update many replicas at the same time in vectors of the
// processor, AVX-512 or AVX2, or in portable Go; the environment variable
// SPINLEARN_KERNEL, portable or avx2, turns the better ones off. The result is the same.
//
// Every solver takes a context, an instance, its settings (nil means the defaults)
// and, if it is random, a generator; it leaves the instance as it is and returns a
// [Result]. When the context ends, the best state so far comes back together with an
// error that wraps ctx.Err(). Energies have the unit of the couplings, inverse
// temperatures β its inverse.
//
// [Descent] and [TreeDescent] improve a configuration in place; the network's
// decoder calls them.
package solver
