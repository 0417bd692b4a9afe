package plots

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"
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
	axis := func(set func(a *plot.Axis)) plot.Axis {
		a := newPlot().X
		set(&a)
		return a
	}
	for _, tt := range []struct {
		a    plot.Axis
		want string
	}{
		{axis(func(a *plot.Axis) { linear(a, -1.4, -1.2, 4) }), "−1.40 −1.35 −1.30 −1.25 −1.20"},
		{axis(func(a *plot.Axis) { linear(a, 0, 0, 4) }), "−0.0005 0.0000 0.0005"},
		{axis(func(a *plot.Axis) { linear(a, 0, 3e7, 3) }), "0 1e7 2e7 3e7"},
		{axis(func(a *plot.Axis) { logarithmic(a, logRange{lo: 0.3, hi: 30, zero: true}) }), "0 0.5 1 2 5 10 20"},
		{axis(func(a *plot.Axis) { logarithmic(a, logRange{lo: 2e-4, hi: 40}) }), "0.001 0.01 0.1 1 10"},
	} {
		var got strings.Builder
		last := -1.0
		for _, k := range tt.a.Tick.Marker.Ticks(tt.a.Min, tt.a.Max) {
			if k.Label != "" {
				got.WriteString(" " + k.Label)
			}
			u := tt.a.Norm(k.Value)
			if u < 0 || u > 1 || u <= last {
				t.Errorf("tick %v lies at %v after %v", k.Value, u, last)
			}
			last = u
		}
		if got.String() != " "+tt.want {
			t.Errorf("ticks%s, want %s", got.String(), tt.want)
		}
	}
}

// TestSpaced wants no two labels closer than they are wide, and the first kept.
func TestSpaced(t *testing.T) {
	a := newPlot().X
	logarithmic(&a, logRange{lo: 2e-5, hi: 80, zero: true})
	spaced(&a, 100, func(label string) vg.Length { return textWidth(label, small) + 4 })
	var got []string
	for _, k := range a.Tick.Marker.Ticks(a.Min, a.Max) {
		if k.Label != "" {
			got = append(got, k.Label)
		}
	}
	if d := cmp.Diff([]string{"0", "0.001", "0.1", "1", "10"}, got); d != "" {
		t.Errorf("labels (-want +got):\n%s", d)
	}
}

// TestScales wants the strip for zero below every positive value, without a jump, and what
// is less than zero outside.
func TestScales(t *testing.T) {
	last := 0.0
	for _, v := range []float64{0, 1e-300, 0.5, 1, 2, 100} {
		u := logScale{zeroStrip}.Normalize(1, 100, v)
		if u < last || u > 1 {
			t.Errorf("%v lies at %v, want %v to 1", v, u, last)
		}
		last = u
	}
	if u := (logScale{zeroStrip}).Normalize(1, 100, 1); math.Abs(u-zeroStrip) > 1e-12 {
		t.Errorf("the least value lies at %v, want %v", u, zeroStrip)
	}
	for _, s := range []plot.Normalizer{logScale{zeroStrip}, logScale{}} {
		if u := s.Normalize(1, 100, -1e-9); u >= 0 {
			t.Errorf("%T: a negative value lies at %v, inside", s, u)
		}
	}
	if u := (logScale{}).Normalize(1, 100, 0); u >= 0 {
		t.Errorf("zero lies at %v, inside", u)
	}
}

// TestPlaces wants known names at their places whatever else a chart shows, and no two names
// at one place.
func TestPlaces(t *testing.T) {
	for _, tt := range []struct {
		names []string
		want  map[string]int
	}{
		{nil, map[string]int{}},
		{[]string{"a", "b", "a"}, map[string]int{"a": 0, "b": 1}},
		{[]string{"a", "classical", "b", "bond target", "c"}, map[string]int{"bond target": 0, "a": 1, "classical": 2, "b": 3, "c": 4}},
		{[]string{"local-energy (wall)", "true-energy"}, map[string]int{"local-energy (wall)": 4, "true-energy": 0}},
	} {
		if d := cmp.Diff(tt.want, places(tt.names)); d != "" {
			t.Errorf("%q (-want +got):\n%s", tt.names, d)
		}
	}
	seen := map[string]int{}
	for i := range len(palette) * len(shapes) {
		l := lookAt(i)
		name := fmt.Sprint(l.colour, l.dash, l.shape)
		if k, ok := seen[name]; ok {
			t.Errorf("places %d and %d look the same", k, i)
		}
		seen[name] = i
	}
}
