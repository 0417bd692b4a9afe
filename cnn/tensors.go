package cnn

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/base/readfile"
)

// ErrFormat is wrapped by every error about the content of a model or checkpoint.
var ErrFormat = errors.New("not a file of this program, or damaged")

const (
	metadataKey       = "spinlearn"
	checksumKey       = "sha256"
	maxFileSize int64 = 1 << 31     // of what is read into memory
	maxHeader         = 100_000_000 // bytes, as in the safetensors library
)

// A tensorFile is the content of a safetensors file: named arrays, each []float32,
// []float64 or []int8, and in the metadata a description in JSON and a checksum, as
// the package comment says.
type tensorFile struct {
	arrays map[string]array
}

type array struct {
	shape []int
	data  any
}

func (f *tensorFile) set(name string, data any, shape ...int) {
	if f.arrays == nil {
		f.arrays = map[string]array{}
	}
	f.arrays[name] = array{shape, data}
}

func (f *tensorFile) write(name string, description any) error {
	text, err := json.Marshal(description)
	if err != nil {
		return fmt.Errorf("cnn: %s: %w", name, err)
	}
	views := map[string]safetensors.TensorView{}
	for key, a := range f.arrays {
		var shape []uint64
		for _, n := range a.shape {
			shape = append(shape, uint64(n))
		}
		b, err := binary.Append(nil, binary.LittleEndian, a.data)
		if err != nil {
			return fmt.Errorf("cnn: %s: tensor %s: %w", name, key, err)
		}
		if views[key], err = safetensors.NewTensorView(typeOf(a.data), shape, b); err != nil {
			return fmt.Errorf("cnn: %s: tensor %s: %w", name, key, err)
		}
	}
	var buf bytes.Buffer
	if err := safetensors.SerializeToWriter(views, map[string]string{metadataKey: string(text), checksumKey: blank}, &buf); err != nil {
		return fmt.Errorf("cnn: %s: %w", name, err)
	}
	at, sum := checksum(buf.Bytes(), blank)
	copy(buf.Bytes()[at:], sum)
	if n := int64(buf.Len()); n > maxFileSize {
		return fmt.Errorf("cnn: %s would have %d bytes, at most %d can be read back: take fewer channels or blocks, or a smaller replay buffer", name, n, maxFileSize)
	}
	if err := atomicfile.Write(name, buf.Bytes()); err != nil {
		return fmt.Errorf("cnn: %w", err)
	}
	return nil
}

var blank = strings.Repeat("0", hex.EncodedLen(sha256.Size))

// checksum returns the place in a file's header of the checksum that its metadata give,
// -1 if there is none, and the checksum that the file should have. Quotes within the
// description are escaped, so that no other text is taken for it.
func checksum(file []byte, given string) (at int, right string) {
	const before = `"` + checksumKey + `":"`
	at = bytes.Index(file, []byte(before+given+`"`))
	if at < 0 || len(given) != len(blank) {
		return -1, ""
	}
	at += len(before)
	h := sha256.New()
	h.Write(file[:at])
	io.WriteString(h, blank)
	h.Write(file[at+len(blank):])
	return at, hex.EncodeToString(h.Sum(nil))
}

// checkMetadata checks the checksum of a file, if it has one, and refuses keys that have
// no meaning: one of them could be the key of the checksum, damaged.
func checkMetadata(file []byte, metadata map[string]string) error {
	for key := range metadata {
		if key != metadataKey && key != checksumKey {
			return fmt.Errorf("the metadata has the unknown key %.40q", key)
		}
	}
	sum, ok := metadata[checksumKey]
	if !ok {
		return nil
	}
	if at, right := checksum(file, sum); at < 0 || sum != right {
		return errors.New("the SHA-256 differs from that in the metadata")
	}
	return nil
}

func typeOf(data any) safetensors.DType {
	switch data.(type) {
	case []float64:
		return safetensors.F64
	case []int8:
		return safetensors.I8
	}
	return safetensors.F32
}

// readTensorFile is the inverse of write. Arrays must be finite.
func readTensorFile(name string, description any) (*tensorFile, error) {
	if err := checkSize(name); err != nil {
		return nil, err
	}
	b, err := readfile.All(context.Background(), name, maxFileSize)
	if err != nil {
		return nil, fmt.Errorf("cnn: %w", err)
	}
	f, err := parseTensors(b, description)
	if err != nil {
		return nil, fmt.Errorf("cnn: %s: %w: %w", name, ErrFormat, err)
	}
	return f, nil
}

// checkSize refuses, before it is read, a file whose size no header of this program
// explains.
func checkSize(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("cnn: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFileSize {
		return fmt.Errorf("cnn: %s: %w: no regular file of at most %d bytes", name, ErrFormat, maxFileSize)
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("cnn: %w", err)
	}
	defer f.Close()
	var head [9]byte // the length of the header and its first byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return fmt.Errorf("cnn: %s: %w: %d bytes have no header", name, ErrFormat, info.Size())
	}
	if n := binary.LittleEndian.Uint64(head[:]); n > maxHeader || int64(n) > info.Size() || head[8] != '{' {
		return fmt.Errorf("cnn: %s: %w: no header of at most %d bytes in JSON", name, ErrFormat, maxHeader)
	}
	return nil
}

func parseTensors(b []byte, description any) (*tensorFile, error) {
	_, meta, err := safetensors.ReadMetadata(b)
	if err != nil {
		return nil, err
	}
	text, ok := meta.Metadata()[metadataKey]
	if !ok {
		return nil, fmt.Errorf("the metadata has no key %q", metadataKey)
	}
	if err := checkMetadata(b, meta.Metadata()); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(text), description); err != nil {
		return nil, err
	}
	tensors, err := safetensors.Deserialize(b)
	if err != nil {
		return nil, err
	}
	f := &tensorFile{}
	for _, t := range tensors.Tensors() {
		view := t.TensorView
		var data any
		switch n := len(view.Data()); view.DType() {
		case safetensors.F32:
			data = make([]float32, n/4)
		case safetensors.F64:
			data = make([]float64, n/8)
		case safetensors.I8:
			data = make([]int8, n)
		default:
			return nil, fmt.Errorf("tensor %s has type %v", t.Name, view.DType())
		}
		if _, err := binary.Decode(view.Data(), binary.LittleEndian, data); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", t.Name, err)
		}
		if err := checkFinite(data); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", t.Name, err)
		}
		var shape []int
		for _, n := range view.Shape() {
			shape = append(shape, int(n))
		}
		f.set(t.Name, data, shape...)
	}
	return f, nil
}

func checkFinite(data any) error {
	check := func(i int, v float64) error {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %v", i, v)
		}
		return nil
	}
	switch data := data.(type) {
	case []float32:
		for i, v := range data {
			if err := check(i, float64(v)); err != nil {
				return err
			}
		}
	case []float64:
		for i, v := range data {
			if err := check(i, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// take returns the array of a name, which must have length n and the type T.
func take[T int8 | float32 | float64](f *tensorFile, name string, n int) ([]T, error) {
	a, ok := f.arrays[name]
	if !ok {
		return nil, fmt.Errorf("tensor %s is missing", name)
	}
	data, ok := a.data.([]T)
	if !ok || len(data) != n {
		return nil, fmt.Errorf("tensor %s is a %T of shape %v, want %d values of type %T", name, a.data, a.shape, n, *new(T))
	}
	return data, nil
}

// setWeights stores the parameters of a network under names with a prefix.
func (f *tensorFile) setWeights(prefix string, n Network, weights [][]float32) {
	for i, p := range n.parameters() {
		f.set(prefix+p.name, weights[i], p.shape...)
	}
}

// weights is the inverse of setWeights.
func (f *tensorFile) weights(prefix string, n Network) ([][]float32, error) {
	var list [][]float32
	for _, p := range n.parameters() {
		w, err := take[float32](f, prefix+p.name, p.shape.TotalSize())
		if err != nil {
			return nil, err
		}
		if s := f.arrays[prefix+p.name].shape; !slices.Equal(s, p.shape) {
			return nil, fmt.Errorf("tensor %s%s has shape %v, want %v", prefix, p.name, s, p.shape)
		}
		list = append(list, w)
	}
	return list, nil
}
