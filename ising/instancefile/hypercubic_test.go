package instancefile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spinlearn/ising"
)

// graphOf lists the bonds of a lattice that are not 0 in random order, either end first,
// with site i under the number label[i].
func graphOf(t testing.TB, in *ising.Instance, label []int, rng *rand.Rand) *ising.Instance {
	t.Helper()
	var ends [][2]int
	var J []float64
	for _, k := range rng.Perm(len(in.J)) {
		if i, j := in.Ends(k); in.J[k] != 0 {
			if rng.IntN(2) == 0 {
				i, j = j, i
			}
			ends = append(ends, [2]int{label[i], label[j]})
			J = append(J, in.J[k])
		}
	}
	l, err := ising.NewGraph(in.Sites(), ends)
	if err != nil {
		t.Fatal(err)
	}
	g, err := ising.NewInstance(l, J)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func identity(n int) []int {
	same := make([]int, n)
	for i := range same {
		same[i] = i
	}
	return same
}

// sameEnergies checks a lattice found for a graph bond by bond and on random spins.
func sameEnergies(t *testing.T, g, l *ising.Instance, site []int32, rng *rand.Rand) {
	t.Helper()
	if _, err := ising.NewInstance(l.Lattice, l.J); err != nil {
		t.Fatal(err)
	}
	sorted := slices.Clone(site)
	slices.Sort(sorted)
	for i, v := range sorted {
		if int(v) != i {
			t.Fatalf("sites %v are no permutation", site)
		}
	}
	left := 0
	for _, v := range l.J {
		if v != 0 {
			left++
		}
	}
	for k, v := range g.J {
		i, j := g.Ends(k)
		b := l.BondBetween(int(site[i]), int(site[j]))
		if b < 0 || math.Float64bits(l.J[b]) != math.Float64bits(v) {
			t.Fatalf("bond of %d and %d is not on the lattice %v", i, j, l.Lattice)
		}
		if v != 0 {
			left--
		}
	}
	if left != 0 {
		t.Fatalf("%d bonds of the lattice %v are not in the graph", left, l.Lattice)
	}
	s := randomSpins(g.Sites(), rng)
	moved := make([]int8, len(s))
	for i, v := range s {
		moved[site[i]] = v
	}
	if got, want := l.Energy(moved), g.Energy(s); math.Abs(got-want) > rounding*float64(len(s)) {
		t.Fatalf("energy %v, want %v", got, want)
	}
}

var lattices = [][2]string{
	{"3x3", "periodic"}, {"4x5", "free"}, {"2x7", "free"}, {"5x3", "cylinder"}, {"3x2", "periodic,free"},
	{"3x4x5", "periodic"}, {"2x3x4", "free"}, {"2x4x3", "cylinder"}, {"3x2x4", "periodic,free,periodic"},
	{"4x4", "periodic"}, {"4x5", "periodic"}, {"5x4", "cylinder"}, {"4x5", "cylinder"}, {"3x4", "periodic"}, {"4x3", "periodic"},
	{"100x8", "periodic"}, {"25x32", "periodic"}, {"25x12", "periodic,free"}, {"2x2", "free"}, {"2x2x2", "free"}, {"2x3", "free"},
	{"7x7", "free"}, {"4x4x4", "periodic"}, {"3x3x3", "periodic"}, {"4x3x5", "periodic"}, {"2x2x5", "free,free,periodic"},
	{"4x4x4", "cylinder"}, {"4x2x4", "periodic,free,periodic"}, {"6x5x4", "free,free,periodic"}, {"5x5x5", "free"}, {"2x4x4", "free"},
}

func TestHypercubicKeepsNumbers(t *testing.T) {
	for _, name := range lattices {
		for _, e := range []ising.Ensemble{{Couplings: ising.Gaussian}, {Couplings: ising.PlusMinus, Negative: 0.5, Dilution: 0.2}} {
			t.Run(fmt.Sprint(name[0], name[1], e), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(1, 1))
				want := e.Draw(lattice(t, name[0], name[1]), rng)
				g := graphOf(t, want, identity(want.Sites()), rng)
				got, site, ok := hypercubic(g)
				if !ok {
					t.Fatal("not recognised")
				}
				sameEnergies(t, g, got, site, rng)
				if e.Dilution > 0 && want.Sites() < 100 {
					return // so small, it may well be another lattice
				}
				if !got.Equal(want.Lattice) {
					t.Errorf("lattice %v, want %v", got.Lattice, want.Lattice)
				}
				if !slices.Equal(got.J, want.J) {
					t.Error("couplings differ")
				}
			})
		}
	}
}

func TestHypercubicOfShuffledSites(t *testing.T) {
	for _, name := range lattices {
		for seed := range uint64(20) {
			t.Run(fmt.Sprint(name[0], name[1], seed), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 1))
				in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(lattice(t, name[0], name[1]), rng)
				g := graphOf(t, in, rng.Perm(in.Sites()), rng)
				got, site, ok := hypercubic(g)
				if !ok {
					t.Fatal("not recognised")
				}
				sameEnergies(t, g, got, site, rng)
				if countBonds(got.Lattice) != countBonds(in.Lattice) {
					t.Errorf("lattice %v has another number of bonds than %v", got.Lattice, in.Lattice)
				}
				again, siteAgain, _ := hypercubic(g)
				if !slices.Equal(site, siteAgain) || !again.Equal(got.Lattice) {
					t.Error("another answer the second time")
				}
			})
		}
	}
}

// Rows walked to and fro, and columns before rows.
func TestHypercubicOfOtherOrders(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(lattice(t, "6x9", "cylinder"), rng)
	toAndFro, columns := make([]int, 54), make([]int, 54)
	for i := range 54 {
		r, c := i/9, i%9
		columns[i] = c*6 + r
		toAndFro[i] = i
		if r%2 == 1 {
			toAndFro[i] = r*9 + 8 - c
		}
	}
	for want, label := range map[string][]int{"6x9 cylinder": toAndFro, "9x6 periodic,free": columns} {
		g := graphOf(t, in, label, rng)
		got, site, ok := hypercubic(g)
		if !ok || got.Lattice.String() != want {
			t.Fatalf("%v, want %s", got, want)
		}
		sameEnergies(t, g, got, site, rng)
	}
}

func TestHypercubicRefusesOtherGraphs(t *testing.T) {
	torus := func(edit func([][2]int) [][2]int) [][2]int {
		l := lattice(t, "5x5", "periodic")
		var ends [][2]int
		label := rand.New(rand.NewPCG(3, 3)).Perm(25)
		for k := range l.Bonds() {
			i, j := l.Ends(k)
			ends = append(ends, [2]int{label[i], label[j]})
		}
		return edit(ends)
	}
	var complete, chain, twisted [][2]int
	for i := range 7 {
		for j := range i {
			complete = append(complete, [2]int{i, j})
		}
		chain = append(chain, [2]int{i, (i + 1) % 7})
	}
	for i := range 24 { // a 4×6 lattice closed with a shift
		twisted = append(twisted, [2]int{i, (i + 1) % 24}, [2]int{i, (i + 6) % 24})
	}
	for name, g := range map[string]struct {
		sites int
		ends  [][2]int
	}{
		"complete": {7, complete}, "chain": {7, chain}, "helical torus": {24, twisted}, "no bond": {9, nil}, "one site": {1, nil},
		"shuffled torus, a bond missing": {25, torus(func(e [][2]int) [][2]int { return e[1:] })},
		"shuffled torus, two bonds crossed": {25, torus(func(e [][2]int) [][2]int {
			e[0], e[12] = [2]int{e[0][0], e[12][0]}, [2]int{e[0][1], e[12][1]}
			return e
		})},
	} {
		l, err := ising.NewGraph(g.sites, g.ends)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(l, rand.New(rand.NewPCG(1, 1)))
		if got, _, ok := hypercubic(in); ok {
			t.Errorf("%s was taken for %v", name, got.Lattice)
		}
	}
}

func BenchmarkHypercubic(b *testing.B) {
	for _, order := range []string{"rows", "shuffled"} {
		b.Run("L=300/"+order, func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			in := ising.Ensemble{Couplings: ising.Gaussian}.Draw(lattice(b, "300x300", "periodic"), rng)
			label := identity(in.Sites())
			if order == "shuffled" {
				label = rng.Perm(in.Sites())
			}
			g := graphOf(b, in, label, rng)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, ok := hypercubic(g); !ok {
					b.Fatal("not recognised")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(in.Sites()), "ns/site")
		})
	}
}
