// Package descent lowers the energy of a configuration by flips: of single spins
// ([Descend]), of subtrees of a spanning tree ([Subtrees]), of the clusters that heavy
// couplings join ([Polish]) or in which two configurations differ ([Crosser]), and of all
// spins of a window at once ([Refine]). [Greedy], [Tree] and [Refine] are solvers; the other
// searches end with the rest. All compare energies as integers, without a tolerance.
//
// It imports ising, solver and the graph that searches share.
package descent
