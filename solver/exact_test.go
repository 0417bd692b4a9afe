package solver_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/certificate"
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
	J := make([]float64, l.Bonds())
	for k := range J {
		if _, j := l.Ends(k); j >= 0 {
			J[k] = f.draw(rng)
		}
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
		if m, w := solver.Enumerable(l); m != "" && w <= work {
			return l
		}
	}
}

// checkProof asserts that a result is proven, and that the checker, which shares no code
// with the solver, says so of what is read back from its certificate.
func checkProof(t testing.TB, in *ising.Instance, r *solver.Result) *certificate.Certificate {
	t.Helper()
	solvertest.CheckResult(t, in, r)
	if r.Status != solver.Proven || r.Certificate == nil {
		t.Fatalf("%v: status %v, energy %v, bound %v, certificate %t", in.Lattice, r.Status, r.Energy, r.Bound, r.Certificate != nil)
	}
	var file bytes.Buffer
	if err := r.Certificate.Write(&file); err != nil {
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
	if v.Bound > r.Energy+in.Tolerance() || math.Abs(v.Bound-r.Bound) > in.Tolerance() {
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
			if solver.Long() {
				work = 1.2e7
			}
			n := solver.Count(120, 3000)
			if f.name == "ferromagnet" || f.name == "antiferromagnet" || f.name == "none" { // the shape says all
				n = (n + 3) / 4
			}
			for k := range uint64(n) {
				rng := ising.Stream(k, "oracle "+f.name, 0)
				l := smallLattice(t, rng, work)
				in := f.instance(t, l, rng)
				method, _ := solver.Enumerable(l)
				want := exact(t, in, method).Energy
				near := []int{0, 2, 3, 4}[rng.IntN(4)]
				set := (&solver.ExactSettings{Method: solver.Matching}).Near(near)
				if rng.IntN(2) == 0 {
					set.Start = make([]int8, in.Sites())
					for i := range set.Start {
						set.Start[i] = int8(sign(rng))
					}
				}
				r, err := solver.Exact(background, in, set)
				if err != nil {
					t.Fatalf("#%d %v near %d: %v", k, l, near, err)
				}
				if math.Abs(r.Energy-want) > in.Tolerance() {
					t.Fatalf("#%d %v near %d: energy %v, want %v", k, l, near, r.Energy, want)
				}
				checkProof(t, in, r)
			}
		})
	}
}
