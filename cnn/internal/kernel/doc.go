// Package kernel computes the network's convolutions and their gradients, one sample at a
// time. It runs AVX-512 or AVX2 kernels for float32 where the processor has them, and
// portable Go for all else, such as the float64 of gradient checks. It knows neither graphs
// nor batches, and imports no package of this module.
//
// A [Shape] describes a convolution, a [Conv] is one with weights, a [Workspace] holds
// the buffers of one goroutine, and a [Gradient] sums the gradients of samples. The vector
// kernels add in the same order, so they give equal results to the bit. gen writes them;
// engine.go lists what an instruction set has to provide.
//
// # Layout
//
// Images are (rows, cols, channels), weights (width, width, in, out). Inside the package
// the channels of a pixel are filled up to whole vectors: wide(n) for n channels.
//
// # Method
//
// A 1×1 convolution is a product of two matrices, pixels × in and in × out. A 3×3
// convolution uses Winograd's minimal filtering F(2×2, 3×3): Lavin and Gray, Fast
// Algorithms for Convolutional Neural Networks, CVPR 2016, arXiv 1509.09308. The output is
// cut into tiles of 2×2 pixels. For each tile and pair of channels, the 4×4 inputs d and
// the weights g are transformed, multiplied elementwise, and transformed back:
//
//	V = Bᵀ d B,   U = G g Gᵀ,   M = Σ_in U ⊙ V,   y = Aᵀ M A,
//
//	     1  0 -1  0         1    0    0
//	Bᵀ = 0  1  1  0     G = 1/2  1/2  1/2     Aᵀ = 1  1  1  0
//	     0 -1  1  0         1/2 -1/2  1/2          0  1 -1 -1
//	     0  1  0 -1         0    0    1
//
// An element of these 4×4 matrices is called a point. At each point the sum over the input
// channels is a product of two matrices, tiles × in and in × out. This takes 16
// multiplications for each tile and pair of channels in place of 36. The rounding errors
// are no larger.
//
// The gradient of the input is a convolution with the weights turned by 180 degrees. The
// gradient of the weights is Gᵀ dU G. At each point dU is the product of Vᵀ, in × tiles,
// and A dy Aᵀ, tiles × out.
package kernel
