package safetext

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Terminal returns s with everything that is not printable, line breaks and tabs too,
// written as a Go escape such as \x1b. Other text, ASCII or not, stays as it is.
func Terminal(s string) string {
	if isPrintable(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if bad := r == utf8.RuneError && n == 1; bad || !strconv.IsPrint(r) {
			quoted := strconv.Quote(s[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

func isPrintable(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}

// JSON returns JSON with everything in its strings that is not printable, which
// encoding/json leaves as it is above U+0020, written as \uXXXX. Line breaks between
// values stay.
func JSON(text []byte) []byte {
	if isPrintable(string(bytes.ReplaceAll(text, []byte("\n"), nil))) {
		return text
	}
	var b []byte
	for _, r := range string(text) {
		switch {
		case r == '\n' || strconv.IsPrint(r):
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return b
}

// Cell returns the text of a cell of a CSV file. A spreadsheet takes what begins with
// =, +, -, @, a tab or a line break for a formula; an apostrophe before it makes it text.
// Numbers are not to be passed here.
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}
