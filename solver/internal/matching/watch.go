package matching

import "context"

// A watch looks at a context now and then: work is counted in units of about a vertex, and
// a clock is worth some hundreds of them.
type watch struct {
	ctx  context.Context
	err  error // that of the context once it has ended
	work int
}

const betweenLooks = 1 << 10

// ended counts a unit of work and reports whether the context has ended.
func (w *watch) ended() bool {
	if w.work++; w.work >= betweenLooks {
		w.look()
	}
	return w.err != nil
}

func (w *watch) look() bool {
	w.work = 0
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	return w.err != nil
}
