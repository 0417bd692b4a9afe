package parallel

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
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

// Calls from several goroutines, in quick succession and nested, share the helpers that
// are awake.
func TestDoTogether(t *testing.T) {
	var group sync.WaitGroup
	var calls atomic.Int64
	for range 8 {
		group.Go(func() {
			for i := range 200 {
				Do(3, 4, func(int) {
					Do(2, 2, func(int) { calls.Add(1) })
				})
				if i%50 == 0 {
					time.Sleep(2 * moment) // until the helpers have ended
				}
			}
		})
	}
	group.Wait()
	if got := calls.Load(); got != 8*200*8 {
		t.Errorf("%d calls, want %d", got, 8*200*8)
	}
	for start := time.Now(); awake.Load() > 0; time.Sleep(moment) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("%d helpers have not ended", awake.Load())
		}
	}
}

// No more goroutines work at a time than asked for.
func TestWorkers(t *testing.T) {
	var now, most atomic.Int64
	Do(3, 60, func(int) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(100 * time.Microsecond)
		now.Add(-1)
	})
	if got := most.Load(); got < 2 || got > 3 {
		t.Errorf("%d at a time with 3 workers", got)
	}
}
