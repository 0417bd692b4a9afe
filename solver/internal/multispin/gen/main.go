// Gen writes the kernels of package multispin: run "go generate" there.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layout of package multispin, in bytes.
const (
	vector      = 64           // the words of a site, of a random vector, of a threshold's bit
	bits        = 16           // random vectors a site
	lag         = 7            // of the random recurrence
	rotation    = 23           // of it
	level       = 3 * vector   // the three thresholds of one bit
	ditherStart = bits * level // after the thresholds
	phases      = 16           // dither vectors
	ownAt       = 0            // in a site's record
	neighbourAt = 4            //
	signAt      = 32           //
	record      = signAt + 6*8 //
	majority    = 0xe8         // truth tables of three operands
	parity      = 0x96         //
	anyOf       = 0xfe         //
	firstAndAny = 0xf0 & (0xcc | 0xaa)
)

func main() {
	ConstraintExpr("amd64")
	for _, degree := range []int{4, 6} {
		wide(degree)
		narrow(degree)
	}
	Generate()
}

// operands loads the arguments of a kernel.
func begin(name string, lanes int) (spins, sites, random, rules, left, phase reg.Register) {
	TEXT(name, NOSPLIT, "func(spins, sites, random, rules *byte, n, phase int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s updates %d replicas of n sites, at least one, in order.", name, lanes))
	return Load(Param("spins"), GP64()), Load(Param("sites"), GP64()), Load(Param("random"), GP64()),
		Load(Param("rules"), GP64()), Load(Param("n"), GP64()), Load(Param("phase"), GP64())
}

// dither returns the place of the dither vectors and moves on to the next.
func dither(rules, phase reg.Register) Mem {
	d := GP64()
	IMUL3Q(Imm(level), phase, d)
	ADDQ(rules, d)
	INCQ(phase)
	ANDQ(Imm(phases-1), phase)
	return Mem{Base: d, Disp: ditherStart}
}

// wide writes the kernel for 512 replicas with AVX-512.
func wide(degree int) {
	name := fmt.Sprintf("sweep%dAVX512", degree)
	spins, sites, random, rules, left, phase := begin(name, 512)
	thresholds := degree / 2
	x := make([]reg.VecVirtual, bits)
	for k := range x {
		x[k] = ZMM()
		VMOVDQU64(Mem{Base: random, Disp: k * vector}, x[k])
	}
	threshold := func(k, t int) Op { return Mem{Base: rules, Disp: k*level + t*vector} }
	var kept [bits][3]reg.VecVirtual // thresholds that find room in registers
	room := 9
	if degree == 6 {
		room = 5
	}
	for k := bits - 1; k >= 0; k-- {
		for t := range thresholds {
			if room > 0 {
				room--
				kept[k][t] = ZMM()
				VMOVDQU64(threshold(k, t), kept[k][t])
			}
		}
	}
	Label(name + "_site")
	d := dither(rules, phase)
	m := make([]reg.VecVirtual, thresholds)
	for t := range m {
		m[t] = ZMM()
		VMOVDQU64(d.Offset(t*vector), m[t])
	}
	for k := range bits {
		VPADDQ(x[(k+bits-lag)%bits], x[k], x[k])
		VPROLQ(Imm(rotation), x[k], x[k])
		for t := range m {
			if kept[k][t] != nil {
				VPTERNLOGQ(Imm(majority), kept[k][t], x[k], m[t])
			} else {
				VPTERNLOGQ(Imm(majority), threshold(k, t), x[k], m[t])
			}
		}
	}
	own, at, s := GP64(), GP64(), ZMM()
	MOVL(Mem{Base: sites, Disp: ownAt}, own.As32())
	VMOVDQU64(Mem{Base: spins, Index: own, Scale: 1}, s)
	broken := func(k int) reg.VecVirtual {
		b := ZMM()
		MOVL(Mem{Base: sites, Disp: neighbourAt + 4*k}, at.As32())
		VMOVDQU64(Mem{Base: spins, Index: at, Scale: 1}, b)
		VPTERNLOGQ_BCST(Imm(parity), Mem{Base: sites, Disp: signAt + 8*k}, s, b)
		return b
	}
	// sum turns three vectors of bits into their sum: ones and twos.
	sum := func(a, b, c reg.VecVirtual) (ones, twos reg.VecVirtual) {
		twos = ZMM()
		VMOVDQA64(a, twos)
		VPTERNLOGQ(Imm(majority), b, c, twos)
		VPTERNLOGQ(Imm(parity), b, c, a)
		return a, twos
	}
	ones, twos := sum(broken(0), broken(1), broken(2))
	if degree == 4 {
		// Broken bonds plus thresholds passed are at least two.
		last := broken(3)
		VPTERNLOGQ(Imm(majority), ones, last, m[0])
		VPTERNLOGQ(Imm(anyOf), m[0], m[1], twos)
		VPXORQ(twos, s, s)
	} else {
		// They are at least three.
		ones2, twos2 := sum(broken(3), broken(4), broken(5))
		ones3, twos3 := sum(ones, ones2, m[0])
		two, one := ZMM(), ZMM()
		VMOVDQA64(twos, two)
		VPTERNLOGQ(Imm(majority), twos2, twos3, two)
		VMOVDQA64(twos, one)
		VPTERNLOGQ(Imm(anyOf), twos2, twos3, one)
		VPTERNLOGQ(Imm(firstAndAny), m[1], ones3, one)
		VPTERNLOGQ(Imm(anyOf), m[2], two, one)
		VPXORQ(one, s, s)
	}
	VMOVDQU64(s, Mem{Base: spins, Index: own, Scale: 1})
	ADDQ(Imm(record), sites)
	DECQ(left)
	JNZ(LabelRef(name + "_site"))
	for k := range x {
		VMOVDQU64(x[k], Mem{Base: random, Disp: k * vector})
	}
	VZEROUPPER()
	RET()
}

// narrow writes the kernel for 256 replicas with AVX2.
func narrow(degree int) {
	name := fmt.Sprintf("sweep%dAVX2", degree)
	spins, sites, random, rules, left, phase := begin(name, 256)
	thresholds := degree / 2
	Label(name + "_site")
	d := dither(rules, phase)
	m := make([]reg.VecVirtual, thresholds)
	for t := range m {
		m[t] = YMM()
		VMOVDQU(d.Offset(t*vector), m[t])
	}
	for k := range bits {
		x, low := YMM(), YMM()
		at := Mem{Base: random, Disp: k * vector}
		VMOVDQU(at, x)
		VPADDQ(Mem{Base: random, Disp: (k + bits - lag) % bits * vector}, x, x)
		VPSRLQ(Imm(64-rotation), x, low)
		VPSLLQ(Imm(rotation), x, x)
		VPOR(low, x, x)
		VMOVDQU(x, at)
		for t := range m {
			limit, either := YMM(), YMM()
			VMOVDQU(Mem{Base: rules, Disp: k*level + t*vector}, limit)
			VPOR(x, m[t], either)
			VPAND(x, m[t], m[t])
			VPAND(limit, either, either)
			VPOR(either, m[t], m[t])
		}
	}
	own, at, s := GP64(), GP64(), YMM()
	MOVL(Mem{Base: sites, Disp: ownAt}, own.As32())
	VMOVDQU(Mem{Base: spins, Index: own, Scale: 1}, s)
	broken := func(k int) reg.VecVirtual {
		b, sign := YMM(), YMM()
		MOVL(Mem{Base: sites, Disp: neighbourAt + 4*k}, at.As32())
		VPBROADCASTQ(Mem{Base: sites, Disp: signAt + 8*k}, sign)
		VPXOR(Mem{Base: spins, Index: at, Scale: 1}, s, b)
		VPXOR(sign, b, b)
		return b
	}
	sum := func(a, b, c reg.VecVirtual) (ones, twos reg.VecVirtual) {
		ones, twos = YMM(), YMM()
		VPXOR(a, b, ones)
		VPAND(a, b, twos)
		VPAND(c, ones, a)
		VPOR(a, twos, twos)
		VPXOR(c, ones, ones)
		return ones, twos
	}
	ones, twos := sum(broken(0), broken(1), broken(2))
	if degree == 4 {
		_, more := sum(ones, broken(3), m[0])
		VPOR(more, twos, twos)
		VPOR(m[1], twos, twos)
		VPXOR(twos, s, s)
	} else {
		ones2, twos2 := sum(broken(3), broken(4), broken(5))
		ones3, twos3 := sum(ones, ones2, m[0])
		one := YMM()
		VPOR(twos, twos2, one)
		VPOR(twos3, one, one)
		VPOR(m[1], ones3, ones3)
		VPAND(ones3, one, one)
		_, two := sum(twos, twos2, twos3)
		VPOR(two, one, one)
		VPOR(m[2], one, one)
		VPXOR(one, s, s)
	}
	VMOVDQU(s, Mem{Base: spins, Index: own, Scale: 1})
	ADDQ(Imm(record), sites)
	DECQ(left)
	JNZ(LabelRef(name + "_site"))
	VZEROUPPER()
	RET()
}
