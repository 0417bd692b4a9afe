// Package readme holds the figures of the README files and the test that runs every command
// there as it is written; see readme_test.go. It imports nothing of this module. The figures
// of README.md are drawn by go generate, in half a minute.
package readme

//go:generate go run ./gen
