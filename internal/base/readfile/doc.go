// Package readfile reads files up to a size that the caller can justify.
//
// The package imports no other of this module.
package readfile
