package command

import (
	"bytes"
	"fmt"

	"github.com/urfave/cli/v2"

	"spinlearn/data"
	"spinlearn/internal/atomicfile"
	"spinlearn/internal/safetext"
	"spinlearn/ising/instancefile"
)

// convertOptions are what the flags of convert say.
type convertOptions struct {
	from, to, sign, outSign string
	instance                int // of a dataset
}

func convertCommand() *cli.Command {
	o := convertOptions{}
	return &cli.Command{
		Name:      "convert",
		Usage:     "write an instance file in another format",
		ArgsUsage: "IN OUT",
		Description: `Formats are edgelist (rudy, Gset, Biq Mac, mc, DIMACS), coo and coo-binary (dimod
coordinates), bqm and bqm-binary (dimod JSON), qubo (qbsolv), qs (Biq Mac sparse
matrix) and spinlearn (our own). IN is recognised by its content, OUT by its
ending: .rud .mc .edges .dat .coo .json .qubo .qs .sparse .bq .spin. The vertices
keep their order and numbers their last bit. OUT is - for standard output. IN may be
a dataset, of which one instance is taken.

The sign plus says that the function of a file is to be minimised, H = +Σ w s s, as
in MaxCut; minus that it is to be maximised, H = -Σ w s s, so that weights are
couplings J. Files of our own format mean minus, others plus unless told.

Example:
   spinlearn convert G11.rud G11.json
   spinlearn convert train first.rud --instance 0`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "format of IN", DefaultText: "by its content", Destination: &o.from},
			&cli.StringFlag{Name: "to", Usage: "format of OUT", DefaultText: "by its ending", Destination: &o.to},
			&cli.StringFlag{Name: "sign", Usage: "plus or minus, of IN", DefaultText: "that of its format", Destination: &o.sign},
			&cli.StringFlag{Name: "out-sign", Usage: "plus or minus, of OUT", DefaultText: "that of its format", Destination: &o.outSign},
			&cli.IntFlag{Name: "instance", Usage: "of a dataset, from 0", Destination: &o.instance},
		},
		Action: func(c *cli.Context) error {
			if err := checkFiles(c); err != nil {
				return err
			}
			in, out := c.Args().Get(0), c.Args().Get(1)
			if err := checkOut([]string{in}, out); err != nil {
				return err
			}
			text, summary, err := convert(in, out, &o, c.IsSet("instance"))
			if err != nil {
				return err
			}
			if out == "-" {
				if _, err := c.App.Writer.Write(text); err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.App.ErrWriter, "standard output: %s\n", summary)
				return err
			}
			if err := atomicfile.Write(out, text); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.App.Writer, "%s: %s\n", safetext.Terminal(out), summary)
			return err
		},
	}
}

// convert returns the text of the file out and what is in it.
func convert(in, out string, o *convertOptions, instance bool) (text []byte, summary string, err error) {
	from, err := instanceSettings("from", o.from, "sign", o.sign)
	if err != nil {
		return nil, "", err
	}
	to, err := instanceSettings("to", o.to, "out-sign", o.outSign)
	if err != nil {
		return nil, "", err
	}
	if to.Format == "" {
		to.Format = instancefile.FormatOf(out)
	}
	if to.Format == "" {
		return nil, "", usagef("--to is missing, and the ending of %s tells no format; see spinlearn convert --help", out)
	}
	var f *instancefile.File
	kind, err := kindOf(in)
	switch {
	case err != nil:
	case kind == datasetKind && *from != (instancefile.Settings{}):
		err = usagef("--from and --sign are for instance files, %s is a dataset", in)
	case kind == datasetKind:
		f, err = instanceOf(in, o.instance)
	case instance:
		err = usagef("--instance is for datasets, %s is none", in)
	default:
		f, err = openInstance(in, from)
	}
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	if err := instancefile.Write(&b, f, to); err != nil {
		return nil, "", fmt.Errorf("--out-sign: %w", err)
	}
	left, err := f.Constant(to)
	if err != nil {
		return nil, "", err
	}
	summary = fmt.Sprintf("%s, %s, %v", to.Format, function(to.Format, to.Sign), f.Lattice)
	if f.Ghost {
		summary += ", the last site the ghost spin of the fields"
	}
	if left != 0 {
		summary += fmt.Sprintf("; it cannot hold the constant %v by which H of %s is more", left, safetext.Terminal(in))
	}
	return b.Bytes(), summary, nil
}

// instanceOf returns instance k of a dataset.
func instanceOf(dir string, k int) (*instancefile.File, error) {
	d, err := data.Open(dir)
	if err != nil {
		return nil, err
	}
	if k < 0 || k >= d.Len() {
		return nil, usagef("--instance = %d, %s has 0 to %d", k, dir, d.Len()-1)
	}
	solved, err := take(d, k+1)
	if err != nil {
		return nil, err
	}
	e := d.Description().Ensemble
	return &instancefile.File{Instance: solved[k].Instance, Ensemble: &e}, nil
}

// instanceSettings reads two flags that may be empty.
func instanceSettings(formatFlag, format, signFlag, sign string) (*instancefile.Settings, error) {
	set := &instancefile.Settings{}
	var err error
	if format != "" {
		if set.Format, err = instancefile.ParseFormat(format); err != nil {
			return nil, usagef("--%s: %w", formatFlag, err)
		}
	}
	if sign != "" {
		if set.Sign, err = instancefile.ParseSign(sign); err != nil {
			return nil, usagef("--%s: %w", signFlag, err)
		}
	}
	return set, nil
}

// function says what a file's numbers mean.
func function(format instancefile.Format, sign instancefile.Sign) string {
	minus := sign == instancefile.Minus || format == instancefile.Native
	switch {
	case format.Binary() && minus:
		return "H = -f of variables 0 and 1"
	case format.Binary():
		return "H = f of variables 0 and 1"
	case minus:
		return "H = -Σ w s s"
	}
	return "H = +Σ w s s"
}
