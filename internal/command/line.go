package command

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange prepares the arguments for the library, which takes everything after the first
// file for a file, and shows help only where nothing else is said.
func arrange(commands []*cli.Command, args []string) []string {
	if len(args) > 0 && args[0] == "help" {
		if args = args[1:]; len(args) > 0 && args[0] != "help" {
			args = append(args[:1:1], "--help")
		} else {
			args = []string{"--help"}
		}
	}
	if len(args) == 0 {
		return args
	}
	k := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.Name == args[0] })
	if k < 0 {
		return args
	}
	help := []string{args[0], "--help"}
	if slices.Equal(args[1:], []string{"help"}) {
		return help
	}
	args = spreadLists(args)
	flags, files := args[:1:1], []string{}
	for rest := args[1:]; len(rest) > 0; rest = rest[1:] {
		a := rest[0]
		switch {
		case a == "--":
			files = append(files, rest[1:]...)
			rest = rest[:1]
		case isHelp(a):
			return help
		case len(a) < 2 || a[0] != '-':
			files = append(files, a)
		default:
			flags = append(flags, a)
			if !takesValue(commands[k], a) {
				continue
			}
			if len(rest) == 1 || strings.HasPrefix(rest[1], "--") && !isHelp(rest[1]) {
				return flags // the parser says that the last one lacks its value
			}
			if isHelp(rest[1]) {
				return help
			}
			flags = append(flags, rest[1])
			rest = rest[1:]
		}
	}
	return slices.Concat(flags, []string{"--"}, files)
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

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

// usageError is a mistake on the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// What the library's parser says.
var (
	unknownFlag = regexp.MustCompile(`^flag provided but not defined: -(.*)$`)
	lacksValue  = regexp.MustCompile(`^flag needs an argument: -(.*)$`)
	numeric     = regexp.MustCompile(`^[-+.0-9]+$`)
	badValue    = regexp.MustCompile(`^invalid (?:boolean )?value ("(?:[^"\\]|\\.)*") for (?:flag )?-([^:]*): (.*)$`)
)

// onUsageError puts what the parser says into our words.
func onUsageError(c *cli.Context, err error, _ bool) error {
	command, flags := "spinlearn", []cli.Flag{cli.HelpFlag, cli.VersionFlag}
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != command {
		command, flags = command+" "+c.Command.Name, c.Command.Flags
	}
	text := err.Error()
	switch {
	case unknownFlag.MatchString(text):
		var names []string
		for _, f := range flags {
			names = append(names, f.Names()...)
		}
		name := unknownFlag.FindStringSubmatch(text)[1]
		suggestion := didYouMean(name, names)
		if suggestion != "" {
			suggestion = strings.Replace(suggestion, "mean ", "mean --", 1)
		}
		text = "unknown flag --" + name + suggestion
	case lacksValue.MatchString(text):
		text = "--" + lacksValue.FindStringSubmatch(text)[1] + " lacks its value"
	case badValue.MatchString(text):
		m := badValue.FindStringSubmatch(text)
		quoted, name, why := m[1], m[2], m[3]
		switch {
		case quoted == `""`:
			text = "--" + name + " is empty"
		case why == "parse error": // of a switch, the only type of the library's own
			text = fmt.Sprintf("--%s = %s, want true or false", name, quoted)
		default:
			if bare := strings.Trim(quoted, `"`); numeric.MatchString(bare) {
				quoted = bare
			}
			text = fmt.Sprintf("--%s = %s, %s", name, quoted, why)
		}
	}
	return usagef("%s; see %s --help", text, command)
}

// What packages say of their settings.
var (
	packagePrefix = regexp.MustCompile(`\w+: invalid (?:settings|lattice): `)
	settingName   = regexp.MustCompile(`^[A-Za-z-]+ = `)
	innerCapital  = regexp.MustCompile(`([a-z])([A-Z])`)
)

// inFlags names the flag in place of the field of a package's settings: "solver: invalid
// settings: TimeLimit = -1s" becomes "--time-limit = -1s".
func inFlags(text string) string {
	bare := packagePrefix.ReplaceAllString(text, "")
	if bare == text {
		return text
	}
	return settingName.ReplaceAllStringFunc(bare, func(name string) string {
		name = strings.ToLower(innerCapital.ReplaceAllString(name, "$1-$2"))
		return "--" + strings.Replace(name, "families", "reads", 1) // of tempering
	})
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
		name := f.Names()[0]
		if _, ok := f.(*cli.StringFlag); ok && c.IsSet(name) && c.String(name) == "" {
			return usagef("--%s is empty; see spinlearn %s --help", name, c.Command.Name)
		}
	}
	for _, name := range needed {
		if !c.IsSet(name) {
			return usagef("--%s is missing; see spinlearn %s --help", name, c.Command.Name)
		}
	}
	return nil
}
