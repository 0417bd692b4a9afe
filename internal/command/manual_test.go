package command

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompletionNamesEverything looks for each command and flag of the help.
func TestCompletionNamesEverything(t *testing.T) {
	dir := t.TempDir()
	scripts := map[string]string{"man": strings.ReplaceAll(succeed(t, dir, "man"), `\-`, "-")}
	for shell := range shells {
		scripts[shell] = succeed(t, dir, "completion "+shell)
	}
	commands := 0
	_, list, _ := strings.Cut(succeed(t, dir, "--help"), "COMMANDS:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		name := strings.Fields(line)[0]
		commands++
		_, flags, ok := strings.Cut(succeed(t, dir, name+" --help"), "OPTIONS:\n")
		if !ok {
			t.Fatalf("help of %s has no options", name)
		}
		for line := range strings.Lines(flags) {
			flag := strings.Trim(strings.Fields(line)[0], ",")
			if !strings.HasPrefix(strings.TrimPrefix(line, "   "), "-") {
				continue // a text that goes on
			}
			for kind, script := range scripts {
				looked := flag
				if kind == "fish" {
					looked = "'__fish_seen_subcommand_from " + name + "' -l " + strings.TrimLeft(flag, "-")
				}
				if !strings.Contains(script, looked) || !strings.Contains(script, name) {
					t.Errorf("%s lacks %s %s", kind, name, flag)
				}
			}
		}
	}
	if commands < 6 {
		t.Errorf("%d commands in the help", commands)
	}
}

func TestCompletionInShells(t *testing.T) {
	dir := t.TempDir()
	for shell := range shells {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skip(err)
			}
			script := filepath.Join(dir, shell)
			write(t, script, succeed(t, dir, "completion "+shell))
			if out, err := exec.Command(path, "-n", script).CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v: %s", err, out)
			}
			if shell != "bash" {
				return
			}
			for line, want := range map[string]string{"spinlearn con": "convert\n", "spinlearn inspect --p": "--plot\n", "spinlearn inspect fi": "\n"} {
				words := strings.Fields(line)
				ask := `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _spinlearn; echo "${COMPREPLY[@]}"`
				out, err := exec.Command(path, append([]string{"-c", ask, script}, words...)...).CombinedOutput()
				if err != nil || string(out) != want {
					t.Errorf("%s completes to %q, want %q: %v", line, out, want, err)
				}
			}
		})
	}
}

func TestManualIsValid(t *testing.T) {
	dir := t.TempDir()
	page := succeed(t, dir, "man")
	for _, r := range page {
		if r > 126 {
			t.Fatalf("the page has %q", r)
		}
	}
	path, err := exec.LookPath("groff")
	if err != nil {
		t.Skip(err)
	}
	groff := exec.Command(path, "-man", "-ww", "-Tutf8")
	groff.Stdin = strings.NewReader(page)
	out, err := groff.CombinedOutput()
	if err != nil || strings.Contains(string(out), "warning") || !strings.Contains(string(out), "spinlearn convert G11.rud G11.json") {
		t.Errorf("%v: %.500s", err, out)
	}
}
