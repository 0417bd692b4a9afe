// Gen writes the AVX2 kernels of package kernel: run "go generate" there.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	lanes       = 8 // float32 in a vector
	vectorBytes = 4 * lanes
	maxPixels   = 6 // with two vectors each, twelve sums and their operands fill the 16 registers
)

func main() {
	ConstraintExpr("amd64")
	for vectors := 1; vectors <= 2; vectors++ {
		for n := 1; n <= maxPixels; n++ {
			convolve(n, vectors)
			weightGradient(n, vectors)
		}
	}
	elementwise("reluAVX2", "stores max(src, 0) in dst", func(dst, src, zero reg.VecVirtual) {
		VMAXPS(src, zero, dst) // in this order NaN stays NaN
	})
	elementwise("addAVX2", "adds src to dst", func(dst, src, _ reg.VecVirtual) {
		VADDPS(src, dst, dst)
	})
	elementwise("maskAVX2", "clears dst where src is not positive", func(dst, src, zero reg.VecVirtual) {
		const greater = 0x1e // ordered, quiet
		VCMPPS(Imm(greater), zero, src, src)
		VANDPS(src, dst, dst)
	})
	Generate()
}

// convolve: for each of n pixels p, y[p] += bias + Σ_k Σ_j x[k][p][j] w[k][j].
func convolve(n, vectors int) {
	name := fmt.Sprintf("convolve%dx%d", n, vectors*lanes)
	TEXT(name, NOSPLIT, "func(y, x, w, bias *float32, segment, width, yStride, xStride, xRow int)")
	Pragma("noescape")
	Doc(name + " adds bias and convolution to the channels of neighbouring pixels; strides are in bytes.")
	y := Load(Param("y"), GP64())
	yStride := Load(Param("yStride"), GP64())
	bias := Load(Param("bias"), GP64())
	sum := make([][]reg.VecVirtual, n)
	at := GP64()
	MOVQ(y, at)
	for p := range sum {
		sum[p] = make([]reg.VecVirtual, vectors)
		for v := range sum[p] {
			sum[p][v] = YMM()
			VMOVUPS(Mem{Base: bias, Disp: v * vectorBytes}, sum[p][v])
			VADDPS(Mem{Base: at, Disp: v * vectorBytes}, sum[p][v], sum[p][v])
		}
		if p < n-1 {
			ADDQ(yStride, at)
		}
	}
	x := Load(Param("x"), GP64())
	w := Load(Param("w"), GP64())
	segment := Load(Param("segment"), GP64())
	width := Load(Param("width"), GP64())
	xStride := Load(Param("xStride"), GP64())
	xRow := Load(Param("xRow"), GP64())
	x3, x5 := GP64(), GP64()
	LEAQ(Mem{Base: xStride, Index: xStride, Scale: 2}, x3)
	LEAQ(Mem{Base: xStride, Index: xStride, Scale: 4}, x5)
	pixel := func(base reg.GPVirtual, p, disp int) Mem {
		switch p {
		case 0:
			return Mem{Base: base, Disp: disp}
		case 3:
			return Mem{Base: base, Index: x3, Scale: 1, Disp: disp}
		case 5:
			return Mem{Base: base, Index: x5, Scale: 1, Disp: disp}
		}
		return Mem{Base: base, Index: xStride, Scale: uint8(p), Disp: disp} // 1, 2, 4
	}

	row, left := GP64(), GP64()
	tap := func(unrolled int) {
		weights := make([]reg.VecVirtual, vectors)
		for v := range weights {
			weights[v] = YMM()
			VMOVUPS(Mem{Base: w, Disp: (unrolled*vectors + v) * vectorBytes}, weights[v])
		}
		for p := range sum {
			b := YMM()
			VBROADCASTSS(pixel(row, p, 4*unrolled), b)
			for v := range weights {
				VFMADD231PS(weights[v], b, sum[p][v])
			}
		}
	}
	const unroll = 4
	Label(name + "_row")
	MOVQ(x, row)
	MOVQ(segment, left)
	SUBQ(Imm(unroll), left)
	JLT(LabelRef(name + "_rest"))
	Label(name + "_four")
	for u := range unroll {
		tap(u)
	}
	ADDQ(Imm(4*unroll), row)
	ADDQ(U32(unroll*vectors*vectorBytes), w)
	SUBQ(Imm(unroll), left)
	JGE(LabelRef(name + "_four"))
	Label(name + "_rest")
	ADDQ(Imm(unroll), left)
	JZ(LabelRef(name + "_next"))
	Label(name + "_one")
	tap(0)
	ADDQ(Imm(4), row)
	ADDQ(Imm(uint64(vectors*vectorBytes)), w)
	DECQ(left)
	JNZ(LabelRef(name + "_one"))
	Label(name + "_next")
	ADDQ(xRow, x)
	DECQ(width)
	JNZ(LabelRef(name + "_row"))
	for p := range sum {
		for v := range sum[p] {
			VMOVUPS(sum[p][v], Mem{Base: y, Disp: v * vectorBytes})
		}
		if p < n-1 {
			ADDQ(yStride, y)
		}
	}
	VZEROUPPER()
	RET()
}

// weightGradient: for each of n inputs j, dw[j] += Σ_r Σ_c x[r][c][j] dy[r][c].
func weightGradient(n, vectors int) {
	name := fmt.Sprintf("weightGradient%dx%d", n, vectors*lanes)
	TEXT(name, NOSPLIT, "func(dw, x, dy *float32, rows, cols, dwStride, xStride, xRow, dyStride int)")
	Pragma("noescape")
	Doc(name + " adds the gradient of neighbouring inputs' weights over an image; strides are in bytes.")
	dw := Load(Param("dw"), GP64())
	dwStride := Load(Param("dwStride"), GP64())
	at := GP64()
	MOVQ(dw, at)
	sum := make([][]reg.VecVirtual, n)
	for j := range sum {
		sum[j] = make([]reg.VecVirtual, vectors)
		for v := range sum[j] {
			sum[j][v] = YMM()
			VMOVUPS(Mem{Base: at, Disp: v * vectorBytes}, sum[j][v])
		}
		if j < n-1 {
			ADDQ(dwStride, at)
		}
	}
	x := Load(Param("x"), GP64())
	dy := Load(Param("dy"), GP64())
	rows := Load(Param("rows"), GP64())
	cols := Load(Param("cols"), GP64())
	xStride := Load(Param("xStride"), GP64())
	xRow := Load(Param("xRow"), GP64())
	dyStride := Load(Param("dyStride"), GP64())
	row, left := GP64(), GP64()
	Label(name + "_row")
	MOVQ(x, row)
	MOVQ(cols, left)
	Label(name + "_pixel")
	g := make([]reg.VecVirtual, vectors)
	for v := range g {
		g[v] = YMM()
		VMOVUPS(Mem{Base: dy, Disp: v * vectorBytes}, g[v])
	}
	for j := range sum {
		b := YMM()
		VBROADCASTSS(Mem{Base: row, Disp: 4 * j}, b)
		for v := range g {
			VFMADD231PS(g[v], b, sum[j][v])
		}
	}
	ADDQ(xStride, row)
	ADDQ(dyStride, dy)
	DECQ(left)
	JNZ(LabelRef(name + "_pixel"))
	ADDQ(xRow, x)
	DECQ(rows)
	JNZ(LabelRef(name + "_row"))
	for j := range sum {
		for v := range sum[j] {
			VMOVUPS(sum[j][v], Mem{Base: dw, Disp: v * vectorBytes})
		}
		if j < n-1 {
			ADDQ(dwStride, dw)
		}
	}
	VZEROUPPER()
	RET()
}

// elementwise applies op to n whole vectors.
func elementwise(name, doc string, op func(dst, src, zero reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(dst, src *float32, vectors int)")
	Pragma("noescape")
	Doc(name + " " + doc + ", eight values a vector; there is at least one.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	left := Load(Param("vectors"), GP64())
	zero := YMM()
	VXORPS(zero, zero, zero)
	Label(name + "_loop")
	d, s := YMM(), YMM()
	VMOVUPS(Mem{Base: dst}, d)
	VMOVUPS(Mem{Base: src}, s)
	op(d, s, zero)
	VMOVUPS(d, Mem{Base: dst})
	ADDQ(Imm(vectorBytes), dst)
	ADDQ(Imm(vectorBytes), src)
	DECQ(left)
	JNZ(LabelRef(name + "_loop"))
	VZEROUPPER()
	RET()
}
