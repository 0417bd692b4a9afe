package experiment

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spinlearn/ising"
	"spinlearn/solver/methods"
)

// timedTable is handMade with a method under two limits, of which the second uses less
// than it may, a method without, and a network.
func timedTable(t *testing.T) *Table {
	t.Helper()
	search := methods.Variant{Name: "search", Solver: always("", last).Solver, Timed: true}
	rows := append(Rows([]methods.Variant{search}, 2*time.Millisecond, 4*time.Millisecond), always("tree", last), always("net 3 passes", up))
	rows[1].Solver = always("", up).Solver
	rows[3].Prediction = &methods.Prediction{Target: "bond", Loss: "margin", Passes: 3}
	table, err := Run(t.Context(), square(t), each(handMade(t)...), rows, EqualTime())
	if err != nil {
		t.Fatal(err)
	}
	for k, r := range table.Rows {
		unit := time.Duration(k+1) * time.Millisecond
		took(r, unit, 4*unit, unit)
	}
	table.Name, table.Family = "squares", "hand-made"
	return table
}

// timed is a comparison of tables at equal time.
func timed(tables ...*Table) *Comparison {
	c := &Comparison{Tables: tables, Times: []time.Duration{time.Millisecond}}
	for range tables {
		c.Origins = append(c.Origins, &Origin{"spinlearn test", "data", "2x2 free", 7, nil})
	}
	return c
}

func TestTimedWriters(t *testing.T) {
	table := timedTable(t)
	again := *table
	again.Name = "again"
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
		want  string
	}{
		{"CSV", timed(table).WriteCSV,
			`dataset,lattice,method,loss,target,passes,effort,instances,proven,energy_per_spin_j,energy_per_spin_sem_j,gap_mean_fraction,gap_sem_fraction,solved_fraction,cpu_ms_per_instance,budget_ms,cpu_ms_median,gap_instances
squares,2x2 free,search,,,,,3,2,-0.33333333,0.16666667,0.58333333,0.30046261,0.33333333,2,2,1,3
squares,2x2 free,search,,,,,3,2,-1.6666667,0.33333333,-1,1,1,4,4,2,3
squares,2x2 free,tree,,,,,3,2,-0.33333333,0.16666667,0.58333333,0.30046261,0.33333333,6,,3,3
squares,2x2 free,net 3 passes,margin,bond,3,0,3,2,-1.6666667,0.33333333,-1,1,1,8,,4,3
`},
		{"runs", timed(table).WriteRuns,
			`dataset,instance,method,budget_ms,passes,effort,reference_j,energy_j,gap_fraction,cpu_ms
squares,0,search,2,,,-4,0,1,1
squares,1,search,2,,,-8,-2,0.75,4
squares,2,search,2,,,-2,-2,0,1
squares,0,search,4,,,-4,-4,0,2
squares,1,search,4,,,-8,-8,0,8
squares,2,search,4,,,-2,-8,-3,2
squares,0,tree,,,,-4,0,1,3
squares,1,tree,,,,-8,-2,0.75,12
squares,2,tree,,,,-2,-2,0,3
squares,0,net 3 passes,,3,0,-4,-4,0,4
squares,1,net 3 passes,,3,0,-8,-8,0,16
squares,2,net 3 passes,,3,0,-2,-8,-3,4
`},
		{"text", timed(table, &again).WriteText,
			`squares: hand-made 2x2 free, 3 instances, 2 with a proven ground state

        method     limit     gap (%)  reached  CPU (ms)  median (ms)
        search       2ms     58 ± 30      1/3         2            1
        search       4ms  -100 ± 100      3/3         4            2
          tree               58 ± 30      1/3         6            3
  net 3 passes  3 passes  -100 ± 100      3/3         8            4

again: hand-made 2x2 free, 3 instances, 2 with a proven ground state

        method     limit     gap (%)  reached  CPU (ms)  median (ms)
        search       2ms     58 ± 30      1/3         2            1
        search       4ms  -100 ± 100      3/3         4            2
          tree               58 ± 30      1/3         6            3
  net 3 passes  3 passes  -100 ± 100      3/3         8            4
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := c.write(&b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
	if r := timed(table).page(nil).Tables[0]; len(r.Rows) != 4 || len(r.Rows[0]) != len(r.Columns) || r.Rows[1][1].Text != "4ms" || r.Rows[3][1].Text != "3 passes" {
		t.Errorf("report %+v", r)
	}
}

// TestTimedJSONL looks for the fields of the CSV.
func TestTimedJSONL(t *testing.T) {
	table := timedTable(t)
	var b, c bytes.Buffer
	if err := timed(table).WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	if err := timed(table).WriteCSV(&c); err != nil {
		t.Fatal(err)
	}
	names, err := csv.NewReader(&c).Read()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(table.Rows) {
		t.Fatalf("%d lines", len(lines))
	}
	for k, line := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		for _, n := range append(names, "program", "data", "seed", "settings") {
			if _, ok := fields[n]; !ok {
				t.Errorf("no %s in %s", n, line)
			}
		}
		if fields["method"] != table.Rows[k].Line() || (fields["budget_ms"] == nil) != (table.Rows[k].Budget.Limit == 0) {
			t.Errorf("line %s", line)
		}
	}
}

func TestWithin(t *testing.T) {
	table := timedTable(t) // search takes 2 and 4 ms
	for _, c := range []struct {
		limit time.Duration
		want  string
	}{{time.Millisecond, ""}, {1600 * time.Microsecond, "search, 2ms"}, {3 * time.Millisecond, "search, 2ms"}, {3200 * time.Microsecond, "search, 4ms"}, {time.Hour, "search, 4ms"}} {
		got := ""
		if r := table.within("search", c.limit); r != nil {
			got = r.Name
		}
		if got != c.want {
			t.Errorf("within %v: %q, want %q", c.limit, got, c.want)
		}
	}
	if table.within("other", time.Hour) != nil {
		t.Error("a row of no line")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct{ times, want string }{{"3s", "3s"}, {"5s 1s", "3s"}, {"5s 1s 2s", "2s"}} {
		r := &Row{}
		for text := range strings.FieldsSeq(c.times) {
			d, _ := time.ParseDuration(text)
			r.Searches = append(r.Searches, Search{CPU: d})
		}
		if got := r.Median().String(); got != c.want {
			t.Errorf("median of %s is %s", c.times, got)
		}
	}
}

// Of the curves of annealing those stay whose engine takes every instance that is asked.
func TestFitting(t *testing.T) {
	draw := func(e ising.Ensemble, sides ...int) *ising.Solved {
		l, err := ising.NewLattice(sides, slices.Repeat([]bool{true}, len(sides)))
		if err != nil {
			t.Fatal(err)
		}
		return &ising.Solved{Instance: e.Draw(l, ising.Stream(1, "couplings", 0))}
	}
	even, binary, large := draw(ising.Ensemble{Couplings: ising.Gaussian}, 6, 6), draw(ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}, 3, 5), draw(ising.Ensemble{Couplings: ising.Gaussian}, 6, 6, 6)
	always := []string{"spanning tree + descent", "annealing, one read", "annealing, lanes", "annealing, sparse", "tempering", "refinement"}
	for _, c := range []struct {
		list  []*ising.Solved
		limit int
		also  []string
	}{
		{[]*ising.Solved{even}, 1000, []string{"annealing, bipartite", "exact"}},
		{[]*ising.Solved{binary}, 1000, []string{"annealing, multispin", "exact"}},
		{[]*ising.Solved{binary, even}, 1000, []string{"exact"}},
		{[]*ising.Solved{binary, even}, 1, []string{"annealing, multispin", "exact"}},
		{[]*ising.Solved{large}, 1, []string{"annealing, bipartite"}},
	} {
		fitting, err := Fitting(methods.Curves(&methods.Choice{}), each(c.list...), c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range fitting {
			got = append(got, v.Name)
		}
		want := slices.Concat(always, c.also)
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%v, limit %d: %q, want %q", c.list[0].Lattice, c.limit, got, want)
		}
	}
}

func TestRowsWithTimes(t *testing.T) {
	variants := []methods.Variant{{Name: "a", Timed: true}, {Name: "b"}, {Name: "c", Curve: "d"}}
	rows := func(times ...time.Duration) (got []string) {
		for _, r := range Rows(variants, times...) {
			got = append(got, fmt.Sprint(r.Name, "|", r.Line(), "|", r.Budget.Limit, "|", r.Budget.Clock != nil))
		}
		return got
	}
	if got, want := rows(time.Millisecond, 2*time.Millisecond), []string{"a, 1ms|a|1ms|true", "a, 2ms|a|2ms|true", "b|b|0s|false", "c|d|0s|false"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := rows(), []string{"a|a|0s|false", "b|b|0s|false", "c|d|0s|false"}; !slices.Equal(got, want) {
		t.Errorf("without times: %q, want %q", got, want)
	}
}
