package instancefile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spinlearn/ising"
)

func read(t testing.TB, text string, set *Settings) *File {
	t.Helper()
	f, err := Read(strings.NewReader(text), "file", set)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func written(t testing.TB, f *File, set *Settings) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, set); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func lattice(t testing.TB, shape, boundary string) *ising.Lattice {
	t.Helper()
	sides, err := ising.ParseShape(shape)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ising.ParseLattice(sides, boundary)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func drawn(t testing.TB, shape, boundary string, e ising.Ensemble, seed uint64) *ising.Instance {
	t.Helper()
	return e.Draw(lattice(t, shape, boundary), ising.Stream(seed, "test", 0))
}

func randomSpins(n int, rng *rand.Rand) []int8 {
	s := make([]int8, n)
	for i := range s {
		s[i] = int8(2*rng.IntN(2) - 1)
	}
	return s
}

func TestEdgeList(t *testing.T) {
	const square = "4 4\n1 2 1\n2 4 -2.5\n4 3 3\n1 3\n" // a plaquette, the last weight missing
	for name, text := range map[string]string{
		"plain":           square,
		"spaces":          " 4\t 4 \n  1 2  1\n2\t4 -2.5\n\n4 3 3 \n1 3 1\n   \n",
		"comments":        "# a plaquette\nc more\n4 4\n1 2 1\n#\n2 4 -2.5\nc\n4 3 3\n1 3\nc end",
		"CRLF":            strings.ReplaceAll(square, "\n", "\r\n"),
		"byte order mark": "\ufeff" + square,
		"no last newline": strings.TrimSpace(square),
		"order of ends":   "4 4\n2 1 1\n4 2 -2.5\n3 4 3\n3 1\n",
		"order of lines":  "4 4\n1 3 1e0\n4 3 +3.0\n2 4 -25e-1\n1 2 1\n",
		"unneeded zeros":  "4 4\n1 2 1\n2 4 -0002.5000\n4 3 3\n1 3\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := read(t, text, nil)
			if f.Sign != Plus || f.Total != 2.5 || f.Site != nil || f.Lattice.String() != "2x2 free" {
				t.Errorf("sign %v, total %v, site %v, lattice %v", f.Sign, f.Total, f.Site, f.Lattice)
			}
			if diff := cmp.Diff([]float64{-1, 2.5, 0, 0, -1, 0, -3, 0}, f.J); diff != "" {
				t.Errorf("couplings (-want +got):\n%s", diff)
			}
			if got := read(t, text, &Settings{Sign: Minus}); got.Sign != Minus || got.J[1] != -2.5 {
				t.Errorf("sign minus: sign %v, couplings %v", got.Sign, got.J)
			}
		})
	}
}

// By either convention the cut counts the weight between unlike spins.
func TestCut(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, sign := range []Sign{Plus, Minus} {
		f := read(t, "5 6\n1 2 3\n1 3 -2\n1 4 7\n2 5 1\n3 5 4\n4 5 -6\n", &Settings{Sign: sign})
		for range 10 {
			v := randomSpins(5, rng)
			want := 0.0
			for _, b := range []struct {
				i, j int
				w    float64
			}{{0, 1, 3}, {0, 2, -2}, {0, 3, 7}, {1, 4, 1}, {2, 4, 4}, {3, 4, -6}} {
				if v[b.i] != v[b.j] {
					want += b.w
				}
			}
			if got := f.Cut(f.SiteSpins(v)); got != want {
				t.Errorf("sign %v: cut %v, want %v", sign, got, want)
			}
		}
	}
}

func TestVertexOrder(t *testing.T) {
	in := drawn(t, "5x4", "periodic", ising.Ensemble{Couplings: ising.Gaussian}, 1)
	rng := rand.New(rand.NewPCG(1, 1))
	label := rng.Perm(in.Sites())
	var b strings.Builder
	fmt.Fprintln(&b, 20, 40)
	for k, v := range in.J {
		i, j := in.Ends(k)
		fmt.Fprintln(&b, label[i]+1, label[j]+1, -v)
	}
	f := read(t, b.String(), nil)
	if f.Axes() != 2 || f.Site == nil {
		t.Fatalf("%v, site %v", f.Lattice, f.Site)
	}
	s := randomSpins(20, rng)
	v := make([]int8, 20)
	for i, x := range s {
		v[label[i]] = x
	}
	if got, want := f.Energy(f.SiteSpins(v)), in.Energy(s); math.Abs(got-want) > 1e-12 { // sums in different order
		t.Errorf("energy %v, want %v", got, want)
	}
	if !slices.Equal(f.VertexSpins(f.SiteSpins(v)), v) {
		t.Error("spins do not come back")
	}
	again := read(t, written(t, f, nil), nil)
	if !slices.Equal(again.Site, f.Site) || !slices.Equal(again.J, f.J) {
		t.Error("the written file has its vertices in another order")
	}
}

func TestRoundTrip(t *testing.T) {
	for _, l := range [][2]string{{"16x16", "periodic"}, {"9x12", "cylinder"}, {"9x12", "periodic,free"}, {"7x8", "free"}, {"5x4x6", "periodic"}, {"5x4x3", "free,periodic,free"}} {
		for _, e := range []ising.Ensemble{{Couplings: ising.Gaussian}, {Couplings: ising.PlusMinus, Negative: 0.5, Dilution: 0.2}, {Couplings: ising.Uniform}} {
			for _, sign := range []Sign{Plus, Minus} {
				t.Run(fmt.Sprint(l, e, sign), func(t *testing.T) {
					in := drawn(t, l[0], l[1], e, 1)
					got := read(t, written(t, &File{Instance: in}, &Settings{Sign: sign}), &Settings{Sign: sign})
					if !got.Equal(in.Lattice) || got.Site != nil {
						t.Fatalf("lattice %v, want %v", got.Lattice, in.Lattice)
					}
					for k, v := range in.J {
						if math.Float64bits(got.J[k]) != math.Float64bits(v) {
							t.Fatalf("coupling %d is %v, want %v", k, got.J[k], v)
						}
					}
				})
			}
		}
	}
}

func TestRoundTripOfGraphs(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := 1 + rng.IntN(12)
		var ends [][2]int
		var J []float64
		for i := range n {
			for j := range i {
				if rng.IntN(3) > 0 {
					ends = append(ends, [2]int{i, j})
					J = append(J, float64(rng.IntN(3)-1)*math.Exp(10*rng.NormFloat64()))
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
		f := &File{Instance: in}
		got := read(t, written(t, f, nil), nil)
		if got.Axes() == 0 && (!got.Equal(l) || !slices.Equal(got.J, J)) {
			t.Errorf("seed %d: %v is read as %v", seed, in, got)
		}
		v := randomSpins(n, rng)
		if got, want := got.Energy(got.SiteSpins(v)), in.Energy(v); math.Abs(got-want) > in.Rounding() {
			t.Errorf("seed %d: energy %v, want %v", seed, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "file:1: no header"},
		{"comments only", "# a\n\n", "file:2: no header"},
		{"header of one", "3\n", "file:1: header of 1 field, want two"},
		{"header of three", "3 1 1\n", "file:1: the file ends after 0 bonds, the header in line 1 announces 1 (only if line 1 is itself a bond"},
		{"header of words", "#\nn m\n", `file:2: a line of words ("n" …), want numbers; if it names the columns, put # in front`},
		{"no vertices", "0 0\n", `file:1: number of vertices "0"`},
		{"huge", "1152921504606846976 0\n", `file:1: number of vertices "1152921504606846976"`},
		{"overflow", "99999999999999999999 0\n", `file:1: number of vertices "99999999999999999999"`},
		{"huge m", "3 1152921504606846976\n", `file:1: number of bonds "1152921504606846976"`},
		{"negative m", "3 -1\n", `file:1: number of bonds "-1"`},
		{"lonely vertices", "16000000 1\n1 2 1\n", "file:1: 16000000 vertices for 1 bonds"},
		{"too few", "3 3\n1 2 1\n2 3 1\n", "file:3: the file ends after 2 bonds, the header in line 1 announces 3"},
		{"too many", "3 1\n1 2 1\n\n2 3 1\n", "file:4: more than the 1 bonds"},
		{"vertices 0 and n", "3 2\n0 2 1\n2 3 1\n", "file:3: vertex 3, want 0 to 2: the header in line 1 announces 3 vertices, and line 2 counts from 0"},
		{"vertex n+1", "3 1\n2 4 1\n", "file:2: vertex 4, want 1 to 3: the header in line 1 announces 3 vertices"},
		{"vertex -1", "3 1\n-1 2 1\n", `file:2: vertex "-1"`},
		{"vertex 1.5", "3 1\n1.5 2 1\n", `file:2: vertex "1.5"`},
		{"loop", "3 1\n2 2\n", "file:2: bond of vertex 2 to itself"},
		{"twice", "3 3\n1 2 1\n2 3 1\n1 2 1\n", "file:4: bond of vertices 1 and 2 again, it stands in line 2"},
		{"twice, turned", "3 3\n1 2 1\n2 1 1\n2 3 1\n", "file:3: bond of vertices 2 and 1 again, it stands in line 2 in the other direction, and not all bonds stand in both"},
		{"one field", "3 1\n1\n", "file:2: 1 field, want"},
		{"four fields", "3 1\n1 2 3 4\n", "file:2: 4 fields"},
		{"many fields", "3 1\n" + strings.Repeat("1 ", 1<<20), "file:2: 7 or more fields"},
		{"word", "3 1\n1 2 x\n", `file:2: weight "x"`},
		{"NaN", "3 1\n1 2 NaN\n", `file:2: weight "NaN"`},
		{"Inf", "3 1\n1 2 -inf\n", `file:2: weight "-inf"`},
		{"overflowing weight", "3 1\n1 2 1e999\n", `file:2: weight "1e999"`},
		{"large weight", "3 1\n1 2 1e31\n", `file:2: coupling 1e+31, want 0 or a size from 1e-30 to 1e+30`},
		{"small weight", "3 1\n1 2 -1e-31\n", `file:2: coupling -1e-31`},
		{"decimal comma", "3 1\n1 2 0,5\n", `file:2: weight "0,5", want a decimal number with a point and no comma`},
		{"CRLF", "3 1\r\n1 2 x\r\n", `file:2: weight "x"`},
		{"binary", "\x00\x01 \xff\n", "file:1: a zero byte: this is no text"},
		{"long word", strings.Repeat("9", 1<<20) + " 1\n", "file:1: number of vertices \"9999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Read(strings.NewReader(c.text), "file", nil)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || !strings.HasPrefix(err.Error(), c.want) || len(err.Error()) > 200 || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %.300v, want %s…", err, c.want)
			}
			if f != nil {
				t.Error("an instance came with the error")
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := ParseSign("+"); err == nil {
		t.Error("sign + was read")
	}
}

// What a header claims costs no memory.
func TestBoundedMemory(t *testing.T) {
	for _, text := range []string{
		"16777216 50331648\n1 2 1\n", "16777216 0\n", "65536 0\n", "# vartype=SPIN\n0 16777215 1\n", "p qubo 0 16777216 0 0\n",
		"# spinlearn instance v1 shape=4096x4096 boundary=free bonds=1\n0 1 1\n", "# spinlearn instance v1 sites=16777216 bonds=50331648\n",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		Read(strings.NewReader(text), "file", nil)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
			t.Errorf("%q takes %d bytes", text, got)
		}
	}
}

const instances = "../../../shared/instances"

// TestPublishedInstances reads real files and compares them with a parse of its own.
func TestPublishedInstances(t *testing.T) {
	m, err := os.Open(filepath.Join(instances, "manifest.csv"))
	if err != nil {
		t.Skip("published instances are not here: ", err)
	}
	defer m.Close()
	rows, err := csv.NewReader(m).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for k, name := range rows[0] {
		column[name] = k
	}
	for _, row := range rows[1:] {
		cell := func(name string) string { return row[column[name]] }
		t.Run(cell("file"), func(t *testing.T) {
			path := filepath.Join(instances, cell("file"))
			f, err := Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, shape, _ := strings.Cut(cell("graph"), "torus ")
			if want := shape + " periodic"; f.Lattice.String() != want || f.Site != nil {
				t.Errorf("lattice %v with sites %v, want %s", f.Lattice, f.Site, want)
			}
			if got := strconv.FormatFloat(f.Total, 'f', 1, 64); got != cell("W_total") {
				t.Errorf("total weight %s, want %s", got, cell("W_total"))
			}
			energy, err := strconv.ParseFloat(cell("E_min"), 64)
			if err != nil {
				t.Fatal(err)
			}
			if got := strconv.FormatFloat((f.Total-float64(f.Sign)*energy)/2, 'f', 0, 64); got != cell("best_cut") {
				t.Errorf("cut %s at the published energy, want %s", got, cell("best_cut"))
			}

			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			words := strings.Fields(string(text))[2:]
			if len(words) != 3*len(f.J) {
				t.Fatalf("%d couplings, the file has %d words", len(f.J), len(words))
			}
			number := func(k int) int {
				v, err := strconv.Atoi(words[k])
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			for k := 0; k < len(words); k += 3 {
				i, j, found := number(k)-1, number(k+1)-1, false
				for _, b := range f.BondsAt(i) {
					found = found || f.Across(b, i) == j && f.J[b] == float64(-number(k+2))
				}
				if !found {
					t.Fatalf("bond %v is not on the lattice", words[k:k+3])
				}
			}

			again := read(t, written(t, f, nil), nil)
			if !again.Equal(f.Lattice) || !slices.Equal(again.J, f.J) || again.Total != f.Total {
				t.Error("written and read again it differs")
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"4 4\n1 2 1\n2 4 -2.5\n4 3 3\n1 3\n", "# c\n3 1\r\n1 3 1e-30\r\n", "1 0\n", "6 7\n1 2 1\n2 3 1\n4 5 1\n5 6 1\n1 4 0\n2 5 -0\n3 6 0x1p3\n",
		"9 18\n1 2\n2 3\n3 1\n4 5\n5 6\n6 4\n7 8\n8 9\n9 7\n1 4\n4 7\n7 1\n2 5\n5 8\n8 2\n3 6\n6 9\n9 3\n",
		"8 12\n1 8\n8 3\n3 5\n5 1\n2 7\n7 4\n4 6\n6 2\n1 2\n8 7\n3 4\n5 6\n",
	} {
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, plus bool) {
		set := &Settings{Sign: Minus}
		if plus {
			set.Sign = Plus
		}
		in, err := Read(strings.NewReader(text), "file", set)
		if err != nil {
			if !errors.As(err, new(*SyntaxError)) {
				t.Fatalf("%v is no SyntaxError", err)
			}
			return
		}
		if _, err := ising.NewInstance(in.Lattice, in.J); err != nil {
			t.Fatal(err)
		}
		again := read(t, written(t, in, set), set)
		v := randomSpins(in.Sites(), rand.New(rand.NewPCG(1, 1)))
		if got, want := again.Energy(again.SiteSpins(v)), in.Energy(in.SiteSpins(v)); math.Abs(got-want) > in.Rounding() {
			t.Fatalf("%v has energy %v, %v when written and read again", in.Lattice, want, got)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	text := written(b, &File{Instance: drawn(b, "300x300", "periodic", ising.Ensemble{Couplings: ising.Gaussian}, 1)}, nil)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		read(b, text, nil)
	}
}
