//go:build !windows

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
)

func replace(name string, content []byte) error {
	f, lock, err := temporaryFile(name)
	if err != nil {
		return err
	}
	defer lock.Close() // after the renaming, before which the file is closed
	defer f.Cleanup()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

// temporaryFile makes a temporary file and locks it against [Clean].
func temporaryFile(name string) (*renameio.PendingFile, *flock.Flock, error) {
	for {
		f, err := renameio.NewPendingFile(name, renameio.WithTempDir(filepath.Dir(name)), renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
		if err != nil {
			return nil, nil, err
		}
		lock := flock.New(f.Name(), flock.SetFlag(os.O_RDONLY))
		held, err := lock.TryLock()
		if err == nil && held {
			_, err = os.Stat(f.Name())
		}
		// Without locks in the file system there is an error here, and nobody cleans.
		if removed := errors.Is(err, fs.ErrNotExist) || err == nil && !held; !removed {
			return f, lock, nil
		}
		lock.Close()
		f.Cleanup()
	}
}
