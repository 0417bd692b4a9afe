package instancefile

import (
	"math"
	"math/big"
	"slices"

	"spinlearn/ising"
)

// A bond joins two vertices, counted from 0.
type bond struct {
	i, j int32
	line int32 // of the file
	w    float64
}

// A builder gathers the terms of a file's function
//
//	f = offset + Σ fields[k].w s_i + Σ bonds[k].w s_i s_j
//
// of spins, or of variables 0 and 1 in their place.
type builder struct {
	*scanner
	vertices int
	first    int    // number of the first vertex in the file
	bare     int    // number of lines without a weight
	format   Format // if it differs from that of the reader, else ""
	notes    []string
	binary   bool
	ghost    bool           // the last vertex is the ghost spin
	lattice  *ising.Lattice // what the file says it stands on, or nil
	bonds    []bond
	fields   []bond // i = j
	offset   float64
	wrong    float64 // sum of what rounding changed the fields by
}

// newBuilder makes room for the announced bonds as far as the text can hold them.
func newBuilder(s *scanner, first, vertices, bonds int) *builder {
	const shortest = len("1 2\n")
	return &builder{scanner: s, first: first, vertices: vertices, bonds: make([]bond, 0, min(bonds, len(s.rest)/shortest+1))}
}

// addLine adds the term that the fields of the current line give from field k on: two vertices
// and a weight. bare allows the weight to be missing, and loops allows the vertices to be equal.
func (b *builder) addLine(k int, bare, loops bool) error {
	have := len(b.scanner.fields) - k
	if have != 3 && !(bare && have == 2) {
		return b.errorf("%s, want two vertices and a weight", count(b.scanner.fields[k:]))
	}
	i, err := b.integer(k, "vertex", b.first, b.first+b.vertices-1)
	if err != nil {
		return err
	}
	j, err := b.integer(k+1, "vertex", b.first, b.first+b.vertices-1)
	if err != nil {
		return err
	}
	if i == j && (!loops || have == 2) {
		return b.errorf("bond of vertex %d to itself", i)
	}
	w := 1.0
	if have == 2 {
		b.bare++
	} else if w, err = b.weight(k + 2); err != nil {
		return err
	}
	b.add(i-b.first, j-b.first, b.line, w)
	return nil
}

func (b *builder) add(i, j, line int, w float64) {
	x := bond{int32(i), int32(j), int32(line), w}
	if i == j {
		b.fields = append(b.fields, x)
	} else {
		b.bonds = append(b.bonds, x)
	}
}

// note adds to [File.Notes].
func (b *builder) note(text string) { b.notes = append(b.notes, text) }

// checkCount refuses a file that ends too soon.
func (b *builder) checkCount(header, m int) error {
	if n := len(b.bonds) + len(b.fields); n < m {
		return b.errorf("the file ends after %d bonds, the header in line %d announces %d", n, header, m)
	}
	return nil
}

// checkSites refuses a number of vertices that is far too large for the number of terms.
func (b *builder) checkSites(line int) error {
	if terms := len(b.bonds) + len(b.fields); b.vertices > mostSites(terms) {
		return b.errorAt(line, "%d vertices for %d bonds, want at most %d", b.vertices, terms, mostSites(terms))
	}
	return nil
}

func mostSites(bonds int) int { return 1<<16 + 64*bonds }

// file makes the instance.
func (b *builder) file(sign Sign) (*File, error) {
	bonds, fields, offset, err := b.spins()
	if err != nil {
		return nil, err
	}
	f := &File{Ghost: b.ghost, Notes: b.notes}
	if sign == Minus {
		offset.Neg(offset)
	}
	f.Offset, _ = offset.Float64()
	f.offset = offset
	sites := b.vertices
	for i, h := range fields {
		if h.w != 0 {
			f.Ghost = true
			sites = b.vertices + 1
			bonds = append(bonds, bond{int32(i), int32(b.vertices), h.line, h.w})
		}
	}
	ends, J := make([][2]int, len(bonds)), make([]float64, len(bonds))
	for k, x := range bonds {
		if size := math.Abs(x.w); size != 0 && !(size >= ising.MinCoupling && size <= ising.MaxCoupling) {
			return nil, b.errorAt(int(x.line), "coupling %g, want 0 or a size from %g to %g", x.w, ising.MinCoupling, ising.MaxCoupling)
		}
		ends[k] = [2]int{int(x.i), int(x.j)}
		J[k] = sign.weight(x.w)
		f.Total += x.w
	}
	g, err := ising.NewGraph(sites, ends)
	if err != nil {
		return nil, b.twice(bonds, err)
	}
	if f.Instance, err = ising.NewInstance(g, J); err != nil {
		return nil, b.errorAt(1, "%v", err)
	}
	switch {
	case b.lattice != nil:
		f.Instance, err = b.place(J)
	case !f.Ghost:
		if l, site, ok := hypercubic(f.Instance); ok {
			f.Instance = l
			if slices.IsSorted(site) {
				site = nil
			}
			f.Site = site
		}
	}
	if err != nil {
		return nil, err
	}
	f.Error = b.wrong
	return f, nil
}

// place puts the bonds with couplings J on the lattice.
func (b *builder) place(J []float64) (*ising.Instance, error) {
	all := make([]float64, b.lattice.Slots())
	for k, x := range b.bonds {
		at := b.lattice.BondBetween(int(x.i), int(x.j))
		if at < 0 {
			return nil, b.errorAt(int(x.line), "sites %d and %d are no neighbours on the lattice %v", x.i, x.j, b.lattice)
		}
		all[at] = J[k]
	}
	return ising.NewInstance(b.lattice, all)
}

// spins returns f as a function of spins: its bonds, its offset, and one field for each vertex,
// or none if f has no fields.
func (b *builder) spins() (bonds, fields []bond, offset *big.Rat, err error) {
	bonds, offset = b.bonds, decimal(b.offset)
	if len(b.fields) > 0 || b.binary {
		fields = make([]bond, b.vertices)
	}
	for _, h := range b.fields {
		if line := fields[h.i].line; line != 0 {
			return nil, nil, nil, b.errorAt(int(h.line), "field of vertex %d again, it stands in line %d", int(h.i)+b.first, line)
		}
		fields[h.i] = h
	}
	if !b.binary {
		return bonds, fields, offset, nil
	}
	return b.toSpins(fields)
}

// twice returns an error that names both lines of the first bond that stands twice. If there is
// none, it returns err.
func (b *builder) twice(bonds []bond, err error) error {
	first := map[[2]int32]bond{}
	for _, x := range bonds {
		ends := [2]int32{min(x.i, x.j), max(x.i, x.j)}
		if old, ok := first[ends]; ok {
			also := ""
			if _, all := b.oneWay(); old.w != x.w {
				also = " with another weight"
			} else if old.i != x.i && !all {
				also = " in the other direction, and not all bonds stand in both"
			}
			return b.errorAt(int(x.line), "bond of vertices %d and %d again, it stands in line %d%s", int(x.i)+b.first, int(x.j)+b.first, old.line, also)
		}
		first[ends] = x
	}
	return b.errorAt(1, "%v", err)
}
