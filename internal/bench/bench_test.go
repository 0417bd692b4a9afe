package bench

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
)

func instance(t *testing.T, index uint64) *ising.Instance {
	t.Helper()
	l, err := ising.NewLattice([]int{5, 5}, []bool{true, true})
	if err != nil {
		t.Fatal(err)
	}
	return ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, ising.Stream(1, "couplings", index))
}

// fixed is a contender whose runs end at the energies of a state, with odd streams one
// spin away from it.
func fixed(t *testing.T, spoil bool) Contender {
	return Contender{Method: "fixed", Length: "once", Solver: solve(func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
		set := anneal.Default()
		set.Reads, set.Sweeps = 16, 100
		r, err := set.Solve(ctx, in, solver.Budget{}, ising.Stream(1, "solver", 0))
		if err == nil && spoil && rng.IntN(2) == 0 {
			r.Spins[0] *= -1
			r.Energy = in.Energy(r.Spins)
		}
		return r, err
	})}
}

// solve is a solver of one function.
type solve func(context.Context, *ising.Instance, *rand.Rand) (*solver.Result, error)

func (solve) Name() string                { return "solve" }
func (solve) Check(*ising.Instance) error { return nil }
func (f solve) Solve(ctx context.Context, in *ising.Instance, _ solver.Budget, rng *rand.Rand) (*solver.Result, error) {
	return f(ctx, in, rng)
}

func TestRun(t *testing.T) {
	files := []*File{{"a", []*Instance{{Instance: instance(t, 0), Vertices: 25}, {Instance: instance(t, 1), Vertices: 25, Target: new(0.0)}}}, {"b", []*Instance{{Instance: instance(t, 2), Vertices: 25, Target: new(-1e6)}}}}
	calls := 0
	rows, err := Run(context.Background(), files, []Contender{fixed(t, false), fixed(t, true)}, 40, 1, func(done, total int) {
		if calls++; done != calls || total != 240 {
			t.Errorf("%d of %d after %d runs", done, total, calls)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || calls != 240 {
		t.Fatalf("%d rows, %d calls", len(rows), calls)
	}
	sure, half, never := rows[0], rows[1], rows[2]
	if sure.Hits != 80 || sure.Runs != 80 || sure.Gap.Mean != 0 || sure.Energy.Error > 0.1 || math.Abs(sure.TTS-sure.CPU.Seconds()) > 1e-12 || !(sure.UpdatesPerNS > 0) {
		t.Errorf("always solved: %+v", sure)
	}
	if half.Hits < 20 || half.Hits > 60 || half.Gap.Mean <= 0 || half.Energy.Mean <= half.Best || !(half.TTSLow < half.TTS && half.TTS < half.TTSHigh) {
		t.Errorf("solved in half of the runs: %+v", half)
	}
	if never.Hits != 0 || !math.IsInf(never.TTS, 1) || math.IsInf(never.TTSLow, 1) || files[1].Instances[0].Lowered || !files[0].Instances[0].Lowered || !files[0].Instances[1].Lowered {
		t.Errorf("a target out of reach: %+v", never)
	}
	var b bytes.Buffer
	if err := WriteText(&b, rows); err != nil || !strings.Contains(b.String(), "80/80") || !strings.Contains(b.String(), "∞") {
		t.Errorf("%v\n%s", err, b.String())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, files, []Contender{fixed(t, false)}, 1, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// drawnFrom returns a contender whose runs have the given energies in turn.
func drawnFrom(energies ...float64) Contender {
	k := -1
	return Contender{Method: "given", Length: "once", Solver: solve(func(context.Context, *ising.Instance, *rand.Rand) (*solver.Result, error) {
		k++
		return &solver.Result{Energy: energies[k%len(energies)]}, nil
	})}
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
			in := &Instance{Instance: instance(t, 0), Offset: c.offset, Vertices: c.vertices, Target: c.target, Fixed: c.fixed}
			rows, err := Run(t.Context(), []*File{{"f", []*Instance{in}}}, []Contender{drawnFrom(c.energies...)}, len(c.energies), 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			r := rows[0]
			if r.Best != c.best || r.Energy.String() != c.mean || r.Gap.String() != c.gap || r.Hits != c.hits || in.Lowered != c.lowered || in.Relative() == c.without {
				t.Errorf("best %v, mean %v, gap %v, %d hits, lowered %v, relative %v; want %+v", r.Best, r.Energy, r.Gap, r.Hits, in.Lowered, in.Relative(), c)
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
