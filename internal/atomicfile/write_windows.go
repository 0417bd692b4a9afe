package atomicfile

import "github.com/google/renameio/v2/maybe"

// Write writes a file. Windows has no atomic replacement.
func Write(name string, content []byte) error { return maybe.WriteFile(name, content, 0o644) }
