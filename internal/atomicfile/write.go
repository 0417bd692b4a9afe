//go:build !windows

package atomicfile

import (
	"path/filepath"

	"github.com/google/renameio/v2"
)

// Write writes a file under a temporary name in the same folder, syncs it, and
// renames it.
func Write(name string, content []byte) error {
	return renameio.WriteFile(name, content, 0o644, renameio.WithTempDir(filepath.Dir(name)))
}
