// Package losses holds the training losses: plain functions with their gradients,
// and the same as nodes of a Gorgonia graph.
//
// # Where they come from
//
// Let a network's logits z define the factorised distribution q in which entry i is
// wrong with probability σ(-u_i), u_i = y_i z_i, y the label. Let p ∝ exp(-E/T) be
// the Boltzmann distribution around the label, in which being wrong at i costs c_i:
// E = Σ c_i [i wrong], hence p_i(wrong) = 1/(1+exp(c_i/T)). Then, up to a constant,
//
//	T·KL(q|p) = E_q[E] - T·S[q] = Σ c_i σ(-u_i) - T·H(σ(u_i))    local energy (reverse KL)
//	  KL(p|q) = Σ p_i softplus(u_i) + (1-p_i) softplus(-u_i)     Boltzmann cross-entropy (forward KL)
//	  T → 0   : Σ softplus(-u_i)                                 cross-entropy, -log q(y)
//	T·KL(q|p) with the true H in place of E, no label            true energy, -Σ J m m - T·S
//
// with H the binary entropy in nats and m = 2σ(z)-1. The margin Σ max(0, γ-u_i) is
// no divergence; it stands for comparison. For a spin, c_i = ΔE_i + 2h0 with
// ΔE_i = 2 y_i h_i, the cost of flipping it alone; for a bond, the smaller of the two at
// its ends, or the energy of the cheapest domain wall across it. See Kaba, Sareen, Levy and
// Ravanbakhsh, Energy Loss Functions for Physical Systems (2025), arXiv 2511.02087,
// whose eq. 16 has another sign and offset than follow from H = -Σ J s s.
//
// # Conventions
//
// Every loss is a mean over the entries of an instance that have a label, and in a
// graph over the instances of the batch too. Costs and temperatures have the unit of
// the couplings, and none is scaled; logits are pure numbers.
package losses
