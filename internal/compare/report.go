package compare

import (
	"fmt"
	"strconv"

	"spinlearn/internal/report"
)

// Report returns the table for a page, gaps in per cent.
func (t *Table) Report() report.Table {
	out := report.Table{
		Caption: fmt.Sprintf("%d instances, %v, %d with a proven ground state. ± is the standard error of the mean. A click on a name sorts.", len(t.Truth), t.Lattice, t.Proven),
		Columns: []report.Column{
			{Name: "method"}, {Name: "gap (%)", Numeric: true}, {Name: "solved", Numeric: true}, {Name: "energy per spin (J)", Numeric: true},
			{Name: "CPU ms an instance", Numeric: true}, {Name: "target"}, {Name: "loss"}, {Name: "passes", Numeric: true},
		},
	}
	for _, r := range append([]*Row{t.truth()}, t.Rows...) {
		none := report.Cell{}
		passes, cpu := none, none
		if r.Passes > 0 {
			passes = number(strconv.Itoa(r.Passes), float64(r.Passes))
		}
		if r.Solve != nil {
			ms := r.PerInstance().Seconds() * 1e3
			cpu = number(strconv.FormatFloat(ms, 'f', 3, 64), ms)
		}
		e, esem := MeanSEM(t.PerSpin(r.Energies))
		gap, gsem := MeanSEM(r.Gaps)
		out.Rows = append(out.Rows, []report.Cell{
			{Text: r.Name},
			number(fmt.Sprintf("%.3f ± %.3f", 100*gap, 100*gsem), gap),
			number(fmt.Sprintf("%d/%d", r.Solved, len(r.Energies)), float64(r.Solved)/float64(len(r.Energies))),
			number(fmt.Sprintf("%.4f ± %.4f", e, esem), e),
			cpu, {Text: r.Target}, {Text: r.Loss}, passes,
		})
	}
	return out
}

func number(text string, key float64) report.Cell {
	return report.Cell{Text: text, Key: strconv.FormatFloat(key, 'g', -1, 64)}
}
