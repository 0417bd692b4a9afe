package cnn

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"spinlearn/ising"
	"spinlearn/solver"
	"spinlearn/solver/solvertest"
)

// A model of either target is a solver.
func TestSearch(t *testing.T) {
	for _, target := range []string{Bond, Site} {
		set := quick()
		set.Target = target
		m := train(t, filepath.Join(t.TempDir(), "run"), instances(t, 8, "periodic"), set).Model
		t.Run(target, func(t *testing.T) {
			solvertest.Run(t, NewSearch(m, PredictSettings{Passes: Auto, Effort: Auto}, 2), solvertest.Traits{})
		})
	}
}

// A search from a configuration ends at least as low, and refuses what is none of the instance.
func TestSearchStart(t *testing.T) {
	source := instances(t, 3, "periodic")
	m := train(t, filepath.Join(t.TempDir(), "run"), source, quick()).Model
	search := func(start []int8) *Search {
		return NewSearch(m, PredictSettings{Passes: 1, Effort: 0, Start: [][]int8{start}}, 1)
	}
	for k, s := range source {
		r, err := search(s.Spins).Solve(t.Context(), s.Instance, solver.Budget{}, ising.Stream(1, "solver", 0))
		if err != nil || !s.Solves(r.Energy) {
			t.Errorf("instance %d: %v from its ground state, %v", k, r, err)
		}
	}
	in := source[0].Instance
	for want, s := range map[string]*Search{
		"not ±1 at 16 sites": search(make([]int8, in.Sites())), "instance 0": search(source[0].Spins[:7]), "passes = 0": NewSearch(m, PredictSettings{}, 1),
	} {
		if err := s.Check(in); !errors.Is(err, solver.ErrSettings) || !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
