package methods

import (
	"testing"

	"spinlearn/cnn/shipped"
	"spinlearn/solver/solvertest"
)

// Every method passes the suite, with few reads and sweeps. The few spins that a network
// leaves to chance are solved on the small instances of the suite, whatever the generator.
func TestSuite(t *testing.T) {
	for _, m := range all {
		o := Default()
		if m.Takes(Reads) {
			o.Reads = 2
		}
		if m.Takes(Sweeps) {
			o.Sweeps = 20
		}
		if m.Takes(Model) {
			o.Model = shipped.Model()
		}
		t.Run(m.Name, func(t *testing.T) {
			solvertest.Run(t, m.New(o), solvertest.Traits{Exact: m.Name == Exact, Random: m.Takes(Seed) && !m.Takes(Model)})
		})
	}
}
