// Package matching finds minimum-weight perfect matchings of sparse graphs and, with
// them, minimum-weight T-joins. It imports the heap of solver/internal/graph.
//
// A [Matcher] is the primal-dual blossom method of Edmonds (1965,
// doi 10.4153/CJM-1965-045-4) in integers: it grows one alternating tree at a time,
// by a heap of events, and keeps the dual of a vertex together with those of all
// blossoms that hold it.
//
// A [Joiner] reduces the T-join of a graph with weights ≥ 0 to a matching of the
// vertices in T by their distances. It lists only near pairs and then prices the
// others with the duals of the matching, so that the join is a minimum all the same.
// A [Base] is a minimum join from which many others are tried that differ in one edge.
//
// The duals are the proof: Σ y + Σ z over vertices and odd sets is twice the weight
// of the join, and no T-join of the graph weighs less.
package matching
