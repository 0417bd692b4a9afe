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
	return Contender{"fixed", "once", func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*solver.Result, error) {
		r, err := solver.Anneal(ctx, in, &solver.AnnealSettings{Reads: 16, Sweeps: 100}, ising.Stream(1, "solver", 0))
		if err == nil && spoil && rng.IntN(2) == 0 {
			r.Spins[0] *= -1
			r.Energy = in.Energy(r.Spins)
		}
		return r, err
	}}
}

func TestRun(t *testing.T) {
	files := []*File{{"a", []*Instance{{Instance: instance(t, 0), Target: math.NaN()}, {Instance: instance(t, 1), Target: 0}}}, {"b", []*Instance{{Instance: instance(t, 2), Target: -1e6}}}}
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
	if sure.Hits != 80 || sure.Runs != 80 || sure.Gap != 0 || sure.SEM > 0.1 || math.Abs(sure.TTS-sure.CPU.Seconds()) > 1e-12 || !(sure.UpdatesPerNS > 0) {
		t.Errorf("always solved: %+v", sure)
	}
	if half.Hits < 20 || half.Hits > 60 || half.Gap <= 0 || half.Mean <= half.Best || !(half.TTSLow < half.TTS && half.TTS < half.TTSHigh) {
		t.Errorf("solved in half of the runs: %+v", half)
	}
	if never.Hits != 0 || !math.IsInf(never.TTS, 1) || math.IsInf(never.TTSLow, 1) || !files[1].Instances[0].Known || files[0].Instances[1].Known {
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
