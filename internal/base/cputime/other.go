//go:build !unix

package cputime

import "time"

var start = time.Now()

// Now returns the wall time since the start of the program, because this system has no
// getrusage.
func Now() time.Duration { return time.Since(start) }
