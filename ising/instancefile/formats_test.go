package instancefile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spinlearn/ising"
)

// configurations yields all of n spins.
func configurations(n int) func(func([]int8) bool) {
	return func(yield func([]int8) bool) {
		for c := range 1 << n {
			v := make([]int8, n)
			for i := range v {
				v[i] = int8(1 - 2*(c>>i&1))
			}
			if !yield(v) {
				return
			}
		}
	}
}

const rounding = 1e-12 // of sums of a few terms of size 1

// One function in all formats, written by hand: 3 vertices with bonds 0-1 and 1-2.
func TestFormats(t *testing.T) {
	spins := func(v []int8) (a, b, c float64) { return float64(v[0]), float64(v[1]), float64(v[2]) }
	bits := func(v []int8) (a, b, c float64) {
		a, b, c = spins(v)
		return (1 + a) / 2, (1 + b) / 2, (1 + c) / 2
	}
	plain := func(v []int8) float64 { a, b, c := spins(v); return 1.5*a*b - 0.25*b*c }
	fields := func(v []int8) float64 { a, b, c := spins(v); return 1.5*a*b - 0.25*b*c + 2*a - c }
	binary := func(v []int8) float64 { a, b, c := bits(v); return 1.5*a*b - 0.25*b*c + 2*a - c }
	shifted := func(f func([]int8) float64) func([]int8) float64 {
		return func(v []int8) float64 { return f(v) + 7.5 }
	}
	bqm := func(vartype, labels, linear string) string {
		return `{"type": "BinaryQuadraticModel", "version": {"bqm_schema": "3.0.0"}, "use_bytes": false, "index_type": "uint16", "bias_type": "float32",
 "num_variables": 3, "num_interactions": 2, "variable_labels": ` + labels + `, "variable_type": "` + vartype + `", "offset": 7.5, "info": {},
 "linear_biases": ` + linear + `, "quadratic_biases": [-0.25, 1.5], "quadratic_head": [1, 0], "quadratic_tail": [2, 1]}`
	}
	for _, c := range []struct {
		name   string
		format Format // expected
		text   string
		f      func(v []int8) float64
	}{
		{"file.rud", EdgeList, "3 2\n1 2 1.5\n3 2 -0.25\n", plain},
		{"dimacs", EdgeList, "c a graph\np edge 3 2\ne 1 2 1.5\ne 3 2 -0.25\n", plain},
		{"file.coo", COO, "# vartype=SPIN\n0 1 1.500000\n1 2 -0.250000\n", plain},
		{"from 1.coo", COO, "# vartype=SPIN\n1 2 1.500000\n2 3 -0.250000\n", plain},
		{"fields.coo", COO, "\n# a comment, vartype: SPIN\n0 0 2\n0 1 1.500000\n2 2 -1\n2 1 -0.250000\n", fields},
		{"binary.coo", COOBinary, "# vartype=BINARY\n0 0 2\n0 1 1.5\n1 2 -.25\n2 2 -1\n", binary},
		{"spin.json", BQM, bqm("SPIN", "[0, 1, 2]", "[0, 0, 0]"), shifted(plain)},
		{"fields.json", BQM, bqm("SPIN", `["a", ["b", 1], 2.5]`, "[2.0, 0.0, -1.0]"), shifted(fields)},
		{"binary.json", BQMBinary, bqm("BINARY", "[0, 1, 2]", "[2, 0, -1]"), shifted(binary)},
		{"permuted.json", BQM, strings.NewReplacer(`"quadratic_head": [1, 0], "quadratic_tail": [2, 1]`, `"quadratic_head": [2, 2], "quadratic_tail": [0, 1]`).
			Replace(bqm("SPIN", "[2, 0, 1]", "[-1, 2, 0]")), shifted(fields)},
		{"old.json", BQM, `{"info": {}, "linear_terms": [{"bias": 2.0, "label": ["a", 1]}, {"bias": 0, "label": "b"}, {"bias": -1.0, "label": 7}], "offset": 7.5,
"quadratic_terms": [{"bias": 1.5, "label_head": "b", "label_tail": ["a",
 1]}, {"bias": -0.25, "label_head": 7, "label_tail": "b"}], "variable_labels": [["a",1], "b", 7], "variable_type": "SPIN", "version": {"bqm_schema": "1.0.0", "dimod": "0.6.3"}}`, shifted(fields)},
		{"file.qubo", QUBO, "c qbsolv\np qubo 0 3 2 2\n0 0 2\n2 2 -1\n0 1 1.5\n1 2 -0.25\n", binary},
		{"file.sparse", QS, "# Biq Mac\n3 4\n1 1 2\n3 3 -1\n1 2 0.75\n2 3 -0.125\n", binary},
		{"file.spin", Native, "# spinlearn instance v1 sites=3 bonds=2\n0 1 -1.5\n1 2 0.25\n", func(v []int8) float64 { return -plain(v) }},
		{"ghost.spin", Native, "# spinlearn instance v1 sites=4 ghost=yes bonds=4 offset=-7.5\n0 1 -1.5\n1 2 0.25\n0 3 -2\n2 3 1\n", func(v []int8) float64 { return -fields(v) + 7.5 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, set := range []*Settings{nil, {Sign: Minus}, {Format: c.format}} {
				f, err := Read(strings.NewReader(c.text), c.name, set)
				if err != nil {
					t.Fatal(err)
				}
				if f.Format != c.format || f.Vertices() != 3 {
					t.Fatalf("format %s with %d vertices, want %s with 3", f.Format, f.Vertices(), c.format)
				}
				for v := range configurations(3) {
					if got, want := float64(f.Sign)*(f.Energy(f.SiteSpins(v))+f.Offset), c.f(v); math.Abs(got-want) > rounding {
						t.Errorf("%v: f = %v, want %v", v, got, want)
					}
					s := f.SiteSpins(v)
					if f.Ghost { // both spins of the ghost mean the same
						for i := range s {
							s[i] = -s[i]
						}
					}
					if !slices.Equal(f.VertexSpins(s), v) {
						t.Errorf("%v comes back as %v", v, f.VertexSpins(s))
					}
				}
				for _, to := range Formats() {
					if to == Native {
						continue // fixes the sign
					}
					sign := Plus
					if set != nil && set.Sign == Minus {
						sign = Minus
					}
					text := written(t, f, &Settings{Format: to, Sign: sign})
					again, err := Read(strings.NewReader(text), "file."+string(to), &Settings{Format: to, Sign: sign})
					if err != nil {
						t.Fatalf("%v\n%s", err, text)
					}
					compareEnergies(t, f, again)
					constant, err := f.Constant(&Settings{Format: to, Sign: sign})
					if err != nil {
						t.Fatal(err)
					}
					v := []int8{1, -1, -1, 1}[:again.Vertices()]
					here, there := f.Energy(f.SiteSpins(v[:3]))+f.Offset, again.Energy(again.SiteSpins(v))+again.Offset
					if math.Abs(here-there-constant) > rounding {
						t.Errorf("%s: H = %v, written %v and the constant %v", to, here, there, constant)
					}
				}
				again := read(t, written(t, f, &Settings{Format: Native}), nil)
				compareEnergies(t, f, again)
				if again.Offset != f.Offset || again.Ghost != f.Ghost {
					t.Errorf("offset %v, ghost %v, want %v, %v", again.Offset, again.Ghost, f.Offset, f.Ghost)
				}
			}
		})
	}
}

// compareEnergies checks that two files have the same couplings and fields, on all
// configurations of a few spins. Constants count only where both formats keep them.
func compareEnergies(t *testing.T, a, b *File) {
	t.Helper()
	keep := func(f *File) bool {
		return f.Format == BQM || f.Format == BQMBinary || f.Format == Native
	}
	for v := range configurations(a.Vertices()) {
		w := v
		if b.Vertices() == len(v)+1 { // the ghost has become a vertex
			w = append(slices.Clone(v), 1)
		}
		got, want := b.Energy(b.SiteSpins(w)), a.Energy(a.SiteSpins(v))
		if keep(a) && keep(b) {
			got, want = got+b.Offset, want+a.Offset
		}
		if math.Abs(got-want) > rounding+a.Rounding() {
			t.Fatalf("%s to %s: %v has the energy %v, want %v", a.Format, b.Format, v, got, want)
		}
	}
}

func readAs(t testing.TB, text string, format Format, sign Sign) *File {
	t.Helper()
	name := "file"
	if format == QS {
		name = "file.qs" // the only format that the content does not tell
	}
	f, err := Read(strings.NewReader(text), name, &Settings{Sign: sign})
	if err != nil {
		t.Fatal(err)
	}
	if f.Format != format {
		t.Fatalf("%s is recognised as %s", format, f.Format)
	}
	return f
}

func signs(format Format) []Sign {
	if format == Native {
		return []Sign{Default}
	}
	return []Sign{Plus, Minus}
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

func TestRoundTripOfFormats(t *testing.T) {
	scaled := func(in *ising.Instance) *ising.Instance {
		J := slices.Clone(in.J)
		for k := range J {
			J[k] *= math.Pow(10, float64(k%40-20)) // all sizes beside each other
		}
		out, err := ising.NewInstance(in.Lattice, J)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, l := range [][2]string{{"8x12", "periodic"}, {"9x6", "cylinder"}, {"5x7", "free"}, {"4x5x6", "periodic"}} {
		gaussian := drawn(t, l[0], l[1], ising.Ensemble{Couplings: ising.Gaussian}, 3)
		diluted := drawn(t, l[0], l[1], ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5, Dilution: 0.15}, 4)
		for name, in := range map[string]*ising.Instance{"gaussian": gaussian, "diluted": diluted, "all sizes": scaled(gaussian)} {
			for _, format := range Formats() {
				for _, sign := range signs(format) {
					t.Run(fmt.Sprint(l, name, format, sign), func(t *testing.T) {
						text := written(t, &File{Instance: in}, &Settings{Format: format, Sign: sign})
						got := readAs(t, text, format, sign)
						if !got.Equal(in.Lattice) || got.Site != nil || got.Ghost {
							t.Fatalf("lattice %v, ghost %v, want %v", got.Lattice, got.Ghost, in.Lattice)
						}
						if !sameBits(got.J, in.J) {
							t.Error("couplings differ")
						}
						if again := written(t, got, &Settings{Format: format, Sign: sign}); again != text {
							t.Error("the text differs when written again")
						}
					})
				}
			}
		}
	}
}

// Random functions with fields and constants keep their energies through every format.
func TestRoundTripOfFields(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 2))
		n := 2 + rng.IntN(6)
		var b strings.Builder
		fmt.Fprintln(&b, "# vartype=SPIN")
		for i := range n {
			fmt.Fprintln(&b, i, i, float64(rng.IntN(2))*rng.NormFloat64())
			for j := range i {
				if rng.IntN(2) == 0 {
					fmt.Fprintln(&b, i, j, rng.NormFloat64())
				}
			}
		}
		f := read(t, b.String(), nil)
		f.Offset = rng.NormFloat64()
		for _, format := range Formats() {
			for _, sign := range signs(format) {
				compareEnergies(t, f, readAs(t, written(t, f, &Settings{Format: format, Sign: sign}), format, sign))
			}
		}
	}
}

func TestShuffledVerticesInFormats(t *testing.T) {
	in := drawn(t, "6x7", "periodic", ising.Ensemble{Couplings: ising.Gaussian}, 1)
	rng := rand.New(rand.NewPCG(1, 1))
	label := rng.Perm(42)
	var b strings.Builder
	fmt.Fprintln(&b, 42, 84)
	for k, v := range in.J {
		i, j := in.Ends(k)
		fmt.Fprintln(&b, label[i]+1, label[j]+1, v)
	}
	f := read(t, b.String(), nil)
	v := randomSpins(42, rng)
	for _, format := range Formats() {
		got := readAs(t, written(t, f, &Settings{Format: format}), format, Default)
		if !got.Equal(f.Lattice) || !slices.Equal(got.Site, f.Site) || !sameBits(got.J, f.J) {
			t.Errorf("%s: %v with sites %v, want %v with %v", format, got.Lattice, got.Site, f.Lattice, f.Site)
		}
		if got, want := got.Energy(got.SiteSpins(v)), f.Energy(f.SiteSpins(v)); got != want {
			t.Errorf("%s: energy %v, want %v", format, got, want)
		}
	}
}

func TestPublishedInstancesInFormats(t *testing.T) {
	m, err := os.Open(filepath.Join(instances, "manifest.csv"))
	if err != nil {
		t.Skip("published instances are not here: ", err)
	}
	defer m.Close()
	rows, err := csv.NewReader(m).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		f, err := Open(filepath.Join(instances, row[0]), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range Formats() {
			got := readAs(t, written(t, f, &Settings{Format: format}), format, Default)
			if !got.Equal(f.Lattice) || !sameBits(got.J, f.J) || got.Ghost || math.Abs(got.Total) != math.Abs(f.Total) {
				t.Errorf("%s as %s: %v, total %v, want %v, %v", row[0], format, got.Lattice, got.Total, f.Lattice, f.Total)
			}
		}
	}
}

func TestNativeHeader(t *testing.T) {
	e := ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.3, Dilution: 0.125}
	in := drawn(t, "3x4x3", "free,periodic,periodic", e, 1)
	text := written(t, &File{Instance: in, Ensemble: &e}, &Settings{Format: Native})
	first, _, _ := strings.Cut(text, "\n")
	if want := fmt.Sprintf("# spinlearn instance v1 shape=3x4x3 boundary=cylinder bonds=%d couplings=pm negative=0.3 dilution=0.125", strings.Count(text, "\n")-1); first != want {
		t.Errorf("header %q, want %q", first, want)
	}
	f := read(t, text, nil)
	if f.Format != Native || f.Sign != Minus || f.Ensemble == nil || *f.Ensemble != e || !f.Equal(in.Lattice) || !sameBits(f.J, in.J) {
		t.Errorf("%v %v %v", f.Format, f.Ensemble, f.Lattice)
	}
	if _, err := Read(strings.NewReader(text), "file", &Settings{Sign: Plus}); err == nil || !strings.Contains(err.Error(), "file: instancefile: invalid settings: sign plus") {
		t.Errorf("sign plus: %v", err)
	}
	// The header alone says the lattice, even where no bond is left.
	if f := read(t, "# spinlearn instance v1 shape=3x3 boundary=periodic bonds=0\n", nil); f.Lattice.String() != "3x3 periodic" {
		t.Errorf("lattice %v", f.Lattice)
	}
}

func TestFormatRefusals(t *testing.T) {
	bqm := func(edit ...string) string {
		return strings.NewReplacer(edit...).Replace(`{"version": {"bqm_schema": "3.0.0"},
"variable_type": "SPIN",
"variable_labels": [0, 1],
"offset": 0,
"linear_biases": [0, 0],
"quadratic_biases": [1],
"quadratic_head": [0],
"quadratic_tail": [1]}`)
	}
	if _, err := Read(strings.NewReader(bqm()), "file", nil); err != nil {
		t.Fatal(err)
	}
	native := "# spinlearn instance v1 "
	for _, c := range []struct {
		name, text, want string
		format           Format
	}{
		{"coo: empty", "# vartype=SPIN\n", "file:1: no bond", ""},
		{"coo: type", "#\n# vartype=REAL\n0 1 1\n", `file:2: vartype "REAL"`, ""},
		{"coo: other type", "# vartype=SPIN\n0 1 1\n", `file:1: vartype "SPIN", want`, COOBinary},
		{"coo: two fields", "# vartype=SPIN\n0 1\n", "file:2: 2 fields", ""},
		{"coo: word", "# vartype=SPIN\n0 a 1\n", `file:2: vertex "a"`, ""},
		{"coo: huge", "# vartype=SPIN\n0 1152921504606846976 1\n", `file:2: vertex "1152921504606846976"`, ""},
		{"coo: gap", "# vartype=SPIN\n0 1 1\n1 16000000 1\n", "file:3: 16000001 vertices for 2 bonds", ""},
		{"coo: negative", "# vartype=SPIN\n0 -1 1\n", `file:2: vertex "-1"`, ""},
		{"coo: twice", "# vartype=SPIN\n0 1 1\n1 0 1\n", "file:3: bond of vertices 1 and 0 again, it stands in line 2", ""},
		{"coo: twice, from 1", "# vartype=SPIN\n1 2 1\n2 1 1\n", "file:3: bond of vertices 2 and 1 again, it stands in line 2", ""},
		{"coo: field twice", "# vartype=SPIN\n0 0 1\n0 1 1\n0 0 1\n", "file:4: field of vertex 0 again, it stands in line 2", ""},
		{"coo: large field", "# vartype=SPIN\n0 0 1e300\n0 1 1\n", "file:2: coupling 1e+300", ""},
		{"binary: tiny", "# vartype=BINARY\n0 1 1e-30\n", "file:2: coupling 2.5e-31", ""},
		{"binary: large sum", "# vartype=BINARY\n0 0 1.7e308\n1 1 1.7e308\n2 2 1.7e308\n0 1 1\n", "file:5: the sum of the terms is not finite", ""},

		{"bqm: no object", "{", "file:1: no JSON", ""},
		{"bqm: NaN", bqm("[1]", "[NaN]"), "file:6: no JSON: invalid character 'N'", ""},
		{"bqm: after", bqm() + "\n\n{", "file:10: no JSON", ""},
		{"bqm: string", bqm("[1],", `["1"],`), `file:6: quadratic_biases[0] is "\"1\"", want a number`, ""},
		{"bqm: large number", bqm("[1],", "[1e999],"), `file:6: quadratic_biases[0] is "1e999", which is too large`, ""},
		{"bqm: bytes", bqm(`"offset"`, `"use_bytes": true, "offset"`), "file:4: use_bytes is true", ""},
		{"bqm: type", bqm("SPIN", "INTEGER"), `file:2: variable_type "INTEGER"`, ""},
		{"bqm: schema", bqm("3.0.0", "2.0.0"), `file:1: bqm_schema "2.0.0"`, ""},
		{"bqm: no schema", "{}", `file:1: variable_type ""`, ""},
		{"bqm: labels", bqm("[0, 1]", "[0, 0]"), `file:3: label "0" stands twice`, ""},
		{"bqm: no labels", bqm("[0, 1]", "[]"), "file:3: 0 variable_labels", ""},
		{"bqm: linear", bqm("[0, 0]", "[0]"), "file:5: 1 linear_biases for 2 variables", ""},
		{"bqm: head", bqm("[0],", "[],"), "file:6: 1 quadratic_biases, but 0 quadratic_head and 1 quadratic_tail", ""},
		{"bqm: beyond", bqm("[0],", "[2],"), `file:7: quadratic_head[0] is "2", want 0 to 1`, ""},
		{"bqm: negative", bqm("[0],", "[-1],"), `file:7: quadratic_head[0] is "-1", want 0 to 1`, ""},
		{"bqm: loop", bqm("[0],", "[1],"), "file:6: quadratic_biases[0] joins the variable 1 to itself", ""},
		{"bqm: twice", bqm("[1],", "[1, 1],", "[0],", "[0, 1],", "[1]}", "[1, 0]}"), "file:6: bond of vertices 1 and 0 again", ""},
		{"bqm: old", `{"version": {"bqm_schema": "1.0.0"}, "variable_type": "SPIN", "variable_labels": ["a"],` + "\n" + `"linear_terms": [{"bias": 1}]}`, "file:2: linear term 0 has the label", ""},
		{"bqm: old loop", `{"version": {"bqm_schema": "1.0.0"}, "variable_type": "SPIN", "variable_labels": ["a"],` + "\n" + `"quadratic_terms": [{"bias": 1, "label_head": "a", "label_tail": "a"}]}`, "file:2: quadratic term 0 joins", ""},

		{"qubo: header", "p qubo 0 3 1\n", "file:1: no header", ""},
		{"qubo: topology", "p qubo 1 3 0 0\n", `file:1: topology "1"`, ""},
		{"qubo: counts", "p qubo 0 3 X 0\n", `file:1: number of bonds "X"`, ""},
		{"qubo: few", "p qubo 0 3 1 1\n0 0 1\n", "file:2: the file ends after 1 bonds, the header in line 1 announces 2", ""},
		{"qubo: many", "p qubo 0 3 1 1\n0 0 1\n1 1 1\n", "file:3: more than the 1 diagonal and 1 other terms", ""},
		{"qubo: beyond", "p qubo 0 3 1 1\n3 3 1\n", `file:2: vertex "3", want an integer from 0 to 2`, ""},
		{"qs: few", "3 2\n1 1 1\n", "file:2: the file ends after 1 bonds", QS},
		{"qs: many", "3 1\n1 1 1\n1 2 1\n", "file:3: more than the 1 bonds", QS},
		{"qs: bare", "3 1\n1 1\n", "file:2: 2 fields", QS},
		{"qs: not named", "3 2\n1 1 1\n1 2 1\n", "file:2: vertex 1 twice: this is a field of a spin or an entry of a matrix of 0-1 variables; give --from edgelist for fields, --from qs", ""},
		{"qs: transposed too", "3 2\n1 2 1\n2 1 2\n", "file:3: bond of vertices 2 and 1 again, it stands in line 2 with another weight", QS},
		{"qs: header of three", "3 2 1\n1 2 1\n2 1 2\n", "file:1: header of 3 fields, want two", QS},

		{"dimacs: kind", "p edge 3 1\na 1 2 1\n", `file:2: line of kind "a"`, ""},
		{"dimacs: header", "p edge 3\n", "file:1: header of 1 field, want two", ""},

		{"native: version", "# spinlearn instance v2 sites=3 bonds=0\n", `file:1: version "v2"`, ""},
		{"native: key", native + "sites=3 bonds=0 colour=red\n", `file:1: unknown key "colour"`, ""},
		{"native: key twice", native + "sites=3 sites=3 bonds=0\n", `file:1: "sites=3" in the header`, ""},
		{"native: no value", native + "sites bonds=0\n", `file:1: "sites" in the header`, ""},
		{"native: no bonds", native + "sites=3\n", "file:1: header does not give the number of bonds", ""},
		{"native: no boundary", native + "shape=3x3 bonds=0\n", "file:1: header wants either", ""},
		{"native: both", native + "shape=3x3 boundary=free sites=9 bonds=0\n", "file:1: header wants either", ""},
		{"native: boundary", native + "shape=3x3 boundary=torus bonds=0\n", `file:1: ising: invalid lattice: boundary "torus"`, ""},
		{"native: shape", native + "shape=3 boundary=free bonds=0\n", "file:1: ising: invalid lattice", ""},
		{"native: huge shape", native + "shape=1073741824x1073741824 boundary=free bonds=0\n", "file:1: shape 1073741824x1073741824 has more than", ""},
		{"native: huge sites", native + "sites=1152921504606846976 bonds=0\n", "file:1: 1152921504606846976 sites", ""},
		{"native: lonely", native + "shape=4000x4000 boundary=free bonds=1\n0 1 1\n", "file:1: 16000000 vertices for 1 bonds", ""},
		{"native: couplings", native + "sites=3 bonds=0 couplings=odd\n", "file:1: ising: invalid ensemble", ""},
		{"native: dilution", native + "sites=3 bonds=0 couplings=pm dilution=2\n", "file:1: ising: invalid ensemble", ""},
		{"native: offset", native + "sites=3 bonds=0 offset=NaN\n", `file:1: "offset=NaN" is not valid, want a decimal number`, ""},
		{"native: ghost", native + "sites=3 bonds=0 ghost=no\n", `file:1: "ghost=no" is not valid`, ""},
		{"native: no neighbours", native + "shape=3x3 boundary=free bonds=2\n0 1 1\n0 2 1\n", "file:3: sites 0 and 2 are no neighbours on the lattice 3x3 free", ""},
		{"native: few", native + "sites=3 bonds=2\n0 1 1\n", "file:2: the file ends after 1 bonds", ""},
		{"native: many", native + "sites=3 bonds=1\n0 1 1\n1 2 1\n", "file:3: more than the 1 bonds", ""},
		{"native: twice", native + "shape=3x3 boundary=free bonds=2\n0 1 1\n1 0 1\n", "file:3: bond of vertices 1 and 0 again", ""},
		{"native: bare", native + "sites=3 bonds=1\n0 1\n", "file:2: 2 fields", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text), "file", &Settings{Format: c.format})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %.300v, want %s…", err, c.want)
			}
		})
	}
	if _, err := ParseFormat("xml"); err == nil {
		t.Error("format xml was accepted")
	}
	if _, err := Read(strings.NewReader(""), "file", &Settings{Format: "xml"}); err == nil {
		t.Error("format xml was read")
	}
}

// A field below the rounding of its terms is none, a larger one is.
func TestFieldsOfRoundedTerms(t *testing.T) {
	for last, ghost := range map[string]bool{"-0.30000000000000004": false, "-0.3": false, "-0.30000000000001": true} {
		f := read(t, "# vartype=BINARY\n0 1 0.2\n1 2 0.4\n0 0 -0.1\n1 1 "+last+"\n2 2 -0.2\n", nil)
		if f.Ghost != ghost {
			t.Errorf("diagonal %s: ghost %v, want %v", last, f.Ghost, ghost)
		}
	}
}

func FuzzFormats(f *testing.F) {
	in := drawn(f, "3x4", "cylinder", ising.Ensemble{Couplings: ising.Gaussian}, 1)
	fields := read(f, "# vartype=SPIN\n0 0 1.5\n0 1 -1\n1 2 0.25\n2 2 -1\n", nil)
	for k, format := range Formats() {
		for _, file := range []*File{{Instance: in}, fields} {
			f.Add(written(f, file, &Settings{Format: format}), uint8(k), true)
			f.Add(written(f, file, &Settings{Format: format}), uint8(0xff), false)
		}
	}
	f.Fuzz(func(t *testing.T, text string, k uint8, plus bool) {
		set := &Settings{Sign: Minus}
		if int(k) < len(Formats()) {
			set.Format = Formats()[k]
		}
		if plus && set.Format != Native {
			set.Sign = Plus
		}
		in, err := Read(strings.NewReader(text), "file", set)
		if err != nil {
			if !errors.As(err, new(*SyntaxError)) && !errors.Is(err, ErrSettings) {
				t.Fatalf("%v is no SyntaxError", err)
			}
			return
		}
		if _, err := ising.NewInstance(in.Lattice, in.J); err != nil {
			t.Fatal(err)
		}
		v := randomSpins(in.Vertices(), rand.New(rand.NewPCG(1, 1)))
		want := in.Energy(in.SiteSpins(v))
		for _, format := range []Format{in.Format, EdgeList, Native} {
			again, err := Read(strings.NewReader(written(t, in, &Settings{Format: format})), "file", &Settings{Format: format})
			if err != nil {
				if strings.Contains(err.Error(), "vertices for") || strings.Contains(err.Error(), "coupling") {
					continue // bonds of weight 0, or quarters of the smallest coupling, are gone
				}
				t.Fatalf("%s to %s: %v", in.Format, format, err)
			}
			w := v
			if again.Vertices() == len(v)+1 {
				w = append(slices.Clone(v), 1)
			}
			if again.Vertices() != len(w) {
				t.Fatalf("%s to %s: %d vertices, want %d", in.Format, format, again.Vertices(), len(w))
			}
			if got := again.Energy(again.SiteSpins(w)); math.Abs(got-want) > in.Rounding() {
				t.Fatalf("%s to %s: energy %v, want %v", in.Format, format, got, want)
			}
		}
	})
}
