package study

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Pair is the comparison of two arms.
type Pair struct {
	Larger, Smaller string // by mean
	Estimate               // of the mean of the larger minus that of the smaller
}

// An Order ranks the arms of a study by their means.
type Order struct {
	Names []string // largest mean first
	Pairs []Pair   // all pairs, in the order of Names
}

// NewOrder compares all pairs of arms.
func NewOrder(arms []*Arm) *Order {
	sorted := slices.Clone(arms)
	slices.SortStableFunc(sorted, func(a, b *Arm) int { return cmp.Compare(b.Mean().Mean, a.Mean().Mean) })
	o := &Order{}
	for i, a := range sorted {
		o.Names = append(o.Names, a.Name)
		for _, b := range sorted[i+1:] {
			o.Pairs = append(o.Pairs, Pair{a.Name, b.Name, Difference(a, b)})
		}
	}
	return o
}

// Pair returns the comparison of two arms, given in any order, or false if there is none.
func (o *Order) Pair(a, b string) (Pair, bool) {
	k := slices.IndexFunc(o.Pairs, func(p Pair) bool {
		return p.Larger == a && p.Smaller == b || p.Larger == b && p.Smaller == a
	})
	if k < 0 {
		return Pair{}, false
	}
	return o.Pairs[k], true
}

// String writes the arms in order, such as "A > {B, C} > D". Neighbours in rank whose
// difference is not resolved share braces. Pairs for which this is wrong follow as
// exceptions, such as "(but B and D are not resolved)".
func (o *Order) String() string {
	var groups [][]string
	of := map[string]int{}
	for i, name := range o.Names {
		if i == 0 || o.resolved(o.Names[i-1], name) {
			groups = append(groups, nil)
		}
		of[name] = len(groups) - 1
		groups[of[name]] = append(groups[of[name]], name)
	}
	var words, but []string
	for _, g := range groups {
		if len(g) == 1 {
			words = append(words, g[0])
		} else {
			words = append(words, "{"+strings.Join(g, ", ")+"}")
		}
	}
	for _, p := range o.Pairs {
		switch together := of[p.Larger] == of[p.Smaller]; {
		case together && p.Resolved():
			but = append(but, p.Larger+" > "+p.Smaller)
		case !together && !p.Resolved():
			but = append(but, p.Larger+" and "+p.Smaller+" are not resolved")
		}
	}
	text := strings.Join(words, " > ")
	if len(but) > 0 {
		text += " (but " + strings.Join(but, ", ") + ")"
	}
	return text
}

func (o *Order) resolved(a, b string) bool {
	p, _ := o.Pair(a, b)
	return p.Resolved()
}

// A Verdict is the result of a study on the claim that one arm has a larger mean than another.
type Verdict string

// The verdicts on a claim.
const (
	Confirmed    Verdict = "confirmed"
	Contradicted Verdict = "contradicted"
	NotResolved  Verdict = "not resolved"
)

// Judge returns the verdict on the claim that the mean of larger exceeds that of smaller. It
// returns an error if the study does not have these arms.
func (o *Order) Judge(larger, smaller string) (Verdict, error) {
	p, ok := o.Pair(larger, smaller)
	switch {
	case !ok:
		return "", fmt.Errorf("study: no arms %q and %q", larger, smaller)
	case !p.Resolved():
		return NotResolved, nil
	case p.Larger == larger:
		return Confirmed, nil
	}
	return Contradicted, nil
}
