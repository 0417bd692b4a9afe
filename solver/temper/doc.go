// Package temper is parallel tempering with isoenergetic cluster moves.
//
// [Settings] is the solver. Its families of replicas are independent runs; how many of them
// reach the same lowest energy tells whether that energy can be trusted.
//
// It imports solver, anneal for the range of temperatures, descent, and the graph and the
// kernels that searches share.
package temper
