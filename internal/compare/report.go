package compare

import (
	"fmt"
	"strconv"
	"time"

	"spinlearn/internal/report"
	"spinlearn/internal/stats"
)

// Report returns the table for a page, gaps in per cent.
func (t *Table) Report() report.Table {
	out := report.Table{
		Caption: t.caption() + ". ± is the standard error of the mean. A click on a name sorts.",
		Columns: []report.Column{
			{Name: "method"}, {Name: "gap (%)", Numeric: true}, {Name: "solved", Numeric: true}, {Name: "energy per spin (J)", Numeric: true},
			{Name: "CPU an instance (ms)", Numeric: true}, {Name: "target"}, {Name: "loss"}, {Name: "passes", Numeric: true},
		},
	}
	for _, r := range append([]*Row{t.truth()}, t.Rows...) {
		none := report.Cell{}
		passes, cpu := none, none
		if r.Passes > 0 {
			passes = number(strconv.Itoa(r.Passes), float64(r.Passes))
		}
		if r.Solve != nil {
			cpu = duration(r.PerInstance())
		}
		out.Rows = append(out.Rows, []report.Cell{
			{Text: r.Name},
			estimate(r.Gap()),
			number(fmt.Sprintf("%d/%d", r.Solved, len(r.Energies)), float64(r.Solved)/float64(len(r.Energies))),
			estimate(stats.Mean(t.PerSpin(r.Energies))),
			cpu, {Text: r.Target}, {Text: r.Loss}, passes,
		})
	}
	return out
}

// estimate is empty if there is none.
func estimate(e stats.Estimate) report.Cell {
	if !e.Exists() {
		return report.Cell{}
	}
	return number(e.String(), e.Mean)
}

func duration(d time.Duration) report.Cell { return number(threeDigits(d), milliseconds(d)) }

func number(text string, key float64) report.Cell {
	return report.Cell{Text: text, Key: strconv.FormatFloat(key, 'g', -1, 64)}
}
