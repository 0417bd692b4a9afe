package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// Write replaces the file of that name, or creates it: it writes a temporary file in the
// same folder, syncs it, and renames it. It first removes the temporary files of the same
// name that killed programs left behind; see [Clean].
//
// A symbolic link stays, and the file that it points to is replaced. What is no regular
// file, such as a device or a FIFO, is written to, and so is a name that stands for
// standard output or standard error. Folders and links to nothing are refused.
func Write(name string, content []byte) error {
	if err := Check(name); err != nil {
		return err
	}
	if f, err := stream(name); f != nil || err != nil {
		if err == nil {
			_, err = f.Write(content)
		}
		if f != nil && f != os.Stdout && f != os.Stderr {
			err = errors.Join(err, f.Close())
		}
		return err
	}
	if info, err := os.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return err
		}
	}
	// What cannot be removed belongs to somebody else and is in nobody's way.
	_ = Clean(filepath.Dir(name), filepath.Base(name))
	return replace(name, content)
}

// Check says why no file of that name can be written, as far as that is seen without
// writing: the name is a folder, a link to nothing, or in no folder.
func Check(name string) error {
	info, err := os.Stat(name)
	if err == nil {
		if info.IsDir() {
			return fmt.Errorf("%s is a folder, want a file to write", name)
		}
		return nil
	}
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s is a symbolic link to a file that does not exist", name)
	}
	if dir, err := os.Stat(filepath.Dir(name)); err != nil || !dir.IsDir() {
		return fmt.Errorf("%s: there is no folder %s", name, filepath.Dir(name))
	}
	return nil
}

// stream opens what must be written to rather than replaced, nil for all else.
func stream(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil // a new file
	}
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if open, err := f.Stat(); err == nil && os.SameFile(open, info) {
			return f, nil
		}
	}
	if info.Mode().IsRegular() {
		return nil, nil
	}
	return os.OpenFile(name, os.O_WRONLY, 0)
}

// A temporary file is named "." NAME and a random number of 63 bits. Of fewer digits than
// leastDigits, of which one in 10,000 has fewer, it could be anybody's file.
const leastDigits, mostDigits = 15, 19

// Temporary returns the name of the file that a folder's entry was meant to become,
// if the entry is a temporary file that a killed program left. Digits at the end of
// the name are not told from those of the number.
func Temporary(entry string) (name string, ok bool) {
	name, hidden := strings.CutPrefix(entry, ".")
	bare := strings.TrimRight(name, "0123456789")
	return bare, hidden && bare != "" && len(name)-len(bare) >= leastDigits
}

// isTemporary reports whether an entry is a temporary file of that name.
func isTemporary(entry, name string) bool {
	digits, ok := strings.CutPrefix(entry, "."+name)
	return ok && len(digits) >= leastDigits && len(digits) <= mostDigits && strings.Trim(digits, "0123456789") == ""
}

// Clean removes the temporary files of the given names from a folder, which need not
// exist. It leaves those that a running program is just writing, which holds a lock on
// them, and all where the file system has no locks.
func Clean(dir string, names ...string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !slices.ContainsFunc(names, func(name string) bool { return isTemporary(e.Name(), name) }) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
		if free, err := lock.TryLock(); !free || err != nil {
			continue
		}
		err := os.Remove(path)
		lock.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
