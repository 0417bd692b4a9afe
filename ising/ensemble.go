package ising

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// The distributions of couplings.
const (
	Gaussian  = "gaussian" // normal, mean 0, variance 1
	Uniform   = "uniform"  // uniform on [-1, 1]
	PlusMinus = "pm"       // ±1
)

// ErrEnsemble is wrapped by every error about an ensemble.
var ErrEnsemble = errors.New("ising: invalid ensemble")

// An Ensemble is a distribution of independent couplings.
type Ensemble struct {
	// Couplings is Gaussian, Uniform or PlusMinus.
	Couplings string `json:"couplings"`
	// Negative is the probability of -1 in the PlusMinus ensemble, in [0, 1]. The
	// other ensembles do not use it and want 0.
	Negative float64 `json:"negative"`
	// Dilution is the probability that a bond is missing, in [0, 1].
	Dilution float64 `json:"dilution"`
}

// Validate reports the first setting out of its range.
func (e Ensemble) Validate() error {
	switch e.Couplings {
	case PlusMinus:
	case Gaussian, Uniform:
		if e.Negative != 0 {
			return fmt.Errorf("%w: negative = %v, want 0 unless couplings = %s", ErrEnsemble, e.Negative, PlusMinus)
		}
	default:
		return fmt.Errorf("%w: couplings = %q, want %s, %s or %s", ErrEnsemble, e.Couplings, Gaussian, Uniform, PlusMinus)
	}
	if !(e.Negative >= 0 && e.Negative <= 1) {
		return fmt.Errorf("%w: negative = %v, want a probability", ErrEnsemble, e.Negative)
	}
	if !(e.Dilution >= 0 && e.Dilution <= 1) {
		return fmt.Errorf("%w: dilution = %v, want a probability", ErrEnsemble, e.Dilution)
	}
	return nil
}

// Draw returns an instance with couplings from the ensemble, which must be valid.
func (e Ensemble) Draw(l *Lattice, rng *rand.Rand) *Instance {
	J := make([]float64, l.Slots())
	for k := range l.Bonds() {
		if e.Dilution > 0 && rng.Float64() < e.Dilution {
			continue
		}
		switch e.Couplings {
		case Gaussian:
			J[k] = rng.NormFloat64()
		case Uniform:
			J[k] = 2*rng.Float64() - 1
		case PlusMinus:
			J[k] = 1
			if rng.Float64() < e.Negative {
				J[k] = -1
			}
		}
	}
	return &Instance{Lattice: l, J: J}
}
