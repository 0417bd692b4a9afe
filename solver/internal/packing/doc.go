// Package packing computes a lower bound on the energy of a spin glass on any graph, by
// packing frustrated cycles.
//
// A cycle with an odd number of negative bonds is frustrated: every configuration leaves at
// least one of its bonds unsatisfied. A packing gives each such cycle C a multiplier
// y_C ≥ 0 so that no bond is used beyond its weight, Σ_{C∋e} y_C ≤ w_e = |J_e|. Then
// every configuration leaves bonds of weight at least Σ y_C unsatisfied, and its energy is at
// least -Σ w + 2 Σ y. The best packing is the linear program dual to the odd-cycle
// relaxation of the cut polytope,
//
//	min Σ w_e x_e,  x ≥ 0,  Σ_{e∈C} x_e ≥ 1 for every frustrated cycle C;
//
// see Barahona, Grötschel, Jünger and Reinelt, Operations Research 36 (1988), 493.
//
// [Pack] turns a [Graph] into a [Result]. It is the revised simplex method (simplex.go,
// step.go, dual.go) with column generation: a cycle whose prices x sum to less than 1 is a
// new column. Such cycles are shortest paths in the signed double cover of the graph
// (cover.go). The simplex method works with floating-point numbers, but the returned packing
// consists of integers and is feasible exactly (exact.go). Every packing gives a bound, so
// the search may stop at any time. The package imports nothing of this module but the heap of
// [spinlearn/solver/internal/graph].
package packing
