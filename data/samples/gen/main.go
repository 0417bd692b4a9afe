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
	"spinlearn/internal/atomicfile"
	"spinlearn/ising/instancefile"
	"spinlearn/solver"
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
	r, err := solver.Exact(ctx, in, nil)
	if err != nil {
		return err
	}
	if r.Certificate == nil {
		return fmt.Errorf("%v by %s, without a certificate", r.Status, r.Method)
	}
	r.Certificate.Program = "spinlearn/data/samples/gen"
	if err := r.Certificate.Write(&proof); err != nil {
		return err
	}
	v, err := r.Certificate.Check(in)
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
