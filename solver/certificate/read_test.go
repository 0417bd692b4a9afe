package certificate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"spinlearn/ising"
)

func file(t testing.TB, c *Certificate) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadErrors(t *testing.T) {
	good := file(t, proofs(t)["planar"].c)
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "certificate: f.json: byte 0: ends early"},
		{"cut", good[:100], "certificate: f.json: byte 100: ends early"},
		{"no JSON", "spins", "certificate: f.json: byte 1: invalid character 's' looking for beginning of value"},
		{"other field", strings.Replace(good, `"sites"`, `"sights"`, 1), `certificate: f.json: json: unknown field "sights"`},
		{"kind of value", strings.Replace(good, `"sites":12`, `"sites":"12"`, 1), "certificate: f.json: byte 66: field sites is string, want int"},
		{"too large", strings.Replace(good, `"sites":12`, `"sites":1e99`, 1), "certificate: f.json: byte 66: field sites is number 1e99, want int"},
		{"more data", good + good, "certificate: f.json: byte 280: data after the certificate"},
		{"repeated", strings.Replace(good, `"sites":12`, `"sites":13,"sites":12`, 1), "certificate: f.json: byte 63, white space not counted: a field that is repeated, out of order, too long or not in its shortest form"},
		{"third number", strings.Replace(good, `[1,2]`, `[1,2,3]`, 1), "certificate: f.json: byte 167, white space not counted: a field that is repeated, out of order, too long or not in its shortest form"},
		{"deep", `{"tree":` + strings.Repeat(`{"steps":[{"branch":{"node":`, 4000), "certificate: f.json: byte 70001: invalid character '{' exceeded max depth"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text), "f.json")
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, []byte(good), " ", "\t"); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(&spaced, "f.json"); err != nil {
		t.Errorf("with white space: %v", err)
	}
}

// Each case spoils one true proof; the seal is renewed.
func TestRejections(t *testing.T) {
	deep := func(n int) *Node {
		node := &Node{[]Step{{Prune: true}}}
		for range n {
			node = &Node{[]Step{{Branch: &Branch{Bond: 0, Node: *node}}}}
		}
		return node
	}
	for _, c := range []struct {
		name, proof string
		spoil       func(c *Certificate)
		want        string
	}{
		{"format", "planar", func(c *Certificate) { c.Format = "v2" }, `format: "v2", want "spinlearn certificate v1"`},
		{"sites", "planar", func(c *Certificate) { c.Sites++ }, "sites: 13, the instance has 12"},
		{"bonds", "planar", func(c *Certificate) { c.Bonds = -1 }, "bonds: -1, the instance has 24"},
		{"NaN", "planar", func(c *Certificate) { c.Scale = math.NaN() }, "scale: NaN, want a finite number above 0"},
		{"infinite", "planar", func(c *Certificate) { c.Scale = math.Inf(1) }, "scale: +Inf, want a finite number above 0"},
		{"zero", "planar", func(c *Certificate) { c.Scale = 0 }, "scale: 0, want a finite number above 0"},
		{"large", "planar", func(c *Certificate) { c.Scale = 1e17 }, "scale: 1e+17 makes the couplings too large"},
		{"huge", "planar", func(c *Certificate) { c.Scale = 1e308 }, "scale: 1e+308 makes the couplings too large"},
		{"short spins", "planar", func(c *Certificate) { c.Spins = "+" }, "spins: 1 characters for 12 sites"},
		{"spin", "planar", func(c *Certificate) { c.Spins = "0" + c.Spins[1:] }, "spins: character '0' of site 0, want + or -"},
		{"energy", "planar", func(c *Certificate) { c.Energy-- }, "energy: -46, the spins have -45"},
		{"bound", "planar", func(c *Certificate) { c.Bound++ }, "bound: -44, the proof gives -45"},
		{"other kind", "planar", func(c *Certificate) { c.Kind = KindPacking }, `kind: "packing", want planar with a dual, torus with a tree or packing with a packing`},
		{"two proofs", "planar", func(c *Certificate) { c.Tree = &Node{} }, "kind: 2 proofs, want one of dual, tree and packing"},
		{"no proof", "planar", func(c *Certificate) { c.Dual = nil }, "kind: 0 proofs, want one of dual, tree and packing"},
		{"other lattice", "planar", func(c *Certificate) { c.Kind, c.Dual, c.Tree = KindTorus, nil, &Node{} }, "kind: torus proof for lattice 3x4 free"},
		{"planar torus", "rigid", func(c *Certificate) { c.Kind, c.Dual, c.Tree = KindPlanar, &Dual{}, nil }, "kind: planar proof for lattice 3x3 periodic"},

		{"face twice", "planar", func(c *Certificate) { c.Dual.Y[1][0] = 1 }, "dual: position 1: face 1 is no odd face, or a second time"},
		{"face without", "planar", func(c *Certificate) { c.Dual.Y[1][0] = 2 }, "dual: position 1: face 2 is no odd face, or a second time"},
		{"face below", "planar", func(c *Certificate) { c.Dual.Y[1][0] = -1 }, "dual: position 1: face -1 is no odd face, or a second time"},
		{"face beyond", "planar", func(c *Certificate) { c.Dual.Y[1][0] = 1 << 32 }, "dual: position 1: face 4294967296 is no odd face, or a second time"},
		{"face left out", "planar", func(c *Certificate) { c.Dual.Y = c.Dual.Y[:1] }, "dual: no y for the odd face 0"},
		{"y", "planar", func(c *Certificate) { c.Dual.Y[1][1]++ }, "dual: positions 1 and 0 on faces 0 and 1 are too close for their duals"},
		{"y overflows", "planar", func(c *Certificate) { c.Dual.Y[0][1], c.Dual.Y[1][1] = math.MinInt64, math.MaxInt64 }, "dual: the duals are too large from y = -9223372036854775808 of position 0 on"},
		{"sum overflows", "planar", func(c *Certificate) { c.Dual.Y[0][1], c.Dual.Y[1][1] = maxDual, -maxDual }, "dual: the duals are too large from y = -2305843009213693952 of position 1 on"},
		{"z overflows", "planar", func(c *Certificate) { c.Dual.Sets[0].Z = math.MaxInt64 }, "dual: the duals are too large from z = 9223372036854775807 of set 0 on"},
		{"z", "planar", func(c *Certificate) { c.Dual.Sets[0].Z = -1 }, "dual: set 0 has z = -1, want at least 0"},
		{"empty set", "planar", func(c *Certificate) { c.Dual.Sets[0].Of = nil }, "dual: set 0 holds 0 positions, want an odd number"},
		{"even set", "planar", func(c *Certificate) { c.Dual.Sets[0].Of = []int32{0, 1} }, "dual: set 0 holds 2 positions, want an odd number"},
		{"member twice", "planar", func(c *Certificate) { c.Dual.Sets[0].Of = []int32{0, 1, 0} }, "dual: set 0 holds position 0 twice"},
		{"member", "planar", func(c *Certificate) { c.Dual.Sets[0].Of = []int32{2} }, "dual: set 0 has the member 2, want a position below 2 or an earlier set"},
		{"set in itself", "planar", func(c *Certificate) { c.Dual.Sets[0].Of = []int32{-1} }, "dual: set 0 has the member -1, want a position below 2 or an earlier set"},
		{"later set", "planar", func(c *Certificate) { c.Dual.Sets[0].Of = []int32{math.MinInt32} }, "dual: set 0 has the member -2147483648, want a position below 2 or an earlier set"},
		{"set twice", "planar", func(c *Certificate) { c.Dual.Sets = append(c.Dual.Sets, Set{0, []int32{-1, -1, -1}}) }, "dual: set 1 holds position 0 twice"},

		{"no step", "rigid", func(c *Certificate) { c.Tree.Steps = nil }, "tree: no loop or prune ends it"},
		{"no end", "rigid", func(c *Certificate) { c.Tree.Steps = c.Tree.Steps[:4] }, "tree: no loop or prune ends it"},
		{"empty step", "rigid", func(c *Certificate) { c.Tree.Steps[2] = Step{} }, "tree.steps[2]: 0 of base, rigid, branch, loop and prune, want one"},
		{"double step", "rigid", func(c *Certificate) { c.Tree.Steps[4].Prune = true }, "tree.steps[4]: 2 of base, rigid, branch, loop and prune, want one"},
		{"after the end", "rigid", func(c *Certificate) { c.Tree.Steps = append(c.Tree.Steps, Step{Prune: true}) }, "tree.steps[5]: follows the loop or prune that ends the node"},
		{"no base", "rigid", func(c *Certificate) { c.Tree.Steps = c.Tree.Steps[1:] }, "tree.steps[0].rigid: no base before it"},
		{"bond", "rigid", func(c *Certificate) { c.Tree.Steps[1].Rigid.Bond = 18 }, "tree.steps[1].rigid: bond 18, want 0 to 17"},
		{"value", "rigid", func(c *Certificate) { c.Tree.Steps[1].Rigid.Value = -1 }, "tree.steps[1].rigid: value -1, want 0 or 1"},
		{"set bond", "rigid", func(c *Certificate) { c.Tree.Steps[2].Rigid.Bond = 9 }, "tree.steps[2].rigid: bond 9 is set already"},
		{"rigid bound", "rigid", func(c *Certificate) { c.Tree.Steps[3].Rigid.Bound++ }, "tree.steps[3].rigid: bound 4, the duals give 3"},
		{"new y", "rigid", func(c *Certificate) { c.Tree.Steps[3].Rigid.New[0]++; c.Tree.Steps[3].Rigid.Bound++ }, "tree.steps[3].rigid: positions 0 and 1 on faces 2 and 8 are too close for their duals"},
		{"new positions", "rigid", func(c *Certificate) { c.Tree.Steps[3].Rigid.New = []int64{1} }, "tree.steps[3].rigid: 1 new positions, want 2"},
		{"satisfied", "rigid", func(c *Certificate) { c.Tree.Steps[3].Rigid.Value = 0 }, "tree.steps[3].rigid: 2 new positions, want none"},
		{"y of a new one", "rigid", func(c *Certificate) { c.Tree.Steps[3].Rigid.Y = [][2]int64{{0, 2}} }, "tree.steps[3].rigid: y of position 0: not a position of the base, or a second time"},
		{"z of none", "rigid", func(c *Certificate) { c.Tree.Steps[3].Rigid.Z = [][2]int64{{0, 2}} }, "tree.steps[3].rigid: z of set 0: not a set of the base, or a second time"},
		{"not infeasible", "rigid", func(c *Certificate) { c.Tree.Steps[3].Rigid = &Rigid{Bond: 11, Value: 1, Infeasible: true} }, "tree.steps[3].rigid: not infeasible: every part of the dual graph holds an even number of odd faces"},
		{"infeasible with duals", "rigid", func(c *Certificate) { c.Tree.Steps[3].Rigid.Infeasible = true }, "tree.steps[3].rigid: infeasible and yet with duals"},
		{"loop not set", "rigid", func(c *Certificate) { c.Tree.Steps[4].Loop[2] = 12 }, "tree.steps[4].loop: bond 12 is not set, or in the loop twice"},
		{"loop twice", "rigid", func(c *Certificate) { c.Tree.Steps[4].Loop[2] = 9 }, "tree.steps[4].loop: bond 9 is not set, or in the loop twice"},
		{"open loop", "rigid", func(c *Certificate) { c.Tree.Steps[4].Loop = []int32{9, 11} }, "tree.steps[4].loop: 2 sites with an odd number of its bonds"},
		{"possible loop", "rigid", func(c *Certificate) {
			c.Tree.Steps[3].Rigid = &Rigid{Bond: 11, Value: 0}
		}, "tree.steps[4].loop: states can have these values"},
		{"nested", "branch", func(c *Certificate) { c.Tree.Steps[0].Branch.Node.Steps[0].Base.Y[0][1]++ }, "tree.steps[0].branch.node.steps[0].base: positions 1 and 0 on faces 6 and 0 are too close for their duals"},
		{"base from above", "branch", func(c *Certificate) {
			n := &c.Tree.Steps[0].Branch.Node
			n.Steps = n.Steps[1:]
		}, "tree.steps[0].branch.node.steps[0].prune: the node has no base"},
		{"base of the node above", "branch", func(c *Certificate) {
			s := c.Tree.Steps
			c.Tree.Steps = append([]Step{s[1]}, s...)
			n := &s[0].Branch.Node
			n.Steps = n.Steps[1:]
			c.Tree.Steps[1] = s[0]
		}, "tree.steps[1].branch.node.steps[0].prune: the node has no base"},
		{"nested end", "branch", func(c *Certificate) {
			n := &c.Tree.Steps[0].Branch.Node
			n.Steps = n.Steps[:1]
		}, "tree.steps[0].branch.node: no loop or prune ends it"},
		{"branch on a set bond", "branch", func(c *Certificate) { c.Tree.Steps[2].Rigid.Bond = 9 }, "tree.steps[2].rigid: bond 9 is set already"},
		{"no leaf", "branch", func(c *Certificate) { c.Tree = &Node{[]Step{{Loop: []int32{1}}}} }, "tree.steps[0].loop: bond 1 is not set, or in the loop twice"},
		{"set again", "branch", func(c *Certificate) { c.Tree = deep(2) }, "tree.steps[0].branch.node.steps[0].branch: bond 0 is set already"},

		{"denominator", "packing", func(c *Certificate) { c.Packing.Denominator = 0 }, "packing.denominator: 0, want at least 1"},
		{"large denominator", "packing", func(c *Certificate) { c.Packing.Denominator = 1 << 60 }, "packing.denominator: 1152921504606846976 is too large for couplings that sum up to 18"},
		{"y of a cycle", "packing", func(c *Certificate) { c.Packing.Cycles[0].Y = 0 }, "packing.cycles[0]: y = 0, want at least 1"},
		{"too much", "packing", func(c *Certificate) { c.Packing.Cycles[2].Y = math.MaxInt64 }, "packing.cycles[2]: bond 15 carries more than its coupling"},
		{"too much in sum", "packing", func(c *Certificate) { c.Packing.Cycles[3].Y = 2 }, "packing.cycles[3]: bond 17 carries more than its coupling"},
		{"bond twice", "packing", func(c *Certificate) { c.Packing.Cycles[3].Bonds[1] = 17 }, "packing.cycles[3]: bond 17 twice"},
		{"no bond", "packing", func(c *Certificate) { c.Packing.Cycles[3].Bonds[1] = 18 }, "packing.cycles[3]: bond 18, want 0 to 17"},
		{"bond below", "packing", func(c *Certificate) { c.Packing.Cycles[3].Bonds[1] = -1 }, "packing.cycles[3]: bond -1, want 0 to 17"},
		{"open cycle", "packing", func(c *Certificate) { c.Packing.Cycles[3].Bonds = []int32{15} }, "packing.cycles[3]: 2 sites with an odd number of its bonds"},
		{"empty cycle", "packing", func(c *Certificate) { c.Packing.Cycles[3].Bonds = nil }, "packing.cycles[3]: not frustrated"},
		{"satisfied cycle", "packing", func(c *Certificate) { c.Packing.Cycles[3].Bonds = []int32{0, 3, 6} }, "packing.cycles[3]: not frustrated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := proofs(t)[c.proof]
			c.spoil(p.c)
			p.c.Seal()
			_, err := p.c.Check(p.in)
			if want := "certificate rejected: " + c.want; err == nil || !errors.Is(err, ErrRejected) || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}
		})
	}
	t.Run("seal", func(t *testing.T) {
		p := proofs(t)["planar"]
		p.c.Program = "another"
		if _, err := p.c.Check(p.in); !errors.Is(err, ErrRejected) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("depth", func(t *testing.T) {
		in := random(t, lattice(t, 30, 30, true, true), rand.New(rand.NewPCG(1, 1)), 1)
		n := &Node{[]Step{{Prune: true}}}
		for bond := range int32(maxDepth + 1) {
			n = &Node{[]Step{{Branch: &Branch{Bond: bond, Node: *n}}}}
		}
		c := claim(mustScale(t, in, 1), 1, upward(in), 0, Certificate{Tree: n})
		if _, err := c.Check(in); err == nil || !strings.HasSuffix(err.Error(), "nodes nest deeper than 1000") {
			t.Errorf("got %.100v", err)
		}
	})
}

func upward(in *ising.Instance) []int8 {
	s := make([]int8, in.Sites())
	for i := range s {
		s[i] = 1
	}
	return s
}

// Real couplings lose a little by scaling; the bound that is stated allows for it.
func TestRounding(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	for range 200 {
		in := gaussian(t, lattice(t, 3, 3, false, true), rng)
		by := []float64{0x1p51, 0x1p52, 0x1p53, 0x1p55}[rng.IntN(4)]
		s := mustScale(t, in, by)
		m := &maker{tree: newTree(s), rng: rng}
		d, _, _ := m.dual()
		best, _ := groundState(mustScale(t, in, 0x1p50))
		c := claim(s, by, best, sum(second(d.Y), d.Sets), Certificate{Dual: d})
		v, err := c.Check(in)
		if err != nil {
			t.Fatal(err)
		}
		if e := in.Energy(best); math.Abs(v.Energy-e) > v.Rounding || v.Bound > e+1e-14 || v.Rounding <= 0 || v.Rounding > 1e-13 {
			t.Fatalf("scale %v: energy %v, verdict %+v", by, e, v)
		}
		if v.Proven != (v.Bound >= v.Energy-v.Rounding) {
			t.Fatalf("scale %v: verdict %+v", by, v)
		}
		for _, coarse := range []float64{1, 3, 10, 1e6, 3e15, 0x1p20, 0x1p45} {
			c.Scale = coarse
			if err := refused(c, in, "scale"); err != nil {
				t.Fatalf("scale %v: %v", coarse, err)
			}
		}
	}
}

// Whatever the parser takes is checked without a panic, and bounds the ground state if
// it is accepted.
func FuzzCheck(f *testing.F) {
	var instances []*ising.Instance
	all := proofs(f)
	for _, name := range []string{"planar", "rigid", "branch", "infeasible", "packing", "graph"} {
		f.Add([]byte(file(f, all[name].c)))
		instances = append(instances, all[name].in)
	}
	for seed := range uint64(6) { // proofs with nested sets
		rng := rand.New(rand.NewPCG(6, seed))
		in := random(f, lattice(f, 3, 3+int(seed%2), true, true), rng, -2, -1, 1, 2)
		s := mustScale(f, in, 1)
		m := &maker{tree: newTree(s), rng: rng, budget: 12}
		n := m.makeNode(nil)
		spins, _ := groundState(s)
		f.Add([]byte(file(f, claim(s, 1, spins, m.bound, Certificate{Tree: &n}))))
		instances = append(instances, in)
	}
	energies := make([]float64, len(instances))
	for k, in := range instances {
		best, _ := groundState(mustScale(f, in, 1<<20))
		energies[k] = in.Energy(best)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Read(bytes.NewReader(data), "fuzz")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		text := file(t, c) // seals it
		again, err := Read(strings.NewReader(text), "again")
		if err != nil || file(t, again) != text {
			t.Errorf("written %q, read %v", text, err)
		}
		for k, in := range instances {
			v, err := c.Check(in)
			switch {
			case err == nil && v.Bound > energies[k]+1e-9:
				t.Errorf("instance %d: accepted bound %v above the ground state %v", k, v.Bound, energies[k])
			case err != nil && !errors.Is(err, ErrRejected):
				t.Errorf("instance %d: %v", k, err)
			}
		}
	})
}

func TestSteps(t *testing.T) {
	dual := &Dual{Y: make([][2]int64, 4), Sets: make([]Set, 2)}
	leaf := Node{Steps: []Step{{Base: dual}, {Prune: true}}}
	tree := &Node{Steps: []Step{{Base: dual}, {Rigid: &Rigid{}}, {Branch: &Branch{Node: leaf}}, {Loop: []int32{1}}}}
	for _, c := range []struct {
		c    Certificate
		want int
	}{
		{Certificate{}, 0}, {Certificate{Dual: dual}, 6}, {Certificate{Tree: tree}, 6}, {Certificate{Packing: &Packing{Cycles: make([]Cycle, 3)}}, 3},
	} {
		if got := c.c.Steps(); got != c.want {
			t.Errorf("%+v: %d steps, want %d", c.c, got, c.want)
		}
	}
}

// The example of the package comment is a true proof.
func TestDocExample(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var example strings.Builder
	for line := range strings.Lines(string(source)) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok && !strings.Contains(code, "dist") {
			example.WriteString(code)
		}
	}
	c, err := Read(strings.NewReader(example.String()), "doc.go")
	if err != nil {
		t.Fatal(err)
	}
	in, _ := wall(t)
	c.Seal()
	if v, err := c.Check(in); err != nil || !v.Proven {
		t.Errorf("%+v, %v", v, err)
	}
}

// refused returns an error unless the checker refuses the resealed certificate for that part.
func refused(c *Certificate, in *ising.Instance, part string) error {
	c.Seal()
	if _, err := c.Check(in); !errors.Is(err, ErrRejected) || !strings.Contains(err.Error(), part) {
		return fmt.Errorf("%w, want a rejection that names the %s", err, part)
	}
	return nil
}

// The size that is allowed is far above what certificates have, and bounded.
func TestMaxSize(t *testing.T) {
	for _, c := range []struct {
		sites, bonds int
		want         int64
	}{{0, 0, 1 << 20}, {9, 18, 1<<20 + 27<<16}, {21 * 21, 2 * 21 * 21, 1<<20 + 1323<<16}, {100 * 100, 200 * 100, LargestSize}, {1 << 40, 1 << 40, LargestSize}} {
		if got := MaxSize(c.sites, c.bonds); got != c.want {
			t.Errorf("%d sites, %d bonds: %d, want %d", c.sites, c.bonds, got, c.want)
		}
	}
}
