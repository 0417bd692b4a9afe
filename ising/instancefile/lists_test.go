package instancefile

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// minimum returns the least energy of a file over all configurations of its spins.
func minimum(f *File) float64 {
	least := math.Inf(1)
	for v := range configurations(f.Vertices()) {
		least = min(least, f.Energy(f.SiteSpins(v))+f.Offset)
	}
	return least
}

const ladder = "1 2 1.5\n2 3 -0.5\n1 4 0.25\n4 5 -1\n5 6 2\n2 5 -0.75\n3 6 1\n" // one frustrated plaquette

// from0 counts the vertices of the ladder from 0.
var from0 = strings.NewReplacer("1 2 1.5", "0 1 1.5", "2 3 ", "1 2 ", "1 4", "0 3", "4 5", "3 4", "5 6", "4 5", "2 5", "1 4", "3 6", "2 5").Replace(ladder)

// turned has the other direction of every bond of the ladder.
var turned = "2 1 1.5\n3 2 -0.5\n4 1 0.25\n5 4 -1\n6 5 2\n5 2 -0.75\n6 3 1\n"

// Every way to write a list of bonds whose meaning is certain is read as that.
func TestLists(t *testing.T) {
	weightless := func(text string) string {
		var b strings.Builder
		for line := range strings.Lines(text) {
			f := strings.Fields(line)
			fmt.Fprintln(&b, f[0], f[1])
		}
		return b.String()
	}
	for _, c := range []struct {
		name, text string
		set        Settings
		format     Format
		vertices   int
		energy     float64
		notes      string
	}{
		{"plain", "6 7\n" + ladder, Settings{}, EdgeList, 6, -7, ""},
		{"seed.rud", "6 7 2024\n" + ladder, Settings{}, EdgeList, 6, -7, `passed over in the header: "2024"`},
		{"seed.txt", "6 7 2024\n" + ladder, Settings{Format: EdgeList}, EdgeList, 6, -7, `passed over in the header: "2024"`},
		{"seed and energy", "6 7 2024 -7\n" + ladder, Settings{}, EdgeList, 6, -7, `passed over in the header: "2024" "-7"`},
		{"words", "6 7 seed\x1b[31m\n" + ladder, Settings{}, EdgeList, 6, -7, `passed over in the header: "seed\x1b[31m"`},
		{"third number, far vertex", "4 6 9\n1 2 1\n1 3 1\n1 4 1\n2 3 1\n2 4 1\n3 4 1\n", Settings{}, EdgeList, 4, -2, `passed over in the header: "9"`},
		{"more vertices", "9 7 1\n" + ladder, Settings{}, EdgeList, 9, -7, `passed over in the header: "1"`},
		{"dimacs with more", "p edge 2 1 77\ne 1 2 3\n", Settings{}, EdgeList, 2, -3, `passed over in the header: "77"`},
		{"comment behind", "6 7 # n m\n" + strings.ReplaceAll(ladder, "\n", " # a bond\n"), Settings{}, EdgeList, 6, -7, ""},

		{"no header", ladder, Settings{}, COO, 6, -7, "no header"},
		{"no header, from 0", from0, Settings{}, COO, 6, -7, "no header; vertices counted from 0"},
		{"no header, given", "3 2 1\n2 1 1\n", Settings{Format: COO}, COO, 3, -2, "no header"},
		{"no header.el", "3 2 1\n2 1 1\n1 3 1\n3 4 1\n", Settings{}, COO, 4, -2, "no header"},
		{"no header, 0 at the second end", "2 0 1\n0 1 1\n", Settings{}, COO, 3, -2, "no header; vertices counted from 0"},
		{"no bond", "5 0\n", Settings{}, EdgeList, 5, 0, ""},
		{"one bond", "1 2 0.5\n", Settings{}, COO, 2, -0.5, "no header"},
		{"pairs.el", "3 1\n1 2\n2 0\n0 3\n3 2\n", Settings{}, COO, 4, -3, "no header; vertices counted from 0; bonds without a weight have weight 1"},
		{"pairs", "0 1\n1 2\n2 0\n", Settings{}, COO, 3, -1, "no header; vertices counted from 0; bonds without a weight have weight 1"},
		{"pairs from 1", "1 2\n2 3\n3 1\n", Settings{}, COO, 3, -1, "no header; bonds without a weight have weight 1"},
		{"header of pairs", "6 7\n" + weightless(ladder), Settings{Format: EdgeList}, EdgeList, 6, -7, "bonds without a weight have weight 1"},
		{"header of pairs, far vertex", "4 6\n1 2\n1 3\n1 4\n2 3\n2 4\n3 4\n", Settings{}, EdgeList, 4, -2, "bonds without a weight have weight 1"},

		{"from 0", "6 7\n" + from0, Settings{}, EdgeList, 6, -7, "vertices counted from 0"},
		{"from 0, dimacs", "p edge 2 1\ne 0 1 3\n", Settings{}, EdgeList, 2, -3, "vertices counted from 0"},
		{"from 0.qs", "2 2\n0 0 1\n0 1 -1\n", Settings{}, QS, 2, -1, "vertices counted from 0"},

		{"fields", "4 4\n1 1 0.5\n1 2 -1\n2 3 0.75\n3 4 0.25\n", Settings{Format: EdgeList}, EdgeList, 4, -2.5, ""},
		{"fields, header of bonds", "4 3\n1 1 0.5\n1 2 -1\n2 3 0.75\n3 4 0.25\n", Settings{Format: EdgeList}, EdgeList, 4, -2.5, ""},
		{"fields.sg", "4 4\n1 1 0.5\n1 2 -1\n2 3 0.75\n3 4 0.25\n", Settings{}, EdgeList, 4, -2.5, ""},
		{"fields, no header", "0 0 0.5\n0 1 -1\n1 2 0.75\n2 3 0.25\n", Settings{Format: COO}, COO, 4, -2.5, "no header; vertices counted from 0"},
		{"0-1 variables, no header", "0 0 -3\n0 1 1\n1 1 1\n", Settings{Format: COOBinary}, COOBinary, 2, -3, "no header; vertices counted from 0"},

		{"both directions, all counted", "6 14\n" + ladder + turned, Settings{}, EdgeList, 6, -7, "every bond stands in both directions and counts once"},
		{"both directions, bonds counted", "6 7\n" + turned + ladder, Settings{}, EdgeList, 6, -7, "every bond stands in both directions and counts once"},
		{"both directions, no header", ladder + turned, Settings{}, COO, 6, -7, "no header; every bond stands in both directions and counts once"},
		{"both directions and fields", "2 3\n1 1 3\n1 2 1\n2 1 1\n", Settings{Format: EdgeList}, EdgeList, 2, -4, "every bond stands in both directions and counts once"},
		{"symmetric.qs", "2 4\n1 1 -1\n1 2 2\n2 1 2\n2 2 -6\n", Settings{}, QS, 2, -6, "every bond stands in both directions and counts once"},

		{"commas", "6,7\n" + strings.ReplaceAll(ladder, " ", ","), Settings{}, EdgeList, 6, -7, ""},
		{"commas and blanks", strings.ReplaceAll(from0, " ", " , "), Settings{}, COO, 6, -7, "no header; vertices counted from 0"},
		{"returns", strings.ReplaceAll("6 7\n"+ladder, "\n", "\r"), Settings{}, EdgeList, 6, -7, ""},
		{"dimod counts from 0", "# vartype=SPIN\n0 1 1\n", Settings{}, COO, 2, -1, ""},
		{"tabs", "6\t7\r\n" + strings.ReplaceAll(strings.ReplaceAll(ladder, " ", "\t"), "\n", "\r\n"), Settings{}, EdgeList, 6, -7, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Read(strings.NewReader(c.text), c.name, &c.set)
			if err != nil {
				t.Fatal(err)
			}
			if f.Format != c.format || f.Vertices() != c.vertices || strings.Join(f.Notes, "; ") != c.notes {
				t.Errorf("format %s, %d vertices, notes %q, want %s, %d, %q", f.Format, f.Vertices(), f.Notes, c.format, c.vertices, c.notes)
			}
			if got := minimum(f); math.Abs(got-c.energy) > rounding {
				t.Errorf("least energy %v, want %v", got, c.energy)
			}
		})
	}
}

// What may mean two things, or contradicts itself, is refused with both readings or the
// true cause. No header becomes a bond.
func TestAmbiguousLists(t *testing.T) {
	const either = "file:1: this is either the header (4 vertices, 3 bonds) or a bond of the vertices 4 and 3: give --from edgelist if it is the header, --from coo if it is a bond"
	const only = "(only if line 1 is itself a bond and no header, give --from coo)"
	for _, c := range []struct {
		name, text, want string
		format           Format
	}{
		{"three numbers", "4 3 1\n1 2 1\n2 3 1\n1 4 1\n", either, ""},
		{"pairs", "4 3\n1 2\n2 3\n1 4\n", either, ""},
		{"next vertex", "6 7 2024\n" + ladder, "file:1: this is either the header (6 vertices, 7 bonds) or a bond", ""},
		{"too many announced", "6 8 2024\n" + ladder, "file:8: the file ends after 7 bonds, the header in line 1 announces 8 " + only, ""},
		{"too few announced", "6 6 2024\n" + ladder, "file:8: more than the 6 bonds of the header in line 1 " + only, ""},
		{"vertex above", "5 7 2024\n" + ladder, "file:6: vertex 6, want 1 to 5: the header in line 1 announces 5 vertices " + only, ""},
		{"far too many announced", "6 70 2024\n" + ladder, "file:8: the file ends after 7 bonds, the header in line 1 announces 70 " + only, ""},
		{"none announced", "6 0 2024\n" + ladder, "file:2: more than the 0 bonds of the header in line 1 " + only, ""},
		{"bonds before vertices", "2 9 77\n1 2 1\n2 3 1\n", "file:3: vertex 3, want 1 to 2: the header in line 1 announces 2 vertices " + only, ""},
		{"header as a bond", "6 9 2024\n1 2 1\n2 3 1\n1 3 1\n4 5 1\n5 6 1\n4 6 1\n1 4 1\n2 5 1\n3 6 1\n", "file:1: this is the header of the 9 lines that follow and no bond; give --from edgelist", COO},
		{"header of two as a bond", "6 7\n" + ladder, "file:1: this is the header of the 7 lines", COO},
		{"wrong header of two", "6 8\n" + ladder, "file:1: 2 fields, want two vertices and a weight", COO},
		{"four fields", "6 8 1 1\n" + ladder, "file:8: the file ends after 7 bonds", ""},
		{"header wanted", "0 1 1\n1 2 1\n", `file:1: number of vertices "0"`, EdgeList},
		{"mixed lines", "1 2 1\n2 3\n", "file:1: no header, and some bonds with a weight and some without", ""},

		{"fields", "4 4\n1 1 0.5\n1 2 -1\n2 3 0.75\n3 4 0.25\n", "file:2: vertex 1 twice: this is a field of a spin or an entry of a matrix of 0-1 variables; give --from edgelist for fields, --from qs for 0-1 variables", ""},
		{"fields without a header", "0 1 1\n1 1 -1\n1 2 1\n", "file:2: vertex 1 twice: this is a field of a spin or an entry of a matrix of 0-1 variables; give --from coo for fields, --from coo-binary for 0-1 variables", ""},
		{"two fields of one", "2 3\n1 1 1\n1 2 1\n1 1 1\n", "file:4: field of vertex 1 again, it stands in line 2", EdgeList},

		{"other weight", "2 2\n1 2 1\n2 1 2\n", "file:3: bond of vertices 2 and 1 again, it stands in line 2 with another weight", ""},
		{"some in both", "3 3\n1 2 1\n2 1 1\n2 3 1\n", "file:3: bond of vertices 2 and 1 again, it stands in line 2 in the other direction, and not all bonds stand in both", ""},
		{"dimod sums", "# vartype=SPIN\n0 1 1\n1 0 1\n", "file:3: bond of vertices 1 and 0 again", ""},
		{"0-1 in both", "0 1 1\n1 0 1\n", "file:2: bond of vertices 1 and 0 again", COOBinary},

		{"words", "i,j,w\n0,1,0.5\n", `file:1: a line of words ("i" …), want numbers; if it names the columns, put # in front of it`, ""},
		{"semicolons", "0;1;0.5\n", "file:1: fields separated by semicolons", ""},
		{"semicolons and blanks", "2 1\n1; 2; 3\n", `file:2: vertex "1;", want an integer (fields are separated by`, ""},
		{"commas and blanks", "2 1\n1, 2 3\n", `file:2: vertex "1,", want an integer (fields are separated by`, ""},
		{"empty fields", "2 1\n1,,3\n", `file:2: 1 field, want two vertices`, ""},
		{"decimal comma", "0 1 0,5\n1 2 1\n", `file:1: weight "0,5", want a decimal number with a point and no comma`, ""},
		{"sizes of a matrix", "# was %%MatrixMarket\n3 3 2\n2 1 1\n3 2 1\n", "file:2: these are the sizes of a matrix (rows, columns, entries), want the numbers of vertices and bonds: 3 2", ""},
		{"sizes of a full matrix", "3 3 3\n2 1 1\n3 2 1\n3 1 1\n", "file:1: these are the sizes of a matrix (rows, columns, entries), want the numbers of vertices and bonds: 3 3", ""},
		{"matrix market", "%%MatrixMarket matrix coordinate real symmetric\n3 3 2\n2 1 1\n3 2 1\n", "file:1: lines that begin with % are no comments", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Read(strings.NewReader(c.text), "file", &Settings{Format: c.format})
			if f != nil || !errors.As(err, new(*SyntaxError)) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error %v, want %s…", err, c.want)
			}
		})
	}
}

// A list without a header that is cut off anywhere is never taken for one with.
func TestHeaderIsNoBond(t *testing.T) {
	lines := slices.Collect(strings.Lines("6 7 2024\n" + ladder))
	for n := 1; n < len(lines); n++ {
		for _, name := range []string{"cut.rud", "cut.el", "cut"} {
			if f, err := Read(strings.NewReader(strings.Join(lines[:n], "")), name, nil); err == nil && name != "cut.el" || err == nil && n < 6 {
				t.Errorf("%s: %d lines of 8 are read as %v, %q", name, n, f.Lattice, f.Notes)
			}
		}
	}
}

func TestSignOfFiles(t *testing.T) {
	const list, dimod = "3 2\n1 2 1\n2 3 -2\n", "# vartype=SPIN\n0 1 1\n1 2 -2\n"
	json := written(t, read(t, dimod, nil), &Settings{Format: BQM})
	for _, c := range []struct {
		name, text string
		sign       Sign
		want       Sign
		by         Source
	}{
		{"a.rud", list, Default, Plus, FromFormat},
		{"a.rud", list, Minus, Minus, FromSettings},
		{"a.rud", list, Plus, Plus, FromSettings},
		{"a.gsg", list, Default, Minus, FromEnding},
		{"A.SG", list, Default, Minus, FromEnding},
		{"a.gsg", list, Plus, Plus, FromSettings},
		{"a.sg.gz", list, Default, Minus, FromEnding},
		{"a.gsg.bz2", list, Default, Minus, FromEnding},
		{"a.sg", "p edge 3 2\ne 1 2 1\ne 2 3 -2\n", Default, Minus, FromEnding},
		{"a.sg", "0 1 1\n1 2 -2\n", Default, Minus, FromEnding},
		{"a.sg", dimod, Default, Minus, FromEnding},
		{"a.sg.txt", list, Default, Plus, FromFormat},
		{"a.sg", json, Default, Plus, FromFormat},
		{"a.sg", "# spinlearn instance v1 sites=3 bonds=2\n0 1 1\n1 2 -2\n", Default, Minus, FromFormat},
	} {
		f, err := Read(strings.NewReader(c.text), c.name, &Settings{Sign: c.sign})
		if err != nil {
			t.Fatal(err)
		}
		if J := f.J[0] * float64(c.want); f.Sign != c.want || f.SignBy != c.by || math.Abs(f.J[0]) != 1 || J != -1 {
			t.Errorf("%s %v: sign %v by the %s, J = %v; want %v by the %s", c.name, c.sign, f.Sign, f.SignBy, f.J, c.want, c.by)
		}
	}
}

// A number is read as it stands or refused, in every format.
func TestStrictNumbers(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "-0.000e5": 0, "0e-999": 0, "+1": 1, "007": 7, ".5": 0.5, "5.": 5, "1E2": 100, "-1e-3": -0.001, "0.1234567890123456789": 0.12345678901234568,
		"9007199254740992": 1 << 53, "9007199254740994": 1<<53 + 2, "-9007199254740994": -1<<53 - 2, "1e22": 1e22, "9007199254740993.0": 1 << 53, "10000000000000000000000": 1e22,
	} {
		if got, fault := parseReal(text); fault != "" || got != want {
			t.Errorf("%s is read as %v, %s, want %v", text, got, fault, want)
		}
	}
	for text, want := range map[string]string{
		"1_000": "want a decimal", "0x1p3": "want a decimal", "0x10": "want a decimal", "inf": "want a decimal", "NaN": "want a decimal", "": "want a decimal", "1e": "want a decimal",
		"--1": "want a decimal", "1.2.3": "want a decimal", "1d5": "want a decimal", "−1": "want a decimal", "0,5": "no comma", "1e999": "too large", "-1e309": "too large",
		"1e-400": "too small", "-0.0001e-320": "too small", "9007199254740993": "not hold exactly", "-0009007199254740993": "not hold exactly", "123456789012345678901234567890": "not hold exactly",
	} {
		v, fault := parseReal(text)
		if !strings.Contains(fault, want) {
			t.Errorf("%q is read as %v, %q, want %s", text, v, fault, want)
		}
		if !strings.ContainsAny(text, " ,") && text != "" {
			for name, file := range map[string]string{
				"edge list": "2 1\n1 2 %s\n", "list": "0 1 %s\n", "dimacs": "p edge 2 1\ne 1 2 %s\n", "coo": "# vartype=SPIN\n0 1 %s\n", "qubo": "p qubo 0 2 0 1\n0 1 %s\n",
				"native": "# spinlearn instance v1 sites=2 bonds=1\n0 1 %s\n", "native offset": "# spinlearn instance v1 sites=2 bonds=1 offset=%s\n0 1 1\n", "a.qs": "2 1\n1 2 %s\n",
				"bqm":           `{"version": {"bqm_schema": "3.0.0"}, "variable_type": "SPIN", "variable_labels": [0, 1], "linear_biases": [0, 0], "quadratic_biases": [%s], "quadratic_head": [0], "quadratic_tail": [1]}`,
				"bqm field":     `{"version": {"bqm_schema": "3.0.0"}, "variable_type": "SPIN", "variable_labels": [0], "linear_biases": [%s], "quadratic_biases": [], "quadratic_head": [], "quadratic_tail": []}`,
				"bqm offset":    `{"version": {"bqm_schema": "3.0.0"}, "variable_type": "SPIN", "variable_labels": [0], "linear_biases": [1], "offset": %s, "quadratic_biases": [], "quadratic_head": [], "quadratic_tail": []}`,
				"bqm, schema 1": `{"version": {"bqm_schema": "1.0.0"}, "variable_type": "SPIN", "variable_labels": ["a"], "linear_terms": [{"bias": %s, "label": "a"}]}`,
			} {
				if _, err := Read(strings.NewReader(fmt.Sprintf(file, text)), name, nil); !errors.As(err, new(*SyntaxError)) {
					t.Errorf("%s in %s: %v", text, name, err)
				}
			}
		}
	}
	for _, vertex := range []string{"1_0", "0x1", "1.0", "1e0", "99999999999999999999"} {
		if _, err := Read(strings.NewReader("20 1\n"+vertex+" 2 1\n"), "file", nil); err == nil || !strings.Contains(err.Error(), "file:2: vertex "+strconv.Quote(vertex)) {
			t.Errorf("vertex %s: %v", vertex, err)
		}
	}
}

// Large numbers come back from every format, also those whose shortest form is an integer
// that no float64 is.
func TestLargeNumbers(t *testing.T) {
	for _, w := range []float64{1 << 53, 1<<53 + 2, 0x1p70, 1e22, 123456789012345678, 0x1.123456789abcdp90} {
		in := read(t, fmt.Sprintf("0 1 %g\n1 2 1\n", w), nil)
		for _, format := range []Format{EdgeList, COO, BQM, Native} {
			text := written(t, in, &Settings{Format: format})
			if got := readAs(t, text, format, Default); math.Abs(got.J[0]) != w {
				t.Errorf("%v comes back as %v from\n%s", w, got.J, text)
			}
		}
	}
}

func TestTinyFieldOfBits(t *testing.T) {
	_, err := Read(strings.NewReader("# vartype=BINARY\n0 0 1e-31\n1 2 4\n"), "file", nil)
	if err == nil || !strings.HasPrefix(err.Error(), "file:2: coupling 5e-32") {
		t.Errorf("a field of 1e-31 is dropped: %v", err)
	}
}

func TestModelContradictions(t *testing.T) {
	const model = `{"version": {"bqm_schema": "3.0.0"},
"num_variables": 2,
"num_interactions": 1,
"variable_type": "SPIN",
"variable_labels": [0, 1],
"offset": 0.5,
"linear_biases": [0,
 1],
"quadratic_biases": [1],
"quadratic_head": [0],
"quadratic_tail": [1]}`
	if f := read(t, model, nil); f.Offset != 0.5 || minimum(f) != -1.5 {
		t.Fatalf("offset %v, least energy %v", f.Offset, minimum(f))
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"variables", `"num_variables": 2`, `"num_variables": 3`, `file:2: num_variables is "3", but there are 2 variable_labels`},
		{"interactions", `"num_interactions": 1`, `"num_interactions": 2`, `file:3: num_interactions is "2", but there are 1 interactions`},
		{"count is text", `"num_interactions": 1`, `"num_interactions": "1"`, `file:3: num_interactions is "\"1\""`},
		{"null bias", "\n 1],", "\n null],", `file:8: linear_biases[1] is "null", want a number`},
		{"text bias", "\n 1],", "\n \"1\"],", `file:8: linear_biases[1] is "\"1\"", want a number`},
		{"nested bias", "\n 1],", "\n [1]],", `file:8: linear_biases[1] is "[", want a number`},
		{"null end", `"quadratic_tail": [1]`, `"quadratic_tail": [null]`, `file:11: quadratic_tail[0] is "null", want a number`},
		{"real end", `"quadratic_tail": [1]`, `"quadratic_tail": [1.0]`, `file:11: quadratic_tail[0] is "1.0", want 0 to 1`},
		{"null array", `"quadratic_tail": [1]`, `"quadratic_tail": null`, `file:11: quadratic_tail "null", want an array of numbers`},
		{"no array", ",\n\"quadratic_tail\": [1]", "", `file:1: quadratic_tail "", want an array of numbers`},
		{"null offset", "0.5", "null", `file:6: offset "null", want a decimal number`},
		{"offset twice", `"offset": 0.5`, `"offset": 0.5, "offset": 1`, `file:6: the key "offset" stands twice`},
		{"escape", `"SPIN"`, `"SP\u001b[31mIN"`, `file:4: variable_type "SP\x1b[31mIN"`},
		{"no object", model, `[1]`, `file:1: variable_type`},
	} {
		text := strings.Replace(model, c.old, c.new, 1)
		want := c.want
		if c.name == "no object" {
			text, want = "{\"a\": 1}", `file:1: variable_type ""`
		}
		if _, err := Read(strings.NewReader(text), "file", nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s…", c.name, err, want)
		}
	}
}

// bzipped is the edge list "2 1\n1 2 3\n", which bzip2 compressed.
const bzipped = "QlpoOTFBWSZTWV/KPdoAAAPYAAAQQAA4ACAAMM0AwaULAUXF3JFOFCQX8o92gA=="

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func bzippedList(t testing.TB) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wide(text string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func TestEncodings(t *testing.T) {
	const list = "2 1\n1 2 3\n"
	bzip := bzippedList(t)
	for name, text := range map[string]string{
		"gzip": gzipped(t, list), "two members": gzipped(t, list[:5]) + gzipped(t, list[5:]), "bzip2": bzip, "UTF-16": wide(list, false), "UTF-16, big": wide(list, true),
		"UTF-16 of a model": wide(written(t, read(t, list, nil), &Settings{Format: BQM}), true), "UTF-16 in gzip": gzipped(t, wide("# ± Å\n"+list, false)), "byte order mark in gzip": gzipped(t, "\ufeff"+list),
	} {
		f, err := Read(strings.NewReader(text), name, nil)
		if err != nil || f.Vertices() != 2 || f.J[0] != -3 {
			t.Errorf("%s: %v", name, err)
		}
	}
	large := strings.Repeat("#", 2<<20)
	for _, c := range []struct{ name, text, want string }{
		{"bomb", gzipped(t, large), "file: more than 1"},
		{"cut gzip", gzipped(t, list)[:20], "file: the gzip data are damaged: unexpected EOF"},
		{"head of gzip", "\x1f\x8b", "file: the gzip data are damaged"},
		{"checksum", func() string { z := []byte(gzipped(t, list)); z[len(z)-6] ^= 1; return string(z) }(), "file: the gzip data are damaged: gzip: invalid checksum"},
		{"cut bzip2", bzip[:30], "file: the bzip2 data are damaged"},
		{"gzip of gzip", gzipped(t, gzipped(t, list)), "file: gzip data inside gzip data"},
		{"gzip of zip", gzipped(t, "PK\x03\x04"), "file: zip data inside gzip data"},
		{"xz", "\xfd7zXZ\x00...", "file: this is xz data, want text, plain or compressed by gzip or bzip2"},
		{"zstd", "\x28\xb5\x2f\xfd...", "file: this is zstd data"},
		{"no mark", wide(list, false)[2:], "file:1: a zero byte: this is no text (UTF-16 is read only after a byte order mark)"},
		{"zero byte", "2 1\n1 2 \x00\n", "file:2: a zero byte"},
		{"line in gzip", gzipped(t, "2 1\n1 2 x\n"), `file:2: weight "x"`},
		{"line in UTF-16", wide("2 1\n1 2 é\n", false), `file:2: weight "é"`},
	} {
		if _, err := Read(strings.NewReader(c.text), "file", nil); !errors.As(err, new(*SyntaxError)) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s…", c.name, err, c.want)
		}
	}
}

// A list of bonds that compresses as well as any is read.
func TestCompressedRuler(t *testing.T) {
	var b strings.Builder
	const n = 300000
	fmt.Fprintln(&b, n, n-1)
	for i := range n - 1 {
		fmt.Fprintln(&b, i+1, i+2, 1)
	}
	text := gzipped(t, b.String())
	f, err := Read(strings.NewReader(text), "file", nil)
	if err != nil || f.Vertices() != n {
		t.Errorf("%d bytes of %d: %v", len(text), b.Len(), err)
	}
}

func FuzzLists(f *testing.F) {
	for _, text := range []string{
		"6 7 2024\n" + ladder, ladder, from0, ladder + turned, "6 7\n" + turned + ladder, strings.ReplaceAll(ladder, " ", ","), "3 1\n1 2\n2 0\n0 3\n3 2\n",
		"4 4\n1 1 0.5\n1 2 -1\n2 3 0.75\n3 4 0.25\n", "0 0 1\n0 1 1\n", gzipped(f, ladder), bzippedList(f), wide(ladder, true), "p edge 2 1 7\ne 0 1 3\n",
	} {
		for _, name := range []string{"a.rud", "a.el", "a.gsg", "a.txt", "a.qs"} {
			f.Add(text, name, "")
		}
		f.Add(text, "a", string(EdgeList))
		f.Add(text, "a", string(COO))
	}
	f.Fuzz(func(t *testing.T, text, name, format string) {
		in, err := Read(strings.NewReader(text), name, &Settings{Format: Format(format)})
		if err != nil {
			if !errors.As(err, new(*SyntaxError)) && !errors.Is(err, ErrSettings) {
				t.Fatalf("%v is no SyntaxError", err)
			}
			return
		}
		// The first line of a list that is said to have a header is none of its bonds.
		if in.Format == EdgeList && format == "" && slices.Contains(in.Notes, "no header") {
			t.Fatalf("%q", in.Notes)
		}
		again, err := Read(strings.NewReader(written(t, in, &Settings{Format: BQM, Sign: in.Sign})), "a", &Settings{Format: BQM, Sign: in.Sign})
		if err != nil {
			if strings.Contains(err.Error(), "coupling") {
				return // a quarter of the smallest coupling
			}
			t.Fatal(err)
		}
		v := slices.Repeat([]int8{1}, in.Vertices())
		for i := range v {
			if i%3 == 1 {
				v[i] = -1
			}
		}
		if got, want := again.Energy(again.SiteSpins(v))+again.Offset, in.Energy(in.SiteSpins(v))+in.Offset; math.Abs(got-want) > 1e-12*in.Summary().Sum {
			t.Fatalf("energy %v, want %v", got, want)
		}
	})
}
