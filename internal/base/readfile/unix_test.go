//go:build unix

package readfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A pipe is read to its limit, and waiting for one ends with the context.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	silent, long := filepath.Join(dir, "silent"), filepath.Join(dir, "long")
	for _, name := range []string{silent, long} {
		if err := syscall.Mkfifo(name, 0o644); err != nil {
			t.Skip(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := All(ctx, silent, 100); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), silent) {
		t.Error(err)
	}
	go func() {
		f, err := os.OpenFile(long, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		f.Write(make([]byte, 300))
		f.Close()
	}()
	if _, err := All(t.Context(), long, 100); err == nil || !strings.Contains(err.Error(), "more than 100 bytes") {
		t.Error(err)
	}
}
