// Package atomicfile writes files that appear whole or not at all.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Temporary returns the name of the file that a folder's entry was meant to become,
// if the entry is a temporary file that a killed program left: "." NAME and digits.
func Temporary(entry string) (name string, ok bool) {
	name, hidden := strings.CutPrefix(entry, ".")
	bare := strings.TrimRight(name, "0123456789")
	return bare, hidden && bare != "" && bare != name
}

// Clean removes the temporary files of the given names from a folder, which need not
// exist.
func Clean(dir string, names ...string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if name, ok := Temporary(e.Name()); ok && slices.Contains(names, name) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
