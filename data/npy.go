package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The NPY format 1.0 is magic and version, the length of the header as uint16, the
// header, padded so that the data begin at a multiple of 64 and ended by a newline,
// and the data; see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
const npyMagic = "\x93NUMPY\x01\x00"

type element interface{ float64 | int8 }

// npyHeader returns the header that numpy writes for a little-endian array in C
// order, without padding.
func npyHeader[T element](shape []int) string {
	dtype := "<f8"
	if _, ok := any(T(0)).(int8); ok {
		dtype = "|i1"
	}
	sides := strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
	if len(shape) == 1 {
		sides += ","
	}
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype, sides)
}

func writeNpy[T element](w io.Writer, data []T, shape ...int) error {
	header := npyHeader[T](shape)
	start := len(npyMagic) + 2
	padding := 63 - (start+len(header))%64
	header += strings.Repeat(" ", padding) + "\n"
	head := binary.LittleEndian.AppendUint16([]byte(npyMagic), uint16(len(header)))
	if _, err := w.Write(append(head, header...)); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, data)
}

// readNpy reads an array of the given type and shape and refuses any other before
// it allocates. The header is compared as text, because numpy has only one way to
// write it.
func readNpy[T element](r io.Reader, shape ...int) ([]T, error) {
	var head [len(npyMagic) + 2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("no npy header: %w", err)
	}
	if string(head[:len(npyMagic)]) != npyMagic {
		return nil, errors.New("no header of npy format 1.0")
	}
	header := make([]byte, binary.LittleEndian.Uint16(head[len(npyMagic):]))
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, fmt.Errorf("no npy header: %w", err)
	}
	got, want := strings.TrimRight(string(header), " \n"), npyHeader[T](shape)
	if got != want {
		return nil, fmt.Errorf("header is %.120q, want %q", got, want)
	}

	size := 1
	for _, side := range shape {
		size *= side
	}
	data := make([]T, size)
	if err := binary.Read(r, binary.LittleEndian, data); err != nil {
		return nil, fmt.Errorf("data are cut short: %w", err)
	}
	// Reading on to the end also lets the zip reader verify its checksum.
	n, err := io.Copy(io.Discard, io.LimitReader(r, 1))
	if n > 0 {
		err = errors.New("data are longer than the shape")
	}
	return data, err
}

// WriteSpins writes a configuration as numpy.save writes an int8 array of shape (N,).
func WriteSpins(w io.Writer, s []int8) error { return writeNpy(w, s, len(s)) }

// ReadSpins is the inverse of [WriteSpins] for n spins, each ±1.
func ReadSpins(r io.Reader, n int) ([]int8, error) {
	s, err := readNpy[int8](r, n)
	if err != nil {
		return nil, err
	}
	for i, v := range s {
		if v != 1 && v != -1 {
			return nil, fmt.Errorf("spin %d is %d, want 1 or -1", i, v)
		}
	}
	return s, nil
}
