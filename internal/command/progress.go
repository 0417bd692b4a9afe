package command

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"spinlearn/internal/base/safetext"
)

// A reporter shows the progress of long work on stderr: a bar on a terminal, else a
// plain line every few seconds.
type reporter struct {
	w     io.Writer
	title string
	unit  string
	total int
	first int // done before the reporter began
	begin time.Time
	next  time.Time
	bar   *progressbar.ProgressBar // nil without a terminal
	done  int
}

const lineEvery = 5 * time.Second

func newReporter(w io.Writer, title, unit string, total int) *reporter {
	now := time.Now()
	title = safetext.Terminal(title)
	r := &reporter{w: w, title: title, unit: unit, total: total, first: -1, begin: now, next: now.Add(lineEvery)}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		r.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetDescription(title),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString(unit),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetWidth(24),
			progressbar.OptionClearOnFinish(),
		)
	}
	return r
}

// update reports how much is done; note, such as the current loss, may be empty.
func (r *reporter) update(done int, note string) {
	if r.first < 0 {
		r.first = done
	}
	r.done = done
	note = safetext.Terminal(note)
	if r.bar != nil {
		if note != "" {
			r.bar.Describe(r.title + " (" + note + ")")
		}
		r.bar.Set(done)
		return
	}
	if now := time.Now(); now.After(r.next) {
		r.next = now.Add(lineEvery)
		r.line(now, note)
	}
}

func (r *reporter) line(now time.Time, note string) {
	text := fmt.Sprintf("%s: %d of %d %s", r.title, r.done, r.total, r.unit)
	if elapsed := now.Sub(r.begin).Seconds(); r.done > r.first && elapsed > 0 {
		rate := float64(r.done-r.first) / elapsed
		left := time.Duration(float64(r.total-r.done) / rate * float64(time.Second))
		text += fmt.Sprintf(", %.3g a second, %v left", rate, left.Round(time.Second))
	}
	if note != "" {
		text += ", " + note
	}
	fmt.Fprintln(r.w, text)
}

// finish closes the bar and says what was done, with the time it took.
func (r *reporter) finish(result string) {
	if r.bar != nil {
		r.bar.Finish()
	}
	fmt.Fprintf(r.w, "%s: %s in %v\n", r.title, safetext.Terminal(result), time.Since(r.begin).Round(100*time.Millisecond))
}

// stop ends the bar's line without a result.
func (r *reporter) stop() {
	if r.bar != nil {
		r.bar.Exit()
		fmt.Fprintln(r.w)
	}
}
