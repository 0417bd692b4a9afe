//go:build unix

package atomicfile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// What is no regular file is written to and stays what it is.
func TestStreams(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o644); err != nil {
		t.Skip(err)
	}
	read := make(chan string)
	go func() {
		text, err := os.ReadFile(fifo)
		read <- fmt.Sprint(string(text), err)
	}()
	if err := Write(fifo, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "new<nil>" {
		t.Errorf("read %q", got)
	}
	if err := Write(os.DevNull, []byte("new")); err != nil {
		t.Error(err)
	}
	for name, mode := range map[string]os.FileMode{fifo: os.ModeNamedPipe, os.DevNull: os.ModeCharDevice} {
		if info, err := os.Stat(name); err != nil || info.Mode()&mode == 0 {
			t.Errorf("%s was replaced: %v, %v", name, info, err)
		}
		if entries, err := filepath.Glob(filepath.Dir(name) + "/." + filepath.Base(name) + "*"); err != nil || len(entries) > 0 {
			t.Errorf("left %v, %v", entries, err)
		}
	}
}

// helper names the variable that makes this test binary a writer.
const helper = "SPINLEARN_TEST_WRITER"

func TestMain(m *testing.M) {
	name := os.Getenv(helper)
	switch {
	case strings.HasPrefix(name, "/dev/"):
		fmt.Println("before")
		if err := Write(name, []byte("new\n")); err != nil {
			panic(err)
		}
		fmt.Println("after")
	case name != "":
		f, lock, err := temporaryFile(name)
		fmt.Println("writing", f != nil, lock.Locked(), err)
		time.Sleep(time.Minute)
	default:
		os.Exit(m.Run())
	}
}

func writer(name string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), helper+"="+name)
	return c
}

// Standard output that is a file keeps what was written before.
func TestStandardOutput(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	c := writer("/dev/stdout")
	c.Stdout = f
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	wantFile(t, name, "before\nnew\nafter\n")
}

// The temporary file of a running program stays, that of a killed one does not.
func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	c := writer(name)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	n, err := out.Read(line)
	if got := string(line[:n]); got != "writing true true <nil>\n" {
		t.Skipf("no locks here: %q, %v", got, err)
	}
	count := func() int {
		if err := Write(name, []byte("ours")); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	if n := count(); n != 2 {
		t.Errorf("%d files while another program writes, want 2", n)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	if n := count(); n != 1 {
		t.Errorf("%d files after the other program was killed, want 1", n)
	}
}

// Many writers of one file, which clean after each other, all succeed.
func TestConcurrentWriters(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if err := Write(name, []byte("new")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantFile(t, name, "new")
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}
