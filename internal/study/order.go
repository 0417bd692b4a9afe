package study

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Pair is the difference between two arms, the first of which has the larger mean.
type Pair struct {
	Larger, Smaller string
	Estimate        // of the larger's mean less the smaller's
}

// An Order is what a study says about the arms, largest mean first.
type Order struct {
	Names []string
	Pairs []Pair // every two, by rank
}

// NewOrder compares every two arms.
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

// Pair returns the difference between two arms, whichever is larger.
func (o *Order) Pair(a, b string) (Pair, bool) {
	k := slices.IndexFunc(o.Pairs, func(p Pair) bool {
		return p.Larger == a && p.Smaller == b || p.Larger == b && p.Smaller == a
	})
	if k < 0 {
		return Pair{}, false
	}
	return o.Pairs[k], true
}

// String writes the order with > between arms that are resolved and braces around those
// that are not: neighbours in rank that are not resolved share them. Where two arms are
// otherwise than this says, it is added.
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

// Verdict is what a study says about a claim that one arm's mean is larger than another's.
type Verdict string

// The verdicts.
const (
	Confirmed    Verdict = "confirmed"
	Contradicted Verdict = "contradicted"
	NotResolved  Verdict = "not resolved"
)

// Judge sets a claim against the order. It fails if the study has no such arms.
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
