//go:build !amd64

package kernel

// Without AVX2 nothing below is called.
const useAVX2 = false

type wide struct{ bias []float32 }

func newWide(Shape) *wide                          { panic("kernel: no AVX2") }
func (*wide) set(int, int, float32)                { panic("kernel: no AVX2") }
func (*wide) convolve([]float32, []float32, Shape) { panic("kernel: no AVX2") }

type wideWorkspace struct{}

func newWideWorkspace(Shape) *wideWorkspace                            { panic("kernel: no AVX2") }
func (*wideWorkspace) weightGradient(dw, db, x, dy []float32, s Shape) { panic("kernel: no AVX2") }

func reluVectors(dst, x []float32) int { panic("kernel: no AVX2") }
func maskVectors(dst, x []float32) int { panic("kernel: no AVX2") }
func addVectors(dst, x []float32) int  { panic("kernel: no AVX2") }
