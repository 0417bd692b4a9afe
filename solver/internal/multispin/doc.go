// Package multispin updates many replicas of a spin glass with couplings ±J at the same
// time, one bit a replica: 512 with AVX-512, 256 with AVX2, 64 in portable Go. All give
// the same result, bit by bit.
//
// Every replica has random numbers of its own: a site takes 16 random words, of which
// each bit position is the 16-bit number u of one replica. All thresholds of the site
// are compared with the same u, from the lowest bit up, and the comparison begins with
// a dither that stands for 4 more bits and that the replicas share: replicas are
// correlated only where u meets a threshold in all 16 bits. (Isakov, Zintchenko,
// Rønnow and Troyer, Comput. Phys. Commun. 192, 265 (2015), share every number.)
//
// The words come from x_n = rotl(x_{n-16} + x_{n-7}, 23), a lagged generator with
// rotation after Fog, Chaotic Random Number Generators with Random Cycle Lengths (2001),
// whose cycle is not known but long.
//
// A [Network] has the signs of the couplings, and [Replicas] of it are updated; [Glass] is the
// network of an instance. The package imports ising.
package multispin
