package plots

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// TestPlace tags a tight cluster and points in the corners: no tag may cover
// another or a marker, or leave the frame.
func TestPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	pl := placer{bounds: rect(0, 0, 350, 300)}
	at := []vg.Point{{X: 1, Y: 1}, {X: 349, Y: 1}, {X: 1, Y: 299}, {X: 349, Y: 299}}
	for range 20 {
		at = append(at, vg.Point{X: vg.Length(150 + 12*rng.NormFloat64()), Y: vg.Length(150 + 25*rng.NormFloat64())})
	}
	for i, p := range at {
		pl.tags = append(pl.tags, tag{text: strconv.Itoa(i), at: p})
		pl.marks = append(pl.marks, rect(p.X-3, p.Y-3, p.X+3, p.Y+3))
	}
	pl.place()
	for i, a := range pl.tags {
		if !inside(pl.bounds, a.box.Min) || !inside(pl.bounds, a.box.Max) {
			t.Errorf("tag %d leaves the frame: %v", i, a.box)
		}
		for k, b := range pl.tags[:i] {
			if overlap(a.box, b.box) > 0 {
				t.Errorf("tags %d and %d overlap", k, i)
			}
		}
		for k, m := range pl.marks {
			if overlap(a.box, m) > 0 {
				t.Errorf("tag %d covers marker %d", i, k)
			}
		}
	}
}

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		a    axis
		want string
	}{
		{linear("", -1.4, -1.2, 4), "−1.40 −1.35 −1.30 −1.25 −1.20"},
		{linear("", 0, 0, 4), "−0.0005 0.0000 0.0005"},
		{linear("", 0, 3e7, 3), "0 1e7 2e7 3e7"},
		{logarithmic("", 0.3, 30, true), "0.5 1 2 5 10 20 0"},
		{logarithmic("", 2e-4, 40, false), "0.001 0.01 0.1 1 10"},
	} {
		var got strings.Builder
		for _, k := range tt.a.ticks {
			if k.Label != "" {
				got.WriteString(" " + k.Label)
			}
			if u := tt.a.at(k.Value); u < 0 || u > 1 {
				t.Errorf("tick %v lies at %v, outside the axis", k.Value, u)
			}
		}
		if got.String() != " "+tt.want {
			t.Errorf("ticks%s, want %s", got.String(), tt.want)
		}
	}
}
