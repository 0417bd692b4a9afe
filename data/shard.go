package data

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"spinlearn/ising"
)

// encodeShard returns the npz file of instances on one lattice. Either all have walls or none
// has. The file is not compressed, so that its bytes do not depend on the version of a
// compressor.
func encodeShard(l *ising.Lattice, solved []*ising.Solved) ([]byte, error) {
	n := len(solved)
	var (
		couplings = make([]float64, 0, n*l.Slots())
		spins     = make([]int8, 0, n*l.Sites())
		energy    = make([]float64, n)
		bound     = make([]float64, n)
		walls     []float64
	)
	for i, s := range solved {
		couplings = append(couplings, s.J...)
		spins = append(spins, s.Spins...)
		walls = append(walls, s.Walls...)
		energy[i], bound[i] = s.Energy, s.Bound
	}

	var file bytes.Buffer
	z := zip.NewWriter(&file)
	err := errors.Join(
		writeArray(z, "couplings", couplings, couplingsShape(n, l)...),
		writeArray(z, "spins", spins, spinsShape(n, l)...),
		writeArray(z, "energy", energy, n),
		writeArray(z, "bound", bound, n))
	if walls != nil {
		err = errors.Join(err, writeArray(z, "walls", walls, couplingsShape(n, l)...))
	}
	err = errors.Join(err, z.Close())
	return file.Bytes(), err
}

func couplingsShape(n int, l *ising.Lattice) []int {
	return slices.Concat([]int{n, l.Axes()}, l.Shape())
}

func spinsShape(n int, l *ising.Lattice) []int {
	return slices.Concat([]int{n}, l.Shape())
}

func writeArray[T element](z *zip.Writer, name string, data []T, shape ...int) error {
	w, err := z.CreateHeader(&zip.FileHeader{
		Name:     name + ".npy",
		Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), // the earliest that zip can express
	})
	if err != nil {
		return err
	}
	return writeNpy(w, data, shape...)
}

// decodeShard reads the npz file of n instances on the lattice, with or without walls,
// and checks every one of them.
func decodeShard(file []byte, l *ising.Lattice, n int, hasWalls bool) ([]*ising.Solved, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, fmt.Errorf("not an npz file: %w", err)
	}
	couplings, err1 := readArray[float64](z, "couplings", couplingsShape(n, l)...)
	spins, err2 := readArray[int8](z, "spins", spinsShape(n, l)...)
	energy, err3 := readArray[float64](z, "energy", n)
	bound, err4 := readArray[float64](z, "bound", n)
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	var walls []float64
	if hasWalls {
		if walls, err = readArray[float64](z, "walls", couplingsShape(n, l)...); err != nil {
			return nil, err
		}
		if len(z.File) != 5 {
			return nil, fmt.Errorf("%d arrays, want couplings, spins, energy, bound and walls alone", len(z.File))
		}
	} else if len(z.File) != 4 {
		return nil, fmt.Errorf("%d arrays, want couplings, spins, energy and bound alone", len(z.File))
	}

	solved := make([]*ising.Solved, n)
	bonds, sites := l.Slots(), l.Sites()
	for i := range solved {
		in, err := ising.NewInstance(l, couplings[i*bonds:(i+1)*bonds:(i+1)*bonds])
		if err != nil {
			return nil, fmt.Errorf("instance %d of the shard: %w", i, err)
		}
		solved[i] = &ising.Solved{Instance: in, Spins: spins[i*sites : (i+1)*sites : (i+1)*sites], Energy: energy[i], Bound: bound[i]}
		if hasWalls {
			solved[i].Walls = walls[i*bonds : (i+1)*bonds : (i+1)*bonds]
		}
		if err := check(solved[i], hasWalls); err != nil {
			return nil, fmt.Errorf("instance %d of the shard: %w", i, err)
		}
	}
	return solved, nil
}

func readArray[T element](z *zip.Reader, name string, shape ...int) ([]T, error) {
	for _, f := range z.File {
		if f.Name != name+".npy" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
		defer r.Close()
		data, err := readNpy[T](r, shape...)
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
		return data, nil
	}
	return nil, fmt.Errorf("array %s is missing", name)
}

// summing bounds the error of an energy that was summed in float64, as other programs and
// earlier versions of this one do.
func summing(J []float64) (most float64) {
	for _, v := range J {
		most += math.Abs(v)
	}
	return most * float64(len(J)) * 0x1p-53
}

// check reports what is wrong with a solved instance whose couplings are valid. It replaces
// the energy by that of the spins, which may have other last digits.
func check(s *ising.Solved, hasWalls bool) error {
	if len(s.Spins) != s.Sites() {
		return fmt.Errorf("%d spins, want %d", len(s.Spins), s.Sites())
	}
	for i, v := range s.Spins {
		if v != 1 && v != -1 {
			return fmt.Errorf("spin %d at site %d, want 1 or -1", v, i)
		}
	}
	// A comparison with NaN is false, so each condition is stated and then negated.
	e := s.Instance.Energy(s.Spins)
	if !(math.Abs(s.Energy-e) <= summing(s.J)) {
		return fmt.Errorf("energy %v, but the spins have %v", s.Energy, e)
	}
	s.Energy = e
	if !math.IsNaN(s.Bound) && !(s.Bound <= s.Energy+summing(s.J) && s.Bound >= -math.MaxFloat64) {
		return fmt.Errorf("bound %v, want NaN or a lower bound of the energy %v", s.Bound, s.Energy)
	}
	s.Bound = min(s.Bound, s.Energy)
	if !hasWalls {
		return nil
	}
	if len(s.Walls) != s.Slots() {
		return fmt.Errorf("%d walls, want %d", len(s.Walls), s.Slots())
	}
	for k, D := range s.Walls {
		if !(D >= 0 && D <= math.MaxFloat64) || D != 0 && s.J[k] == 0 {
			return fmt.Errorf("wall energy %v of bond %d with coupling %v, want at least 0, and 0 for missing bonds", D, k, s.J[k])
		}
	}
	return nil
}
