package kernel

// A Shape describes a convolution.
type Shape struct {
	Rows, Cols int     // pixels of the image
	In, Out    int     // channels
	Width      int     // of the kernel: 1 or 3
	Periodic   [2]bool // along which axes the image wraps around; along the others it continues with zeros
	ReLU       bool    // apply max(x, 0) to the input first
}

// Pixels returns the number of pixels of the image.
func (s Shape) Pixels() int { return s.Rows * s.Cols }

// Weights returns the number of weights.
func (s Shape) Weights() int { return s.Width * s.Width * s.In * s.Out }

// side returns the width of an output tile in pixels: 2 for 3×3 kernels, 1 for 1×1.
func (s Shape) side() int { return (s.Width + 1) / 2 }

// tiles returns the number of tiles along each axis.
func (s Shape) tiles() (rows, cols int) {
	return (s.Rows + s.side() - 1) / s.side(), (s.Cols + s.side() - 1) / s.side()
}

// points returns the number of points of a transformed tile: 16 for 3×3 kernels, 1 for 1×1.
func (s Shape) points() int { return (s.Width + s.side() - 1) * (s.Width + s.side() - 1) }

// biasPoint returns the point of the transformed output that adds to all pixels of a tile
// alike. In the transformed gradient of the output, this point is the sum over the pixels.
func (s Shape) biasPoint() int {
	if s.Width == 1 {
		return 0
	}
	return 5
}

// A Conv is a convolution with its weights. Several goroutines may use it at a time,
// each with its own [Workspace].
type Conv[T Float] struct {
	Shape
	*engine[T]
	forward  []T // transformed weights (points, in, wide(out))
	backward []T // transformed weights (points, out, wide(in)) from the output's gradient to the input's
	bias     []T // (points, wide(out)), added to the transformed output
	zeros    []T // as many as the pixel with most channels needs
	one      []T // the number 1, whose product with the output's gradient is the bias's
}

// NewConv returns a convolution without weights. [Conv.InputGradient] needs train to be
// true.
func NewConv[T Float](s Shape, train bool) *Conv[T] { return newConv(s, train, engineOf[T]()) }

func newConv[T Float](s Shape, train bool, e *engine[T]) *Conv[T] {
	c := &Conv[T]{Shape: s, engine: e}
	c.forward = make([]T, s.points()*s.In*c.wide(s.Out))
	c.bias = make([]T, s.points()*c.wide(s.Out))
	c.zeros = make([]T, c.wide(max(s.In, s.Out)))
	c.one = []T{1}
	if train {
		c.backward = make([]T, s.points()*s.Out*c.wide(s.In))
	}
	return c
}

// wide returns n channels rounded up to whole vectors.
func (e *engine[T]) wide(n int) int { return (n + e.lanes - 1) / e.lanes * e.lanes }

// SetWeights transforms and stores weights, (width, width, in, out), and bias, (out).
func (c *Conv[T]) SetWeights(w, bias []T) {
	copy(c.bias[c.biasPoint()*c.wide(c.Out):], bias)
	to := c.wide(c.Out)
	for i := range c.In {
		if c.Width == 1 {
			copy(c.forward[i*to:], w[i*c.Out:][:c.Out])
			continue
		}
		transformWeights(c.forward[i*to:], c.In*to, w[i*c.Out:], c.In*c.Out, c.Out)
	}
	if c.backward == nil {
		return
	}
	back := c.wide(c.In)
	for p := range c.points() {
		u, turned := c.forward[p*c.In*to:], c.backward[turn(p, c.points())*c.Out*back:]
		for i := range c.In {
			for o, v := range u[i*to:][:c.Out] {
				turned[o*back+i] = v
			}
		}
	}
}

// transformWeights stores G g Gᵀ for each of n kernels. The elements of a 3×3 kernel g lie
// from apart, those of the 4×4 result u lie to apart; kernels follow each other.
func transformWeights[T Float](u []T, to int, g []T, from, n int) {
	for o := range n {
		var d [4][3]T
		for l := range 3 {
			d[0][l], d[1][l], d[2][l], d[3][l] = transformKernel(g[l*from+o], g[(3+l)*from+o], g[(6+l)*from+o])
		}
		for k := range 4 {
			at := u[4*k*to+o:]
			at[0], at[to], at[2*to], at[3*to] = transformKernel(d[k][0], d[k][1], d[k][2])
		}
	}
}

func transformKernel[T Float](a, b, c T) (T, T, T, T) {
	return a, (a + b + c) / 2, (a - b + c) / 2, c
}

// turn returns the point of the transformed turned kernel that equals point p of the
// transformed kernel. Turned means by 180 degrees, as the gradient of the input needs it.
func turn(p, points int) int {
	if points == 1 {
		return p
	}
	exchange := [4]int{3, 1, 2, 0}
	return 4*exchange[p/4] + exchange[p%4]
}

// A Workspace holds the buffers of running convolutions, of any shapes one after the other.
// Its zero value is ready for use.
type Workspace[T Float] struct {
	image []T // the input with a border, in whole tiles and vectors
	v     []T // transformed tiles of the input
	m     []T // transformed tiles of the output
	out   []T // the output in whole tiles and vectors
}

// Grow returns n elements of a buffer, which it first replaces by a larger one if needed.
// Their contents are undefined.
func Grow[T any](buffer *[]T, n int) []T {
	if cap(*buffer) < n {
		*buffer = make([]T, n)
	}
	return (*buffer)[:n]
}

// Forward stores bias and convolution of x, plus the residual unless that is nil, in
// y. y and residual are rows × cols × out and may be the same.
func (c *Conv[T]) Forward(y, x, residual []T, ws *Workspace[T]) {
	c.run(pass[T]{x: x, in: c.In, relu: c.ReLU, weights: c.forward, bias: c.bias, residual: residual, y: y, out: c.Out}, ws)
}

// InputGradient stores the gradient with respect to x, given dy, that of the output,
// plus the residual unless that is nil, in dx. dx and residual may be the same.
func (c *Conv[T]) InputGradient(dx, dy, x, residual []T, ws *Workspace[T]) {
	p := pass[T]{x: dy, in: c.Out, weights: c.backward, residual: residual, y: dx, out: c.In}
	if c.ReLU {
		p.mask = x
	}
	c.run(p, ws)
}

// A pass computes y = [mask > 0] (bias + convolution of x) + residual. Forward it leads
// from the input to the output, backward from the output's gradient to the input's.
type pass[T Float] struct {
	x              []T // (rows, cols, in)
	in             int
	relu           bool // apply max(x, 0) first
	weights, bias  []T  // transformed; bias may be nil
	mask, residual []T  // shaped like y; either may be nil
	y              []T  // (rows, cols, out)
	out            int
}

// blockTiles is about the number of tiles that are transformed, multiplied and transformed
// back together. Many tiles make a product long, few keep its operands in the cache.
const blockTiles = 64

// pointGap elements are left free between the points of a block, which would otherwise
// compete for the same lines of the cache.
const pointGap = 16

// overBlocks calls f for each block with its first row of tiles and its number of rows.
func (s Shape) overBlocks(f func(first, rows int)) {
	rows, cols := s.tiles()
	n := max(1, blockTiles/cols)
	for first := 0; first < rows; first += n {
		f(first, min(n, rows-first))
	}
}

func (c *Conv[T]) run(p pass[T], ws *Workspace[T]) {
	image := c.image(&ws.image, p.x, p.in, c.Width/2, p.relu)
	if c.whole(p.out) {
		c.runWhole(p, image, ws)
		return
	}
	// The output of whole tiles and vectors goes to a buffer, then the part that exists to y.
	tileRows, tileCols := c.tiles()
	wide := c.wide(p.out)
	row := tileCols * c.side() * wide
	whole := p
	whole.y, whole.mask, whole.residual = Grow(&ws.out, tileRows*c.side()*row), nil, nil
	c.runWhole(whole, image, ws)
	for r := range c.Rows {
		for q := range c.Cols {
			at := (r*c.Cols + q) * p.out
			for o, v := range whole.y[r*row+q*wide:][:p.out] {
				p.y[at+o] = finish(v, p.mask, p.residual, at+o)
			}
		}
	}
}

// runWhole is run for outputs of whole tiles and vectors. image is the input as
// [Conv.image] returns it.
func (c *Conv[T]) runWhole(p pass[T], image []T, ws *Workspace[T]) {
	wideIn, wideOut := c.wide(p.in), c.wide(p.out)
	_, tileCols := c.tiles()
	row := tileCols * c.side() * wideOut
	output := c.output
	if c.Width == 1 {
		output = c.pixels
	}
	initial, initialPoint := c.zeros, 0
	if p.bias != nil {
		initial, initialPoint = p.bias, wideOut
	}
	c.overBlocks(func(first, rows int) {
		n := rows * tileCols
		v, point := c.transform(&ws.v, image, first, rows, wideIn)
		outPoint := n*wideOut + pointGap
		at := first * c.side() * row
		direct := c.Width == 1 && p.mask == nil && p.residual == nil // the product is the output
		m := p.y[at:]
		if !direct {
			m = Grow(&ws.m, c.points()*outPoint)
		}
		c.product(m, initial, v, p.weights, product{
			points: c.points(), rows: n, depth: p.in, columns: wideOut,
			cRow: wideOut, aRow: wideIn, aColumn: 1, bRow: wideOut,
			cPoint: outPoint, initPoint: initialPoint, aPoint: point, bPoint: p.in * wideOut,
		})
		if !direct {
			output(p.y[at:], m, tail(p.mask, at), tail(p.residual, at), tiles{rows, tileCols, wideOut, outPoint, row})
		}
	})
}

// tail returns v from at on, or nil for nil.
func tail[T any](v []T, at int) []T {
	if v == nil {
		return nil
	}
	return v[at:]
}

// whole reports whether images of n channels consist of whole tiles and vectors.
func (c *Conv[T]) whole(n int) bool {
	return n == c.wide(n) && c.Rows%c.side() == 0 && c.Cols%c.side() == 0
}

// image returns x, an image of n channels, extended to whole tiles and vectors. If halo is
// 1, it also has a border of one pixel, with the other side of the image or zeros. The
// result is x itself if nothing changes, else it stands in the buffer. The channels that
// fill up the vectors are undefined.
func (c *Conv[T]) image(buffer *[]T, x []T, n, halo int, relu bool) []T {
	if halo == 0 && !relu && c.whole(n) {
		return x
	}
	wide := c.wide(n)
	rows, cols := c.tiles()
	rows, cols = rows*c.side()+2*halo, cols*c.side()+2*halo
	stride := cols * wide
	dst := Grow(buffer, rows*stride)
	inside := dst[halo*(stride+wide):]
	if n == wide {
		store(c.engine, inside, x, c.Rows, c.Cols*n, stride, relu)
	} else {
		for r := range c.Rows {
			store(c.engine, inside[r*stride:], x[r*c.Cols*n:], c.Cols, n, wide, relu)
		}
	}
	for r := range c.Rows {
		row := dst[(r+halo)*stride:][:stride]
		border(row, halo*wide, c.Cols*wide, wide, c.Periodic[1])
	}
	border(dst, halo*stride, c.Rows*stride, stride, c.Periodic[0])
	return dst
}

// store stores x, or max(x, 0) if relu is set, in dst, laid out as in engine.relu.
func store[T Float](e *engine[T], dst, x []T, rows, n, stride int, relu bool) {
	if relu {
		e.relu(dst, x, rows, n, stride)
		return
	}
	for r := range rows {
		copy(dst[r*stride:][:n], x[r*n:])
	}
}

// border fills the parts of v before and after the n values that begin at first. Along a
// periodic axis the last size of these values are copied to the front and the first size
// to the end; all else becomes 0.
func border[T Float](v []T, first, n, size int, periodic bool) {
	end := first + n
	if periodic && first > 0 {
		copy(v[:first], v[end-size:end])
		copy(v[end:], v[first:first+size])
		end += size
	} else {
		clear(v[:first])
	}
	clear(v[end:])
}

// transform returns the transformed tiles of a block of the input and the stride of their
// points. For 1×1 kernels that is the image itself.
func (c *Conv[T]) transform(buffer *[]T, image []T, first, rows, wide int) (v []T, point int) {
	_, cols := c.tiles()
	if c.Width == 1 {
		return image[first*cols*wide:], 0
	}
	row := (2*cols + 2) * wide
	point = rows*cols*wide + pointGap
	v = Grow(buffer, c.points()*point)
	c.input(v, image[first*2*row:], tiles{rows, cols, wide, point, row})
	return v, point
}

// transformGradient is transform for tiles of the output's gradient.
func (c *Conv[T]) transformGradient(buffer *[]T, dy []T, first, rows, wide int) (z []T, point int) {
	_, cols := c.tiles()
	if c.Width == 1 {
		return dy[first*cols*wide:], 0
	}
	row := 2 * cols * wide
	point = rows*cols*wide + pointGap
	z = Grow(buffer, c.points()*point)
	c.gradient(z, dy[first*2*row:], tiles{rows, cols, wide, point, row})
	return z, point
}

// A Gradient is a sum over samples of the gradients of the transformed weights and of the
// bias. [Conv.WeightGradient] adds a sample, [Conv.Gradients] transforms back.
type Gradient[T Float] struct {
	weights []T  // (points, in, wide(out))
	bias    []T  // (wide(out))
	zero    bool // the sum is 0, and weights and bias are undefined
}

// NewGradient returns a sum that is 0.
func (c *Conv[T]) NewGradient() *Gradient[T] {
	return &Gradient[T]{make([]T, len(c.forward)), make([]T, c.wide(c.Out)), true}
}

// Clear sets the sum to 0.
func (g *Gradient[T]) Clear() { g.zero = true }

// WeightGradient adds the gradient of one sample to g. x is the sample's input and dy the
// gradient of its output.
func (c *Conv[T]) WeightGradient(g *Gradient[T], x, dy []T, ws *Workspace[T]) {
	in, out := c.wide(c.In), c.wide(c.Out)
	image := c.image(&ws.image, x, c.In, c.Width/2, c.ReLU)
	dy = c.image(&ws.out, dy, c.Out, 0, false)
	_, cols := c.tiles()
	c.overBlocks(func(first, rows int) {
		v, point := c.transform(&ws.v, image, first, rows, in)
		z, outPoint := c.transformGradient(&ws.m, dy, first, rows, out)
		weights := product{
			points: c.points(), rows: c.In, depth: rows * cols, columns: out,
			cRow: out, aRow: 1, aColumn: in, bRow: out,
			cPoint: c.In * out, aPoint: point, bPoint: outPoint,
		}
		bias := product{points: 1, rows: 1, depth: rows * cols, columns: out, bRow: out}
		if g.zero {
			c.product(g.weights, c.zeros, v, z, weights)
			c.product(g.bias, c.zeros, c.one, z[c.biasPoint()*outPoint:], bias)
			g.zero = false
			return
		}
		weights.initRow, weights.initPoint = weights.cRow, weights.cPoint
		c.product(g.weights, g.weights, v, z, weights)
		c.product(g.bias, g.bias, c.one, z[c.biasPoint()*outPoint:], bias)
	})
}

// Gradients stores the sum of all gradients g in dw, (width, width, in, out), and db,
// (out). Each g must have a sample. Afterwards g[0] is undefined.
func (c *Conv[T]) Gradients(dw, db []T, g []*Gradient[T]) {
	sum := g[0]
	for _, other := range g[1:] {
		c.add(sum.weights, other.weights)
		c.add(sum.bias, other.bias)
	}
	copy(db, sum.bias)
	out := c.wide(c.Out)
	for i := range c.In {
		u := sum.weights[i*out:]
		if c.Width == 1 {
			copy(dw[i*c.Out:][:c.Out], u)
			continue
		}
		restoreWeights(dw[i*c.Out:], c.In*c.Out, u, c.In*out, c.Out)
	}
}

// restoreWeights stores Gᵀ u G for each of n transformed kernels. The elements of a 4×4
// kernel u lie from apart, those of the 3×3 result g lie to apart; kernels follow each
// other. Row and column 3 of u have the wrong sign, because engine.gradient leaves the
// minus out.
func restoreWeights[T Float](g []T, to int, u []T, from, n int) {
	for o := range n {
		var d [3][4]T
		for j := range 4 {
			at := u[j*from+o:]
			d[0][j], d[1][j], d[2][j] = restoreKernel(at[0], at[4*from], at[8*from], at[12*from])
		}
		for k := range 3 {
			at := g[3*k*to+o:]
			at[0], at[to], at[2*to] = restoreKernel(d[k][0], d[k][1], d[k][2], d[k][3])
		}
	}
}

func restoreKernel[T Float](a, b, c, d T) (T, T, T) {
	return a + (b+c)/2, (b - c) / 2, (b+c)/2 - d
}
