package compare

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
	"time"

	"spinlearn/internal/report"
	"spinlearn/internal/safetext"
)

// A timedRecord is a line of the tables for machines. Its method is that of the line in
// the charts, which budget, or passes and effort, complete.
type timedRecord struct {
	Dataset string `json:"dataset"`
	record
	Budget *float64 `json:"budget_ms"`
	Median float64  `json:"cpu_ms_median"`
}

func (t *Timed) record(row *Row) *timedRecord {
	r := &timedRecord{Dataset: t.Name, record: t.Table.record(row), Median: milliseconds(row.Median())}
	r.Method = row.Line()
	if row.Budget > 0 {
		r.Budget = new(milliseconds(row.Budget))
	}
	return r
}

// WriteTimedCSV writes a line a dataset, method, and budget or effort; see
// [Table.WriteCSV].
func WriteTimedCSV(w io.Writer, tables []*Timed) error {
	c := csv.NewWriter(w)
	c.Write(append(append([]string{"dataset", "lattice"}, header...), "budget_ms", "cpu_ms_median", relative))
	for _, t := range tables {
		for _, row := range t.Rows {
			r := t.record(row)
			line := append([]string{safetext.Cell(r.Dataset), t.Lattice.String()}, r.fields()...)
			c.Write(append(line, digits(r.Budget), digits(&r.Median), strconv.Itoa(r.Relative)))
		}
	}
	c.Flush()
	return c.Error()
}

// WriteJSONL writes the rows of [WriteTimedCSV] to their last bit, each with the origin.
func (t *Timed) WriteJSONL(w io.Writer, from *Origin) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, row := range t.Rows {
		if err := e.Encode(struct {
			*Origin
			*timedRecord
		}{from, t.record(row)}); err != nil {
			return err
		}
	}
	return nil
}

// WriteRuns writes a line a run of a method on an instance. A gap that does not exist is
// left empty.
func WriteRuns(w io.Writer, tables []*Timed) error {
	c := csv.NewWriter(w)
	c.Write([]string{"dataset", "instance", "method", "budget_ms", "passes", "effort", "reference_j", "energy_j", "gap_fraction", "cpu_ms"})
	exact := func(v float64) string {
		if math.IsNaN(v) {
			return ""
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	for _, t := range tables {
		for _, row := range t.Rows {
			r := t.record(row)
			for k, e := range row.Energies {
				c.Write([]string{safetext.Cell(t.Name), strconv.Itoa(k), safetext.Cell(r.Method), digits(r.Budget), count(r.Passes), count(r.Effort), exact(t.Truth[k]), exact(e), exact(row.Gaps[k]), digits(new(milliseconds(row.Times[k])))})
			}
		}
	}
	c.Flush()
	return c.Error()
}

// effort says what a row had to spend.
func (r *Row) spent() string {
	switch {
	case r.Budget > 0:
		return r.Budget.String()
	case r.Effort > 0:
		return fmt.Sprintf("effort %d", r.Effort)
	case r.Passes == 1:
		return "1 pass"
	case r.Passes > 1:
		return fmt.Sprintf("%d passes", r.Passes)
	}
	return ""
}

func (t *Timed) caption() string {
	return fmt.Sprintf("%s: %s %v, %d instances, %s", t.Name, t.Family, t.Lattice, len(t.Truth), t.references())
}

// WriteTimedText writes a table a dataset for reading, gaps in per cent.
func WriteTimedText(w io.Writer, tables []*Timed) error {
	for k, t := range tables {
		if k > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s\n\n", safetext.Terminal(t.caption()))
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		reached := "reached"
		if t.AllProven() {
			reached = "solved"
		}
		fmt.Fprintf(tw, "method\tlimit\tgap (%%)\t%s\tCPU (ms)\tmedian (ms)\t\n", reached)
		for _, r := range t.Rows {
			fmt.Fprintf(tw, "%s\t%s\t%v\t%d/%d\t%s\t%s\t\n",
				safetext.Terminal(r.Line()), r.spent(), r.Gap(), r.Solved, len(r.Gaps), threeDigits(r.PerInstance()), threeDigits(r.Median()))
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// threeDigits writes milliseconds.
func threeDigits(d time.Duration) string {
	ms := milliseconds(d)
	if ms >= 100 {
		return strconv.FormatFloat(ms, 'f', 0, 64)
	}
	return strconv.FormatFloat(ms, 'g', 3, 64)
}

// Report returns the table for a page, gaps in per cent.
func (t *Timed) Report() report.Table {
	out := report.Table{
		Caption: t.caption() + ". ± is the standard error of the mean. A click on a name sorts.",
		Columns: []report.Column{
			{Name: "method"}, {Name: "time limit or effort"}, {Name: "gap (%)", Numeric: true}, {Name: "solved", Numeric: true},
			{Name: "CPU an instance (ms)", Numeric: true}, {Name: "median (ms)", Numeric: true},
		},
	}
	for _, r := range t.Rows {
		out.Rows = append(out.Rows, []report.Cell{
			{Text: r.Line()}, {Text: r.spent()},
			estimate(r.Gap()),
			number(fmt.Sprintf("%d/%d", r.Solved, len(r.Gaps)), float64(r.Solved)/float64(len(r.Gaps))),
			duration(r.PerInstance()), duration(r.Median()),
		})
	}
	return out
}
