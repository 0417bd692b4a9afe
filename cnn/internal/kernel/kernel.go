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

// A Packed holds the weights and the bias of a convolution as [Convolve] reads them.
type Packed[T Float] struct {
	shape Shape
	// Portable: blocks of four output channels, each with all taps in order; zeros
	// fill the last block.
	blocks [][4]T
	bias   []T
	wide   *wide // instead of the above where AVX2 is used
}

// NewPacked returns room for the weights of s.
func NewPacked[T Float](s Shape) *Packed[T] {
	p := &Packed[T]{shape: s}
	if useAVX2 && isFloat32[T]() {
		p.wide = newWide(s)
		return p
	}
	p.blocks = make([][4]T, (s.Out+3)/4*s.Width*s.Width*s.In)
	p.bias = make([]T, s.Out)
	return p
}

func isFloat32[T Float]() bool {
	_, ok := any(T(0)).(float32)
	return ok
}

// Pack stores the weights w, (width, width, in, out), and the bias.
func (p *Packed[T]) Pack(w, bias []T) {
	s := p.shape
	if p.wide != nil {
		copy(p.wide.bias, any(bias).([]float32))
	} else {
		copy(p.bias, bias)
	}
	for t := range s.Width * s.Width * s.In {
		for o, v := range w[t*s.Out:][:s.Out] {
			p.set(t, o, v)
		}
	}
}

// PackTransposed stores the weights of the convolution s.Transposed(), given the
// weights w of s: the kernel turned by 180 degrees, inputs and outputs exchanged.
// The bias is 0.
func (p *Packed[T]) PackTransposed(w []T, s Shape) {
	taps := s.Width * s.Width
	for t := range taps {
		for i := range s.In {
			for o, v := range w[(t*s.In+i)*s.Out:][:s.Out] {
				p.set((taps-1-t)*s.Out+o, i, v)
			}
		}
	}
}

// set stores the weight of tap t, counting inputs too, and output channel o.
func (p *Packed[T]) set(t, o int, v T) {
	if p.wide != nil {
		p.wide.set(t, o, float32(v))
		return
	}
	p.blocks[o/4*p.shape.Width*p.shape.Width*p.shape.In+t][o%4] = v
}

// Convolve adds bias and convolution of the padded image x to y, which is rows ×
// cols × out and holds a residual or zeros before.
func Convolve[T Float](y, x []T, w *Packed[T]) {
	s := w.shape
	if w.wide != nil {
		w.wide.convolve(any(y).([]float32), any(x).([]float32), s)
		return
	}
	segment := s.Width * s.In // contiguous inputs of a pixel in one kernel row
	stride := (s.Cols + s.Width - 1) * s.In
	block := s.Width * segment
	var sum [4]T
	for o := 0; o < s.Out; o += 4 {
		wo := w.blocks[o/4*block:][:block]
		n := min(4, s.Out-o)
		for r := range s.Rows {
			for c := range s.Cols {
				yp := y[(r*s.Cols+c)*s.Out+o:][:n]
				for i, b := range w.bias[o:][:n] {
					sum[i] = yp[i] + b
				}
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
	wide   *wideWorkspace
}

// NewWorkspace returns a workspace for s.
func NewWorkspace[T Float](s Shape) *Workspace[T] {
	if useAVX2 && isFloat32[T]() {
		return &Workspace[T]{wide: newWideWorkspace(s)}
	}
	return &Workspace[T]{column: make([]T, s.Pixels()), blocks: make([][4]T, (s.Out+3)/4*s.Pixels())}
}

// WeightGradient adds the gradient with respect to the weights to dw, in the
// order (width, width, in, out), and that of the bias to db: x is the padded input
// of the forward pass and dy, rows × cols × out, the gradient of its output.
func WeightGradient[T Float](dw, db, x, dy []T, s Shape, ws *Workspace[T]) {
	if ws.wide != nil {
		ws.wide.weightGradient(any(dw).([]float32), any(db).([]float32), any(x).([]float32), any(dy).([]float32), s)
		return
	}
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
			storeReLU(inner, src)
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

// storeReLU stores max(x, 0) in dst.
func storeReLU[T Float](dst, x []T) {
	from := 0
	if d, ok := any(dst).([]float32); ok && useAVX2 {
		from = reluVectors(d, any(x).([]float32))
	}
	x = x[:len(dst)]
	for i := from; i < len(dst); i++ {
		dst[i] = max(x[i], 0)
	}
}

// MaskNegative sets dx to 0 wherever the input x of a ReLU was not positive.
func MaskNegative[T Float](dx, x []T) {
	from := 0
	if d, ok := any(dx).([]float32); ok && useAVX2 {
		from = maskVectors(d, any(x).([]float32))
	}
	x = x[:len(dx)]
	for i := from; i < len(dx); i++ {
		if !(x[i] > 0) {
			dx[i] = 0
		}
	}
}

// Add adds x to dst.
func Add[T Float](dst, x []T) {
	from := 0
	if d, ok := any(dst).([]float32); ok && useAVX2 {
		from = addVectors(d, any(x).([]float32))
	}
	x = x[:len(dst)]
	for i := from; i < len(dst); i++ {
		dst[i] += x[i]
	}
}
