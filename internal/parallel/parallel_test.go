package parallel

import (
	"sync/atomic"
	"testing"
)

func TestDo(t *testing.T) {
	for _, workers := range []int{-1, 0, 1, 3, 50} {
		for _, n := range []int{0, 1, 7, 100} {
			calls := make([]atomic.Int32, n)
			Do(workers, n, func(k int) { calls[k].Add(1) })
			for k := range calls {
				if got := calls[k].Load(); got != 1 {
					t.Fatalf("%d workers, n = %d: f(%d) was called %d times", workers, n, k, got)
				}
			}
		}
	}
}
