package kernel

// portable is the engine in plain Go.
func portable[T Float](lanes int) *engine[T] {
	return &engine[T]{
		name: portableName, lanes: lanes,
		product: multiply[T], input: transformInput[T], gradient: transformGradient[T],
		output: transformOutput[T], pixels: outputPixels[T], relu: relu[T], add: add[T], peak: peakPortable[T],
	}
}

// multiply takes four columns at a time: four sums are as many as the compiler keeps
// in registers beside their products.
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

func transformInput[T Float](v, x []T, r tileRow) {
	for t := range r.tiles {
		for c := range r.channels {
			var d [4][4]T
			for i := range 4 {
				for j := range 4 {
					d[i][j] = x[i*r.row+(2*t+j)*r.channels+c]
				}
			}
			for j := range 4 {
				d[0][j], d[1][j], d[2][j], d[3][j] = d[0][j]-d[2][j], d[1][j]+d[2][j], d[2][j]-d[1][j], d[1][j]-d[3][j]
			}
			at := v[t*r.channels+c:]
			for i := range 4 {
				e := &d[i]
				at[4*i*r.point] = e[0] - e[2]
				at[(4*i+1)*r.point] = e[1] + e[2]
				at[(4*i+2)*r.point] = e[2] - e[1]
				at[(4*i+3)*r.point] = e[1] - e[3]
			}
		}
	}
}

func transformGradient[T Float](z, dy []T, r tileRow) {
	for t := range r.tiles {
		for c := range r.channels {
			at := dy[2*t*r.channels+c:]
			a, b := [2]T{at[0], at[r.channels]}, [2]T{at[r.row], at[r.row+r.channels]}
			for i, e := range [4][2]T{a, {a[0] + b[0], a[1] + b[1]}, {a[0] - b[0], a[1] - b[1]}, b} {
				to := z[4*i*r.point+t*r.channels+c:]
				to[0], to[r.point], to[2*r.point], to[3*r.point] = e[0], e[0]+e[1], e[0]-e[1], e[1]
			}
		}
	}
}

func transformOutput[T Float](y, m, bias, mask, residual []T, r tileRow) {
	for t := range r.tiles {
		for c := range r.channels {
			var d [4][2]T
			for i := range d {
				at := m[4*i*r.point+t*r.channels+c:]
				d[i] = [2]T{at[0] + at[r.point] + at[2*r.point], at[r.point] - at[2*r.point] - at[3*r.point]}
			}
			for j := range 2 {
				at := (2*t+j)*r.channels + c
				y[at] = finish(d[0][j]+d[1][j]+d[2][j]+bias[c], mask, residual, at)
				at += r.row
				y[at] = finish(d[1][j]-d[2][j]-d[3][j]+bias[c], mask, residual, at)
			}
		}
	}
}

func outputPixels[T Float](y, m, bias, mask, residual []T, r tileRow) {
	for t := range r.tiles {
		for c := range r.channels {
			at := t*r.channels + c
			y[at] = finish(m[at]+bias[c], mask, residual, at)
		}
	}
}

// finish applies mask and residual, where given, to an output.
func finish[T Float](y T, mask, residual []T, at int) T {
	if mask != nil && !(mask[at] > 0) {
		y = 0
	}
	if residual != nil {
		y += residual[at]
	}
	return y
}

func relu[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = max(x[i], 0)
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
