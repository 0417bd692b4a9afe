package exact_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"spinlearn/internal/base/cputime"
	"spinlearn/ising"
	"spinlearn/ising/instancefile"
	"spinlearn/solver"
	"spinlearn/solver/certificate"
	"spinlearn/solver/exact"
	"spinlearn/solver/solvertest"
)

// A family is a distribution of couplings.
type family struct {
	name string
	draw func(*rand.Rand) float64
}

func sign(rng *rand.Rand) float64 { return float64(1 - 2*rng.IntN(2)) }

func diluted(p float64, draw func(*rand.Rand) float64) func(*rand.Rand) float64 {
	return func(rng *rand.Rand) float64 {
		if rng.Float64() < p {
			return 0
		}
		return draw(rng)
	}
}

func normal(rng *rand.Rand) float64 { return rng.NormFloat64() }

// families hold what is hard in different ways: degeneracies, ties, missing bonds,
// frustration along whole loops only, and no frustration at all.
var families = []family{
	{"gaussian", normal},
	{"uniform", func(rng *rand.Rand) float64 { return 2*rng.Float64() - 1 }},
	{"pm", sign},
	{"pm,negative=0.1", func(rng *rand.Rand) float64 {
		if rng.Float64() < 0.1 {
			return -1
		}
		return 1
	}},
	{"integers", func(rng *rand.Rand) float64 { return float64(rng.IntN(7) - 3) }},
	{"decimals", func(rng *rand.Rand) float64 { return math.Round(100*rng.NormFloat64()) / 100 }},
	{"gaussian,diluted", diluted(0.3, normal)},
	{"pm,diluted", diluted(0.2, sign)},
	{"pm,sparse", diluted(0.5, sign)},
	{"weak and strong", func(rng *rand.Rand) float64 { return sign(rng) * []float64{1, 2, 1e6}[rng.IntN(3)] }},
	{"nearly equal", func(rng *rand.Rand) float64 { return sign(rng) * (1 + 1e-6*float64(rng.IntN(5))) }},
	{"ferromagnet", func(*rand.Rand) float64 { return 1 }},
	{"antiferromagnet", func(*rand.Rand) float64 { return -1 }},
	{"antiferromagnet,uniform", func(rng *rand.Rand) float64 { return -rng.Float64() }},
	{"none", func(*rand.Rand) float64 { return 0 }},
}

func (f *family) instance(t testing.TB, l *ising.Lattice, rng *rand.Rand) *ising.Instance {
	t.Helper()
	J := make([]float64, l.Slots())
	for k := range l.Bonds() {
		J[k] = f.draw(rng)
	}
	in, err := ising.NewInstance(l, J)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

var rectangles = [][]int{{3, 5}, {5, 3}, {4, 6}, {5, 7}, {6, 10}, {24, 6}, {6, 24}, {16, 7}, {10, 9}, {2, 12}, {40, 3}}

// smallLattice draws a lattice of two axes, of any boundary, that costs at most work to
// enumerate.
func smallLattice(t testing.TB, rng *rand.Rand, work float64) *ising.Lattice {
	t.Helper()
	for {
		shape := []int{3 + rng.IntN(8), 3 + rng.IntN(8)}
		if rng.IntN(4) == 0 {
			shape = rectangles[rng.IntN(len(rectangles))]
		}
		periodic := []bool{true, true} // most often, as it is the hardest
		if rng.IntN(5) < 2 {
			periodic = []bool{rng.IntN(2) == 0, rng.IntN(2) == 0}
		}
		l, err := ising.NewLattice(shape, periodic)
		if err != nil { // two sites along a periodic axis
			continue
		}
		if m, w := exact.Enumerable(l); m != "" && w <= work {
			return l
		}
	}
}

// checkProof asserts that a result is proven, and that the checker, which shares no code
// with the solver, says so of what is read back from its certificate.
func checkProof(t testing.TB, in *ising.Instance, r *solver.Result) *certificate.Certificate {
	t.Helper()
	solvertest.CheckResult(t, in, r)
	if r.Status != solver.Proven || r.Proof == nil {
		t.Fatalf("%v: status %v, energy %v, bound %v, certificate %t", in.Lattice, r.Status, r.Energy, r.Bound, r.Proof != nil)
	}
	var file bytes.Buffer
	if err := r.Proof.Write(&file); err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Read(&file, "certificate")
	if err != nil {
		t.Fatal(err)
	}
	v, err := c.Check(in)
	if err != nil {
		t.Fatalf("%v: %v", in.Lattice, err)
	}
	if !v.Proven || v.Energy != r.Energy {
		t.Fatalf("%v: verdict %+v of energy %v", in.Lattice, *v, r.Energy)
	}
	if v.Bound > r.Energy+in.Rounding() || math.Abs(v.Bound-r.Bound) > in.Rounding() {
		t.Fatalf("%v: verdict %+v of bound %v", in.Lattice, *v, r.Bound)
	}
	return c
}

// Matching finds the energies of enumeration, with proofs, whatever it lists at first: a
// short list makes pricing act, which sides of 6 to 10 need to go wrong.
func TestMatchingEqualsEnumeration(t *testing.T) {
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			work := 2e6
			if exact.Long() {
				work = 1.2e7
			}
			n := exact.Count(100, 3000)
			if f.name == "ferromagnet" || f.name == "antiferromagnet" || f.name == "none" { // the shape says all
				n = (n + 3) / 4
			}
			for k := range uint64(n) {
				rng := ising.Stream(k, "oracle "+f.name, 0)
				l := smallLattice(t, rng, work)
				in := f.instance(t, l, rng)
				search, _ := exact.Enumerable(l)
				want := solved(t, in, search).Energy
				near := []int{0, 2, 3, 4}[rng.IntN(4)]
				set := (&exact.Settings{Search: exact.Matching}).Near(near)
				if rng.IntN(2) == 0 {
					set.Start = make([]int8, in.Sites())
					for i := range set.Start {
						set.Start[i] = int8(sign(rng))
					}
				}
				r, err := set.Solve(t.Context(), in, solver.Budget{}, nil)
				if err != nil {
					t.Fatalf("#%d %v near %d: %v", k, l, near, err)
				}
				if math.Abs(r.Energy-want) > in.Rounding() {
					t.Fatalf("#%d %v near %d: energy %v, want %v", k, l, near, r.Energy, want)
				}
				checkProof(t, in, r)
			}
		})
	}
}

// Published optima of the Biq Mac library (Rendl, Rinaldi and Wiegele 2010), the Gset
// (Helmberg and Rendl 2000) and the Optsicom set. Bounds of 3D instances are what packing
// reaches; those of two axes are proven.
func TestPublishedOptima(t *testing.T) {
	for _, c := range []struct {
		file  string
		want  float64
		least float64 // of the bound; 0: a proof
		slow  bool
	}{
		{"t2g10_5555", -12933724, 0, false},
		{"t2g15_6666", -28607056, 0, false},
		{"G11", -1094, 0, false},
		{"G13", -1130, 0, false},
		{"G48", -6000, 0, false},
		{"G50", -5760, 0, false},
		{"t3g5_5555", -21430078, 1.01 * -21430078, true},
		{"sg3dl051000", -219, 1.02 * -219, true},
	} {
		t.Run(c.file, func(t *testing.T) {
			if c.slow && testing.Short() {
				t.Skip("a few seconds")
			}
			in := published(t, c.file)
			r, err := exact.Default().Solve(t.Context(), in, solver.Budget{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Energy != c.want {
				t.Errorf("energy %v, want %v", r.Energy, c.want)
			}
			if c.least == 0 || r.Status == solver.Proven {
				checkProof(t, in, r)
				return
			}
			if r.Bound < c.least {
				t.Errorf("bound %v, want %v", r.Bound, c.least)
			}
			checkBound(t, in, r)
		})
	}
}

// published reads an instance of the collection beside the repository.
func published(t *testing.T, name string) *ising.Instance {
	t.Helper()
	path := "../../../shared/instances/" + name + ".rud"
	f, err := instancefile.Open(path, nil)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is absent", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f.Instance
}

// checkBound asserts what holds for a result of a search that was stopped: if it has a
// bound then a certificate for it, which is accepted.
func checkBound(t testing.TB, in *ising.Instance, r *solver.Result) {
	t.Helper()
	solvertest.CheckResult(t, in, r)
	if math.IsNaN(r.Bound) != (r.Proof == nil) {
		t.Fatalf("bound %v, certificate %t", r.Bound, r.Proof != nil)
	}
	if r.Proof == nil {
		return
	}
	r.Proof.Seal()
	v, err := r.Proof.Check(in)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(v.Bound-r.Bound) > in.Rounding() || v.Energy != r.Energy {
		t.Errorf("verdict %+v of energy %v and bound %v", *v, r.Energy, r.Bound)
	}
}

// The searches that a context or a limit ends.
var stopped = []struct {
	name, shape, boundary string
	search                exact.Search
	limit                 time.Duration
}{
	{"torus", "350x350", "periodic", exact.Matching, 1500 * time.Millisecond},
	{"torus before its bound", "150x150", "periodic", exact.Matching, 20 * time.Millisecond},
	{"planar", "400x400", "free", exact.Matching, 350 * time.Millisecond},
	{"planar before its bound", "400x400", "free", exact.Matching, 100 * time.Millisecond},
	{"cylinder", "300x300", "cylinder", exact.Matching, 300 * time.Millisecond},
	{"packing", "8x8x8", "periodic", exact.Packing, 500 * time.Millisecond},
	{"transfer", "10x10", "periodic", exact.Transfer, 10 * time.Millisecond},
}

// The limit, here of CPU time, is kept within a tenth and 50 ms: the clock of the wall would need
// an idle machine.
func TestTimeLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("a few seconds")
	}
	for _, c := range stopped {
		t.Run(c.name, func(t *testing.T) {
			in := solvertest.Draw(t, gaussian, c.shape, c.boundary, 0)
			begin := cputime.Now()
			r, err := (&exact.Settings{Search: c.search}).Solve(t.Context(), in, solver.Budget{Limit: c.limit, Clock: cputime.Now}, nil)
			used := cputime.Now() - begin
			if err != nil {
				t.Fatal(err)
			}
			if r.Status != solver.TimeLimit || used < c.limit*2/3 || used > c.limit*11/10+50*time.Millisecond {
				t.Errorf("%v after %v, the limit is %v", r.Status, used, c.limit)
			}
			checkBound(t, in, r)
		})
	}
}

func TestExactStops(t *testing.T) {
	if testing.Short() {
		t.Skip("a few seconds")
	}
	for _, c := range stopped {
		t.Run(c.name, func(t *testing.T) {
			in := solvertest.Draw(t, gaussian, c.shape, c.boundary, 1)
			ctx, cancel := context.WithCancel(t.Context())
			timer := time.AfterFunc(c.limit/2, cancel)
			defer timer.Stop()
			// The limit of the budget is not what ends it.
			r, err := (&exact.Settings{Search: c.search}).Solve(ctx, in, solver.Budget{Limit: time.Hour}, nil)
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v, want %v", err, context.Canceled)
			}
			if r == nil || r.Status != solver.Interrupted {
				t.Fatalf("result %+v", r)
			}
			checkBound(t, in, r)
		})
	}
}

// A start is never made worse, not even where nothing else is done.
func TestExactStart(t *testing.T) {
	in := solvertest.Draw(t, plusMinus, "16x16", "periodic", 0)
	best := solved(t, in, exact.Matching)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := (&exact.Settings{Search: exact.Auto, Start: best.Spins}).Solve(ctx, in, solver.Budget{}, nil)
	if !errors.Is(err, context.Canceled) || r.Energy != best.Energy {
		t.Errorf("energy %v, the start has %v: %v", r.Energy, best.Energy, err)
	}
	for _, start := range [][]int8{make([]int8, 256), {1}, nil} {
		_, err := (&exact.Settings{Search: exact.Auto, Start: start}).Solve(t.Context(), in, solver.Budget{}, nil)
		if (start != nil) != errors.Is(err, solver.ErrSettings) {
			t.Errorf("start of %d spins: %v", len(start), err)
		}
	}
}

func TestCertificateBytes(t *testing.T) {
	for _, c := range [][2]string{{"20x20", "periodic"}, {"20x20", "free"}, {"12x20", "cylinder"}, {"4x4x4", "periodic"}} {
		for _, e := range []ising.Ensemble{gaussian, plusMinus} {
			in := solvertest.Draw(t, e, c[0], c[1], 0)
			var files [2]bytes.Buffer
			for k := range files {
				search := exact.Matching
				if in.Axes() == 3 {
					search = exact.Packing
				}
				if err := solved(t, in, search).Proof.Write(&files[k]); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
				t.Errorf("%s %s: two certificates", c[0], c[1])
			}
		}
	}
}

// exactSizes are what is measured: CPU time of one instance, the median of 20.
var exactSizes = []struct {
	boundary string
	sides    []int
}{{"periodic", []int{16, 32, 50}}, {"free", []int{100}}, {"cylinder", []int{100}}}

// twenty draws the instances of a benchmark.
func twenty(b *testing.B, e ising.Ensemble, side int, boundary string) []*ising.Instance {
	list := make([]*ising.Instance, 20)
	for k := range list {
		list[k] = solvertest.Draw(b, e, fmt.Sprintf("%dx%d", side, side), boundary, uint64(k))
	}
	return list
}

// BenchmarkExact solves one instance after the other; at least 20 iterations
// (-benchtime 20x) give the median of all.
func BenchmarkExact(b *testing.B) {
	for _, c := range exactSizes {
		for _, e := range []ising.Ensemble{gaussian, plusMinus} {
			for _, side := range c.sides {
				name := strings.Replace(c.boundary, "periodic", "torus", 1)
				b.Run(fmt.Sprintf("%s/couplings=%s/L=%d", name, e.Couplings, side), func(b *testing.B) {
					list := twenty(b, e, side, c.boundary)
					var used []time.Duration
					b.ReportAllocs()
					for b.Loop() {
						begin := cputime.Now()
						if r := solved(b, list[len(used)%len(list)], exact.Matching); r.Status != solver.Proven {
							b.Fatal(r.Status)
						}
						used = append(used, cputime.Now()-begin)
					}
					reportMedian(b, used)
				})
			}
		}
	}
}

// BenchmarkVerify checks certificates of tori.
func BenchmarkVerify(b *testing.B) {
	for _, e := range []ising.Ensemble{gaussian, plusMinus} {
		for _, side := range []int{16, 50} {
			b.Run(fmt.Sprintf("torus/couplings=%s/L=%d", e.Couplings, side), func(b *testing.B) {
				list := twenty(b, e, side, "periodic")
				proofs := make([]*certificate.Certificate, len(list))
				for k, in := range list {
					proofs[k] = solved(b, in, exact.Matching).Proof
					proofs[k].Seal()
				}
				var used []time.Duration
				for b.Loop() {
					k := len(used) % len(list)
					begin := cputime.Now()
					if v, err := proofs[k].Check(list[k]); err != nil || !v.Proven {
						b.Fatal(v, err)
					}
					used = append(used, cputime.Now()-begin)
				}
				reportMedian(b, used)
			})
		}
	}
}

func reportMedian(b *testing.B, used []time.Duration) {
	slices.Sort(used)
	n := len(used)
	median := (used[(n-1)/2] + used[n/2]) / 2
	b.ReportMetric(float64(median.Microseconds())/1e3, "median-CPU-ms")
	b.ReportMetric(float64(used[n-1].Microseconds())/1e3, "max-CPU-ms")
}

// Where the packing has proven nothing and the limit ends the enumeration that follows, the
// bound of the packing and its configuration are the result.
func TestLimitInEnumeration(t *testing.T) {
	rng := ising.Stream(0, "dense", 0)
	in := plusMinus.Draw(solvertest.Graph(t, 22, 1, rng), rng)
	now, moved := solvertest.Clock(time.Millisecond)
	packed, err := (&exact.Settings{Search: exact.Packing}).Solve(t.Context(), in, solver.Budget{Limit: time.Hour, Clock: now}, nil)
	if err != nil || packed.Status != solver.Heuristic {
		t.Fatalf("the packing is to be over without a proof: %v, %v", packed.Status, err)
	}
	now, _ = solvertest.Clock(time.Millisecond)
	r, err := exact.Default().Solve(t.Context(), in, solver.Budget{Limit: moved() + 3*time.Millisecond, Clock: now}, nil)
	if err != nil || r.Status != solver.TimeLimit || r.Energy != packed.Energy || r.Bound != packed.Bound {
		t.Fatalf("%v, energy %v, bound %v, want those of the packing, %v and %v: %v", r.Status, r.Energy, r.Bound, packed.Energy, packed.Bound, err)
	}
	checkBound(t, in, r)
}
