// Package data keeps solved instances on disk, as datasets that numpy reads too. [Generate]
// draws the instances that a [Description] asks for, has them solved by a function of type
// [Solve], and writes them; an interrupted run continues where it stopped. [Open] returns the
// [Dataset] in a directory, which yields its instances in order or shuffled for training.
// [Dataset.First] gives its beginning, a [Part]. [Arrays], [ReadSpins] and [WriteSpins] deal
// with other arrays of numpy.
//
// It imports ising, and atomicfile to write files.
//
// # Layout
//
// A dataset is a directory:
//
//	dataset.json     what the dataset is and which shards it has so far
//	part-00000.npz   instances 0 … shard_size-1
//	part-00001.npz   the next shard_size instances, and so on
//
// A shard is a zip file of four arrays, as numpy.savez writes it. For n instances
// on a lattice of shape rows × cols:
//
//	couplings  float64  (n, 2, rows, cols)  J, axis first
//	spins      int8     (n, rows, cols)     best configuration known, ±1
//	energy     float64  (n,)                its energy, in the unit of J
//	bound      float64  (n,)                proven lower bound of the energy; NaN: none
//
// A dataset whose description has "walls": true has a fifth array:
//
//	walls      float64  (n, 2, rows, cols)  energy of the cheapest domain wall across
//	                                        each bond, in the unit of J; 0: no bond
//
// On a lattice of three axes couplings is (n, 3, d0, d1, d2) and spins (n, d0, d1,
// d2). The conventions are those of package ising: H(s) = -Σ J_ij s_i s_j, every bond
// counted once. couplings[k, a] holds the coupling of each site to the next one along axis a
// of spins[k], and 0 where there is no bond. So numpy computes the energies by
//
//	d = numpy.load("part-00000.npz")
//	J, s = d["couplings"], d["spins"]
//	E = -sum((J[:, a] * s * numpy.roll(s, -1, 1 + a)).reshape(len(s), -1).sum(1)
//	         for a in range(J.shape[1]))
//
// The ground state is proven where bound ≥ energy - rounding: no configuration has an
// energy that is lower by more than the rounding, which [ising.Integers] computes from the
// couplings. It is 0 where they are integers times a power of ten or two, as those of ±J
// are, and some 1e-12 for Gaussian couplings. An instance whose smallest couplings are too
// small beside the largest is never proven; see [ising.Solved.Proven].
//
// dataset.json gives the format, the [Description], the program that began the
// dataset, and the shards in order:
//
//	{
//	  "format": "spinlearn dataset v1",
//	  "program": "spinlearn v1.0.0",
//	  "ensemble": {"couplings": "gaussian", "negative": 0, "dilution": 0},
//	  "shape": [16, 16],
//	  "boundary": "periodic",
//	  "seed": 1,
//	  "solver": "exact",
//	  "solver_settings": {},
//	  "count": 1000,
//	  "shard_size": 256,
//	  "shards": [
//	    {"file": "part-00000.npz", "count": 256, "proven": 256, "sha256": "9f86d081884c…"}
//	  ],
//	  "sha256": "5e884898da28…"
//	}
//
// The last field is the SHA-256 of the file without that field, which is the file with
// its last line break before the field's comma followed by "}" and a line break. Files
// of versions up to 0.1.0 and of other programs may lack it; damage to them may pass
// unnoticed where it leaves a valid description.
//
// The dataset is complete when the shards hold count instances. Every shard but
// the last holds shard_size of them.
//
// [Open] also reads what other programs write in this layout: shards of
// numpy.savez or numpy.savez_compressed in C order with the types above.
package data
