package instancefile

import (
	"math"
	"strconv"
	"strings"
)

// parseReal reads a decimal number such as -12, .5 or 1e-3, and rounds it to float64. It
// returns why not where the text is no such number or the result would be another number:
// infinite, too small to keep its digits, or an integer that does not fit exactly.
func parseReal(text string) (v float64, fault string) {
	const want = "want a decimal number"
	if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789+-.eE", r) }) {
		switch { // strconv takes hexadecimal numbers, inf and nan
		case strings.Contains(text, ","):
			return 0, want + " with a point and no comma, fields separated by white space alone or by commas alone"
		case strings.Contains(text, ";"):
			return 0, want + ", fields separated by white space or commas"
		}
		return 0, want
	}
	v, err := strconv.ParseFloat(text, 64)
	switch mantissa, _, _ := strings.Cut(strings.ToLower(text), "e"); {
	case math.IsInf(v, 0):
		return 0, "which is too large for a float64"
	case err != nil:
		return 0, want
	case math.Abs(v) < 0x1p-1022 && strings.ContainsAny(mantissa, "123456789"):
		return 0, "which is too small for a float64, but not 0"
	case !strings.ContainsAny(text, ".eE") && math.Abs(v) >= 1<<53 && strconv.FormatFloat(math.Abs(v), 'f', 0, 64) != strings.TrimLeft(text, "+-0"):
		return 0, "an integer that a float64 does not hold exactly"
	}
	return v, ""
}

// exactDigits formats a number so that [parseReal] takes it, without an exponent: the
// shortest form of a large number is an integer, but another one.
func exactDigits(dst []byte, v float64) []byte {
	if math.Abs(v) >= 1<<53 {
		return strconv.AppendFloat(dst, v, 'f', 0, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}
