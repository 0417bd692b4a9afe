package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Do calls f(0) to f(n-1), on the caller's goroutine and at most workers-1 others, and
// returns when all calls have returned. The calls must not depend on each other. With
// workers ≤ 1 the caller makes all calls.
func Do(workers, n int, f func(int)) {
	w := &work{n: int64(n), f: f}
	helpers := max(0, min(workers, n)-1)
	w.busy.Store(int64(helpers))
	w.done.Add(helpers)
	for range helpers {
		if claim() {
			jobs <- w
		} else {
			go help(w)
		}
	}
	w.run()
	if !soon(func() bool { return w.busy.Load() == 0 }) {
		w.done.Wait()
	}
}

// work is one call of Do.
type work struct {
	n    int64
	f    func(int)
	next atomic.Int64   // argument of the next call of f
	busy atomic.Int64   // helpers that have not finished
	done sync.WaitGroup // counts the same
}

// run makes calls until none is left.
func (w *work) run() {
	for k := w.next.Add(1) - 1; k < w.n; k = w.next.Add(1) - 1 {
		w.f(int(k))
	}
}

// moment is how long a caller that waits for its helpers stays awake, and a helper that
// waits for work.
const moment = 50 * time.Microsecond

// soon reports whether the condition becomes true within a moment.
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
	awake atomic.Int64 // helpers that wait for work and are not claimed
	jobs  = make(chan *work, 64)
)

// claim reserves a helper that is awake and returns true, or returns false if there is none.
// Who reserves a helper must send work to it.
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

// help runs w, then other work that comes within a moment.
func help(w *work) {
	for {
		w.run()
		w.busy.Add(-1)
		w.done.Done()
		awake.Add(1)
		handed := soon(func() bool {
			select {
			case w = <-jobs:
				return true
			default:
				return false
			}
		})
		if !handed {
			if claim() { // this helper, so that nobody sends it work any more
				return
			}
			w = <-jobs // somebody has claimed it meanwhile
		}
	}
}
