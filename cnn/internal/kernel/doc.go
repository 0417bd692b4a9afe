// Package kernel holds the arithmetic of the network's convolutions, one sample at a
// time: AVX2 for float32 where the processor has it, and portable Go, for float32
// and for the float64 of gradient checks. It knows nothing of graphs or batches.
//
// # Layout
//
// Images are rows × cols × channels, channels last. A convolution of width k (1
// or 3) reads a padded image, (rows+k-1) × (cols+k-1) × in, whose halo [Pad]
// fills, and weights (k, k, in, out) in that order, so that for a fixed kernel row
// the k·in inputs of a pixel are contiguous.
package kernel
