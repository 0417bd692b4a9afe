// Package study compares arms of an experiment, such as training losses, each run with
// several seeds on the same instances. It computes means with their errors, differences
// between arms, and the order of the arms as far as it is resolved. An [Arm] has the gaps,
// an [Estimate] is a mean or a difference, an [Order] ranks the arms. Of this module it
// imports stats only.
//
// An instance whose reference energy is 0 has no gap. Its gaps are NaN and are left out.
//
// # Model
//
// The gap of seed s on instance i is a mean, plus an effect of the seed, plus an effect of
// the instance, plus a rest, all independent. The mean over S seeds and N instances then has
// the variance σ_seed²/S + σ_instance²/N + σ_rest²/(SN). Three quantities estimate it:
//
//   - the variance of the seeds' means, divided by S, estimates σ_seed²/S + σ_rest²/(SN);
//   - the variance of the instances' means, divided by N, estimates σ_instance²/N + σ_rest²/(SN);
//   - the mean square of the rests, divided by SN, estimates σ_rest²/(SN).
//
// See Searle, Casella, McCulloch, Variance Components (1992), chapter 4.
//
// Arms are compared on the same instances, so the difference of two arms has the effects of
// the instances on that difference only. Seeds are not paired. Equal seeds share the first
// weights and the order of the instances, so the true errors can only be smaller.
//
// A study has few seeds, so its errors are uncertain themselves. Their degrees of freedom
// follow Satterthwaite, Biometrics Bulletin 2, 110 (1946), and probabilities are those of
// Student's distribution with as many.
package study
