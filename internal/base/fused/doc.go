// Package fused adds an operation to a Gorgonia graph that is given as a forward and a
// backward function: [Apply] adds an [Op]. The operation owns the buffers of its results, so
// that a training step allocates no tensors. The package imports no other of this module.
//
// A Gorgonia node has one output, but an operation has a gradient for each input. So one node
// makes the backward call and returns the first gradient, and the other gradients have nodes
// that depend on it.
package fused
