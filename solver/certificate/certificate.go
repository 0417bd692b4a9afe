package certificate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Format is the first field of every certificate.
const Format = "spinlearn certificate v1"

// A Kind says which proof a certificate holds.
type Kind string

const (
	// KindPlanar is one dual solution on a lattice of two axes, at most one periodic.
	KindPlanar Kind = "planar"
	// KindTorus is a tree of case distinctions on a lattice of two periodic axes.
	KindTorus Kind = "torus"
	// KindPacking is a weighted packing of frustrated cycles, on any lattice or graph.
	KindPacking Kind = "packing"
)

// A Certificate is a state and a proof of a lower bound of the energy; see the package
// comment. Exactly the one of Dual, Tree and Packing that belongs to Kind is present.
type Certificate struct {
	Format  string   `json:"format"`
	Program string   `json:"program"` // name and version of what wrote it
	Sites   int      `json:"sites"`
	Bonds   int      `json:"bonds"` // entries of the couplings
	Scale   float64  `json:"scale"`
	Spins   string   `json:"spins"`  // + and -, one for each site
	Energy  int64    `json:"energy"` // of Spins, scaled
	Bound   int64    `json:"bound"`  // scaled
	Kind    Kind     `json:"kind"`
	Dual    *Dual    `json:"dual,omitempty"`
	Tree    *Node    `json:"tree,omitempty"`
	Packing *Packing `json:"packing,omitempty"`
	SHA256  string   `json:"sha256"` // of the JSON with this field empty
}

// A Dual is a dual solution of the matching of frustrated faces.
type Dual struct {
	Y    [][2]int64 `json:"y"` // face and y; a face's place in this list is its position
	Sets []Set      `json:"sets"`
}

// A Set is an odd set of positions and its dual.
type Set struct {
	Z  int64   `json:"z"`  // at least 0
	Of []int32 `json:"of"` // a position, or -1-k for all members of the earlier set k
}

// A Node is a case of a torus proof.
type Node struct {
	Steps []Step `json:"steps"`
}

// A Step of a node; exactly one of its fields is present.
type Step struct {
	Base   *Dual   `json:"base,omitempty"`
	Rigid  *Rigid  `json:"rigid,omitempty"`
	Branch *Branch `json:"branch,omitempty"`
	Loop   []int32 `json:"loop,omitempty"` // bonds
	Prune  bool    `json:"prune,omitempty"`
}

// A Rigid step shows by a change of the node's base that no better state gives a bond
// that value.
type Rigid struct {
	Bond       int32      `json:"bond"`
	Value      int8       `json:"value"` // 1: unsatisfied, 0: satisfied
	Bound      int64      `json:"bound"` // of the weight of the unsatisfied bonds, not rounded up
	Infeasible bool       `json:"infeasible,omitempty"`
	Y          [][2]int64 `json:"y,omitempty"`   // position and new y
	New        []int64    `json:"new,omitempty"` // y of the two new positions, if Value is 1
	Z          [][2]int64 `json:"z,omitempty"`   // index of a set and new z
	Sets       []Set      `json:"sets,omitempty"`
}

// A Branch gives a bond one value in a nested node and the other one after it.
type Branch struct {
	Bond  int32 `json:"bond"`
	Value int8  `json:"value"`
	Node  Node  `json:"node"`
}

// A Packing is a fractional packing of frustrated cycles with weights
// Y/Denominator.
type Packing struct {
	Denominator int64   `json:"denominator"` // at least 1
	Cycles      []Cycle `json:"cycles"`
}

// A Cycle is a set of bonds that touches every site an even number of times.
type Cycle struct {
	Y     int64   `json:"y"` // above 0
	Bonds []int32 `json:"bonds"`
}

// MaxSize returns the number of bytes that no reader needs to exceed for a certificate
// of an instance of so many sites and bonds. Duals and cycles take about 30 bytes a site
// and bond; the tree of a hard torus has many of them, some 2,000 at this size. No
// certificate has more than [LargestSize].
func MaxSize(sites, bonds int) int64 {
	const perSite = 1 << 16
	if n := int64(sites) + int64(bonds); n < (LargestSize-1<<20)/perSite {
		return 1<<20 + perSite*n
	}
	return LargestSize
}

// LargestSize bounds [MaxSize], in bytes.
const LargestSize = 1 << 30

// Read is [Parse] of all that r gives, at most [LargestSize] bytes.
func Read(r io.Reader, name string) (*Certificate, error) {
	data, err := io.ReadAll(io.LimitReader(r, LargestSize+1))
	if err != nil {
		return nil, fmt.Errorf("certificate: %s: %w", name, err)
	}
	if len(data) > LargestSize {
		return nil, fmt.Errorf("certificate: %s: more than %d bytes", name, LargestSize)
	}
	return Parse(data, name)
}

// Parse reads one certificate, in the form that [Certificate.Write] gives it, white
// space aside. name stands in errors for the source. It does not check the proof.
func Parse(data []byte, name string) (*Certificate, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	c := new(Certificate)
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("certificate: %s: %s", name, explain(err, len(data)))
	}
	if rest := bytes.TrimLeft(data[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, fmt.Errorf("certificate: %s: byte %d: data after the certificate", name, len(data)-len(rest))
	}
	// encoding/json lets repeated fields, other case and surplus numbers pass.
	var given bytes.Buffer
	if err := json.Compact(&given, data); err != nil {
		return nil, fmt.Errorf("certificate: %s: %s", name, explain(err, len(data)))
	}
	want, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("certificate: %s: %w", name, err)
	}
	if at := differ(given.Bytes(), want); at >= 0 {
		return nil, fmt.Errorf("certificate: %s: byte %d, white space not counted: a field that is repeated, out of order, too long or not in its shortest form", name, at)
	}
	return c, nil
}

// explain says where and why decoding failed.
func explain(err error, size int) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("byte %d: %v", syntax.Offset, err)
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Sprintf("byte %d: %s, want the JSON object of a certificate", kind.Offset, kind.Value)
	case errors.As(err, &kind):
		return fmt.Sprintf("byte %d: field %s is %s, want %s", kind.Offset, kind.Field, kind.Value, kind.Type)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("byte %d: ends early", size)
	}
	return err.Error()
}

// differ returns the first index where a and b differ, -1 if they are equal.
func differ(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// Seal sets SHA256, which guards against damage; the proof does not rest on it.
func (c *Certificate) Seal() { c.SHA256 = c.seal() }

// seal returns the right value of SHA256, "" where a number of c is not finite.
func (c *Certificate) seal() string {
	plain := *c
	plain.SHA256 = ""
	data, err := json.Marshal(&plain)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Write seals the certificate and writes it as one line of JSON.
func (c *Certificate) Write(w io.Writer) error {
	c.Seal()
	data, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// Steps returns the length of the proof: the number of duals and odd sets of a dual
// solution, of steps in all nodes of a tree, or of cycles of a packing.
func (c *Certificate) Steps() int {
	switch {
	case c.Dual != nil:
		return len(c.Dual.Y) + len(c.Dual.Sets)
	case c.Tree != nil:
		return c.Tree.size()
	case c.Packing != nil:
		return len(c.Packing.Cycles)
	}
	return 0
}

// size returns the number of steps in the node and those below.
func (n *Node) size() int {
	sum := len(n.Steps)
	for _, s := range n.Steps {
		if s.Branch != nil {
			sum += s.Branch.Node.size()
		}
	}
	return sum
}
