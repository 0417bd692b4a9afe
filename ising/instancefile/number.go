package instancefile

import (
	"math"
	"strconv"
	"strings"
)

// parseReal reads a decimal number such as -12, .5 or 1e-3, and rounds it to float64. fault
// says what is wrong if the text is no such number, or if it would become another number:
// infinite, too small to keep its digits, or an integer that does not fit exactly.
func parseReal(text string) (v float64, fault string) {
	const want = "want a decimal number"
	integer := true
	for k := range len(text) {
		switch c := text[k]; {
		case '0' <= c && c <= '9' || c == '+' || c == '-':
		case c == '.' || c == 'e' || c == 'E':
			integer = false
		case strings.Contains(text, ","):
			return 0, want + " with a point and no comma, fields separated by white space alone or by commas alone"
		case strings.Contains(text, ";"):
			return 0, want + ", fields separated by white space or commas"
		default: // strconv takes hexadecimal numbers, inf and nan
			return 0, want
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	switch size := math.Abs(v); {
	case math.IsInf(v, 0):
		return 0, "which is too large for a float64"
	case err != nil:
		return 0, want
	case size < 0x1p-1022 && strings.ContainsAny(mantissa(text), "123456789"):
		return 0, "which is too small for a float64, but not 0"
	case integer && size >= 1<<53 && strconv.FormatFloat(size, 'f', 0, 64) != strings.TrimLeft(text, "+-0"):
		return 0, "an integer that a float64 does not hold exactly"
	}
	return v, ""
}

// mantissa returns the part of a number before its exponent.
func mantissa(text string) string {
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		return text[:at]
	}
	return text
}

// exactDigits formats a number without an exponent, so that [parseReal] reads it back. The
// shortest digits of a large number would make another integer, so it is written with all digits.
func exactDigits(dst []byte, v float64) []byte {
	if math.Abs(v) >= 1<<53 {
		return strconv.AppendFloat(dst, v, 'f', 0, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}
