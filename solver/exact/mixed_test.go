package exact_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/certificate"
	"spinlearn/solver/descent"
	"spinlearn/solver/exact"
	"spinlearn/solver/temper"
)

// mixed is a small instance whose couplings differ by many orders of magnitude, with the
// values that they stand for.
type mixed struct {
	*ising.Instance
	values []*big.Rat
}

// drawMixed draws a lattice or a graph with fields, and couplings of one kind: integers or
// decimals, which stand for what is written, or real numbers.
func drawMixed(t *testing.T, kind string, rng *rand.Rand) *mixed {
	t.Helper()
	var l *ising.Lattice
	var err error
	switch rng.IntN(3) {
	case 0:
		l, err = ising.NewLattice([]int{3, 3 + rng.IntN(2)}, []bool{rng.IntN(2) == 0, rng.IntN(2) == 0})
	case 1:
		l, err = ising.NewLattice([]int{2, 3, 2}, []bool{false, rng.IntN(2) == 0, false})
	default: // a ghost spin that is a neighbour of all
		n := 5 + rng.IntN(5)
		var ends [][2]int
		for i := 1; i < n; i++ {
			ends = append(ends, [2]int{0, i})
			for j := 1; j < i; j++ {
				if rng.IntN(3) == 0 {
					ends = append(ends, [2]int{j, i})
				}
			}
		}
		l, err = ising.NewGraph(n, ends)
	}
	if err != nil {
		t.Fatal(err)
	}
	low, high := -12+rng.IntN(25), -12+rng.IntN(25) // exponents of ten
	low, high = min(low, high), max(low, high)
	J := make([]float64, l.Slots())
	m := &mixed{values: make([]*big.Rat, len(J))}
	for k := range J {
		m.values[k] = new(big.Rat)
	}
	for k := range l.Bonds() {
		if rng.IntN(10) == 0 {
			continue
		}
		size := low
		if rng.IntN(2) == 0 {
			size = low + rng.IntN(high-low+1)
		} else if rng.IntN(2) == 0 {
			size = high
		}
		text := strconv.FormatFloat(rng.NormFloat64()*math.Pow(10, float64(size)), 'g', -1, 64)
		switch kind {
		case "integers":
			text = fmt.Sprintf("%de%d", rng.IntN(19)-9, max(size, 0))
		case "decimals":
			text = fmt.Sprintf("%de%d", rng.IntN(199)-99, size)
		}
		if J[k], err = strconv.ParseFloat(text, 64); err != nil {
			t.Fatal(err)
		}
		if kind == "reals" {
			m.values[k].SetFloat64(J[k])
		} else if _, ok := m.values[k].SetString(text); !ok {
			t.Fatal(text)
		}
	}
	if m.Instance, err = ising.NewInstance(l, J); err != nil {
		t.Fatal(err)
	}
	return m
}

// whole returns the values as integers times 1/unit.
func (m *mixed) whole() (values []*big.Int, unit *big.Int) {
	unit = big.NewInt(1)
	for _, v := range m.values {
		d := v.Denom()
		unit.Div(new(big.Int).Mul(unit, d), new(big.Int).GCD(nil, nil, unit, d))
	}
	for _, v := range m.values {
		values = append(values, new(big.Int).Div(new(big.Int).Mul(v.Num(), unit), v.Denom()))
	}
	return values, unit
}

func (m *mixed) energy(s []int8) *big.Rat {
	e := new(big.Rat)
	for k := range m.Bonds() {
		i, j := m.Ends(k)
		e.Sub(e, new(big.Rat).Mul(m.values[k], big.NewRat(int64(s[i]*s[j]), 1)))
	}
	return e
}

// ground returns the least energy in exact arithmetic.
func (m *mixed) ground() *big.Rat {
	values, unit := m.whole()
	s := slices.Repeat([]int8{1}, m.Sites())
	e, least := new(big.Int), new(big.Int)
	for k := range m.Bonds() {
		e.Sub(e, values[k])
	}
	least.Set(e)
	change := new(big.Int)
	for code := 1; code < 1<<(len(s)-1); code++ {
		i := 0
		for code>>i&1 == 0 {
			i++
		}
		change.SetInt64(0)
		for _, k := range m.BondsAt(i) {
			if s[i] == s[m.Across(k, i)] {
				change.Add(change, values[k])
			} else {
				change.Sub(change, values[k])
			}
		}
		e.Add(e, change.Lsh(change, 1))
		if s[i] = -s[i]; e.Cmp(least) < 0 {
			least.Set(e)
		}
	}
	return new(big.Rat).SetFrac(least, unit)
}

// No result of couplings of any sizes is called proven that is not, no bound is above the
// least energy, and the checker agrees. Enumeration in exact arithmetic decides.
func TestMixedMagnitudes(t *testing.T) {
	tempering := temper.Default()
	tempering.Families, tempering.Sweeps = 1, 200
	for _, kind := range []string{"integers", "decimals", "reals"} {
		t.Run(kind, func(t *testing.T) {
			proven, lost, missed := 0, 0, 0
			count := exact.Count(400, 20000)
			for seed := range uint64(count) {
				rng := ising.Stream(seed, "mixed "+kind, 0)
				m := drawMixed(t, kind, rng)
				ground := m.ground()
				searches := []exact.Search{exact.Packing, exact.Exhaustive, exact.Auto}
				if m.Axes() == 2 {
					searches = append(searches, exact.Matching, exact.Transfer)
				}
				for _, search := range searches {
					r, err := (&exact.Settings{Search: search}).Solve(t.Context(), m.Instance, solver.Budget{}, nil)
					if err != nil {
						t.Fatalf("#%d %s: %v", seed, search, err)
					}
					m.check(t, fmt.Sprintf("#%d %s", seed, search), r, ground)
					if r.Status == solver.Proven {
						proven++
					}
				}
				if m.Integers().Lost >= 0 {
					lost++
				}
				for _, heuristic := range []solver.Solver{anneal.Default(), tempering, descent.DefaultRefine()} {
					r, err := heuristic.Solve(t.Context(), m.Instance, solver.Budget{}, rng)
					if err != nil {
						t.Fatal(err)
					}
					if m.energy(r.Spins).Cmp(ground) > 0 {
						missed++
					}
				}
			}
			if missed > count/100 {
				t.Errorf("%d of %d heuristic results are above the ground state", missed, 3*count)
			}
			t.Logf("%d instances: %d proofs; %d with lost couplings; %d of %d heuristic results above the ground state", count, proven, lost, missed, 3*count)
		})
	}
}

func (m *mixed) check(t *testing.T, name string, r *solver.Result, ground *big.Rat) {
	t.Helper()
	rat := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	above := new(big.Rat).Sub(m.energy(r.Spins), ground)
	if r.Status == solver.Proven && above.Cmp(rat(m.Rounding())) > 0 {
		t.Errorf("%s: called proven, but %v above the ground state %v with rounding %v; J = %v", name, above.FloatString(20), ground.FloatString(20), m.Rounding(), m.J)
	}
	least, _ := ground.Float64() // the number next to it
	if m.Rounding() > 0 && rat(r.Bound).Cmp(ground) > 0 || r.Bound > least || r.Bound > r.Energy {
		t.Errorf("%s: energy %v, bound %v, ground state %v; J = %v", name, r.Energy, r.Bound, ground.FloatString(20), m.J)
	}
	if got, want := (&ising.Solved{Instance: m.Instance, Spins: r.Spins, Energy: r.Energy, Bound: r.Bound}).Proven(), r.Status == solver.Proven; got != want {
		t.Errorf("%s: %v, energy %v, bound %v, and yet Solved.Proven is %v", name, r.Status, r.Energy, r.Bound, got)
	}
	c := r.Proof
	if c == nil {
		return
	}
	c.Seal()
	v, err := c.Check(m.Instance)
	if err != nil {
		t.Errorf("%s: %v; J = %v", name, err, m.J)
		return
	}
	if v.Proven && above.Cmp(rat(v.Rounding)) > 0 || v.Rounding > 0 && rat(v.Bound).Cmp(ground) > 0 || v.Bound > least {
		t.Errorf("%s: verdict %+v, ground state %v; J = %v", name, *v, ground.FloatString(20), m.J)
	}
	// The same proof with spins of a higher energy is a false claim, whatever it says of it.
	spins := []byte(c.Spins)
	for i := range spins {
		spins[i] ^= '+' ^ '-'
		flipped := *c
		flipped.Spins = string(spins)
		if v, err := m.claim(&flipped, c.Bound); err == nil && v.Proven {
			higher := new(big.Rat).Sub(m.energy(signsOf(flipped.Spins)), ground)
			if higher.Cmp(rat(v.Rounding)) > 0 {
				t.Errorf("%s: the checker takes spins %v above the ground state; J = %v", name, higher.FloatString(20), m.J)
			}
		}
		spins[i] ^= '+' ^ '-'
	}
}

// claim checks a certificate that claims its spins, or a bound one unit higher, to be proven.
func (m *mixed) claim(c *certificate.Certificate, bound int64) (*certificate.Verdict, error) {
	c.Energy = m.IntegerEnergy(signsOf(c.Spins))
	for _, c.Bound = range []int64{c.Energy, bound + 1, bound + 2, bound} {
		c.Seal()
		if v, err := c.Check(m.Instance); err == nil {
			return v, nil
		}
	}
	return nil, fmt.Errorf("refused")
}

func signsOf(text string) []int8 {
	s := make([]int8, len(text))
	for i := range s {
		s[i] = 1
		if text[i] == '-' {
			s[i] = -1
		}
	}
	return s
}
