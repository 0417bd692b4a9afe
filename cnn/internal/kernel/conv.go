package kernel

// A Shape describes a convolution.
type Shape struct {
	Rows, Cols int
	In, Out    int     // channels
	Width      int     // of the kernel: 1 or 3
	Periodic   [2]bool // whether the image wraps around along an axis; beyond a free one are zeros
	ReLU       bool    // take max(x, 0) of the input first
}

// Pixels returns rows × cols.
func (s Shape) Pixels() int { return s.Rows * s.Cols }

// Weights returns the number of weights.
func (s Shape) Weights() int { return s.Width * s.Width * s.In * s.Out }

// side returns the width of an output tile, 2 or 1.
func (s Shape) side() int { return (s.Width + 1) / 2 }

// tiles returns the number of tiles along each axis.
func (s Shape) tiles() (rows, cols int) {
	return (s.Rows + s.side() - 1) / s.side(), (s.Cols + s.side() - 1) / s.side()
}

// points returns the number of points of a transformed tile, 16 or 1.
func (s Shape) points() int { return (s.Width + s.side() - 1) * (s.Width + s.side() - 1) }

// sum returns the point that, of the transformed gradient of a tile's output, has the sum,
// and that, of the transformed output, adds to each pixel alike.
func (s Shape) sum() int {
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
	forward  []T // transformed weights (points, in, out), whole vectors of outputs
	backward []T // those of the convolution from the output's gradient to the input's
	bias     []T // (points, out), added to the transformed output; whole vectors
	zeros    []T // as many as the widest pixel has channels
	one      []T
}

// NewConv returns a convolution without weights. train says whether gradients are
// wanted.
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

// wide returns the channels of whole vectors for n channels.
func (e *engine[T]) wide(n int) int { return (n + e.lanes - 1) / e.lanes * e.lanes }

// SetWeights stores weights, (width, width, in, out), and bias.
func (c *Conv[T]) SetWeights(w, bias []T) {
	copy(c.bias[c.sum()*c.wide(c.Out):], bias)
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

// transformWeights stores G g Gᵀ of n kernels g, 3×3 with stride from, in u, 4×4 with
// stride to.
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

// turn returns the point of a kernel turned by 180 degrees that equals point p of the
// kernel itself.
func turn(p, points int) int {
	if points == 1 {
		return p
	}
	exchange := [4]int{3, 1, 2, 0}
	return 4*exchange[p/4] + exchange[p%4]
}

// A Workspace holds what convolutions of any shapes need while they run. Its zero
// value is ready for use.
type Workspace[T Float] struct {
	image []T // input with halo and whole vectors of channels
	v     []T // its tiles, transformed
	m     []T // transformed tiles of the output
	out   []T // output of whole tiles and vectors
}

// Grow returns n elements of a buffer, which it replaces by a larger one if it has to.
func Grow[T any](buffer *[]T, n int) []T {
	if cap(*buffer) < n {
		*buffer = make([]T, n)
	}
	return (*buffer)[:n]
}

// Forward stores bias and convolution of x, plus the residual unless that is nil, in
// y. y and residual are rows × cols × out and may be the same.
func (c *Conv[T]) Forward(y, x, residual []T, ws *Workspace[T]) {
	c.apply(y, x, nil, residual, c.forward, c.bias, c.In, c.Out, c.ReLU, ws)
}

// InputGradient stores the gradient with respect to x, given dy, that of the output,
// plus the residual unless that is nil, in dx.
func (c *Conv[T]) InputGradient(dx, dy, x, residual []T, ws *Workspace[T]) {
	if !c.ReLU {
		x = nil
	}
	c.apply(dx, dy, x, residual, c.backward, nil, c.Out, c.In, false, ws)
}

// blockTiles is about the number of tiles that go through all phases together: with
// many tiles a product is long, with few its operands stay in the cache.
const blockTiles = 64

// pointGap separates the points of a block, which would otherwise fall into the same
// sets of the cache.
const pointGap = 16

// overBlocks calls f for each block with its first row of tiles and their number.
func (s Shape) overBlocks(f func(first, rows int)) {
	rows, cols := s.tiles()
	n := max(1, blockTiles/cols)
	for first := 0; first < rows; first += n {
		f(first, min(n, rows-first))
	}
}

// apply stores [mask > 0] (bias + convolution of x) + residual in y, for in channels
// of x and out channels of y. Weights and bias are transformed; mask, residual and bias
// may be nil.
func (c *Conv[T]) apply(y, x, mask, residual, weights, bias []T, in, out int, relu bool, ws *Workspace[T]) {
	wideIn, wideOut := c.wide(in), c.wide(out)
	image := c.image(&ws.image, x, in, c.Width/2, relu)
	tileRows, tileCols := c.tiles()
	row := tileCols * c.side() * wideOut // of the output image
	whole := c.whole(out)
	to, toMask, toResidual := y, mask, residual
	if !whole {
		to, toMask, toResidual = Grow(&ws.out, tileRows*c.side()*row), nil, nil
	}
	c.overBlocks(func(first, rows int) {
		n := rows * tileCols
		v, point := c.transform(&ws.v, image, first, rows, wideIn)
		outPoint := n*wideOut + pointGap
		at := first * c.side() * row
		direct := c.Width == 1 && toMask == nil && toResidual == nil // the product is the output
		m := to[at:]
		if !direct {
			m = Grow(&ws.m, c.points()*outPoint)
		}
		p := product{
			points: c.points(), rows: n, depth: in, columns: wideOut,
			cRow: wideOut, aRow: wideIn, aColumn: 1, bRow: wideOut,
			cPoint: outPoint, aPoint: point, bPoint: in * wideOut,
		}
		if bias == nil {
			c.product(m, c.zeros, v, weights, p)
		} else {
			p.initPoint = wideOut
			c.product(m, bias, v, weights, p)
		}
		if direct {
			return
		}
		output := c.output
		if c.Width == 1 {
			output = c.pixels
		}
		output(to[at:], m, tail(toMask, at), tail(toResidual, at), tiles{rows, tileCols, wideOut, outPoint, row})
	})
	if whole {
		return
	}
	for r := range c.Rows {
		for q := range c.Cols {
			from := to[r*row+q*wideOut:][:out]
			at := (r*c.Cols + q) * out
			for o, v := range from {
				y[at+o] = finish(v, mask, residual, at+o)
			}
		}
	}
}

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

// image returns x, an image of n channels, with whole tiles and vectors and, if halo
// is 1, a border with what the convolution sees beyond the image. It uses the buffer
// unless x itself will do. What fills up the vectors is undefined.
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

// store stores x or max(x, 0) like engine.relu.
func store[T Float](e *engine[T], dst, x []T, rows, n, stride int, relu bool) {
	if relu {
		e.relu(dst, x, rows, n, stride)
		return
	}
	for r := range rows {
		copy(dst[r*stride:][:n], x[r*n:])
	}
}

// border fills what lies before and after the n values of v that begin at first. Along
// a periodic axis that is a copy of the last and first of them, size values each.
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

// transform returns a block of tiles of the image, transformed, and the stride of
// their points.
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

// transformGradient is transform for the gradient of the output.
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

// A Gradient is the sum over samples of the gradients of weights and bias, in the
// form in which [Conv.WeightGradient] adds to it.
type Gradient[T Float] struct {
	weights []T // (points, in, out), whole vectors of outputs
	bias    []T
	zero    bool // whatever weights and bias hold
}

// NewGradient returns a sum that is 0.
func (c *Conv[T]) NewGradient() *Gradient[T] {
	return &Gradient[T]{make([]T, len(c.forward)), make([]T, c.wide(c.Out)), true}
}

// Clear sets the sum to 0.
func (g *Gradient[T]) Clear() { g.zero = true }

// WeightGradient adds the gradient of one sample with input x to g, dy being that of
// its output.
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
			c.product(g.bias, c.zeros, c.one, z[c.sum()*outPoint:], bias)
			g.zero = false
			return
		}
		weights.initRow, weights.initPoint = weights.cRow, weights.cPoint
		c.product(g.weights, g.weights, v, z, weights)
		c.product(g.bias, g.bias, c.one, z[c.sum()*outPoint:], bias)
	})
}

// Gradients stores the sum of all gradients g, to each of which a sample has been added,
// in dw, (width, width, in, out), and db. It uses the first of them for that.
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

// restoreWeights stores Gᵀ u G of n transformed kernels u, 4×4 with stride from, in g,
// 3×3 with stride to. Row and column 3 of u have the signs that engine.gradient left
// out.
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
