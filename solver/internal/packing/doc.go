// Package packing bounds the unsatisfied weight of a spin glass on any graph from
// below, by packing frustrated cycles.
//
// A cycle with an odd number of negative bonds is frustrated: every configuration
// leaves at least one of its bonds unsatisfied. If cycles C with multipliers y_C ≥ 0
// use no bond beyond its weight, Σ_{C∋e} y_C ≤ w_e = |J_e|, then the unsatisfied
// weight is at least Σ y_C, and the energy at least -Σ w + 2 Σ y. The best such
// packing is the linear program dual to the odd-cycle relaxation of the cut polytope,
//
//	min Σ w_e x_e,  x ≥ 0,  Σ_{e∈C} x_e ≥ 1 for every frustrated cycle C;
//
// see Barahona, Grötschel, Jünger and Reinelt, Operations Research 36 (1988), 493.
// Every packing is a bound, so the search may be stopped at any time.
//
// The program is solved by the revised simplex method with column generation: cycles
// that x violates are shortest odd closed walks in the double cover of the graph,
// whose layers a negative bond exchanges. Floating-point numbers only steer; the
// packing that is returned consists of integers and holds exactly.
package packing
