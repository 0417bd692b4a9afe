package kernel

import "golang.org/x/sys/cpu"

//go:generate sh -c "cd gen && go run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg kernel"

// vectorEngines returns the engines of assembly that the processor has.
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
	tileKernel    func(to, from *float32, tiles, vectors, pointStride, rowStride, pixelStride int)
	outputKernel  func(y, m, bias, mask, residual *float32, tiles, vectors, pointStride, rowStride, pixelStride int)
	vectorKernel  func(dst, src *float32, vectors int)
)

// A family is the kernels of one instruction set, as gen writes them.
type family struct {
	name            string
	lanes           int
	products        [2][]productKernel // of one and two vectors, by the number of rows less one
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

// The kernels do not check; the functions below do.

func (f *family) engine() *engine[float32] {
	return &engine[float32]{
		name: f.name, lanes: f.lanes, product: f.multiply,
		input: func(v, x []float32, r tileRow) {
			_ = x[3*r.row+(2*r.tiles+2)*r.channels-1]
			f.overTiles(f.input, v, x, r)
		},
		gradient: func(z, dy []float32, r tileRow) {
			_ = dy[r.row+2*r.tiles*r.channels-1]
			f.overTiles(f.gradient, z, dy, r)
		},
		output: func(y, m, bias, mask, residual []float32, r tileRow) {
			_ = m[15*r.point+r.tiles*r.channels-1]
			f.overOutputs(f.output, y, m, bias, mask, residual, r, r.row+2*r.tiles*r.channels)
		},
		pixels: func(y, m, bias, mask, residual []float32, r tileRow) {
			_ = m[r.tiles*r.channels-1]
			f.overOutputs(f.pixels, y, m, bias, mask, residual, r, r.tiles*r.channels)
		},
		relu: func(dst, x []float32) {
			n := f.vectors(f.relu, dst, x)
			relu(dst[n:], x[n:])
		},
		add: func(dst, x []float32) {
			n := f.vectors(f.add, dst, x)
			add(dst[n:], x[n:])
		},
		peak: func(n int) int {
			const chains = 12
			one := 2 * chains * f.lanes
			n = (n + one - 1) / one
			f.peak(n)
			return n * one
		},
	}
}

// multiply cuts the columns into pieces of two vectors and the rows into as few groups
// as possible of about equal size.
func (f *family) multiply(c, init, a, b []float32, p product) {
	last := p.points - 1
	_ = c[last*p.cPoint+(p.rows-1)*p.cRow+p.columns-1]
	_ = init[last*p.initPoint+(p.rows-1)*p.initRow+p.columns-1]
	_ = a[last*p.aPoint+(p.rows-1)*p.aRow+(p.depth-1)*p.aColumn]
	_ = b[last*p.bPoint+(p.depth-1)*p.bRow+p.columns-1]
	for o := 0; o < p.columns; o += 2 * f.lanes {
		kernels := f.products[min(2*f.lanes, p.columns-o)/f.lanes-1]
		groups := (p.rows + len(kernels) - 1) / len(kernels)
		size, larger := p.rows/groups, p.rows%groups // rows of a group, groups with one more
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

func (f *family) overTiles(kernel tileKernel, to, from []float32, r tileRow) {
	_ = to[15*r.point+r.tiles*r.channels-1]
	kernel(&to[0], &from[0], r.tiles, r.channels/f.lanes, 4*r.point, 4*r.row, 4*r.channels)
}

// overOutputs is given the extent of y, mask and residual.
func (f *family) overOutputs(kernel outputKernel, y, m, bias, mask, residual []float32, r tileRow, extent int) {
	_, _ = y[extent-1], bias[r.channels-1]
	kernel(&y[0], &m[0], &bias[0], optional(mask, extent), optional(residual, extent),
		r.tiles, r.channels/f.lanes, 4*r.point, 4*r.row, 4*r.channels)
}

func optional(v []float32, extent int) *float32 {
	if v == nil {
		return nil
	}
	_ = v[extent-1]
	return &v[0]
}

// vectors runs a kernel over the whole vectors of dst and returns their length.
func (f *family) vectors(kernel vectorKernel, dst, x []float32) int {
	n := len(dst) / f.lanes
	if n > 0 {
		_ = x[n*f.lanes-1]
		kernel(&dst[0], &x[0], n)
	}
	return n * f.lanes
}
