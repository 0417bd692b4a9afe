// Package certificate holds the certificates of exact ground states and their checker,
// which shares nothing with the solvers: shortest paths, sums and parities are all it
// needs. [Certificate.Check] trusts no number of a file; what it accepts is a lower
// bound of the energy of every state of the instance. It imports ising alone.
//
// # Integers
//
// A certificate speaks of the couplings K_e = round(J_e·Scale), w_e = |K_e|. The instance
// alone decides which scale is accepted: the smallest power of ten that makes all couplings
// integers, as they are read from decimals; else a power of two that does, with Σw at most
// 2^52; else a power of two with Σw from 2^53 to 2^60, so that next to nothing is rounded
// away. What rounding can change is in [Verdict.Rounding]; a state is proven only if no other
// is lower by more than that, and only if the smallest coupling keeps its first digits. All
// sums are of int64, and numbers that could overflow are refused. A bond is
// violated (unsatisfied) in a state if (K_e < 0) != (s_i != s_j). With U the weight of
// the violated bonds the scaled energy is -Σw + 2U. Two states differ in U by a
// multiple of the greatest common divisor of all w, and of twice that if each site has
// an even multiple of it around it; a lower bound of U is rounded up to the next
// number that fits the given state.
//
// # File
//
// One line of JSON, here with white space; spins, energy and bound of a 3x3 torus whose
// three rows are frustrated, and the proof:
//
//	{
//	  "format": "spinlearn certificate v1",
//	  "program": "spinlearn",
//	  "sites": 9, "bonds": 18, "scale": 1,
//	  "spins": "+++++++++",
//	  "energy": -12, "bound": -12,
//	  "kind": "torus",
//	  "tree": {"steps": [
//	    {"base": {"y": [], "sets": []}},
//	    {"rigid": {"bond": 9, "value": 1, "bound": 3, "new": [2, 2]}},
//	    {"rigid": {"bond": 10, "value": 1, "bound": 3, "new": [2, 2]}},
//	    {"rigid": {"bond": 11, "value": 1, "bound": 3, "new": [2, 2]}},
//	    {"loop": [9, 10, 11]}
//	  ]},
//	  "sha256": "SEAL"
//	}
//
// The fields are those of [Certificate], in that order. The seal guards against damage
// only.
//
// # Planar proof
//
// The faces of a lattice of two axes are its plaquettes, plaquette p having site p as
// its lowest corner, and outer faces: number N if both axes are free; N before the
// first row (or column) and N+1 beyond the last if one axis is periodic. Each bond is
// an edge of weight w_e between the faces on its sides. The violated bonds of a state
// touch the odd faces, those with an odd number of negative bonds, an odd number of
// times and all others an even number of times. [Dual] gives every odd face a number y
// and odd sets of faces a number z ≥ 0 with
//
//	2·dist(u,v) ≥ y_u + y_v + Σ z over the sets that hold one of u and v
//
// for all pairs, dist being the shortest path. Then U ≥ ⌈(Σy + Σz)/2⌉: the violated
// bonds hold disjoint paths that pair up the odd faces, and a pair leaves each odd set.
//
// # Torus proof
//
// On a torus that bound may be too low. A [Node] is worked off step by step with a list
// of bonds whose values are set, 1 for violated, which a nested node takes over:
//
//   - base: a [Dual] without the bonds that are set; those of value 1 count on their
//     own and turn the faces on their sides from odd to even and back;
//   - rigid: a change of the last base that bounds U for a bond of one value; from here
//     on the bond has the other one;
//   - branch: a nested node in which a bond has one value; from here on it has the other;
//   - loop: a closed loop of set bonds with values that no state has; ends the node;
//   - prune: the bound of the base ends the node.
//
// The least bound of all rigid steps and prunes is one of U.
//
// # Packing
//
// For any lattice or graph: closed loops with an odd number of negative bonds, of which
// every state violates at least one bond each. Loops with numbers Y/Denominator that
// load no bond with more than w_e show that U ≥ ⌈ΣY/Denominator⌉.
package certificate
