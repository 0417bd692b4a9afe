// Gen writes the files of package samples: it draws every instance, proves its ground
// state and checks the proof.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"spinlearn/data/samples"
	"spinlearn/internal/base/atomicfile"
	"spinlearn/ising/instancefile"
	"spinlearn/solver"
	"spinlearn/solver/exact"
)

func main() {
	out := flag.String("out", ".", "folder of the files")
	flag.Parse()
	for _, s := range samples.All() {
		if err := write(context.Background(), *out, s); err != nil {
			fmt.Fprintf(os.Stderr, "gen: %s: %v\n", s.Name, err)
			os.Exit(1)
		}
	}
}

// write writes the two files of a sample.
func write(ctx context.Context, dir string, s samples.Sample) error {
	in, err := s.Draw()
	if err != nil {
		return err
	}
	var instance, proof bytes.Buffer
	f := &instancefile.File{Instance: in, Ensemble: &s.Ensemble}
	if err := instancefile.Write(&instance, f, &instancefile.Settings{Format: instancefile.Native}); err != nil {
		return err
	}
	r, err := exact.Default().Solve(ctx, in, solver.Budget{}, nil)
	if err != nil {
		return err
	}
	if r.Proof == nil {
		return fmt.Errorf("%v by %s, without a certificate", r.Status, r.Search)
	}
	r.Proof.Program = "spinlearn/data/samples/gen"
	if err := r.Proof.Write(&proof); err != nil {
		return err
	}
	v, err := r.Proof.Check(in)
	if err != nil {
		return err
	}
	if !v.Proven {
		return fmt.Errorf("the bound is %v, the energy %v", v.Bound, v.Energy)
	}
	if err := atomicfile.Write(filepath.Join(dir, s.InstanceFile()), instance.Bytes()); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, s.CertificateFile()), proof.Bytes())
}
