package exact

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
)

// withCouplings returns an instance with couplings taken from a list in turn.
func withCouplings(t testing.TB, shape []int, periodic bool, J ...float64) *ising.Instance {
	t.Helper()
	l, err := ising.NewLattice(shape, slices.Repeat([]bool{periodic}, len(shape)))
	if err != nil {
		t.Fatal(err)
	}
	all := make([]float64, l.Slots())
	for k := range l.Bonds() {
		all[k] = J[k%len(J)]
	}
	in, err := ising.NewInstance(l, all)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestScale(t *testing.T) {
	many := make([]float64, 977)
	rng := rand.New(rand.NewPCG(1, 0))
	for k := range many {
		many[k] = rng.NormFloat64()
	}
	for _, c := range []struct {
		name  string
		J     []float64
		scale float64 // 0: a power of two
		exact bool
		step  int64 // 0: not looked at
	}{
		{"none", []float64{0}, 1, true, 1},
		{"pm", []float64{1, -1, -1}, 1, true, 2},
		{"integers", []float64{3, -6, 9}, 1, true, 0},
		{"one decimal", []float64{0.1, -0.7}, 10, true, 0},
		{"two decimals", []float64{1.25, -0.1, 3}, 100, true, 0},
		{"nine decimals", []float64{0.123456789, -5}, 1e9, true, 0},
		{"a third", []float64{1. / 3, -1}, 0, false, 0},
		{"halves", []float64{0.5, -1.5}, 10, true, 10},
		{"gaussian", many, 0, false, 0},
		{"large integers", []float64{1e13, -3e13}, 1, true, 0},
		{"large multiples of a power of two", []float64{1e20, -3e20, 2e20}, 0, false, 0},
		{"small", []float64{1e-20, -3e-20}, 0, false, 0},
		{"powers of two", []float64{math.Ldexp(1, -80), math.Ldexp(-3, -80)}, 0, true, 0},
		{"largest", []float64{1e30, -1e30}, 0, false, 0},
		{"smallest", []float64{1e-30, -1e-30}, 0, false, 0},
		{"both", []float64{1e-30, -1e30, 1}, 0, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := withCouplings(t, []int{32, 32}, true, c.J...)
			q := newIntegers(in)
			if c.scale > 0 && q.Scale != c.scale {
				t.Errorf("scale %v, want %v", q.Scale, c.scale)
			}
			if f, _ := math.Frexp(q.Scale); c.scale == 0 && f != 0.5 {
				t.Errorf("scale %v, want a power of two", q.Scale)
			}
			if c.step > 0 && q.step != c.step {
				t.Errorf("step %d, want %d", q.step, c.step)
			}
			if c.exact != (q.Rounding == 0) {
				t.Errorf("rounding %v", q.Rounding)
			}
			checkIntegers(t, in, q)
		})
	}
}

// checkIntegers asserts in exact arithmetic what newIntegers promises.
func checkIntegers(t *testing.T, in *ising.Instance, q *integers) {
	t.Helper()
	total, rounding, sum := new(big.Int), new(big.Rat), new(big.Rat)
	scale := new(big.Rat).SetFloat64(q.Scale)
	for k, J := range in.J {
		K := big.NewInt(q.K[k])
		total.Add(total, new(big.Int).Abs(K))
		d := new(big.Rat).Quo(new(big.Rat).SetInt(K), scale)
		v := new(big.Rat).SetFloat64(J)
		sum.Add(sum, new(big.Rat).Abs(v))
		rounding.Add(rounding, d.Abs(d.Sub(d, v)))
	}
	if !total.IsInt64() || total.Int64() != q.Total || q.Total > ising.MaxTotal+int64(in.Slots()) {
		t.Errorf("Σ|K| is %v, kept as %d, want at most %d", total, q.Total, int64(ising.MaxTotal))
	}
	// What decimals lose to binary is below the tolerance of every comparison by far.
	lost := new(big.Rat).Mul(sum, new(big.Rat).SetFloat64(0x1p-52))
	if rounding.Cmp(new(big.Rat).Add(lost, new(big.Rat).SetFloat64(q.Rounding*(1+1e-9)))) > 0 {
		r, _ := rounding.Float64()
		t.Errorf("rounding is %v, stated as %v", r, q.Rounding)
	}
	if s, _ := sum.Float64(); q.Rounding > 1e-10*s {
		t.Errorf("rounding %v of couplings that sum up to %v", q.Rounding, s)
	}
}

// Any two configurations differ by a multiple of the step, and the step is no smaller
// than it has to be.
func TestStep(t *testing.T) {
	for k := range uint64(Count(200, 2000)) {
		rng := ising.Stream(k, "step", 0)
		values := [][]float64{{1, -1}, {2, -2}, {1, -1, 0}, {3, -6}, {2, -2, 4}, {5, -3, 1}, {4, 6}}[rng.IntN(7)]
		J := make([]float64, 9)
		for i := range J {
			J[i] = values[rng.IntN(len(values))]
		}
		in := withCouplings(t, []int{3, 3}, rng.IntN(2) == 0, J...)
		q := newIntegers(in)
		s := slices.Repeat([]int8{1}, in.Sites())
		first, common := q.unsatisfied(in.Lattice, s), int64(0)
		for code := range 1 << 9 {
			for i := range s {
				s[i] = int8(1 - 2*(code>>i&1))
			}
			common = gcd(common, abs(q.unsatisfied(in.Lattice, s)-first))
		}
		if common%q.step != 0 {
			t.Fatalf("#%d: step %d, configurations differ by multiples of %d", k, q.step, common)
		}
	}
}

// Couplings of all sizes at once: no overflow, and a bound that is honest about them.
func TestMixedSizes(t *testing.T) {
	for k := range uint64(Count(20, 1000)) {
		rng := ising.Stream(k, "sizes", 0)
		J := make([]float64, 101)
		for i := range J {
			size := []float64{1e-30, 1e30, 1, 1e15, 1e29, 3e-7}[rng.IntN(6)]
			J[i] = float64(1-2*rng.IntN(2)) * min(size*(1+rng.Float64()), ising.MaxCoupling)
		}
		in := withCouplings(t, []int{4, 5}, k%2 == 0, J...)
		want, err := (&Settings{Search: Exhaustive}).Solve(t.Context(), in, solver.Budget{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, search := range []Search{Matching, Packing} {
			r, err := (&Settings{Search: search}).Solve(t.Context(), in, solver.Budget{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Status == solver.Proven && in.Integers().Lost >= 0 {
				t.Errorf("#%d %s: %v, energy %v, bound %v", k, search, r.Status, r.Energy, r.Bound)
			}
			if r.Bound > want.Energy+in.Rounding() || r.Energy < want.Energy-in.Rounding() {
				t.Errorf("#%d %s: energy %v, bound %v, want %v", k, search, r.Energy, r.Bound, want.Energy)
			}
			r.Proof.Seal()
			if _, err := r.Proof.Check(in); err != nil {
				t.Errorf("#%d %s: %v", k, search, err)
			}
		}
	}
}
