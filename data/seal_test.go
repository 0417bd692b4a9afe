package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// No flipped bit of dataset.json passes, whatever it hits.
func TestDamagedIndex(t *testing.T) {
	dir := t.TempDir()
	generate(t, dir, settings())
	path := filepath.Join(dir, indexName)
	intact := []byte(snapshot(t, dir)[indexName])
	step := 1
	if testing.Short() {
		step = 17
	}
	for k := 0; k < 8*len(intact); k += step {
		damaged := append([]byte{}, intact...)
		damaged[k/8] ^= 1 << (k % 8)
		d := &Dataset{dir: dir}
		if err := d.parse(damaged); err == nil {
			t.Errorf("bit %d of byte %d, %q, was flipped unnoticed", k%8, k/8, damaged[max(0, k/8-9):min(len(damaged), k/8+9)])
		}
	}
	for n := range intact {
		if err := new(Dataset).parse(intact[:n]); err == nil {
			t.Errorf("cut after %d of %d bytes unnoticed", n, len(intact))
		}
	}
	for name, text := range map[string]string{"edited": strings.Replace(string(intact), `"seed": 1`, `"seed": 2`, 1), "longer": string(intact) + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir)
		if err == nil {
			t.Fatalf("%s: opened", name)
		}
		wantError(t, err, path, "sha256")
	}
}

// Files without the field are read, and are the same dataset.
func TestIndexWithoutSeal(t *testing.T) {
	dir := t.TempDir()
	d := generate(t, dir, settings())
	want, err := d.Identity()
	if err != nil {
		t.Fatal(err)
	}
	sum, rest := unseal([]byte(snapshot(t, dir)[indexName]))
	if len(sum) != 64 || strings.Contains(string(rest), sum) || sum != checksum(rest) || !strings.HasSuffix(string(rest), "\n  ]\n}\n") {
		t.Fatalf("sum %q of\n%s", sum, rest)
	}
	if err := os.WriteFile(filepath.Join(dir, indexName), rest, 0o644); err != nil {
		t.Fatal(err)
	}
	old, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := old.Identity(); err != nil || got != want {
		t.Errorf("identity %q, %v, want %q", got, err, want)
	}
	if n := len(collect(t, old.All())); n != settings().Count {
		t.Errorf("%d instances", n)
	}
	if _, err := Generate(t.Context(), dir, settings(), fakeSolve); err != nil {
		t.Error(err)
	}
}
