package command

import (
	"context"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"spinlearn/internal/base/readfile"
)

// dash stands for standard input where a file is read, and for standard output where one
// is written.
const dash = "-"

const stdinName = "standard input"

// label is the name of a file in messages.
func label(path string) string {
	if path == dash {
		return stdinName
	}
	return path
}

// nameOf is the name of a file in tables, without its folder.
func nameOf(path string) string { return filepath.Base(label(path)) }

// checkDashes refuses to read standard input twice. The names say what each path is.
func checkDashes(c *cli.Context, flags ...string) error {
	first := ""
	see := func(name, path string) error {
		if path != dash {
			return nil
		}
		if first != "" {
			return usagef("%s and %s are both - (standard input), which can be read once only", first, name)
		}
		first = name
		return nil
	}
	for _, path := range c.Args().Slice() {
		if err := see("the file", path); err != nil {
			return usagef("two files are - (standard input), which can be read once only")
		}
	}
	for _, name := range flags {
		if err := see("--"+name, c.String(name)); err != nil {
			return err
		}
	}
	return nil
}

// readFile returns the content of a file of at most limit bytes, or of standard input, and
// the name for messages.
func readFile(ctx context.Context, stdin io.Reader, path string, limit int64) (content []byte, name string, err error) {
	if path == dash {
		content, err = readfile.From(ctx, stdin, stdinName, limit)
		return content, stdinName, err
	}
	content, err = readfile.All(ctx, path, limit)
	return content, path, err
}

// patientReader reads until the context ends, so that an interrupt ends the wait for
// input from a terminal.
type patientReader struct {
	ctx context.Context
	r   io.Reader
}

func (p patientReader) Read(b []byte) (int, error) {
	type read struct {
		n   int
		err error
	}
	own, done := make([]byte, len(b)), make(chan read, 1) // own, since a read that is left behind may still write
	go func() {
		n, err := p.r.Read(own)
		done <- read{n, err}
	}()
	select {
	case <-p.ctx.Done():
		return 0, p.ctx.Err()
	case got := <-done:
		return copy(b, own[:got.n]), got.err
	}
}
