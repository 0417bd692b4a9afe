package instancefile

import (
	"math"
	"math/big"

	"spinlearn/ising"
)

// FileEnergy returns H of the file for a configuration of the instance: the sum of offset and
// couplings. It is summed exactly and rounded once. What float64 cannot hold is rounded down,
// so that a lower bound remains a lower bound.
func (f *File) FileEnergy(s []int8) float64 {
	if f.exactOffset().Sign() == 0 {
		return f.Energy(s)
	}
	e := f.ExactEnergy(s)
	return roundDown(e.Add(e, f.exactOffset()))
}

// FileBound returns the lower bound of H of the file that belongs to a configuration s and a
// lower bound of the instance. It shows the configuration to be a ground state if and only if
// [ising.Solved.Proven] says so. It is NaN if the bound is.
func (f *File) FileBound(s []int8, bound float64) float64 {
	if math.IsNaN(bound) || math.IsInf(bound, 0) {
		return bound
	}
	proof := f.FileEnergy(s) - f.Rounding()
	solved := ising.Solved{Instance: f.Instance, Spins: s, Energy: f.Energy(s), Bound: bound}
	if solved.Proven() {
		return proof
	}
	sum := new(big.Rat).SetFloat64(bound)
	return min(roundDown(sum.Add(sum, f.exactOffset())), math.Nextafter(proof, math.Inf(-1)))
}

// InstanceTarget returns the largest energy of the instance that is at most the target as an
// energy of the file.
func (f *File) InstanceTarget(target float64) float64 {
	if f.Offset == 0 {
		return target
	}
	// FileEnergy rounds down, so the target is reached below the number that follows it.
	next := math.Nextafter(target, math.Inf(1))
	if math.IsInf(next, 0) {
		return target
	}
	sum := decimal(next)
	v := roundDown(sum.Sub(sum, f.exactOffset()))
	if !math.IsInf(v, 0) && decimal(v).Cmp(sum) == 0 {
		v = math.Nextafter(v, math.Inf(-1))
	}
	return v
}

// Cut returns the weight of the cut, Σ w over bonds between unlike spins, for a configuration
// of the instance. It is meant for edge lists.
func (f *File) Cut(s []int8) float64 {
	up := make([]int8, f.Sites())
	for i := range up {
		up[i] = 1
	}
	// H of all spins up is the sign times Σ w.
	cut := f.ExactEnergy(up)
	cut.Sub(cut, f.ExactEnergy(s))
	v, _ := cut.Mul(cut, big.NewRat(int64(f.Sign), 2)).Float64()
	return v
}

func (f *File) exactOffset() *big.Rat {
	if f.offset != nil {
		return f.offset
	}
	return decimal(f.Offset)
}

// decimal returns the number that is written for v: its shortest decimal.
func decimal(v float64) *big.Rat {
	m, e := digits(v)
	r := new(big.Rat).SetInt64(m)
	power := new(big.Rat).SetInt(powerOfTen(max(e, -e)))
	if e < 0 {
		return r.Quo(r, power)
	}
	return r.Mul(r, power)
}

// roundDown returns the largest number whose shortest decimal is at most r.
func roundDown(r *big.Rat) float64 {
	v, _ := r.Float64()
	if !math.IsInf(v, 0) && decimal(v).Cmp(r) > 0 {
		v = math.Nextafter(v, math.Inf(-1))
	}
	return v
}
