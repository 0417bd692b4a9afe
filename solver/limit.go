package solver

import (
	"context"
	"time"
)

type clockKey struct{}

// WithClock returns a context under which time limits count by the clock now, such as the
// CPU time of the process, in place of the wall clock.
func WithClock(ctx context.Context, now func() time.Duration) context.Context {
	return context.WithValue(ctx, clockKey{}, now)
}

// limited is a context with a time limit that it reads off a clock whenever it is asked.
// The timers of package context are served late where all threads compute: up to 10 ms
// on one core. Only Err knows of the limit.
type limited struct {
	context.Context
	now   func() time.Duration
	begin time.Duration
	limit time.Duration // 0 for none
}

// within returns ctx with a time limit from now on, 0 for none.
func within(ctx context.Context, limit time.Duration) *limited {
	now, ok := ctx.Value(clockKey{}).(func() time.Duration)
	if !ok {
		begin := time.Now()
		now = func() time.Duration { return time.Since(begin) }
	}
	return &limited{ctx, now, now(), limit}
}

func (l *limited) Err() error {
	if err := l.Context.Err(); err != nil || l.limit == 0 || l.used() < l.limit {
		return err
	}
	return context.DeadlineExceeded
}

// used returns the time since the limit was set.
func (l *limited) used() time.Duration { return l.now() - l.begin }

// earlier returns ctx with its limit, if it has one, brought forward by d.
func earlier(ctx context.Context, d time.Duration) context.Context {
	l, ok := ctx.(*limited)
	if !ok || l.limit == 0 {
		return ctx
	}
	return &limited{l.Context, l.now, l.begin, max(l.limit-d, 1)}
}
