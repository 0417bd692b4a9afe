package packing

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spinlearn/internal/base/cputime"
)

// couplings draws J.
type couplings func(*rand.Rand) int64

func plusMinus(r *rand.Rand) int64 { return 1 - 2*r.Int64N(2) }
func diluted(r *rand.Rand) int64   { return r.Int64N(3) - 1 }
func small(r *rand.Rand) int64     { return r.Int64N(11) - 5 }
func antiferro(*rand.Rand) int64   { return -1 }

func gaussian(scale float64) couplings {
	return func(r *rand.Rand) int64 { return int64(math.Round(scale * r.NormFloat64())) }
}

func (g *Graph) bond(i, j int, coupling int64) {
	g.From, g.To = append(g.From, int32(i)), append(g.To, int32(j))
	g.Weight, g.Negative = append(g.Weight, max(coupling, -coupling)), append(g.Negative, coupling < 0)
}

// lattice has periodic or free axes; a periodic side of 2 gives parallel bonds.
func lattice(shape []int, periodic bool, j couplings, r *rand.Rand) *Graph {
	g := &Graph{Sites: 1}
	for _, l := range shape {
		g.Sites *= l
	}
	for i := range g.Sites {
		stride := 1
		for _, l := range shape {
			if x := i / stride % l; x < l-1 {
				g.bond(i, i+stride, j(r))
			} else if periodic {
				g.bond(i, i-(l-1)*stride, j(r))
			}
			stride *= l
		}
	}
	return g
}

func complete(n int, j couplings, r *rand.Rand) *Graph {
	g := &Graph{Sites: n}
	for i := range n {
		for k := range i {
			g.bond(i, k, j(r))
		}
	}
	return g
}

func random(n, m int, j couplings, r *rand.Rand) *Graph {
	g := &Graph{Sites: n}
	for range m {
		i := r.IntN(n)
		g.bond(i, (i+1+r.IntN(n-1))%n, j(r))
	}
	return g
}

// least unsatisfied weight of all configurations, by Gray code.
func enumerate(g *Graph) int64 {
	n := g.Sites
	couple := make([]int64, n*n)
	now := int64(0)
	for e, w := range g.Weight {
		i, j := int(g.From[e]), int(g.To[e])
		if g.Negative[e] {
			now += w
			w = -w
		}
		couple[i*n+j] += w
		couple[j*n+i] += w
	}
	spin := slices.Repeat([]int64{1}, n)
	best := now
	for code := uint64(1); code < 1<<(n-1); code++ {
		i := bits.TrailingZeros64(code)
		field := int64(0)
		for j, c := range couple[i*n : i*n+n] {
			field += c * spin[j]
		}
		now += spin[i] * field
		spin[i] = -spin[i]
		best = min(best, now)
	}
	return best
}

// check recomputes everything that a result claims, in integers of any size.
func check(t *testing.T, g *Graph, r *Result) {
	t.Helper()
	if r.Denominator < 1 || r.Denominator&(r.Denominator-1) != 0 {
		t.Fatalf("denominator %d is no power of two", r.Denominator)
	}
	used := make([]*big.Int, len(g.Weight))
	for e := range used {
		used[e] = new(big.Int)
	}
	total := new(big.Int)
	seen := map[string]bool{}
	for _, c := range r.Cycles {
		if c.Y <= 0 || len(c.Bonds) < 2 {
			t.Fatalf("cycle %v", c)
		}
		y := big.NewInt(c.Y)
		total.Add(total, y)
		odd := false
		degree := map[int32]int{}
		for k, e := range c.Bonds {
			used[e].Add(used[e], y)
			odd = odd != g.Negative[e]
			next := c.Bonds[(k+1)%len(c.Bonds)]
			if i, j := g.From[e], g.To[e]; i != g.From[next] && i != g.To[next] && j != g.From[next] && j != g.To[next] {
				t.Fatalf("bonds %d and %d do not meet", e, next)
			}
			degree[g.From[e]]++
			degree[g.To[e]]++
		}
		if len(degree) != len(c.Bonds) {
			t.Fatalf("%d sites on a cycle of %d bonds", len(degree), len(c.Bonds))
		}
		for i, d := range degree {
			if d != 2 {
				t.Fatalf("site %d has %d bonds of a cycle", i, d)
			}
		}
		if !odd {
			t.Fatalf("cycle %v is not frustrated", c.Bonds)
		}
		sorted := slices.Clone(c.Bonds)
		slices.Sort(sorted)
		if key := fmt.Sprint(sorted); seen[key] {
			t.Fatalf("cycle %v is there twice", c.Bonds)
		} else {
			seen[key] = true
		}
	}
	d := big.NewInt(r.Denominator)
	for e, u := range used {
		if u.Cmp(new(big.Int).Mul(d, big.NewInt(g.Weight[e]))) > 0 {
			t.Fatalf("bond %d of weight %d has %v/%d", e, g.Weight[e], u, r.Denominator)
		}
	}
	up := new(big.Int).Add(total, new(big.Int).Sub(d, big.NewInt(1)))
	if want := up.Div(up, d); want.Cmp(big.NewInt(r.Bound)) != 0 {
		t.Fatalf("bound %d, want %v", r.Bound, want)
	}
}

func pack(t *testing.T, g *Graph, set *Settings) *Result {
	t.Helper()
	r, err := Pack(t.Context(), g, set)
	if err != nil {
		t.Fatal(err)
	}
	check(t, g, r)
	return r
}

func TestPackPlanar(t *testing.T) {
	// The odd-cycle relaxation has no gap on planar graphs: Barahona and Mahjoub, On
	// the cut polytope (1986).
	for name, j := range map[string]couplings{"plus-minus": plusMinus, "diluted": diluted, "small": small,
		"gaussian": gaussian(1e6), "large gaussian": gaussian(1 << 50)} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(40) {
				r := rand.New(rand.NewPCG(seed, 1))
				g := lattice([]int{2 + r.IntN(3), 2 + r.IntN(3)}, false, j, r)
				got, want := pack(t, g, nil), enumerate(g)
				if !got.Converged {
					t.Errorf("seed %d: not converged", seed)
				}
				// 1e-11 is what the design asks of rounding.
				if got.Bound > want || float64(want-got.Bound) > 1e-11*float64(want) {
					t.Errorf("seed %d: bound %d, want %d", seed, got.Bound, want)
				}
			}
		})
	}
}

func TestPackBounds(t *testing.T) {
	// The bound is not the optimum in general; that it is so often is measured here.
	for _, c := range []struct {
		name  string
		seeds int
		make  func(*rand.Rand) *Graph
		tight int // instances where the bound is the optimum, at least
	}{
		{"sparse", 100, func(r *rand.Rand) *Graph { return random(12, 18, small, r) }, 100},
		{"random", 100, func(r *rand.Rand) *Graph { return random(10, 30, small, r) }, 100},
		{"disconnected", 100, func(r *rand.Rand) *Graph { return random(14, 12, plusMinus, r) }, 100},
		{"parallel", 100, func(r *rand.Rand) *Graph { return random(3, 9, diluted, r) }, 100},
		{"torus", 40, func(r *rand.Rand) *Graph { return lattice([]int{4, 4}, true, plusMinus, r) }, 40},
		{"diluted torus", 40, func(r *rand.Rand) *Graph { return lattice([]int{3, 5}, true, diluted, r) }, 40},
		{"gaussian torus", 40, func(r *rand.Rand) *Graph { return lattice([]int{3, 4}, true, gaussian(1e5), r) }, 40},
		{"two layers", 6, func(r *rand.Rand) *Graph { return lattice([]int{3, 3, 2}, true, plusMinus, r) }, 6},
		{"two gaussian layers", 6, func(r *rand.Rand) *Graph { return lattice([]int{3, 3, 2}, true, gaussian(1<<40), r) }, 6},
		{"cube", 40, func(r *rand.Rand) *Graph { return lattice([]int{2, 3, 2}, false, gaussian(1e4), r) }, 40},
		{"K20", 4, func(r *rand.Rand) *Graph { return complete(20, gaussian(1e6), r) }, 4},
		{"K12", 20, func(r *rand.Rand) *Graph { return complete(12, plusMinus, r) }, 18},
	} {
		t.Run(c.name, func(t *testing.T) {
			tight := 0
			if testing.Short() {
				c.seeds, c.tight = c.seeds/4, c.tight/4-1
			}
			for seed := range c.seeds {
				g := c.make(rand.New(rand.NewPCG(uint64(seed), 2)))
				got, optimum := pack(t, g, nil), enumerate(g)
				if !got.Converged {
					t.Errorf("seed %d: not converged", seed)
				}
				if got.Bound > optimum {
					t.Fatalf("seed %d: bound %d above the optimum %d", seed, got.Bound, optimum)
				}
				if got.Bound == optimum {
					tight++
				}
			}
			t.Logf("%d of %d tight", tight, c.seeds)
			if tight < c.tight {
				t.Errorf("bound is the optimum of %d of %d, want at least %d", tight, c.seeds, c.tight)
			}
		})
	}
}

func TestPackKnown(t *testing.T) {
	clique := func(n int) *Graph { return complete(n, antiferro, nil) }
	huge := &Graph{Sites: 2}
	huge.bond(0, 1, MaxWeight/2)
	huge.bond(1, 0, -MaxWeight/2)
	lone := lattice([]int{3, 3}, true, antiferro, nil)
	for e := range lone.Weight {
		lone.Weight[e] = int64(e % 2)
	}
	ferro := lattice([]int{8, 8, 8}, true, func(*rand.Rand) int64 { return 1 }, nil)
	gauge := rand.New(rand.NewPCG(3, 3))
	up := make([]bool, ferro.Sites)
	for i := range up {
		up[i] = gauge.IntN(2) == 0
	}
	for e := range ferro.Weight {
		ferro.Negative[e] = up[ferro.From[e]] != up[ferro.To[e]]
	}
	for _, c := range []struct {
		name   string
		graph  *Graph
		want   int64
		cycles int // -1: any
	}{
		{"nothing", &Graph{}, 0, 0},
		{"no bonds", &Graph{Sites: 5}, 0, 0},
		{"balanced", ferro, 0, 0},
		{"bipartite antiferromagnet", lattice([]int{4, 6, 8}, true, antiferro, nil), 0, 0},
		{"odd rows", lattice([]int{5, 6}, true, antiferro, nil), 6, -1},
		{"odd lines of a cube", lattice([]int{3, 4, 4}, true, antiferro, nil), 16, -1},
		{"zero weights alone", lattice([]int{3, 3}, true, func(*rand.Rand) int64 { return 0 }, nil), 0, 0},
		// Every bond of K_n has x = 1/3, so the value is n(n-1)/6.
		{"K20", clique(20), 64, -1},
		{"K7", clique(7), 7, -1},
		{"largest weights", huge, MaxWeight / 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := pack(t, c.graph, nil)
			if got.Bound != c.want || !got.Converged || c.cycles >= 0 && len(got.Cycles) != c.cycles {
				t.Errorf("bound %d, %d cycles, converged %v; want %d, %d", got.Bound, len(got.Cycles), got.Converged, c.want, c.cycles)
			}
		})
	}
	long := lattice([]int{25, 120}, true, antiferro, nil)
	if got := pack(t, long, &Settings{Enough: 120}); got.Bound != 120 || len(got.Cycles) != 120 {
		t.Errorf("long torus: bound %d, %d cycles, want 120", got.Bound, len(got.Cycles))
	}
	if got := pack(t, lone, nil); got.Bound != enumerate(lone) {
		t.Errorf("every other bond: bound %d, want %d", got.Bound, enumerate(lone))
	}
}

func TestPackExtremeWeights(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 4))
		n := 4 + r.IntN(6)
		most := int64(MaxWeight / (n * (n - 1) / 2))
		g := complete(n, func(r *rand.Rand) int64 {
			// From 1 to the largest, in all sizes.
			w := max(1, most>>r.IntN(50)-r.Int64N(3))
			return w * plusMinus(r)
		}, r)
		if got, optimum := pack(t, g, nil), enumerate(g); got.Bound > optimum {
			t.Fatalf("seed %d: bound %d above the optimum %d", seed, got.Bound, optimum)
		}
	}
}

// stopsAfter is a context that ends after so many looks at it.
type stopsAfter struct {
	context.Context
	looks int
}

func (c *stopsAfter) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

func TestPackStopped(t *testing.T) {
	g := lattice([]int{4, 3, 3}, true, plusMinus, rand.New(rand.NewPCG(5, 5)))
	end := pack(t, g, nil)
	last := int64(0)
	stopped := 0
	for looks := 0; ; looks = looks*5/4 + 1 {
		r, err := Pack(&stopsAfter{t.Context(), looks}, g, nil)
		if err == nil {
			if diff := cmp.Diff(end, r); diff != "" {
				t.Error(diff)
			}
			break
		}
		stopped++
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if check(t, g, r); r.Converged || r.Bound > end.Bound {
			t.Fatalf("after %d looks: bound %d, converged %v; at the end %d", looks, r.Bound, r.Converged, end.Bound)
		}
		last = r.Bound
	}
	if stopped < 10 || last < end.Bound-1 {
		t.Errorf("stopped %d times, last bound %d, at the end %d", stopped, last, end.Bound)
	}
}

// A large basis is not refined when the context has ended; little is lost.
func TestRoundLate(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	g := lattice([]int{14, 14, 14}, true, gaussian(1e6), rand.New(rand.NewPCG(9, 9)))
	set, _ := (&Settings{MaxBasis: lateBasis}).withDefaults()
	p := newPacker(t.Context(), g, set)
	p.search()
	if len(p.simplex.basic) <= lateBasis {
		t.Fatalf("basis of %d", len(p.simplex.basic))
	}
	p.best = packing{}
	p.round()
	refined := p.best
	p.best, p.stopped = packing{}, interrupted
	p.round()
	check(t, g, &Result{Denominator: p.denominator, Cycles: p.best.cycles, Bound: p.bound(p.best)})
	if float64(p.best.total) < (1-2*perturbation)*float64(refined.total) {
		t.Errorf("total %d, refined %d", p.best.total, refined.total)
	}
}

func TestPackSettings(t *testing.T) {
	g := lattice([]int{4, 4, 3}, true, plusMinus, rand.New(rand.NewPCG(6, 6)))
	end := pack(t, g, nil)
	for _, c := range []struct {
		name string
		set  Settings
		ok   func(*Result) bool
	}{
		{"enough at once", Settings{Enough: 1}, func(r *Result) bool { return r.Bound >= 1 && r.Pivots == 0 }},
		{"enough", Settings{Enough: end.Bound - 3}, func(r *Result) bool { return r.Bound >= end.Bound-3 && r.Pivots > 0 && r.Pivots < end.Pivots }},
		{"too much", Settings{Enough: end.Bound + 1}, func(r *Result) bool { return cmp.Equal(r, end) }},
		{"pivots", Settings{MaxPivots: 50}, func(r *Result) bool { return r.Pivots == 50 && !r.Converged && r.Bound > 0 }},
		{"basis", Settings{MaxBasis: 20}, func(r *Result) bool { return !r.Converged && r.Pivots < end.Pivots && r.Bound > 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := pack(t, g, &c.set); !c.ok(r) {
				t.Errorf("bound %d, %d pivots, converged %v; without settings %d, %d", r.Bound, r.Pivots, r.Converged, end.Bound, end.Pivots)
			}
		})
	}
	if diff := cmp.Diff(end, pack(t, g, nil)); diff != "" {
		t.Errorf("twice the same: %s", diff)
	}
}

func TestPackErrors(t *testing.T) {
	triangle := func(change func(*Graph)) *Graph {
		g := complete(3, antiferro, nil)
		change(g)
		return g
	}
	for _, c := range []struct {
		name  string
		graph *Graph
		set   *Settings
		want  error
		text  string
	}{
		{"sites", triangle(func(g *Graph) { g.Sites = -1 }), nil, ErrGraph, "packing: malformed graph: -1 sites, want 0 to 2^30"},
		{"length", triangle(func(g *Graph) { g.Negative = g.Negative[1:] }), nil, ErrGraph,
			"packing: malformed graph: 3, 3, 3 and 2 entries in From, To, Weight and Negative"},
		{"site", triangle(func(g *Graph) { g.To[1] = 3 }), nil, ErrGraph, "packing: malformed graph: bond 1 joins sites 2 and 3 of 3"},
		{"negative site", triangle(func(g *Graph) { g.From[2] = -1 }), nil, ErrGraph, "packing: malformed graph: bond 2 joins sites -1 and 1 of 3"},
		{"loop", triangle(func(g *Graph) { g.To[0] = g.From[0] }), nil, ErrGraph, "packing: malformed graph: bond 0 joins sites 1 and 1 of 3"},
		{"weight", triangle(func(g *Graph) { g.Weight[2] = -4 }), nil, ErrGraph, "packing: malformed graph: bond 2 has weight -4, want ≥ 0"},
		{"sum", triangle(func(g *Graph) { g.Weight[2] = MaxWeight - 1 }), nil, ErrGraph, "packing: malformed graph: weights sum to more than 2^60"},
		{"enough", triangle(func(*Graph) {}), &Settings{Enough: -1}, ErrSettings, "packing: invalid settings: Enough = -1, want ≥ 0"},
		{"pivots", triangle(func(*Graph) {}), &Settings{MaxPivots: -2}, ErrSettings, "packing: invalid settings: MaxPivots = -2, want ≥ 0"},
		{"basis", triangle(func(*Graph) {}), &Settings{MaxBasis: -3}, ErrSettings, "packing: invalid settings: MaxBasis = -3, want ≥ 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Pack(t.Context(), c.graph, c.set)
			if !errors.Is(err, c.want) || err.Error() != c.text || r != nil {
				t.Errorf("result %v, error %q, want %q", r, err, c.text)
			}
		})
	}
}

func TestPublished(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "instances")
	for _, c := range []struct {
		file    string
		optimum int64 // published energy, -Σ J s s
		gap     int64 // of the bound, at most; ±1 couplings on a torus leave none below 2
		long    bool
	}{
		{"t3g5_5555.rud", -21430078, 0, false},
		{"t3g6_7777.rud", -36048283, 0, true},
		{"sg3dl051000.rud", -219, 1, true},
		{"t2g10_5555.rud", -12933724, 0, false},
		{"t2g15_6666.rud", -28607056, 0, false},
	} {
		t.Run(c.file, func(t *testing.T) {
			if c.long && testing.Short() {
				t.Skip("takes seconds")
			}
			f, err := os.Open(filepath.Join(dir, c.file))
			if err != nil {
				t.Skipf("published instances are absent: %v", err)
			}
			defer f.Close()
			in := bufio.NewReader(f)
			g := &Graph{}
			var bonds int
			if _, err := fmt.Fscan(in, &g.Sites, &bonds); err != nil {
				t.Fatal(err)
			}
			total := int64(0)
			for range bonds {
				var i, j int
				var w int64
				if _, err := fmt.Fscan(in, &i, &j, &w); err != nil {
					t.Fatal(err)
				}
				g.bond(i-1, j-1, -w)
				total += max(w, -w)
			}
			optimum := (c.optimum + total) / 2
			r := pack(t, g, nil)
			t.Logf("bound %d, optimum %d, gap %.3g of it", r.Bound, optimum, float64(optimum-r.Bound)/float64(optimum))
			if !r.Converged || r.Bound > optimum || optimum-r.Bound > c.gap {
				t.Errorf("bound %d, optimum %d, converged %v", r.Bound, optimum, r.Converged)
			}
		})
	}
}

// The simplex method must survive a spoilt inverse, and the dual method must find the
// way back from any capacities.
func TestSimplexRecovers(t *testing.T) {
	for name, spoil := range map[string]func(*simplex, *rand.Rand){
		"drift":   func(s *simplex, r *rand.Rand) { s.inverse[r.IntN(len(s.inverse))][r.IntN(len(s.basic))] += 1e-3 },
		"rubbish": func(s *simplex, r *rand.Rand) { s.inverse[0][0] = math.NaN() },
		"restart": func(s *simplex, r *rand.Rand) { s.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 7))
			g := lattice([]int{3, 3, 3}, true, plusMinus, r)
			want := pack(t, g, nil)
			set, _ := (*Settings)(nil).withDefaults()
			p := newPacker(t.Context(), g, set)
			p.search()
			spoil(p.simplex, r)
			if !p.optimize() {
				t.Fatal("no optimum")
			}
			if p.round(); p.bound(p.best) != want.Bound {
				t.Errorf("bound %d, want %d", p.bound(p.best), want.Bound)
			}
			if p.simplex.compute(); p.simplex.drifted() {
				t.Error("inverse has drifted")
			}
		})
	}
}

func TestDualSteps(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 8))
		g := lattice([]int{3, 3, 3}, true, gaussian(1e6), r)
		set, _ := (*Settings)(nil).withDefaults()
		p := newPacker(t.Context(), g, set)
		p.search()
		// Other weights: many capacities are broken.
		for e := range g.Weight {
			g.Weight[e] = int64(1e6 * r.ExpFloat64())
			p.exact[e] = float64(g.Weight[e]) / p.unit
		}
		before := p.simplex.pivots
		if !p.restore() || !p.optimize() {
			t.Fatal("no optimum")
		}
		if p.simplex.pivots == before {
			t.Error("no pivots")
		}
		want := pack(t, g, nil)
		if got := p.simplex.value() * p.unit; math.Abs(got-float64(want.Bound)) > 1+1e-9*got {
			t.Errorf("seed %d: value %v, want %d", seed, got, want.Bound)
		}
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte{5, 0, 1, 3, 1, 2, 255, 2, 0, 7, 3, 4, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 1 {
			return
		}
		g := &Graph{Sites: 2 + int(data[0]%9)}
		for b := data[1:]; len(b) >= 3 && len(g.Weight) < 60; b = b[3:] {
			if i, j := int(b[0])%g.Sites, int(b[1])%g.Sites; i != j {
				g.bond(i, j, int64(int8(b[2])))
			}
		}
		if r, optimum := pack(t, g, nil), enumerate(g); r.Bound > optimum || !r.Converged {
			t.Errorf("bound %d, optimum %d, converged %v", r.Bound, optimum, r.Converged)
		}
	})
}

// BenchmarkPack packs the same ten tori until the optimum of the linear program.
func BenchmarkPack(b *testing.B) {
	for _, c := range []struct {
		dimension int
		sides     []int
	}{{2, []int{10, 14, 20}}, {3, []int{3, 4, 5}}} {
		for _, l := range c.sides {
			for _, j := range []struct {
				name string
				draw couplings
			}{{"plus-minus", plusMinus}, {"gaussian", gaussian(1 << 20)}} {
				b.Run(fmt.Sprintf("dimension=%d/couplings=%s/L=%d", c.dimension, j.name, l), func(b *testing.B) {
					var graphs []*Graph
					for k := range uint64(10) {
						graphs = append(graphs, lattice(slices.Repeat([]int{l}, c.dimension), true, j.draw, rand.New(rand.NewPCG(uint64(l), k))))
					}
					b.ReportAllocs()
					pivots, packs := 0, 0
					begin := cputime.Now()
					for b.Loop() {
						for _, g := range graphs {
							r, err := Pack(b.Context(), g, nil)
							if err != nil {
								b.Fatal(err)
							}
							pivots += r.Pivots
							packs++
						}
					}
					b.ReportMetric((cputime.Now()-begin).Seconds()*1e3/float64(packs), "cpu-ms/graph")
					b.ReportMetric(float64(pivots)/float64(packs), "pivots/graph")
				})
			}
		}
	}
}
