package instancefile

import (
	"cmp"
	"fmt"
	"io"
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

// Settings of reading and writing. Nil means the zero value.
type Settings struct {
	Format Format // "" recognises it when reading and is EdgeList when writing
	Sign   Sign   // of the file
}

// A File is an instance and what its file says of it. To write an instance that comes
// from no file, set Instance alone.
type File struct {
	*ising.Instance
	Format Format
	Sign   Sign    // Plus or Minus
	SignBy Source  // what gave Sign
	Total  float64 // Σ w over the bonds of the file, of f as a function of spins
	Offset float64 // H of the file is that of the instance plus Offset
	// Ghost says that the last site is no vertex of the file, but carries its fields.
	Ghost bool
	// Site gives the site of the instance that each vertex of the file is, from 0; nil
	// where all keep their numbers.
	Site []int32
	// Ensemble is what the file says that the couplings were drawn from, or nil.
	Ensemble *ising.Ensemble
	// Notes say in words how the file was read where formats vary, such as "no header".
	// What they quote of the file is printable.
	Notes []string
}

// Vertices returns the number of spins that the file speaks of.
func (f *File) Vertices() int {
	if f.Ghost {
		return f.Sites() - 1
	}
	return f.Sites()
}

// Cut returns the weight of the cut, Σ w over bonds between unlike spins, of a
// configuration of energy e. It is meant for edge lists.
func (f *File) Cut(e float64) float64 { return (f.Total - float64(f.Sign)*e) / 2 }

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

// SiteSpins is the inverse of [File.VertexSpins], with a ghost spin +1.
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

// Read reads an instance, of which the text may be compressed by gzip or bzip2. What is
// wrong with the text is reported as an [*SyntaxError] with name as the name of the
// file. The ending of the name tells what the text does not; see the package comment.
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

// Write writes an instance, the vertices in the order of the file that it came from.
// Bonds of coupling 0 are left out of lattices, and so is what [File.Constant] returns.
func Write(w io.Writer, f *File, set *Settings) error {
	c, sign, err := chooseWriter(set)
	if err != nil {
		return err
	}
	return c.write(w, f, sign)
}

// Constant returns the constant of the function that a file written with the settings
// cannot hold: H of this file is H of that one plus the constant.
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
