// Package losses holds the training losses. Each is a plain function with its gradient
// ([Mean], [Symmetric], [TrueEnergy]) and a node of a Gorgonia graph ([Node],
// [TrueEnergyNode]). A [Loss] is the loss of one entry: a spin or a bond. Of this module the
// package imports fused and parallel only.
//
// # Where the losses come from
//
// A network predicts each entry i by a logit z_i, independently of the others. Let y be the
// labels and u_i = y_i z_i; then entry i is wrong with probability σ(-u_i) in the network's
// distribution q. Let p ∝ exp(-E/T) be the Boltzmann distribution around the labels with
// E = Σ c_i [i wrong], where c_i is the energy that a wrong entry costs; then entry i is
// wrong with probability p_i = 1/(1+exp(c_i/T)). Up to a constant,
//
//	T·KL(q|p) = E_q[E] - T·S[q] = Σ c_i σ(-u_i) - T·H(σ(u_i))    local energy (reverse KL)
//	  KL(p|q) = Σ p_i softplus(u_i) + (1-p_i) softplus(-u_i)     Boltzmann cross-entropy (forward KL)
//	  T → 0   : Σ softplus(-u_i)                                 cross-entropy, -log q(y)
//	T·KL(q|p) with the true H in place of E, no label            true energy, -Σ J m m - T·S
//
// with H the binary entropy in nats and m = 2σ(z)-1. The margin Σ max(0, γ-u_i) is not a
// divergence; it is there for comparison.
//
// For a spin, c_i = ΔE_i + 2h0, where ΔE_i = 2 y_i h_i is the energy it takes to flip the spin
// alone. For a bond, c_i is the smaller ΔE of its two ends, or the energy of the cheapest
// domain wall across it. See Kaba, Sareen, Levy and Ravanbakhsh, Energy Loss Functions for
// Physical Systems (2025), arXiv 2511.02087. Its eq. 16 has another sign and offset than
// follow from H = -Σ J s s.
//
// # Conventions
//
// A loss is a mean over the entries of an instance that have a label. A node is also a mean
// over the instances of the batch. Costs and temperatures have the unit of the couplings, and
// no loss rescales them. Logits are pure numbers.
package losses
