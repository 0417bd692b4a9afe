package exact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/certificate"
	"spinlearn/solver/exact"
	"spinlearn/solver/solvertest"
)

// proofs returns certificates of every kind, and of a torus with every step.
func proofs(t *testing.T) (list []proof) {
	add := func(name string, in *ising.Instance, search exact.Search, holds ...string) {
		set := &exact.Settings{Search: search, Start: slices.Repeat([]int8{1}, in.Sites())}
		r, err := set.Near(2).Solve(t.Context(), in, solver.Budget{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Proof.Program = "spinlearn test"
		c := checkProof(t, in, r)
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range holds {
			if !bytes.Contains(text, []byte(`"`+word+`":`)) {
				return
			}
		}
		list = append(list, proof{name, in, c, text})
	}
	for _, f := range append(families[:5:5], mixedFamilies...) {
		for _, c := range [][2]string{{"7x7", "free"}, {"6x8", "free,periodic"}, {"8x6", "periodic,free"}} {
			add("planar", f.instance(t, solvertest.Lattice(t, c[0], c[1]), ising.Stream(1, "mutations", 0)), exact.Matching)
		}
		for k := range uint64(60) {
			in := f.instance(t, solvertest.Lattice(t, []string{"5x5", "6x6", "6x5"}[k%3], "periodic"), ising.Stream(1, "mutations", k))
			if k < 2 {
				add("torus", in, exact.Matching)
			} else {
				add("torus with branches", in, exact.Matching, "rigid", "branch", "loop", "sets")
			}
		}
	}
	for _, f := range families[:5] {
		add("packing", f.instance(t, solvertest.Lattice(t, "3x3x3", "periodic"), ising.Stream(1, "mutations", 0)), exact.Packing)
		add("packing", f.instance(t, solvertest.Lattice(t, "4x4x3", "free"), ising.Stream(1, "mutations", 0)), exact.Packing)
	}
	for k := range uint64(4) {
		add("packing", mixedFields(t, ising.Stream(1, "mutations", k)), exact.Packing)
	}
	add("packing", (&family{"", func(*rand.Rand) float64 { return -1 }}).instance(t, solvertest.Lattice(t, "5x7", "periodic"), nil), exact.Matching, "packing")
	return list
}

// mixedFamilies have couplings of sizes that differ by many orders of magnitude.
var mixedFamilies = []family{
	{"1 and 1e11", func(rng *rand.Rand) float64 { return sign(rng) * []float64{1, 1, 1e11}[rng.IntN(3)] }},
	{"1e-4 and 1e6", func(rng *rand.Rand) float64 { return sign(rng) * []float64{1e-4, 3e-4, 1e6}[rng.IntN(3)] }},
}

// mixedFields returns spins in fields of 1e6 and 1e-4, those to a ghost spin, with a few
// bonds between them.
func mixedFields(t *testing.T, rng *rand.Rand) *ising.Instance {
	t.Helper()
	var ends [][2]int
	var J []float64
	const n = 12
	for i := 1; i < n; i++ {
		ends, J = append(ends, [2]int{0, i}), append(J, sign(rng)*[]float64{1e6, 1e-4}[rng.IntN(2)])
		for j := 1; j < i; j++ {
			if rng.IntN(3) == 0 {
				ends, J = append(ends, [2]int{j, i}), append(J, sign(rng)*[]float64{1, 1e-4}[rng.IntN(2)])
			}
		}
	}
	l, err := ising.NewGraph(n, ends)
	if err != nil {
		t.Fatal(err)
	}
	in, err := ising.NewInstance(l, J)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

type proof struct {
	name        string
	in          *ising.Instance
	certificate *certificate.Certificate
	text        []byte
}

// A place is a value in a JSON document that can be replaced.
type place struct {
	path  string // without the numbers of list entries
	value any
	set   func(any)
}

func places(v any, path string, set func(any), list *[]place) {
	*list = append(*list, place{path, v, set})
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			places(v[key], strings.TrimPrefix(path+"."+key, "."), func(x any) { v[key] = x }, list)
		}
	case []any:
		for k := range v {
			places(v[k], path, func(x any) { v[k] = x }, list)
		}
	}
}

// mutate changes one thing in a JSON document and says what.
func mutate(text []byte, rng *rand.Rand) (mutant []byte, what string) {
	var document any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		panic(err)
	}
	var all []place
	places(document, "", func(any) {}, &all)
	for what == "" {
		p := all[rng.IntN(len(all))]
		switch v := p.value.(type) {
		case json.Number:
			digits := []byte(v)
			switch rng.IntN(5) {
			case 0:
				k := rng.IntN(len(digits))
				if digits[k] < '0' || digits[k] > '9' {
					continue
				}
				digits[k] = byte('0' + rng.IntN(10))
				what = "a digit"
			case 1:
				digits, what = append([]byte{'-'}, digits...), "the sign"
				if digits[1] == '-' {
					digits = digits[2:]
				}
			case 2, 3:
				n, err := v.Int64()
				if err != nil {
					continue
				}
				digits, what = fmt.Append(nil, n+int64(1-2*rng.IntN(2))), "by one"
			default:
				other, ok := all[rng.IntN(len(all))].value.(json.Number)
				if !ok {
					continue
				}
				digits, what = []byte(other), "to another number"
			}
			p.set(json.Number(digits))
		case string:
			if v == "" {
				continue
			}
			letters := []byte(v)
			k := rng.IntN(len(letters))
			switch letters[k] {
			case '+':
				letters[k] = '-'
			case '-':
				letters[k] = '+'
			default:
				letters[k] ^= byte(1 + rng.IntN(7))
			}
			p.set(string(letters))
			what = "a letter"
		case bool:
			p.set(!v)
			what = "to the opposite"
		case map[string]any:
			if p.path == "" {
				continue
			}
			keys := slices.Sorted(maps.Keys(v))
			delete(v, keys[rng.IntN(len(keys))])
			what = "without a field"
		case []any:
			if len(v) == 0 {
				continue
			}
			k, m := rng.IntN(len(v)), rng.IntN(len(v))
			switch rng.IntN(3) {
			case 0:
				p.set(slices.Delete(slices.Clone(v), k, k+1))
				what = "without an entry"
			case 1:
				p.set(slices.Insert(slices.Clone(v), m, v[k]))
				what = "an entry twice"
			default:
				w := slices.Clone(v)
				w[k], w[m] = w[m], w[k]
				p.set(w)
				what = "two entries exchanged"
			}
		}
		what = strings.ReplaceAll(p.path, "steps.branch.node.", "") + " " + what
		if strings.HasPrefix(what, "sha256") {
			what = "sha256"
		}
		break
	}
	mutant, err := json.Marshal(document)
	if err != nil { // not a number any more
		return nil, what
	}
	return mutant, what
}

// No certificate with one thing changed is accepted. Sealed again it may be, but then it
// claims what the original does, and by a proof that is as good: a spin turned that costs
// nothing, a dual lowered by less than what rounding the bound up gives back, entries in
// another order.
func TestMutatedCertificates(t *testing.T) {
	if testing.Short() {
		t.Skip("a few seconds")
	}
	list := proofs(t)
	kinds := map[string]int{}
	for _, p := range list {
		kinds[p.name]++
	}
	t.Log(kinds)
	if len(kinds) != 4 {
		t.Fatal("a kind is missing")
	}
	harmless := map[string]int{}
	tried, unreadable, same := 0, 0, 0
	n := exact.Count(2500, 100000)
	for k := range uint64(n) {
		rng := ising.Stream(k, "mutate", 0)
		p := &list[int(k)%len(list)]
		text, what := mutate(p.text, rng)
		mutant := new(certificate.Certificate)
		if json.Unmarshal(text, mutant) != nil {
			unreadable++
			continue
		}
		again, err := json.Marshal(mutant)
		if err != nil {
			unreadable++
			continue
		}
		if bytes.Equal(again, p.text) {
			same++
			continue
		}
		tried++
		if v, err := mutant.Check(p.in); err == nil {
			t.Fatalf("#%d %s %v: %s changed and accepted as %+v", k, p.name, p.in.Lattice, what, *v)
		}
		mutant.Seal()
		v, err := mutant.Check(p.in)
		if err != nil {
			continue
		}
		if what == "sha256" { // sealed again it is the original
			continue
		}
		harmless[what]++
		want := p.certificate
		if mutant.Energy != want.Energy || mutant.Bound != want.Bound || mutant.Scale != want.Scale || !v.Proven {
			t.Fatalf("#%d %s %v: %s changed, sealed again, accepted as %+v", k, p.name, p.in.Lattice, what, *v)
		}
	}
	t.Logf("%d tried, 0 accepted; %d more were no certificate, %d no change", tried, unreadable, same)
	for _, what := range slices.Sorted(maps.Keys(harmless)) {
		t.Logf("sealed again accepted with the same claim: %5d %s", harmless[what], what)
	}
}
