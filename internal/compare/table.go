package compare

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"spinlearn/cnn"
	"spinlearn/internal/safetext"
	"spinlearn/internal/stats"
)

// A record is a line of the tables for machines. What a method does not have is nil.
type record struct {
	Method    string   `json:"method"`
	Loss      string   `json:"loss"`
	Target    string   `json:"target"`
	Passes    *int     `json:"passes"`
	Effort    *int     `json:"effort"`
	Instances int      `json:"instances"`
	Proven    int      `json:"proven"`
	Energy    float64  `json:"energy_per_spin_j"` // in the unit of the couplings
	EnergySEM float64  `json:"energy_per_spin_sem_j"`
	Gap       *float64 `json:"gap_mean_fraction"`
	GapSEM    *float64 `json:"gap_sem_fraction"`
	Solved    float64  `json:"solved_fraction"`
	CPU       *float64 `json:"cpu_ms_per_instance"`
	Relative  int      `json:"gap_instances"` // those with a relative gap, over which it is averaged
}

var header = []string{
	"method", "loss", "target", "passes", "effort", "instances", "proven", "energy_per_spin_j", "energy_per_spin_sem_j",
	"gap_mean_fraction", "gap_sem_fraction", "solved_fraction", "cpu_ms_per_instance",
}

// relative is the last column of all tables.
const relative = "gap_instances"

// records returns a line a method, the ground truth first.
func (t *Table) records() []record {
	var list []record
	for _, row := range append([]*Row{t.truth()}, t.Rows...) {
		list = append(list, t.record(row))
	}
	return list
}

func (t *Table) record(row *Row) record {
	n := len(row.Energies)
	r := record{Method: row.Name, Loss: row.Loss, Target: row.Target, Instances: n, Proven: t.Proven, Solved: float64(row.Solved) / float64(n)}
	energy, gap := stats.Mean(t.PerSpin(row.Energies)), stats.Mean(row.Gaps)
	r.Energy, r.EnergySEM, r.Relative = energy.Mean, energy.Error, gap.Count
	if gap.Exists() {
		r.Gap, r.GapSEM = &gap.Mean, &gap.Error
	}
	if row.Passes > 0 {
		r.Passes = &row.Passes
	}
	if row.Target == cnn.Bond {
		r.Effort = &row.Effort
	}
	if row.Solve != nil {
		r.CPU = new(milliseconds(row.PerInstance()))
	}
	return r
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }

// fields returns the record in the order of the header.
func (r *record) fields() []string {
	return []string{
		safetext.Cell(r.Method), r.Loss, r.Target, count(r.Passes), count(r.Effort), strconv.Itoa(r.Instances), strconv.Itoa(r.Proven),
		digits(&r.Energy), digits(&r.EnergySEM), digits(r.Gap), digits(r.GapSEM), digits(&r.Solved), digits(r.CPU),
	}
}

func count(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func digits(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', 8, 64)
}

// An Origin says what a table was made of and by.
type Origin struct {
	Program  string `json:"program"`
	Data     string `json:"data"`
	Lattice  string `json:"lattice"`
	Seed     uint64 `json:"seed"` // of the classical methods
	Settings any    `json:"settings"`
}

// WriteJSONL writes the numbers of [Table.WriteCSV] to their last bit, a JSON object a
// method, each with the origin.
func (t *Table) WriteJSONL(w io.Writer, from *Origin) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, r := range t.records() {
		if err := e.Encode(struct {
			*Origin
			record
		}{from, r}); err != nil {
			return err
		}
	}
	return nil
}

// truth returns the reference as a row of the table.
func (t *Table) truth() *Row {
	name := "reference"
	if t.AllProven() {
		name = "ground state"
	}
	return &Row{Method: Method{Name: name}, Energies: t.Truth, Gaps: t.Gaps, Solved: len(t.Truth)}
}

// WriteCSV writes a line a method, the ground truth first. Gaps are relative, as
// fractions; energies per spin are in the unit of the couplings. What a method does
// not have is left empty, and so are gaps if no instance has one. A text that a spreadsheet
// would take for a formula begins with an apostrophe.
func (t *Table) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	c.Write(append(slices.Clone(header), relative))
	for _, r := range t.records() {
		c.Write(append(r.fields(), strconv.Itoa(r.Relative)))
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
		line = append(line, safetext.Cell(r.Name))
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
	fmt.Fprintf(w, "%s\n\n", t.caption())
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	reached := "reached"
	if t.AllProven() {
		reached = "solved"
	}
	fmt.Fprintf(tw, "method\tenergy per spin (J)\tgap (%%)\t%s\tCPU (ms)\t\n", reached)
	for _, r := range append([]*Row{t.truth()}, t.Rows...) {
		cpu := ""
		if r.Solve != nil {
			cpu = threeDigits(r.PerInstance())
		}
		fmt.Fprintf(tw, "%s\t%v\t%v\t%d/%d\t%s\t\n", safetext.Terminal(r.Name), stats.Mean(t.PerSpin(r.Energies)), r.Gap(), r.Solved, len(r.Energies), cpu)
	}
	return tw.Flush()
}
