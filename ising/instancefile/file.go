package instancefile

import (
	"cmp"
	"fmt"
	"io"
	"math/big"
	"os"

	"spinlearn/ising"
)

// A Sign says whether the function of a file is to be minimised or maximised.
type Sign int

const (
	Default Sign = 0  // Minus for our own format and by some endings, see [SignOf], else Plus
	Plus    Sign = 1  // H = +Σ w s s, J = -w
	Minus   Sign = -1 // H = -Σ w s s, J = w
)

// A Source says what gave a file its sign.
type Source string

const (
	FromSettings Source = "flag"   // [Settings.Sign]
	FromEnding   Source = "ending" // of the file's name, see [SignOf]
	FromFormat   Source = "format" // its default
)

// ParseSign reads "plus" or "minus".
func ParseSign(text string) (Sign, error) {
	for _, s := range []Sign{Plus, Minus} {
		if text == s.String() {
			return s, nil
		}
	}
	return Default, fmt.Errorf("%w: sign %q, want plus (H = +Σ w s s) or minus (H = -Σ w s s)", ErrSettings, text)
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

// Settings are those of reading and writing. Nil means the zero value.
type Settings struct {
	// Format is that of the file. "" means the format that is recognised when reading, and
	// EdgeList when writing.
	Format Format
	Sign   Sign // of the file
}

// A File is an instance, with what its file says of it. To write an instance that does not come
// from a file, set Instance alone.
type File struct {
	*ising.Instance
	Format Format
	Sign   Sign    // Plus or Minus
	SignBy Source  // what gave Sign
	Total  float64 // Σ w over the bonds and fields of the file, as a function of spins
	// Offset is what is added to H of the instance to get H of the file. [File.FileEnergy] does so
	// without loss.
	Offset float64
	offset *big.Rat // the same before it was rounded; nil if it was not
	// Ghost says that the last site is a ghost spin: no vertex of the file, but the end of
	// bonds that stand for its fields.
	Ghost bool
	// Site gives the site of the instance for each vertex of the file, both counted from 0.
	// Nil means that all vertices keep their numbers.
	Site []int32
	// Ensemble is the ensemble of the couplings if the file names it, else nil.
	Ensemble *ising.Ensemble
	// Notes say how the file was read if programs vary its format, such as "no header". Their
	// quotations from the file are printable.
	Notes []string
}

// Vertices returns the number of spins of the file, without the ghost spin.
func (f *File) Vertices() int {
	if f.Ghost {
		return f.Sites() - 1
	}
	return f.Sites()
}

// VertexSpins returns a configuration of the instance in the order of the file's
// vertices. It panics if the length is not N.
func (f *File) VertexSpins(s []int8) []int8 {
	if len(s) != f.Sites() {
		panic("instancefile: configuration and instance differ in length")
	}
	v := make([]int8, f.Vertices())
	for i := range v {
		v[i] = s[f.site(i)]
		if f.Ghost {
			v[i] *= s[len(s)-1]
		}
	}
	return v
}

// SiteSpins is the inverse of [File.VertexSpins]. A ghost spin becomes +1. It panics if the
// length is not that of Vertices.
func (f *File) SiteSpins(v []int8) []int8 {
	if len(v) != f.Vertices() {
		panic("instancefile: configuration and file differ in length")
	}
	s := make([]int8, f.Sites())
	for i := range v {
		s[f.site(i)] = v[i]
	}
	if f.Ghost {
		s[len(v)] = 1
	}
	return s
}

func (f *File) site(vertex int) int32 {
	if f.Site == nil {
		return int32(vertex)
	}
	return f.Site[vertex]
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

// Read reads an instance, which may be compressed by gzip or bzip2. An error in the text is
// reported as a [*SyntaxError] with the given name of the file. The ending of the name decides
// what the text leaves open; see the package comment.
func Read(r io.Reader, name string, set *Settings) (*File, error) {
	if set == nil {
		set = &Settings{}
	}
	text, err := readText(r, name)
	if err != nil {
		return nil, err
	}
	format := set.Format
	if format == "" {
		format = recognise(name, text)
	}
	c, sign, by, err := choose(format, set.Sign, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f, err := c.read(&scanner{name: name, given: set.Format != "", rest: text}, sign)
	if err != nil {
		return nil, err
	}
	f.Sign, f.SignBy = sign, by
	return f, nil
}

// Write writes an instance, with its vertices in the order of the file that it came from. It
// leaves out bonds of coupling 0 on a lattice, and the constant that [File.Constant] returns.
func Write(w io.Writer, f *File, set *Settings) error {
	c, sign, err := chooseWriter(set)
	if err != nil {
		return err
	}
	return c.write(w, f, sign)
}

// Constant returns the constant that a file written with the settings cannot hold: H of this
// file is H of the written one plus the constant.
func (f *File) Constant(set *Settings) (float64, error) {
	c, sign, err := chooseWriter(set)
	if err != nil || c.constant {
		return 0, err
	}
	t := f.terms(sign)
	if c.binary {
		t.toBinary()
	}
	if sign == Minus {
		return -t.offset, nil
	}
	return t.offset, nil
}

func chooseWriter(set *Settings) (codec, Sign, error) {
	if set == nil {
		set = &Settings{}
	}
	c, sign, _, err := choose(cmp.Or(set.Format, EdgeList), set.Sign, "")
	return c, sign, err
}
