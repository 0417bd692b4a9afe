package command

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"github.com/xrash/smetrics"

	"spinlearn/ising"
)

// A value is what a flag sets, once its text is read and found to be in its range.
type value[T comparable] struct {
	to    *T
	parse func(string) (T, error)
}

// one makes the value of a flag. What *to holds is the default; help does not show a
// zero.
func one[T comparable](to *T, parse func(string) (T, error)) *value[T] { return &value[T]{to, parse} }

func (v *value[T]) Set(text string) error {
	got, err := v.parse(text)
	if err == nil {
		*v.to = got
	}
	return err
}

func (v *value[T]) String() string {
	if *v.to == *new(T) {
		return ""
	}
	return fmt.Sprint(*v.to)
}

// A list is what a flag of several values sets. They are separated by commas, or the flag
// is repeated, or both. The first that is given replaces the default.
type list[T comparable] struct {
	to    *[]T
	parse func(string) (T, error)
	given bool
}

func several[T comparable](to *[]T, parse func(string) (T, error)) *list[T] {
	return &list[T]{to: to, parse: parse}
}

func (l *list[T]) Set(text string) error {
	if !l.given {
		*l.to, l.given = nil, true
	}
	for part := range strings.SplitSeq(text, ",") {
		got, err := l.parse(part)
		if err == nil && slices.Contains(*l.to, got) {
			return fmt.Errorf("%v is given twice", got)
		}
		if err != nil {
			if part != text {
				err = fmt.Errorf("part %q, %w", part, err)
			}
			return err
		}
		*l.to = append(*l.to, got)
	}
	return nil
}

func (l *list[T]) String() string {
	var texts []string
	for _, v := range *l.to {
		texts = append(texts, fmt.Sprint(v))
	}
	return strings.Join(texts, ",")
}

// pathList is the value of a flag that is given once for each path. It does not split at
// commas, which names of files may have.
type pathList []string

func (l *pathList) Set(path string) error {
	if path == "" {
		return errors.New("want a path")
	}
	*l = append(*l, path)
	return nil
}

func (l *pathList) String() string { return strings.Join(*l, " ") }

// shapeValue is the value of a flag of side lengths such as 16x16.
type shapeValue []int

func (s *shapeValue) Set(text string) error {
	sides, err := ising.ParseShape(text)
	if err == nil {
		*s = sides
	}
	return err
}

func (s *shapeValue) String() string { return ising.FormatShape(*s) }

// whole reads whole numbers from least to most.
func whole(least, most int) func(string) (int, error) {
	return func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		switch {
		case err == nil && least <= n && n <= most:
			return n, nil
		case most == math.MaxInt:
			return 0, fmt.Errorf("want a whole number of at least %d", least)
		}
		return 0, fmt.Errorf("want a whole number from %d to %d", least, most)
	}
}

// integer reads whole numbers, for settings whose package knows their range.
func integer(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		err = errors.New("want a whole number")
	}
	return n, err
}

func atLeast(least int) func(string) (int, error) { return whole(least, math.MaxInt) }

// maxWorkers is what package solver takes.
const maxWorkers = 1 << 14

func workers(to *int) *value[int] { return one(to, whole(1, maxWorkers)) }

func seed(to *uint64) *value[uint64] {
	return one(to, func(text string) (uint64, error) {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			err = fmt.Errorf("want a whole number from 0 to %d", uint64(math.MaxUint64))
		}
		return n, err
	})
}

// finite reads numbers.
func finite(text string) (float64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, errors.New("want a finite number")
	}
	return x, nil
}

// positive reads numbers above 0.
func positive(text string) (float64, error) {
	if x, err := finite(text); err == nil && x > 0 {
		return x, nil
	}
	return 0, errors.New("want a finite number above 0")
}

// fraction reads numbers from 0 to 1.
func fraction(text string) (float64, error) {
	if x, err := finite(text); err == nil && x >= 0 && x <= 1 {
		return x, nil
	}
	return 0, errors.New("want a number from 0 to 1")
}

// span reads a time above 0: a number of seconds, or with its units.
func span(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if seconds, floatErr := strconv.ParseFloat(text, 64); floatErr == nil && math.Abs(seconds) < math.MaxInt64/1e9 {
		d, err = time.Duration(seconds*1e9), nil
	}
	if err != nil || d <= 0 {
		return 0, errors.New("want a time above 0 such as 60 (seconds), 0.5, 1m30s or 500ms")
	}
	return d, nil
}

// word reads one of some words.
func word[T ~string](words ...T) func(string) (T, error) {
	return func(text string) (T, error) {
		if slices.Contains(words, T(text)) {
			return T(text), nil
		}
		var names []string
		for _, w := range words {
			names = append(names, string(w))
		}
		return "", fmt.Errorf("want %s%s", enumerate(names, "or"), didYouMean(text, names))
	}
}

// enumerate writes "a, b and c".
func enumerate[T ~string](words []T, and string) string {
	var text strings.Builder
	for k, w := range words {
		switch {
		case k == 0:
		case k == len(words)-1:
			text.WriteString(" " + and + " ")
		default:
			text.WriteString(", ")
		}
		text.WriteString(string(w))
	}
	return text.String()
}

// didYouMean suggests the name that is most like what was given, if one is like it and
// what was given is no name itself. The measure is that of the library, which suggests
// something at any distance.
func didYouMean(given string, names []string) string {
	if slices.Contains(names, given) {
		return ""
	}
	best, closest := 0.8, ""
	for _, name := range names {
		if near := smetrics.JaroWinkler(name, given, 0.7, 4); near >= best {
			best, closest = near, name
		}
	}
	if closest == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", closest)
}

// An effect says on which values of another flag a flag has an effect.
type effect struct {
	flag string
	on   []string
}

// checkEffects refuses flags that are given but have no effect on one of the values of
// the flag by. Without such a value every flag of the list is refused.
func checkEffects(c *cli.Context, by string, chosen []string, effects []effect) error {
	for _, e := range effects {
		if !c.IsSet(e.flag) {
			continue
		}
		if len(chosen) == 0 {
			return usagef("--%s wants --%s %s", e.flag, by, enumerate(e.on, "or"))
		}
		for _, v := range chosen {
			if !slices.Contains(e.on, v) {
				return usagef("--%s has no effect on --%s %s; it belongs to %s", e.flag, by, v, enumerate(e.on, "and"))
			}
		}
	}
	return nil
}

// checkNeeds refuses flags that are given but have no effect without another.
func checkNeeds(c *cli.Context, needed string, flags ...string) error {
	for _, name := range flags {
		if c.IsSet(name) && !c.IsSet(needed) {
			return usagef("--%s has no effect without --%s", name, needed)
		}
	}
	return nil
}

// checkClash refuses flags that have no effect beside another that is given.
func checkClash(c *cli.Context, with string, flags ...string) error {
	for _, name := range flags {
		if c.IsSet(name) && c.IsSet(with) {
			return usagef("--%s has no effect with --%s", name, with)
		}
	}
	return nil
}
