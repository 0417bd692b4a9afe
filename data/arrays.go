package data

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// An Array describes an array in numpy's format, as its header does.
type Array struct {
	Name  string // in its .npz file; empty in an .npy file
	Type  string // as numpy writes it, such as <f8
	Shape string // such as 16, 2, 8, 8
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

// ReadArrays is [Arrays] for an open file. size is its length in bytes, and path its name in
// error messages.
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

// readArrayHeader reads a header. fortran means that the first index changes fastest.
func readArrayHeader(r io.Reader) (a Array, fortran bool, err error) {
	var head [len(npyMagic) + 2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:len(npyMagic)]) != npyMagic {
		return a, false, fmt.Errorf("no header of npy format 1.0")
	}
	header := make([]byte, binary.LittleEndian.Uint16(head[len(npyMagic):]))
	if _, err := io.ReadFull(r, header); err != nil {
		return a, false, fmt.Errorf("no npy header: %w", err)
	}
	m := arrayHeader.FindSubmatch(header)
	if m == nil {
		return a, false, fmt.Errorf("npy header is %.120q", header)
	}
	return Array{Type: string(m[1]), Shape: strings.TrimSuffix(string(m[3]), ",")}, string(m[2]) == "True", nil
}
