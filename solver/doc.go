// Package solver looks for ground states: zero-temperature descent, the spanning
// tree, simulated annealing, parallel tempering, refinement by windows, and exact search
// with proofs.
//
// Every solver takes a context, an instance, its settings (nil means the defaults)
// and, if it is random, a generator; it leaves the instance as it is and returns a
// [Result]. When the context ends, the best state so far comes back together with an
// error that wraps ctx.Err(). Energies have the unit of the couplings, inverse
// temperatures β its inverse.
//
// [Anneal] and [Temper] update many replicas at the same time in vectors of the
// processor, AVX-512 or AVX2, or in portable Go; the environment variable
// SPINLEARN_KERNEL, portable or avx2, turns the better ones off. The result is the same.
//
// [Exact] proves ground states. In two dimensions it is a minimum-weight perfect matching
// of the frustrated plaquettes; on a torus, where the matching may be of a class that no
// configuration has, bonds are shown to be rigid until a loop of them closes the proof.
// Elsewhere a packing of frustrated cycles bounds the energy. Either comes with a
// certificate that package solver/certificate checks without any of this.
//
// [WallEnergies] says what each bond of a ground state costs to flip when all spins may
// follow: the energy of the cheapest domain wall across it.
//
// [Descent] and [TreeDescent] improve a configuration in place; the network's
// decoder calls them.
package solver
