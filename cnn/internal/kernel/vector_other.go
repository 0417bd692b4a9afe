//go:build !amd64

package kernel

func vectorEngines() []*engine[float32] { return nil }
