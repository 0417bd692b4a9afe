// Package parallel runs independent work on a bounded number of goroutines.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Do calls f(0) to f(n-1), on the caller's goroutine and workers-1 others, and
// returns when all calls have. The calls must not depend on each other.
func Do(workers, n int, f func(int)) {
	w := &work{n: int64(n), f: f}
	helpers := max(0, min(workers, n)-1)
	w.helpers.Store(int64(helpers))
	w.done.Add(helpers)
	for range helpers {
		if claim() {
			handover <- w
		} else {
			go help(w)
		}
	}
	w.run()
	if !soon(func() bool { return w.helpers.Load() == 0 }) {
		w.done.Wait()
	}
}

// work is one call of Do.
type work struct {
	n       int64
	f       func(int)
	next    atomic.Int64
	helpers atomic.Int64 // that are not done
	done    sync.WaitGroup
}

func (w *work) run() {
	for k := w.next.Add(1) - 1; k < w.n; k = w.next.Add(1) - 1 {
		w.f(int(k))
	}
}

// A training step calls Do every fraction of a millisecond, and to put a thread to
// sleep and to wake it takes up to a tenth of one. So for a moment a caller who waits
// stays awake, and so does a helper who is done.
const moment = 50 * time.Microsecond

// soon reports whether the condition holds within a moment.
func soon(condition func() bool) bool {
	if condition() {
		return true
	}
	for start := time.Now(); time.Since(start) < moment; {
		runtime.Gosched()
		if condition() {
			return true
		}
	}
	return false
}

var (
	awake    atomic.Int64 // helpers that nobody has claimed
	handover = make(chan *work, 64)
)

// claim reports whether a helper was awake; whoever claims it must hand it work.
func claim() bool {
	for {
		n := awake.Load()
		if n == 0 {
			return false
		}
		if awake.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

func help(w *work) {
	for {
		w.run()
		w.helpers.Add(-1)
		w.done.Done()
		awake.Add(1)
		handed := soon(func() bool {
			select {
			case w = <-handover:
				return true
			default:
				return false
			}
		})
		if !handed {
			if claim() { // itself: it ends
				return
			}
			w = <-handover
		}
	}
}
