package kernel

// portable is the engine in plain Go.
func portable[T Float](lanes int) *engine[T] {
	return &engine[T]{
		name: portableName, lanes: lanes,
		product: multiply[T], input: transformInput[T], gradient: transformGradient[T],
		output: transformOutput[T], pixels: outputPixels[T], relu: relu[T], add: add[T], peak: peakPortable[T],
	}
}

// multiply computes four columns at a time, because the compiler keeps four sums and their
// products in registers.
func multiply[T Float](c, init, a, b []T, p product) {
	for q := range p.points {
		for i := range p.rows {
			for o := 0; o < p.columns; o += 4 {
				sum := [4]T(init[q*p.initPoint+i*p.initRow+o:])
				x, y, z, w := sum[0], sum[1], sum[2], sum[3]
				row, b := a[q*p.aPoint+i*p.aRow:], b[q*p.bPoint+o:]
				for k := range p.depth {
					v, g := row[k*p.aColumn], (*[4]T)(b[k*p.bRow:])
					x += v * g[0]
					y += v * g[1]
					z += v * g[2]
					w += v * g[3]
				}
				*(*[4]T)(c[q*p.cPoint+i*p.cRow+o:]) = [4]T{x, y, z, w}
			}
		}
	}
}

// each calls f for each channel of each tile. image is its index in an image whose tiles
// are side × side pixels, at its index in one point of the transformed tiles.
func (t tiles) each(side int, f func(image, at int)) {
	at := 0
	for r := range t.rows {
		for c := range t.cols {
			for k := range t.channels {
				f(side*(r*t.row+c*t.channels)+k, at)
				at++
			}
		}
	}
}

func transformInput[T Float](v, x []T, t tiles) {
	t.each(2, func(image, at int) {
		var d [4][4]T
		for i := range 4 {
			for j := range 4 {
				d[i][j] = x[image+i*t.row+j*t.channels]
			}
		}
		for j := range 4 {
			d[0][j], d[1][j], d[2][j], d[3][j] = d[0][j]-d[2][j], d[1][j]+d[2][j], d[2][j]-d[1][j], d[1][j]-d[3][j]
		}
		for i := range 4 {
			e, to := &d[i], v[at+4*i*t.point:]
			to[0], to[t.point], to[2*t.point], to[3*t.point] = e[0]-e[2], e[1]+e[2], e[2]-e[1], e[1]-e[3]
		}
	})
}

func transformGradient[T Float](z, dy []T, t tiles) {
	t.each(2, func(image, at int) {
		a := [2]T{dy[image], dy[image+t.channels]}
		image += t.row
		b := [2]T{dy[image], dy[image+t.channels]}
		for i, e := range [4][2]T{a, {a[0] + b[0], a[1] + b[1]}, {a[0] - b[0], a[1] - b[1]}, b} {
			to := z[at+4*i*t.point:]
			to[0], to[t.point], to[2*t.point], to[3*t.point] = e[0], e[0]+e[1], e[0]-e[1], e[1]
		}
	})
}

func transformOutput[T Float](y, m, mask, residual []T, t tiles) {
	t.each(2, func(image, at int) {
		var d [4][2]T
		for i := range d {
			e := m[at+4*i*t.point:]
			d[i] = [2]T{e[0] + e[t.point] + e[2*t.point], e[t.point] - e[2*t.point] - e[3*t.point]}
		}
		for j := range 2 {
			to := image + j*t.channels
			y[to] = finish(d[0][j]+d[1][j]+d[2][j], mask, residual, to)
			to += t.row
			y[to] = finish(d[1][j]-d[2][j]-d[3][j], mask, residual, to)
		}
	})
}

func outputPixels[T Float](y, m, mask, residual []T, t tiles) {
	for at := range t.n() {
		y[at] = finish(m[at], mask, residual, at)
	}
}

// finish applies mask and residual, where they are not nil, to an output.
func finish[T Float](y T, mask, residual []T, at int) T {
	if mask != nil && !(mask[at] > 0) {
		y = 0
	}
	if residual != nil {
		y += residual[at]
	}
	return y
}

func relu[T Float](dst, x []T, rows, n, stride int) {
	for r := range rows {
		d := dst[r*stride:][:n]
		for i, v := range x[r*n:][:n] {
			d[i] = max(v, 0)
		}
	}
}

func add[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] += x[i]
	}
}

// peakPortable has as many independent sums as multiply.
func peakPortable[T Float](n int) int {
	var x, y, z, w T
	v := T(sink) // which the compiler does not know to be 0
	n = (n + 7) / 8
	for range n {
		x += v * v
		y += v * v
		z += v * v
		w += v * v
	}
	sink = float64(x + y + z + w)
	return 8 * n
}

var sink float64
