package shipped

import (
	"testing"

	"spinlearn/cnn"
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
