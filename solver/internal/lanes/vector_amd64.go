package lanes

import (
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate sh -c "cd gen && go run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg lanes"

// The instruction sets; SPINLEARN_KERNEL=portable or avx2 turns the better ones off.
var (
	useAVX2   = cpu.X86.HasAVX2 && os.Getenv("SPINLEARN_KERNEL") != "portable"
	useAVX512 = useAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && os.Getenv("SPINLEARN_KERNEL") != "avx2"
)

// constants of the kernels, each for all replicas.
var constants = func() (table [12]bitsOf) {
	values := []uint32{signBit, signBit - 1, 1, 1<<23 - 1, math.Float32bits(1), math.Float32bits(scale)}
	for _, c := range logarithm {
		values = append(values, math.Float32bits(c))
	}
	for i, v := range values {
		for lane := range table[i] {
			table[i][lane] = v
		}
	}
	return table
}()

func at[T any](p *T) *byte { return (*byte)(unsafe.Pointer(p)) }

func (r *Replicas) update() {
	first, n := at(&r.all.words[0]), r.all.sites
	switch {
	case useAVX512:
		sweepAVX512(at(&r.spins[0]), first, at(&r.random), at(&r.beta), at(&constants), n)
	case useAVX2:
		for lane := 0; lane < Lanes; lane += Lanes / 2 {
			sweepAVX2(at(&r.spins[0][lane]), first, at(&r.random[0][lane]), at(&r.beta[lane]), at(&constants), n)
		}
	default:
		r.updatePortable()
	}
}

func (r *Replicas) updateBipartite() {
	first, n := at(&r.Network.half.words[0]), r.Network.half.sites
	switch {
	case useAVX512:
		sweepBipartiteAVX512(at(&r.spins[0]), at(&r.fields[0]), first, at(&r.random), at(&r.beta), at(&constants), n)
	case useAVX2:
		for lane := 0; lane < Lanes; lane += Lanes / 2 {
			sweepBipartiteAVX2(at(&r.spins[0][lane]), at(&r.fields[0][lane]), first, at(&r.random[0][lane]), at(&r.beta[lane]), at(&constants), n)
		}
	default:
		r.updateBipartitePortable()
	}
}

func (r *Replicas) sum(dst *[Lanes]float64) {
	first, n := at(&r.all.words[0]), r.all.sites
	switch {
	case useAVX512:
		energiesAVX512(at(&r.spins[0]), first, at(dst), n)
	case useAVX2:
		for lane := 0; lane < Lanes; lane += Lanes / 2 {
			energiesAVX2(at(&r.spins[0][lane]), first, at(&dst[lane]), n)
		}
	default:
		r.sumPortable(dst)
	}
}
