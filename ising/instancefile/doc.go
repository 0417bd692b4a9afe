// Package instancefile reads and writes instances in the plain formats of the field.
//
// # Edge list
//
// The format of rudy, Gset and the Biq Mac library, one bond a line:
//
//	4 3
//	1 2 -1
//	2 3 1
//	4 3 0.5
//
// The first line gives the numbers of vertices and bonds; each of the others the two ends
// of a bond, in any order, counted from 1, and its weight w, which may be missing and is
// then 1. Blank lines and lines that begin with # or with the word c are skipped. A bond
// that stands twice is refused: programs disagree whether it counts once, twice or as a
// sum.
//
// The files are MaxCut problems: H = +Σ w s s is to be minimised, so that J = -w and the
// cut is (Σ w - H)/2. [Minus] reads files that mean J = w instead.
//
// # Lattices
//
// The formats know graphs only. Where the bonds form a hypercubic lattice, complete or
// with missing bonds, the instance stands on that lattice; see
// [ising.Instance.Hypercubic] for which are found. Vertex i of the file, from 0, is site
// i of the instance if the file numbers the lattice in row-major order, and Site[i] else.
//
// # Limits
//
// Couplings are 0 or of a size from [ising.MinCoupling] to [ising.MaxCoupling]. A file
// has at most 2 GiB, [ising.MaxBonds] bonds and [ising.MaxSites] vertices, and not more
// than 65536 vertices besides 64 for each bond, so that memory is in proportion to the
// file. Everything else that a file may have wrong is an [*ising.SyntaxError] too.
package instancefile
