package cnn

import "spinlearn/cnn/internal/kernel"

// Kernel returns the kind of kernels that training and prediction use on this
// processor, such as avx2 or portable.
func Kernel() string { return kernel.Name() }
