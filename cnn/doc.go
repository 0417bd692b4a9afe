// Package cnn trains networks that predict ground states, and predicts with them.
//
//   - [Train] trains a [Network] on a [Source] of solved instances, by [TrainSettings], and
//     writes model, metrics and checkpoint into a folder.
//   - A [Model] is a network with its weights and a [Description] of how they were made;
//     [LoadModel] reads it, and package shipped has the one that is part of the program.
//   - A [Predictor] turns instances into spins, by [PredictSettings].
//   - A [Search] is a model as a [solver.Solver].
//
// It imports ising, losses, and solver with its packages anneal and descent, besides foundations
// in internal. Gorgonia stays in this package, losses and internal/base/fused. All lattices have two
// axes.
//
// # Network
//
// The network is residual and fully convolutional. Four channels enter each site: the couplings
// of its bonds to the next site along axis 0 (down) and axis 1 (right) and to the previous ones
// (up, left), in units of the instance's root mean square coupling. A 3×3 convolution leads to C
// channels, N residual blocks x + conv(relu(conv(relu(x)))) follow, and two 1×1
// convolutions, each behind a ReLU, give the logits. Convolutions wrap around on a
// periodic axis and see zeros beyond a free one. There is no normalisation, and the
// weights fit any lattice size.
//
// # Targets
//
// Target "site" has one logit for each site, positive for spin +1, from the bare
// couplings. The label is the ground state or its global flip, whichever has the
// smaller loss.
//
// Target "bond" has two logits for each site, for the bonds down and right. The couplings
// enter in the gauge of a reference configuration r, J_ij r_i r_j. A positive logit says that
// s_i s_j has the sign of r_i r_j in the ground state s. The maximum spanning tree of |logit|
// decodes the logits: its bonds fix the relative signs of all spins. Nothing here depends on the
// global sign.
//
// The first reference configuration is that of the maximum spanning tree of |J|. The decoded
// spins are the reference of the next pass; training keeps instances with their latest reference
// in a replay buffer. After the passes come refinement rounds: they freeze the bonds that the
// network is confident about, contract what these join, and anneal the smaller problem.
//
// # Files
//
// Models and checkpoints are safetensors files. Their metadata hold a description in JSON
// under the key "spinlearn". The key "sha256" holds the SHA-256 of the whole file, computed with
// 64 zeros in its own place, so that a flipped bit anywhere is found when the file is read. Files
// of versions up to 0.1.0 have no checksum and are read without.
//
// # Arithmetic
//
// Weights are float32. The convolutions run on kernels for AVX-512, AVX2 or any
// processor, the fastest that the processor has; the environment variable
// SPINLEARN_KERNEL=avx512, avx2 or portable forces one. The same seed gives the same bytes for
// any number of workers. The AVX-512 and AVX2 kernels give the same bytes, too; the portable
// kernels round differently.
package cnn
