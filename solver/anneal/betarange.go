package anneal

import (
	"math"
	"math/rand/v2"
	"slices"

	"spinlearn/ising"
	"spinlearn/solver/internal/graph"
)

// BetaRange returns the range of inverse temperatures that suits the instance, from
// the distribution of its local fields h = Σ_j J_ij s_j under random neighbours.
// With σ the root mean square of h and q the tenth percentile of |h| where that is
// not 0, it is
//
//	β_min = 1/σ                        a typical flip is accepted with e^-2
//	β_max = max(6/σ, ln(10)/(2q))      nine spins in ten are flipped with e^-2.3 or less
//
// which the closing descent completes. On 2D 16×16 and 3D 6×6×6 tori, Gaussian,
// uniform and ±J, at 100 and 1000 sweeps, neither halving nor doubling an end nor the
// linear schedule lowered the mean energy by more than 0.35 %, and most raised it:
// BenchmarkSchedules.
//
// It scales with the inverse of the couplings, and does not look at the smallest:
// that would spend the schedule on freezing spins whose state hardly matters.
//
// Fields are enumerated over all signs of the neighbours, at sites with more than twelve
// over 64 random ones.
func BetaRange(in *ising.Instance) (low, high float64) { return betaRange(graph.New(in)) }

func betaRange(g *graph.Graph) (low, high float64) {
	var sites []int // with bonds
	for i := range g.Sites() {
		if g.Start[i] < g.Start[i+1] {
			sites = append(sites, i)
		}
	}
	if len(sites) == 0 {
		return 1, 1 // any temperature will do
	}
	degree := g.Degree()
	samples := 1 << (min(degree, 12) - 1) // the last sign is fixed: |h| is even
	signs := func(k int) uint64 { return uint64(k) }
	if degree > 12 {
		samples = 64
		src := rand.NewPCG(1, 1)
		signs = func(int) uint64 { return src.Uint64() }
	}
	var fields []float64
	sum, count := 0.0, 0.0
	most := max(1, 1024/samples)           // sites whose fields are enough for a percentile
	stride := (len(sites)+most-1)/most | 1 // odd, so as not to keep step with an even lattice
	for k := 0; k < len(sites); k += stride {
		_, weight := g.At(sites[k])
		for code := range samples {
			h, s := 0.0, uint64(0)
			for k, v := range weight {
				if k%64 == 0 {
					s = signs(code)
				}
				if s>>(k%64)&1 == 1 {
					v = -v
				}
				h += v
			}
			sum += h * h
			count++
			fields = append(fields, math.Abs(h))
		}
	}
	sigma := math.Sqrt(sum / count)
	fields = slices.DeleteFunc(fields, func(h float64) bool { return h < 1e-9*sigma })
	slices.Sort(fields)
	q := fields[len(fields)/10]
	return 1 / sigma, max(6/sigma, math.Ln10/(2*q))
}

// roughRange is the range of [BetaRange], with the fields of a few hundred sites under one
// random choice of the signs each. It suits glasses in which no site is like another.
func roughRange(g *graph.Graph, src *rand.PCG) (low, high float64) {
	const samples = 256
	stride := (g.Sites() + samples - 1) / samples
	fields := make([]float64, 0, samples)
	sum, count := 0.0, 0.0
	for i := 0; i < g.Sites(); i += stride {
		_, weight := g.At(i)
		if len(weight) > 0 {
			count++
		}
		h, size, signs := 0.0, 0.0, src.Uint64()
		for _, v := range weight {
			sum += v * v
			size += math.Abs(v)
			if signs&1 == 1 {
				v = -v
			}
			h += v
			signs = signs>>1 | signs<<63
		}
		if math.Abs(h) > 1e-9*size { // else 0 but for rounding
			fields = append(fields, math.Abs(h))
		}
	}
	if len(fields) == 0 {
		return 1, 1
	}
	sigma := math.Sqrt(sum / count)
	slices.Sort(fields)
	return 1 / sigma, max(6/sigma, math.Ln10/(2*fields[len(fields)/10]))
}
