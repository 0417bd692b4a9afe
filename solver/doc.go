// Package solver looks for ground states: zero-temperature descent, the spanning
// tree, simulated annealing, and exact search on small lattices.
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
