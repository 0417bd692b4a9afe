package command

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// checkLines reads the origin in results.jsonl.
func checkLines(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var got struct {
			Program, Data, Lattice string
			Seed                   uint64
			Settings               struct {
				Models         []string
				Passes, Sweeps []int
				Limit, Workers int
			}
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		s := got.Settings
		if got.Program != program || !strings.Contains(got.Data, "20 gaussian 6x6 cylinder exact seed 2 sha256 ") || got.Lattice != "6x6 cylinder" ||
			got.Seed != 1 || len(s.Models) != 3 || !slices.Equal(s.Passes, []int{1, 2}) || !slices.Equal(s.Sweeps, []int{1, 20}) || s.Limit != 0 || s.Workers != 1 {
			t.Errorf("line %s", line)
		}
	}
}
