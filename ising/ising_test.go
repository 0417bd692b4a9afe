package ising

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func lattice(t testing.TB, shape, boundary string) *Lattice {
	t.Helper()
	sides, err := ParseShape(shape)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ParseLattice(sides, boundary)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var lattices = [][2]string{
	{"3x3", "periodic"}, {"4x5", "free"}, {"2x7", "free"}, {"5x3", "cylinder"}, {"3x2", "periodic,free"},
	{"3x4x5", "periodic"}, {"2x3x4", "free"}, {"2x4x3", "cylinder"}, {"3x2x4", "periodic,free,periodic"},
}

var ensembles = []Ensemble{
	{Couplings: Gaussian}, {Couplings: Uniform}, {Couplings: PlusMinus, Negative: 0.5}, {Couplings: PlusMinus, Negative: 0.3, Dilution: 0.4},
}

// each runs f on an instance of every lattice and ensemble.
func each(t *testing.T, f func(*testing.T, *Instance, *rand.Rand)) {
	for _, l := range lattices {
		for _, e := range ensembles {
			t.Run(fmt.Sprint(l[0], l[1], e), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(1, 1))
				f(t, e.Draw(lattice(t, l[0], l[1]), rng), rng)
			})
		}
	}
}

func randomSpins(n int, rng *rand.Rand) []int8 {
	s := make([]int8, n)
	for i := range s {
		s[i] = int8(2*rng.IntN(2) - 1)
	}
	return s
}

// Coordinates written out, as an independent account of neighbours.
func TestNeighbours(t *testing.T) {
	for _, name := range lattices {
		l := lattice(t, name[0], name[1])
		var bonds []int
		for i := range l.Sites() {
			x := make([]int, l.Axes())
			for a, rest := l.Axes()-1, i; a >= 0; a-- {
				x[a] = rest % l.Shape()[a]
				rest /= l.Shape()[a]
			}
			for a, side := range l.Shape() {
				y := slices.Clone(x)
				y[a]++
				want := 0
				if y[a] == side && !l.Periodic()[a] {
					want = -1
				} else {
					y[a] %= side
					for b, v := range y {
						want = want*l.Shape()[b] + v
					}
					bonds = append(bonds, l.Bond(a, i))
				}
				if got := l.Next(a, i); got != want {
					t.Fatalf("%v: Next(%d, %d) = %d, want %d", l, a, i, got, want)
				}
				k := a*l.Sites() + i // the layout of J, which datasets share
				if got := l.Bond(a, i); got != k {
					t.Fatalf("%v: Bond(%d, %d) = %d, want %d", l, a, i, got, k)
				}
				if want < 0 {
					continue
				}
				if from, to := l.Ends(k); from != i || to != want || l.BondBetween(i, want) != k || l.BondBetween(want, i) != k {
					t.Fatalf("%v: bond %d joins %d and %d, want %d and %d", l, k, from, to, i, want)
				}
				if !slices.Contains(l.BondsAt(i), int32(k)) || !slices.Contains(l.BondsAt(want), int32(k)) || l.Across(int32(k), want) != i {
					t.Fatalf("%v: bond %d is not at its ends %d and %d", l, k, i, want)
				}
			}
		}
		want := 0
		for a, side := range l.Shape() {
			if l.Periodic()[a] {
				want += l.Sites()
			} else {
				want += l.Sites() / side * (side - 1)
			}
		}
		if len(bonds) != want {
			t.Errorf("%v has %d bonds, want %d", l, len(bonds), want)
		}
		slices.Sort(bonds)
		if got := slices.Collect(l.Bonds()); !slices.Equal(got, bonds) {
			t.Errorf("%v: Bonds yields %v, want %v", l, got, bonds)
		}
		if got := l.Slots(); got != l.Axes()*l.Sites() {
			t.Errorf("%v has %d slots", l, got)
		}
		if got := l.BondBetween(0, 0); got != -1 {
			t.Errorf("%v: bond %d joins a site to itself", l, got)
		}
	}
}

// A 2×2 lattice by hand: bonds down 1 and -2, bonds right 3 and 0.5.
func TestEnergyByHand(t *testing.T) {
	in, err := NewInstance(lattice(t, "2x2", "free"), []float64{1, -2, 0, 0, 3, 0, 0.5, 0})
	if err != nil {
		t.Fatal(err)
	}
	s := []int8{1, -1, 1, 1}
	if got, want := in.Energy(s), -(1.0*1 + -2*-1 + 3*-1 + 0.5*1); got != want {
		t.Errorf("energy %v, want %v", got, want)
	}
	if diff := cmp.Diff([]float64{1 - 3, 3 - 2, 1 + 0.5, 2 + 0.5}, in.LocalFields(nil, s)); diff != "" {
		t.Errorf("local fields (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]bool{true, false, false, false}, in.Frustrated()); diff != "" {
		t.Errorf("frustrated (-want +got):\n%s", diff)
	}
}

const rounding = 1e-12 // of sums of at most a few hundred terms of size 1

func TestFlipCostIsEnergyDifference(t *testing.T) {
	each(t, func(t *testing.T, in *Instance, rng *rand.Rand) {
		s := randomSpins(in.Sites(), rng)
		before, h, sum := in.Energy(s), in.LocalFields(nil, s), 0.0
		for i := range s {
			cost := in.FlipCost(s, i)
			if want := 2 * float64(s[i]) * h[i]; math.Abs(cost-want) > rounding {
				t.Fatalf("site %d: flip cost %v, 2 s h = %v", i, cost, want)
			}
			s[i] = -s[i]
			if got := in.Energy(s) - before; math.Abs(got-cost) > rounding {
				t.Fatalf("site %d: flip cost %v, energy changes by %v", i, cost, got)
			}
			s[i] = -s[i]
			sum -= float64(s[i]) * h[i] / 2
		}
		if math.Abs(sum-before) > rounding {
			t.Errorf("energy %v, -Σ s h / 2 = %v", before, sum)
		}
	})
}

func TestGaugeInvariance(t *testing.T) {
	each(t, func(t *testing.T, in *Instance, rng *rand.Rand) {
		s, r := randomSpins(in.Sites(), rng), randomSpins(in.Sites(), rng)
		product, flipped := slices.Clone(s), slices.Clone(s)
		for i := range s {
			product[i] *= r[i]
			flipped[i] = -s[i]
		}
		g := in.Gauge(r)
		if got, want := g.Energy(s), in.Energy(product); math.Abs(got-want) > rounding {
			t.Errorf("energy after the gauge %v, want %v", got, want)
		}
		if got, want := in.Energy(flipped), in.Energy(s); got != want {
			t.Errorf("energy of the global flip %v, want %v", got, want)
		}
		if diff := cmp.Diff(in.Frustrated(), g.Frustrated()); diff != "" {
			t.Errorf("frustration changed:\n%s", diff)
		}
	})
}

// The product over all plaquettes of a torus counts every bond twice, so their
// frustrated ones are even in number.
func TestFrustratedPlaquettesOfTorusAreEven(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	l := lattice(t, "5x7", "periodic")
	seen := 0
	for range 50 {
		n := 0
		for _, f := range (Ensemble{Couplings: PlusMinus, Negative: 0.3}).Draw(l, rng).Frustrated() {
			if f {
				n++
			}
		}
		if n%2 == 1 {
			t.Fatalf("%d frustrated plaquettes", n)
		}
		seen += n
	}
	if seen == 0 {
		t.Error("no plaquette was frustrated")
	}
}

func TestEnsembleStatistics(t *testing.T) {
	l := lattice(t, "200x200", "periodic")
	n := float64(2 * l.Sites())
	within := func(name string, got, want, sd float64) { // 5 standard errors
		t.Helper()
		if math.Abs(got-want) > 5*sd/math.Sqrt(n) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	moments := func(in *Instance) (mean, square, zero float64) {
		for _, v := range in.J {
			mean += v / n
			square += v * v / n
			if v == 0 {
				zero += 1 / n
			}
		}
		return mean, square, zero
	}
	mean, square, zero := moments(Ensemble{Couplings: Gaussian}.Draw(l, Stream(1, "test", 0)))
	within("gaussian mean", mean, 0, 1)
	within("gaussian variance", square, 1, math.Sqrt2)
	within("gaussian zeros", zero, 0, 0)
	mean, square, _ = moments(Ensemble{Couplings: Uniform}.Draw(l, Stream(1, "test", 1)))
	within("uniform mean", mean, 0, 1/math.Sqrt(3))
	within("uniform variance", square, 1.0/3, math.Sqrt(4.0/45))
	mean, square, zero = moments(Ensemble{Couplings: PlusMinus, Negative: 0.2, Dilution: 0.25}.Draw(l, Stream(1, "test", 2)))
	within("pm mean", mean, 0.75*0.6, 1)
	within("pm zeros", zero, 0.25, 0.5)
	within("pm squares", square, 0.75, 0.5)
}

func TestStream(t *testing.T) {
	draw := func(seed uint64, purpose string, index uint64) uint64 { return Stream(seed, purpose, index).Uint64() }
	if first, again := draw(1, "a", 2), draw(1, "a", 2); first != again {
		t.Error("equal arguments, different streams")
	}
	seen := map[uint64]bool{}
	for _, v := range []uint64{draw(1, "a", 2), draw(2, "a", 1), draw(1, "b", 2), draw(1, "a", 3), draw(0, "a", 2), draw(1, "", 2)} {
		if seen[v] {
			t.Error("different arguments, equal streams")
		}
		seen[v] = true
	}
	if got, want := draw(1, "couplings", 0), uint64(5281227095618449823); got != want {
		t.Errorf("the first draw of Stream(1, couplings, 0) is %d, was %d: datasets of this seed would change", got, want)
	}
}

// A tree satisfies its bonds, spans every component, and no bond outside is
// heavier than a bond on the path that it closes.
func TestSpanningTreeIsMaximal(t *testing.T) {
	each(t, func(t *testing.T, in *Instance, rng *rand.Rand) {
		tree := in.SpanningTree(in.J, rng)
		s := tree.Spins(in.J)
		at := make([]int, in.Sites())
		for k, i := range tree.Order {
			at[i] = k
			if p := tree.Parent[i]; p >= 0 {
				if at[p] >= k {
					t.Fatalf("site %d comes before its parent", i)
				}
				b := tree.Bond[i]
				if in.J[b]*float64(s[i])*float64(s[p]) <= 0 {
					t.Fatalf("tree bond %d is not satisfied", b)
				}
				if in.BondBetween(int(i), int(p)) != int(b) {
					t.Fatalf("bond %d does not join %d and %d", b, i, p)
				}
			}
		}
		if len(tree.Order) != in.Sites() {
			t.Fatalf("tree of %d sites, want %d", len(tree.Order), in.Sites())
		}
		for k, v := range in.J {
			if v == 0 {
				continue
			}
			from, to := in.Ends(k)
			i, j := int32(from), int32(to)
			for i != j {
				if at[i] < at[j] {
					i, j = j, i
				}
				b := tree.Bond[i]
				if b < 0 {
					t.Fatalf("bond %d joins two trees", k)
				}
				if math.Abs(in.J[b]) < math.Abs(v) {
					t.Fatalf("bond %d of weight %v is left out for bond %d of weight %v", k, v, b, in.J[b])
				}
				i = tree.Parent[i]
			}
		}
	})
}

func TestSpanningTreeTies(t *testing.T) {
	in := Ensemble{Couplings: PlusMinus, Negative: 0.5}.Draw(lattice(t, "6x6", "periodic"), Stream(1, "test", 0))
	spins := func(rng *rand.Rand) []int8 { return in.SpanningTree(in.J, rng).Spins(in.J) }
	if !slices.Equal(spins(Stream(1, "ties", 0)), spins(Stream(1, "ties", 0))) {
		t.Error("equal streams, different trees")
	}
	if slices.Equal(spins(Stream(1, "ties", 0)), spins(Stream(1, "ties", 1))) {
		t.Error("ties do not depend on the generator")
	}
}

func TestSymmetriesCarryBonds(t *testing.T) {
	in := Ensemble{Couplings: Gaussian}.Draw(lattice(t, "4x4", "free"), Stream(1, "bonds", 0))
	size := func(in *Instance) (sizes []float64) {
		for _, J := range in.J {
			sizes = append(sizes, math.Abs(J))
		}
		return sizes
	}
	for k, y := range in.Symmetries() {
		if diff := cmp.Diff(size(y.Instance(in)), y.Bonds(size(in))); diff != "" {
			t.Errorf("symmetry %d (-want +got):\n%s", k, diff)
		}
		if y.Bonds(nil) != nil {
			t.Errorf("symmetry %d makes something of nil", k)
		}
	}
}

func TestSymmetriesKeepEnergy(t *testing.T) {
	each(t, func(t *testing.T, in *Instance, rng *rand.Rand) {
		s := randomSpins(in.Sites(), rng)
		images := map[string]bool{}
		for k, y := range in.Symmetries() {
			image, spins := y.Instance(in), y.Spins(s)
			if _, err := NewInstance(image.Lattice, image.J); err != nil {
				t.Fatalf("symmetry %d: %v", k, err)
			}
			if got, want := image.Energy(spins), in.Energy(s); math.Abs(got-want) > rounding {
				t.Fatalf("symmetry %d: energy %v, want %v", k, got, want)
			}
			if k == 0 && (!slices.Equal(image.J, in.J) || !slices.Equal(spins, s)) {
				t.Error("the first symmetry is not the identity")
			}
			images[fmt.Sprint(y.site)] = true
		}
		if len(images) != len(in.Symmetries()) {
			t.Errorf("%d different symmetries of %d", len(images), len(in.Symmetries()))
		}
	})
	for _, test := range []struct {
		shape, boundary string
		want            int
	}{{"4x4", "periodic", 8}, {"4x4", "free", 8}, {"4x4", "cylinder", 4}, {"4x5", "periodic", 4}, {"4x4x4", "free", 1}} {
		if got := len(lattice(t, test.shape, test.boundary).Symmetries()); got != test.want {
			t.Errorf("%s %s: %d symmetries, want %d", test.shape, test.boundary, got, test.want)
		}
	}
}

func TestOverlap(t *testing.T) {
	a := []int8{1, 1, -1, -1}
	for _, test := range []struct {
		b    []int8
		want float64
	}{{a, 1}, {[]int8{-1, -1, 1, 1}, -1}, {[]int8{1, -1, 1, -1}, 0}, {[]int8{1, 1, -1, 1}, 0.5}} {
		if got := Overlap(a, test.b); got != test.want {
			t.Errorf("overlap with %v is %v, want %v", test.b, got, test.want)
		}
	}
}

func TestProvenAndGap(t *testing.T) {
	in := Ensemble{Couplings: Gaussian}.Draw(lattice(t, "4x4", "periodic"), Stream(1, "test", 0))
	s := &Solved{Instance: in, Energy: -20}
	for _, test := range []struct {
		bound float64
		want  bool
	}{{math.NaN(), false}, {-20.1, false}, {-20, true}, {-20 - in.Rounding(), true}, {-20 - 2*in.Rounding(), false}} {
		if s.Bound = test.bound; s.Proven() != test.want {
			t.Errorf("energy -20, bound %v: proven %v, want %v", test.bound, s.Proven(), test.want)
		}
	}
	for e, want := range map[float64]float64{-20: 0, -20 + in.Rounding()/2: 0, -20 + 1e-9: 5e-11, -19: 0.05, -21: -0.05} {
		if got := s.Gap(e); math.Abs(got-want) > rounding {
			t.Errorf("gap of %v is %v, want %v", e, got, want)
		}
		if got := s.Solves(e); got != (want <= 0) {
			t.Errorf("gap %v: solved %v", want, got)
		}
	}
	// An energy of 0 has no relative gap, and is reached all the same.
	s.Energy = 0
	for e, want := range map[float64]bool{0: true, -1: true, 1: false} {
		if got := s.Gap(e); !math.IsNaN(got) || s.Solves(e) != want {
			t.Errorf("energy %v against 0: gap %v, solved %v", e, got, s.Solves(e))
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, shape := range []string{"", "16x", "x16", "16*16", "-3x3", "0x4", "3.5x4", "16X16", "99999999999999999999x3"} {
		if _, err := ParseShape(shape); !errors.Is(err, ErrLattice) {
			t.Errorf("shape %q: %v", shape, err)
		}
	}
	for _, boundary := range []string{"", "torus", "free,periodic,free", "free,", "Periodic"} {
		if _, err := ParseLattice([]int{4, 4}, boundary); !errors.Is(err, ErrLattice) {
			t.Errorf("boundary %q: %v", boundary, err)
		}
	}
	for _, test := range []struct {
		shape    []int
		periodic []bool
	}{
		{[]int{5}, []bool{true}}, {[]int{3, 3, 3, 3}, make([]bool, 4)}, {[]int{3, 2}, []bool{false, true}},
		{[]int{1, 5}, []bool{false, false}}, {[]int{3, 3}, []bool{true}}, {[]int{5000, 5000}, []bool{true, true}},
		{[]int{1 << 40, 1 << 40}, []bool{true, true}},
	} {
		if _, err := NewLattice(test.shape, test.periodic); !errors.Is(err, ErrLattice) {
			t.Errorf("lattice %v %v: %v", test.shape, test.periodic, err)
		}
	}
	l := lattice(t, "2x2", "free")
	for name, J := range map[string][]float64{
		"short": make([]float64, 7), "NaN": {math.NaN(), 0, 0, 0, 0, 0, 0, 0}, "infinite": {0, math.Inf(1), 0, 0, 0, 0, 0, 0},
		"huge": {0, 1e155, 0, 0, 0, 0, 0, 0}, "tiny": {0, -1e-170, 0, 0, 0, 0, 0, 0}, "across the boundary": {0, 0, 1, 0, 0, 0, 0, 0},
	} {
		if _, err := NewInstance(l, J); err == nil {
			t.Errorf("%s couplings were accepted", name)
		}
	}
	for _, e := range []Ensemble{
		{}, {Couplings: "normal"}, {Couplings: Gaussian, Negative: 0.5}, {Couplings: PlusMinus, Negative: 1.5},
		{Couplings: PlusMinus, Negative: math.NaN()}, {Couplings: Uniform, Dilution: -0.1},
	} {
		if err := e.Validate(); !errors.Is(err, ErrEnsemble) {
			t.Errorf("%+v: %v", e, err)
		}
	}
}

func TestBoundaryRoundTrip(t *testing.T) {
	for _, text := range []string{"free", "periodic", "cylinder", "periodic,free", "periodic,free,periodic", "free,free,periodic"} {
		for _, axes := range []int{2, 3} {
			periodic, err := ParseBoundary(text, axes)
			if err != nil {
				continue // names another number of axes
			}
			again, err := ParseBoundary(FormatBoundary(periodic), axes)
			if err != nil || !slices.Equal(again, periodic) {
				t.Errorf("%s: %v reads back as %v, %v", text, periodic, again, err)
			}
		}
	}
}

func Example() {
	l, err := NewLattice([]int{4, 4}, []bool{true, true})
	if err != nil {
		panic(err)
	}
	in := Ensemble{Couplings: PlusMinus, Negative: 0.5}.Draw(l, Stream(1, "couplings", 0))
	tree := in.SpanningTree(in.J, Stream(1, "ties", 0))
	fmt.Println(l, in.Energy(tree.Spins(in.J)))
	// Output: 4x4 periodic -4
}

func BenchmarkSpanningTree(b *testing.B) {
	for _, side := range []string{"16", "64"} {
		b.Run("L="+side, func(b *testing.B) {
			in := Ensemble{Couplings: Gaussian}.Draw(lattice(b, side+"x"+side, "periodic"), Stream(1, "couplings", 0))
			b.ReportAllocs()
			for b.Loop() {
				in.SpanningTree(in.J, nil)
			}
		})
	}
}

// The bonds of a lattice, listed as a graph, give the same physics.
func TestGraphOfLattice(t *testing.T) {
	each(t, func(t *testing.T, in *Instance, rng *rand.Rand) {
		var ends [][2]int
		var J []float64
		for k := range in.Bonds() {
			i, j := in.Ends(k)
			ends, J = append(ends, [2]int{j, i}), append(J, in.J[k])
		}
		l, err := NewGraph(in.Sites(), ends)
		if err != nil {
			t.Fatal(err)
		}
		if l.Slots() != len(ends) || len(slices.Collect(l.Bonds())) != len(ends) {
			t.Errorf("%d slots for %d bonds", l.Slots(), len(ends))
		}
		g, err := NewInstance(l, J)
		if err != nil {
			t.Fatal(err)
		}
		s, r := randomSpins(in.Sites(), rng), randomSpins(in.Sites(), rng)
		if got, want := g.Energy(s), in.Energy(s); math.Abs(got-want) > rounding {
			t.Errorf("energy %v, want %v", got, want)
		}
		if got, want := g.Gauge(r).Energy(s), in.Gauge(r).Energy(s); math.Abs(got-want) > rounding {
			t.Errorf("energy in a gauge %v, want %v", got, want)
		}
		for i := range s {
			if got, want := g.FlipCost(s, i), in.FlipCost(s, i); math.Abs(got-want) > rounding {
				t.Errorf("site %d: flip cost %v, want %v", i, got, want)
			}
		}
		// Ties are broken by the order of the bonds, which is the same.
		if got, want := g.Energy(g.SpanningTree(g.J, nil).Spins(g.J)), in.Energy(in.SpanningTree(in.J, nil).Spins(in.J)); math.Abs(got-want) > rounding {
			t.Errorf("energy of the spanning tree %v, want %v", got, want)
		}
		if !l.Equal(l.Symmetries()[0].Instance(g).Lattice) || len(g.Frustrated()) != 0 {
			t.Error("a graph has symmetries or plaquettes")
		}
	})
}

func TestInvalidGraphs(t *testing.T) {
	for name, g := range map[string]struct {
		sites int
		ends  [][2]int
	}{
		"no sites": {0, nil}, "too many sites": {MaxSites + 1, nil}, "loop": {3, [][2]int{{1, 1}}}, "beyond": {3, [][2]int{{0, 3}}},
		"negative": {3, [][2]int{{-1, 2}}}, "twice": {3, [][2]int{{0, 1}, {1, 2}, {1, 0}}},
	} {
		if _, err := NewGraph(g.sites, g.ends); !errors.Is(err, ErrLattice) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSummary(t *testing.T) {
	// Bonds down 1 and -2, bonds right 3 and 0.5, as in TestEnergyByHand.
	in, err := NewInstance(lattice(t, "2x2", "free"), []float64{1, -2, 0, 0, 3, 0, 0.5, 0})
	if err != nil {
		t.Fatal(err)
	}
	want := Summary{Bonds: 4, Negative: 1, Least: -2, Most: 3, Mean: 2.5 / 4, RMS: math.Sqrt(14.25 / 4), Sum: 6.5, Values: RealValues, Plaquettes: 1, Frustrated: 1}
	if diff := cmp.Diff(want, in.Summary()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for values, J := range map[string][]float64{
		NoValues: make([]float64, 8), OneSize: {2, -2, 0, 0, 2, 0, 0, 0}, IntegerValues: {2, -2, 0, 0, 1, 0, 0, 0},
	} {
		in, err := NewInstance(in.Lattice, J)
		if err != nil {
			t.Fatal(err)
		}
		if s := in.Summary(); s.Values != values || s.Plaquettes != 0 || s.Bonds+s.Missing != 4 || s.Least > s.Most {
			t.Errorf("%s: %+v", values, s)
		}
	}
	each(t, func(t *testing.T, in *Instance, rng *rand.Rand) {
		if s := in.Summary(); in.Energy(randomSpins(in.Sites(), rng)) < -s.Sum || s.Frustrated > s.Plaquettes {
			t.Errorf("%+v", s)
		}
	})
}
