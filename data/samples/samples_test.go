package samples

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"spinlearn/ising/instancefile"
	"spinlearn/solver"
	"spinlearn/solver/certificate"
	"spinlearn/solver/exact"
)

// TestProven checks every proof and solves every sample anew.
func TestProven(t *testing.T) {
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			f, err := instancefile.Read(bytes.NewReader(s.Instance()), s.Name, nil)
			if err != nil {
				t.Fatal(err)
			}
			if f.Ensemble == nil || *f.Ensemble != s.Ensemble || !slices.Equal(f.Shape(), s.Shape) {
				t.Errorf("the file says %v %v", f.Ensemble, f.Lattice)
			}
			c, err := certificate.Read(bytes.NewReader(s.Certificate()), s.Name)
			if err != nil {
				t.Fatal(err)
			}
			v, err := c.Check(f.Instance)
			if err != nil || !v.Proven {
				t.Fatalf("%+v, %v", v, err)
			}
			r, err := exact.Default().Solve(t.Context(), f.Instance, solver.Budget{}, nil)
			if err != nil || r.Status != solver.Proven || math.Abs(r.Energy-v.Energy) > f.Rounding() {
				t.Errorf("solved anew: %v %v, the certificate has %v; %v", r.Status, r.Energy, v.Energy, err)
			}
			if in, err := s.Draw(); err != nil || !in.Equal(f.Lattice) {
				t.Errorf("the sample draws %v, the file has %v; %v", in, f.Lattice, err)
			}
		})
	}
}

func TestFind(t *testing.T) {
	for _, s := range All() {
		if got, err := Find(s.Name); err != nil || got.Name != s.Name {
			t.Errorf("%s: found %v, %v", s.Name, got, err)
		}
	}
	for _, name := range []string{"", "torus", "torus-gauss-16.spin", "../samples"} {
		if _, err := Find(name); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: error %v", name, err)
		}
	}
	All()[0].Name = "changed"
	if all[0].Name == "changed" {
		t.Error("All returns the list itself")
	}
}
