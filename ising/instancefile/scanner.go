package instancefile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"spinlearn/ising"
)

// A scanner goes through the lines of a text.
type scanner struct {
	name   string
	rest   string
	line   int // of the fields, from 1
	fields []string
}

const maxFields = 7 // more are not told apart

// next splits the next line that is neither blank nor a comment into fields.
func (s *scanner) next() bool {
	for s.rest != "" {
		var line string
		line, s.rest, _ = strings.Cut(s.rest, "\n")
		s.line++
		s.fields = s.fields[:0]
		for f := range strings.FieldsSeq(line) {
			if s.fields = append(s.fields, f); len(s.fields) == maxFields {
				break
			}
		}
		if len(s.fields) > 0 && s.fields[0] != "c" && s.fields[0][0] != '#' {
			return true
		}
	}
	s.line = max(s.line, 1)
	return false
}

func (s *scanner) errorf(format string, args ...any) error {
	return s.errorAt(s.line, format, args...)
}

func (s *scanner) errorAt(line int, format string, args ...any) error {
	return &ising.SyntaxError{Name: s.name, Line: line, Msg: fmt.Sprintf(format, args...)}
}

// integer reads field k, an integer from low to high; what says what it is.
func (s *scanner) integer(k int, what string, low, high int) (int, error) {
	n, err := strconv.Atoi(s.fields[k])
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

// weight reads field k, a finite number.
func (s *scanner) weight(k int) (float64, error) {
	w, err := strconv.ParseFloat(s.fields[k], 64)
	if err != nil || math.IsNaN(w) || math.IsInf(w, 0) {
		return 0, s.errorf("weight %s, want a finite number", quote(s.fields[k]))
	}
	return w, nil
}

// quote returns at most 40 characters of a field for a message.
func quote(field string) string { return fmt.Sprintf("%.40q", field) }

// count says how many fields the line has.
func (s *scanner) count() string {
	if len(s.fields) == maxFields {
		return strconv.Itoa(maxFields) + " or more"
	}
	return strconv.Itoa(len(s.fields))
}
