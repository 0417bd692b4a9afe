package certificate

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"spinlearn/ising"
)

// The violated bonds of any state touch exactly the odd faces an odd number of times.
func TestFaces(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for _, periodic := range [][]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
		for _, shape := range [][2]int{{3, 3}, {3, 5}, {5, 4}, {2, 4}, {4, 2}, {2, 2}} {
			if periodic[0] && shape[0] < 3 || periodic[1] && shape[1] < 3 {
				continue
			}
			l := lattice(t, shape[0], shape[1], periodic...)
			in := random(t, l, rng, -2, -1, 0, 1, 2)
			s := mustScale(t, in, 1)
			f := newFaces(s)
			for range 20 {
				spins := make([]int8, l.Sites())
				for i := range spins {
					spins[i] = int8(1 - 2*rng.IntN(2))
				}
				odd := make([]bool, len(f.odd))
				for e, side := range f.sides {
					if i, j := l.Ends(e); j >= 0 && s.negative[e] != (spins[i] != spins[j]) {
						odd[side[0]] = !odd[side[0]]
						odd[side[1]] = !odd[side[1]]
					}
				}
				if !slices.Equal(odd, f.odd) {
					t.Fatalf("%v: faces of a state %v, of the couplings %v", l, odd, f.odd)
				}
			}
		}
	}
}

// A sound proof is accepted; whatever is accepted bounds the energy of all states.
func TestSound(t *testing.T) {
	const tries = 1500
	accepted, spoiled, tight := 0, 0, 0
	for try := range tries {
		rng := rand.New(rand.NewPCG(2, uint64(try)))
		shape := [][2]int{{3, 3}, {3, 4}, {4, 3}}[rng.IntN(3)]
		if try%50 == 0 {
			shape = [2]int{4, 4}
		}
		kind := rng.IntN(3)
		periodic := [][]bool{{true, true}, {false, true}, {false, false}}[kind]
		if kind == 1 && rng.IntN(2) == 0 {
			periodic = []bool{true, false}
		}
		in := random(t, lattice(t, shape[0], shape[1], periodic...), rng,
			[][]float64{{-1, 1}, {-3, -2, -1, 0, 1, 2, 3}, {-4, 4, 2}, {-1, -1, 1, 50}}[rng.IntN(4)]...)
		s := mustScale(t, in, 1)
		best, least := groundState(s)
		m := &maker{tree: newTree(s), rng: rng, budget: 3 + rng.IntN(20)}
		if try%2 == 1 {
			m.spoil = 0.05
		}
		var proof Certificate
		if kind == 0 {
			n := m.makeNode(nil)
			proof.Tree = &n
		} else {
			proof.Dual, _, _ = m.dual()
			m.leafAt(sum(second(proof.Dual.Y), proof.Dual.Sets))
		}
		c := claim(s, 1, best, m.bound, proof)
		v, err := c.Check(in)
		if err != nil && !errors.Is(err, ErrRejected) {
			t.Fatalf("try %d: %v", try, err)
		}
		if err != nil && !m.raised {
			t.Fatalf("try %d: a sound proof on %v is rejected: %v", try, in.Lattice, err)
		}
		if err != nil {
			continue
		}
		accepted++
		if m.raised {
			spoiled++
		}
		if c.Bound == 2*least-s.total {
			tight++
		}
		if c.Bound > 2*least-s.total || v.Bound > in.Energy(best)+1e-9 {
			t.Fatalf("try %d on %v: accepted bound %d, ground state %d", try, in.Lattice, c.Bound, 2*least-s.total)
		}
	}
	t.Logf("%d of %d accepted, %d of them with raised numbers, %d tight", accepted, tries, spoiled, tight)
	if accepted < tries/2 || accepted > tries*9/10 || spoiled == 0 || tight < tries/10 {
		t.Errorf("%d accepted, %d with raised numbers, %d tight: the test tells little", accepted, spoiled, tight)
	}
}

func second(pairs [][2]int64) []int64 {
	var v []int64
	for _, p := range pairs {
		v = append(v, p[1])
	}
	return v
}

// Rounding up passes no state, and closes the gaps that no state lies in.
func TestRoundUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 0))
	for _, c := range []struct {
		periodic bool
		values   []float64
		step     int64
	}{
		{true, []float64{-1, 1}, 2},
		{false, []float64{-1, 1}, 1}, // three bonds at the sides
		{true, []float64{-6, 6, 12}, 6},
		{true, []float64{-3, 3, 9}, 6},
		{true, []float64{-2, 5, 0}, 1},
		{true, []float64{0}, 2},
	} {
		in := random(t, lattice(t, 3, 3, c.periodic, c.periodic), rng, c.values...)
		s := mustScale(t, in, 1)
		best, least := groundState(s)
		spins := make([]int8, 9)
		for code := range 1 << 9 {
			for i := range spins {
				spins[i] = int8(1 - 2*(code>>i&1))
			}
			if v := s.violated(spins); s.roundUp(v, least) != v || s.roundUp(least, v) != least {
				t.Fatalf("%v: %d rounded up to %d", c.values, v, s.roundUp(v, least))
			}
		}
		for d := range c.step {
			if got := s.roundUp(least-d, s.violated(best)); got != least {
				t.Errorf("%v: %d rounded up to %d, want %d", c.values, least-d, got, least)
			}
		}
		if got := s.roundUp(least-c.step, least); got != least-c.step {
			t.Errorf("%v: %d rounded up to %d", c.values, least-c.step, got)
		}
		if got := s.roundUp(least+1, least); got != least+c.step {
			t.Errorf("%v: %d rounded up to %d", c.values, least+1, got)
		}
		if got := s.roundUp(-100*c.step, 0); got != -100*c.step {
			t.Errorf("%v: below 0 rounded up to %d", c.values, got)
		}
	}
}

// Cycle packings at random, most of them near the largest weights.
func TestSoundPacking(t *testing.T) {
	const tries = 2000
	accepted, tight := 0, 0
	for try := range tries {
		rng := rand.New(rand.NewPCG(3, uint64(try)))
		in := random(t, lattice(t, 3, 3, true, true), rng, -2, -1, 1, 2)
		s := mustScale(t, in, 1)
		best, least := groundState(s)
		m := &maker{tree: newTree(s)}
		p := &Packing{Denominator: 1 + rng.Int64N(3), Cycles: []Cycle{}}
		free := make([]int64, in.Slots())
		for e := range free {
			free[e] = p.Denominator * s.weight[e]
		}
		loops := m.loops()
		rng.Shuffle(len(loops), func(i, j int) { loops[i], loops[j] = loops[j], loops[i] })
		sum := int64(0)
		for _, loop := range loops {
			y, negative := int64(math.MaxInt64), 0
			for _, e := range loop {
				y = min(y, free[e])
				if s.negative[e] {
					negative++
				}
			}
			switch rng.IntN(20) {
			case 0:
				y++
			case 1, 2, 3:
				y -= rng.Int64N(2)
			}
			if y < 1 || negative%2 == 0 && rng.IntN(40) > 0 {
				continue
			}
			for _, e := range loop {
				free[e] -= y
			}
			p.Cycles = append(p.Cycles, Cycle{y, loop})
			sum += y
		}
		c := claim(s, 1, best, (sum+p.Denominator-1)/p.Denominator, Certificate{Packing: p})
		if _, err := c.Check(in); err != nil {
			continue
		}
		accepted++
		if bound, _ := p.check(s); float64(bound) != math.Ceil(float64(sum)/float64(p.Denominator)) {
			t.Fatalf("try %d: bound %d for %d/%d", try, bound, sum, p.Denominator)
		}
		if c.Bound == 2*least-s.total {
			tight++
		}
		if c.Bound > 2*least-s.total {
			t.Fatalf("try %d: accepted bound %d, ground state %d", try, c.Bound, 2*least-s.total)
		}
	}
	if accepted < tries/5 || accepted > tries*9/10 || tight < tries/50 {
		t.Errorf("%d accepted, %d tight of %d: the test tells little", accepted, tight, tries)
	}
}

// wall returns a 3x3 torus with ferromagnetic couplings but for one column of bonds:
// every row is frustrated and the best states violate three bonds.
func wall(t testing.TB) (*ising.Instance, []int8) {
	l := lattice(t, 3, 3, true, true)
	J := slices.Repeat([]float64{1}, l.Slots())
	for r := range 3 {
		J[9+3*r+2] = -1
	}
	in, err := ising.NewInstance(l, J)
	if err != nil {
		t.Fatal(err)
	}
	return in, slices.Repeat([]int8{1}, 9)
}

// proofs returns a true certificate of every kind and of every step.
func proofs(t testing.TB) map[string]struct {
	in *ising.Instance
	c  *Certificate
} {
	in, up := wall(t)
	s := mustScale(t, in, 1)
	rigid := func(bond int32) Step {
		return Step{Rigid: &Rigid{Bond: bond, Value: 1, Bound: 3, New: []int64{2, 2}}}
	}
	empty := Step{Base: &Dual{Y: [][2]int64{}, Sets: []Set{}}}
	first := Branch{Bond: 9, Value: 1, Node: Node{[]Step{
		{Base: &Dual{Y: [][2]int64{{0, 1}, {6, 3}}, Sets: []Set{}}}, {Prune: true}}}}
	// With three bonds around plaquette 0 satisfied the fourth is satisfied too.
	var around []Step
	for bond, face := range map[int32]int64{0: 2, 9: 6, 1: 1} {
		n := Node{[]Step{{Base: &Dual{Y: [][2]int64{{0, 2}, {face, 2}}, Sets: []Set{}}}, {Prune: true}}}
		around = append(around, Step{Branch: &Branch{Bond: bond, Value: 1, Node: n}})
	}
	around = append(around, empty, Step{Rigid: &Rigid{Bond: 12, Value: 1, Infeasible: true}}, rigid(10), rigid(11), Step{Loop: []int32{9, 10, 11}})
	frustrated := random(t, lattice(t, 3, 4, false, false), rand.New(rand.NewPCG(7, 7)), 3)
	frustrated.J[1] = -3 // two plaquettes, 0 and 1
	fs := mustScale(t, frustrated, 1)
	best, _ := groundState(fs)
	ring, err := ising.NewGraph(3, [][2]int{{0, 1}, {1, 2}, {2, 0}})
	if err != nil {
		t.Fatal(err)
	}
	triangle := random(t, ring, rand.New(rand.NewPCG(1, 1)), -0.3)
	ts := mustScale(t, triangle, 10)
	return map[string]struct {
		in *ising.Instance
		c  *Certificate
	}{
		"planar":     {frustrated, claim(fs, 1, best, 3, Certificate{Dual: &Dual{Y: [][2]int64{{1, 2}, {0, 3}}, Sets: []Set{{1, []int32{0}}}}})},
		"rigid":      {in, claim(s, 1, up, 3, Certificate{Tree: &Node{[]Step{empty, rigid(9), rigid(10), rigid(11), {Loop: []int32{9, 10, 11}}}}})},
		"branch":     {in, claim(s, 1, up, 3, Certificate{Tree: &Node{[]Step{{Branch: &first}, empty, rigid(10), rigid(11), {Loop: []int32{11, 9, 10}}}}})},
		"infeasible": {in, claim(s, 1, up, 3, Certificate{Tree: &Node{around}})},
		"packing": {in, claim(s, 1, up, 3, Certificate{Packing: &Packing{2, []Cycle{
			{2, []int32{9, 10, 11}}, {2, []int32{12, 13, 14}}, {1, []int32{15, 16, 17}}, {1, []int32{17, 16, 15}}}}})},
		"graph": {triangle, claim(ts, 10, []int8{1, -1, 1}, 3, Certificate{Packing: &Packing{1, []Cycle{{3, []int32{0, 1, 2}}}}})},
	}
}

func TestTrueProofs(t *testing.T) {
	for name, p := range proofs(t) {
		t.Run(name, func(t *testing.T) {
			v, err := p.c.Check(p.in)
			if err != nil {
				t.Fatal(err)
			}
			if !v.Proven || v.Bound != v.Energy || v.Rounding != 0 {
				t.Errorf("verdict %+v, want a proof without rounding", v)
			}
			var file bytes.Buffer
			if err := p.c.Write(&file); err != nil {
				t.Fatal(err)
			}
			again, err := Read(&file, name)
			if err != nil {
				t.Fatal(err)
			}
			if w, err := again.Check(p.in); err != nil || !reflect.DeepEqual(w, v) {
				t.Errorf("read again: %+v, %v", w, err)
			}
		})
	}
}

var number = regexp.MustCompile(`-?[0-9]+`)

// Every certificate with one number changed is rejected; where the seal is renewed it
// may only pass with a bound that is true.
func TestMutations(t *testing.T) {
	for name, p := range proofs(t) {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			if err := p.c.Write(&file); err != nil {
				t.Fatal(err)
			}
			s := mustScale(t, p.in, p.c.Scale)
			_, least := groundState(s)
			refused, harmless := 0, 0
			for _, at := range number.FindAllIndex(file.Bytes(), -1) {
				old, err := strconv.ParseInt(file.String()[at[0]:at[1]], 10, 64)
				if err != nil {
					continue // a long run of digits in the seal
				}
				for _, value := range []int64{old + 1, old - 1, old + 2, old - 2, -old, 2 * old, 0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt32, math.MinInt32} {
					if value == old {
						continue
					}
					changed := fmt.Sprintf("%s%d%s", file.String()[:at[0]], value, file.String()[at[1]:])
					c, err := Read(strings.NewReader(changed), name)
					if err != nil {
						continue
					}
					if _, err := c.Check(p.in); !errors.Is(err, ErrRejected) {
						t.Fatalf("%d for %d at byte %d: %v", value, old, at[0], err)
					}
					if at[0] > bytes.Index(file.Bytes(), []byte(`"sha256"`)) {
						continue // a number of the seal
					}
					c.Seal()
					if _, err := c.Check(p.in); err != nil {
						refused++
						continue
					}
					harmless++
					if c.Scale == p.c.Scale && c.Bound > 2*least-s.total {
						t.Fatalf("%d for %d at byte %d: accepted with a new seal", value, old, at[0])
					}
				}
			}
			if refused < 5*harmless {
				t.Errorf("with a new seal: %d refused, %d harmless", refused, harmless)
			}
		})
	}
}
