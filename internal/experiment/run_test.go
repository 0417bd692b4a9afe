package experiment

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
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spinlearn/cnn/shipped"
	"spinlearn/internal/base/report"
	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/methods"
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

// always is a row whose solver returns the same spins for every instance.
func always(name string, s []int8) *Row {
	return &Row{Variant: methods.Variant{Name: name, Solver: solve(func(_ context.Context, in *ising.Instance, _ *rand.Rand) (*solver.Result, error) {
		return &solver.Result{Spins: s, Energy: in.Energy(s)}, nil
	})}}
}

// solve is a solver of one function.
type solve func(context.Context, *ising.Instance, *rand.Rand) (*solver.Result, error)

func (solve) Name() string                { return "solve" }
func (solve) Check(*ising.Instance) error { return nil }
func (f solve) Solve(ctx context.Context, in *ising.Instance, _ solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	return f(ctx, in, rng)
}

// run takes rows over instances with the default settings.
func run(t *testing.T, list []*ising.Solved, rows ...*Row) *Table {
	t.Helper()
	table, err := Run(t.Context(), list[0].Lattice, each(list...), rows, Default())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// took sets what is measured.
func took(r *Row, times ...time.Duration) {
	for k := range r.Searches {
		r.Searches[k].CPU = times[k%len(times)]
	}
}

// compared is a comparison of a table.
func compared(t *Table) *Comparison {
	return &Comparison{Title: "t", Tables: []*Table{t}, Origins: []*Origin{{"spinlearn test", "a <file>", "2x2 free", 7, map[string]int{"limit": 3}}}}
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
	net.Prediction = &methods.Prediction{Target: "bond", Loss: "margin", Passes: 3}
	table := run(t, handMade(t), always("all up", up), net)
	took(table.Rows[0], time.Millisecond)
	took(table.Rows[1], 250*time.Microsecond)
	return table
}

func TestRun(t *testing.T) {
	table := handMadeTable(t)
	type row struct {
		Energies, Percent []float64
		Solved            int
		Spins             [][]int8
	}
	var got []row
	for _, r := range table.Rows {
		got = append(got, row{r.Energies(), r.Percent(), r.Solved(), r.Spins})
	}
	want := []row{
		{[]float64{-4, -8, -8}, []float64{0, 0, -300}, 3, [][]int8{up, up, up}},
		{[]float64{0, -2, -2}, []float64{100, 75, 0}, 1, [][]int8{last, last, last}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float64{-4, -8, -2}, table.Reference.Energies()); diff != "" {
		t.Error(diff)
	}
	if table.Proven != 2 || table.AllProven() || len(table.First) != 3 {
		t.Errorf("%d proven, all: %v, %d kept", table.Proven, table.AllProven(), len(table.First))
	}
	if got, want := table.Rows[0].CPU(), time.Millisecond; got != want {
		t.Errorf("%v an instance, want %v", got, want)
	}
}

func TestWriters(t *testing.T) {
	table := compared(handMadeTable(t))
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
		want  string
	}{
		{"CSV", table.WriteCSV,
			`method,loss,target,passes,effort,instances,proven,energy_per_spin_j,energy_per_spin_sem_j,gap_mean_fraction,gap_sem_fraction,solved_fraction,cpu_ms_per_instance,gap_instances
reference,,,,,3,2,-1.1666667,0.44095855,0,0,1,,3
all up,,,,,3,2,-1.6666667,0.33333333,-1,1,1,1,3
"net, ""a"" 3 passes",margin,bond,3,0,3,2,-0.33333333,0.16666667,0.58333333,0.30046261,0.33333333,0.25,3
`},
		{"energies", table.WriteEnergies,
			`instance,reference,all up,"net, ""a"" 3 passes"
0,-4,-4,0
1,-8,-8,-2
2,-2,-8,-2
`},
		{"text", table.WriteText,
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
	table := compared(handMadeTable(t))
	var b, c bytes.Buffer
	if err := table.WriteJSONL(&b); err != nil {
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
	table := func(list []*ising.Solved) *Comparison {
		table := run(t, list, always("last", last), always("all up", up))
		table.Name, table.Family = "set", "family"
		for _, r := range table.Rows {
			took(r, time.Millisecond)
		}
		return compared(table)
	}
	timed := func(list ...*Comparison) *Comparison {
		all := &Comparison{Times: []time.Duration{1}}
		for _, c := range list {
			all.Tables, all.Origins = append(all.Tables, c.Tables...), append(all.Origins, c.Origins...)
		}
		return all
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
		{"text at equal time", timed(some, none).WriteText, `set: family 2x2 free, 4 instances, 2 with a proven ground state, 2 with reference energy 0 and so no relative gap

  method  limit     gap (%)  reached  CPU (ms)  median (ms)
    last            50 ± 50      3/4         1            1
  all up         -150 ± 150      4/4         1            1

set: family 2x2 free, 2 instances, 1 with a proven ground state, 2 with reference energy 0 and so no relative gap

  method  limit  gap (%)  reached  CPU (ms)  median (ms)
    last                      2/2         1            1
  all up                      2/2         1            1
`},
		{"runs", timed(some).WriteRuns, `dataset,instance,method,budget_ms,passes,effort,reference_j,energy_j,gap_fraction,cpu_ms
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
	if err := none.WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	if want := `"energy_per_spin_j":0,"energy_per_spin_sem_j":0,"gap_mean_fraction":null,"gap_sem_fraction":null,"solved_fraction":1,`; strings.Count(b.String(), `"gap_instances":0}`) != 3 || strings.Count(strings.ReplaceAll(b.String(), ":-0,", ":0,"), want) != 2 {
		t.Errorf("JSON without gaps:\n%s", &b)
	}
	for _, c := range []*Comparison{none, timed(none)} {
		r := c.page(nil).Tables[0]
		for _, row := range r.Rows {
			for i, c := range r.Columns {
				if c.Name == "gap (%)" && row[i] != (report.Cell{}) {
					t.Errorf("%s: gap %+v", r.Caption, row[i])
				}
			}
		}
		if !strings.Contains(r.Caption, "2 with reference energy 0") {
			t.Errorf("caption %s", r.Caption)
		}
	}
}

func TestGroundStateName(t *testing.T) {
	table := run(t, handMade(t)[:2], always("all up", up))
	var b bytes.Buffer
	if err := compared(table).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\nground state,") {
		t.Errorf("proven references are not called ground states:\n%s", &b)
	}
}

// batches notes what a solver of batches is asked for.
type batches struct {
	solve
	sizes    []int
	prepared int
	broken   error
}

func (b *batches) Prepare(list ...*ising.Instance) error { b.prepared += len(list); return b.broken }
func (b *batches) SolveAll(ctx context.Context, list []*ising.Instance) (results []*solver.Result, err error) {
	b.sizes = append(b.sizes, len(list))
	for _, in := range list {
		r, _ := b.Solve(ctx, in, solver.Budget{}, nil)
		results = append(results, r)
	}
	return results, nil
}

// TestBatches follows batches and progress over more instances than fit into one, and the
// streams of instances.
func TestBatches(t *testing.T) {
	one := handMade(t)[0]
	many := make([]*ising.Solved, 2*Kept+5)
	for k := range many {
		many[k] = one
	}
	for _, c := range []struct {
		limit, want int
		sizes       []int
	}{
		{math.MaxInt, len(many), []int{Kept, Kept, 5}}, {1, 1, []int{1}}, {Kept, Kept, []int{Kept}}, {Kept + 1, Kept + 1, []int{Kept, 1}}, {1000, len(many), []int{Kept, Kept, 5}},
	} {
		t.Run(fmt.Sprint(c.limit), func(t *testing.T) {
			up := always("up", up)
			together := &batches{solve: up.Solver.(solve)}
			drawn := make([]uint64, c.want)
			seen := map[uint64]int{}
			for k := range drawn {
				seen[ising.Stream(1, "drawn", uint64(k)).Uint64()]++
			}
			var mu sync.Mutex
			single := &Row{Variant: methods.Variant{Name: "drawn", Solver: solve(func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
				mu.Lock()
				defer mu.Unlock()
				seen[rng.Uint64()]++
				return together.Solve(ctx, in, solver.Budget{}, nil)
			})}}
			var dones []int
			set := Default()
			set.Limit, set.Workers, set.Progress = c.limit, 3, func(done int, _ string) { dones = append(dones, done) }
			table, err := Run(t.Context(), one.Lattice, each(many...), []*Row{{Variant: methods.Variant{Name: "m", Solver: together}}, single}, set)
			if err != nil {
				t.Fatal(err)
			}
			if table.Count() != c.want || len(table.Rows[1].Energies()) != c.want || together.prepared != c.want || !slices.Equal(together.sizes, c.sizes) {
				t.Errorf("%d instances, %d energies, %d prepared, batches %v, want %d", table.Count(), len(table.Rows[1].Energies()), together.prepared, together.sizes, c.want)
			}
			if kept := min(c.want, Kept); len(table.First) != kept || len(table.Rows[0].Spins) != kept {
				t.Errorf("%d and %d kept, want %d", len(table.First), len(table.Rows[0].Spins), kept)
			}
			for word, n := range seen {
				if n != 2 || len(seen) != c.want {
					t.Fatalf("stream of %x: %d, %d streams of %d instances", word, n, len(seen), c.want)
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
	set := Default()
	set.Limit = 1
	if _, err := Run(t.Context(), square(t), damaged, []*Row{always("m", up)}, set); err != nil {
		t.Error(err)
	}
	if _, err := Fitting(nil, damaged, 1); err != nil {
		t.Error(err)
	}
}

func TestRunErrors(t *testing.T) {
	broken := errors.New("broken")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	row := func(name string, s solver.Solver) *Row { return &Row{Variant: methods.Variant{Name: name, Solver: s}} }
	failing := row("fails", solve(func(context.Context, *ising.Instance, *rand.Rand) (*solver.Result, error) { return nil, broken }))
	for _, c := range []struct {
		name      string
		ctx       context.Context
		instances iter.Seq2[*ising.Solved, error]
		row       *Row
		is        error
		want      string
	}{
		{"none", t.Context(), each(), always("m", up), nil, "no instances"},
		{"source", t.Context(), func(yield func(*ising.Solved, error) bool) { yield(nil, broken) }, always("m", up), broken, "broken"},
		{"solve", t.Context(), each(handMade(t)...), failing, broken, "fails: broken"},
		{"prepare", t.Context(), each(handMade(t)...), row("unprepared", &batches{broken: broken}), broken, "unprepared: broken"},
		{"cancelled", cancelled, each(handMade(t)...), always("m", up), context.Canceled, "m: stopped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := Run(c.ctx, square(t), c.instances, []*Row{c.row}, Default())
			if table != nil || err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, error %v, want %q", table, err, c.want)
			}
		})
	}
}

// Every row of the methods gives the same energies for any number of workers and any batches,
// and those of annealing others for another seed.
func TestRowsOfMethods(t *testing.T) {
	l, err := ising.NewLattice([]int{6, 6}, []bool{false, true})
	if err != nil {
		t.Fatal(err)
	}
	var list []*ising.Solved
	for k := range 6 {
		in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, ising.Stream(1, "couplings", uint64(k)))
		spins := in.SpanningTree(in.J, nil).Spins(in.J)
		list = append(list, &ising.Solved{Instance: in, Spins: spins, Energy: in.Energy(spins), Bound: math.NaN()})
	}
	energies := func(seed uint64, workers, batch int) (all [][]float64) {
		set := Default()
		set.Seed, set.Workers, set.Batch = seed, workers, batch
		choice := &methods.Choice{Sweeps: []int{1, 7}, Networks: []methods.Network{{Model: shipped.Model()}}, Passes: []int{1, 2}, Efforts: []int{1}, Workers: workers}
		table, err := Run(t.Context(), l, each(list...), Rows(methods.Rows(choice)), set)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range table.Rows {
			all = append(all, r.Energies())
		}
		return all
	}
	want := energies(1, 1, 64)
	for _, batch := range []int{1, 4, 64} {
		if diff := cmp.Diff(want, energies(1, 4, batch)); diff != "" {
			t.Errorf("four workers, batches of %d:\n%s", batch, diff)
		}
	}
	if other := energies(2, 1, 64); cmp.Equal(want[3], other[3]) {
		t.Error("annealing does not depend on the seed")
	}
}
