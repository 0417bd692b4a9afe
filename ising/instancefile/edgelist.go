package instancefile

import (
	"fmt"
	"io"
)

// readEdgeList reads a header and the bonds that it announces.
func readEdgeList(s *scanner) (*builder, error) {
	if !s.next() {
		return nil, s.errorf("no header, want the numbers of vertices and bonds")
	}
	skip, dimacs := 0, s.fields[0] == "p"
	if dimacs {
		skip = 2
	}
	if len(s.fields) != skip+2 {
		return nil, s.errorf("header of %s fields, want two: the numbers of vertices and bonds (if there is no header, give the format %s)", s.count(), COO)
	}
	n, m, err := s.sizes(skip)
	if err != nil {
		return nil, err
	}
	b := newBuilder(s, 1, n, m)
	header := s.line
	for s.next() {
		if len(b.bonds) == m {
			return nil, s.errorf("more than the %d bonds of the header in line %d", m, header)
		}
		at := 0
		if dimacs {
			if s.fields[0] != "e" {
				return nil, s.errorf("line of kind %s, want e", quote(s.fields[0]))
			}
			at = 1
		}
		if err := b.addLine(at, true, false); err != nil {
			return nil, err
		}
	}
	if err := b.checkCount(header, m); err != nil {
		return nil, err
	}
	return b, b.checkSites(header)
}

// checkCount refuses a file that ends too soon.
func (b *builder) checkCount(header, m int) error {
	if n := len(b.bonds) + len(b.fields); n < m {
		return b.errorf("the file ends after %d bonds, the header in line %d announces %d", n, header, m)
	}
	return nil
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
