// Package graph is what searches over any lattice or graph share: couplings listed by site,
// clusters of sites and their contraction to smaller graphs, and a heap.
//
// [Graph] is the list, [Clusters] the sets of sites. The package imports ising.
package graph
