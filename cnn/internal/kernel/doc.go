// Package kernel holds the arithmetic of the network's convolutions, one sample at a
// time: AVX-512 or AVX2 for float32 where the processor has it, and portable Go, for
// float32 and for the float64 of gradient checks. It knows nothing of graphs or
// batches.
//
// # Layout
//
// Images are rows × cols × channels, channels last, and weights (width, width, in,
// out). Inside the package the channels of a pixel are filled up to whole vectors.
//
// # Method
//
// A 3×3 convolution is computed by Winograd's minimal filtering F(2×2, 3×3): Lavin
// and Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016, arXiv
// 1509.09308. The image is cut into tiles of 2×2 outputs. The 4×4 inputs d of a
// tile and the weights g of a pair of channels are transformed,
//
//	V = Bᵀ d B,   U = G g Gᵀ,   M = Σ_in U ⊙ V,   y = Aᵀ M A,
//
//	     1  0 -1  0         1    0    0
//	Bᵀ = 0  1  1  0     G = 1/2  1/2  1/2     Aᵀ = 1  1  1  0
//	     0 -1  1  0         1/2 -1/2  1/2          0  1 -1 -1
//	     0  1  0 -1         0    0    1
//
// so that for each of the 4×4 points the sum over the input channels is a product
// of two matrices, tiles × in and in × out: 16 multiplications a tile and pair of
// channels instead of 36, with rounding errors as small. The gradient of the input
// is the convolution with the turned weights; that of the weights is Gᵀ dU G, where
// at each point dU is the product of Vᵀ, in × tiles, and A dy Aᵀ, tiles × out.
// A 1×1 convolution is one such product over the pixels.
package kernel
