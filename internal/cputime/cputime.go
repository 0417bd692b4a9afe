// Package cputime reads the CPU time that this process has used, over all threads:
// the clock for comparing methods on a busy machine.
package cputime
