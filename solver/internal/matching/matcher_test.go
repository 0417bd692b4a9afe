package matching

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// leastMatching tries all perfect matchings: least[set] is the weight of the best one of
// the vertices in set.
func leastMatching(n int, weight map[[2]int32]int64, boundary []int64) int64 {
	least := slices.Repeat([]int64{forever}, 1<<n)
	least[0] = 0
	for set := 1; set < 1<<n; set++ {
		v := int32(0)
		for set>>v&1 == 0 {
			v++
		}
		rest := set ^ 1<<v
		if boundary != nil && boundary[v] < forever {
			least[set] = least[rest] + boundary[v]
		}
		for u := v + 1; int(u) < n; u++ {
			if w, ok := weight[[2]int32{v, u}]; ok && rest>>u&1 == 1 {
				least[set] = min(least[set], least[rest^1<<u]+w)
			}
		}
		least[set] = min(least[set], forever)
	}
	return least[1<<n-1]
}

func TestMatcherEqualsAllMatchings(t *testing.T) {
	impossible, nested := 0, 0
	for k := range uint64(count(4000, 200000)) {
		rng := rand.New(rand.NewPCG(1, k))
		n := 1 + rng.IntN(12)
		draw, density := spread(rng), 0.15+0.85*rng.Float64()
		var pairs []pair
		weight := map[[2]int32]int64{}
		for v := range int32(n) {
			for u := range v {
				if rng.Float64() < density {
					d := draw()
					pairs = append(pairs, pair{u, v, d})
					weight[[2]int32{u, v}] = 2 * d
				}
			}
		}
		rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		var boundary []int64
		if rng.IntN(2) == 0 {
			boundary = make([]int64, n)
			for v := range boundary {
				if boundary[v] = 2 * draw(); rng.IntN(3) == 0 {
					boundary[v] = forever
				}
			}
		}
		m := newMatcher(n, spare, len(pairs), boundary, &watch{ctx: t.Context()})
		for _, p := range pairs {
			m.addEdge(p.i, p.k, 2*p.distance)
		}
		watchSteps(t, fmt.Sprintf("#%d", k))
		err := m.match()
		want := leastMatching(n, weight, boundary)
		if want == forever {
			impossible++
			if !errors.Is(err, ErrImpossible) {
				t.Fatalf("#%d: error %v, want %v", k, err, ErrImpossible)
			}
			continue
		}
		if err != nil {
			t.Fatalf("#%d: %v, want a matching of weight %d", k, err, want)
		}
		got := int64(0)
		for v := range int32(n) {
			u := m.partner(v)
			switch {
			case u == alone && boundary != nil:
				got += boundary[v]
			case u < 0 || m.partner(u) != v:
				t.Fatalf("#%d: the partner of %d is %d", k, v, u)
			case u > v:
				got += weight[[2]int32{v, u}]
			}
		}
		if got != want {
			t.Fatalf("#%d: weight %d, want %d", k, got, want)
		}
		if err := m.check(); err != nil {
			t.Fatalf("#%d: %v", k, err)
		}
		if dual := m.sum(); dual != want {
			t.Fatalf("#%d: the duals give %d, the matching %d", k, dual, want)
		}
		for _, b := range m.blossoms() {
			if m.nodes[b].parent >= 0 {
				nested++
			}
		}
	}
	if !testing.Short() && (impossible < 20 || nested < 20) {
		t.Errorf("%d graphs without a matching and %d nested blossoms are too few to mean much", impossible, nested)
	}
}
