// Package cputime reads the CPU time that this process has used, summed over all threads. On
// a machine shared with other programs it measures a method better than wall time does.
//
// [Now] is all of it. The package imports no other of this module.
package cputime
