//go:build !amd64

package lanes

import "testing"

// forEachSet calls f for portable code, the only one.
func forEachSet(_ *testing.T, f func(name string)) { f("portable") }
