package matching

import (
	"errors"
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
					pairs = append(pairs, newPair(u, v, d))
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
		m := newMatcher(n, spare, boundary)
		m.setEdges(pairs)
		err := m.match(t.Context())
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
		if dual := checkMatcher(t, m, pairs); dual != want {
			t.Fatalf("#%d: the duals give %d, the matching %d", k, dual, want)
		}
		for b := m.vertices + spare; b < len(m.parent); b++ {
			if m.kids[b] != nil && m.parent[b] >= 0 {
				nested++
			}
		}
	}
	if !testing.Short() && (impossible < 20 || nested < 20) {
		t.Errorf("%d graphs without a matching and %d nested blossoms are too few to mean much", impossible, nested)
	}
}

// checkMatcher asserts that the duals are feasible and returns their sum.
func checkMatcher(t *testing.T, m *Matcher, pairs []pair) (sum int64) {
	t.Helper()
	for v := range int32(m.vertices) {
		sum += m.own(v)
		if m.dual[v] > m.alone(v) {
			t.Fatalf("vertex %d: dual %d above the boundary's %d", v, m.dual[v], m.alone(v))
		}
	}
	order, _ := m.blossoms()
	for _, b := range order {
		size := 0
		for v := m.first[b]; ; v = m.next[v] {
			size++
			if v == m.last[b] {
				break
			}
		}
		if m.z[b] < 0 || size%2 == 0 {
			t.Fatalf("blossom of %d vertices has dual %d", size, m.z[b])
		}
		sum += m.z[b]
	}
	for _, p := range pairs {
		u, v := p.ends()
		m.markBlossoms(u)
		if slack := 2*p.distance - m.dual[u] - m.dual[v] + 2*m.common(v); slack < 0 {
			t.Fatalf("edge %d-%d has slack %d", u, v, slack)
		}
	}
	return sum
}
