// Package parallel runs independent calls on a bounded number of goroutines. [Do] is all of
// it. Which goroutine makes which call is not determined, so calls must write to places of
// their own; then results do not depend on the number of workers. The package imports no
// other of this module.
//
// A training step makes several calls of Do a millisecond, and waking a thread takes up to
// a tenth of one. So goroutines that wait stay awake for a moment. Measured on two cores:
// eight pieces of 5 µs for two workers and then one for the caller took 30 µs, and 49 µs
// with errgroup, whose goroutines sleep when they wait; pieces of 22 µs took 112 and 163 µs.
package parallel
