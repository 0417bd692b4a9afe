package data

import (
	"os"
	"path/filepath"
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
