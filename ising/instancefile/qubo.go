package instancefile

import (
	"fmt"
	"io"

	"spinlearn/ising"
)

// readQUBO reads the format of qbsolv.
func readQUBO(s *scanner) (*builder, error) {
	if !s.next() || s.fields[0] != "p" || len(s.fields) != 6 || s.fields[1] != "qubo" {
		return nil, s.errorf("no header, want p qubo 0 and the numbers of variables, diagonal terms and others")
	}
	if s.fields[2] != "0" && s.fields[2] != "unconstrained" {
		return nil, s.errorf("topology %s, want 0", quote(s.fields[2]))
	}
	n, diagonal, err := s.sizes(3)
	if err != nil {
		return nil, err
	}
	m, err := s.integer(5, "number of bonds", 0, ising.MaxBonds)
	if err != nil {
		return nil, err
	}
	b := newBuilder(s, 0, n, m)
	b.binary = true
	header := s.line
	for s.next() {
		if err := b.addLine(0, false, true); err != nil {
			return nil, err
		}
		if len(b.fields) > diagonal || len(b.bonds) > m {
			return nil, s.errorf("more than the %d diagonal and %d other terms of the header in line %d", diagonal, m, header)
		}
	}
	if err := b.checkCount(header, diagonal+m); err != nil {
		return nil, err
	}
	return b, b.checkSites(header)
}

func writeQUBO(w io.Writer, f *File, sign Sign) error {
	t := f.terms(sign)
	t.toBinary()
	out := newLineWriter(w)
	fmt.Fprintln(out, "p qubo 0", t.vertices, t.fieldCount(), len(t.bonds))
	out.terms(t, 0, 'g')
	return out.Flush()
}

// readQS reads the entries of a symmetric matrix.
func readQS(s *scanner) (*builder, error) {
	if !s.next() {
		return nil, s.errorf("no header, want the numbers of variables and entries")
	}
	if len(s.fields) != 2 {
		return nil, s.errorf("header of %s, want two: the numbers of variables and entries", count(s.fields))
	}
	h, err := s.header(0)
	if err != nil {
		return nil, err
	}
	h.strict = true
	b := newList(s, h)
	b.binary = true
	for s.next() {
		if err := b.addLine(0, false, true); err != nil {
			return nil, err
		}
	}
	if err := b.checkHeader(h); err != nil {
		return nil, err
	}
	lowest, _ := b.extent()
	if b.settle(lowest, h.n); b.first == 0 {
		b.note("vertices counted from 0")
	}
	b.countOnce()
	for k := range b.bonds {
		b.bonds[k].w *= 2
	}
	return b, b.checkSites(h.line)
}

func writeQS(w io.Writer, f *File, sign Sign) error {
	t := f.terms(sign)
	t.toBinary()
	for k := range t.bonds {
		t.bonds[k].w /= 2
	}
	out := newLineWriter(w)
	fmt.Fprintln(out, t.vertices, t.fieldCount()+len(t.bonds))
	out.terms(t, 1, 'g')
	return out.Flush()
}
