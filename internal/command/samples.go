package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"spinlearn/data/samples"
	"spinlearn/ising/instancefile"
	"spinlearn/solver/certificate"
)

// samplePrefix begins what stands for a sample where a command takes an instance file.
const samplePrefix = "sample:"

func samplesCommand() *cli.Command {
	var lines bool
	return &cli.Command{
		Name:  "samples",
		Usage: "list the instances that are part of the program",
		Description: `solve, predict, verify, inspect, convert and bench take the name of a sample in place of
an instance file; verify takes it for the certificate too. The list is made after each
energy has been checked against its certificate. Sample S is the first instance of
spinlearn generate --shape … --boundary … --couplings … --seed …

Examples:
   spinlearn solve sample:torus-gauss-16
   spinlearn verify sample:torus-gauss-16 sample:torus-gauss-16
   spinlearn convert sample:torus-gauss-16 torus.rud`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print a JSON object a line", Destination: &lines}},
		Action: func(c *cli.Context) error {
			if err := checkLine(c); err != nil {
				return err
			}
			var b bytes.Buffer
			if err := listSamples(&b, lines); err != nil {
				return err
			}
			_, err := c.App.Writer.Write(b.Bytes())
			return err
		},
	}
}

func listSamples(w io.Writer, lines bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if !lines {
		fmt.Fprintln(table, "name\tlattice\tcouplings\tdilution\tseed\tground-state energy")
	}
	for _, s := range samples.All() {
		f, v, err := checkedSample(s)
		if err != nil {
			return err
		}
		name := samplePrefix + s.Name
		if !lines {
			fmt.Fprintf(table, "%s\t%v\t%s\t%v\t%d\t%s\n", name, f.Lattice, s.Ensemble.Couplings, s.Ensemble.Dilution, s.Seed, plain(v.Energy))
			continue
		}
		err = json.NewEncoder(w).Encode(struct {
			Name      string  `json:"name"`
			Shape     []int   `json:"shape"`
			Boundary  string  `json:"boundary"`
			Couplings string  `json:"couplings"`
			Negative  float64 `json:"negative"`
			Dilution  float64 `json:"dilution"`
			Seed      uint64  `json:"seed"`
			Energy    float64 `json:"energy_j"`
			Proven    bool    `json:"proven"`
		}{name, s.Shape, s.Boundary, s.Ensemble.Couplings, s.Ensemble.Negative, s.Ensemble.Dilution, s.Seed, v.Energy, v.Proven})
		if err != nil {
			return err
		}
	}
	return table.Flush()
}

// checkedSample returns the instance of a sample and its ground state's energy, proven by
// its certificate.
func checkedSample(s samples.Sample) (*instancefile.File, *certificate.Verdict, error) {
	path := samplePrefix + s.Name
	f, err := openInstance(nil, path, nil)
	if err != nil {
		return nil, nil, err
	}
	c, err := openCertificate(context.Background(), nil, path, certificate.LargestSize)
	if err != nil {
		return nil, nil, err
	}
	v, err := c.Check(f.Instance)
	if err == nil && !v.Proven {
		err = fmt.Errorf("%s: the bound is %v, the energy %v", path, v.Bound, v.Energy)
	}
	return f, v, err
}

// findSample returns the sample that a path stands for, if it stands for one.
func findSample(path string) (s samples.Sample, is bool, err error) {
	name, is := strings.CutPrefix(path, samplePrefix)
	if !is {
		return s, false, nil
	}
	if s, err = samples.Find(name); err != nil {
		var names []string
		for _, known := range samples.All() {
			names = append(names, samplePrefix+known.Name)
		}
		err = usagef("%s: no such sample%s; see spinlearn samples", path, didYouMean(path, names))
	}
	return s, true, err
}

// openInstance reads an instance file, a sample or standard input.
func openInstance(stdin io.Reader, path string, set *instancefile.Settings) (*instancefile.File, error) {
	s, is, err := findSample(path)
	if err != nil {
		return nil, err
	}
	if is {
		return instancefile.Read(bytes.NewReader(s.Instance()), path, set)
	}
	if path == dash {
		return instancefile.Read(stdin, stdinName, set)
	}
	f, err := instancefile.Open(path, set)
	if err != nil {
		if kind, kindErr := kindOf(path); kindErr == nil && kind != instanceKind {
			return nil, fmt.Errorf("%s is no instance file but of kind %s; see spinlearn inspect %s", path, kind, path)
		}
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
			return nil, fmt.Errorf("%s is a folder, want an instance file", path)
		}
	}
	return f, err
}

// openCertificate reads a certificate of at most limit bytes, that of a sample, or standard
// input.
func openCertificate(ctx context.Context, stdin io.Reader, path string, limit int64) (*certificate.Certificate, error) {
	s, is, err := findSample(path)
	if err != nil {
		return nil, err
	}
	if is {
		return certificate.Parse(s.Certificate(), path)
	}
	text, name, err := readFile(ctx, stdin, path, limit)
	if err != nil {
		return nil, err
	}
	return certificate.Parse(text, name)
}
