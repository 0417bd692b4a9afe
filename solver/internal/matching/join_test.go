package matching

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

var nears = []int{1, 2, 3, 4, 10}

// ends draws a sink, two hubs, or nothing.
func ends(g *listGraph, rng *rand.Rand) (sink int, hubs []int32) {
	switch u, v := rng.IntN(g.vertices), rng.IntN(g.vertices); {
	case rng.IntN(3) == 0:
		return u, nil
	case rng.IntN(2) == 0 && u != v:
		return -1, []int32{int32(u), int32(v)}
	}
	return -1, nil
}

// Whatever pairs are listed first, the join is the least of all edge sets, and its duals
// prove it.
func TestJoinEqualsAllEdgeSets(t *testing.T) {
	impossible := 0
	watchSteps(t, "joins")
	for k := range uint64(count(300, 6000)) {
		rng := rand.New(rand.NewPCG(2, k))
		g := randomGraph(rng, 4+rng.IntN(9))
		removed := make([]bool, len(g.From))
		for e := range removed {
			removed[e] = rng.IntN(8) == 0
		}
		sink, hubs := ends(g, rng)
		least, distance := leastJoins(g, removed, -1), distances(g, removed, -1)
		j := NewJoiner(g, sink, hubs...)
		copy(j.Removed, removed)
		j.Near = nears[rng.IntN(len(nears))]
		join := make([]bool, len(g.From))
		for range 20 {
			odd := make([]bool, g.vertices)
			share := rng.Float64()
			for v := range odd {
				odd[v] = rng.Float64() < share
			}
			want := least[bits(odd)]
			if sink >= 0 {
				want = min(want, least[bits(odd)^1<<sink])
			}
			enough := int64(-1)
			if rng.IntN(3) == 0 && want < forever {
				enough = want + rng.Int64N(3) - 1
			}
			got, err := j.Join(t.Context(), odd, join, enough)
			if want == forever {
				impossible++
				if !errors.Is(err, ErrImpossible) {
					t.Fatalf("#%d: error %v, want %v", k, err, ErrImpossible)
				}
				continue
			}
			if err != nil {
				t.Fatalf("#%d: %v, want a join of weight %d", k, err, want)
			}
			sum, at := weigh(g, join)
			if sink >= 0 {
				at[sink] = odd[sink]
			}
			if sum != got || !slices.Equal(at, odd) {
				t.Fatalf("#%d: the edges weigh %d and are odd at %v, want %d and %v", k, sum, at, got, odd)
			}
			for e, is := range join {
				if is && removed[e] {
					t.Fatalf("#%d: edge %d was removed", k, e)
				}
			}
			if got < want || got > want && got > enough {
				t.Fatalf("#%d near %d: weight %d, want %d; enough is %d", k, j.Near, got, want, enough)
			}
			if got > enough {
				if sum := checkDuals(t, j.Duals(), distance); sum != 2*got {
					t.Fatalf("#%d: the duals sum up to %d, twice the weight is %d", k, sum, 2*got)
				}
			}
		}
	}
	if impossible == 0 {
		t.Error("every graph had every join")
	}
}

// On larger grids, where few pairs of all are listed, the duals are the judge.
func TestJoinIsProven(t *testing.T) {
	watchSteps(t, "joins")
	for k := range uint64(count(60, 1500)) {
		rng := rand.New(rand.NewPCG(3, k))
		g := randomGraph(rng, 40+rng.IntN(60))
		removed := make([]bool, len(g.From))
		distance := distances(g, removed, -1)
		join := make([]bool, len(g.From))
		odd := make([]bool, g.vertices)
		for v := range odd {
			odd[v] = rng.IntN(2) == 0
		}
		sink, hubs := ends(g, rng)
		weight := int64(-1)
		for _, near := range nears {
			j := NewJoiner(g, sink, hubs...)
			j.Near = near
			got, err := j.Join(t.Context(), odd, join, -1)
			if errors.Is(err, ErrImpossible) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if sum := checkDuals(t, j.Duals(), distance); sum != 2*got {
				t.Fatalf("#%d near %d: the duals sum up to %d, twice the weight is %d", k, near, sum, 2*got)
			}
			if weight >= 0 && got != weight {
				t.Fatalf("#%d near %d: weight %d, with other lists %d", k, near, got, weight)
			}
			weight = got
		}
	}
}

func TestJoinStops(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 0))
	g := randomGraph(rng, 80)
	odd := slices.Repeat([]bool{true}, g.vertices)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j := NewJoiner(g, 0)
	if _, err := j.Join(ctx, odd, make([]bool, len(g.From)), -1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
