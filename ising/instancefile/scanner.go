package instancefile

import (
	"fmt"
	"strconv"
	"strings"

	"spinlearn/ising"
)

// A scanner goes through the lines of a text.
type scanner struct {
	name   string
	given  bool // the format comes from the settings
	rest   string
	line   int // of the fields, from 1
	fields []string
}

const maxFields = 7 // of a line; the rest is ignored

// next splits the next line that is neither blank nor a comment into fields.
func (s *scanner) next() bool {
	for s.rest != "" {
		var line string
		line, s.rest, _ = strings.Cut(s.rest, "\n")
		s.line++
		line, _, _ = strings.Cut(line, "#")
		s.fields = split(s.fields[:0], line)
		if len(s.fields) > 0 && s.fields[0] != "c" {
			return true
		}
	}
	s.line = max(s.line, 1)
	return false
}

// split appends the fields of a line to a list. Fields are separated by commas if that makes
// each of them one word, else by white space.
func split(fields []string, line string) []string {
	if strings.Contains(line, ",") {
		for f := range strings.SplitSeq(line, ",") {
			f = strings.TrimSpace(f)
			if len(fields) == maxFields || f == "" || strings.ContainsAny(f, " \t\r") {
				break
			}
			fields = append(fields, f)
		}
		if len(fields) == maxFields || len(fields) == 1+strings.Count(line, ",") {
			return fields
		}
		fields = fields[:0]
	}
	for f := range strings.FieldsSeq(line) {
		if fields = append(fields, f); len(fields) == maxFields {
			break
		}
	}
	return fields
}

func (s *scanner) errorf(format string, args ...any) *SyntaxError {
	return s.errorAt(s.line, format, args...)
}

func (s *scanner) errorAt(line int, format string, args ...any) *SyntaxError {
	return &SyntaxError{Name: s.name, Line: line, Msg: fmt.Sprintf(format, args...)}
}

// integer reads field k as an integer from low to high. what names it in error messages.
func (s *scanner) integer(k int, what string, low, high int) (int, error) {
	n, err := strconv.Atoi(s.fields[k])
	if err != nil && strings.ContainsAny(s.fields[k], ",;") {
		return 0, s.errorf("%s %s, want an integer (fields are separated by white space alone or by commas alone)", what, quote(s.fields[k]))
	}
	if err != nil || n < low || n > high {
		return 0, s.errorf("%s %s, want an integer from %d to %d", what, quote(s.fields[k]), low, high)
	}
	return n, nil
}

// sizes reads fields k and k+1, the numbers of vertices and bonds.
func (s *scanner) sizes(k int) (vertices, bonds int, err error) {
	if vertices, err = s.integer(k, "number of vertices", 1, ising.MaxSites); err == nil {
		bonds, err = s.integer(k+1, "number of bonds", 0, ising.MaxBonds)
	}
	return vertices, bonds, err
}

// weight reads field k.
func (s *scanner) weight(k int) (float64, error) {
	w, fault := parseReal(s.fields[k])
	if fault != "" {
		return 0, s.errorf("weight %s, %s", quote(s.fields[k]), fault)
	}
	return w, nil
}

// quote returns at most 40 characters of a field for a message.
func quote(field string) string { return fmt.Sprintf("%.40q", field) }

// count says how many fields a line has.
func count(fields []string) string {
	switch n := len(fields); n {
	case 1:
		return "1 field"
	case maxFields:
		return strconv.Itoa(n) + " or more fields"
	default:
		return strconv.Itoa(n) + " fields"
	}
}
