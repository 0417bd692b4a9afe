package shipped

import (
	"testing"

	"spinlearn/cnn"
	"spinlearn/solver/solvertest"
)

func TestModel(t *testing.T) {
	m := Model()
	if m.Training.Target != cnn.Bond || !m.Proven || m.Gap == nil || *m.Gap > 0.02 {
		t.Errorf("target %s, validation gap %v, proven %v", m.Training.Target, m.Gap, m.Proven)
	}
	const most = 1 << 20
	if len(file) > most {
		t.Errorf("%d bytes are part of the program, want at most %d", len(file), most)
	}
}

// The model passes the suite of solvers with any numbers of passes and rounds, and from a start.
func TestSolver(t *testing.T) {
	for name, set := range map[string]cnn.PredictSettings{
		"default":   {Passes: cnn.Auto, Effort: cnn.Auto},
		"one pass":  {Passes: 1, Effort: 0},
		"effort 5":  {Passes: 1, Effort: 5},
		"no choice": cnn.DefaultPredict(),
	} {
		t.Run(name, func(t *testing.T) {
			solvertest.Run(t, cnn.NewSearch(Model(), set, 2), solvertest.Traits{})
		})
	}
}
