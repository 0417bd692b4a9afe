package solver

import (
	"context"
	"time"
)

// deadline is a context that ends at a time by the clock. The timers of package context
// are served late where all threads compute: up to 10 ms on one core.
type deadline struct {
	context.Context
	end time.Time
}

// within returns ctx with a time limit from begin on, 0 for none. Only its Err knows of
// the limit.
func within(ctx context.Context, begin time.Time, limit time.Duration) context.Context {
	if limit == 0 {
		return ctx
	}
	return deadline{ctx, begin.Add(limit)}
}

func (d deadline) Err() error {
	if err := d.Context.Err(); err != nil || time.Now().Before(d.end) {
		return err
	}
	return context.DeadlineExceeded
}
