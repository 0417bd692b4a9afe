package command

import (
	"bytes"
	"fmt"

	"github.com/urfave/cli/v2"

	"spinlearn/internal/atomicfile"
	"spinlearn/ising/instancefile"
)

// convertOptions are what the flags of convert say.
type convertOptions struct {
	from, to, sign, outSign string
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
keep their order and numbers their last bit. OUT is - for standard output.

The sign plus says that the function of a file is to be minimised, H = +Σ w s s, as
in MaxCut; minus that it is to be maximised, H = -Σ w s s, so that weights are
couplings J. Files of our own format mean minus, others plus unless told.

Example:
   spinlearn convert G11.rud G11.json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "format of IN", DefaultText: "by its content", Destination: &o.from},
			&cli.StringFlag{Name: "to", Usage: "format of OUT", DefaultText: "by its ending", Destination: &o.to},
			&cli.StringFlag{Name: "sign", Usage: "plus or minus, of IN", DefaultText: "that of its format", Destination: &o.sign},
			&cli.StringFlag{Name: "out-sign", Usage: "plus or minus, of OUT", DefaultText: "that of its format", Destination: &o.outSign},
		},
		Action: func(c *cli.Context) error {
			if err := checkFiles(c); err != nil {
				return err
			}
			in, out := c.Args().Get(0), c.Args().Get(1)
			text, summary, err := convert(in, out, &o)
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
			_, err = fmt.Fprintf(c.App.Writer, "%s: %s\n", out, summary)
			return err
		},
	}
}

// convert returns the text of the file out and what is in it.
func convert(in, out string, o *convertOptions) (text []byte, summary string, err error) {
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
	f, err := instancefile.Open(in, from)
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
		summary += fmt.Sprintf("; it cannot hold the constant %v by which H of %s is more", left, in)
	}
	return b.Bytes(), summary, nil
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
