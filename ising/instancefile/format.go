package instancefile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// A Format is the name of one; see the package comment.
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

// Formats lists all.
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

// FormatOf returns the format that files are written in under a name, by its ending:
// .rud, .mc, .edges and .dat are edge lists, .coo, .json (bqm), .qubo, .qs, .sparse, .bq
// and .spin (our own) what they say; it is "" for others.
func FormatOf(path string) Format {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".rud", ".mc", ".edges", ".dat":
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

// A codec reads and writes a format.
type codec struct {
	read     func(*scanner, Sign) (*File, error)
	write    func(io.Writer, *File, Sign) error
	fixed    bool // the sign is Minus
	binary   bool // of variables 0 and 1
	constant bool // it can hold a constant
}

var codecs = map[Format]codec{
	EdgeList:  {read: reader(EdgeList, readEdgeList), write: writeEdgeList},
	COO:       {read: reader(COO, readCOO(false)), write: writeCOO(false)},
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
		switch f.Format = format; {
		case b.binary && format == COO:
			f.Format = COOBinary
		case b.binary && format == BQM:
			f.Format = BQMBinary
		}
		return f, nil
	}
}

// choose returns the codec and the sign of settings whose format is known.
func choose(format Format, sign Sign) (codec, Sign, error) {
	if _, err := ParseFormat(string(format)); err != nil {
		return codec{}, sign, err
	}
	c := codecs[format]
	sign, err := c.sign(sign)
	return c, sign, err
}

func (c codec) sign(s Sign) (Sign, error) {
	switch {
	case c.fixed && s == Plus:
		return s, fmt.Errorf("%w: sign %v, but the format %s means H = -Σ J s s", ErrSettings, s, Native)
	case c.fixed:
		return Minus, nil
	case s == Default:
		return Plus, nil
	}
	return s, nil
}

// recognise tells the format of a text. Where it cannot be read, the format is the one
// that gives the best message.
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
	case FormatOf(name) == QS:
		return QS
	}
	return EdgeList
}
