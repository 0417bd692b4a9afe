package command

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"spinlearn/data"
	"spinlearn/ising/instancefile"
)

const numpyMagic = "\x93NUMPY"

// readSpins reads a configuration as --out or numpy.save writes it, and the shape that it
// has there: an array's, or the number of lines. It reads at most limit bytes.
func readSpins(ctx context.Context, stdin io.Reader, path string, limit int64) (spins []int8, shape []int, err error) {
	content, name, err := readFile(ctx, stdin, path, limit)
	if err != nil {
		return nil, nil, err
	}
	return parseSpins(bytes.NewReader(content), name)
}

func parseSpins(r io.Reader, name string) (spins []int8, shape []int, err error) {
	b := bufio.NewReader(r)
	if head, err := b.Peek(len(numpyMagic)); err == nil && string(head) == numpyMagic {
		if spins, shape, err = data.ReadSpins(b); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		return spins, shape, nil
	}
	lines := bufio.NewScanner(b)
	for lines.Scan() {
		v, ok := spin(lines.Text())
		if !ok {
			return nil, nil, fmt.Errorf("%s:%d: %.40q, want 1 or -1", name, len(spins)+1, lines.Text())
		}
		spins = append(spins, v)
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("%s: line %d: %w", name, len(spins)+1, err)
	}
	return spins, []int{len(spins)}, nil
}

// spin reads a line: 1 or -1, also as numpy.savetxt writes it.
func spin(line string) (int8, bool) {
	v, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	return int8(v), err == nil && (v == 1 || v == -1)
}

// looksLikeSpins reports whether the first bytes of a file are lines of spins. Every
// instance file has more in its first line than one spin.
func looksLikeSpins(head []byte) bool {
	line, _, whole := bytes.Cut(head, []byte("\n"))
	_, ok := spin(string(line))
	return ok && whole
}

// readStart reads the configuration of --start in the order of the file's vertices, or as
// an array of the lattice's shape. It is nil if there is none.
func (o *solveOptions) readStart(ctx context.Context, f *instancefile.File) ([]int8, error) {
	if o.start == "" {
		return nil, nil
	}
	// A number takes eight bytes in numpy's format, after a header of at most 64 KiB, and up
	// to 27 as numpy.savetxt writes it.
	spins, shape, err := readSpins(ctx, o.stdin, o.start, 1<<17+32*int64(f.Vertices()))
	if err != nil {
		return nil, fmt.Errorf("--start: %w", err)
	}
	if spins, err = siteSpins(spins, shape, f); err != nil {
		return nil, fmt.Errorf("--start: %s: %w", label(o.start), err)
	}
	return spins, nil
}

// siteSpins puts spins into the order of the instance's sites.
func siteSpins(spins []int8, shape []int, f *instancefile.File) ([]int8, error) {
	switch onLattice := slices.Equal(shape, f.Shape()); {
	case len(shape) == 1 && shape[0] == f.Vertices():
	case onLattice && f.Site == nil:
	case onLattice:
		return nil, fmt.Errorf("the array has the lattice's shape, but the instance numbers its vertices in another order; give %d spins in the order of the instance", f.Vertices())
	case len(shape) > 1:
		return nil, fmt.Errorf("the array has the shape %s, the instance %d spins and the lattice %v", sides(shape), f.Vertices(), f.Lattice)
	default:
		return nil, fmt.Errorf("%d spins, the instance has %d", len(spins), f.Vertices())
	}
	return f.SiteSpins(spins), nil
}

// sides writes a shape as numpy does.
func sides(shape []int) string {
	return "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]") + ")"
}
