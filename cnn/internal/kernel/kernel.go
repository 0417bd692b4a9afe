package kernel

// Float is the element type of images and weights.
type Float interface{ float32 | float64 }

// A Shape describes a convolution.
type Shape struct {
	Rows, Cols int
	In, Out    int // channels
	Width      int // of the kernel: 1 or 3
}

// Pixels returns rows × cols.
func (s Shape) Pixels() int { return s.Rows * s.Cols }

// Padded returns the number of pixels of the padded image.
func (s Shape) Padded() int { return (s.Rows + s.Width - 1) * (s.Cols + s.Width - 1) }

// Weights returns the number of weights.
func (s Shape) Weights() int { return s.Width * s.Width * s.In * s.Out }

// Transposed returns the shape of the convolution that carries gradients from the
// output of s back to its input.
func (s Shape) Transposed() Shape {
	s.In, s.Out = s.Out, s.In
	return s
}

// A Packed holds the weights of a convolution as [Convolve] reads them: blocks of
// four output channels, each with all taps in order; zeros fill the last block.
type Packed[T Float] [][4]T

// NewPacked returns room for the weights of s.
func NewPacked[T Float](s Shape) Packed[T] {
	return make(Packed[T], (s.Out+3)/4*s.Width*s.Width*s.In)
}

// Pack stores the weights w of a convolution of shape s.
func (p Packed[T]) Pack(w []T, s Shape) {
	taps := s.Width * s.Width * s.In
	for t := range taps {
		for o, v := range w[t*s.Out:][:s.Out] {
			p[o/4*taps+t][o%4] = v
		}
	}
}

// PackTransposed stores the weights of the convolution s.Transposed(), given the
// weights w of s: the kernel turned by 180 degrees, inputs and outputs exchanged.
func (p Packed[T]) PackTransposed(w []T, s Shape) {
	taps := s.Width * s.Width
	for t := range taps {
		for i := range s.In {
			for o, v := range w[(t*s.In+i)*s.Out:][:s.Out] {
				p[(i/4*taps+taps-1-t)*s.Out+o][i%4] = v
			}
		}
	}
}

// Convolve adds the convolution of the padded image x with the weights w to y,
// which is rows × cols × out and holds a bias, a residual or zeros before.
func Convolve[T Float](y, x []T, w Packed[T], s Shape) {
	segment := s.Width * s.In // contiguous inputs of a pixel in one kernel row
	stride := (s.Cols + s.Width - 1) * s.In
	block := s.Width * segment
	var sum [4]T
	for o := 0; o < s.Out; o += 4 {
		wo := w[o/4*block:][:block]
		n := min(4, s.Out-o)
		for r := range s.Rows {
			for c := range s.Cols {
				yp := y[(r*s.Cols+c)*s.Out+o:][:n]
				copy(sum[:], yp)
				for k := range s.Width {
					accumulate(&sum, x[(r+k)*stride+c*s.In:][:segment], wo[k*segment:][:segment])
				}
				copy(yp, sum[:])
			}
		}
	}
}

// accumulate adds Σ_j x_j w_j to four channels. Four sums are as many as the
// compiler keeps in registers beside their products.
func accumulate[T Float](sum *[4]T, x []T, w [][4]T) {
	a, b, c, d := sum[0], sum[1], sum[2], sum[3]
	w = w[:len(x)]
	for j, v := range x {
		g := &w[j]
		a += v * g[0]
		b += v * g[1]
		c += v * g[2]
		d += v * g[3]
	}
	sum[0], sum[1], sum[2], sum[3] = a, b, c, d
}

// A Workspace is what [WeightGradient] needs for convolutions of one shape.
type Workspace[T Float] struct {
	column []T    // one padded input channel, shifted by one tap
	blocks [][4]T // dy in blocks of four channels, pixel by pixel
}

// NewWorkspace returns a workspace for s.
func NewWorkspace[T Float](s Shape) *Workspace[T] {
	return &Workspace[T]{make([]T, s.Pixels()), make([][4]T, (s.Out+3)/4*s.Pixels())}
}

// WeightGradient adds the gradient with respect to the weights to dw, in the
// order (width, width, in, out), and that of the bias to db: x is the padded input
// of the forward pass and dy, rows × cols × out, the gradient of its output.
func WeightGradient[T Float](dw, db, x, dy []T, s Shape, ws *Workspace[T]) {
	segment := s.Width * s.In
	stride := (s.Cols + s.Width - 1) * s.In
	pixels := s.Pixels()
	for p := range pixels {
		for o, v := range dy[p*s.Out:][:s.Out] {
			db[o] += v
			ws.blocks[o/4*pixels+p][o%4] = v
		}
	}
	for k := range s.Width {
		for j := range segment {
			for r := range s.Rows {
				column := ws.column[r*s.Cols:][:s.Cols]
				row := x[(r+k)*stride+j:]
				for c := range column {
					column[c] = row[c*s.In]
				}
			}
			d := dw[(k*segment+j)*s.Out:][:s.Out]
			for o := 0; o < s.Out; o += 4 {
				var sum [4]T
				copy(sum[:], d[o:])
				accumulate(&sum, ws.column, ws.blocks[o/4*pixels:][:pixels])
				copy(d[o:], sum[:])
			}
		}
	}
}

// Pad stores the image x, rows × cols × channels, with the halo that a
// convolution of width 3 reads in dst: the opposite side along a periodic axis,
// zeros along a free one. If relu is set, negative values become 0 on the way. A
// convolution of width 1 has no halo.
func Pad[T Float](dst, x []T, rows, cols, channels, width int, periodic [2]bool, relu bool) {
	halo := width / 2
	row := cols * channels
	stride := (cols + 2*halo) * channels
	for r := range rows {
		d := dst[(r+halo)*stride:][:stride]
		inner := d[halo*channels:][:row]
		src := x[r*row:][:row]
		if relu {
			for i, v := range src {
				inner[i] = max(v, 0)
			}
		} else {
			copy(inner, src)
		}
		if halo == 0 {
			continue
		}
		left, right := d[:channels], d[channels+row:]
		if periodic[1] {
			copy(left, inner[row-channels:])
			copy(right, inner)
		} else {
			clear(left)
			clear(right)
		}
	}
	if halo == 0 {
		return
	}
	top, bottom := dst[:stride], dst[(rows+1)*stride:][:stride]
	if periodic[0] {
		copy(top, dst[rows*stride:])
		copy(bottom, dst[stride:])
	} else {
		clear(top)
		clear(bottom)
	}
}

// MaskNegative sets dx to 0 wherever the input x of a ReLU was not positive.
func MaskNegative[T Float](dx, x []T) {
	x = x[:len(dx)]
	for i := range dx {
		if !(x[i] > 0) {
			dx[i] = 0
		}
	}
}

// SetBias stores the bias of each channel in every pixel of y.
func SetBias[T Float](y, bias []T) {
	for len(y) > 0 {
		copy(y, bias)
		y = y[len(bias):]
	}
}

// AddBias adds the bias of each channel to every pixel of y.
func AddBias[T Float](y, bias []T) {
	for ; len(y) > 0; y = y[len(bias):] {
		p := y[:len(bias)]
		for o, v := range bias {
			p[o] += v
		}
	}
}
