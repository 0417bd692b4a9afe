// Package cnn predicts ground states with a residual, fully convolutional network,
// built as a Gorgonia graph: the network, its training loop, and the decoding of
// its logits into spins.
//
// # Network
//
// Four channels enter a site: the couplings of its bonds to the next site along
// axis 0 (down) and axis 1 (right) and to the previous ones (up, left), in units
// of the instance's root mean square coupling. A 3×3 convolution leads to C
// channels, N residual blocks x + conv(relu(conv(relu(x)))) follow, and two 1×1
// convolutions, each behind a ReLU, give the logits. Convolutions wrap around on a
// periodic axis and see zeros beyond a free one. There is no normalisation, and the
// weights fit any lattice size.
//
// # Targets
//
// Target "site" has one logit a site, positive for spin +1, from the bare
// couplings; the label is the ground state or its global flip, whichever has the
// smaller loss.
//
// Target "bond" has two logits a site, for the bonds down and right. The couplings
// enter in the gauge of a reference configuration r, J_ij r_i r_j, at first the
// spins of the maximum spanning tree of |J|; a positive logit says that s_i s_j has
// the sign of r_i r_j in the ground state s. The maximum spanning tree of |logit|
// decodes them: its bonds fix the relative signs of all spins. The result serves as
// the next r, for as many passes as wanted. Nothing here depends on the global sign.
// Rounds of effort follow: the bonds that the network is sure of are held and what is
// left of the glass is annealed; see [PredictSettings].
//
// # Files
//
// Models and checkpoints are safetensors files. Their metadata hold a description in JSON
// under the key "spinlearn" and under "sha256" the SHA-256 of the whole file with that
// number as 64 zeros, so that a flipped bit anywhere is found when the file is read. Files
// of versions up to 0.1.0 have no checksum and are read without.
//
// # Arithmetic
//
// Weights are float32. The convolutions run on kernels for AVX-512, AVX2 or any
// processor, the best that there is; the environment variable SPINLEARN_KERNEL=avx512,
// avx2 or portable forces one. The same seed gives the same bytes for any number of
// workers and on either of the first two kinds; the third rounds otherwise.
//
// Instances have two axes everywhere in this package.
package cnn
