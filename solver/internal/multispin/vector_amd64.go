package multispin

import (
	"os"
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate sh -c "cd gen && go run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg multispin"

// The instruction sets; SPINLEARN_KERNEL=portable or avx2 turns the better ones off.
var (
	useAVX2   = cpu.X86.HasAVX2 && os.Getenv("SPINLEARN_KERNEL") != "portable"
	useAVX512 = useAVX2 && cpu.X86.HasAVX512F && os.Getenv("SPINLEARN_KERNEL") != "avx2"
)

func (r *Replicas) update(sites []site, rule *rules, phase int) {
	at := func(w int) (spins, first, random, limits *byte) {
		return (*byte)(unsafe.Pointer(&r.spins[0][w])), (*byte)(unsafe.Pointer(&sites[0])),
			(*byte)(unsafe.Pointer(&r.random[0][w])), (*byte)(unsafe.Pointer(&rule.bit[0][0][w]))
	}
	switch {
	case useAVX512:
		spins, first, random, limits := at(0)
		if r.slots == 4 {
			sweep4AVX512(spins, first, random, limits, len(sites), phase)
		} else {
			sweep6AVX512(spins, first, random, limits, len(sites), phase)
		}
	case useAVX2:
		for w := 0; w < r.used; w += 4 {
			spins, first, random, limits := at(w)
			if r.slots == 4 {
				sweep4AVX2(spins, first, random, limits, len(sites), phase)
			} else {
				sweep6AVX2(spins, first, random, limits, len(sites), phase)
			}
		}
	default:
		r.updateWords(sites, rule, phase)
	}
}
