package experiment

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/methods"
)

// drawn returns an instance of a file without a known energy.
func drawn(t *testing.T, index uint64) *Instance {
	t.Helper()
	l, err := ising.NewLattice([]int{5, 5}, []bool{true, true})
	if err != nil {
		t.Fatal(err)
	}
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, ising.Stream(1, "couplings", index))
	return &Instance{Solved: ising.Solved{Instance: in, Energy: math.NaN()}, Vertices: 25}
}

// state is a row whose searches end at the energies of a state, with odd streams one
// spin away from it.
func state(spoil bool) *Row {
	return &Row{Variant: methods.Variant{Name: "fixed", Solver: solve(func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
		set := anneal.Default()
		set.Reads, set.Sweeps = 16, 100
		r, err := set.Solve(ctx, in, solver.Budget{}, ising.Stream(1, "solver", 0))
		if err == nil && spoil && rng.IntN(2) == 0 {
			r.Spins[0] *= -1
			r.Energy = in.Energy(r.Spins)
		}
		return r, err
	})}}
}

func TestRepeat(t *testing.T) {
	files := []*File{{"a", []*Instance{drawn(t, 0), drawn(t, 1)}}, {"b", []*Instance{drawn(t, 2)}}}
	files[0].Instances[1].Energy, files[1].Instances[0].Energy = 0, -1e6
	calls := 0
	tables, err := Repeat(t.Context(), files, []*Row{state(false), state(true)}, 40, 1, func(done, total int) {
		if calls++; done != calls || total != 240 {
			t.Errorf("%d of %d after %d runs", done, total, calls)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) != 2 || len(tables[0].Rows) != 2 || calls != 240 {
		t.Fatalf("%d tables, %d calls", len(tables), calls)
	}
	sure, half, never := tables[0].Rows[0], tables[0].Rows[1], tables[1].Rows[0]
	if sure.Solved() != 80 || len(sure.Searches) != 80 || sure.Gap().Mean != 0 || sure.Energy().Error > 0.1 || !(sure.Rate() > 0) {
		t.Errorf("always solved: %d, gap %v, energy %v, rate %v", sure.Solved(), sure.Gap(), sure.Energy(), sure.Rate())
	}
	if n := half.Solved(); n < 20 || n > 60 || half.Gap().Mean <= 0 || half.Energy().Mean <= half.Best() {
		t.Errorf("solved in half of the runs: %d, gap %v, energy %v", n, half.Gap(), half.Energy())
	}
	if never.Solved() != 0 || files[1].Instances[0].Lowered || !files[0].Instances[0].Lowered || !files[0].Instances[1].Lowered {
		t.Errorf("a target out of reach: %d", never.Solved())
	}
	var b bytes.Buffer
	if err := (&Bench{files, tables}).WriteText(&b); err != nil || !strings.Contains(b.String(), "80/80") || !strings.Contains(b.String(), "∞") || !strings.Contains(b.String(), "lowest energy of these runs") {
		t.Errorf("%v\n%s", err, b.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Repeat(ctx, files, []*Row{state(false)}, 1, 1, func(int, int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// given returns a row whose searches have the given energies in turn.
func given(energies ...float64) *Row {
	k := -1
	return &Row{Variant: methods.Variant{Name: "given", Solver: solve(func(context.Context, *ising.Instance, *rand.Rand) (*solver.Result, error) {
		k++
		return &solver.Result{Energy: energies[k%len(energies)]}, nil
	})}}
}

// Energies are those of the file, over its vertices; a target that is given stays, also 0.
func TestFileEnergies(t *testing.T) {
	const third = -13.0 / 18
	for name, c := range map[string]struct {
		offset   float64
		vertices int
		target   *float64
		fixed    bool
		energies []float64 // of the instance
		best     float64
		mean     string
		gap      string
		hits     int
		lowered  bool
		without  bool // a relative gap
	}{
		"equal":               {0, 18, nil, false, []float64{-13, -13, -13, -13, -13}, third, "-0.7222222 ± 0", "0 ± 0", 5, true, false},
		"equal, large":        {0, 3, nil, false, []float64{-1e12, -1e12, -1e12, -1e12, -1e12}, -1e12 / 3, "-3.333333e+11 ± 0", "0 ± 0", 5, true, false},
		"offset and ghost":    {-100, 4, new(-104.0), true, []float64{-4, -4, -4}, -26, "-26 ± 0", "0 ± 0", 3, false, false},
		"offset, not reached": {-100, 4, new(-104.0), true, []float64{-2, -4, -2, -4}, -26, "-25.75 ± 0.14", "0.96 ± 0.56", 2, false, false},
		"target 0":            {0, 4, new(0.0), true, []float64{2, -2}, -0.5, "0.00 ± 0.50", "", 1, false, true},
		"target 0 of a file":  {5, 4, new(0.0), true, []float64{-4, -5, -5}, 0, "0.083 ± 0.083", "", 2, false, true},
		"easy target":         {0, 4, new(-1.0), true, []float64{-2, 0}, -0.5, "-0.25 ± 0.25", "50 ± 50", 1, false, false},
		"beaten reference":    {0, 4, new(-1.0), false, []float64{-2, 0}, -0.5, "-0.25 ± 0.25", "50 ± 50", 1, true, false},
		"reference":           {0, 4, new(-2.0), false, []float64{-2, 0}, -0.5, "-0.25 ± 0.25", "50 ± 50", 1, false, false},
		"one run":             {0, 4, nil, false, []float64{-2}, -0.5, "-0.5", "0", 1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			in := drawn(t, 0)
			in.Offset, in.Vertices, in.Fixed = c.offset, c.vertices, c.fixed
			if c.target != nil {
				in.Energy = *c.target
			}
			tables, err := Repeat(t.Context(), []*File{{"f", []*Instance{in}}}, []*Row{given(c.energies...)}, len(c.energies), 1, func(int, int) {})
			if err != nil {
				t.Fatal(err)
			}
			r := tables[0].Rows[0]
			if r.Best() != c.best || r.Energy().String() != c.mean || r.Gap().String() != c.gap || r.Solved() != c.hits || in.Lowered != c.lowered || in.Relative() == c.without {
				t.Errorf("best %v, mean %v, gap %v, %d hits, lowered %v, relative %v; want %+v", r.Best(), r.Energy(), r.Gap(), r.Solved(), in.Lowered, in.Relative(), c)
			}
		})
	}
}

func TestTimeToSolution(t *testing.T) {
	for _, c := range []struct {
		hits, runs           int
		want, wantLo, wantHi float64 // of runs of 2 s; interval of p from tables of Clopper and Pearson
	}{
		{5, 10, 2 * math.Log(0.01) / math.Log(0.5), 2 * math.Log(0.01) / math.Log(1-0.8129), 2 * math.Log(0.01) / math.Log(1-0.1871)},
		{10, 10, 2, 2, 2 * math.Log(0.01) / math.Log(1-0.6915)},
		{0, 10, math.Inf(1), 2 * math.Log(0.01) / math.Log(1-0.3085), math.Inf(1)},
	} {
		got, lo, hi := TimeToSolution(2, c.hits, c.runs)
		near := func(a, b float64) bool { return a == b || math.Abs(a-b) < 2e-3*b } // the tables have four digits
		if !near(got, c.want) || !near(lo, c.wantLo) || !near(hi, c.wantHi) {
			t.Errorf("%d of %d: %v, %v to %v, want %v, %v to %v", c.hits, c.runs, got, lo, hi, c.want, c.wantLo, c.wantHi)
		}
	}
}
