package kernel

import "golang.org/x/sys/cpu"

//go:generate sh -c "cd gen && go run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg kernel"

// vectorEngines returns the engines in assembly that this processor can run, best first.
func vectorEngines() []*engine[float32] {
	var list []*engine[float32]
	if cpu.X86.HasAVX512F {
		list = append(list, avx512.engine())
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		list = append(list, avx2.engine())
	}
	return list
}

type (
	productKernel func(c, init, a, b *float32, points, groups, depth, cStride, initStride, aStride, aStep, bStride, cNext, initNext, aNext, bNext int)
	tileKernel    func(to, from *float32, rows, cols, vectors, pointStride, rowStride, pixelStride, next int)
	outputKernel  func(y, m, mask, residual *float32, rows, cols, vectors, pointStride, rowStride, pixelStride, next int)
	vectorKernel  func(dst, src *float32, rows, vectors, dstNext, srcNext int)
)

// A family is the set of kernels that gen writes for one instruction set.
type family struct {
	name            string
	lanes           int
	products        [2][]productKernel // products[v-1][n-1] is for n rows of v vectors
	input, gradient tileKernel
	output, pixels  outputKernel
	relu, add       vectorKernel
	peak            func(int)
}

var avx2 = &family{
	name: "avx2", lanes: 8,
	products: [2][]productKernel{
		{
			product1x8AVX2, product2x8AVX2, product3x8AVX2, product4x8AVX2,
			product5x8AVX2, product6x8AVX2, product7x8AVX2, product8x8AVX2,
			product9x8AVX2, product10x8AVX2, product11x8AVX2, product12x8AVX2,
		},
		{
			product1x16AVX2, product2x16AVX2, product3x16AVX2, product4x16AVX2,
			product5x16AVX2, product6x16AVX2,
		},
	},
	input: winogradInputAVX2, gradient: winogradGradientAVX2, output: winogradOutputAVX2, pixels: pixelOutputAVX2,
	relu: reluAVX2, add: addAVX2, peak: peakAVX2,
}

var avx512 = &family{
	name: "avx512", lanes: 16,
	products: [2][]productKernel{
		{
			product1x16AVX512, product2x16AVX512, product3x16AVX512, product4x16AVX512,
			product5x16AVX512, product6x16AVX512, product7x16AVX512, product8x16AVX512,
			product9x16AVX512, product10x16AVX512, product11x16AVX512, product12x16AVX512,
			product13x16AVX512, product14x16AVX512, product15x16AVX512, product16x16AVX512,
		},
		{
			product1x32AVX512, product2x32AVX512, product3x32AVX512, product4x32AVX512,
			product5x32AVX512, product6x32AVX512, product7x32AVX512, product8x32AVX512,
			product9x32AVX512, product10x32AVX512, product11x32AVX512, product12x32AVX512,
		},
	},
	input: winogradInputAVX512, gradient: winogradGradientAVX512, output: winogradOutputAVX512, pixels: pixelOutputAVX512,
	relu: reluAVX512, add: addAVX512, peak: peakAVX512,
}

// The kernels do not check the lengths of slices; the functions below do.

func (f *family) engine() *engine[float32] {
	return &engine[float32]{
		name: f.name, lanes: f.lanes, product: f.multiply,
		input: func(v, x []float32, t tiles) {
			_ = x[(2*t.rows+1)*t.row+(2*t.cols+2)*t.channels-1]
			f.overTiles(f.input, v, x, t)
		},
		gradient: func(z, dy []float32, t tiles) {
			_ = dy[(2*t.rows-1)*t.row+2*t.cols*t.channels-1]
			f.overTiles(f.gradient, z, dy, t)
		},
		output: func(y, m, mask, residual []float32, t tiles) {
			_ = m[15*t.point+t.n()-1]
			f.overOutputs(f.output, y, m, mask, residual, t, 2)
		},
		pixels: func(y, m, mask, residual []float32, t tiles) {
			_ = m[t.n()-1]
			f.overOutputs(f.pixels, y, m, mask, residual, t, 1)
		},
		relu: f.rectify,
		add:  f.sum,
		peak: func(n int) int {
			const chains = 12
			one := 2 * chains * f.lanes
			n = (n + one - 1) / one
			f.peak(n)
			return n * one
		},
	}
}

// multiply is engine.product. It cuts the columns into pieces of two vectors, and the rows
// into as few groups as possible, of about equal size.
func (f *family) multiply(c, init, a, b []float32, p product) {
	last := p.points - 1
	_ = c[last*p.cPoint+(p.rows-1)*p.cRow+p.columns-1]
	_ = init[last*p.initPoint+(p.rows-1)*p.initRow+p.columns-1]
	_ = a[last*p.aPoint+(p.rows-1)*p.aRow+(p.depth-1)*p.aColumn]
	_ = b[last*p.bPoint+(p.depth-1)*p.bRow+p.columns-1]
	for o := 0; o < p.columns; o += 2 * f.lanes {
		kernels := f.products[min(2*f.lanes, p.columns-o)/f.lanes-1]
		groups := (p.rows + len(kernels) - 1) / len(kernels)
		size, larger := p.rows/groups, p.rows%groups // the first larger groups have size+1 rows, the others size
		i := 0
		run := func(groups, size int) {
			if groups == 0 {
				return
			}
			rows := groups * size
			kernels[size-1](&c[i*p.cRow+o], &init[i*p.initRow+o], &a[i*p.aRow], &b[o], p.points, groups, p.depth,
				4*p.cRow, 4*p.initRow, 4*p.aRow, 4*p.aColumn, 4*p.bRow,
				4*(p.cPoint-rows*p.cRow), 4*(p.initPoint-rows*p.initRow), 4*(p.aPoint-rows*p.aRow), 4*p.bPoint)
			i += rows
		}
		run(larger, size+1)
		run(groups-larger, size)
	}
}

func (f *family) overTiles(kernel tileKernel, to, from []float32, t tiles) {
	_ = to[15*t.point+t.n()-1]
	kernel(&to[0], &from[0], t.rows, t.cols, t.channels/f.lanes, 4*t.point, 4*t.row, 4*t.channels, 4*t.next(2))
}

// overOutputs runs a kernel for tiles of side × side pixels.
func (f *family) overOutputs(kernel outputKernel, y, m, mask, residual []float32, t tiles, side int) {
	end := (side*t.rows-1)*t.row + side*t.cols*t.channels // of y, mask and residual
	_ = y[end-1]
	kernel(&y[0], &m[0], optional(mask, end), optional(residual, end),
		t.rows, t.cols, t.channels/f.lanes, 4*t.point, 4*t.row, 4*t.channels, 4*t.next(side))
}

// next returns the distance from the end of a row of tiles to the start of the next row.
func (t tiles) next(side int) int { return side * (t.row - t.cols*t.channels) }

// optional returns a pointer to end elements of v, or nil for nil.
func optional(v []float32, end int) *float32 {
	if v == nil {
		return nil
	}
	_ = v[end-1]
	return &v[0]
}

func (f *family) rectify(dst, x []float32, rows, n, stride int) {
	vectors := n / f.lanes
	whole := vectors * f.lanes
	if vectors > 0 {
		_, _ = dst[(rows-1)*stride+n-1], x[rows*n-1]
		f.relu(&dst[0], &x[0], rows, vectors, 4*(stride-whole), 4*(n-whole))
	}
	for r := range rows {
		relu(dst[r*stride+whole:], x[r*n+whole:], 1, n-whole, 0)
	}
}

func (f *family) sum(dst, x []float32) {
	n := len(dst) / f.lanes * f.lanes
	if n > 0 {
		_ = x[n-1]
		f.add(&dst[0], &x[0], 1, n/f.lanes, 0, 0)
	}
	add(dst[n:], x[n:])
}
