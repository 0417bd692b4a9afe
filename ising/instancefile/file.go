package instancefile

import (
	"fmt"
	"io"
	"os"
	"strings"

	"spinlearn/ising"
)

// A Sign says what the weights of a file mean.
type Sign int

const (
	Default Sign = 0  // what the format is known for: Plus for edge lists
	Plus    Sign = 1  // H = +Σ w s s, J = -w
	Minus   Sign = -1 // H = -Σ w s s, J = w
)

// ParseSign reads "plus" or "minus".
func ParseSign(text string) (Sign, error) {
	for _, s := range []Sign{Plus, Minus} {
		if text == s.String() {
			return s, nil
		}
	}
	return Default, fmt.Errorf("instancefile: sign %q, want plus (H = +Σ w s s) or minus (H = -Σ w s s)", text)
}

// String is the inverse of [ParseSign]; Default is "default".
func (s Sign) String() string {
	switch s {
	case Plus:
		return "plus"
	case Minus:
		return "minus"
	}
	return "default"
}

// weight turns a coupling into a weight of the file or back.
func (s Sign) weight(v float64) float64 {
	switch {
	case v == 0:
		return 0 // not -0
	case s == Plus:
		return -v
	}
	return v
}

// Settings of reading and writing. Nil means the zero value.
type Settings struct {
	Sign Sign // convention of the weights
}

func (set *Settings) withDefaults() Settings {
	var s Settings
	if set != nil {
		s = *set
	}
	if s.Sign == Default {
		s.Sign = Plus
	}
	return s
}

// A File is an instance and what its file says of it.
type File struct {
	*ising.Instance
	Sign  Sign    // convention of the weights, Plus or Minus
	Total float64 // Σ w of the file's weights, summed in their order
	// Site gives the site of the instance that each vertex of the file is, from 0; nil
	// where all keep their numbers.
	Site []int32
}

// Cut returns the weight of the cut, Σ w over bonds between unlike spins, of a
// configuration of energy e.
func (f *File) Cut(e float64) float64 { return (f.Total - float64(f.Sign)*e) / 2 }

// VertexSpins returns a configuration of the instance in the order of the file's
// vertices. It panics if the length is not N.
func (f *File) VertexSpins(s []int8) []int8 {
	if len(s) != f.Sites() {
		panic("instancefile: configuration and instance differ in length")
	}
	v := make([]int8, len(s))
	for i := range v {
		v[i] = s[f.site(i)]
	}
	return v
}

// SiteSpins is the inverse of [File.VertexSpins].
func (f *File) SiteSpins(v []int8) []int8 {
	if len(v) != f.Sites() {
		panic("instancefile: configuration and instance differ in length")
	}
	s := make([]int8, len(v))
	for i := range v {
		s[f.site(i)] = v[i]
	}
	return s
}

func (f *File) site(vertex int) int32 {
	if f.Site == nil {
		return int32(vertex)
	}
	return f.Site[vertex]
}

// bonds lists the bonds of the instance with their couplings, by the file's vertices.
func (f *File) bonds() []bond {
	vertex := make([]int32, f.Sites())
	for v := range vertex {
		vertex[f.site(v)] = int32(v)
	}
	var bonds []bond
	for k, v := range f.J {
		if i, j := f.Ends(k); j >= 0 && (v != 0 || f.Axes() == 0) {
			bonds = append(bonds, bond{i: vertex[i], j: vertex[j], w: v})
		}
	}
	return bonds
}

// Open reads the file at path.
func Open(path string, set *Settings) (*File, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return Read(r, path, set)
}

const maxFile = 1 << 31 // bytes

// Read reads an instance. What is wrong with the text is reported as an
// [*ising.SyntaxError] with name as the name of the file.
func Read(r io.Reader, name string, set *Settings) (*File, error) {
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if n > maxFile {
		return nil, fmt.Errorf("%s: more than %d bytes", name, int64(maxFile))
	}
	b, err := readEdgeList(&scanner{name: name, rest: strings.TrimPrefix(text.String(), "\ufeff")})
	if err != nil {
		return nil, err
	}
	return b.file(set.withDefaults().Sign)
}

// Write writes an instance as an edge list, the vertices in the order of the file that it
// came from. Bonds of coupling 0 are left out of lattices.
func Write(w io.Writer, f *File, set *Settings) error {
	return writeEdgeList(w, f, set.withDefaults().Sign)
}
