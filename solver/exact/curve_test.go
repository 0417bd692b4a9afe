package exact

import (
	"testing"

	"spinlearn/ising"
)

// The curve visits every face once, and hardly ever leaps.
func TestCurve(t *testing.T) {
	for rows := 2; rows < 40; rows++ {
		for cols := 2; cols < 40; cols++ {
			l, err := ising.NewLattice([]int{rows, cols}, []bool{false, cols > 2})
			if err != nil {
				t.Fatal(err)
			}
			p := newPlaquettes(l, &integers{Integers: &ising.Integers{K: make([]int64, l.Slots())}}, 0)
			seen := make([]bool, p.Vertices())
			last, leaps := int32(-1), 0
			p.Curve(func(v int32) {
				if seen[v] {
					t.Fatalf("%v: face %d a second time", l, v)
				}
				seen[v] = true
				if v >= p.rows*p.cols {
					return
				}
				if last >= 0 {
					dr, dc := abs(int64(v/p.cols-last/p.cols)), abs(int64(v%p.cols-last%p.cols))
					if dr+dc > 1 {
						leaps++
					}
				}
				last = v
			})
			for v, is := range seen {
				if !is && (v >= rows*cols || int32(v)/p.cols < p.inner[0] && int32(v)%p.cols < p.inner[1]) {
					t.Fatalf("%v: face %d is left out", l, v)
				}
			}
			if leaps > 1+(rows+cols)/8 {
				t.Errorf("%v: %d leaps", l, leaps)
			}
		}
	}
}
