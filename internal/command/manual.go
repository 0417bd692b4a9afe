package command

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

// The shells that completion knows.
var shells = map[string]func(io.Writer, *cli.App){"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion of bash, zsh or fish",
		ArgsUsage: "SHELL",
		Description: `Examples:
   source <(spinlearn completion bash)
   spinlearn completion zsh > ~/.zfunc/_spinlearn
   spinlearn completion fish > ~/.config/fish/completions/spinlearn.fish`,
		Action: func(c *cli.Context) error {
			if err := checkFiles(c); err != nil {
				return err
			}
			shell, err := word("bash", "zsh", "fish")(c.Args().First())
			if err != nil {
				return usagef("SHELL = %q, %w", c.Args().First(), err)
			}
			var b bytes.Buffer
			shells[shell](&b, c.App)
			_, err = c.App.Writer.Write(b.Bytes())
			return err
		},
	}
}

func manCommand() *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "print the manual page",
		Description: `Example:
   spinlearn man > spinlearn.1 && man ./spinlearn.1`,
		Action: func(c *cli.Context) error {
			if err := checkLine(c); err != nil {
				return err
			}
			var b bytes.Buffer
			manual(&b, c.App)
			_, err := c.App.Writer.Write(b.Bytes())
			return err
		},
	}
}

// option is what a flag says of itself.
type option struct {
	names     []string // with their dashes
	usage     string
	value     bool
	byDefault string
}

func options(c *cli.Command) []option {
	var list []option
	flags := c.Flags
	if !slices.Contains(flags, cli.HelpFlag) { // the library adds it to the command that runs
		flags = append(slices.Clone(flags), cli.HelpFlag)
	}
	for _, f := range flags {
		o := option{}
		for _, name := range f.Names() {
			dashes := "--"
			if len(name) == 1 {
				dashes = "-"
			}
			o.names = append(o.names, dashes+name)
		}
		if d, ok := f.(cli.DocGenerationFlag); ok {
			o.usage, o.value = d.GetUsage(), d.TakesValue()
			if o.value {
				o.byDefault = strings.Trim(d.GetDefaultText(), `"`)
			}
		}
		list = append(list, o)
	}
	return list
}

// The layout of help: the width of a line, and the columns where texts begin.
const helpWidth, helpIndent, optionColumn = 80, 3, 28

// helpOf returns the help of a command, which fits into a terminal of 80 columns. The
// library's lines are as long as their texts.
func helpOf(c *cli.Command) string {
	var b strings.Builder
	usage := strings.TrimSpace("[options] " + c.ArgsUsage)
	fmt.Fprintf(&b, "NAME:\n%s\nUSAGE:\n   spinlearn %s %s\n\nDESCRIPTION:\n", wrap("spinlearn "+c.Name+" - "+c.Usage, helpIndent), c.Name, usage)
	for paragraph := range strings.SplitSeq(c.Description, "\n\n") {
		text, example, indented := strings.Cut("\n"+paragraph, "\n   ")
		b.WriteString(wrap(text, helpIndent))
		if indented {
			fmt.Fprintf(&b, "      %s\n", strings.ReplaceAll(example, "\n   ", "\n      "))
		}
		b.WriteString("\n")
	}
	b.WriteString("OPTIONS:\n")
	for _, o := range options(c) {
		head := strings.Repeat(" ", helpIndent) + strings.Join(o.names, ", ")
		if o.value {
			head += " value"
		}
		text := wrap(o.text(), optionColumn)
		if len(head)+2 > optionColumn {
			b.WriteString(head + "\n" + text)
		} else {
			b.WriteString(head + text[min(len(head), len(text)):])
		}
	}
	return b.String()
}

// wrap breaks a text into lines that begin at a column and end before helpWidth.
func wrap(text string, column int) string {
	var b strings.Builder
	width := helpWidth
	for word := range strings.FieldsSeq(text) {
		if n := utf8.RuneCountInString(word); width+1+n > helpWidth {
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			b.WriteString(strings.Repeat(" ", column) + word)
			width = column + n
		} else {
			b.WriteString(" " + word)
			width += 1 + n
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	return b.String()
}

// text says what an option is, with its default.
func (o option) text() string {
	if o.byDefault == "" {
		return o.usage
	}
	return strings.TrimSpace(o.usage + " (default: " + o.byDefault + ")")
}

func bashCompletion(w io.Writer, app *cli.App) {
	fmt.Fprintf(w, "# bash completion of spinlearn\n_spinlearn() {\n    local cur=${COMP_WORDS[COMP_CWORD]} words=\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='%s --help --version'\n    else\n        case ${COMP_WORDS[1]} in\n", strings.Join(commandNames(app), " "))
	for _, c := range app.Commands {
		var names []string
		for _, o := range options(c) {
			names = append(names, o.names...)
		}
		fmt.Fprintf(w, "        %s) words='%s' ;;\n", c.Name, strings.Join(names, " "))
	}
	fmt.Fprint(w, "        esac\n        [[ $cur == -* ]] || words= # files\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _spinlearn spinlearn\n")
}

func commandNames(app *cli.App) []string {
	var names []string
	for _, c := range app.Commands {
		names = append(names, c.Name)
	}
	return names
}

func zshCompletion(w io.Writer, app *cli.App) {
	quote := func(text string) string {
		return "'" + strings.NewReplacer(`'`, `'\''`).Replace(text) + "'"
	}
	escape := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `:`, `\:`)
	fmt.Fprint(w, "#compdef spinlearn\n\n_spinlearn() {\n    local -a commands=(\n")
	for _, c := range app.Commands {
		fmt.Fprintf(w, "        %s\n", quote(c.Name+":"+escape.Replace(c.Usage)))
	}
	fmt.Fprint(w, "    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        return\n    fi\n    local name=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $name in\n")
	for _, c := range app.Commands {
		fmt.Fprintf(w, "    %s)\n        _arguments", c.Name)
		for _, o := range options(c) {
			for _, name := range o.names {
				spec := name + "[" + escape.Replace(o.usage) + "]"
				if o.value {
					spec += ":value:_files"
				}
				fmt.Fprintf(w, " \\\n            %s", quote(spec))
			}
		}
		if c.ArgsUsage != "" {
			fmt.Fprintf(w, " \\\n            %s", quote("*:file:_files"))
		}
		fmt.Fprint(w, " ;;\n")
	}
	fmt.Fprint(w, "    esac\n}\n\n_spinlearn \"$@\"\n")
}

func fishCompletion(w io.Writer, app *cli.App) {
	quote := func(text string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
	}
	fmt.Fprint(w, "# fish completion of spinlearn\n")
	for _, c := range app.Commands {
		fmt.Fprintf(w, "complete -c spinlearn -n __fish_use_subcommand -f -a %s -d %s\n", c.Name, quote(c.Usage))
		for _, o := range options(c) {
			fmt.Fprintf(w, "complete -c spinlearn -n '__fish_seen_subcommand_from %s'", c.Name)
			for _, name := range o.names {
				if bare := strings.TrimLeft(name, "-"); len(bare) == 1 {
					fmt.Fprintf(w, " -s %s", bare)
				} else {
					fmt.Fprintf(w, " -l %s", bare)
				}
			}
			if o.value {
				fmt.Fprint(w, " -r")
			}
			fmt.Fprintf(w, " -d %s\n", quote(o.usage))
		}
	}
}

// manual writes a page in the man macros of troff.
func manual(w io.Writer, app *cli.App) {
	escape := func(text string) string {
		var b strings.Builder
		for i, r := range text {
			switch {
			case r == '\\':
				b.WriteString(`\e`)
			case r == '-':
				b.WriteString(`\-`)
			case i == 0 && (r == '.' || r == '\''):
				b.WriteString(`\&` + string(r))
			case r > 126:
				fmt.Fprintf(&b, `\[u%04X]`, r)
			default:
				b.WriteRune(r)
			}
		}
		return b.String()
	}
	fmt.Fprintf(w, ".TH SPINLEARN 1 \"\" %q\n.SH NAME\nspinlearn \\- %s\n.SH SYNOPSIS\n.B spinlearn\n.I command\n[\n.I options\n]\n.SH COMMANDS\n", "spinlearn "+app.Version, escape(app.Usage))
	for _, c := range app.Commands {
		fmt.Fprintf(w, ".SS \"%s\"\n%s.\n.PP\n.nf\n", strings.TrimSpace(c.Name+" "+c.ArgsUsage), escape(c.Usage))
		for line := range strings.Lines(c.Description) {
			fmt.Fprintln(w, escape(strings.TrimRight(line, "\n")))
		}
		fmt.Fprint(w, ".fi\n")
		for _, o := range options(c) {
			fmt.Fprintf(w, ".TP\n.B %s", escape(strings.Join(o.names, ", ")))
			if o.value {
				fmt.Fprint(w, " \\fIvalue\\fR")
			}
			fmt.Fprintf(w, "\n%s\n", escape(o.text()))
		}
	}
	fmt.Fprint(w, ".SH EXIT STATUS\n0 done, 1 failure, 2 wrong usage, 130 interrupted.\n")
}
