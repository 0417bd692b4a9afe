package compare

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spinlearn/cnn"
	"spinlearn/ising"
	"spinlearn/solver/anneal"
)

// timedTable is handMade with a method under two limits, of which the second uses less
// than it may, a method without, and a network.
func timedTable(t *testing.T) *Timed {
	t.Helper()
	one, two := always("search, 2ms", last), always("search, 4ms", up)
	one.Curve, two.Curve, one.Budget, two.Budget = "search", "search", 2*time.Millisecond, 4*time.Millisecond
	net := always("net 3 passes", up)
	net.Passes, net.Target, net.Loss = 3, "bond", "margin"
	table, err := RunTimed(t.Context(), square(t), each(handMade(t)...), 0, []Method{one, two, always("tree", last), net}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, r := range table.Rows { // measured, so set
		if len(r.Times) != 3 {
			t.Fatalf("%d times of 3 instances", len(r.Times))
		}
		unit := time.Duration(k+1) * time.Millisecond
		r.Times, r.CPU = []time.Duration{unit, 4 * unit, unit}, 6*unit
	}
	return &Timed{table, "squares", "hand-made"}
}

func TestTimedWriters(t *testing.T) {
	table := timedTable(t)
	list := []*Timed{table, {table.Table, "again", "hand-made"}}
	for _, c := range []struct {
		name  string
		write func(*bytes.Buffer) error
		want  string
	}{
		{"CSV", func(b *bytes.Buffer) error { return WriteTimedCSV(b, list[:1]) },
			`dataset,lattice,method,loss,target,passes,effort,instances,proven,energy_per_spin_j,energy_per_spin_sem_j,gap_mean_fraction,gap_sem_fraction,solved_fraction,cpu_ms_per_instance,budget_ms,cpu_ms_median,gap_instances
squares,2x2 free,search,,,,,3,2,-0.33333333,0.16666667,0.58333333,0.30046261,0.33333333,2,2,1,3
squares,2x2 free,search,,,,,3,2,-1.6666667,0.33333333,-1,1,1,4,4,2,3
squares,2x2 free,tree,,,,,3,2,-0.33333333,0.16666667,0.58333333,0.30046261,0.33333333,6,,3,3
squares,2x2 free,net 3 passes,margin,bond,3,0,3,2,-1.6666667,0.33333333,-1,1,1,8,,4,3
`},
		{"runs", func(b *bytes.Buffer) error { return WriteRuns(b, list[:1]) },
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
		{"text", func(b *bytes.Buffer) error { return WriteTimedText(b, list) },
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
	if r := table.Report(); len(r.Rows) != 4 || len(r.Rows[0]) != len(r.Columns) || r.Rows[1][1].Text != "4ms" || r.Rows[3][1].Text != "3 passes" {
		t.Errorf("report %+v", r)
	}
}

// TestTimedJSONL looks for the fields of the CSV.
func TestTimedJSONL(t *testing.T) {
	table := timedTable(t)
	var b, c bytes.Buffer
	if err := table.WriteJSONL(&b, &Origin{"spinlearn test", "data", "2x2 free", 7, nil}); err != nil {
		t.Fatal(err)
	}
	if err := WriteTimedCSV(&c, []*Timed{table}); err != nil {
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
		if fields["method"] != table.Rows[k].Line() || (fields["budget_ms"] == nil) != (table.Rows[k].Budget == 0) {
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
		if r := table.Within("search", c.limit); r != nil {
			got = r.Name
		}
		if got != c.want {
			t.Errorf("within %v: %q, want %q", c.limit, got, c.want)
		}
	}
	if table.Within("other", time.Hour) != nil {
		t.Error("a row of no line")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct{ times, want string }{{"3s", "3s"}, {"5s 1s", "3s"}, {"5s 1s 2s", "2s"}} {
		r := &Row{}
		for text := range strings.FieldsSeq(c.times) {
			d, _ := time.ParseDuration(text)
			r.Times = append(r.Times, d)
		}
		if got := r.Median().String(); got != c.want {
			t.Errorf("median of %s is %s", c.times, got)
		}
	}
}

func TestEngines(t *testing.T) {
	_, gauss := drawn(t, 2) // of even sides
	all := []*ising.Solved{}
	for _, in := range gauss {
		all = append(all, &ising.Solved{Instance: in})
	}
	odd, err := ising.NewLattice([]int{3, 5}, []bool{true, true})
	if err != nil {
		t.Fatal(err)
	}
	binary := &ising.Solved{Instance: ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}.Draw(odd, ising.Stream(1, "couplings", 0))}
	for _, c := range []struct {
		list  []*ising.Solved
		limit int
		want  []anneal.Engine
	}{
		{all, 0, []anneal.Engine{anneal.Bipartite, anneal.Lanes, anneal.Sparse}},
		{[]*ising.Solved{binary}, 0, []anneal.Engine{anneal.Multispin, anneal.Lanes, anneal.Sparse}},
		{[]*ising.Solved{binary, all[0]}, 0, []anneal.Engine{anneal.Lanes, anneal.Sparse}},
		{[]*ising.Solved{binary, all[0]}, 1, []anneal.Engine{anneal.Multispin, anneal.Lanes, anneal.Sparse}},
	} {
		got, err := Engines(each(c.list...), c.limit)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("limit %d: %v, %v, want %v", c.limit, got, err, c.want)
		}
	}
}

func TestTimedMethods(t *testing.T) {
	l, list := drawn(t, 2)
	times := []time.Duration{time.Millisecond, 2 * time.Millisecond}
	engines := []anneal.Engine{anneal.Bipartite, anneal.Sparse, anneal.Lanes}
	methods := TimedMethods(l, 1, times, engines)
	lines := map[string][]time.Duration{}
	names := map[string]bool{}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, m := range methods {
		lines[m.Line()] = append(lines[m.Line()], m.Budget)
		if names[m.Name] {
			t.Errorf("name %q twice", m.Name)
		}
		names[m.Name] = true
		spins, err := m.Solve(t.Context(), 0, list)
		if err != nil || len(spins) != len(list) {
			t.Fatalf("%s: %d solutions, %v", m.Name, len(spins), err)
		}
		if again, err := m.Solve(t.Context(), 0, list); m.Budget == 0 && !cmp.Equal(spins, again) {
			t.Errorf("%s: another result the second time, error %v", m.Name, err)
		}
		if _, err := m.Solve(cancelled, 0, list); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want one of the context", m.Name, err)
		}
	}
	point := []time.Duration{0}
	want := map[string][]time.Duration{
		"spanning tree + descent": point, "exact": point, "annealing, one read": times, "annealing, bipartite": times, "annealing, lanes": times,
		"annealing, sparse": times, "tempering": times, "refinement": times,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	// Lattices that are too large leave out what does not take them.
	large, err := ising.NewLattice([]int{6, 6, 6}, []bool{true, true, true})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range TimedMethods(large, 1, times, nil) {
		if m.Name == "exact" || m.Curve == "tempering" {
			t.Errorf("%s on %v", m.Name, large)
		}
	}
}

func TestEffortMethods(t *testing.T) {
	l, list := drawn(t, 2)
	for _, c := range []struct {
		target          string
		passes, efforts []int
	}{{cnn.Bond, []int{1, 2, 2, 2, 2, 2, 2, 2, 2}, []int{0, 0, 1, 2, 3, 5, 8, 16, 32}}, {cnn.Site, []int{1}, []int{0}}} {
		set := cnn.DefaultTrain()
		set.Target, set.Channels, set.Blocks, set.Loss.Name, set.Steps, set.Batch = c.target, 2, 1, cnn.Margin, 1, 2
		set.ReplayBuffer = 2
		result, err := cnn.Train(t.Context(), filepath.Join(t.TempDir(), "run"), []cnn.Source{&source{l, list}}, nil, set)
		if err != nil {
			t.Fatal(err)
		}
		var passes, efforts []int
		for _, m := range EffortMethods(result.Model, "(a)") {
			passes, efforts = append(passes, m.Passes), append(efforts, m.Effort)
			if want := c.target + " margin (a)"; m.Line() != want || !m.Descent || m.Budget != 0 {
				t.Errorf("%s: line %q, want %q", m.Name, m.Line(), want)
			}
			if err := m.Prepare(list[:1]); err != nil {
				t.Fatal(err)
			}
			if spins, err := m.Solve(t.Context(), 0, list[:1]); err != nil || len(spins) != 1 {
				t.Errorf("%s: %d solutions, %v", m.Name, len(spins), err)
			}
		}
		if !slices.Equal(passes, c.passes) || !slices.Equal(efforts, c.efforts) {
			t.Errorf("%s: passes %v and efforts %v, want %v and %v", c.target, passes, efforts, c.passes, c.efforts)
		}
	}
}
