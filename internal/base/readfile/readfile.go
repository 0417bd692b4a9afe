package readfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrTooLarge is wrapped by the errors about files of more than limit bytes.
var ErrTooLarge = errors.New("too large")

// chunk is what is read between looks at the context.
const chunk = 1 << 20

// All returns the content of a file of at most limit bytes. It fails before it reads
// if the file is known to be longer, and no later than after limit bytes if it is a pipe.
// When ctx ends it returns at once, also from a pipe that nobody writes to, and the error
// wraps ctx.Err(). All errors name the file.
func All(ctx context.Context, name string, limit int64) ([]byte, error) {
	return unlessStopped(ctx, name, func() ([]byte, error) { return read(ctx, name, limit) })
}

// From is [All] of what r gives, such as standard input.
func From(ctx context.Context, r io.Reader, name string, limit int64) ([]byte, error) {
	return unlessStopped(ctx, name, func() ([]byte, error) { return readFrom(ctx, r, new(bytes.Buffer), name, limit) })
}

// unlessStopped leaves reading behind when ctx ends.
func unlessStopped(ctx context.Context, name string, read func() ([]byte, error)) ([]byte, error) {
	type result struct {
		content []byte
		err     error
	}
	done := make(chan result, 1)
	go func() {
		content, err := read()
		done <- result{content, err}
	}()
	select {
	case r := <-done:
		return r.content, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: reading was stopped: %w", name, ctx.Err())
	}
}

func read(ctx context.Context, name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if info.Mode().IsRegular() {
		if info.Size() > limit {
			return nil, fmt.Errorf("%s: %w: %d bytes, at most %d are read", name, ErrTooLarge, info.Size(), limit)
		}
		b.Grow(int(info.Size()) + bytes.MinRead)
	}
	return readFrom(ctx, f, &b, name, limit)
}

func readFrom(ctx context.Context, r io.Reader, b *bytes.Buffer, name string, limit int64) ([]byte, error) {
	for {
		n, err := io.CopyN(b, r, min(chunk, limit+1-int64(b.Len())))
		switch {
		case err == io.EOF:
			return b.Bytes(), nil
		case errors.As(err, new(*fs.PathError)):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		case int64(b.Len()) > limit:
			return nil, fmt.Errorf("%s: %w: more than %d bytes, at most %d are read", name, ErrTooLarge, limit, limit)
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s: reading was stopped: %w", name, ctx.Err())
		case n == 0:
			return b.Bytes(), nil
		}
	}
}
