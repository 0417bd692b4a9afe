package certificate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// expand lists the positions in set k, one by one.
func expand(sets []Set, k int) (list []int32) {
	for _, m := range sets[k].Of {
		if m >= 0 {
			list = append(list, m)
		} else {
			list = append(list, expand(sets, int(-1-m))...)
		}
	}
	return list
}

// Sets that nest, that overlap, or that hold a position twice, against their members one by
// one: what is refused, the sizes, and what two positions have in common.
func TestNesting(t *testing.T) {
	forests, twice, overlapping := 0, 0, 0
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(11, seed))
		const positions = 15
		d := &duals{face: make([]int32, positions), y: make([]int64, positions)}
		free := rng.Perm(positions) // items that no set lists yet; sets are -1-k
		var sets []Set
		for range 1 + rng.IntN(6) {
			s := Set{Z: rng.Int64N(100)}
			for range 1 + 2*rng.IntN(2) {
				if len(free) == 0 || seed%3 > 0 && rng.IntN(8) == 0 { // perhaps once more
					s.Of = append(s.Of, int32(rng.IntN(positions+len(sets))-len(sets)))
					continue
				}
				at := rng.IntN(len(free))
				s.Of = append(s.Of, int32(free[at]))
				free = slices.Delete(free, at, at+1)
			}
			sets = append(sets, s)
			free = append(free, -len(sets))
		}
		wrong := ""
		for k := range sets {
			list := expand(sets, k)
			slices.Sort(list)
			if n := len(list); len(slices.Compact(list)) < n {
				wrong = "twice"
			} else if n%2 == 0 {
				wrong = "odd number"
			}
			if wrong != "" {
				break
			}
		}
		half := rng.IntN(len(sets) + 1)
		err := d.addSets(sets[:half]) // as a step adds sets to those of its base
		if err == nil {
			err = d.addSets(sets[half:])
		}
		if (err != nil) != (wrong != "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Fatalf("seed %d: sets %v: %v, want %q", seed, sets, err, wrong)
		}
		if wrong != "" {
			twice++
			continue
		}
		h := newHolders(d)
		if h.forest != nil {
			forests++
		} else {
			overlapping++
		}
		members := make([][]int32, len(sets))
		for k := range sets {
			members[k] = expand(sets, k)
			if int(d.size[k]) != len(members[k]) {
				t.Fatalf("seed %d: set %d of size %d, want %d", seed, k, d.size[k], len(members[k]))
			}
		}
		for u := range positions {
			h.mark(u, true)
			for v := range positions {
				want := int64(0)
				for k, list := range members {
					if slices.Contains(list, int32(u)) && slices.Contains(list, int32(v)) {
						want += sets[k].Z
					}
				}
				if got := h.common(v); u != v && got != want {
					t.Fatalf("seed %d: sets %v: %d and %d have %d in common, want %d", seed, sets, u, v, got, want)
				}
			}
			h.mark(u, false)
		}
	}
	if forests < 200 || twice < 200 || overlapping < 200 {
		t.Errorf("%d forests, %d wrong, %d that overlap", forests, twice, overlapping)
	}
}

// However deep sets nest, none of their members is looked at one by one.
func TestDeepNesting(t *testing.T) {
	const depth = 100000
	d := &duals{face: make([]int32, 2*depth+1), y: make([]int64, 2*depth+1)}
	sets := []Set{{1, []int32{0, 1, 2}}}
	for k := 1; k < depth; k++ {
		sets = append(sets, Set{1, []int32{int32(-k), int32(2*k + 1), int32(2*k + 2)}})
	}
	if err := d.addSets(sets); err != nil {
		t.Fatal(err)
	}
	if d.visits != 0 || d.size[depth-1] != 2*depth+1 {
		t.Errorf("%d members looked at one by one, size %d", d.visits, d.size[depth-1])
	}
	h := newHolders(d)
	if h.mark(0, true); h.forest == nil || h.common(2*depth) != 1 || h.common(1) != depth {
		t.Errorf("in common with the last: %d, with the next: %d", h.common(2*depth), h.common(1))
	}
}
