// Package safetext makes text that comes from files and names harmless where it is
// shown: on a terminal, where it could hold escape sequences, and in a spreadsheet, where
// it could be a formula.
//
// The package imports no other of this module.
package safetext
