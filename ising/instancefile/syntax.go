package instancefile

import "fmt"

// A SyntaxError says what is wrong with a text file, and with which line of it.
type SyntaxError struct {
	Name string // of the file
	Line int    // counted from 1; 0 if the file as a whole is wrong
	Msg  string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.Name, e.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.Msg)
}
