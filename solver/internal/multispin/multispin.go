package multispin

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"unsafe"
)

const (
	// Lanes is the number of replicas that are updated together.
	Lanes = 64 * words
	// MaxDegree is the largest number of bonds of a site.
	MaxDegree = 6

	words      = 8  // of 64 replicas
	draws      = 16 // random words of a site, the bits of u
	lag        = 7
	rotation   = 23
	thresholds = 3
	phases     = 16 // of the dither
)

// site is what the kernels read of a site: offsets into the spins in bytes, and for
// each neighbour 0 where the bond is positive, all ones where it is negative.
//
// Sites with fewer bonds than slots have bonds to themselves for the rest, as many
// broken as satisfied, which changes no local field. If the rest is odd, one more is
// satisfied and the rules for odd degrees make up for it.
type site struct {
	own       uint32
	neighbour [MaxDegree]uint32
	_         uint32
	sign      [MaxDegree]uint64
}

// rules are the thresholds of the sites of even or of odd degree: bit k of the
// threshold number t of a replica, and what a comparison begins with.
type rules struct {
	bit    [draws][thresholds][words]uint64
	dither [phases][thresholds][words]uint64
}

// A Network is a graph with bonds of one strength and either sign.
type Network struct {
	slots int    // 4 or 6
	sites []site // those of even degree first
	even  int    // number of them
	bonds []bond
}

type bond struct {
	i, j int32
	sign uint64
}

// NewNetwork returns the network of bonds between sites from 0 to n-1. It fails if a
// site has more than [MaxDegree] bonds.
func NewNetwork(n int, ends [][2]int32, negative []bool) (*Network, error) {
	net := &Network{slots: 4, sites: make([]site, n)}
	if n > math.MaxUint32/(8*words) {
		return nil, fmt.Errorf("multispin: %d sites are too many", n)
	}
	degree := make([]int, n)
	for i := range net.sites {
		net.sites[i].own = place(int32(i))
	}
	for k, e := range ends {
		sign := uint64(0)
		if negative[k] {
			sign = math.MaxUint64
		}
		net.bonds = append(net.bonds, bond{e[0], e[1], sign})
		for x, i := range e {
			d := degree[i]
			if d == MaxDegree {
				return nil, fmt.Errorf("multispin: site %d has more than %d bonds", i, MaxDegree)
			}
			net.sites[i].neighbour[d], net.sites[i].sign[d] = place(e[1-x]), sign
			degree[i]++
			if degree[i] > 4 {
				net.slots = 6
			}
		}
	}
	var odd []site
	even := net.sites[:0]
	for i, s := range net.sites {
		for k := degree[i]; k < net.slots; k++ {
			s.neighbour[k] = s.own
			if (k-degree[i])%2 == 1 {
				s.sign[k] = math.MaxUint64
			}
		}
		if degree[i]%2 == 1 {
			odd = append(odd, s)
		} else {
			even = append(even, s)
		}
	}
	net.even = len(even)
	net.sites = append(even, odd...)
	return net, nil
}

// place returns the offset of a site's spins in bytes.
func place(i int32) uint32 { return uint32(i) * 8 * words }

// Replicas are configurations of a network, [Lanes] of them.
type Replicas struct {
	*Network
	used   int                   // words that hold replicas
	spins  [][words]uint64       // a bit is set where the spin is -1
	random *[draws][words]uint64 // of the generators
	rules  *[2]rules             // for even and odd degrees
	phases *rand.Rand            // where the dither of a sweep begins
}

// NewReplicas returns replicas with random spins. Only the first lanes of them are
// promised to be updated.
func (net *Network) NewReplicas(lanes int, src rand.Source) *Replicas {
	r := &Replicas{
		Network: net, used: (lanes + 63) / 64, spins: aligned[[words]uint64](len(net.sites)),
		random: &aligned[[draws][words]uint64](1)[0], rules: &aligned[[2]rules](1)[0], phases: rand.New(src),
	}
	for k := range r.random {
		for w := range r.random[k] {
			r.random[k][w] = src.Uint64()
		}
	}
	for i := range r.spins {
		for w := range r.spins[i] {
			r.spins[i][w] = src.Uint64()
		}
	}
	return r
}

// aligned returns a slice that begins at a multiple of 64 bytes.
func aligned[T any](n int) []T {
	const align = 64
	var zero T
	size := unsafe.Sizeof(zero)
	buffer := make([]uint64, (uintptr(n)*size+align)/8)
	begin := unsafe.Pointer(unsafe.SliceData(buffer))
	begin = unsafe.Add(begin, -uintptr(begin)&(align-1))
	return unsafe.Slice((*T)(begin), n)
}

// SetBeta sets the inverse temperature of all replicas, in the inverse unit of the
// bonds. Infinity leaves only flips that cost nothing.
func (r *Replicas) SetBeta(beta float64) {
	shift := r.phases.Float64()
	for odd := range r.rules {
		if !r.has(odd) {
			continue
		}
		rule := &r.rules[odd]
		for t := range r.slots / 2 {
			whole, dither := r.threshold(beta, odd, t, shift)
			for k := range rule.bit {
				v := -(whole >> k & 1)
				rule.bit[k][t] = [words]uint64{v, v, v, v, v, v, v, v}
			}
			for p := range rule.dither {
				v := -(dither >> p & 1)
				rule.dither[p][t] = [words]uint64{v, v, v, v, v, v, v, v}
			}
		}
	}
}

// SetBetas sets the inverse temperature of each replica to that of its rung on a ladder.
func (r *Replicas) SetBetas(ladder []float64, rungs []int) {
	shift := r.phases.Float64()
	masks := make([][words]uint64, len(ladder)) // of the replicas on each rung
	for lane, rung := range rungs {
		masks[rung][lane/64] |= 1 << (lane % 64)
	}
	for odd := range r.rules {
		if !r.has(odd) {
			continue
		}
		rule := &r.rules[odd]
		*rule = rules{}
		for t := range r.slots / 2 {
			for rung, beta := range ladder {
				whole, dither := r.threshold(beta, odd, t, shift)
				for ; whole != 0; whole &= whole - 1 {
					set(&rule.bit[bits.TrailingZeros64(whole)][t], &masks[rung])
				}
				for ; dither != 0; dither &= dither - 1 {
					set(&rule.dither[bits.TrailingZeros64(dither)][t], &masks[rung])
				}
			}
		}
	}
}

// has reports whether there are sites of even or odd degree, which need rules.
func (net *Network) has(odd int) bool {
	return odd == 0 && net.even > 0 || odd == 1 && net.even < len(net.sites)
}

func set(dst, mask *[words]uint64) {
	for w, m := range mask {
		dst[w] |= m
	}
}

// threshold returns the probability exp(-2β f) of flipping a spin in the field f that
// threshold t stands for, as 16 bits and a set of phases with one more.
func (r *Replicas) threshold(beta float64, odd, t int, shift float64) (whole, dither uint64) {
	f := float64(2*(t+1) - odd)
	p := math.Ldexp(math.Exp(-2*beta*f), draws)
	if p >= 1<<draws-1 {
		return 1<<draws - 1, 1<<phases - 1 // u < 2^16 always
	}
	floor := math.Floor(p)
	for k := range int((p-floor)*phases + shift) {
		dither |= 1 << (bits.Reverse8(uint8(k)) >> 4)
	}
	return uint64(floor), dither
}

// Sweep updates every site n times.
func (r *Replicas) Sweep(n int) {
	for range n {
		phase := r.phases.IntN(phases)
		for odd, sites := range [2][]site{r.sites[:r.even], r.sites[r.even:]} {
			if len(sites) > 0 {
				r.update(sites, &r.rules[odd], phase)
			}
		}
	}
}

// updatePortable updates the replicas of one word.
func (r *Replicas) updatePortable(sites []site, rule *rules, phase, w int) {
	var x [draws]uint64
	for k := range x {
		x[k] = r.random[k][w]
	}
	for i := range sites {
		s := &sites[i]
		d := &rule.dither[phase]
		phase = (phase + 1) % phases
		a, b, c := d[0][w], d[1][w], d[2][w]
		for k := range x {
			v := bits.RotateLeft64(x[k]+x[(k+draws-lag)%draws], rotation)
			x[k] = v
			limit := &rule.bit[k]
			a = v&a | limit[0][w]&(v|a)
			b = v&b | limit[1][w]&(v|b)
			if r.slots == 6 {
				c = v&c | limit[2][w]&(v|c)
			}
		}
		own := s.own / (8 * words)
		spin := r.spins[own][w]
		var broken [MaxDegree]uint64
		for k := range r.slots {
			broken[k] = spin ^ r.spins[s.neighbour[k]/(8*words)][w] ^ s.sign[k]
		}
		ones, twos := sum(broken[0], broken[1], broken[2])
		if r.slots == 4 {
			_, more := sum(ones, broken[3], a)
			r.spins[own][w] = spin ^ (twos | more | b)
			continue
		}
		ones2, twos2 := sum(broken[3], broken[4], broken[5])
		ones3, twos3 := sum(ones, ones2, a)
		_, two := sum(twos, twos2, twos3)
		r.spins[own][w] = spin ^ (c | two | (twos|twos2|twos3)&(ones3|b))
	}
	for k := range x {
		r.random[k][w] = x[k]
	}
}

// sum adds three vectors of bits.
func sum(a, b, c uint64) (ones, twos uint64) { return a ^ b ^ c, a&b | c&(a|b) }

// Broken stores the number of broken bonds of each replica in dst, which has as many
// entries as replicas are wanted.
func (r *Replicas) Broken(dst []int) {
	for w := range (len(dst) + 63) / 64 {
		var digit [32]uint64 // of the 64 counts
		broken := func(b *bond) uint64 { return r.spins[b.i][w] ^ r.spins[b.j][w] ^ b.sign }
		carry := func(v uint64, k int) {
			for ; v != 0; k++ {
				digit[k], v = digit[k]^v, digit[k]&v
			}
		}
		// Four bonds at a time, whose sum seldom carries far.
		ones, twos := uint64(0), uint64(0)
		k := 0
		for ; k+4 <= len(r.bonds); k += 4 {
			b := r.bonds[k : k+4]
			var two, two2, four uint64
			ones, two = sum(ones, broken(&b[0]), broken(&b[1]))
			ones, two2 = sum(ones, broken(&b[2]), broken(&b[3]))
			twos, four = sum(twos, two, two2)
			carry(four, 2)
		}
		digit[0], digit[1] = ones, twos
		for ; k < len(r.bonds); k++ {
			carry(broken(&r.bonds[k]), 0)
		}
		for at := range min(64, len(dst)-64*w) {
			n := 0
			for k, v := range digit {
				n |= int(v>>at&1) << k
			}
			dst[64*w+at] = n
		}
	}
}

// Store writes the spins of a replica to s.
func (r *Replicas) Store(s []int8, lane int) {
	w, at := lane/64, lane%64
	for i := range s {
		s[i] = 1 - 2*int8(r.spins[i][w]>>at&1)
	}
}

// Set gives a replica the spins s.
func (r *Replicas) Set(lane int, s []int8) {
	w, at := lane/64, lane%64
	for i, v := range s {
		r.spins[i][w] = r.spins[i][w]&^(1<<at) | uint64(uint8(v)>>7)<<at
	}
}

func (r *Replicas) updateWords(sites []site, rule *rules, phase int) {
	for w := range r.used {
		r.updatePortable(sites, rule, phase, w)
	}
}
