package instancefile

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

const maxFile = 1 << 31 // bytes, before and after decompression

// maxExpansion bounds the size after decompression. A list of bonds compresses by a factor of
// less than 30.
func maxExpansion(compressed int) int64 { return min(maxFile, 1<<20+200*int64(compressed)) }

// readText reads a file as UTF-8 without a byte order mark. It decompresses gzip and bzip2.
func readText(r io.Reader, name string) (string, error) {
	b, err := readAtMost(r, maxFile)
	if err != nil {
		return "", err
	}
	fault := func(format string, args ...any) (string, error) {
		return "", &SyntaxError{Name: name, Msg: fmt.Sprintf(format, args...)}
	}
	if int64(len(b)) > maxFile {
		return fault("more than %d bytes", int64(maxFile))
	}
	if kind := compression(b); kind != "" {
		var plain io.Reader
		switch kind {
		case "gzip":
			plain, err = gzip.NewReader(bytes.NewReader(b))
		case "bzip2":
			plain = bzip2.NewReader(bytes.NewReader(b))
		default:
			return fault("this is %s data, want text, plain or compressed by gzip or bzip2", kind)
		}
		limit := maxExpansion(len(b))
		if err == nil {
			b, err = readAtMost(plain, limit)
		}
		switch {
		case err != nil:
			return fault("the %s data are damaged: %v", kind, err)
		case int64(len(b)) > limit:
			return fault("more than %d bytes when decompressed, no list of bonds shrinks so much", limit)
		case compression(b) != "":
			return fault("%s data inside %s data, want text", compression(b), kind)
		}
	}
	if bytes.HasPrefix(b, []byte("\xfe\xff")) || bytes.HasPrefix(b, []byte("\xff\xfe")) {
		if b, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(b); err != nil {
			return fault("%v", err)
		}
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if at := bytes.IndexByte(b, 0); at >= 0 {
		return "", &SyntaxError{Name: name, Line: 1 + bytes.Count(b[:at], []byte("\n")),
			Msg: "a zero byte: this is no text (UTF-16 is read only after a byte order mark)"}
	}
	if !bytes.Contains(b, []byte("\n")) {
		b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	}
	return string(b), nil
}

// readAtMost reads up to limit bytes, and one more if there are more, to show that.
func readAtMost(r io.Reader, limit int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, limit+1))
}

// compression returns the kind of compression, by the first bytes of a file, or "" for none.
func compression(b []byte) string {
	for _, c := range []struct {
		kind, mark string
		at         int
	}{
		{"gzip", "\x1f\x8b", 0}, {"bzip2", "1AY&SY", 4}, {"bzip2", "\x17\x72\x45\x38\x50\x90", 4}, // the latter is empty
		{"zip", "PK\x03\x04", 0}, {"xz", "\xfd7zXZ\x00", 0}, {"zstd", "\x28\xb5\x2f\xfd", 0},
	} {
		if len(b) >= c.at && bytes.HasPrefix(b[c.at:], []byte(c.mark)) && (c.kind != "bzip2" || bytes.HasPrefix(b, []byte("BZh"))) {
			return c.kind
		}
	}
	return ""
}

// ending returns the ending of a file's name in small letters. It ignores .gz and .bz2 at the
// end.
func ending(name string) string {
	e := strings.ToLower(filepath.Ext(name))
	if e == ".gz" || e == ".bz2" {
		e = strings.ToLower(filepath.Ext(name[:len(name)-len(e)]))
	}
	return e
}
