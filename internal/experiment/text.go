package experiment

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"spinlearn/internal/base/report"
	"spinlearn/internal/base/safetext"
)

// A column is a column of the tables for reading.
type column struct {
	name    string
	numeric bool
	cell    func(*Row) report.Cell
}

var (
	nameColumn   = column{"method", false, func(r *Row) report.Cell { return report.Cell{Text: r.Name} }}
	lineColumn   = column{"method", false, func(r *Row) report.Cell { return report.Cell{Text: r.Line()} }}
	gapColumn    = column{"gap (%)", true, func(r *Row) report.Cell { return report.Estimate(r.Gap()) }}
	cpuColumn    = column{"CPU (ms)", true, func(r *Row) report.Cell { return duration(r, r.CPU) }}
	medianColumn = column{"median (ms)", true, func(r *Row) report.Cell { return duration(r, r.Median) }}
	energyColumn = column{"energy per spin (J)", true, func(r *Row) report.Cell { return report.Estimate(r.Energy()) }}
)

func spentColumn(name string) column {
	return column{name, false, func(r *Row) report.Cell { return report.Cell{Text: r.spent()} }}
}

func solvedColumn(name string) column {
	return column{name, true, func(r *Row) report.Cell {
		n := len(r.Searches)
		return report.Number(fmt.Sprintf("%d/%d", r.Solved(), n), float64(r.Solved())/float64(n))
	}}
}

// predictionColumns are of the page alone.
var predictionColumns = []column{
	{"target", false, func(r *Row) report.Cell { return report.Cell{Text: r.prediction().Target} }},
	{"loss", false, func(r *Row) report.Cell { return report.Cell{Text: r.prediction().Loss} }},
	{"passes", true, func(r *Row) report.Cell {
		n := r.prediction().Passes
		if n == 0 {
			return report.Cell{}
		}
		return report.Number(strconv.Itoa(n), float64(n))
	}},
}

// spent says what a row had to spend.
func (r *Row) spent() string {
	switch p := r.prediction(); {
	case r.Budget.Limit > 0:
		return r.Budget.Limit.String()
	case r.Sweeps > 0:
		return fmt.Sprintf("%d sweeps", r.Sweeps)
	case p.Effort > 0:
		return fmt.Sprintf("effort %d", p.Effort)
	case p.Passes == 1:
		return "1 pass"
	case p.Passes > 1:
		return fmt.Sprintf("%d passes", p.Passes)
	}
	return ""
}

// references says what is known of the instances.
func (t *Table) references() string {
	text := fmt.Sprintf("%d with a proven ground state", t.Proven)
	if n := t.Count() - t.Relative(); n > 0 {
		text += fmt.Sprintf(", %d with reference energy 0 and so no relative gap", n)
	}
	return text
}

// rows are those of a table that are shown: at equal time the references took none.
func (c *Comparison) rows(t *Table) []*Row {
	if c.timed() {
		return t.Rows
	}
	return append([]*Row{t.Reference}, t.Rows...)
}

// reading returns a table for readers, gaps in per cent.
func (c *Comparison) reading(t *Table) report.Table {
	solved := solvedColumn("reached")
	if t.AllProven() {
		solved = solvedColumn("solved")
	}
	if c.timed() {
		caption := fmt.Sprintf("%s: %s %v, %d instances, %s", t.Name, t.Family, t.Lattice, t.Count(), t.references())
		return tabulate(caption, []column{lineColumn, spentColumn("limit"), gapColumn, solved, cpuColumn, medianColumn}, c.rows(t))
	}
	caption := fmt.Sprintf("%d instances, %v, %s", t.Count(), t.Lattice, t.references())
	return tabulate(caption, []column{nameColumn, energyColumn, gapColumn, solved, cpuColumn}, c.rows(t))
}

func tabulate(caption string, columns []column, rows []*Row) report.Table {
	t := report.Table{Caption: caption, Rows: make([][]report.Cell, len(rows))}
	return extend(t, columns, rows)
}

// extend adds columns.
func extend(t report.Table, columns []column, rows []*Row) report.Table {
	for _, c := range columns {
		t.Columns = append(t.Columns, report.Column{Name: c.name, Numeric: c.numeric})
		for k, r := range rows {
			t.Rows[k] = append(t.Rows[k], c.cell(r))
		}
	}
	return t
}

// write writes a table as text, with its caption if it has one.
func write(w io.Writer, t report.Table) error {
	if t.Caption != "" {
		fmt.Fprintf(w, "%s\n\n", safetext.Terminal(t.Caption))
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, c := range t.Columns {
		fmt.Fprintf(tw, "%s\t", c.Name)
	}
	fmt.Fprintln(tw)
	for _, r := range t.Rows {
		for _, c := range r {
			fmt.Fprintf(tw, "%s\t", safetext.Terminal(c.Text))
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}

// duration writes milliseconds, and is empty for the references.
func duration(r *Row, of func() time.Duration) report.Cell {
	if r.Solver == nil {
		return report.Cell{}
	}
	ms := milliseconds(of())
	if ms >= 100 {
		return report.Number(strconv.FormatFloat(ms, 'f', 0, 64), ms)
	}
	return report.Significant(ms)
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }
