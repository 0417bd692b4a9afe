package instancefile

import (
	"io"
	"regexp"
	"strings"

	"spinlearn/ising"
)

const spinType, binaryType = "SPIN", "BINARY"

var vartypeComment = regexp.MustCompile(`(?m)^[ \t]*#.*?vartype[:=][ \t]*([A-Za-z0-9_.-]+)`)

// headerVartype returns the vartype that a comment before the first term gives, and its line,
// or "".
func headerVartype(text string) (vartype string, line int) {
	s := scanner{rest: text}
	s.next()
	text = text[:len(text)-len(s.rest)]
	at := vartypeComment.FindStringSubmatchIndex(text)
	if at == nil {
		return "", 0
	}
	return text[at[2]:at[3]], 1 + strings.Count(text[:at[2]], "\n")
}

// readCOO reads terms after a comment that gives the vartype. Without the comment the file is a
// list of bonds.
func readCOO(binary bool) func(*scanner) (*builder, error) {
	return func(s *scanner) (*builder, error) {
		vartype, line := headerVartype(s.rest)
		if vartype != "" && vartype != binaryType && (vartype != spinType || binary) {
			return nil, s.errorAt(line, "vartype %s, want %s or %s, and %s in format %s", quote(vartype), spinType, binaryType, binaryType, COOBinary)
		}
		if vartype == "" {
			if !s.next() {
				return nil, s.errorf("no bond")
			}
			return readList(s, COO, binary)
		}
		b := newBuilder(s, 0, ising.MaxSites, ising.MaxBonds)
		b.binary = binary || vartype == binaryType
		for s.next() {
			if len(b.bonds)+len(b.fields) == ising.MaxBonds {
				return nil, s.errorf("more than %d bonds", ising.MaxBonds)
			}
			if err := b.addLine(0, false, true); err != nil {
				return nil, err
			}
		}
		if len(b.bonds)+len(b.fields) == 0 {
			return nil, s.errorf("no bond")
		}
		lowest, highest := b.extent()
		b.settle(lowest, highest+1-min(lowest, 1))
		return b, b.checkSites(s.line)
	}
}

func writeCOO(binary bool) func(io.Writer, *File, Sign) error {
	return func(w io.Writer, f *File, sign Sign) error {
		t, vartype := f.terms(sign), spinType
		if binary {
			t.toBinary()
			vartype = binaryType
		}
		out := newLineWriter(w)
		out.WriteString("# vartype=" + vartype + "\n")
		alone := make([]bool, t.vertices)
		for i, h := range t.fields {
			alone[i] = h == 0
		}
		for _, b := range t.bonds {
			alone[b.i], alone[b.j] = false, false
		}
		for i, a := range alone {
			if a {
				out.term(i, i, 0, 'f') // else the vertex would be missing in the file
			}
		}
		out.terms(t, 0, 'f')
		return out.Flush()
	}
}
