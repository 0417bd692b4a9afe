package instancefile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// A Format is the name of a format; see the package comment.
type Format string

// The formats.
const (
	EdgeList  Format = "edgelist"
	COO       Format = "coo"
	COOBinary Format = "coo-binary"
	BQM       Format = "bqm"
	BQMBinary Format = "bqm-binary"
	QUBO      Format = "qubo"
	QS        Format = "qs"
	Native    Format = "spinlearn"
)

// ErrSettings is wrapped by every error about settings.
var ErrSettings = errors.New("instancefile: invalid settings")

// Formats lists all formats.
func Formats() []Format {
	return []Format{EdgeList, COO, COOBinary, BQM, BQMBinary, QUBO, QS, Native}
}

// ParseFormat returns the format of that name.
func ParseFormat(name string) (Format, error) {
	if _, ok := codecs[Format(name)]; ok {
		return Format(name), nil
	}
	return "", fmt.Errorf("%w: format %q, want one of %v", ErrSettings, name, Formats())
}

// FormatOf returns the format in which to write a file of that name, by its ending: EdgeList
// for .rud, .mc, .edges, .dat, .sg and .gsg; COO for .coo; BQM for .json; QUBO for .qubo; QS for
// .qs, .sparse and .bq; Native for .spin; and "" for others.
func FormatOf(path string) Format { return formatOfEnding(strings.ToLower(filepath.Ext(path))) }

func formatOfEnding(ending string) Format {
	switch ending {
	case ".rud", ".mc", ".edges", ".dat", ".sg", ".gsg":
		return EdgeList
	case ".coo":
		return COO
	case ".json":
		return BQM
	case ".qubo":
		return QUBO
	case ".qs", ".sparse", ".bq":
		return QS
	case ".spin":
		return Native
	}
	return ""
}

// SignOf returns Minus for names that end in .sg or .gsg, since by custom the weights in such
// files are couplings, and Default for others. A further ending .gz or .bz2 is ignored.
func SignOf(path string) Sign { return signOfEnding(ending(path)) }

func signOfEnding(ending string) Sign {
	if ending == ".sg" || ending == ".gsg" {
		return Minus
	}
	return Default
}

// A codec reads and writes a format.
type codec struct {
	read     func(*scanner, Sign) (*File, error)
	write    func(io.Writer, *File, Sign) error
	fixed    bool // the sign is always Minus
	plain    bool // the ending of the file's name may give the sign
	binary   bool // the variables are 0 and 1
	constant bool // a file can hold a constant
}

var codecs = map[Format]codec{
	EdgeList:  {read: reader(EdgeList, readEdgeList), write: writeEdgeList, plain: true},
	COO:       {read: reader(COO, readCOO(false)), write: writeCOO(false), plain: true},
	COOBinary: {read: reader(COO, readCOO(true)), write: writeCOO(true), binary: true},
	BQM:       {read: reader(BQM, readBQM), write: writeBQM(false), constant: true},
	BQMBinary: {read: reader(BQM, readBQM), write: writeBQM(true), constant: true, binary: true},
	QUBO:      {read: reader(QUBO, readQUBO), write: writeQUBO, binary: true},
	QS:        {read: reader(QS, readQS), write: writeQS, binary: true},
	Native:    {read: readNative, write: writeNative, fixed: true, constant: true},
}

// Binary reports whether the variables of the format are 0 and 1.
func (format Format) Binary() bool { return codecs[format].binary }

func reader(format Format, build func(*scanner) (*builder, error)) func(*scanner, Sign) (*File, error) {
	return func(s *scanner, sign Sign) (*File, error) {
		b, err := build(s)
		if err != nil {
			return nil, err
		}
		f, err := b.file(sign)
		if err != nil {
			return nil, err
		}
		f.Format = cmp.Or(b.format, format)
		switch {
		case b.binary && f.Format == COO:
			f.Format = COOBinary
		case b.binary && f.Format == BQM:
			f.Format = BQMBinary
		}
		return f, nil
	}
}

// choose returns the codec of a format, and the sign of a file with that name, which the
// settings may give, and the source of the sign.
func choose(format Format, sign Sign, name string) (codec, Sign, Source, error) {
	if _, err := ParseFormat(string(format)); err != nil {
		return codec{}, sign, "", err
	}
	c := codecs[format]
	switch byEnding := SignOf(name); {
	case c.fixed && sign == Plus:
		return c, sign, "", fmt.Errorf("%w: sign %v, but the format %s means H = -Σ J s s", ErrSettings, sign, Native)
	case sign != Default:
		return c, sign, FromSettings, nil
	case c.fixed:
		return c, Minus, FromFormat, nil
	case c.plain && byEnding != Default:
		return c, byEnding, FromEnding, nil
	}
	return c, Plus, FromFormat, nil
}

// recognise returns the format of a text. For a text in no format it returns the one whose
// error message helps most.
func recognise(name, text string) Format {
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return BQM
	}
	s := scanner{rest: text}
	qubo := s.next() && len(s.fields) > 1 && s.fields[0] == "p" && s.fields[1] == "qubo"
	switch vartype, _ := headerVartype(text); {
	case strings.HasPrefix(text, nativeMark):
		return Native
	case qubo:
		return QUBO
	case vartype != "":
		return COO
	case formatOfEnding(ending(name)) == QS:
		return QS
	}
	return EdgeList
}
