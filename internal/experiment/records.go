package experiment

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"

	"spinlearn/cnn"
	"spinlearn/internal/base/safetext"
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

// A timedRecord is a record of a comparison at equal time. Its method is that of the line in
// the charts, which budget, or passes and effort, complete.
type timedRecord struct {
	Dataset string `json:"dataset"`
	record
	Budget *float64 `json:"budget_ms"`
	Median float64  `json:"cpu_ms_median"`
}

var header = []string{
	"method", "loss", "target", "passes", "effort", "instances", "proven", "energy_per_spin_j", "energy_per_spin_sem_j",
	"gap_mean_fraction", "gap_sem_fraction", "solved_fraction", "cpu_ms_per_instance",
}

// relative is the last column of all tables.
const relative = "gap_instances"

func (t *Table) record(row *Row) record {
	n := len(row.Searches)
	energy, gap := row.Energy(), row.gap()
	r := record{
		Method: row.Name, Instances: n, Proven: t.Proven, Energy: energy.Mean, EnergySEM: energy.Error,
		Solved: float64(row.Solved()) / float64(n), Relative: gap.Count,
	}
	if gap.Exists() {
		r.Gap, r.GapSEM = &gap.Mean, &gap.Error
	}
	if p := row.Prediction; p != nil {
		r.Loss, r.Target, r.Passes = p.Loss, p.Target, &p.Passes
		if p.Target == cnn.Bond {
			r.Effort = &p.Effort
		}
	}
	if row.Solver != nil {
		r.CPU = new(milliseconds(row.CPU()))
	}
	return r
}

func (c *Comparison) record(t *Table, row *Row) timedRecord {
	r := timedRecord{Dataset: t.Name, record: t.record(row), Median: milliseconds(row.Median())}
	if c.timed() {
		r.Method = row.Line()
	}
	if row.Budget.Limit > 0 {
		r.Budget = new(milliseconds(row.Budget.Limit))
	}
	return r
}

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

// exact writes every bit of a number, nothing of NaN.
func exact(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// WriteCSV writes a line a method, the references first; at equal time a line a dataset,
// method, and budget or effort. Gaps are relative, as fractions; energies per spin are in the
// unit of the couplings. What a method does not have is left empty, and so are gaps if no
// instance has one. A text that a spreadsheet would take for a formula begins with an
// apostrophe.
func (c *Comparison) WriteCSV(w io.Writer) error {
	lines := [][]string{slices.Concat(header, []string{relative})}
	if c.timed() {
		lines = [][]string{slices.Concat([]string{"dataset", "lattice"}, header, []string{"budget_ms", "cpu_ms_median", relative})}
	}
	for _, t := range c.Tables {
		for _, row := range c.rows(t) {
			r := c.record(t, row)
			line := r.fields()
			if c.timed() {
				line = slices.Concat([]string{safetext.Cell(r.Dataset), t.Lattice.String()}, line, []string{digits(r.Budget), digits(&r.Median)})
			}
			lines = append(lines, append(line, strconv.Itoa(r.Relative)))
		}
	}
	return csv.NewWriter(w).WriteAll(lines)
}

// An Origin says what a table was made of and by.
type Origin struct {
	Program  string `json:"program"`
	Data     string `json:"data"`
	Lattice  string `json:"lattice"`
	Seed     uint64 `json:"seed"` // of the classical methods
	Settings any    `json:"settings"`
}

// WriteJSONL writes the lines of [Comparison.WriteCSV] to their last bit as JSON objects,
// each with the origin of its table.
func (c *Comparison) WriteJSONL(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for k, t := range c.Tables {
		for _, row := range c.rows(t) {
			r := c.record(t, row)
			var line any = struct {
				*Origin
				record
			}{c.Origins[k], r.record}
			if c.timed() {
				line = struct {
					*Origin
					timedRecord
				}{c.Origins[k], r}
			}
			if err := e.Encode(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteEnergies writes the energy of every instance of the first table, a line an instance
// and a column a method, so that methods can be compared pair by pair.
func (c *Comparison) WriteEnergies(w io.Writer) error {
	t := c.Tables[0]
	lines := make([][]string, 1+t.Count())
	lines[0] = []string{"instance"}
	for k := range t.Count() {
		lines[1+k] = []string{strconv.Itoa(k)}
	}
	for _, r := range c.rows(t) {
		lines[0] = append(lines[0], safetext.Cell(r.Name))
		for k, s := range r.Searches {
			lines[1+k] = append(lines[1+k], exact(s.Energy))
		}
	}
	return csv.NewWriter(w).WriteAll(lines)
}

// WriteRuns writes a line a search. A gap that does not exist is left empty.
func (c *Comparison) WriteRuns(w io.Writer) error {
	lines := [][]string{{"dataset", "instance", "method", "budget_ms", "passes", "effort", "reference_j", "energy_j", "gap_fraction", "cpu_ms"}}
	for _, t := range c.Tables {
		for _, row := range t.Rows {
			r := c.record(t, row)
			for k, s := range row.Searches {
				lines = append(lines, []string{safetext.Cell(t.Name), strconv.Itoa(k), safetext.Cell(r.Method), digits(r.Budget), count(r.Passes), count(r.Effort),
					exact(t.Reference.Searches[k].Energy), exact(s.Energy), exact(s.Gap), digits(new(milliseconds(s.CPU)))})
			}
		}
	}
	return csv.NewWriter(w).WriteAll(lines)
}
