package command

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"spinlearn/data"
	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/base/safetext"
	"spinlearn/ising/instancefile"
)

// convertOptions are what the flags of convert say.
type convertOptions struct {
	from, to, sign, outSign string
	instance                int // of a dataset
	stdin                   io.Reader
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
ending: .rud .mc .edges .dat .sg .gsg .coo .json .qubo .qs .sparse .bq .spin. The
vertices keep their order and numbers their last bit. IN may be a dataset, of which
one instance is taken. IN may be - for standard input, OUT - for standard output.

IN may be compressed by gzip or bzip2, and its fields may be separated by commas. An
edge list may have further fields in its header, no header, no weights, vertices
counted from 0, and every bond in both directions. Where the content leaves open
whether the first line is a header, give --from edgelist if it is one, --from coo if
it is a bond. With either of these, lines "i i h" are fields of spins; with --from qs
they are entries of a matrix of 0-1 variables.

The sign plus says that the function of a file is to be minimised, H = +Σ w s s, as
in MaxCut; minus that it is to be maximised, H = -Σ w s s, so that weights are
couplings J. Files of our own format mean minus, and so do edge lists whose names
end in .sg or .gsg; others mean plus unless told.

Example:
   spinlearn convert G11.rud G11.json
   spinlearn convert train first.rud --instance 0`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "format of IN", DefaultText: "by its content", Destination: &o.from},
			&cli.StringFlag{Name: "to", Usage: "format of OUT", DefaultText: "by its ending", Destination: &o.to},
			&cli.StringFlag{Name: "sign", Usage: "plus or minus, of IN", DefaultText: "by its format and ending", Destination: &o.sign},
			&cli.StringFlag{Name: "out-sign", Usage: "plus or minus, of OUT", DefaultText: "by its format and ending", Destination: &o.outSign},
			&cli.GenericFlag{Name: "instance", Value: one(&o.instance, atLeast(0)), Usage: "number of the instance of a dataset, counted from 0", DefaultText: "0"},
		},
		Action: func(c *cli.Context) error {
			if err := checkFiles(c); err != nil {
				return err
			}
			in, out := c.Args().Get(0), c.Args().Get(1)
			if err := checkOut([]string{in}, out); err != nil {
				return err
			}
			o.stdin = c.App.Reader
			text, summary, err := convert(in, out, &o, c.IsSet("instance"))
			if err != nil {
				return err
			}
			if out == dash {
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
	if e := strings.ToLower(filepath.Ext(out)); e == ".gz" || e == ".bz2" {
		return nil, "", usagef("%s: convert does not compress; write to - and compress that", out)
	}
	if to.Sign == instancefile.Default && (to.Format == instancefile.EdgeList || to.Format == instancefile.COO) {
		to.Sign = instancefile.SignOf(out)
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
		f, err = openInstance(o.stdin, in, from)
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
	summary = fmt.Sprintf("%s, %s, %s", to.Format, function(to.Format, to.Sign), latticeOf(f))
	if f.SignBy != "" {
		summary += fmt.Sprintf("; read as %s", convention(f))
	}
	if left != 0 {
		summary += fmt.Sprintf("; it cannot hold the constant %v by which H of %s is more", left, safetext.Terminal(label(in)))
	}
	return b.Bytes(), summary, nil
}

// instanceOf returns instance k of a dataset.
func instanceOf(dir string, k int) (*instancefile.File, error) {
	d, err := data.Open(dir)
	if err != nil {
		return nil, err
	}
	if k >= d.Len() {
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
		if set.Format, err = word(instancefile.Formats()...)(format); err != nil {
			return nil, usagef("--%s = %q, %w", formatFlag, format, err)
		}
	}
	if sign != "" {
		if set.Sign, err = instancefile.ParseSign(sign); err != nil {
			return nil, usagef("--%s = %q, want plus (H = +Σ w s s) or minus (H = -Σ w s s)%s", signFlag, sign, didYouMean(sign, []string{"plus", "minus"}))
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
