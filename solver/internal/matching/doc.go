// Package matching finds minimum-weight perfect matchings of sparse graphs and, with
// them, minimum-weight T-joins. It imports the heap of solver/internal/graph.
//
// A [Matcher] is the primal-dual blossom method of Edmonds (1965,
// doi 10.4153/CJM-1965-045-4) in integers. A [Joiner] reduces the T-join of a graph with
// weights ≥ 0 to a matching of the vertices in T by their distances. It lists only near
// pairs and then prices the others with the duals of the matching, so that the join is a
// minimum all the same. A [Base] is a minimum join from which many others are tried that
// differ in one edge.
//
// The duals are the proof: Σ y + Σ z over vertices and odd sets is twice the weight
// of the join, and no T-join of the graph weighs less.
//
// # What is always true
//
// The matcher's own dual of a vertex is y and the z of all blossoms that hold the vertex, so that an
// edge needs weight ≥ dual_u + dual_v - 2 Σ z over the blossoms that hold both. Between
// any two steps:
//
//   - Nesting: a blossom has an odd number of kids, at least three, in a ring whose links are
//     edges from each kid to the next. Its leaves are those of its kids, in one chain.
//   - Groups: the leaves of an outermost node are a group, and their duals are relative to the group's
//     offset. So a tree's growth changes one number per node. A blossom takes over the group of
//     its largest kid, so that a vertex changes groups O(log n) times while blossoms grow.
//   - Matching: mates are mutual. In a blossom all kids but the one that holds the base are matched
//     by links with a neighbour, so that only the mate of the base may be outside.
//   - Duals: no listed edge needs more than its weight, no vertex more than it costs to leave it alone, and
//     z ≥ 0. Matched edges and links are tight, and so is a vertex that is alone.
//   - Tree: labels alternate along it, plus at the root; each minus node is entered by a tight edge
//     and left by its mate.
//
// Nothing here depends on how much is matched. So trees grow from one exposed vertex after the other in
// any order; within small tiles first, whose trees are small; what leaves a tile waits at its seam until tiles are
// fused to larger ones. A pair that pricing finds violated is listed and mended: the blossoms around one
// end are taken apart, its dual is lowered, and matching goes on from the vertices that this exposes. And
// whenever a search is stopped its duals prove a bound.
//
// # Numbers
//
// The weights of a graph sum up to W < 2^60. An edge of the matching weighs twice a distance,
// at most 2W < 2^61, so that all duals are integers. Σ y + Σ z is at most twice the weight of the least
// perfect matching of what is listed, which for an energy is at most W, as the average state satisfies half of
// all weight. Each tree raises that sum by the time it grows, so that clocks stay below 2^60 and
// duals between -2^60 and 2^61. Event times add one clock, one weight and two duals: less than 2^63.
package matching
