package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/internal/base/safetext"
	"spinlearn/ising/instancefile"
	"spinlearn/solver"
)

// Version of the program. It is kept in datasets and models.
const Version = "0.1.0"

const program = "spinlearn " + Version

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// Run runs the command line without the program's name and returns the exit code.
// Results go to stdout, progress and errors to stderr. An interrupt ends the work in
// order; a second one ends the program.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return execute(ctx, args, stdin, stdout, stderr)
}

func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	app := &cli.App{
		Name:            "spinlearn",
		Usage:           "spin glasses: proven ground states, networks, comparisons",
		Version:         Version,
		Description:     "spinlearn COMMAND --help, or spinlearn help COMMAND, describes a command.",
		HideHelpCommand: true,
		Reader:          patientReader{ctx, stdin},
		Writer:          stdout,
		ErrWriter:       stderr,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    onUsageError,
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return usagef("unknown command %q%s; see spinlearn --help", name, didYouMean(name, commandNames(c.App)))
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			solveCommand(), predictCommand(), verifyCommand(), generateCommand(), trainCommand(), compareCommand(), demoCommand(), reproduceCommand(), benchCommand(),
			convertCommand(), inspectCommand(), samplesCommand(), completionCommand(), manCommand(), versionCommand(),
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = onUsageError
		c.HideHelpCommand = true
		c.CustomHelpTemplate = helpOf(c)
		c.Before = checkKernel
	}
	err := app.RunContext(ctx, append([]string{app.Name}, arrange(app.Commands, args)...))
	if err == nil {
		return exitOK
	}
	code, text := exitCode(err), strings.ReplaceAll(err.Error(), "\n", "; ")
	if code == exitUsage {
		text = inFlags(text)
	}
	fmt.Fprintf(stderr, "spinlearn: %s\n", safetext.Terminal(text))
	return code
}

func exitCode(err error) int {
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	for _, settings := range []error{data.ErrSettings, solver.ErrSettings, cnn.ErrSettings, instancefile.ErrSettings} {
		if errors.Is(err, settings) && !errors.Is(err, cnn.ErrFormat) { // the latter read from a file
			return exitUsage
		}
	}
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	return exitFailure
}

// checkKernel refuses an environment that asks for kernels which this processor lacks,
// before a command does anything.
func checkKernel(*cli.Context) error { return cnn.CheckKernel() }

// interruptHint adds to the error of an interrupt how to go on.
func interruptHint(err error, hint string) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w; %s", err, hint)
	}
	return err
}
