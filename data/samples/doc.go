// Package samples holds small instances with proven ground states, which are part of the
// program. A [Sample] says how its instance was drawn: it is the instance that
//
//	spinlearn generate --count 1 --shape … --boundary … --couplings … --seed …
//
// makes with these settings. A sample has two files: the instance in the program's own format,
// and the certificate of its ground state for spinlearn verify. "go generate ./data/samples"
// makes them anew. [All] lists the samples, and [Find] looks one up by name.
//
// The package imports ising alone.
package samples
