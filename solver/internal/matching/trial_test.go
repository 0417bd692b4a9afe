package matching

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// A case of trials: a graph, T, and a base found with few pairs listed.
type trialCase struct {
	graph   *listGraph
	removed []bool
	odd     []bool
	join    []bool
	base    *Base
	duals   Duals
}

// newTrialCase draws a case, nil if there is no join.
func newTrialCase(t *testing.T, rng *rand.Rand, vertices int) *trialCase {
	t.Helper()
	c := &trialCase{graph: randomGraph(rng, vertices)}
	c.removed = make([]bool, len(c.graph.From))
	for e := range c.removed {
		c.removed[e] = rng.IntN(12) == 0
	}
	c.odd = make([]bool, c.graph.vertices)
	share := rng.Float64()
	for v := range c.odd {
		if c.odd[v] = rng.Float64() < share; c.odd[v] {
			c.odd[0] = !c.odd[0] // T is even
		}
	}
	if !c.begin(t, nears[rng.IntN(len(nears))]) {
		return nil
	}
	return c
}

// begin finds the base anew, if there is one.
func (c *trialCase) begin(t *testing.T, near int) bool {
	t.Helper()
	j := NewJoiner(c.graph, -1)
	copy(j.Removed, c.removed)
	j.Near = near
	c.join = make([]bool, len(c.graph.From))
	base, err := j.Base(t.Context(), c.odd, c.join)
	if errors.Is(err, ErrImpossible) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	c.base, c.duals = base, j.Duals()
	return true
}

// trials lists the edges that can be tried, in a random order.
func (c *trialCase) trials(rng *rand.Rand) (list []int32) {
	for e, u := range c.graph.From {
		if u >= 0 && !c.removed[e] && !c.join[e] {
			list = append(list, int32(e))
		}
	}
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// changed returns the duals after a trial, with the new terminals last.
func (c *trialCase) changed(e int32, ch Change) Duals {
	p, q := c.base.endsOf(e)
	d := Duals{slices.Clone(c.duals.Y), slices.Clone(c.duals.Sets)}
	for _, v := range ch.Y {
		d.Y[v[0]][1] = v[1]
	}
	d.Y = append(d.Y, [2]int64{int64(p), ch.New[0]}, [2]int64{int64(q), ch.New[1]})
	for _, v := range ch.Z {
		d.Sets[v[0]].Z = v[1]
	}
	d.Sets = append(d.Sets, ch.Sets...)
	return d
}

// state copies what a trial must restore: all but the duals of the spare vertices, which
// the next one sets, and what only a tree that grows looks at.
func (m *Matcher) state() []any {
	vertices, nodes, groups := slices.Clone(m.vertices), slices.Clone(m.nodes), slices.Clone(m.groups)
	for v := m.real; v < m.real+spare; v++ {
		vertices[v].local = 0
	}
	for b := range nodes {
		nodes[b].entry, nodes[b].waiting = 0, 0
		if nodes[b].parent < 0 && !(m.isBlossom(int32(b)) && nodes[b].kid < 0) { // its ring means nothing
			nodes[b].right, nodes[b].link = none, none
		}
	}
	for g := range groups {
		groups[g].since = 0
	}
	return []any{vertices, nodes, groups, m.unused, m.limit}
}

// check asserts that duals after a trial prove its cost in the graph without the edge.
func (c *trialCase) check(t *testing.T, e int32, trial *Trial) {
	t.Helper()
	d := c.changed(e, trial.Change)
	sum := checkDuals(t, d, distances(c.graph, c.removed, int(e)))
	if got, want := c.graph.weight[e]+(sum+1)>>1, c.base.Weight+trial.Cost; got != want {
		t.Fatalf("edge %d: the duals prove a weight of %d, the trial says %d", e, got, want)
	}
}

// flipped returns the weight of the base's join with the edges of a cycle flipped, which
// must be a T-join with edge e.
func (c *trialCase) flipped(t *testing.T, e int32, cycle []int32) int64 {
	t.Helper()
	join := slices.Clone(c.join)
	for _, k := range cycle {
		if c.removed[k] {
			t.Fatalf("edge %d: the cycle holds the removed edge %d", e, k)
		}
		join[k] = !join[k]
	}
	sum, at := weigh(c.graph, join)
	if !join[e] || !slices.Equal(at, c.odd) {
		t.Fatalf("edge %d: flipping %v gives %t at it and is odd at %v, want %v", e, cycle, join[e], at, c.odd)
	}
	return sum
}

// A trial bounds what flipping an edge costs, and says exactly what if it finds a join of
// that weight; it proves what it says, and leaves the base as it was.
func TestTryEqualsForcedJoin(t *testing.T) {
	exact, short, detours := 0, 0, 0
	for k := range uint64(count(300, 6000)) {
		rng := rand.New(rand.NewPCG(5, k))
		c := newTrialCase(t, rng, 4+rng.IntN(8))
		if c == nil {
			continue
		}
		for _, e := range c.trials(rng) {
			p, q := c.base.endsOf(e)
			rest := slices.Clone(c.odd)
			rest[p] = !rest[p]
			rest[q] = !rest[q]
			want := leastJoins(c.graph, c.removed, int(e))[bits(rest)] // above the base's weight
			if want < forever {
				want += c.graph.weight[e] - c.base.Weight
			}
			// With a target far away, then with one at, below and above the cost.
			target := []int64{1 << 55, want - 1, want, want + 1, rng.Int64N(10)}[rng.IntN(5)]
			target = min(target, 1<<55)
			before := c.base.matcher.state()
			trial := c.try(t, e, target)
			if !reflect.DeepEqual(before, c.base.matcher.state()) {
				t.Fatalf("#%d: the trial of edge %d left another state", k, e)
			}
			c.check(t, e, &trial)
			if trial.Cost > want {
				t.Fatalf("#%d: edge %d costs %d at least, in truth %d", k, e, trial.Cost, want)
			}
			if trial.Cycle == nil {
				if trial.Cost < target && want < forever && c.graph.weight[e] > 0 { // two paths of the base may share an edge of weight 0
					t.Fatalf("#%d: edge %d: stopped at %d, the target was %d", k, e, trial.Cost, target)
				}
				short++
				continue
			}
			switch got := c.flipped(t, e, trial.Cycle) - c.base.Weight; {
			case got == trial.Cost && got == want:
				exact++
			case got > trial.Cost:
				// The base's duals know a way over the edge itself.
				over := leastJoins(c.graph, c.removed, -1)[bits(rest)]
				if without := leastJoins(c.graph, c.removed, int(e))[bits(rest)]; over == without && trial.Cost != want {
					t.Fatalf("#%d: edge %d costs %d, the trial says %d and needs no detour", k, e, want, trial.Cost)
				}
				detours++
			default:
				t.Fatalf("#%d: edge %d costs %d, the trial says %d and finds %d", k, e, want, trial.Cost, got)
			}
		}
	}
	t.Logf("%d exact, %d stopped at the target, %d over the edge itself", exact, short, detours)
	if !testing.Short() && (exact < 100 || short < 100 || detours < 1) {
		t.Error("too few to mean much")
	}
}

// On larger grids, where pairs are missing from the lists, the duals are the judge, and
// the order of the trials changes no cost.
func TestTrialsInTwoOrders(t *testing.T) {
	for k := range uint64(count(15, 800)) {
		rng := rand.New(rand.NewPCG(6, k))
		c := newTrialCase(t, rng, 30+rng.IntN(50))
		if c == nil {
			continue
		}
		list := c.trials(rng)
		list = list[:min(len(list), 40)]
		targets := make([]int64, len(list))
		costs := make([]int64, len(list))
		for i, e := range list {
			targets[i] = []int64{1 << 55, 1 + rng.Int64N(1<<12)}[rng.IntN(2)]
			trial := c.try(t, e, targets[i])
			c.check(t, e, &trial)
			if trial.Cycle != nil {
				if got := c.flipped(t, e, trial.Cycle) - c.base.Weight; got < trial.Cost {
					t.Fatalf("#%d: edge %d costs %d at least, the cycle %d", k, e, trial.Cost, got)
				}
			}
			costs[i] = trial.Cost
		}
		join := c.join
		if !c.begin(t, c.base.Near) || !slices.Equal(join, c.join) {
			t.Fatalf("#%d: another base", k)
		}
		for i := len(list) - 1; i >= 0; i-- {
			trial := c.try(t, list[i], targets[i])
			c.check(t, list[i], &trial)
			if trial.Cost != costs[i] {
				t.Fatalf("#%d: edge %d costs %d, in the other order %d", k, list[i], trial.Cost, costs[i])
			}
		}
	}
}

// try is a trial that nothing stops.
func (c *trialCase) try(t *testing.T, e int32, target int64) Trial {
	t.Helper()
	trial, err := c.base.Try(t.Context(), e, target)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

// TestTryStops has a trial that ends at once and must leave no trace.
func TestTryStops(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tried := 0
	for range 100 {
		c := newTrialCase(t, rng, 8)
		if c == nil || !c.begin(t, 4) {
			continue
		}
		for _, e := range c.trials(rng) {
			before := c.base.matcher.state()
			if _, err := c.base.Try(ctx, e, 1<<55); !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v, want %v", err, context.Canceled)
			}
			if !reflect.DeepEqual(before, c.base.matcher.state()) {
				t.Fatal("the trial left another state")
			}
			tried++
		}
	}
	if tried == 0 {
		t.Error("nothing was tried")
	}
}
