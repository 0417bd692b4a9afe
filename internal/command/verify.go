package command

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"spinlearn/solver/certificate"
)

// verifyOptions are what the flags of verify say.
type verifyOptions struct {
	from, sign string
}

func verifyCommand() *cli.Command {
	o := verifyOptions{}
	return &cli.Command{
		Name:      "verify",
		Usage:     "check the certificate of a lower bound or ground state",
		ArgsUsage: "INSTANCE CERTIFICATE",
		Description: `Checks every step of a certificate of solve against the instance, with shortest paths,
sums and parities alone: the checker shares no code with the solver. It says what is
proven, or which step fails, with exit code 1. One of the files may be - for standard
input.

Examples:
   spinlearn verify G11.rud G11.json
   spinlearn verify sample:cube-pm-5 sample:cube-pm-5`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "format of INSTANCE", DefaultText: "by its content", Destination: &o.from},
			&cli.StringFlag{Name: "sign", Usage: "plus (H = Σ w s s) or minus (H = -Σ w s s)", DefaultText: "by its format and ending", Destination: &o.sign},
		},
		Action: func(c *cli.Context) error {
			if err := checkFiles(c); err != nil {
				return err
			}
			if err := checkDashes(c); err != nil {
				return err
			}
			return verify(c.Context, c.App.Reader, c.App.Writer, c.Args().Get(0), c.Args().Get(1), &o)
		},
	}
}

func verify(ctx context.Context, stdin io.Reader, stdout io.Writer, instance, proof string, o *verifyOptions) error {
	set, err := instanceSettings("from", o.from, "sign", o.sign)
	if err != nil {
		return err
	}
	f, err := openInstance(stdin, instance, set)
	if err != nil {
		return err
	}
	c, err := openCertificate(ctx, stdin, proof, certificate.MaxSize(f.Sites(), f.Slots()))
	if err != nil {
		return err
	}
	v, err := checkProof(c, proof, f)
	if err != nil {
		return err
	}
	energy, bound := plain(f.FileEnergy(v.Spins)), plain(f.FileBound(v.Spins, v.Bound))
	if v.Proven && v.Rounding > 0 {
		_, err = fmt.Fprintf(stdout, "proven: no configuration has an energy that is lower by more than the rounding, %.2g; energy %s, bound %s\n",
			v.Rounding, energy, bound)
		return err
	}
	if v.Proven {
		_, err = fmt.Fprintf(stdout, "proven: the spins are a ground state; energy %s, bound %s\n", energy, bound)
		return err
	}
	text := fmt.Sprintf("bound: no energy is below %s; the spins have %s\n", bound, energy)
	if f.Integers().Lost >= 0 {
		text += "note: " + lostCoupling + "\n"
	}
	_, err = io.WriteString(stdout, text)
	return err
}
