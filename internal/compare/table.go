package compare

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

var header = []string{
	"method", "loss", "target", "passes", "instances", "proven", "energy_per_spin", "energy_per_spin_sem",
	"gap_mean", "gap_sem", "solved_fraction", "cpu_ms_per_instance",
}

// truth returns the reference as a row of the table.
func (t *Table) truth() *Row {
	name := "reference"
	if t.AllProven() {
		name = "ground state"
	}
	return &Row{Method: Method{Name: name}, Energies: t.Truth, Gaps: make([]float64, len(t.Truth)), Solved: len(t.Truth)}
}

// WriteCSV writes a line a method, the ground truth first. Gaps are relative, as
// fractions; energies per spin are in the unit of the couplings. What a method does
// not have is left empty.
func (t *Table) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	c.Write(header)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 8, 64) }
	for _, r := range append([]*Row{t.truth()}, t.Rows...) {
		e, esem := MeanSEM(t.PerSpin(r.Energies))
		gap, gsem := MeanSEM(r.Gaps)
		passes, cpu := "", ""
		if r.Passes > 0 {
			passes = strconv.Itoa(r.Passes)
		}
		if r.Solve != nil {
			cpu = number(r.PerInstance().Seconds() * 1e3)
		}
		c.Write([]string{
			r.Name, r.Loss, r.Target, passes, strconv.Itoa(len(r.Energies)), strconv.Itoa(t.Proven), number(e), number(esem),
			number(gap), number(gsem), number(float64(r.Solved) / float64(len(r.Energies))), cpu,
		})
	}
	c.Flush()
	return c.Error()
}

// WriteEnergies writes the energy of every instance, a line an instance and a column
// a method, so that methods can be compared pair by pair.
func (t *Table) WriteEnergies(w io.Writer) error {
	c := csv.NewWriter(w)
	rows := append([]*Row{t.truth()}, t.Rows...)
	line := []string{"instance"}
	for _, r := range rows {
		line = append(line, r.Name)
	}
	c.Write(line)
	for k := range t.Truth {
		line = append(line[:0], strconv.Itoa(k))
		for _, r := range rows {
			line = append(line, strconv.FormatFloat(r.Energies[k], 'g', -1, 64))
		}
		c.Write(line)
	}
	c.Flush()
	return c.Error()
}

// WriteText writes the table for reading, gaps in per cent.
func (t *Table) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%d instances, %v, %d with a proven ground state\n\n", len(t.Truth), t.Lattice, t.Proven)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	reached := "reached"
	if t.AllProven() {
		reached = "solved"
	}
	fmt.Fprintf(tw, "method\tenergy per spin (J)\tgap (%%)\t%s\tCPU ms\t\n", reached)
	for _, r := range append([]*Row{t.truth()}, t.Rows...) {
		e, esem := MeanSEM(t.PerSpin(r.Energies))
		gap, gsem := MeanSEM(r.Gaps)
		cpu := ""
		if r.Solve != nil {
			cpu = strconv.FormatFloat(r.PerInstance().Seconds()*1e3, 'f', 3, 64)
		}
		fmt.Fprintf(tw, "%s\t%.4f ± %.4f\t%.3f ± %.3f\t%d/%d\t%s\t\n", r.Name, e, esem, 100*gap, 100*gsem, r.Solved, len(r.Energies), cpu)
	}
	return tw.Flush()
}
