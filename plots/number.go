package plots

import (
	"math"
	"strconv"
	"strings"
)

// decimal writes v with a fixed number of digits and a true minus sign.
func decimal(v float64, digits int) string {
	if digits > 6 || math.Abs(v) >= 1e6 {
		return number(v)
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // no negative zero
	}
	return strings.Replace(s, "-", "−", 1)
}

// energy writes v with four decimals, or four digits where the decimals are all zero.
func energy(v float64) string {
	s := decimal(v, 4)
	if strings.Trim(s, "−0.") == "" {
		return number(v)
	}
	return s
}

// number writes v in the fewest of at most four digits.
func number(v float64) string {
	v = round(v, 4)
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e6) {
		m, e, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
		n, _ := strconv.Atoi(e)
		return strings.ReplaceAll(m+"e"+strconv.Itoa(n), "-", "−")
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", "−", 1)
}

// round returns v with the given number of significant digits.
func round(v float64, digits int) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	return r
}
