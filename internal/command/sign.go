package command

import (
	"fmt"
	"math"

	"spinlearn/ising"
	"spinlearn/ising/instancefile"
	"spinlearn/solver/certificate"
)

// convention says what the numbers of a file mean and what tells so.
func convention(f *instancefile.File) string {
	by := "the default of " + string(f.Format)
	switch f.SignBy {
	case instancefile.FromSettings:
		by = "by --sign"
	case instancefile.FromEnding:
		by = "by the ending of the file's name"
	}
	return function(f.Format, f.Sign) + ", " + by
}

// latticeOf names the lattice of an instance and which of its sites is no spin of the file.
func latticeOf(f *instancefile.File) string {
	if f.Ghost {
		return f.Lattice.String() + ", the last site the ghost spin of the fields"
	}
	return f.Lattice.String()
}

// negated returns the instance that a file read by the other sign is.
func negated(f *instancefile.File) *ising.Instance {
	J := make([]float64, len(f.J))
	for k, v := range f.J {
		J[k] = -v
	}
	return &ising.Instance{Lattice: f.Lattice, J: J, Error: f.Error}
}

// otherSign says how a file was read, and how to read it by the other sign.
func otherSign(f *instancefile.File) string {
	if f.Format == instancefile.Native {
		return fmt.Sprintf("the instance was read as %s, which has no other sign", convention(f))
	}
	return fmt.Sprintf("the instance was read as %s; to read it by the other sign, give --sign %v", convention(f), -f.Sign)
}

// looksNegated reports whether a configuration is of low energy by the other sign of the
// file: no flip raises its energy, or it is far above that of random spins.
func looksNegated(f *instancefile.File, spins []int8) bool {
	e, square := f.Energy(spins), 0.0
	if e <= 0 {
		return false
	}
	for _, v := range f.J {
		square += v * v
	}
	if e > 5*math.Sqrt(square) { // random spins have energies of that root mean square
		return true
	}
	for i := range spins {
		if f.FlipCost(spins, i) > 0 {
			return false
		}
	}
	return true
}

// checkProof checks the certificate of a path, and says so if it is one of the other sign.
func checkProof(c *certificate.Certificate, path string, f *instancefile.File) (*certificate.Verdict, error) {
	v, err := c.Check(f.Instance)
	if err == nil {
		return v, nil
	}
	if _, otherErr := c.Check(negated(f)); otherErr == nil {
		return nil, fmt.Errorf("%s: certificate rejected: it is of the instance with all couplings negated; %s", label(path), otherSign(f))
	}
	return nil, fmt.Errorf("%s: %w", label(path), err)
}

// hasCut reports whether a file is a MaxCut problem.
func hasCut(f *instancefile.File) bool { return f.Format == instancefile.EdgeList && !f.Ghost }
