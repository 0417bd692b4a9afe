package samples

import (
	"embed"
	"errors"
	"fmt"
	"slices"

	"spinlearn/ising"
)

//go:generate go run ./gen -out .

//go:embed *.spin *.json
var files embed.FS

// A Sample says how an instance was drawn.
type Sample struct {
	Name     string
	Shape    []int
	Boundary string // in words, as [ising.ParseBoundary] reads them
	Ensemble ising.Ensemble
	Seed     uint64
}

// All lists the samples.
func All() []Sample { return slices.Clone(all) }

var (
	gaussian  = ising.Ensemble{Couplings: ising.Gaussian}
	uniform   = ising.Ensemble{Couplings: ising.Uniform}
	plusMinus = ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.5}
	diluted   = ising.Ensemble{Couplings: ising.Gaussian, Dilution: 0.2}
)

var all = []Sample{
	{"torus-gauss-16", []int{16, 16}, "periodic", gaussian, 1},
	{"torus-gauss-32", []int{32, 32}, "periodic", gaussian, 1},
	{"torus-pm-16", []int{16, 16}, "periodic", plusMinus, 1},
	{"torus-pm-32", []int{32, 32}, "periodic", plusMinus, 1},
	{"cylinder-gauss-20x16", []int{20, 16}, "cylinder", gaussian, 1},
	{"free-uniform-16", []int{16, 16}, "free", uniform, 1},
	{"free-diluted-24", []int{24, 24}, "free", diluted, 1},
	{"cube-gauss-4", []int{4, 4, 4}, "periodic", gaussian, 1},
	{"cube-gauss-5", []int{5, 5, 5}, "periodic", gaussian, 1},
	{"cube-pm-4", []int{4, 4, 4}, "periodic", plusMinus, 1},
	{"cube-pm-5", []int{5, 5, 5}, "periodic", plusMinus, 1},
}

// ErrUnknown is wrapped by the error about a name that no sample has.
var ErrUnknown = errors.New("samples: no such sample")

// Find returns the sample of that name.
func Find(name string) (Sample, error) {
	for _, s := range all {
		if s.Name == name {
			return s, nil
		}
	}
	return Sample{}, fmt.Errorf("%w called %.40q", ErrUnknown, name)
}

// InstanceFile and CertificateFile are the names of the two files of a sample.
func (s Sample) InstanceFile() string    { return s.Name + ".spin" }
func (s Sample) CertificateFile() string { return s.Name + ".json" }

// Instance returns the text of the instance.
func (s Sample) Instance() []byte { return read(s.InstanceFile()) }

// Certificate returns the text of the certificate.
func (s Sample) Certificate() []byte { return read(s.CertificateFile()) }

func read(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return text
}

// Draw makes the instance anew, as generate does.
func (s Sample) Draw() (*ising.Instance, error) {
	l, err := ising.ParseLattice(s.Shape, s.Boundary)
	if err != nil {
		return nil, err
	}
	return s.Ensemble.Draw(l, ising.Stream(s.Seed, "couplings", 0)), nil
}
