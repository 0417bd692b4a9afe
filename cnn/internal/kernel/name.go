package kernel

// Name returns the kind of kernels in use for float32: avx512, avx2 or portable.
func Name() string { return single.name }
