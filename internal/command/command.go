// Package command is the command line: one file a command, with its flags, the files
// it touches and nothing that another package could compute.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/internal/safetext"
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
func Run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return execute(ctx, args, stdout, stderr)
}

func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	app := &cli.App{
		Name:            "spinlearn",
		Usage:           "spin glasses with ground states, networks that predict them, and an honest comparison",
		Version:         Version,
		HideHelpCommand: true,
		Writer:          stdout,
		ErrWriter:       stderr,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    onUsageError,
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return usagef("unknown command %q; see spinlearn --help", name)
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
		c.Before = checkKernel
	}
	args = flagsFirst(app.Commands, spreadLists(args))
	err := app.RunContext(ctx, append([]string{app.Name}, args...))
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "spinlearn: %s\n", safetext.Terminal(strings.ReplaceAll(err.Error(), "\n", "; ")))
	return exitCode(err)
}

// usageError is a mistake on the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func onUsageError(c *cli.Context, err error, _ bool) error {
	command := "spinlearn"
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != command {
		command += " " + c.Command.Name
	}
	return usagef("%w; see %s --help", err, command)
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

// checkLine refuses arguments that belong to no flag, text flags that are given but
// empty, as by a shell variable that is not set, and the lack of a needed flag. The
// library's own check of needed flags prints the help to stdout.
func checkLine(c *cli.Context, needed ...string) error {
	if c.NArg() > 0 {
		return usagef("unexpected argument %q; see spinlearn %s --help", c.Args().First(), c.Command.Name)
	}
	return checkFlags(c, needed...)
}

// checkFiles is checkLine for a command whose ArgsUsage names its arguments.
func checkFiles(c *cli.Context, needed ...string) error {
	names := strings.Fields(c.Command.ArgsUsage)
	for i, name := range names {
		if c.Args().Get(i) == "" {
			return usagef("%s is missing; see spinlearn %s --help", name, c.Command.Name)
		}
	}
	if c.NArg() > len(names) {
		return usagef("unexpected argument %q; see spinlearn %s --help", c.Args().Get(len(names)), c.Command.Name)
	}
	return checkFlags(c, needed...)
}

func checkFlags(c *cli.Context, needed ...string) error {
	for _, f := range c.Command.Flags {
		if _, ok := f.(*cli.StringFlag); ok && c.IsSet(f.Names()[0]) && c.String(f.Names()[0]) == "" {
			return usagef("--%s is empty; see spinlearn %s --help", f.Names()[0], c.Command.Name)
		}
	}
	for _, name := range needed {
		if !c.IsSet(name) {
			return usagef("--%s is missing; see spinlearn %s --help", name, c.Command.Name)
		}
	}
	return nil
}

// checkKernel refuses an environment that asks for kernels which this processor lacks,
// before a command does anything.
func checkKernel(*cli.Context) error { return cnn.CheckKernel() }

// pathList is the value of a flag that is given once for each path. Unlike the
// library's lists it does not split at commas.
type pathList []string

func (l *pathList) Set(path string) error {
	if path == "" {
		return errors.New("the path is empty")
	}
	*l = append(*l, path)
	return nil
}

func (l *pathList) String() string { return strings.Join(*l, " ") }

// lists names the flags of paths.
var lists = []string{"data", "models", "validation"}

// spreadLists lets a list flag be given several values in a row, as a shell's
// pattern expands to: "--models a b" becomes "--models a --models b".
func spreadLists(args []string) []string {
	var spread []string
	list := "" // flag that further values belong to
	for i, a := range args {
		name, _, hasValue := strings.Cut(a, "=")
		switch {
		case a == "--":
			return append(spread, args[i:]...)
		case slices.Contains(lists, strings.TrimLeft(name, "-")) && strings.HasPrefix(name, "-"):
			list = "--" + strings.TrimLeft(name, "-")
			if hasValue {
				spread = append(spread, a)
			} else if i+1 == len(args) || strings.HasPrefix(args[i+1], "-") {
				spread = append(spread, list+"=") // for the parser to refuse
			}
		case strings.HasPrefix(a, "-"):
			list = ""
			spread = append(spread, a)
		case list != "":
			spread = append(spread, list, a)
		default:
			spread = append(spread, a)
		}
	}
	return spread
}

// flagsFirst moves the flags of a command that takes files before the files, since the
// library takes everything after the first file for one.
func flagsFirst(commands []*cli.Command, args []string) []string {
	if len(args) == 0 {
		return args
	}
	k := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.Name == args[0] && c.ArgsUsage != "" })
	if k < 0 {
		return args
	}
	flags, files := args[:1:1], []string{}
	for rest := args[1:]; len(rest) > 0; rest = rest[1:] {
		a := rest[0]
		switch {
		case a == "--":
			files = append(files, rest[1:]...)
			rest = rest[:1]
		case len(a) < 2 || a[0] != '-':
			files = append(files, a)
		default:
			flags = append(flags, a)
			if takesValue(commands[k], a) && len(rest) > 1 {
				flags = append(flags, rest[1])
				rest = rest[1:]
			}
		}
	}
	return slices.Concat(flags, []string{"--"}, files)
}

// takesValue reports whether the next argument is the value of a flag.
func takesValue(c *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	for _, f := range c.Flags {
		if _, ok := f.(*cli.BoolFlag); slices.Contains(f.Names(), name) {
			return !ok
		}
	}
	return false
}

// interruptHint adds to the error of an interrupt how to go on.
func interruptHint(err error, hint string) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w; %s", err, hint)
	}
	return err
}
