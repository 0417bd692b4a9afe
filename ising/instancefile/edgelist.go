package instancefile

import (
	"bufio"
	"io"
	"strconv"

	"spinlearn/ising"
)

// readEdgeList reads a header and the bonds that it announces.
func readEdgeList(s *scanner) (*builder, error) {
	if !s.next() {
		return nil, s.errorf("no header, want the numbers of vertices and bonds")
	}
	if len(s.fields) != 2 {
		return nil, s.errorf("header of %s fields, want two: the numbers of vertices and bonds", s.count())
	}
	n, err := s.integer(0, "number of vertices", 1, ising.MaxSites)
	if err != nil {
		return nil, err
	}
	m, err := s.integer(1, "number of bonds", 0, ising.MaxBonds)
	if err != nil {
		return nil, err
	}
	b := newBuilder(s, n, m)
	header := s.line
	for s.next() {
		if len(b.bonds) == m {
			return nil, s.errorf("more than the %d bonds of the header in line %d", m, header)
		}
		if len(s.fields) < 2 || len(s.fields) > 3 {
			return nil, s.errorf("%s fields, want two vertices and a weight", s.count())
		}
		if err := b.addLine(); err != nil {
			return nil, err
		}
	}
	if len(b.bonds) < m {
		return nil, s.errorf("the file ends after %d bonds, the header in line %d announces %d", len(b.bonds), header, m)
	}
	return b, b.checkSites(header)
}

func writeEdgeList(w io.Writer, f *File, sign Sign) error {
	out := bufio.NewWriter(w)
	bonds := f.bonds()
	line := strconv.AppendInt(nil, int64(f.Sites()), 10)
	line = append(line, ' ')
	line = strconv.AppendInt(line, int64(len(bonds)), 10)
	out.Write(append(line, '\n'))
	for _, b := range bonds {
		line = strconv.AppendInt(line[:0], int64(b.i)+1, 10)
		line = append(line, ' ')
		line = strconv.AppendInt(line, int64(b.j)+1, 10)
		line = append(line, ' ')
		line = strconv.AppendFloat(line, sign.weight(b.w), 'g', -1, 64)
		out.Write(append(line, '\n'))
	}
	return out.Flush()
}
