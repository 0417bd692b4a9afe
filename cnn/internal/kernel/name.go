package kernel

// Name returns the kind of kernels in use for float32.
func Name() string {
	if useAVX2 {
		return "avx2"
	}
	return "portable"
}
