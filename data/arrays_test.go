package data

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArrays(t *testing.T) {
	dir := t.TempDir()
	generate(t, dir, settings())
	got, err := Arrays(filepath.Join(dir, shardName(0)))
	if err != nil {
		t.Fatal(err)
	}
	want := []Array{{"couplings", "<f8", "3, 2, 3, 4"}, {"spins", "|i1", "3, 3, 4"}, {"energy", "<f8", "3"}, {"bound", "<f8", "3"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var b strings.Builder
	if err := WriteSpins(&b, []int8{1, -1, 1}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s.npy")
	for text, want := range map[string]string{
		b.String(): "", b.String()[:20]: "no npy header", "text": "no header of npy format", strings.Replace(b.String(), "'descr'", "'other'", 1): "npy header is",
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := Arrays(path)
		switch {
		case want != "":
			wantError(t, err, path, want)
		case err != nil || !cmp.Equal(got, []Array{{"", "|i1", "3"}}):
			t.Errorf("%v, %v", got, err)
		}
	}
}

func FuzzArrays(f *testing.F) {
	dir := f.TempDir()
	if _, err := Generate(f.Context(), dir, settings(), fakeSolve); err != nil {
		f.Fatal(err)
	}
	shard, err := os.ReadFile(filepath.Join(dir, shardName(2)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shard)
	f.Add([]byte(npyMagic + "\x3b\x00" + npyHeader[int8]([]int{3}) + "\n+++"))
	path := filepath.Join(dir, "file")
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
		list, err := Arrays(path)
		if err != nil && strings.Contains(err.Error(), "\n") || err != nil && list != nil {
			t.Errorf("%v, error %q", list, err)
		}
	})
}

func TestReadSpins(t *testing.T) {
	want := []int8{1, -1, 1}
	var b bytes.Buffer
	if err := WriteSpins(&b, want); err != nil {
		t.Fatal(err)
	}
	spins, shape, err := ReadSpins(&b)
	if err != nil || !slices.Equal(spins, want) || !slices.Equal(shape, []int{3}) {
		t.Errorf("%v of shape %v, %v; want %v", spins, shape, err, want)
	}
	for _, dtype := range []string{"<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "<f4", ">f4", "<f8", ">f8", "|i1"} {
		one, item := decoder(dtype), make([]byte, dtype[2]-'0')
		put := func(v float64) {
			var order binary.AppendByteOrder = binary.LittleEndian
			if dtype[0] == '>' {
				order = binary.BigEndian
			}
			switch bits := uint64(int64(v)); dtype[1:] {
			case "i1":
				item = []byte{byte(bits)}
			case "i2":
				item = order.AppendUint16(nil, uint16(bits))
			case "i4":
				item = order.AppendUint32(nil, uint32(bits))
			case "i8":
				item = order.AppendUint64(nil, bits)
			case "f4":
				item = order.AppendUint32(nil, math.Float32bits(float32(v)))
			case "f8":
				item = order.AppendUint64(nil, math.Float64bits(v))
			}
		}
		for _, v := range []float64{1, -1, 0, 2} {
			if put(v); one(item) != v {
				t.Errorf("%s: % x is %v, want %v", dtype, item, one(item), v)
			}
		}
	}
	for _, dtype := range []string{"|b1", "|u1", "<u8", "<f2", "<c8", "<i", "<i16", ""} {
		if decoder(dtype) != nil {
			t.Errorf("%q is taken for spins", dtype)
		}
	}
}

// FuzzReadSpins must refuse a file or return as many spins of ±1 as its shape says.
func FuzzReadSpins(f *testing.F) {
	var b bytes.Buffer
	if err := WriteSpins(&b, []int8{1, -1, 1}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(bytes.Replace(b.Bytes(), []byte("(3,)"), []byte("(1, 3)"), 1))
	f.Add(bytes.Replace(b.Bytes(), []byte("|i1"), []byte("<f8"), 1))
	f.Fuzz(func(t *testing.T, file []byte) {
		spins, shape, err := ReadSpins(bytes.NewReader(file))
		if err != nil {
			return
		}
		n := 1
		for _, side := range shape {
			n *= side
		}
		if n != len(spins) || slices.ContainsFunc(spins, func(s int8) bool { return s != 1 && s != -1 }) {
			t.Errorf("spins %v of shape %v", spins, shape)
		}
	})
}
