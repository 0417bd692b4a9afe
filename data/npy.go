package data

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// An array in NPY format 1.0 consists of magic and version, the length of the header as
// uint16, the header, and the data; see
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. The header is
// padded with spaces and ends with a newline, so that the data begin at a multiple of 64.
//
// Headers are read and written here because npyio v0.9.0, which the tests use, panics on a
// malformed header, allocates as much as a header asks for, and writes format 2.0 with one
// axis only.
const npyMagic = "\x93NUMPY\x01\x00"

type element interface{ float64 | int8 }

// npyHeader returns the header that numpy writes for an array in C order, without padding.
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

// readHeader reads an array up to its data and returns the header, of at most 64 kB.
func readHeader(r io.Reader) ([]byte, error) {
	var head [len(npyMagic) + 2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("no header of npy format 1.0: %w", err)
	}
	if string(head[:len(npyMagic)]) != npyMagic {
		return nil, errors.New("no header of npy format 1.0")
	}
	header := make([]byte, binary.LittleEndian.Uint16(head[len(npyMagic):]))
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, fmt.Errorf("no npy header: %w", err)
	}
	return header, nil
}

// readNpy reads an array of the given type and shape. It returns an error for any other
// array before it allocates memory for the data. The header is compared as text, because
// numpy has only one way to write it.
func readNpy[T element](r io.Reader, shape ...int) ([]T, error) {
	header, err := readHeader(r)
	if err != nil {
		return nil, err
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
	// The zip reader verifies its checksum at the end of the data.
	n, err := io.Copy(io.Discard, io.LimitReader(r, 1))
	if n > 0 {
		err = errors.New("data are longer than the shape")
	}
	return data, err
}

// WriteSpins writes a configuration as numpy.save does for an int8 array of shape (N,).
func WriteSpins(w io.Writer, s []int8) error { return writeNpy(w, s, len(s)) }

// ReadSpins reads a configuration that numpy.save has written in C order: spins ±1 as
// integers of 8 to 64 bits or floats. It returns the spins in the order of the file and the
// shape of the array, which may have any number of axes. It returns an error if the file is
// shorter or longer than the shape says.
func ReadSpins(r io.Reader) (s []int8, shape []int, err error) {
	b := bufio.NewReader(r)
	a, fortran, err := readArrayHeader(b)
	if err != nil {
		return nil, nil, err
	}
	if fortran {
		return nil, nil, errors.New("the array is in Fortran order; save numpy.ascontiguousarray of it")
	}
	value := decoder(a.Type)
	if value == nil {
		return nil, nil, fmt.Errorf("the type of the array is %s, want integers (i1, i2, i4, i8) or floats (f4, f8) that are 1 or -1", a.Type)
	}
	n := 1
	for text := range strings.SplitSeq(a.Shape, ",") {
		side, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || side < 1 || side > math.MaxInt32/n {
			return nil, nil, fmt.Errorf("the shape of the array is (%s), want one of spins", a.Shape)
		}
		n *= side
		shape = append(shape, side)
	}
	item := make([]byte, int(a.Type[2]-'0'))
	for i := range n {
		if _, err := io.ReadFull(b, item); err != nil {
			return nil, nil, fmt.Errorf("data are cut short after %d of %d spins", i, n)
		}
		v := value(item)
		if v != 1 && v != -1 {
			return nil, nil, fmt.Errorf("spin %d is %v, want 1 or -1", i, v)
		}
		s = append(s, int8(v))
	}
	if _, err := b.ReadByte(); err != io.EOF {
		return nil, nil, errors.New("data are longer than the shape")
	}
	return s, shape, nil
}

// decoder returns a function that decodes an item of a numpy type such as <i8, or nil if spins
// cannot have that type.
func decoder(dtype string) func([]byte) float64 {
	if len(dtype) != 3 {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if dtype[0] == '>' {
		order = binary.BigEndian
	}
	switch dtype[1:] {
	case "i1":
		return func(b []byte) float64 { return float64(int8(b[0])) }
	case "i2":
		return func(b []byte) float64 { return float64(int16(order.Uint16(b))) }
	case "i4":
		return func(b []byte) float64 { return float64(int32(order.Uint32(b))) }
	case "i8":
		return func(b []byte) float64 { return float64(int64(order.Uint64(b))) }
	case "f4":
		return func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }
	case "f8":
		return func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }
	}
	return nil
}
