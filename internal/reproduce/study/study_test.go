package study

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"spinlearn/internal/base/stats"
)

// world draws arms with known effects.
type world struct {
	rng                  *rand.Rand
	instances            []float64 // effects that all arms share
	seed, rest, instance float64   // standard deviations; instance of what arms do not share
}

func newWorld(seed uint64, count int, shared, seedSD, instanceSD, rest float64) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 1)), seed: seedSD, instance: instanceSD, rest: rest}
	for range count {
		w.instances = append(w.instances, shared*w.rng.NormFloat64())
	}
	return w
}

func (w *world) arm(name string, mean float64, seeds int) *Arm {
	own := make([]float64, len(w.instances))
	for i := range own {
		own[i] = w.instance * w.rng.NormFloat64()
	}
	a := &Arm{Name: name}
	for range seeds {
		effect := w.seed * w.rng.NormFloat64()
		row := make([]float64, len(w.instances))
		for i, v := range w.instances {
			row[i] = mean + effect + v + own[i] + w.rest*w.rng.NormFloat64()
		}
		a.Gaps = append(a.Gaps, row)
	}
	return a
}

// The error is that of repeated studies, and where there is no difference one is found as
// often as the threshold says or less, however few the seeds.
func TestDifferenceOfNothing(t *testing.T) {
	for name, c := range map[string]struct {
		seeds                int
		seed, instance, rest float64
	}{
		"seeds rule, two":       {2, 0.3, 0.2, 0.5},
		"seeds rule, five":      {5, 0.3, 0.2, 0.5},
		"instances rule, three": {3, 0, 1, 0.5},
		"rest rules, three":     {3, 0, 0, 1},
		"all alike, three":      {3, 0.1, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			const studies = 2000
			var means, variances []float64
			found := 0
			for k := range studies {
				w := newWorld(uint64(k), 50, 3, c.seed, c.instance, c.rest)
				e := Difference(w.arm("a", 5, c.seeds), w.arm("b", 5, c.seeds))
				means, variances = append(means, e.Mean), append(variances, e.Error*e.Error)
				if e.Resolved() {
					found++
				}
			}
			// 2000 variances of a few degrees of freedom each have a mean to within 3 %;
			// a seeds' variance that is not allowed below 0 adds to it.
			if ratio := stat.Mean(variances, nil) / stat.Variance(means, nil); ratio < 0.85 || ratio > 1.45 {
				t.Errorf("the mean squared error is %.2f of the variance of the mean", ratio)
			}
			if rate := float64(found) / studies; rate > 0.065 {
				t.Errorf("a difference of nothing is resolved in %.1f %% of the studies", 100*rate)
			}
		})
	}
}

// A difference far above its error is found, also where the instances differ by much more
// than the arms: it is paired.
func TestDifferenceFound(t *testing.T) {
	found := 0
	for k := range 200 {
		w := newWorld(uint64(k), 100, 10, 0.02, 0.3, 0.3)
		a, b := w.arm("a", 5.3, 3), w.arm("b", 5, 3)
		e := Difference(a, b)
		if e.Resolved() && e.Mean > 0 {
			found++
		}
		if alone := a.Mean(); alone.Error < 5*e.Error {
			t.Fatalf("error %v of one arm, %v of the difference", alone.Error, e.Error)
		}
		if back := Difference(b, a); math.Abs(back.Mean+e.Mean) > 1e-12 || math.Abs(back.Error-e.Error) > 1e-12 {
			t.Fatalf("%+v one way, %+v the other", e, back)
		}
	}
	if found < 190 {
		t.Errorf("found in %d of 200 studies", found)
	}
}

func estimated(mean, err, freedom float64) Estimate {
	return Estimate{stats.Estimate{Mean: mean, Error: err, Count: 2}, freedom}
}

// An instance without gaps is as if it were not there.
func TestWithoutGaps(t *testing.T) {
	none := math.NaN()
	with := func(rows ...[]float64) (list [][]float64) {
		for _, r := range rows {
			list = append(list, slices.Concat([]float64{none}, r[:1], []float64{none}, r[1:]))
		}
		return list
	}
	rows, others := [][]float64{{1, 3, 4}, {3, 5, 4.5}, {2, 2, 2}}, [][]float64{{1.1, 2, 4}, {3, 3, 4}}
	a, b := &Arm{"a", rows}, &Arm{"b", others}
	c, d := &Arm{"c", with(rows...)}, &Arm{"d", with(others...)}
	if got, want := c.Mean(), a.Mean(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := Difference(c, d), Difference(a, b); got != want || got.Count != 3 {
		t.Errorf("difference %+v, want %+v", got, want)
	}
	empty := &Arm{"e", [][]float64{{none, none}, {none, none}}}
	for _, e := range []Estimate{empty.Mean(), Difference(empty, empty)} {
		if e.Exists() || e.Resolved() || e.String() != "" || !math.IsNaN(e.P()) {
			t.Errorf("of no gaps: %+v, p %v", e, e.P())
		}
	}
	if got := NewOrder([]*Arm{empty, empty}).String(); got != "{e, e}" {
		t.Errorf("order of no gaps: %q", got)
	}
}

func TestByHand(t *testing.T) {
	// Seeds' means 2 and 4, instances' means 2 and 4, nothing left.
	a := &Arm{"a", [][]float64{{1, 3}, {3, 5}}}
	want := estimated(3, math.Sqrt(1+1), 1)
	if got := a.Mean(); math.Abs(got.Error-want.Error) > 1e-12 || got.Mean != want.Mean || got.Freedom != want.Freedom {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Difference(a, a); got.Mean != 0 || got.Resolved() {
		t.Errorf("an arm less itself: %+v", got)
	}
	// Student's distribution of one degree of freedom is Cauchy's.
	if p := (estimated(1, 1, 1)).P(); math.Abs(p-0.5) > 1e-9 {
		t.Errorf("P = %v, want 0.5", p)
	}
	if e := (estimated(3, 1, 1)); e.Resolved() {
		t.Error("three errors are resolved with one degree of freedom")
	}
	if e := (estimated(2.01, 1, 1e6)); !e.Resolved() {
		t.Error("two errors are not resolved with many degrees of freedom")
	}
	// One seed: over instances only.
	one := &Arm{"one", [][]float64{{1, 2, 3}}}
	if got := one.Mean(); math.Abs(got.Error-1/math.Sqrt(3)) > 1e-12 || got.Freedom != 2 {
		t.Errorf("one seed: %+v", got)
	}
}

func TestOrder(t *testing.T) {
	w := newWorld(1, 200, 2, 0.01, 0.1, 0.1)
	arms := []*Arm{w.arm("low", 1, 4), w.arm("high", 9, 4), w.arm("same", 1, 4)}
	o := NewOrder(arms)
	if got := o.String(); got != "high > {low, same}" && got != "high > {same, low}" {
		t.Errorf("order %q", got)
	}
	for _, c := range []struct {
		larger, smaller string
		want            Verdict
	}{{"high", "low", Confirmed}, {"low", "high", Contradicted}, {"low", "same", NotResolved}} {
		if got, err := o.Judge(c.larger, c.smaller); err != nil || got != c.want {
			t.Errorf("%s > %s: %v, %v, want %v", c.larger, c.smaller, got, err, c.want)
		}
	}
	if _, err := o.Judge("low", "nobody"); err == nil {
		t.Error("a claim about an unknown arm was judged")
	}
	slices.Reverse(arms)
	if got := NewOrder(arms).String(); got != o.String() {
		t.Errorf("%q in another order of the arms, %q", got, o)
	}
}

// Neighbours in rank do not tell everything.
func TestOrderNotTransitive(t *testing.T) {
	far, near := estimated(3, 1, 1e6), estimated(1, 1, 1e6)
	names := []string{"a", "b", "c"}
	for _, c := range []struct {
		ab, ac, bc Estimate
		want       string
	}{
		{near, far, near, "{a, b, c} (but a > c)"},
		{near, near, near, "{a, b, c}"},
		{far, near, near, "a > {b, c} (but a and c are not resolved)"},
		{far, far, far, "a > b > c"},
	} {
		o := &Order{names, []Pair{{"a", "b", c.ab}, {"a", "c", c.ac}, {"b", "c", c.bc}}}
		if got := o.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
