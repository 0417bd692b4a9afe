package data

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sbinet/npyio/npy"

	"spinlearn/ising"
)

func testLattice(t testing.TB) *ising.Lattice {
	t.Helper()
	l, err := ising.NewLattice([]int{2, 3}, []bool{false, true})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// shardArrays are the arrays of two ferromagnets on testLattice.
type shardArrays struct {
	couplings     []float64
	spins         []int8
	energy, bound []float64
}

func ferromagnets() shardArrays {
	one := []float64{1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1}
	return shardArrays{
		couplings: append(one, one...),
		spins:     []int8{1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1},
		energy:    []float64{-9, -9},
		bound:     []float64{-9, math.NaN()},
	}
}

func TestShardErrors(t *testing.T) {
	l := testLattice(t)
	for _, test := range []struct {
		name  string
		write func(z *zip.Writer, a shardArrays)
		want  string
	}{
		{"intact", writeAll, ""},
		{"other order", func(z *zip.Writer, a shardArrays) {
			writeArray(z, "bound", a.bound, 2)
			writeArray(z, "energy", a.energy, 2)
			writeArray(z, "spins", a.spins, 2, 2, 3)
			writeArray(z, "couplings", a.couplings, 2, 2, 2, 3)
		}, ""},
		{"missing", func(z *zip.Writer, a shardArrays) {
			writeArray(z, "couplings", a.couplings, 2, 2, 2, 3)
		}, "array spins is missing"},
		{"additional", func(z *zip.Writer, a shardArrays) {
			writeAll(z, a)
			writeArray(z, "extra", a.energy, 2)
		}, "5 arrays, want"},
		{"type", func(z *zip.Writer, a shardArrays) {
			writeArray(z, "couplings", a.spins, 2, 2, 3)
		}, `array couplings: header is "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 2, 3), }", want "{'descr': '<f8'`},
		{"shape", func(z *zip.Writer, a shardArrays) {
			writeArray(z, "couplings", a.couplings, 2, 2, 3, 2)
		}, "(2, 2, 3, 2)"},
		{"short", func(z *zip.Writer, a shardArrays) {
			writeArray(z, "couplings", a.couplings[:23], 2, 2, 2, 3)
		}, "array couplings: data are cut short"},
		{"long", func(z *zip.Writer, a shardArrays) {
			writeArray(z, "couplings", append(a.couplings, 1), 2, 2, 2, 3)
		}, "array couplings: data are longer"},
		{"not npy", func(z *zip.Writer, a shardArrays) {
			w, _ := z.Create("couplings.npy")
			w.Write(make([]byte, 100))
		}, "array couplings: no header of npy format 1.0"},
		{"empty", func(z *zip.Writer, a shardArrays) {
			z.Create("couplings.npy")
		}, "array couplings: no header of npy format 1.0: EOF"},
		{"NaN", func(z *zip.Writer, a shardArrays) {
			a.couplings[12] = math.NaN()
			writeAll(z, a)
		}, "instance 1 of the shard: ising: coupling of site 0 along axis 0 is NaN"},
		{"crossing", func(z *zip.Writer, a shardArrays) {
			a.couplings[3] = 1
			writeAll(z, a)
		}, "crosses a free boundary"},
		{"spin", func(z *zip.Writer, a shardArrays) {
			a.spins[6] = 3
			writeAll(z, a)
		}, "instance 1 of the shard: spin 3 at site 0, want 1 or -1"},
		{"energy", func(z *zip.Writer, a shardArrays) {
			a.energy[0] = -8
			writeAll(z, a)
		}, "instance 0 of the shard: energy -8, but the spins have -9"},
		{"bound", func(z *zip.Writer, a shardArrays) {
			a.bound[1] = -8.5
			writeAll(z, a)
		}, "instance 1 of the shard: bound -8.5, want NaN or a lower bound of the energy -9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var file bytes.Buffer
			z := zip.NewWriter(&file)
			test.write(z, ferromagnets())
			z.Close()
			_, err := decodeShard(file.Bytes(), l, 2, false)
			if got := fmt.Sprint(err); test.want == "" && err != nil || !strings.Contains(got, test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	for _, test := range []struct {
		name  string
		walls []float64
		want  string
	}{
		{"none", nil, "array walls is missing"},
		{"good", slices.Repeat([]float64{1}, 24), "of bond "}, // also where a free boundary has no bond
		{"zero", make([]float64, 24), ""},
		{"negative", append(make([]float64, 12), slices.Repeat([]float64{-1}, 12)...), "instance 1 of the shard: wall energy -1 of bond 0"},
		{"NaN", append([]float64{math.NaN()}, make([]float64, 23)...), "instance 0 of the shard: wall energy NaN of bond 0"},
		{"short", make([]float64, 12), "array walls: data are cut short"},
	} {
		t.Run("walls "+test.name, func(t *testing.T) {
			var file bytes.Buffer
			z := zip.NewWriter(&file)
			writeAll(z, ferromagnets())
			if test.walls != nil {
				writeArray(z, "walls", test.walls, 2, 2, 2, 3)
			}
			z.Close()
			_, err := decodeShard(file.Bytes(), l, 2, true)
			if got := fmt.Sprint(err); test.want == "" && err != nil || !strings.Contains(got, test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	if _, err := decodeShard([]byte("PK"), l, 2, false); err == nil {
		t.Error("no error for a file that is no zip file")
	}
}

func writeAll(z *zip.Writer, a shardArrays) {
	writeArray(z, "couplings", a.couplings, 2, 2, 2, 3)
	writeArray(z, "spins", a.spins, 2, 2, 3)
	writeArray(z, "energy", a.energy, 2)
	writeArray(z, "bound", a.bound, 2)
}

// The zip file has a checksum of its own, which holds where no dataset.json is.
func TestShardZipChecksum(t *testing.T) {
	a := ferromagnets()
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	writeAll(z, a)
	z.Close()
	spins := []byte{1, 1, 1, 1, 1, 1, 255, 255, 255, 255, 255, 255}
	damaged := bytes.Replace(file.Bytes(), spins, bytes.Repeat([]byte{1}, 12), 1)
	if _, err := decodeShard(damaged, testLattice(t), 2, false); err == nil || !strings.Contains(err.Error(), "array spins: zip: checksum error") {
		t.Errorf("error %v", err)
	}
}

// npyio reads back type, order, shape and data.
func TestNpyAgainstNpyio(t *testing.T) {
	for _, shape := range [][]int{{6}, {2, 3}, {1, 2, 3}, {3, 1, 1, 2}} {
		var f, i bytes.Buffer
		floats, ints := []float64{1, -2.5, math.Pi, math.Inf(1), 1e-300, 0}, []int8{1, -1, 0, 127, -128, 5}
		if err := writeNpy(&f, floats, shape...); err != nil {
			t.Fatal(err)
		}
		if err := writeNpy(&i, ints, shape...); err != nil {
			t.Fatal(err)
		}
		if f.Len()%64 != 6*8 || i.Len()%64 != 6 {
			t.Errorf("shape %v: data are not aligned", shape)
		}
		checkNpyio(t, &f, "<f8", shape, floats)
		checkNpyio(t, &i, "|i1", shape, ints)
	}
}

func checkNpyio[T element](t *testing.T, r *bytes.Buffer, dtype string, shape []int, want []T) {
	t.Helper()
	n, err := npy.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	if d := n.Header.Descr; d.Type != dtype || d.Fortran || !cmp.Equal(d.Shape, shape) {
		t.Errorf("header %+v, want type %s and shape %v", d, dtype, shape)
	}
	var got []T
	if err := n.Read(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// numpyScript reads a dataset with numpy as the package comment says and writes
// copies of it as another program would.
const numpyScript = `
import hashlib, json, os, sys
import numpy as np
source = sys.argv[1]
index = json.load(open(os.path.join(source, "dataset.json")))
index.pop("sha256", None) # other programs need not write it

def copy(name, save, change=lambda a: a):
    target = os.path.join(sys.argv[2], name)
    os.mkdir(target)
    for shard in index["shards"]:
        arrays = {k: change(v) for k, v in np.load(os.path.join(source, shard["file"])).items()}
        path = os.path.join(target, shard["file"])
        save(path, **arrays)
        shard["sha256"] = hashlib.sha256(open(path, "rb").read()).hexdigest()
    json.dump(index, open(os.path.join(target, "dataset.json"), "w"))

for shard in index["shards"]:
    d = np.load(os.path.join(source, shard["file"]))
    J, s = d["couplings"], d["spins"]
    n, shape = shard["count"], tuple(index["shape"])
    assert sorted(d.files) == ["bound", "couplings", "energy", "spins"], d.files
    assert J.dtype == np.float64 and J.shape == (n, len(shape)) + shape, (J.dtype, J.shape)
    assert s.dtype == np.int8 and s.shape == (n,) + shape, (s.dtype, s.shape)
    E = -sum((J[:, a] * s * np.roll(s, -1, 1 + a)).reshape(len(s), -1).sum(1)
             for a in range(J.shape[1]))
    assert np.allclose(E, d["energy"], rtol=1e-12), (E, d["energy"])
    with np.errstate(invalid="ignore"):
        assert (d["bound"] >= d["energy"]).sum() == shard["proven"]

copy("stored", np.savez)
copy("compressed", np.savez_compressed)
copy("fortran", np.savez, np.asfortranarray)
copy("float32", np.savez, lambda a: a.astype(np.float32))
copy("big endian", np.savez, lambda a: a.astype(a.dtype.newbyteorder(">")))
`

func TestNumpy(t *testing.T) {
	const python = "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import numpy").CombinedOutput(); err != nil {
		t.Skipf("no numpy for %s: %v %s", python, err, out)
	}
	for _, shape := range [][]int{{3, 4}, {2, 3, 4}} {
		t.Run(ising.FormatShape(shape), func(t *testing.T) {
			dir, copies := t.TempDir(), t.TempDir()
			d := generate(t, dir, settings(func(s *GenerateSettings) { s.Shape, s.Count, s.ShardSize = shape, 9, 4 }))
			if out, err := exec.Command(python, "-c", numpyScript, dir, copies).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, name := range []string{"stored", "compressed"} {
				c, err := Open(filepath.Join(copies, name))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(collect(t, d.All()), collect(t, c.All()), solvedOptions); diff != "" {
					t.Errorf("%s differs:\n%s", name, diff)
				}
			}
			for name, want := range map[string]string{
				"fortran":    "'fortran_order': True",
				"float32":    "'<f4'",
				"big endian": "'>f8'",
			} {
				c, err := Open(filepath.Join(copies, name))
				if err != nil {
					t.Fatal(err)
				}
				wantError(t, firstError(c.All()), filepath.Join(name, shardName(0)), "array couplings: ", want)
			}
		})
	}
}

func FuzzShard(f *testing.F) {
	l := testLattice(f)
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	writeAll(z, ferromagnets())
	z.Close()
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		solved, err := decodeShard(file, l, 2, false)
		if err != nil {
			return
		}
		again, err := encodeShard(l, solved)
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeShard(again, l, 2, false)
		if diff := cmp.Diff(solved, back, solvedOptions); err != nil || diff != "" {
			t.Errorf("error %v, differs:\n%s", err, diff)
		}
	})
}

func FuzzNpy(f *testing.F) {
	var file bytes.Buffer
	if err := writeNpy(&file, []int8{1, -1, 1, 0, 0, 2}, 2, 3); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		data, err := readNpy[int8](bytes.NewReader(file), 2, 3)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeNpy(&again, data, 2, 3); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(file, again.Bytes()[again.Len()-6:]) {
			t.Errorf("%q came back as %q", file, again.Bytes())
		}
	})
}

func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	if _, err := Generate(f.Context(), dir, settings(), fakeSolve); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, indexName)
	valid, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(valid)
	_, bare := unseal(valid)
	f.Add(bare)
	f.Fuzz(func(t *testing.T, file []byte) {
		d := &Dataset{dir: dir}
		if d.parse(file) != nil {
			return
		}
		again, err := json.Marshal(d.index)
		if err != nil {
			t.Fatal(err)
		}
		e := &Dataset{dir: dir}
		if err := e.parse(again); err != nil {
			t.Fatal(err)
		}
		if err := compare(&d.index.Description, &e.index.Description); err != nil {
			t.Error(err)
		}
		firstError(d.All()) // must not panic
	})
}
