package instancefile

import "spinlearn/ising"

// A bond joins two vertices, counted from 0.
type bond struct {
	i, j int32
	line int32   // where it stands
	w    float64 // weight in a file, coupling in an instance
}

// A builder gathers the bonds of a file.
type builder struct {
	*scanner
	vertices int
	bonds    []bond
}

// newBuilder makes room for the announced bonds as far as the text can hold them.
func newBuilder(s *scanner, vertices, bonds int) *builder {
	const shortest = len("1 2\n")
	return &builder{s, vertices, make([]bond, 0, min(bonds, len(s.rest)/shortest+1))}
}

// addLine adds the bond of the current line: two vertices and perhaps a weight.
func (b *builder) addLine() error {
	i, err := b.integer(0, "vertex", 1, b.vertices)
	if err != nil {
		return err
	}
	j, err := b.integer(1, "vertex", 1, b.vertices)
	if err != nil {
		return err
	}
	if i == j {
		return b.errorf("bond of vertex %d to itself", i)
	}
	w := 1.0
	if len(b.fields) > 2 {
		if w, err = b.weight(2); err != nil {
			return err
		}
	}
	b.bonds = append(b.bonds, bond{int32(i - 1), int32(j - 1), int32(b.line), w})
	return nil
}

// checkSites refuses many more vertices than the bonds can be meant for.
func (b *builder) checkSites(line int) error {
	if most := 1<<16 + 64*len(b.bonds); b.vertices > most {
		return b.errorAt(line, "%d vertices for %d bonds, want at most %d", b.vertices, len(b.bonds), most)
	}
	return nil
}

// file makes the instance.
func (b *builder) file(sign Sign) (*File, error) {
	f := &File{Sign: sign}
	ends, J := make([][2]int, len(b.bonds)), make([]float64, len(b.bonds))
	for k, x := range b.bonds {
		ends[k] = [2]int{int(x.i), int(x.j)}
		J[k] = sign.weight(x.w)
		f.Total += x.w
	}
	g, err := ising.NewGraph(b.vertices, ends)
	if err != nil {
		return nil, b.twice(err)
	}
	if f.Instance, err = ising.NewInstance(g, J); err != nil {
		return nil, err
	}
	if l, site, ok := f.Hypercubic(); ok {
		f.Instance = l
		for i, to := range site {
			if int(to) != i {
				f.Site = site
				break
			}
		}
	}
	return f, nil
}

// twice names the lines of the first bond that stands twice; err is returned if there is
// none.
func (b *builder) twice(err error) error {
	first := map[[2]int32]int32{}
	for _, x := range b.bonds {
		ends := [2]int32{min(x.i, x.j), max(x.i, x.j)}
		if line, ok := first[ends]; ok {
			return b.errorAt(int(x.line), "bond of vertices %d and %d again, it stands in line %d", x.i+1, x.j+1, line)
		}
		first[ends] = x.line
	}
	return err
}
