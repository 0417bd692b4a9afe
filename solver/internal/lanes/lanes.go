package lanes

import (
	"math"
	"math/rand/v2"
)

// Lanes is the number of replicas that are updated together.
const Lanes = 16

// state is the number of words of a generator.
const state = 4

type (
	bitsOf   [Lanes]uint32
	valuesOf [Lanes]float32
)

// A Network is a graph with couplings.
type Network struct {
	sites int
	unit  float64 // of the couplings in the streams
	all   stream  // every site with its neighbours
	// Where the graph has two colours: the sites of one with their neighbours of the
	// other, couplings doubled. minimised tells which sites are of the other.
	half      stream
	minimised []bool
	fields    stream // the sites that are minimised with their neighbours
}

// stream lists sites as the kernels read them: the offset of the site in bytes and the
// number of its neighbours, then the offset and the coupling, a float32, of each.
type stream struct {
	words []uint32
	sites int
}

func (s *stream) add(site int, neighbours []neighbour, factor float64) {
	s.sites++
	s.words = append(s.words, place(site), uint32(len(neighbours)))
	for _, n := range neighbours {
		s.words = append(s.words, place(n.site), math.Float32bits(float32(factor*n.coupling)))
	}
}

// place returns the offset of a site's replicas in bytes.
func place(site int) uint32 { return uint32(site) * 4 * Lanes }

type neighbour struct {
	site     int
	coupling float64
}

// MaxSites is the number of sites whose offsets fit.
const MaxSites = math.MaxUint32 / (4 * Lanes)

// NewNetwork returns the network of bonds between sites from 0 to n-1, at most
// [MaxSites].
func NewNetwork(n int, ends [][2]int32, couplings []float64) *Network {
	most := 0.0
	row, degree := make([]float64, n), make([]int, n)
	for k, e := range ends {
		for _, i := range e {
			degree[i]++
			row[i] += math.Abs(couplings[k])
			most = max(most, row[i])
		}
	}
	adjacent, room := make([][]neighbour, n), make([]neighbour, 2*len(ends))
	for i, d := range degree {
		adjacent[i], room = room[:0:d], room[d:]
	}
	net := &Network{sites: n, unit: 1}
	if most > 0 {
		// The sum of a row stays below 2^22, half a unit a neighbour aside.
		_, exponent := math.Frexp(most)
		net.unit = math.Ldexp(1, exponent-21)
	}
	for k, e := range ends {
		v := math.Round(couplings[k] / net.unit)
		if v == 0 {
			continue
		}
		adjacent[e[0]] = append(adjacent[e[0]], neighbour{int(e[1]), v})
		adjacent[e[1]] = append(adjacent[e[1]], neighbour{int(e[0]), v})
	}
	net.all.words = make([]uint32, 0, 2*n+4*len(ends))
	for i, a := range adjacent {
		net.all.add(i, a, 1)
	}
	if net.minimised = colour(adjacent); net.minimised != nil {
		for i, a := range adjacent {
			if net.minimised[i] {
				net.fields.add(i, a, 1)
			} else {
				net.half.add(i, a, 2)
			}
		}
	}
	return net
}

// colour returns the sites of one colour if bonds join only sites of different colours,
// else nil. In each part of the graph that hangs together it is the larger one.
func colour(adjacent [][]neighbour) []bool {
	colours := make([]int8, len(adjacent))
	chosen := make([]bool, len(adjacent))
	var part []int
	for root := range adjacent {
		if colours[root] != 0 {
			continue
		}
		part = append(part[:0], root)
		colours[root] = 1
		sum := 0
		for k := 0; k < len(part); k++ {
			i := part[k]
			sum += int(colours[i])
			for _, n := range adjacent[i] {
				switch colours[n.site] {
				case 0:
					colours[n.site] = -colours[i]
					part = append(part, n.site)
				case colours[i]:
					return nil
				}
			}
		}
		larger := int8(1)
		if sum < 0 {
			larger = -1
		}
		for _, i := range part {
			chosen[i] = colours[i] == larger
		}
	}
	return chosen
}

// Bipartite reports whether the bonds join two kinds of sites only.
func (net *Network) Bipartite() bool { return net.minimised != nil }

// Replicas are [Lanes] configurations of a network.
type Replicas struct {
	*Network
	half   bool       // only sites of one colour are updated
	spins  []bitsOf   // the sign bit is set where the spin is -1
	fields []valuesOf // of the sites that are minimised
	random [state]bitsOf
	beta   valuesOf
}

// NewReplicas returns replicas with random spins. If bipartite is set, which the network
// must be, updates are of one colour's spins, at the energy that the others' least makes:
// -Σ|h| over those.
func (net *Network) NewReplicas(bipartite bool, src rand.Source) *Replicas {
	r := &Replicas{Network: net, half: bipartite, spins: make([]bitsOf, net.sites)}
	for i := range r.random {
		for lane := range Lanes {
			r.random[i][lane] = uint32(src.Uint64()>>32) | 1 // never all zero
		}
	}
	for i := range r.spins {
		v := src.Uint64()
		for lane := range Lanes {
			r.spins[i][lane] = uint32(v) << 31
			v >>= 1
		}
	}
	if bipartite {
		r.fields = make([]valuesOf, net.sites)
		r.refresh()
	}
	return r
}

// refresh computes the fields of the minimised sites.
func (r *Replicas) refresh() {
	words := r.Network.fields.words
	for len(words) > 0 {
		own, count := words[0]/(4*Lanes), words[1]
		words = words[2:]
		field := valuesOf{}
		for ; count > 0; count-- {
			for lane, s := range r.spins[words[0]/(4*Lanes)] {
				field[lane] += math.Float32frombits(words[1] ^ s)
			}
			words = words[2:]
		}
		r.fields[own] = field
	}
}

// SetBetaOf sets the inverse temperature of a replica, in the inverse unit of the
// couplings.
func (r *Replicas) SetBetaOf(lane int, beta float64) {
	beta *= r.unit
	if !r.half {
		beta *= 2 // a flip costs 2 s h
	}
	r.beta[lane] = float32(min(beta, math.MaxFloat32/(1<<25))) // the product stays finite
}

// SetBeta sets the same for all replicas.
func (r *Replicas) SetBeta(beta float64) {
	for lane := range r.beta {
		r.SetBetaOf(lane, beta)
	}
}

// Sweep updates every site n times, or every site of one colour.
func (r *Replicas) Sweep(n int) {
	if r.sites == 0 || r.half && r.Network.half.sites == 0 {
		return
	}
	for range n {
		if r.half {
			r.updateBipartite()
		} else {
			r.update()
		}
	}
}

// Energies stores the energy of each replica, in the unit of the couplings as they were
// rounded.
func (r *Replicas) Energies(dst *[Lanes]float64) {
	*dst = [Lanes]float64{}
	if r.half {
		for i, minimised := range r.minimised {
			if minimised {
				for lane, h := range r.fields[i] {
					dst[lane] += math.Abs(float64(h))
				}
			}
		}
		for lane := range dst {
			dst[lane] *= -r.unit
		}
		return
	}
	if r.sites > 0 {
		r.sum(dst)
	}
	for lane := range dst {
		dst[lane] *= -r.unit / 2
	}
}

// Store writes the spins of a replica to s, those that are minimised as they are best.
func (r *Replicas) Store(s []int8, lane int) {
	for i := range s {
		s[i] = 1 - 2*int8(r.spins[i][lane]>>31)
		if r.half && r.minimised[i] {
			switch h := r.fields[i][lane]; {
			case h > 0:
				s[i] = 1
			case h < 0:
				s[i] = -1
			}
		}
	}
}

// Set gives a replica the spins s.
func (r *Replicas) Set(lane int, s []int8) {
	for i, v := range s {
		r.spins[i][lane] = uint32(uint8(v)>>7) << 31
	}
	if r.half {
		r.refresh()
	}
}

// Portable twins of the kernels.

func (r *Replicas) updatePortable() {
	words := r.all.words
	for len(words) > 0 {
		own, count := words[0]/(4*Lanes), words[1]
		words = words[2:]
		var field valuesOf
		for ; count > 0; count-- {
			coupling := words[1]
			for lane, s := range &r.spins[words[0]/(4*Lanes)] {
				field[lane] += math.Float32frombits(coupling ^ s)
			}
			words = words[2:]
		}
		spin := &r.spins[own]
		for lane := range spin {
			cost := math.Float32frombits(math.Float32bits(field[lane]) ^ spin[lane])
			if float32(r.beta[lane]*cost) < r.deviate(lane) {
				spin[lane] ^= signBit
			}
		}
	}
}

func (r *Replicas) updateBipartitePortable() {
	words := r.Network.half.words
	for len(words) > 0 {
		own, count := words[0]/(4*Lanes), words[1]
		neighbours := words[2:][:2*count]
		words = words[2+2*count:]
		spin := &r.spins[own]
		var cost valuesOf
		for k := 0; k < len(neighbours); k += 2 {
			fields := &r.fields[neighbours[k]/(4*Lanes)]
			for lane, h := range fields {
				cost[lane] += abs(h)
				cost[lane] -= abs(h - math.Float32frombits(neighbours[k+1]^spin[lane]))
			}
		}
		for lane := range spin {
			if float32(r.beta[lane]*cost[lane]) < r.deviate(lane) {
				for k := 0; k < len(neighbours); k += 2 {
					r.fields[neighbours[k]/(4*Lanes)][lane] -= math.Float32frombits(neighbours[k+1] ^ spin[lane])
				}
				spin[lane] ^= signBit
			}
		}
	}
}

func (r *Replicas) sumPortable(dst *[Lanes]float64) {
	words := r.all.words
	for len(words) > 0 {
		own, count := words[0]/(4*Lanes), words[1]
		words = words[2:]
		var field valuesOf
		for ; count > 0; count-- {
			for lane, s := range &r.spins[words[0]/(4*Lanes)] {
				field[lane] += math.Float32frombits(words[1] ^ s)
			}
			words = words[2:]
		}
		for lane, s := range &r.spins[own] {
			dst[lane] += float64(math.Float32frombits(math.Float32bits(field[lane]) ^ s))
		}
	}
}

func abs(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ signBit) }

const signBit = 1 << 31

// logarithm holds the coefficients, the highest first, of a polynomial in m from 1 to 2
// that is ln 2 (m-1) - ln m to 1.2e-5, with 158 ln 2 added. It was interpolated at the
// Chebyshev points.
var logarithm = [6]float32{
	-0.029808765243785076, 0.27900102387795783, -1.1017396261399253, 2.418999477910804, -2.805759567146114,
	1.239296009643387 + 158*math.Ln2,
}

// scale times the bits of a float32, read as a whole number, is -ln 2 (e + 127 + m - 1) for
// the float32 m 2^e.
const scale = -math.Ln2 / (1 << 23)

// deviate returns an exponential deviate from the generator of a replica: -ln u, u being
// 31 bits over 2^31.
func (r *Replicas) deviate(lane int) float32 {
	a, b, c, d := r.random[0][lane], r.random[1][lane], r.random[2][lane], r.random[3][lane]
	u := float32(int32((a+d)>>1 | 1))
	t := b << 9
	c ^= a
	d ^= b
	b ^= c
	a ^= d
	c ^= t
	d = d<<11 | d>>21
	r.random[0][lane], r.random[1][lane], r.random[2][lane], r.random[3][lane] = a, b, c, d

	bits := math.Float32bits(u)
	m := math.Float32frombits(bits&(1<<23-1) | math.Float32bits(1))
	p := float32(logarithm[0] * m)
	for _, coefficient := range logarithm[1:5] {
		p = float32(float32(p+coefficient) * m)
	}
	p += logarithm[5]
	return float32(float32(int32(bits))*scale) + p
}
