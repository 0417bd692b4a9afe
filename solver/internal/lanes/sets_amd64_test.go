package lanes

import "testing"

// forEachSet calls f once for each instruction set of this processor, portable code first.
func forEachSet(t *testing.T, f func(name string)) {
	t.Helper()
	hadAVX2, hadAVX512 := useAVX2, useAVX512
	defer func() { useAVX2, useAVX512 = hadAVX2, hadAVX512 }()
	useAVX2, useAVX512 = false, false
	f("portable")
	if useAVX2 = hadAVX2; useAVX2 {
		f("AVX2")
	}
	if useAVX512 = hadAVX512; useAVX512 {
		f("AVX-512")
	}
}
