// Package kernel holds the arithmetic of the network's convolutions: one sample at
// a time, portable Go, float32 for training and float64 for gradient checks. It
// knows nothing of graphs or batches, so a faster implementation of the same four
// functions can take its place.
//
// # Layout
//
// Images are rows × cols × channels, channels last. A convolution of width k (1
// or 3) reads a padded image, (rows+k-1) × (cols+k-1) × in, whose halo [Pad]
// fills, and weights (k, k, in, out) in that order, so that for a fixed kernel row
// the k·in inputs of a pixel are contiguous.
package kernel
