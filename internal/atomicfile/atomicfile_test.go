package atomicfile

import (
	"os"
	"path/filepath"
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

func TestTemporaryAndClean(t *testing.T) {
	dir := t.TempDir()
	for entry, want := range map[string]string{
		".a.npz123": "a.npz", ".part-00000.npz7": "part-00000.npz", ".a.npz": "", "a.npz12": "", ".12": "", ".a.npz.bak": "", ".b.csv9": "b.csv",
	} {
		if got, ok := Temporary(entry); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, %v, want %q", entry, got, ok, want)
		}
		if err := os.WriteFile(filepath.Join(dir, entry), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Clean(dir, "a.npz", "part-00000.npz"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 5 {
		t.Errorf("%d of 7 files left, %v, want 5", len(entries), err)
	}
	if err := Clean(filepath.Join(dir, "missing"), "a"); err != nil {
		t.Error(err)
	}
}
