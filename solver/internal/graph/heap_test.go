package graph

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPopsInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var h []Item
		var keys []int64
		for range rng.IntN(40) {
			if len(h) > 0 && rng.IntN(3) == 0 {
				var x Item
				x, h = Pop(h)
				if want := slices.Min(keys); x.Key != want || int64(x.What) != 7*want {
					t.Fatalf("popped %v, want key %d", x, want)
				}
				keys = slices.Delete(keys, slices.Index(keys, x.Key), slices.Index(keys, x.Key)+1)
				continue
			}
			key := rng.Int64N(20)
			keys = append(keys, key)
			h = Push(h, Item{Key: key, What: int32(7 * key)})
		}
		if len(h) != len(keys) {
			t.Fatalf("%d items left, want %d", len(h), len(keys))
		}
	}
}
