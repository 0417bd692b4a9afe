package atomicfile

import "github.com/google/renameio/v2/maybe"

// Windows has no atomic replacement.
func replace(name string, content []byte) error { return maybe.WriteFile(name, content, 0o644) }
