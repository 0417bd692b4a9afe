package compare

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spinlearn/cnn"
	"spinlearn/internal/report"
	"spinlearn/ising"
)

func square(t *testing.T) *ising.Lattice {
	t.Helper()
	l, err := ising.NewLattice([]int{2, 2}, []bool{false, false})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// instance returns a ferromagnetic square with the bonds 0-2, 1-3, 0-1 and 2-3 and
// the energy of the given reference; a bound of 0 stands for none.
func instance(t *testing.T, bonds [4]float64, spins []int8, bound float64) *ising.Solved {
	t.Helper()
	in, err := ising.NewInstance(square(t), []float64{bonds[0], bonds[1], 0, 0, bonds[2], 0, bonds[3], 0})
	if err != nil {
		t.Fatal(err)
	}
	if bound == 0 {
		bound = math.NaN()
	}
	return &ising.Solved{Instance: in, Spins: spins, Energy: in.Energy(spins), Bound: bound}
}

var (
	up   = []int8{1, 1, 1, 1}
	last = []int8{1, 1, 1, -1}
)

func always(name string, s []int8) Method {
	return Method{Name: name, Group: Classical, Solve: func(_ context.Context, _ int, batch []*ising.Instance) ([][]int8, error) {
		spins := make([][]int8, len(batch))
		for k := range spins {
			spins[k] = s
		}
		return spins, nil
	}}
}

func each(list ...*ising.Solved) iter.Seq2[*ising.Solved, error] {
	return func(yield func(*ising.Solved, error) bool) {
		for _, s := range list {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// handMade has energies -4, -8 and -2, the last not a ground state; with the last
// spin down they are 0, -2 and -2, with all up -4, -8 and -8.
func handMade(t *testing.T) []*ising.Solved {
	return []*ising.Solved{
		instance(t, [4]float64{1, 1, 1, 1}, up, -4),
		instance(t, [4]float64{3, 1, 2, 2}, up, -8),
		instance(t, [4]float64{3, 1, 2, 2}, last, 0),
	}
}

func handMadeTable(t *testing.T) *Table {
	t.Helper()
	net := always("net, \"a\" 3 passes", last)
	net.Loss, net.Target, net.Passes = "margin", "bond", 3
	table, err := Run(context.Background(), square(t), each(handMade(t)...), 0, []Method{always("all up", up), net}, nil)
	if err != nil {
		t.Fatal(err)
	}
	table.Rows[0].CPU, table.Rows[1].CPU = 3*time.Millisecond, 750*time.Microsecond // measured, so set
	return table
}

func TestRun(t *testing.T) {
	table := handMadeTable(t)
	type row struct {
		Energies, Gaps []float64
		Solved         int
		Spins          [][]int8
	}
	var got []row
	for _, r := range table.Rows {
		got = append(got, row{r.Energies, r.Gaps, r.Solved, r.Spins})
	}
	want := []row{
		{[]float64{-4, -8, -8}, []float64{0, 0, -3}, 3, [][]int8{up, up, up}},
		{[]float64{0, -2, -2}, []float64{1, 0.75, 0}, 1, [][]int8{last, last, last}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float64{-4, -8, -2}, table.Truth); diff != "" {
		t.Error(diff)
	}
	if table.Proven != 2 || table.AllProven() || len(table.First) != 3 {
		t.Errorf("%d proven, all: %v, %d kept", table.Proven, table.AllProven(), len(table.First))
	}
	if got, want := table.Rows[0].PerInstance(), time.Millisecond; got != want {
		t.Errorf("%v an instance, want %v", got, want)
	}
}

func TestWriters(t *testing.T) {
	table := handMadeTable(t)
	for _, c := range []struct {
		name  string
		write func(*bytes.Buffer) error
		want  string
	}{
		{"CSV", func(b *bytes.Buffer) error { return table.WriteCSV(b) },
			`method,loss,target,passes,effort,instances,proven,energy_per_spin_j,energy_per_spin_sem_j,gap_mean_fraction,gap_sem_fraction,solved_fraction,cpu_ms_per_instance,gap_instances
reference,,,,,3,2,-1.1666667,0.44095855,0,0,1,,3
all up,,,,,3,2,-1.6666667,0.33333333,-1,1,1,1,3
"net, ""a"" 3 passes",margin,bond,3,0,3,2,-0.33333333,0.16666667,0.58333333,0.30046261,0.33333333,0.25,3
`},
		{"energies", func(b *bytes.Buffer) error { return table.WriteEnergies(b) },
			`instance,reference,all up,"net, ""a"" 3 passes"
0,-4,-4,0
1,-8,-8,-2
2,-2,-8,-2
`},
		{"text", func(b *bytes.Buffer) error { return table.WriteText(b) },
			`3 instances, 2x2 free, 2 with a proven ground state

             method  energy per spin (J)     gap (%)  reached  CPU (ms)
          reference         -1.17 ± 0.44       0 ± 0      3/3          
             all up         -1.67 ± 0.33  -100 ± 100      3/3         1
  net, "a" 3 passes         -0.33 ± 0.17     58 ± 30      1/3      0.25
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
}

// TestJSONL compares the lines with those of the CSV.
func TestJSONL(t *testing.T) {
	table := handMadeTable(t)
	var b, c bytes.Buffer
	if err := table.WriteJSONL(&b, &Origin{"spinlearn test", "a <file>", "2x2 free", 7, map[string]int{"limit": 3}}); err != nil {
		t.Fatal(err)
	}
	if err := table.WriteCSV(&c); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&c).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const origin = `{"program":"spinlearn test","data":"a <file>","lattice":"2x2 free","seed":7,"settings":{"limit":3},"method":`
	got := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(got) != len(lines)-1 {
		t.Fatalf("%d lines, the CSV has %d:\n%s", len(got), len(lines)-1, &b)
	}
	for k, text := range got {
		if !strings.HasPrefix(text, origin) {
			t.Errorf("line %s, want it to begin with %s", text, origin)
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatal(err)
		}
		if len(fields) != len(lines[0])+5 {
			t.Errorf("%d fields in %s", len(fields), text)
		}
		for i, name := range lines[0] {
			want, value := lines[k+1][i], fields[name]
			switch v := value.(type) {
			case nil:
				value = ""
			case float64:
				value = strconv.FormatFloat(v, 'g', 8, 64)
			}
			if value != want {
				t.Errorf("%s of %s is %v, the CSV has %s", name, lines[k+1][0], value, want)
			}
		}
	}
}

// withZeros has two instances of reference energy 0, one without couplings and one whose
// reference is no ground state, between two others.
func withZeros(t *testing.T) []*ising.Solved {
	list := []*ising.Solved{
		handMade(t)[0],
		instance(t, [4]float64{}, up, 0),
		instance(t, [4]float64{1, -1, 1, -1}, up, 0),
		handMade(t)[2],
	}
	list[1].Bound = 0
	return list
}

// TestZeroReference leaves instances of reference energy 0 out of the gaps, and out of
// nothing else.
func TestZeroReference(t *testing.T) {
	table := func(list []*ising.Solved) *Timed {
		methods := []Method{always("last", last), always("all up", up)}
		table, err := RunTimed(t.Context(), square(t), each(list...), 0, methods, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range table.Rows { // measured, so set
			r.CPU = time.Duration(len(list)) * time.Millisecond
			r.Times = slices.Repeat([]time.Duration{time.Millisecond}, len(list))
		}
		return &Timed{table, "set", "family"}
	}
	some, none := table(withZeros(t)), table(withZeros(t)[1:3])
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
		want  string
	}{
		{"text, some", some.WriteText, `4 instances, 2x2 free, 2 with a proven ground state, 2 with reference energy 0 and so no relative gap

     method  energy per spin (J)     gap (%)  reached  CPU (ms)
  reference         -0.38 ± 0.24       0 ± 0      4/4          
       last         -0.38 ± 0.24     50 ± 50      3/4         1
     all up         -0.75 ± 0.48  -150 ± 150      4/4         1
`},
		{"text, none", none.WriteText, `2 instances, 2x2 free, 1 with a proven ground state, 2 with reference energy 0 and so no relative gap

     method  energy per spin (J)  gap (%)  reached  CPU (ms)
  reference                0 ± 0               2/2          
       last         -0.50 ± 0.50               2/2         1
     all up                0 ± 0               2/2         1
`},
		{"CSV, some", some.WriteCSV, `method,loss,target,passes,effort,instances,proven,energy_per_spin_j,energy_per_spin_sem_j,gap_mean_fraction,gap_sem_fraction,solved_fraction,cpu_ms_per_instance,gap_instances
reference,,,,,4,2,-0.375,0.23935678,0,0,1,,2
last,,,,,4,2,-0.375,0.23935678,0.5,0.5,0.75,1,2
all up,,,,,4,2,-0.75,0.47871355,-1.5,1.5,1,1,2
`},
		{"CSV, none", none.WriteCSV, `method,loss,target,passes,effort,instances,proven,energy_per_spin_j,energy_per_spin_sem_j,gap_mean_fraction,gap_sem_fraction,solved_fraction,cpu_ms_per_instance,gap_instances
reference,,,,,2,1,0,0,,,1,,0
last,,,,,2,1,-0.5,0.5,,,1,1,0
all up,,,,,2,1,0,0,,,1,1,0
`},
		{"text at equal time", func(w io.Writer) error { return WriteTimedText(w, []*Timed{some, none}) }, `set: family 2x2 free, 4 instances, 2 with a proven ground state, 2 with reference energy 0 and so no relative gap

  method  limit     gap (%)  reached  CPU (ms)  median (ms)
    last            50 ± 50      3/4         1            1
  all up         -150 ± 150      4/4         1            1

set: family 2x2 free, 2 instances, 1 with a proven ground state, 2 with reference energy 0 and so no relative gap

  method  limit  gap (%)  reached  CPU (ms)  median (ms)
    last                      2/2         1            1
  all up                      2/2         1            1
`},
		{"runs", func(w io.Writer) error { return WriteRuns(w, []*Timed{some}) }, `dataset,instance,method,budget_ms,passes,effort,reference_j,energy_j,gap_fraction,cpu_ms
set,0,last,,,,-4,0,1,1
set,1,last,,,,0,0,,1
set,2,last,,,,0,-4,,1
set,3,last,,,,-2,-2,0,1
set,0,all up,,,,-4,-4,0,1
set,1,all up,,,,0,0,,1
set,2,all up,,,,0,0,,1
set,3,all up,,,,-2,-8,-3,1
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := c.write(&b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, strings.ReplaceAll(b.String(), ",-0,", ",0,")); diff != "" {
				t.Error(diff)
			}
		})
	}
	var b bytes.Buffer
	if err := none.Table.WriteJSONL(&b, &Origin{}); err != nil {
		t.Fatal(err)
	}
	if want := `"energy_per_spin_j":0,"energy_per_spin_sem_j":0,"gap_mean_fraction":null,"gap_sem_fraction":null,"solved_fraction":1,`; strings.Count(b.String(), `"gap_instances":0}`) != 3 || strings.Count(strings.ReplaceAll(b.String(), ":-0,", ":0,"), want) != 2 {
		t.Errorf("JSON without gaps:\n%s", &b)
	}
	for name, r := range map[string]report.Table{"table": none.Table.Report(), "times": none.Report()} {
		for _, row := range r.Rows {
			for i, c := range r.Columns {
				if c.Name == "gap (%)" && row[i] != (report.Cell{}) {
					t.Errorf("%s: gap %+v", name, row[i])
				}
			}
		}
		if !strings.Contains(r.Caption, "2 with reference energy 0") {
			t.Errorf("%s: caption %s", name, r.Caption)
		}
	}
}

func TestGroundStateName(t *testing.T) {
	table, err := Run(context.Background(), square(t), each(handMade(t)[:2]...), 0, []Method{always("all up", up)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\nground state,") {
		t.Errorf("proven references are not called ground states:\n%s", &b)
	}
}

// TestBatches follows batches, their first index and progress over more instances
// than fit into one.
func TestBatches(t *testing.T) {
	one := handMade(t)[0]
	many := make([]*ising.Solved, 2*batchSize+5)
	for k := range many {
		many[k] = one
	}
	for _, c := range []struct{ limit, want int }{{0, len(many)}, {1, 1}, {batchSize, batchSize}, {batchSize + 1, batchSize + 1}, {1000, len(many)}} {
		t.Run(fmt.Sprint(c.limit), func(t *testing.T) {
			var firsts []int
			prepared := 0
			m := always("m", up)
			solve := m.Solve
			m.Solve = func(ctx context.Context, first int, batch []*ising.Instance) ([][]int8, error) {
				firsts = append(firsts, first)
				return solve(ctx, first, batch)
			}
			m.Prepare = func(batch []*ising.Instance) error { prepared += len(batch); return nil }
			var dones []int
			progress := func(done int, _ string) { dones = append(dones, done) }
			table, err := Run(context.Background(), square(t), each(many...), c.limit, []Method{m, always("n", up)}, progress)
			if err != nil {
				t.Fatal(err)
			}
			if len(table.Truth) != c.want || len(table.Rows[1].Energies) != c.want || prepared != c.want {
				t.Errorf("%d instances, %d energies, %d prepared, want %d", len(table.Truth), len(table.Rows[1].Energies), prepared, c.want)
			}
			if kept := min(c.want, Kept); len(table.First) != kept || len(table.Rows[0].Spins) != kept {
				t.Errorf("%d and %d kept, want %d", len(table.First), len(table.Rows[0].Spins), kept)
			}
			for i, f := range firsts {
				if f != i*batchSize {
					t.Errorf("batch %d begins at %d", i, f)
				}
			}
			if got := dones[len(dones)-1]; got != 2*c.want {
				t.Errorf("last progress %d, want %d", got, 2*c.want)
			}
		})
	}
}

// TestLimitStops requires that nothing is read beyond the limit.
func TestLimitStops(t *testing.T) {
	damaged := func(yield func(*ising.Solved, error) bool) {
		if yield(handMade(t)[0], nil) {
			yield(nil, errors.New("read too far"))
		}
	}
	if _, err := Run(context.Background(), square(t), damaged, 1, []Method{always("m", up)}, nil); err != nil {
		t.Error(err)
	}
}

func TestRunErrors(t *testing.T) {
	broken := errors.New("broken")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	failing := always("fails", up)
	failing.Solve = func(context.Context, int, []*ising.Instance) ([][]int8, error) { return nil, broken }
	unprepared := always("unprepared", up)
	unprepared.Prepare = func([]*ising.Instance) error { return broken }
	for _, c := range []struct {
		name      string
		ctx       context.Context
		instances iter.Seq2[*ising.Solved, error]
		method    Method
		is        error
		want      string
	}{
		{"none", context.Background(), each(), always("m", up), nil, "no instances"},
		{"source", context.Background(), func(yield func(*ising.Solved, error) bool) { yield(nil, broken) }, always("m", up), broken, "broken"},
		{"solve", context.Background(), each(handMade(t)...), failing, broken, "fails: broken"},
		{"prepare", context.Background(), each(handMade(t)...), unprepared, broken, "unprepared: broken"},
		{"cancelled", cancelled, each(handMade(t)...), always("m", up), context.Canceled, "m: stopped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := Run(c.ctx, square(t), c.instances, 0, []Method{c.method}, nil)
			if table != nil || err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, error %v, want %q", table, err, c.want)
			}
		})
	}
}

func cylinder(t *testing.T) *ising.Lattice {
	t.Helper()
	l, err := ising.NewLattice([]int{6, 6}, []bool{false, true})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func drawn(t *testing.T, n int) (*ising.Lattice, []*ising.Instance) {
	l := cylinder(t)
	var list []*ising.Instance
	for k := range n {
		list = append(list, ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, ising.Stream(1, "couplings", uint64(k))))
	}
	return l, list
}

// TestClassicalMethods requires unique names, the same result for any number of
// workers and any batches, and another one for another seed.
func TestClassicalMethods(t *testing.T) {
	_, list := drawn(t, 6)
	ctx := context.Background()
	one, four, other := ClassicalMethods(1, []int{1, 7}, 1), ClassicalMethods(1, []int{1, 7}, 4), ClassicalMethods(2, []int{1, 7}, 1)
	var names []string
	for i, m := range one {
		names = append(names, m.Name)
		a, err1 := m.Solve(ctx, 0, list)
		b, err2 := four[i].Solve(ctx, 0, list)
		c, err3 := four[i].Solve(ctx, 2, list[2:])
		d, err4 := other[i].Solve(ctx, 0, list)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(a, b) || !cmp.Equal(a[2:], c) {
			t.Errorf("%s depends on workers or batches", m.Name)
		}
		if strings.HasPrefix(m.Name, "annealing") && cmp.Equal(a, d) {
			t.Errorf("%s does not depend on the seed", m.Name)
		}
	}
	want := []string{"greedy descent", "spanning tree", "spanning tree + descent", "annealing 1 sweep", "annealing 7 sweeps", "16 combined reads of 100 sweeps", "16 combined reads of 1000 sweeps"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if one[3].Sweeps != 1 || one[4].Sweeps != 7 {
		t.Errorf("sweeps %d and %d", one[3].Sweeps, one[4].Sweeps)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, m := range four {
		if _, err := m.Solve(cancelled, 0, list); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want one of the context", m.Name, err)
		}
	}
}

// source is a training source of a few instances, with made-up ground states.
type source struct {
	lattice *ising.Lattice
	list    []*ising.Instance
}

func (s *source) Lattice() *ising.Lattice { return s.lattice }
func (s *source) Len() int                { return len(s.list) }
func (s *source) Epoch(uint64, uint64) iter.Seq2[*ising.Solved, error] {
	return func(yield func(*ising.Solved, error) bool) {
		for _, in := range s.list {
			spins := in.SpanningTree(in.J, nil).Spins(in.J)
			if !yield(&ising.Solved{Instance: in, Spins: spins, Energy: in.Energy(spins), Bound: math.NaN()}, nil) {
				return
			}
		}
	}
}

func TestModelMethods(t *testing.T) {
	l, list := drawn(t, 4)
	ctx := context.Background()
	for _, c := range []struct {
		target, name string
		want         []string
		descent      []bool
		group        string
	}{
		{cnn.Bond, "", []string{"bond margin 1 pass", "bond margin 1 pass + descent", "bond margin 3 passes", "bond margin 3 passes + descent", "bond margin 2 passes + effort 2"}, []bool{false, true, false, true, true}, BondTarget},
		{cnn.Bond, "(a 1 pass)", []string{"bond margin (a 1 pass) 1 pass", "bond margin (a 1 pass) 1 pass + descent", "bond margin (a 1 pass) 3 passes", "bond margin (a 1 pass) 3 passes + descent", "bond margin (a 1 pass) 2 passes + effort 2"}, []bool{false, true, false, true, true}, BondTarget},
		{cnn.Site, "", []string{"site margin", "site margin + descent"}, []bool{false, true}, SiteTarget},
	} {
		t.Run(c.target+c.name, func(t *testing.T) {
			set := cnn.DefaultTrain()
			set.Target, set.Channels, set.Blocks, set.Loss.Name, set.Steps, set.Batch = c.target, 2, 1, cnn.Margin, 1, 2
			set.ReplayBuffer = 2
			result, err := cnn.Train(ctx, filepath.Join(t.TempDir(), "run"), []cnn.Source{&source{l, list}}, nil, set)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			var descent []bool
			seen := map[string]bool{}
			for _, m := range ModelMethods(result.Model, c.name, []int{1, 3}, []int{2}, 2) {
				names, descent = append(names, m.Name), append(descent, m.Descent)
				if seen[m.Name] {
					t.Errorf("name %q twice", m.Name)
				}
				seen[m.Name] = true
				if want := strings.TrimSpace(c.target + " margin " + c.name); m.Model != want {
					t.Errorf("model %q, want %q", m.Model, want)
				}
				if m.Group != c.group || m.Loss != cnn.Margin || m.Target != c.target || m.Passes < 1 {
					t.Errorf("%s: group %q, loss %q, target %q, passes %d", m.Name, m.Group, m.Loss, m.Target, m.Passes)
				}
				if err := m.Prepare(list); err != nil {
					t.Fatal(err)
				}
				spins, err := m.Solve(ctx, 0, list)
				if err != nil || len(spins) != len(list) {
					t.Fatalf("%d solutions, error %v", len(spins), err)
				}
				cancelled, cancel := context.WithCancel(ctx)
				cancel()
				if _, err := m.Solve(cancelled, 0, list); !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want one of the context", err)
				}
			}
			if diff := cmp.Diff(c.want, names); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.descent, descent); diff != "" {
				t.Error(diff)
			}
		})
	}
}
