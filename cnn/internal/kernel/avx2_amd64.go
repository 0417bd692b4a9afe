package kernel

import (
	"os"

	"golang.org/x/sys/cpu"
)

//go:generate sh -c "cd gen && go run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg kernel"

// useAVX2 says whether float32 runs on the AVX2 kernels. SPINLEARN_KERNEL=portable
// turns them off.
var useAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA && os.Getenv("SPINLEARN_KERNEL") != "portable"

const lanes = 8 // float32 in a vector

// wide holds weights for the AVX2 kernels: blocks of 16 output channels, the last of
// 8 if that is enough, each with all taps in order, zeros beyond the last channel.
type wide struct {
	taps    int
	weights []float32
	bias    []float32 // as long as the blocks together
}

// wideChannels returns the number of channels in blocks for n channels.
func wideChannels(n int) int { return (n + lanes - 1) / lanes * lanes }

func newWide(s Shape) *wide {
	taps, channels := s.Width*s.Width*s.In, wideChannels(s.Out)
	return &wide{taps, make([]float32, taps*channels), make([]float32, channels)}
}

func (w *wide) set(t, o int, v float32) {
	begin := o / (2 * lanes) * 2 * lanes // of the block
	width := min(2*lanes, len(w.bias)-begin)
	w.weights[w.taps*begin+t*width+o-begin] = v
}

func (w *wide) convolve(y, x []float32, s Shape) {
	_, _ = y[s.Pixels()*s.Out-1], x[s.Padded()*s.In-1] // the kernels do not check
	segment := s.Width * s.In
	row := (s.Cols + s.Width - 1) * s.In
	var tile [maxTile * 2 * lanes]float32
	for o := 0; o < s.Out; o += 2 * lanes {
		width := min(2*lanes, len(w.bias)-o)
		real := min(width, s.Out-o) // channels that exist
		weights := &w.weights[w.taps*o]
		for r := range s.Rows {
			for c, n := 0, 0; c < s.Cols; c += n {
				n = nextTile(s.Cols - c)
				at := (r*s.Cols+c)*s.Out + o
				from := &x[r*row+c*s.In]
				if real == width {
					convolveTile(n, width, &y[at], from, weights, &w.bias[o], segment, s.Width, 4*s.Out, 4*s.In, 4*row)
					continue
				}
				for p := range n {
					copy(tile[p*width:][:real], y[at+p*s.Out:])
				}
				convolveTile(n, width, &tile[0], from, weights, &w.bias[o], segment, s.Width, 4*width, 4*s.In, 4*row)
				for p := range n {
					copy(y[at+p*s.Out:][:real], tile[p*width:])
				}
			}
		}
	}
}

// maxTile is the number of pixels, or of inputs of a weight gradient, that the
// kernels take at once.
const maxTile = 6

// nextTile splits what is left into as few tiles as possible of about equal size.
func nextTile(left int) int {
	tiles := (left + maxTile - 1) / maxTile
	return (left + tiles - 1) / tiles
}

type wideWorkspace struct {
	// Copies with whole vectors a pixel, nil if the channels fill them anyway.
	dy, dw []float32
	db     []float32
}

func newWideWorkspace(s Shape) *wideWorkspace {
	n := wideChannels(s.Out)
	if n == s.Out {
		return &wideWorkspace{}
	}
	return &wideWorkspace{make([]float32, s.Pixels()*n), make([]float32, s.Width*s.Width*s.In*n), make([]float32, n)}
}

func (ws *wideWorkspace) weightGradient(dw, db, x, dy []float32, s Shape) {
	if ws.dy == nil {
		weightGradientWide(dw, db, x, dy, s, s.Out)
		return
	}
	n := wideChannels(s.Out)
	for p := range s.Pixels() {
		copy(ws.dy[p*n:], dy[p*s.Out:][:s.Out])
	}
	clear(ws.dw)
	clear(ws.db)
	weightGradientWide(ws.dw, ws.db, x, ws.dy, s, n)
	Add(db, ws.db)
	for t := 0; t*s.Out < len(dw); t++ {
		for o := range dw[t*s.Out:][:s.Out] {
			dw[t*s.Out+o] += ws.dw[t*n+o]
		}
	}
}

// weightGradientWide takes images of n channels, a multiple of the lanes.
func weightGradientWide(dw, db, x, dy []float32, s Shape, n int) {
	segment := s.Width * s.In
	row := (s.Cols + s.Width - 1) * s.In
	_, _, _, _ = dw[s.Width*segment*n-1], db[n-1], x[s.Padded()*s.In-1], dy[s.Pixels()*n-1] // the kernels do not check
	one := float32(1)
	for o := 0; o < n; o += 2 * lanes {
		width := min(2*lanes, n-o)
		weightGradientTile(1, width, &db[o], &one, &dy[o], 1, s.Pixels(), 0, 0, 0, 4*n)
		for k := range s.Width {
			for j, m := 0, 0; j < segment; j += m {
				m = nextTile(segment - j)
				weightGradientTile(m, width, &dw[(k*segment+j)*n+o], &x[k*row+j], &dy[o], s.Rows, s.Cols, 4*n, 4*s.In, 4*row, 4*n)
			}
		}
	}
}

func convolveTile(n, width int, y, x, w, bias *float32, segment, rows, yStride, xStride, xRow int) {
	switch width/lanes*10 + n {
	case 11:
		convolve1x8(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 12:
		convolve2x8(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 13:
		convolve3x8(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 14:
		convolve4x8(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 15:
		convolve5x8(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 16:
		convolve6x8(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 21:
		convolve1x16(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 22:
		convolve2x16(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 23:
		convolve3x16(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 24:
		convolve4x16(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 25:
		convolve5x16(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	case 26:
		convolve6x16(y, x, w, bias, segment, rows, yStride, xStride, xRow)
	}
}

func weightGradientTile(n, width int, dw, x, dy *float32, rows, cols, dwStride, xStride, xRow, dyStride int) {
	switch width/lanes*10 + n {
	case 11:
		weightGradient1x8(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 12:
		weightGradient2x8(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 13:
		weightGradient3x8(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 14:
		weightGradient4x8(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 15:
		weightGradient5x8(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 16:
		weightGradient6x8(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 21:
		weightGradient1x16(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 22:
		weightGradient2x16(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 23:
		weightGradient3x16(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 24:
		weightGradient4x16(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 25:
		weightGradient5x16(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	case 26:
		weightGradient6x16(dw, x, dy, rows, cols, dwStride, xStride, xRow, dyStride)
	}
}

// The following work on whole vectors and return how many values that was.

func reluVectors(dst, x []float32) int { return vectors(dst, x, reluAVX2) }
func maskVectors(dst, x []float32) int { return vectors(dst, x, maskAVX2) }
func addVectors(dst, x []float32) int  { return vectors(dst, x, addAVX2) }

func vectors(dst, x []float32, kernel func(dst, x *float32, vectors int)) int {
	n := len(dst) / lanes
	if n == 0 {
		return 0
	}
	_ = x[len(dst)-1]
	kernel(&dst[0], &x[0], n)
	return n * lanes
}
