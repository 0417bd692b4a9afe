// Package parallel runs independent work on a bounded number of goroutines.
package parallel

import (
	"sync"
	"sync/atomic"
)

// Do calls f(0) to f(n-1), on the caller's goroutine and workers-1 others, and
// returns when all calls have. The calls must not depend on each other.
func Do(workers, n int, f func(int)) {
	var next atomic.Int64
	work := func() {
		for {
			k := int(next.Add(1)) - 1
			if k >= n {
				return
			}
			f(k)
		}
	}
	var group sync.WaitGroup
	for range min(workers, n) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}
