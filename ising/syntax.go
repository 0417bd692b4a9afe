package ising

import "fmt"

// A SyntaxError says what is wrong with which line of a text file.
type SyntaxError struct {
	Name string // of the file
	Line int    // from 1
	Msg  string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.Msg) }
