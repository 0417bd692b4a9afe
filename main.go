// Spinlearn generates Edwards–Anderson spin glasses with reference ground states,
// trains networks that predict them, and compares both with the truth.
package main

import (
	"os"

	"spinlearn/internal/command"
)

func main() {
	os.Exit(command.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
