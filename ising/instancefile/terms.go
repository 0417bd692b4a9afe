package instancefile

import (
	"bufio"
	"io"
	"strconv"
)

// terms are the function f of a file to be written, as in a builder.
type terms struct {
	vertices int
	bonds    []bond
	fields   []float64 // one for each vertex
	offset   float64
}

// terms returns the function f of the instance in a file of that sign.
func (f *File) terms(sign Sign) *terms {
	t := &terms{vertices: f.Vertices(), fields: make([]float64, f.Vertices())}
	if f.Offset != 0 {
		t.offset = float64(sign) * f.Offset
	}
	for _, b := range f.bonds(sign) {
		switch n := int32(t.vertices); {
		case b.i == n:
			t.fields[b.j] = b.w
		case b.j == n:
			t.fields[b.i] = b.w
		default:
			t.bonds = append(t.bonds, b)
		}
	}
	return t
}

// bonds lists the bonds with their weights. Their ends are vertices of the file; a ghost spin
// counts as the last vertex.
func (f *File) bonds(sign Sign) []bond {
	vertex := make([]int32, f.Sites())
	for v := range vertex {
		vertex[f.site(v)] = int32(v)
	}
	var bonds []bond
	for k := range f.Bonds() {
		if v := f.J[k]; v != 0 || f.Axes() == 0 {
			i, j := f.Ends(k)
			bonds = append(bonds, bond{i: vertex[i], j: vertex[j], w: sign.weight(v)})
		}
	}
	return bonds
}

// toBinary turns the function of spins into one of x = (1+s)/2.
func (t *terms) toBinary() {
	for i, h := range t.fields {
		t.offset -= h
		t.fields[i] = 2 * h
	}
	for k, b := range t.bonds {
		t.offset += b.w
		t.fields[b.i] -= 2 * b.w
		t.fields[b.j] -= 2 * b.w
		t.bonds[k].w *= 4
	}
}

// fieldCount counts the vertices with a field.
func (t *terms) fieldCount() int {
	n := 0
	for _, h := range t.fields {
		if h != 0 {
			n++
		}
	}
	return n
}

// A lineWriter writes lines of numbers.
type lineWriter struct {
	*bufio.Writer
	line []byte
}

func newLineWriter(w io.Writer) *lineWriter { return &lineWriter{Writer: bufio.NewWriter(w)} }

// term writes two vertices and a weight, in the shortest form that keeps it; verb is 'g',
// or 'f' for no exponent.
func (w *lineWriter) term(i, j int, v float64, verb byte) {
	w.line = strconv.AppendInt(w.line[:0], int64(i), 10)
	w.line = append(w.line, ' ')
	w.line = strconv.AppendInt(w.line, int64(j), 10)
	w.line = append(w.line, ' ')
	if verb == 'f' {
		w.line = exactDigits(w.line, v)
	} else {
		w.line = strconv.AppendFloat(w.line, v, verb, -1, 64)
	}
	w.Write(append(w.line, '\n'))
}

// terms writes the fields that are not 0 and the bonds.
func (w *lineWriter) terms(t *terms, first int, verb byte) {
	for i, h := range t.fields {
		if h != 0 {
			w.term(i+first, i+first, h, verb)
		}
	}
	for _, b := range t.bonds {
		w.term(int(b.i)+first, int(b.j)+first, b.w, verb)
	}
}
