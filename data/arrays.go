package data

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// An Array is the description of an array in numpy's format.
type Array struct {
	Name  string // name in the .npz file; empty for an .npy file
	Type  string // as numpy writes it, such as <f8
	Shape string // lengths of the axes, such as 16, 2, 8, 8
}

var arrayHeader = regexp.MustCompile(`^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), \} *\n$`)

// Arrays lists the arrays of a file of numpy.save or numpy.savez without reading their
// data.
func Arrays(path string) ([]Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return ReadArrays(f, info.Size(), path)
}

// ReadArrays is [Arrays] for an open file of size bytes. Errors name it path.
func ReadArrays(f io.ReaderAt, size int64, path string) ([]Array, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		a, _, err := readArrayHeader(bufio.NewReader(io.NewSectionReader(f, 0, size)))
		if err != nil {
			return nil, fmt.Errorf("data: %s: %w", path, err)
		}
		return []Array{a}, nil
	}
	var list []Array
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			return nil, fmt.Errorf("data: %s: %w", path, err)
		}
		a, _, err := readArrayHeader(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("data: %s: %.40q: %w", path, entry.Name, err)
		}
		a.Name = strings.TrimSuffix(entry.Name, ".npy")
		list = append(list, a)
	}
	return list, nil
}

// readArrayHeader also returns whether the array is in Fortran order: the first index changes
// fastest.
func readArrayHeader(r io.Reader) (a Array, fortran bool, err error) {
	header, err := readHeader(r)
	if err != nil {
		return a, false, err
	}
	m := arrayHeader.FindSubmatch(header)
	if m == nil {
		return a, false, fmt.Errorf("npy header is %.120q", header)
	}
	return Array{Type: string(m[1]), Shape: strings.TrimSuffix(string(m[3]), ",")}, string(m[2]) == "True", nil
}
