// Package stats computes and prints means with standard errors: all those that the program
// states. An [Estimate] is such a mean. The package imports no other of this module.
package stats
