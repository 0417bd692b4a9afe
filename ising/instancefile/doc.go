// Package instancefile reads and writes instances in the plain formats of the field. [Open]
// and [Read] return a [File]: an instance, with what its file says of it. [Write] writes one.
// [Settings] give the [Format] and the [Sign] of a file; without them Read recognises both. What
// is wrong with a file is reported as a [*SyntaxError] with its line. Where the bonds of a file
// form a hypercubic lattice, the instance stands on that lattice.
//
// This package imports ising alone.
//
// # Files
//
// Every file states a function f of spins s = ±1 or of variables x = (1+s)/2, which are 0 or 1.
// If the sign is [Plus], f is to be minimised and H = f. If it is [Minus], f is to be maximised
// and H = -f. Numbers keep their last bit. Lines that begin with the word c are comments, and
// so is everything after a #. Blank lines are skipped. Fields are separated by white space or
// by commas. The text is UTF-8, or UTF-16 after a byte order mark, and may be compressed by
// gzip or bzip2.
//
// # Sign
//
// [Settings.Sign] gives the sign. Without it, edge lists and coordinates have the sign Minus
// if the name of the file ends in .sg or .gsg, which is what these endings mean in the field.
// Our own format has Minus, and every other format Plus. [File.SignBy] says which of these
// rules applied.
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
// The first line gives the numbers of vertices and bonds. Each other line gives the two ends
// of a bond, in any order and counted from 1, and its weight w. A missing weight is 1.
// f = Σ w s s, so that J = -w and the cut is (Σ w - f)/2: the file is a MaxCut problem. With
// [Minus] J = w. The lines may also be those of DIMACS graphs, "p edge 4 3" and "e 1 2 -1".
//
// Programs vary this format. Variants without ambiguity are read, and [File.Notes] names them:
//
//   - The header may have further fields, such as a seed, an energy or words. They are
//     ignored.
//   - There may be no header. Such a list of bonds, with or without weights, has the format
//     coo.
//   - Vertices count from 0 if one of them is 0.
//   - Every bond may stand in both directions with the same weight, as in a symmetric
//     matrix. It counts once, and the header may give either number.
//
// The whole file decides whether the first line is a header or a bond. The line fits as a
// header if its first two numbers are the number of vertices and the number of lines that
// follow. It is a header if it fits and at least one of these is true:
//
//   - it is unlike the other lines;
//   - as a bond, it would have a vertex with a number far above all others;
//   - the name of the file has an ending of the format (see [FormatOf]).
//
// It is a bond if one of these is true:
//
//   - no header can have such numbers: no vertex, no bond before lines that count from 0, or
//     more bonds than pairs of vertices;
//   - it does not fit as a header and the name of the file ends in .el or .edgelist, which by
//     custom have no header.
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
// The JSON of a BinaryQuadraticModel, as json.dump writes it from to_serializable (schema
// 3.0.0) or from to_json (schema 1.0.0). The variables are the vertices. If the labels are the
// integers from 0, they number the vertices; else the vertices have the order of
// variable_labels. Counts that the object gives have to be right, and no key may stand twice.
//
// # QUBO (qubo, qs)
//
// Variables are 0 and 1. qubo is the format of qbsolv. It begins with "p qubo 0 N D M": the
// numbers of variables, of terms with i = j, and of other terms. A line "i j q" follows for
// each term q x_i x_j, counted from 0. qs is the sparse format of the Biq Mac library and
// Bonn's bq. It begins with "n m". Lines "i j q" follow for the entries of a symmetric matrix Q,
// counted from 1, with f = x'Qx, so that an entry off the diagonal counts twice. It looks like
// an edge list and is recognised only by the name of the file: .qs, .sparse or .bq.
//
// # Our own (spinlearn)
//
//	# spinlearn instance v1 shape=2x2 boundary=free bonds=4 couplings=gaussian
//	0 2 0.31
//	1 3 -1.2
//	0 1 0.05
//	2 3 -0.7
//
// Each line "i j J" is a bond, with sites counted from 0. Always H = -Σ J s s. The header gives
// shape and boundary, or sites=N for a graph, and the number of bonds. It may give the
// ensemble, as couplings, negative and dilution; an offset to be added to H; and ghost=yes if
// the last site is a ghost spin.
//
// # Fields
//
// An instance has no fields. So a file with fields gets a ghost spin, the last site, whose
// bonds are the fields. In a configuration where the ghost spin is +1, the other spins are
// those of the file. In a written edge list the ghost spin is the last vertex. For variables 0
// and 1 the coupling is exactly J = ∓q/4. Fields and offset are summed exactly. What a float64
// cannot hold of a field is in [ising.Instance.Error]. A field is dropped, and counted there, if a
// term has 16 digits or more and the sum is no larger than the rounding error of such terms.
//
// # Lattices
//
// Most formats know only graphs. If the bonds form a hypercubic lattice, the instance stands
// on that lattice. Two kinds of lattices are found: those numbered in row-major order, also
// with missing bonds, and complete ones with any numbers. Vertex i of the file, counted from
// 0, is site i of the instance in the first case, and Site[i] in the second; see [File].
//
// # Limits
//
// Numbers are decimal. Decimal fractions are rounded to float64. A number that would become
// another one is refused: an integer that float64 does not hold exactly, a number that is too
// large, and one that is too small but not 0. Couplings are 0 or of a size from
// [ising.MinCoupling] to [ising.MaxCoupling]. A bond that stands twice is refused, because
// programs disagree whether it counts once, twice or as a sum.
//
// A file has at most 2 GiB, [ising.MaxBonds] bonds and [ising.MaxSites] vertices.
// Decompression may make it 200 times larger and 1 MiB more, again up to 2 GiB. A file has at
// most 65536 vertices plus 64 for each bond, so that memory is in proportion to the file.
package instancefile
