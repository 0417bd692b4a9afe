// Package instancefile reads and writes instances in the plain formats of the field.
//
// [Read] tells the formats apart by their content. Every file states a function f of
// spins s = ±1 or of variables x = (1+s)/2, which is 0 or 1. By the sign [Plus] f is to be
// minimised, H = f; by [Minus] it is to be maximised, H = -f. Numbers keep their last bit.
// Lines that begin with the word c are comments, and so is what follows a #; blank lines
// are skipped. Fields are separated by white space or by commas. The text is UTF-8, or
// UTF-16 after a byte order mark, and may be compressed by gzip or bzip2.
//
// # Sign
//
// [Settings.Sign] gives the sign. Without it, edge lists and coordinates in files whose
// names end in .sg or .gsg have the sign Minus, as these endings mean in the field. Our own
// format has Minus, every other format Plus. [File.SignBy] says which of these it was.
//
// # Edge list (edgelist)
//
// The format of rudy, Gset, the Biq Mac library and the DIMACS torus set, also called mc:
//
//	4 3
//	1 2 -1
//	2 3 1
//	4 3 0.5
//
// The first line gives the numbers of vertices and bonds; each of the others the two ends
// of a bond, in any order, counted from 1, and its weight w, which may be missing and is
// then 1. f = Σ w s s, so that J = -w and the cut is (Σ w - f)/2: the file is a MaxCut
// problem. With [Minus] J = w. The lines may also be those of DIMACS graphs, "p edge 4 3"
// and "e 1 2 -1".
//
// Programs vary this format. What is certain is read, and [File.Notes] says what it was:
//
//   - The header may have further fields, such as a seed, an energy or words. They are
//     passed over.
//   - There may be no header: a list of bonds with or without weights, of the format coo.
//   - Vertices count from 0 if one of them is 0.
//   - Every bond may stand in both directions with the same weight, as in a symmetric
//     matrix; it counts once. The header may give either number.
//
// Whether the first line is a header or a bond is decided by the whole file. It fits as a
// header if its first two numbers are those of the vertices and lines that follow. It is
//
//   - a header if it fits and is unlike the other lines, or would, as a bond, have a vertex
//     with a number far above all others, or the name of the file has an ending of the
//     format (see [FormatOf]);
//   - a bond if no header has such numbers: no vertex, no bond before lines that count from
//     0, or more bonds than pairs of vertices; or if it does not fit and the name of the
//     file ends in .el or .edgelist, which custom writes without headers.
//
// Every other file is refused. The settings then have to say what the first line is: the
// format EdgeList means a header, COO a bond.
//
// A line "i i h" is a field of a spin if the settings give the format or the name of the
// file ends in .sg or .gsg. Otherwise the file is refused, since the line might be an
// entry of a qs matrix.
//
// # Coordinates (coo, coo-binary)
//
// The format of dimod's serialization.coo: a line "i j w" for each bond and "i i h" for
// each field, vertices counted from 0, or from 1 if none is 0. There is no header but a
// comment:
//
//	# vartype=SPIN
//
// With vartype=BINARY, coo-binary, the variables are 0 and 1. Without the comment the file
// is a list of bonds as described above. It is written without exponents, which dimod
// would skip silently.
//
// # dimod's JSON (bqm, bqm-binary)
//
// What json.dump writes of a BinaryQuadraticModel's to_serializable, schema 3.0.0, or of
// its to_json, schema 1.0.0. Vertices are the variables: by label if the labels are the
// integers from 0, else in the order of variable_labels. Counts that the object gives have
// to be right, and no key may stand twice.
//
// # QUBO (qubo, qs)
//
// Variables are 0 and 1. qubo is the format of qbsolv, a line "i j q" for each term
// q x_i x_j, counted from 0, after "p qubo 0 N D M" with the numbers of variables, of
// terms with i = j, and of the others. qs is the sparse format of the Biq Mac library and
// Bonn's bq: "n m" and lines "i j q" of a symmetric matrix Q counted from 1, f = x'Qx, so
// that an entry beside the diagonal counts twice. It looks like an edge list and is
// recognised by the name of the file alone: .qs, .sparse or .bq.
//
// # Our own (spinlearn)
//
//	# spinlearn instance v1 shape=2x2 boundary=free bonds=4 couplings=gaussian
//	0 2 0.31
//	1 3 -1.2
//	0 1 0.05
//	2 3 -0.7
//
// A line "i j J" for each bond, sites counted from 0, with H = -Σ J s s whatever the
// sign. The header gives shape and boundary, or sites=N for a graph, and the number of
// bonds. It may give the ensemble, as couplings, negative and dilution; an offset to be
// added to H; and ghost=yes where the last site is a ghost spin.
//
// # Fields
//
// An instance has no fields. A file with fields gets a ghost spin, the last site, whose
// bonds are the fields: in a configuration where it is +1 the others are the file's spins.
// Edge lists have the ghost spin as their last vertex. Of 0-1 variables J = ∓q/4 to the
// bit, and a field that is not above the rounding of the terms it is summed from is none.
//
// # Lattices
//
// Most formats know graphs only. Where the bonds form a hypercubic lattice, complete or
// with missing bonds, the instance stands on that lattice; see
// [ising.Instance.Hypercubic] for which are found. Vertex i of the file, from 0, is site
// i of the instance if the file numbers the lattice in row-major order, and Site[i] else.
//
// # Limits
//
// A number is decimal. One that is no float64 is refused instead of becoming another
// number: an integer that does not fit exactly, what is too large, and what is too small
// but not 0. Decimal fractions are rounded. A bond that stands twice is refused: programs
// disagree whether it counts once, twice or as a sum. Couplings are 0 or of a size from
// [ising.MinCoupling] to [ising.MaxCoupling].
//
// A file has at most 2 GiB, also when decompressed, which may make it 200 times larger
// (and 1 MiB more), [ising.MaxBonds] bonds and [ising.MaxSites] vertices, and not
// more than 65536 vertices besides 64 for each bond, so that memory is in proportion to
// the file. Everything else that a file may have wrong is an [*SyntaxError] too.
package instancefile
