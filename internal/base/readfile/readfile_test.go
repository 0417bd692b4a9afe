package readfile

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAll(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 2*chunk + 7} {
		want := bytes.Repeat([]byte("a"), size)
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, limit := range []int64{int64(size), int64(size) + 1, int64(size) + chunk} {
			if got, err := All(t.Context(), name, limit); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, limit %d: read %d, %v", size, limit, len(got), err)
			}
			if got, err := From(t.Context(), bytes.NewReader(want), "input", limit); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes from a reader, limit %d: read %d, %v", size, limit, len(got), err)
			}
		}
		if size == 0 {
			continue
		}
		_, err := All(t.Context(), name, int64(size)-1)
		if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "bytes, at most") {
			t.Errorf("%d bytes, one less allowed: %v", size, err)
		}
		if _, err := From(t.Context(), bytes.NewReader(want), "input", int64(size)-1); !errors.Is(err, ErrTooLarge) || !strings.HasPrefix(err.Error(), "input: ") {
			t.Errorf("%d bytes from a reader, one less allowed: %v", size, err)
		}
	}
	if _, err := All(t.Context(), name+"2", 1); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := All(ctx, name, 1<<30); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), name) {
		t.Error(err)
	}
}

// A file of three gigabytes that is all hole costs nothing.
func TestSparse(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 3_000_000_000); err != nil {
		t.Skip(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := All(t.Context(), name, 1<<20); err == nil || !strings.Contains(err.Error(), "3000000000 bytes, at most 1048576") {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}
