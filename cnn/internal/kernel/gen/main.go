// Gen writes the AVX2 and AVX-512 kernels of package kernel: run "go generate" there.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is an instruction set.
type isa struct {
	name   string
	lanes  int // float32 in a vector
	sums   int // registers that hold sums in a product, beside its operands
	vector func() reg.VecVirtual
}

const maxRows = 16 // of a product's tile; more have no address

func (s isa) bytes() int { return 4 * s.lanes }

func (s isa) zero() reg.VecVirtual {
	z := s.vector()
	if s.lanes == 16 {
		VPXORD(z, z, z)
	} else {
		VXORPS(z, z, z)
	}
	return z
}

// positive clears v where m is not positive.
func (s isa) positive(m, v, zero reg.VecVirtual) {
	const greater = 0x1e // ordered, quiet
	if s.lanes == 16 {
		k := K()
		VCMPPS(Imm(greater), zero, m, k)
		VMOVAPS_Z(v, k, v)
		return
	}
	VCMPPS(Imm(greater), zero, m, m)
	VANDPS(m, v, v)
}

func main() {
	ConstraintExpr("amd64")
	for _, s := range []isa{{"AVX2", 8, 12, YMM}, {"AVX512", 16, 24, ZMM}} {
		for vectors := 1; vectors <= 2; vectors++ {
			for n := 1; n <= min(s.sums/vectors, maxRows); n++ {
				s.product(n, vectors)
			}
		}
		s.winogradInput()
		s.winogradGradient()
		s.output("winogradOutput"+s.name, true)
		s.output("pixelOutput"+s.name, false)
		s.elementwise("relu"+s.name, "stores max(src, 0) in dst", func(v, zero reg.VecVirtual, _ Mem) {
			VMAXPS(v, zero, v) // in this order NaN stays NaN
		})
		s.elementwise("add"+s.name, "adds src to dst", func(v, _ reg.VecVirtual, dst Mem) {
			VADDPS(dst, v, v)
		})
		s.peak()
	}
	Generate()
}

// product: for each of n rows i, c[i] = init[i] + Σ_k a[i][k] b[k]; repeated for further
// groups of n rows, and that for further points. The Next arguments lead from behind the
// last group of a point to the first of the next.
func (s isa) product(n, vectors int) {
	name := fmt.Sprintf("product%dx%d%s", n, vectors*s.lanes, s.name)
	TEXT(name, NOSPLIT, "func(c, init, a, b *float32, points, groups, depth, cStride, initStride, aStride, aStep, bStride, cNext, initNext, aNext, bNext int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes %d rows of a product at a time; strides are in bytes.", name, n))
	c := Load(Param("c"), GP64())
	init := Load(Param("init"), GP64())
	a := Load(Param("a"), GP64())
	aStride := Load(Param("aStride"), GP64())
	aStep := Load(Param("aStep"), GP64())
	bStride := Load(Param("bStride"), GP64())
	var odd [8]reg.Register // odd multiples of the stride
	multiple := func(k int, times uint8) reg.Register {
		r := GP64()
		LEAQ(Mem{Base: odd[k], Index: aStride, Scale: times}, r)
		return r
	}
	odd[1] = aStride
	if n > 3 {
		odd[3] = multiple(1, 2)
	}
	if n > 5 {
		odd[5] = multiple(3, 2)
	}
	if n > 7 {
		odd[7] = multiple(5, 2)
	}

	Label(name + "_point")
	groups := Load(Param("groups"), GP64())
	Label(name + "_group")
	sum := make([][]reg.VecVirtual, n)
	for i := range sum {
		sum[i] = make([]reg.VecVirtual, vectors)
		for v := range sum[i] {
			sum[i][v] = s.vector()
			VMOVUPS(Mem{Base: init, Disp: v * s.bytes()}, sum[i][v])
		}
		add("initStride", init)
	}
	at, high := GP64(), GP64()
	MOVQ(a, at)
	if n > 8 {
		LEAQ(Mem{Base: a, Index: aStride, Scale: 8}, high)
	}
	element := func(i int) Mem {
		base := at
		if i >= 8 {
			base, i = high, i-8
		}
		for k := 1; k <= 8; k *= 2 {
			if i%(2*k) != 0 {
				return Mem{Base: base, Index: odd[i/k], Scale: uint8(k)}
			}
		}
		return Mem{Base: base}
	}
	b := Load(Param("b"), GP64())
	left := Load(Param("depth"), GP64())
	Label(name + "_depth")
	row := make([]reg.VecVirtual, vectors)
	for v := range row {
		row[v] = s.vector()
		VMOVUPS(Mem{Base: b, Disp: v * s.bytes()}, row[v])
	}
	for i := range sum {
		if s.lanes == 16 && vectors == 1 {
			VFMADD231PS_BCST(element(i), row[0], sum[i][0])
			continue
		}
		e := s.vector()
		VBROADCASTSS(element(i), e)
		for v := range row {
			VFMADD231PS(row[v], e, sum[i][v])
		}
	}
	ADDQ(aStep, at)
	if n > 8 {
		ADDQ(aStep, high)
	}
	ADDQ(bStride, b)
	DECQ(left)
	JNZ(LabelRef(name + "_depth"))
	cStride := Load(Param("cStride"), GP64())
	for i := range sum {
		for v := range sum[i] {
			VMOVUPS(sum[i][v], Mem{Base: c, Disp: v * s.bytes()})
		}
		ADDQ(cStride, c)
		ADDQ(aStride, a)
	}
	DECQ(groups)
	JNZ(LabelRef(name + "_group"))
	add("cNext", c)
	add("initNext", init)
	add("aNext", a)
	next := Load(Param("bNext"), GP64())
	ADDQ(next, argument("b"))
	DECQ(argument("points"))
	JNZ(LabelRef(name + "_point"))
	VZEROUPPER()
	RET()
}

// argument is the memory of an argument, which a kernel may change.
func argument(name string) Mem {
	c, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}

// points walks over the 4×4 points of a tile, each an array of its own.
type points struct {
	at, stride, stride3 reg.Register
}

func newPoints(base reg.Register, stride reg.Register) points {
	p := points{GP64(), stride, GP64()}
	LEAQ(Mem{Base: p.stride, Index: p.stride, Scale: 2}, p.stride3)
	return p
}

// of returns point j of the current row.
func (p points) of(j int) Mem {
	switch j {
	case 0:
		return Mem{Base: p.at}
	case 3:
		return Mem{Base: p.at, Index: p.stride3, Scale: 1}
	}
	return Mem{Base: p.at, Index: p.stride, Scale: uint8(j)}
}

func (p points) nextRow() { LEAQ(Mem{Base: p.at, Index: p.stride, Scale: 4}, p.at) }

// overTiles repeats body for each vector of channels of each tile of each row of tiles,
// and runs between after the last vector of a tile and next after the last tile of a row.
func (s isa) overTiles(name string, body, between, next func()) {
	Label(name + "_row")
	cols := Load(Param("cols"), GP64())
	Label(name + "_tile")
	vectors := Load(Param("vectors"), GP64())
	Label(name + "_vector")
	body()
	DECQ(vectors)
	JNZ(LabelRef(name + "_vector"))
	between()
	DECQ(cols)
	JNZ(LabelRef(name + "_tile"))
	next()
	DECQ(argument("rows"))
	JNZ(LabelRef(name + "_row"))
	VZEROUPPER()
	RET()
}

// add adds an argument to registers.
func add(name string, to ...reg.Register) {
	v := Load(Param(name), GP64())
	for _, r := range to {
		ADDQ(v, r)
	}
}

// winogradInput: v = Bᵀ x B for the 4×4 pixels x of each tile.
func (s isa) winogradInput() {
	name := "winogradInput" + s.name
	TEXT(name, NOSPLIT, "func(v, x *float32, rows, cols, vectors, pointStride, rowStride, pixelStride, next int)")
	Pragma("noescape")
	Doc(name+" transforms rows of input tiles; strides are in bytes.", "Next leads from behind a row of tiles to the next.")
	out := Load(Param("v"), GP64())
	x := Load(Param("x"), GP64())
	p := newPoints(out, Load(Param("pointStride"), GP64()))
	rowStride := Load(Param("rowStride"), GP64())
	pixel := Load(Param("pixelStride"), GP64())
	pixel3 := GP64()
	LEAQ(Mem{Base: pixel, Index: pixel, Scale: 2}, pixel3)
	load := func(row reg.Register) [4]reg.VecVirtual {
		var d [4]reg.VecVirtual
		for j := range d {
			d[j] = s.vector()
		}
		VMOVUPS(Mem{Base: row}, d[0])
		VMOVUPS(Mem{Base: row, Index: pixel, Scale: 1}, d[1])
		VMOVUPS(Mem{Base: row, Index: pixel, Scale: 2}, d[2])
		VMOVUPS(Mem{Base: row, Index: pixel3, Scale: 1}, d[3])
		return d
	}
	store := func(d [4]reg.VecVirtual) {
		o := s.vector()
		VSUBPS(d[2], d[0], o)
		VMOVUPS(o, p.of(0))
		o = s.vector()
		VADDPS(d[1], d[2], o)
		VMOVUPS(o, p.of(1))
		o = s.vector()
		VSUBPS(d[1], d[2], o)
		VMOVUPS(o, p.of(2))
		o = s.vector()
		VSUBPS(d[3], d[1], o)
		VMOVUPS(o, p.of(3))
	}
	s.overTiles(name, func() {
		MOVQ(out, p.at)
		row := GP64()
		LEAQ(Mem{Base: x, Index: rowStride, Scale: 2}, row)
		d2 := load(row)
		d := load(x)
		for j := range d {
			VSUBPS(d2[j], d[j], d[j])
		}
		store(d)
		p.nextRow()
		LEAQ(Mem{Base: x, Index: rowStride, Scale: 1}, row)
		d1 := load(row)
		for j := range d {
			d[j] = s.vector()
			VADDPS(d1[j], d2[j], d[j])
		}
		store(d)
		p.nextRow()
		for j := range d {
			VSUBPS(d1[j], d2[j], d2[j])
		}
		store(d2)
		p.nextRow()
		LEAQ(Mem{Base: row, Index: rowStride, Scale: 2}, row)
		d = load(row)
		for j := range d {
			VSUBPS(d[j], d1[j], d1[j])
		}
		store(d1)
		ADDQ(Imm(uint64(s.bytes())), x)
		ADDQ(Imm(uint64(s.bytes())), out)
	}, func() { ADDQ(pixel, x) }, // the vectors of a pixel have moved x by one pixel
		func() { add("next", x) })
}

// winogradGradient: z = A dy Aᵀ, save for the signs of the last row and column.
func (s isa) winogradGradient() {
	name := "winogradGradient" + s.name
	TEXT(name, NOSPLIT, "func(z, dy *float32, rows, cols, vectors, pointStride, rowStride, pixelStride, next int)")
	Pragma("noescape")
	Doc(name+" transforms rows of tiles of an output's gradient; strides are in bytes.", "Next leads from behind a row of tiles to the next.")
	out := Load(Param("z"), GP64())
	dy := Load(Param("dy"), GP64())
	p := newPoints(out, Load(Param("pointStride"), GP64()))
	rowStride := Load(Param("rowStride"), GP64())
	pixel := Load(Param("pixelStride"), GP64())
	second := GP64() // row of the image
	LEAQ(Mem{Base: dy, Index: rowStride, Scale: 1}, second)
	store := func(d [2]reg.VecVirtual) {
		sum, difference := s.vector(), s.vector()
		VADDPS(d[1], d[0], sum)
		VSUBPS(d[1], d[0], difference)
		for j, o := range []reg.VecVirtual{d[0], sum, difference, d[1]} {
			VMOVUPS(o, p.of(j))
		}
	}
	s.overTiles(name, func() {
		MOVQ(out, p.at)
		var d [2][2]reg.VecVirtual
		for i, row := range []reg.Register{dy, second} {
			d[i] = [2]reg.VecVirtual{s.vector(), s.vector()}
			VMOVUPS(Mem{Base: row}, d[i][0])
			VMOVUPS(Mem{Base: row, Index: pixel, Scale: 1}, d[i][1])
		}
		store(d[0])
		p.nextRow()
		var o [2]reg.VecVirtual
		for j := range o {
			o[j] = s.vector()
			VADDPS(d[1][j], d[0][j], o[j])
		}
		store(o)
		p.nextRow()
		for j := range o {
			VSUBPS(d[1][j], d[0][j], d[0][j])
		}
		store(d[0])
		p.nextRow()
		store(d[1])
		for _, r := range []reg.Register{dy, second, out} {
			ADDQ(Imm(uint64(s.bytes())), r)
		}
	}, func() {
		ADDQ(pixel, dy)
		ADDQ(pixel, second)
	}, func() { add("next", dy, second) })
}

// output: y = [mask > 0] Aᵀ m A + residual for the 2×2 pixels of each tile, or the same
// with m itself for single pixels.
func (s isa) output(name string, winograd bool) {
	side := 1
	if winograd {
		side = 2
	}
	TEXT(name, NOSPLIT, "func(y, m, mask, residual *float32, rows, cols, vectors, pointStride, rowStride, pixelStride, next int)")
	Pragma("noescape")
	Doc(name+" finishes rows of output tiles; strides are in bytes.", "Mask and residual, laid out like y, may be nil.", "Next leads from behind a row of tiles to the next.")
	y := Load(Param("y"), GP64())
	m := Load(Param("m"), GP64())
	mask := Load(Param("mask"), GP64())
	residual := Load(Param("residual"), GP64())
	var p points
	if winograd {
		p = newPoints(m, Load(Param("pointStride"), GP64()))
	}
	// Offsets of the pixels from y, mask and residual.
	offset := make([]reg.Register, side*side)
	for i := range offset {
		offset[i] = GP64()
		switch i {
		case 0:
			XORQ(offset[0], offset[0])
		case 1:
			Load(Param("pixelStride"), offset[1])
		case 2:
			Load(Param("rowStride"), offset[2])
		case 3:
			LEAQ(Mem{Base: offset[1], Index: offset[2], Scale: 1}, offset[3])
		}
	}
	zero := s.zero()
	s.overTiles(name, func() {
		out := make([]reg.VecVirtual, side*side)
		if winograd {
			MOVQ(m, p.at)
			for i := range 4 {
				row := make([]reg.VecVirtual, 2) // of m A
				d := make([]reg.VecVirtual, 4)
				for j := range d {
					d[j] = s.vector()
					VMOVUPS(p.of(j), d[j])
				}
				row[0], row[1] = s.vector(), s.vector()
				VADDPS(d[1], d[0], row[0])
				VADDPS(d[2], row[0], row[0])
				VSUBPS(d[2], d[1], row[1])
				VSUBPS(d[3], row[1], row[1])
				for j, r := range row {
					switch i {
					case 0:
						out[j] = r
					case 1:
						VADDPS(r, out[j], out[j])
						out[2+j] = r
					case 2:
						VADDPS(r, out[j], out[j])
						VSUBPS(r, out[2+j], out[2+j])
					case 3:
						VSUBPS(r, out[2+j], out[2+j])
					}
				}
				if i < 3 {
					p.nextRow()
				}
			}
		} else {
			out[0] = s.vector()
			VMOVUPS(Mem{Base: m}, out[0])
		}
		TESTQ(mask, mask)
		JZ(LabelRef(name + "_unmasked"))
		for i, o := range out {
			x := s.vector()
			VMOVUPS(Mem{Base: mask, Index: offset[i], Scale: 1}, x)
			s.positive(x, o, zero)
		}
		Label(name + "_unmasked")
		TESTQ(residual, residual)
		JZ(LabelRef(name + "_store"))
		for i, o := range out {
			VADDPS(Mem{Base: residual, Index: offset[i], Scale: 1}, o, o)
		}
		Label(name + "_store")
		for i, o := range out {
			VMOVUPS(o, Mem{Base: y, Index: offset[i], Scale: 1})
			ADDQ(Imm(uint64(s.bytes())), offset[i])
		}
		ADDQ(Imm(uint64(s.bytes())), m)
	}, func() {
		if !winograd {
			return // the vectors have moved to the next pixel
		}
		add("pixelStride", offset...)
	}, func() { add("next", offset...) })
}

// elementwise applies op, which changes v, a vector of src, to rows of whole vectors.
func (s isa) elementwise(name, doc string, op func(v, zero reg.VecVirtual, dst Mem)) {
	TEXT(name, NOSPLIT, "func(dst, src *float32, rows, vectors, dstNext, srcNext int)")
	Pragma("noescape")
	Doc(name+" "+doc+"; there is at least one vector.", "Next leads from behind a row to the next, in bytes.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	rows := Load(Param("rows"), GP64())
	zero := s.zero()
	Label(name + "_row")
	left := Load(Param("vectors"), GP64())
	Label(name + "_vector")
	v := s.vector()
	VMOVUPS(Mem{Base: src}, v)
	op(v, zero, Mem{Base: dst})
	VMOVUPS(v, Mem{Base: dst})
	ADDQ(Imm(uint64(s.bytes())), dst)
	ADDQ(Imm(uint64(s.bytes())), src)
	DECQ(left)
	JNZ(LabelRef(name + "_vector"))
	add("dstNext", dst)
	add("srcNext", src)
	DECQ(rows)
	JNZ(LabelRef(name + "_row"))
	VZEROUPPER()
	RET()
}

const peakChains = 12 // independent sums, more than latency times throughput of any processor

// peak: nothing but multiplications and additions, as fast as they go.
func (s isa) peak() {
	name := "peak" + s.name
	TEXT(name, NOSPLIT, "func(n int)")
	Doc(fmt.Sprintf("%s makes n times %d fused multiplications and additions of vectors.", name, peakChains))
	left := Load(Param("n"), GP64())
	a := s.zero()
	sum := make([]reg.VecVirtual, peakChains)
	for i := range sum {
		sum[i] = s.zero()
	}
	Label(name + "_loop")
	for _, v := range sum {
		VFMADD231PS(a, a, v)
	}
	DECQ(left)
	JNZ(LabelRef(name + "_loop"))
	VZEROUPPER()
	RET()
}
