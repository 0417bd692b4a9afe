package instancefile

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"spinlearn/ising"
)

// A header is the first line of a list of bonds, which may be a bond itself.
type header struct {
	line   int
	fields []string // from the number of vertices on
	n, m   int      // numbers of vertices and bonds, or the two ends of a bond
	strict bool     // m must be the number of all lines
}

// readEdgeList reads a list of bonds that begins with a header or, if the format is not
// given, without one.
func readEdgeList(s *scanner) (*builder, error) {
	if !s.next() {
		return nil, s.errorf("no header, want the numbers of vertices and bonds")
	}
	if s.fields[0] == "p" {
		return readDIMACS(s)
	}
	var want Format
	if s.given {
		want = EdgeList
	}
	return readList(s, want, false)
}

// readDIMACS reads the lines of a DIMACS graph. The scanner stands at the header.
func readDIMACS(s *scanner) (*builder, error) {
	h, err := s.header(2)
	if err != nil {
		return nil, err
	}
	b := newList(s, h)
	for s.next() {
		if s.fields[0] != "e" {
			return nil, s.errorf("line of kind %s, want e", quote(s.fields[0]))
		}
		if err := b.addLine(1, true, true); err != nil {
			return nil, err
		}
	}
	return b.finish(h, false)
}

// readList reads a list of bonds. want says whether it has a header (EdgeList) or none (COO);
// if want is "", the lines decide. The scanner stands at the first line.
func readList(s *scanner, want Format, binary bool) (*builder, error) {
	h, err := s.header(0)
	if err != nil {
		return nil, err
	}
	b := newList(s, h)
	b.binary = binary
	for s.next() {
		if err := b.addLine(0, true, true); err != nil {
			return nil, err
		}
	}
	isBond, err := b.isBond(h, want)
	if err != nil {
		return nil, err
	}
	return b.finish(h, isBond)
}

// header reads the current line as a header that begins after skip fields.
func (s *scanner) header(skip int) (*header, error) {
	h := &header{line: s.line}
	if s.fields[0][0] == '%' {
		return nil, s.errorf("lines that begin with %% are no comments, put # in front of them; the sizes of a MatrixMarket file, N N M, have to become N M")
	}
	if len(s.fields) == 1 && strings.Contains(s.fields[0], ";") {
		return nil, s.errorf("fields separated by semicolons, want white space or commas")
	}
	if len(s.fields) < skip+2 {
		return nil, s.errorf("header of %s, want two: the numbers of vertices and bonds", count(s.fields[min(skip, len(s.fields)):]))
	}
	if !strings.ContainsAny(strings.Join(s.fields, ""), "0123456789") {
		return nil, s.errorf("a line of words (%s …), want numbers; if it names the columns, put # in front of it", quote(s.fields[0]))
	}
	h.fields = slices.Clone(s.fields[skip:])
	var err error
	if h.n, err = s.integer(skip, "number of vertices", 0, ising.MaxSites); err == nil {
		h.m, err = s.integer(skip+1, "number of bonds", 0, ising.MaxBonds)
	}
	return h, err
}

// newList makes a builder that takes vertices of any number.
func newList(s *scanner, h *header) *builder { return newBuilder(s, 0, ising.MaxSites+1, h.m) }

// isBond decides whether the first line is a bond. It never guesses: if the lines leave it
// open, it returns an error that asks for the format in the settings.
func (b *builder) isBond(h *header, want Format) (bool, error) {
	if want == EdgeList {
		return false, nil
	}
	lines, size := len(b.bonds)+len(b.fields), len(h.fields)
	lowest, highest := b.extent()
	// Read as a bond, the line would leave a gap in the numbers of the vertices.
	gap := lines > 0 && max(h.n, h.m) > highest+1
	// No header announces no vertex, far more bonds than pairs, or no bond before bonds.
	noHeader := h.n == 0 || h.m > h.n*h.n && !gap || h.m == 0 && lines > 0 && lowest == 0
	asBond := size == 2 && b.bare == lines && h.n != h.m || size == 3 && b.bare == 0
	if asBond && size == 3 {
		if _, fault := parseReal(h.fields[2]); fault != "" {
			if want == COO || noHeader {
				return false, b.errorAt(h.line, "weight %s, %s", quote(h.fields[2]), fault)
			}
			asBond = false
		}
	}
	fault := b.checkHeader(h)
	fits, named := fault == nil, formatOfEnding(ending(b.name)) == EdgeList
	isHeader := fits && (!asBond || gap || named || lines == 0 && size == 2)
	switch {
	case want == COO && isHeader:
		return false, b.errorAt(h.line, "this is the header of the %d lines that follow and no bond; give --from %s", lines, EdgeList)
	case want == COO && !asBond:
		return false, b.errorAt(h.line, "%s, want two vertices and a weight, or all lines without a weight", count(h.fields))
	case size == 3 && b.bare > 0 && noHeader:
		return false, b.errorAt(h.line, "no header, and some bonds with a weight and some without")
	case isHeader || !asBond:
		return false, nil
	case want == COO || noHeader:
		return true, nil
	case size == 3 && h.n == h.m && h.fields[2] == strconv.Itoa(lines):
		return false, b.errorAt(h.line, "these are the sizes of a matrix (rows, columns, entries), want the numbers of vertices and bonds: %d %d", h.n, lines)
	case fits:
		return false, b.errorAt(h.line, "this is either the header (%d vertices, %d bonds) or a bond of the vertices %[1]d and %[2]d: give --from %[3]s if it is the header, --from %[4]s if it is a bond",
			h.n, h.m, EdgeList, COO)
	case lines > 0 && !gap && (ending(b.name) == ".el" || ending(b.name) == ".edgelist"):
		return true, nil
	}
	fault.Msg += fmt.Sprintf(" (only if line %d is itself a bond and no header, give --from %s)", h.line, COO)
	return false, fault
}

// extent returns the smallest and the largest number of a vertex, but at most 1 for the
// smallest; 1 and 0 if there are no terms.
func (b *builder) extent() (lowest, highest int) {
	lowest = 1
	for _, terms := range [][]bond{b.bonds, b.fields} {
		for _, x := range terms {
			lowest = min(lowest, int(x.i), int(x.j))
			highest = max(highest, int(x.i), int(x.j))
		}
	}
	return lowest, highest
}

// checkHeader refuses a header that contradicts the lines after it.
func (b *builder) checkHeader(h *header) *SyntaxError {
	if h.n < 1 {
		return b.errorAt(h.line, "number of vertices %s, want an integer from 1 to %d", quote(h.fields[0]), ising.MaxSites)
	}
	lowest, highest := b.extent()
	if first := min(lowest, 1); highest >= first+h.n {
		beyond, zero := 0, 0
		for _, x := range slices.Concat(b.bonds, b.fields) {
			if beyond == 0 && max(int(x.i), int(x.j)) >= first+h.n {
				beyond = int(x.line)
				highest = max(int(x.i), int(x.j))
			}
			if zero == 0 && min(x.i, x.j) == 0 {
				zero = int(x.line)
			}
		}
		if first == 0 {
			return b.errorAt(beyond, "vertex %d, want 0 to %d: the header in line %d announces %d vertices, and line %d counts from 0", highest, h.n-1, h.line, h.n, zero)
		}
		return b.errorAt(beyond, "vertex %d, want 1 to %d: the header in line %d announces %d vertices", highest, h.n, h.line, h.n)
	}
	lines := len(b.bonds) + len(b.fields)
	if h.m == lines || !h.strict && h.m == len(b.bonds) {
		return nil
	}
	if _, ok := b.oneWay(); ok && !h.strict && (2*h.m == len(b.bonds) || 2*(h.m-len(b.fields)) == len(b.bonds)) {
		return nil
	}
	if lines < h.m {
		return b.errorf("the file ends after %d bonds, the header in line %d announces %d", lines, h.line, h.m)
	}
	var at []int32
	for _, x := range slices.Concat(b.bonds, b.fields) {
		at = append(at, x.line)
	}
	slices.Sort(at)
	return b.errorAt(int(at[h.m]), "more than the %d bonds of the header in line %d", h.m, h.line)
}

// finish turns the lines into the terms of a file: it adds the first line if that is a bond,
// makes vertices count from 0, and drops second directions of bonds.
func (b *builder) finish(h *header, isBond bool) (*builder, error) {
	lowest, highest := b.extent()
	if isBond {
		w := 1.0
		if len(h.fields) == 3 {
			w, _ = parseReal(h.fields[2])
		} else {
			b.bare++
		}
		first := bond{int32(h.n), int32(h.m), int32(h.line), w}
		if h.n == h.m {
			b.fields = slices.Insert(b.fields, 0, first)
		} else {
			b.bonds = slices.Insert(b.bonds, 0, first)
		}
		lowest, highest = min(lowest, h.n, h.m), max(highest, h.n, h.m)
		b.format = COO
		b.note("no header")
		b.settle(lowest, highest+1-min(lowest, 1))
	} else {
		if err := b.checkHeader(h); err != nil {
			return nil, err
		}
		b.settle(lowest, h.n)
		if len(h.fields) > 2 {
			b.note("passed over in the header: " + strings.Join(quoteAll(h.fields[2:]), " "))
		}
	}
	if b.first == 0 {
		b.note("vertices counted from 0")
	}
	if b.bare > 0 {
		b.note("bonds without a weight have weight 1")
	}
	if len(b.fields) > 0 && !b.given && signOfEnding(ending(b.name)) == Default {
		x := b.fields[0]
		spins, bits := EdgeList, QS
		if isBond {
			spins, bits = COO, COOBinary
		}
		return nil, b.errorAt(int(x.line), "vertex %d twice: this is a field of a spin or an entry of a matrix of 0-1 variables; give --from %s for fields, --from %s for 0-1 variables",
			int(x.i)+b.first, spins, bits)
	}
	if !b.binary { // of 0-1 variables, the two directions might be meant as a sum
		b.countOnce()
	}
	return b, b.checkSites(h.line)
}

// settle makes the n vertices count from 0. lowest is 0 if they already do.
func (b *builder) settle(lowest, n int) {
	b.first, b.vertices = min(lowest, 1), n
	if b.first == 0 {
		return
	}
	for _, terms := range [][]bond{b.bonds, b.fields} {
		for k := range terms {
			terms[k].i--
			terms[k].j--
		}
	}
}

// countOnce drops one direction of each bond where all stand in both with the same
// weight, as in a symmetric matrix.
func (b *builder) countOnce() {
	if once, ok := b.oneWay(); ok {
		b.bonds = once
		b.note("every bond stands in both directions and counts once")
	}
}

// oneWay returns the bonds with i < j. It fails unless each of them also stands in the other
// direction with the same weight, and no others do.
func (b *builder) oneWay() ([]bond, bool) {
	up := 0
	for _, x := range b.bonds {
		if x.i < x.j {
			up++
		}
	}
	if len(b.bonds) == 0 || 2*up != len(b.bonds) {
		return nil, false
	}
	weight := make(map[[2]int32]float64, up)
	once := make([]bond, 0, up)
	for _, x := range b.bonds {
		if x.i < x.j {
			weight[[2]int32{x.i, x.j}] = x.w
			once = append(once, x)
		}
	}
	for _, x := range b.bonds {
		if x.i > x.j {
			ends := [2]int32{x.j, x.i}
			if w, ok := weight[ends]; !ok || w != x.w {
				return nil, false
			}
			delete(weight, ends)
		}
	}
	return once, len(weight) == 0
}

func quoteAll(fields []string) []string {
	quoted := make([]string, len(fields))
	for k, f := range fields {
		quoted[k] = quote(f)
	}
	return quoted
}

func writeEdgeList(w io.Writer, f *File, sign Sign) error {
	out := newLineWriter(w)
	bonds := f.bonds(sign)
	fmt.Fprintln(out, f.Sites(), len(bonds))
	for _, b := range bonds {
		out.term(int(b.i)+1, int(b.j)+1, b.w, 'g')
	}
	return out.Flush()
}
