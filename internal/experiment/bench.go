package experiment

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"spinlearn/internal/base/report"
	"spinlearn/internal/base/stats"
	"spinlearn/plots"
)

// A Bench is what repeated searches reached on the instances of files.
type Bench struct {
	Files  []*File
	Tables []*Table // of the files
}

// Notes says what there is to say of the targets.
func (b *Bench) Notes() (notes []string) {
	lowered, without := 0, 0
	for _, f := range b.Files {
		for _, in := range f.Instances {
			if in.Lowered {
				lowered++
			}
			if !in.Relative() {
				without++
			}
		}
	}
	if lowered > 0 {
		notes = append(notes, "The target of at least one instance is the lowest energy of these runs.")
	}
	if without > 0 {
		notes = append(notes, fmt.Sprintf("Instances whose target is 0, so that they have no relative gap: %d.", without))
	}
	return notes
}

// Relative reports whether there are gaps relative to the target: it is not 0.
func (in *Instance) Relative() bool { return !math.IsNaN(in.Gap(in.Energy)) }

// WriteText writes a line for each file and row, and the notes. A gap is left empty where the
// target is 0.
func (b *Bench) WriteText(w io.Writer) error {
	text := func(of func(*Row) string) func(*Row) report.Cell {
		return func(r *Row) report.Cell { return report.Cell{Text: of(r)} }
	}
	tts := func(r *Row) (tts, low, high float64) {
		return TimeToSolution(r.CPU().Seconds(), r.Solved(), len(r.Searches))
	}
	var all report.Table
	for _, t := range b.Tables {
		lines := tabulate("", []column{
			{"file", false, text(func(*Row) string { return t.Name })},
			lineColumn, spentColumn("run"),
			{"CPU (s)", true, func(r *Row) report.Cell { return report.Significant(r.CPU().Seconds()) }},
			{"updates/ns", true, func(r *Row) report.Cell { return report.Significant(r.Rate()) }},
			{"best E/N (J)", true, text(func(r *Row) string { return stats.Number(r.Best()) })},
			{"mean E/N (J)", true, energyColumn.cell}, gapColumn, solvedColumn("p(success)"),
			{"TTS99 (s)", true, func(r *Row) report.Cell { tts, _, _ := tts(r); return report.Significant(tts) }},
			{"95 % interval (s)", true, text(func(r *Row) string {
				_, low, high := tts(r)
				return report.Significant(low).Text + " to " + report.Significant(high).Text
			})},
		}, t.Rows)
		all.Columns, all.Rows = lines.Columns, append(all.Rows, lines.Rows...)
	}
	err := write(w, all)
	if notes := b.Notes(); err == nil && len(notes) > 0 {
		_, err = fmt.Fprintf(w, "\n%s\n", strings.Join(notes, "\n"))
	}
	return err
}

// Chart returns gap against CPU time, a curve for each method and file whose targets are not
// all 0; nil if there is none.
func (b *Bench) Chart() *plots.Times {
	c := &plots.Times{Proven: false, Notes: b.Notes()}
	tables := slices.DeleteFunc(slices.Clone(b.Tables), func(t *Table) bool { return !t.Rows[0].Gap().Exists() })
	for _, t := range tables {
		for _, r := range t.Rows {
			name := r.Line()
			if len(tables) > 1 {
				name += ", " + t.Name
			}
			addPoint(&c.Series, name, "", plots.TimePoint{Label: r.spent(), Milliseconds: max(1e-3, milliseconds(r.CPU())), Percent: r.Gap().Mean})
		}
	}
	switch len(tables) {
	case 0:
		return nil
	case 1:
		c.Title = tables[0].Name
	}
	for _, s := range c.Series {
		slices.SortFunc(s.Points, func(a, b plots.TimePoint) int { return cmp.Compare(a.Milliseconds, b.Milliseconds) })
	}
	return c
}

// addPoint adds a point to the series of a name, or begins one.
func addPoint(list *[]plots.TimeSeries, name, group string, p plots.TimePoint) {
	k := slices.IndexFunc(*list, func(s plots.TimeSeries) bool { return s.Name == name })
	if k < 0 {
		k = len(*list)
		*list = append(*list, plots.TimeSeries{Name: name, Group: group})
	}
	(*list)[k].Points = append((*list)[k].Points, p)
}
