// Gen writes the kernels of package lanes: run "go generate" there.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layout of package lanes.
const (
	vector = 64 // bytes of 16 replicas

	signBit = iota - 1 // the constants, in order
	absolute
	one
	mantissa
	exponentOfOne
	scale
	polynomial                      // six coefficients, the highest first
	constants      = polynomial + 6 // number of them
	xorOfThree     = 0x96           // truth table
	lessThan       = 0x11           // ordered, quiet
	state          = 4              // words of the generator
	neighbourBytes = 8              // offset and coupling
	headBytes      = 8              // offset of the site and number of neighbours
)

func main() {
	ConstraintExpr("amd64")
	for _, wide := range []bool{true, false} {
		k := kernel{wide: wide}
		k.metropolis()
		k.bipartite()
		k.energies()
	}
	Generate()
}

// kernel holds what the two kernels of an instruction set share.
type kernel struct {
	wide   bool // AVX-512, else AVX2
	table  reg.Register
	loaded [constants]reg.VecVirtual
	random [state]reg.VecVirtual
	beta   reg.VecVirtual
}

func (k *kernel) name(base string) string {
	if k.wide {
		return base + "AVX512"
	}
	return base + "AVX2"
}

func (k *kernel) vec() reg.VecVirtual {
	if k.wide {
		return ZMM()
	}
	return YMM()
}

func (k *kernel) move(from, to Op) {
	if k.wide {
		VMOVDQU32(from, to)
	} else {
		VMOVDQU(from, to)
	}
}

// constant returns a constant as an operand.
func (k *kernel) constant(i int) Op {
	if k.wide {
		return k.loaded[i]
	}
	return Mem{Base: k.table, Disp: i * vector}
}

// xor stores a ^ b in to; all logic is on 32-bit words.
func (k *kernel) xor(a, b, to Op) {
	if k.wide {
		VPXORD(a, b, to)
	} else {
		VPXOR(a, b, to)
	}
}

func (k *kernel) and(a, b, to Op) {
	if k.wide {
		VPANDD(a, b, to)
	} else {
		VPAND(a, b, to)
	}
}

func (k *kernel) or(a, b, to Op) {
	if k.wide {
		VPORD(a, b, to)
	} else {
		VPOR(a, b, to)
	}
}

// coupling stores the coupling at a place, with its sign changed by the words of s.
func (k *kernel) coupling(at Mem, s, to reg.VecVirtual) {
	if k.wide {
		VPXORD_BCST(at, s, to)
		return
	}
	c := k.vec()
	VPBROADCASTD(at, c)
	VPXOR(s, c, to)
}

// begin loads what stays in registers.
func (k *kernel) begin(signature string) (stream, left reg.Register) {
	k.table = Load(Param("constants"), GP64())
	if k.wide {
		for i := range k.loaded {
			k.loaded[i] = ZMM()
			VMOVDQU32(Mem{Base: k.table, Disp: i * vector}, k.loaded[i])
		}
	}
	random := Load(Param("random"), GP64())
	for i := range k.random {
		k.random[i] = k.vec()
		k.move(Mem{Base: random, Disp: i * vector}, k.random[i])
	}
	if k.wide {
		beta := Load(Param("beta"), GP64())
		k.beta = k.vec()
		k.move(Mem{Base: beta}, k.beta)
	}
	return Load(Param("stream"), GP64()), Load(Param("n"), GP64())
}

// end keeps the generator's state.
func (k *kernel) end() {
	random := Load(Param("random"), GP64())
	for i := range k.random {
		k.move(k.random[i], Mem{Base: random, Disp: i * vector})
	}
	VZEROUPPER()
	RET()
}

// accept compares the cost, times β, with an exponential deviate: a bit mask of AVX-512
// or whole words of ones in cost itself.
func (k *kernel) accept(cost reg.VecVirtual) reg.Register {
	s := k.random
	r, t := k.vec(), k.vec()
	VPADDD(s[0], s[3], r)
	VPSLLD(Imm(9), s[1], t)
	k.xor(s[0], s[2], s[2])
	k.xor(s[1], s[3], s[3])
	k.xor(s[2], s[1], s[1])
	k.xor(s[3], s[0], s[0])
	k.xor(t, s[2], s[2])
	if k.wide {
		VPROLD(Imm(11), s[3], s[3])
	} else {
		VPSRLD(Imm(32-11), s[3], t)
		VPSLLD(Imm(11), s[3], s[3])
		VPOR(t, s[3], s[3])
	}

	VPSRLD(Imm(1), r, r)
	k.or(k.constant(one), r, r)
	VCVTDQ2PS(r, r)
	m, p := k.vec(), k.vec()
	k.and(k.constant(mantissa), r, m)
	k.or(k.constant(exponentOfOne), m, m)
	VCVTDQ2PS(r, r)
	VMULPS(k.constant(scale), r, r)
	VMULPS(k.constant(polynomial), m, p)
	for i := 1; i < 5; i++ {
		VADDPS(k.constant(polynomial+i), p, p)
		VMULPS(m, p, p)
	}
	VADDPS(k.constant(polynomial+5), p, p)
	VADDPS(p, r, r)

	if k.wide {
		VMULPS(k.beta, cost, cost)
		mask := K()
		VCMPPS(Imm(lessThan), r, cost, mask)
		return mask
	}
	beta := Load(Param("beta"), GP64())
	VMULPS(Mem{Base: beta}, cost, cost)
	VCMPPS(Imm(lessThan), r, cost, cost)
	return nil
}

const arguments = "func(spins, stream, random, beta, constants *byte, n int)"

// metropolis: cost is twice the local field times the spin, the factor 2 being in β.
func (k *kernel) metropolis() {
	name := k.name("sweep")
	TEXT(name, NOSPLIT, arguments)
	Pragma("noescape")
	Doc(name + " updates n sites, at least one, that the stream lists.")
	stream, left := k.begin(name)
	spins := Load(Param("spins"), GP64())
	own, count, at := GP64(), GP64(), GP64()
	Label(name + "_site")
	MOVL(Mem{Base: stream}, own.As32())
	MOVL(Mem{Base: stream, Disp: 4}, count.As32())
	ADDQ(Imm(headBytes), stream)
	field, s, t := k.vec(), k.vec(), k.vec()
	k.xor(field, field, field)
	TESTQ(count, count)
	JZ(LabelRef(name + "_decide"))
	Label(name + "_neighbour")
	MOVL(Mem{Base: stream}, at.As32())
	k.move(Mem{Base: spins, Index: at, Scale: 1}, t)
	k.coupling(Mem{Base: stream, Disp: 4}, t, t)
	VADDPS(t, field, field)
	ADDQ(Imm(neighbourBytes), stream)
	DECQ(count)
	JNZ(LabelRef(name + "_neighbour"))
	Label(name + "_decide")
	k.move(Mem{Base: spins, Index: own, Scale: 1}, s)
	k.xor(s, field, field)
	if mask := k.accept(field); k.wide {
		VPXORD(k.loaded[signBit], s, mask, s)
	} else {
		VPAND(k.constant(signBit), field, field)
		VPXOR(field, s, s)
	}
	k.move(s, Mem{Base: spins, Index: own, Scale: 1})
	DECQ(left)
	JNZ(LabelRef(name + "_site"))
	k.end()
}

// bipartite: cost is what the neighbours' |h| lose; couplings come doubled.
func (k *kernel) bipartite() {
	name := k.name("sweepBipartite")
	TEXT(name, NOSPLIT, "func(spins, fields, stream, random, beta, constants *byte, n int)")
	Pragma("noescape")
	Doc(name + " updates n sites, at least one, that the stream lists, and the fields of their neighbours.")
	stream, left := k.begin(name)
	spins, fields := Load(Param("spins"), GP64()), Load(Param("fields"), GP64())
	own, count, at, first := GP64(), GP64(), GP64(), GP64()
	Label(name + "_site")
	MOVL(Mem{Base: stream}, own.As32())
	MOVL(Mem{Base: stream, Disp: 4}, count.As32())
	ADDQ(Imm(headBytes), stream)
	MOVQ(stream, first)
	cost, s, h, t := k.vec(), k.vec(), k.vec(), k.vec()
	k.xor(cost, cost, cost)
	k.move(Mem{Base: spins, Index: own, Scale: 1}, s)
	TESTQ(count, count)
	JZ(LabelRef(name + "_decide"))
	Label(name + "_neighbour")
	MOVL(Mem{Base: stream}, at.As32())
	k.move(Mem{Base: fields, Index: at, Scale: 1}, h)
	k.coupling(Mem{Base: stream, Disp: 4}, s, t)
	VSUBPS(t, h, t)
	k.and(k.constant(absolute), h, h)
	k.and(k.constant(absolute), t, t)
	VSUBPS(t, h, h)
	VADDPS(h, cost, cost)
	ADDQ(Imm(neighbourBytes), stream)
	DECQ(count)
	JNZ(LabelRef(name + "_neighbour"))
	Label(name + "_decide")
	mask := k.accept(cost)
	flipped := k.vec()
	if k.wide {
		KORTESTW(mask, mask)
		JZ(LabelRef(name + "_next"))
		VMOVDQA32(s, flipped)
		VPXORD(k.loaded[signBit], s, mask, flipped)
	} else {
		any := GP32()
		VMOVMSKPS(cost, any)
		TESTL(any, any)
		JZ(LabelRef(name + "_next"))
		VPAND(k.constant(signBit), cost, flipped)
		VPXOR(flipped, s, flipped)
	}
	k.move(flipped, Mem{Base: spins, Index: own, Scale: 1})
	CMPQ(first, stream)
	JEQ(LabelRef(name + "_next"))
	Label(name + "_change")
	MOVL(Mem{Base: first}, at.As32())
	k.move(Mem{Base: fields, Index: at, Scale: 1}, h)
	k.coupling(Mem{Base: first, Disp: 4}, s, t)
	if k.wide {
		VSUBPS(t, h, mask, h)
	} else {
		VPAND(cost, t, t)
		VSUBPS(t, h, h)
	}
	k.move(h, Mem{Base: fields, Index: at, Scale: 1})
	ADDQ(Imm(neighbourBytes), first)
	CMPQ(first, stream)
	JNE(LabelRef(name + "_change"))
	Label(name + "_next")
	DECQ(left)
	JNZ(LabelRef(name + "_site"))
	k.end()
}

// energies: sums of the local field times the spin.
func (k *kernel) energies() {
	name := k.name("energies")
	TEXT(name, NOSPLIT, "func(spins, stream, sum *byte, n int)")
	Pragma("noescape")
	Doc(name + " adds to sum, in float64, the local field times the spin of the n sites, at least one, of the stream.")
	spins, stream := Load(Param("spins"), GP64()), Load(Param("stream"), GP64())
	sum, left := Load(Param("sum"), GP64()), Load(Param("n"), GP64())
	half := vector
	sums := []reg.VecVirtual{k.vec(), k.vec()}
	if !k.wide {
		half = vector / 2
	}
	for i, v := range sums {
		VMOVUPD(Mem{Base: sum, Disp: i * half}, v)
	}
	own, count, at := GP64(), GP64(), GP64()
	Label(name + "_site")
	MOVL(Mem{Base: stream}, own.As32())
	MOVL(Mem{Base: stream, Disp: 4}, count.As32())
	ADDQ(Imm(headBytes), stream)
	field, t, wide := k.vec(), k.vec(), k.vec()
	k.xor(field, field, field)
	TESTQ(count, count)
	JZ(LabelRef(name + "_add"))
	Label(name + "_neighbour")
	MOVL(Mem{Base: stream}, at.As32())
	k.move(Mem{Base: spins, Index: at, Scale: 1}, t)
	k.coupling(Mem{Base: stream, Disp: 4}, t, t)
	VADDPS(t, field, field)
	ADDQ(Imm(neighbourBytes), stream)
	DECQ(count)
	JNZ(LabelRef(name + "_neighbour"))
	Label(name + "_add")
	k.move(Mem{Base: spins, Index: own, Scale: 1}, t)
	k.xor(t, field, field)
	if k.wide {
		VCVTPS2PD(field.AsY(), wide)
		VADDPD(wide, sums[0], sums[0])
		VEXTRACTF64X4(Imm(1), field, field.AsY())
		VCVTPS2PD(field.AsY(), wide)
	} else {
		VCVTPS2PD(field.AsX(), wide)
		VADDPD(wide, sums[0], sums[0])
		VEXTRACTF128(Imm(1), field, field.AsX())
		VCVTPS2PD(field.AsX(), wide)
	}
	VADDPD(wide, sums[1], sums[1])
	DECQ(left)
	JNZ(LabelRef(name + "_site"))
	for i, v := range sums {
		VMOVUPD(v, Mem{Base: sum, Disp: i * half})
	}
	VZEROUPPER()
	RET()
}
