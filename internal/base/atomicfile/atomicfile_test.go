package atomicfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteReplaces(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.txt")
	for _, text := range []string{"old", "new"} {
		if err := Write(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != text {
			t.Errorf("read %q, %v, want %q", got, err, text)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(name)); err != nil || len(entries) != 1 {
		t.Errorf("%d files in the folder, %v", len(entries), err)
	}
}

func TestFailedWriteKeepsOld(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "taken")
	if err := os.Mkdir(name, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(name, []byte("new")); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files in the folder, %v", len(entries), err)
	}
}

const digits = "1234567890123456789" // of a temporary file

func TestTemporaryAndClean(t *testing.T) {
	dir := t.TempDir()
	for entry, want := range map[string]string{
		".a.npz" + digits: "a.npz", ".part-00000.npz" + digits[:15]: "part-00000.npz", ".b.csv" + digits: "b.csv",
		".a.npz" + digits[:14]: "", ".a.npz": "", "a.npz" + digits: "", "." + digits: "", ".a.npz.bak": "",
	} {
		if got, ok := Temporary(entry); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, %v, want %q", entry, got, ok, want)
		}
		write(t, filepath.Join(dir, entry), "")
	}
	if err := os.Mkdir(filepath.Join(dir, ".a.npz"+digits[1:]), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Clean(dir, "a.npz", "part-00000.npz"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 7 {
		t.Errorf("%d of 9 files left, %v, want 7", len(entries), err)
	}
	if err := Clean(filepath.Join(dir, "missing"), "a"); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, name, want string) {
	t.Helper()
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s: %q, %v, want %q", name, got, err, want)
	}
}

// Writing a file removes what a killed program left of it, and nothing else.
func TestWriteCleans(t *testing.T) {
	for _, name := range []string{"spins.npy", "spins2", "7"} {
		dir := t.TempDir()
		for _, entry := range []string{"." + name + digits, ".other" + digits, "." + name + digits + ".bak"} {
			write(t, filepath.Join(dir, entry), "half")
		}
		if err := Write(filepath.Join(dir, name), []byte("new")); err != nil {
			t.Fatal(err)
		}
		wantFile(t, filepath.Join(dir, name), "new")
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
			t.Errorf("%s: %d files left, %v, want 3", name, len(entries), err)
		}
	}
}

func TestLinks(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "sub", "target"), filepath.Join(dir, "link")
	if err := os.Mkdir(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("sub", "target"), link); err != nil {
		t.Skip(err)
	}
	if err := Write(link, []byte("new")); err == nil || !strings.Contains(err.Error(), link) {
		t.Errorf("written to a link to nothing: %v", err)
	}
	write(t, target, "old")
	if err := Write(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, target, "new")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")
	for name, want := range map[string]string{"file": "", "new": "", ".": "is a folder", "none/new": "no folder", "file/new": "no folder"} {
		err := Check(filepath.Join(dir, name))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
