// Package lanes updates 16 replicas of a spin glass with any couplings at the same time,
// side by side in float32: with AVX-512, AVX2 or in portable Go, which all give the same
// result, bit by bit.
//
// Couplings are rounded to whole multiples of a power of two so fine that every local
// field and every cost of a flip is a whole number below 2^24, at most 2^-21 of the
// largest sum of couplings at a site. Sums in float32 are then exact and fields can be
// kept up to date without drift.
//
// A flip of cost ΔE is accepted if βΔE is below an exponential deviate -ln u, whose
// logarithm is a polynomial with an error below 2e-5. Every replica has its own
// generator, xoshiro128+ of Blackman and Vigna (ACM Trans. Math. Softw. 47, 36 (2021)).
//
// A [Network] has the couplings, and [Replicas] of it are updated. The package imports no other
// of this module.
package lanes
