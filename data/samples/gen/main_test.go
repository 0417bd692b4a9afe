package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"spinlearn/data/samples"
)

// TestSameBytes makes all files anew. Other processors round the logarithms of Gaussian
// couplings and the linear programs of proofs in another way.
func TestSameBytes(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skipf("the files are those of amd64, this is %s", runtime.GOARCH)
	}
	dir := t.TempDir()
	for _, s := range samples.All() {
		if err := write(t.Context(), dir, s); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string][]byte{s.InstanceFile(): s.Instance(), s.CertificateFile(): s.Certificate()} {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is another now; if that is meant, go generate ./data/samples", name)
			}
		}
	}
	want, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, pattern := range []string{"*.spin", "*.json"} {
		names, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		have = append(have, names...)
	}
	if len(have) != len(want) {
		t.Errorf("%d files in the package, %d were made: %v", len(have), len(want), have)
	}
}
