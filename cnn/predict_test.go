package cnn

import (
	"errors"
	"slices"
	"testing"

	"spinlearn/ising"
)

// The tree of the log-odds gives the spins of one pass, up to their global sign; a missing
// bond has none.
func TestLogOddsDecode(t *testing.T) {
	l, err := ising.NewLattice([]int{6, 7}, []bool{true, false})
	if err != nil {
		t.Fatal(err)
	}
	in := ising.Ensemble{Couplings: ising.Gaussian, Dilution: 0.1}.Draw(l, ising.Stream(3, "odds", 0))
	n := Network{Target: Bond, Channels: 4, Blocks: 1}
	p := newPredictor(n, newWeights[float32](n, ising.Stream(3, "weights", 0)), 1)
	odds, err := p.LogOdds(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range odds {
		if (v == 0) != (in.J[k] == 0) {
			t.Errorf("bond %d: log-odds %v, coupling %v", k, v, in.J[k])
		}
	}
	found, err := p.Predict(t.Context(), []*ising.Instance{in}, DefaultPredict())
	if err != nil {
		t.Fatal(err)
	}
	got, want := in.SpanningTree(odds, nil).Spins(odds), found[0].Spins
	if got[0] != want[0] {
		for i := range got {
			got[i] = -got[i]
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("spins %v, one pass has %v", got, want)
	}
	n.Target = Site
	if _, err := newPredictor(n, nil, 1).LogOdds(t.Context(), in); !errors.Is(err, ErrSettings) {
		t.Errorf("%v of a site model, want %v", err, ErrSettings)
	}
}
