package cnn

import (
	"sync"
	"sync/atomic"
)

// parallel calls f(0) to f(n-1) on that many goroutines. The calls must not depend
// on each other.
func parallel(workers, n int, f func(int)) {
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

// part returns the k-th of n equal parts of v.
func part[T any](v []T, k, n int) []T {
	size := len(v) / n
	return v[k*size : (k+1)*size]
}
