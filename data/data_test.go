package data

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spinlearn/ising"
)

// fakeSolve returns random spins with one of the three kinds of bound.
func fakeSolve(_ context.Context, in *ising.Instance, rng *rand.Rand) (*ising.Solved, error) {
	s := &ising.Solved{Instance: in, Spins: make([]int8, in.Sites())}
	for i := range s.Spins {
		s.Spins[i] = int8(2*rng.IntN(2) - 1)
	}
	s.Energy = in.Energy(s.Spins)
	s.Bound = []float64{s.Energy, s.Energy - 1, math.NaN()}[rng.IntN(3)]
	return s, nil
}

// fakeWalls is fakeSolve with walls that are no walls but differ everywhere.
func fakeWalls(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*ising.Solved, error) {
	s, err := fakeSolve(ctx, in, rng)
	for _, J := range in.J {
		s.Walls = append(s.Walls, 2*math.Abs(J))
	}
	return s, err
}

// settings returns those of a small dataset, changed by edit: 7 instances in
// shards of 3, 3 and 1.
func settings(edit ...func(*GenerateSettings)) *GenerateSettings {
	set := &GenerateSettings{
		Description: Description{
			Ensemble:       ising.Ensemble{Couplings: ising.Gaussian},
			Shape:          []int{3, 4},
			Boundary:       "cylinder",
			Seed:           1,
			Solver:         "fake",
			SolverSettings: json.RawMessage(`{"sweeps":10}`),
			Count:          7,
			ShardSize:      3,
		},
		Program: "spinlearn test",
		Workers: 2,
	}
	for _, e := range edit {
		e(set)
	}
	return set
}

func generate(t *testing.T, dir string, set *GenerateSettings) *Dataset {
	t.Helper()
	d, err := Generate(t.Context(), dir, set, fakeSolve)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// snapshot returns the content of every file in dir.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			files[e.Name()] = "directory"
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

// restore makes dir hold the files alone.
func restore(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func collect(t *testing.T, seq iter.Seq2[*ising.Solved, error]) []*ising.Solved {
	t.Helper()
	var all []*ising.Solved
	for s, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func firstError(seq iter.Seq2[*ising.Solved, error]) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

// wantError checks that err is one line with all the parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range append(parts, "data: ") {
		if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q, want one line with %q", err, part)
		}
	}
}

var solvedOptions = cmp.Options{cmpopts.EquateNaNs(), cmpopts.IgnoreUnexported(ising.Instance{}), cmp.Comparer(func(a, b *ising.Lattice) bool { return a.Equal(b) })}

func TestRoundTrip(t *testing.T) {
	for name, set := range map[string]*GenerateSettings{
		"gaussian 2D": settings(),
		"3D diluted": settings(func(s *GenerateSettings) {
			s.Ensemble = ising.Ensemble{Couplings: ising.PlusMinus, Negative: 0.3, Dilution: 0.2}
			s.Shape, s.Boundary = []int{2, 3, 4}, "free,periodic,free"
		}),
		"one shard": settings(func(s *GenerateSettings) { s.ShardSize, s.SolverSettings = DefaultGenerate().ShardSize, nil }),
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "train")
			generated := generate(t, dir, set)
			d, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(generated.index, d.index, cmp.AllowUnexported(index{})); diff != "" {
				t.Errorf("generated and opened differ:\n%s", diff)
			}

			var want []*ising.Solved
			proven := 0
			for i := range uint64(set.Count) {
				in := set.Ensemble.Draw(d.Lattice(), ising.Stream(set.Seed, "couplings", i))
				s, _ := fakeSolve(t.Context(), in, ising.Stream(set.Seed, "solver", i))
				want = append(want, s)
				if s.Proven() {
					proven++
				}
			}
			got := collect(t, d.All())
			if diff := cmp.Diff(want, got, solvedOptions); diff != "" {
				t.Errorf("instances (-want +got):\n%s", diff)
			}
			for _, s := range got {
				if s.Lattice != d.Lattice() {
					t.Fatal("instances do not share the lattice")
				}
			}
			if d.Len() != set.Count || d.Proven() != proven || !d.Complete() || d.Program() != set.Program {
				t.Errorf("Len %d, Proven %d, Complete %v, Program %q", d.Len(), d.Proven(), d.Complete(), d.Program())
			}
			wantDescription := set.Description
			if set.SolverSettings == nil {
				wantDescription.SolverSettings = json.RawMessage("{}")
			}
			if diff := cmp.Diff(wantDescription, d.Description()); diff != "" {
				t.Errorf("description (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSameBytesForAnyWorkers(t *testing.T) {
	one, four, other := t.TempDir(), t.TempDir(), t.TempDir()
	generate(t, one, settings(func(s *GenerateSettings) { s.Workers = 1 }))
	generate(t, four, settings(func(s *GenerateSettings) { s.Workers = 4 }))
	generate(t, other, settings(func(s *GenerateSettings) { s.Seed = 2 }))
	if diff := cmp.Diff(snapshot(t, one), snapshot(t, four)); diff != "" {
		t.Errorf("1 and 4 workers differ:\n%s", diff)
	}
	if snapshot(t, one)["part-00000.npz"] == snapshot(t, other)["part-00000.npz"] {
		t.Error("another seed gives the same shard")
	}
}

func TestProgress(t *testing.T) {
	dir := t.TempDir()
	var got []Progress
	set := settings(func(s *GenerateSettings) { s.Progress = func(p Progress) { got = append(got, p) } })
	d := generate(t, dir, set)
	if len(got) != 8 || got[0] != (Progress{0, 0, 7}) || got[7] != (Progress{7, d.Proven(), 7}) {
		t.Errorf("progress %v", got)
	}
	got = nil
	generate(t, dir, set)
	if want := []Progress{{7, d.Proven(), 7}}; !slices.Equal(got, want) {
		t.Errorf("progress %v when complete, want %v", got, want)
	}
}

func TestInterrupted(t *testing.T) {
	reference := t.TempDir()
	generate(t, reference, settings())
	want := snapshot(t, reference)
	for stop := range 8 {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		var calls atomic.Int64
		set := settings(func(s *GenerateSettings) { s.Workers = 2 })
		d, err := Generate(ctx, dir, set, func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*ising.Solved, error) {
			if int(calls.Add(1)) > stop {
				cancel()
				return nil, ctx.Err()
			}
			return fakeSolve(ctx, in, rng)
		})
		cancel()
		if stop < 7 && !errors.Is(err, context.Canceled) || stop == 7 && err != nil {
			t.Fatalf("stopped after %d: error %v", stop, err)
		}
		if n := stop / 3 * 3; stop < 7 && d.Len() != n {
			t.Errorf("stopped after %d: Len %d, want %d", stop, d.Len(), n)
		}
		opened, err := Open(dir)
		if err != nil || opened.Complete() != (stop == 7) || len(collect(t, opened.All())) != d.Len() {
			t.Errorf("stopped after %d: opened incomplete dataset: error %v, Complete %v", stop, err, opened.Complete())
		}
		generate(t, dir, settings(func(s *GenerateSettings) { s.Program = "spinlearn next" }))
		if diff := cmp.Diff(want, snapshot(t, dir)); diff != "" {
			t.Errorf("stopped after %d: files differ:\n%s", stop, diff)
		}
	}
}

// A solver that answers although ctx has ended must not get into the data.
func TestInterruptedSolverAnswers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d, err := Generate(ctx, t.TempDir(), settings(), func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*ising.Solved, error) {
		cancel()
		return fakeSolve(ctx, in, rng)
	})
	if !errors.Is(err, context.Canceled) || d.Len() != 0 {
		t.Errorf("error %v, Len %d", err, d.Len())
	}
}

func TestKilled(t *testing.T) {
	dir := t.TempDir()
	generate(t, dir, settings())
	want := snapshot(t, dir)
	indexWith := func(shards int) string { // dataset.json as it was after so many shards
		d, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		d.index.Shards = d.index.Shards[:shards]
		b, _ := json.MarshalIndent(d.index, "", "  ")
		return string(seal(append(b, '\n')))
	}
	if indexWith(3) != want[indexName] {
		t.Fatal("indexWith is wrong")
	}

	part := func(k int) string { return want[shardName(k)] }
	for name, files := range map[string]map[string]string{
		"before dataset.json":       {".dataset.json1234567890123456789": `{"for`},
		"before the first shard":    {indexName: indexWith(0), ".part-00000.npz424242424242424242": part(0)[:100]},
		"first shard not listed":    {indexName: indexWith(0), shardName(0): part(0)},
		"first shard half written":  {indexName: indexWith(0), shardName(0): part(0)[:50]},
		"second shard not listed":   {indexName: indexWith(1), shardName(0): part(0), shardName(1): part(1), ".dataset.json777777777777777": ""},
		"second shard empty":        {indexName: indexWith(1), shardName(0): part(0), shardName(1): ""},
		"complete, temporary files": {indexName: indexWith(3), shardName(0): part(0), shardName(1): part(1), shardName(2): part(2), ".part-00002.npz9876543210123456": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			restore(t, dir, files)
			generate(t, dir, settings())
			if diff := cmp.Diff(want, snapshot(t, dir)); diff != "" {
				t.Errorf("files differ:\n%s", diff)
			}
		})
	}
}

// TestKilledProcess kills a process of its own, this test, again and again.
func TestKilledProcess(t *testing.T) {
	set := settings(func(s *GenerateSettings) { s.Count = 60 })
	if dir := os.Getenv("SPINLEARN_TEST_DATASET"); dir != "" {
		generate(t, dir, set)
		return
	}
	if testing.Short() {
		t.Skip("takes a second")
	}
	reference, dir := t.TempDir(), filepath.Join(t.TempDir(), "killed")
	generate(t, reference, set)
	rng := rand.New(rand.NewPCG(1, 1))
	for kills := 0; ; kills++ {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
		child.Env = append(os.Environ(), "SPINLEARN_TEST_DATASET="+dir, "TMPDIR="+t.TempDir())
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(rng.IntN(50))*time.Millisecond, func() { child.Process.Kill() })
		err := child.Wait()
		timer.Stop()
		if err == nil {
			t.Logf("complete after %d kills", kills)
			break
		}
		if child.ProcessState.Exited() {
			t.Fatalf("failed without being killed: %v", err)
		}
	}
	if diff := cmp.Diff(snapshot(t, reference), snapshot(t, dir)); diff != "" {
		t.Errorf("files differ:\n%s", diff)
	}
}

func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	generate(t, dir, settings())
	intact := snapshot(t, dir)
	name := shardName(1)
	flipped := []byte(intact[name])
	flipped[len(flipped)/2] ^= 1
	for _, test := range []struct {
		name, content, want string
	}{
		{"flipped bit", string(flipped), "checksum differs from dataset.json (file damaged or cut short)"},
		{"cut short", intact[name][:len(intact[name])-1], "checksum differs"},
		{"empty", "", "checksum differs"},
		{"other shard", intact[shardName(0)], "checksum differs"},
		{"missing", "", "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := maps.Clone(intact)
			files[name] = test.content
			if test.name == "missing" {
				delete(files, name)
			}
			restore(t, dir, files)
			path := filepath.Join(dir, name)
			_, err := Generate(t.Context(), dir, settings(), fakeSolve)
			wantError(t, err, path, test.want)
			d, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			wantError(t, firstError(d.All()), path, test.want)
			wantError(t, firstError(d.Epoch(1, 1)), path, test.want)
			if diff := cmp.Diff(files, snapshot(t, dir)); diff != "" {
				t.Errorf("files touched:\n%s", diff)
			}
		})
	}
}

func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	generate(t, dir, settings())
	complete := snapshot(t, dir)
	with := func(name string) map[string]string {
		files := maps.Clone(complete)
		files[name] = "mine"
		return files
	}
	for _, test := range []struct {
		name    string
		files   map[string]string
		foreign string
	}{
		{"no dataset", map[string]string{"notes.txt": "mine"}, "notes.txt"},
		{"shard without dataset.json", map[string]string{"part-00000.npz": "mine"}, "part-00000.npz"},
		{"beside a temporary file", map[string]string{".dataset.json1234567890123456": "", ".part-00000.npz1.bak": ""}, ".part-00000.npz1.bak"},
		{"beside a dataset", with("notes.txt"), "notes.txt"},
		{"shard of another dataset", with("part-00003.npz"), "part-00003.npz"},
	} {
		t.Run(test.name, func(t *testing.T) {
			restore(t, dir, test.files)
			_, err := Generate(t.Context(), dir, settings(), fakeSolve)
			wantError(t, err, dir, "holds "+test.foreign)
			if diff := cmp.Diff(test.files, snapshot(t, dir)); diff != "" {
				t.Errorf("files touched:\n%s", diff)
			}
		})
	}
	t.Run("directory", func(t *testing.T) {
		restore(t, dir, nil)
		if err := os.Mkdir(filepath.Join(dir, ".dataset.json1234567890123456"), 0o777); err != nil {
			t.Fatal(err)
		}
		_, err := Generate(t.Context(), dir, settings(), fakeSolve)
		wantError(t, err, "holds .dataset.json1")
	})
	t.Run("a file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Generate(t.Context(), path, settings(), fakeSolve)
		wantError(t, err, path, "not a directory")
	})
}

func TestDiffers(t *testing.T) {
	dir := t.TempDir()
	generate(t, dir, settings())
	before := snapshot(t, dir)
	tests := []struct {
		field string
		edit  func(*GenerateSettings)
		want  string
	}{
		{"Ensemble", func(s *GenerateSettings) { s.Ensemble.Dilution = 0.5 }, `ensemble is {"couplings":"gaussian","negative":0,"dilution":0} there, {"couplings":"gaussian","negative":0,"dilution":0.5} now`},
		{"Shape", func(s *GenerateSettings) { s.Shape = []int{4, 4} }, "shape is [3,4] there, [4,4] now"},
		{"Boundary", func(s *GenerateSettings) { s.Boundary = "free" }, `boundary is "cylinder" there, "free" now`},
		{"Seed", func(s *GenerateSettings) { s.Seed = 1 << 63; s.Count = 9 }, "seed is 1 there, 9223372036854775808 now"},
		{"Solver", func(s *GenerateSettings) { s.Solver = "exact" }, `solver is "fake" there, "exact" now`},
		{"SolverSettings", func(s *GenerateSettings) { s.SolverSettings = nil }, `solver_settings is {"sweeps":10} there, {} now`},
		{"Count", func(s *GenerateSettings) { s.Count = 8 }, "count is 7 there, 8 now"},
		{"ShardSize", func(s *GenerateSettings) { s.ShardSize = 5 }, "shard_size is 3 there, 5 now"},
		{"Walls", func(s *GenerateSettings) { s.Walls = true }, "walls is false there, true now"},
	}
	for i, test := range tests {
		t.Run(test.field, func(t *testing.T) {
			if name := reflect.TypeFor[Description]().Field(i).Name; name != test.field {
				t.Fatalf("field %s is not tested", name)
			}
			_, err := Generate(t.Context(), dir, settings(test.edit), fakeSolve)
			wantError(t, err, dir, test.want)
			if !errors.Is(err, ErrDiffers) {
				t.Errorf("%v is no ErrDiffers", err)
			}
			if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
				t.Errorf("files touched:\n%s", diff)
			}
		})
	}
	if len(tests) != reflect.TypeFor[Description]().NumField() {
		t.Error("not all fields are tested")
	}

	// Other ways to say the same.
	generate(t, dir, settings(func(s *GenerateSettings) {
		s.Boundary, s.SolverSettings = "free,periodic", json.RawMessage("{ \"sweeps\": 10 }\n")
	}))
}

func TestWalls(t *testing.T) {
	dir := t.TempDir()
	set := settings(func(s *GenerateSettings) { s.Walls = true })
	if _, err := Generate(t.Context(), dir, set, fakeWalls); err != nil {
		t.Fatal(err)
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range collect(t, d.All()) {
		want, _ := fakeWalls(t.Context(), s.Instance, ising.Stream(set.Seed, "solver", uint64(i)))
		if diff := cmp.Diff(want.Walls, s.Walls); diff != "" {
			t.Errorf("instance %d, walls (-want +got):\n%s", i, diff)
		}
	}
	_, err = Generate(t.Context(), t.TempDir(), set, fakeSolve)
	wantError(t, err, "instance ", "0 walls, want 24")

	// Without walls in the description all is as if the solver found none.
	plain, ignored := t.TempDir(), t.TempDir()
	generate(t, plain, settings())
	if _, err := Generate(t.Context(), ignored, settings(), fakeWalls); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, plain)
	if diff := cmp.Diff(before, snapshot(t, ignored)); diff != "" {
		t.Errorf("walls that nobody wants change files:\n%s", diff)
	}
	if strings.Contains(before[indexName], "walls") {
		t.Error("dataset.json speaks of walls that there are none of")
	}
}

func TestSettings(t *testing.T) {
	if _, _, err := DefaultGenerate().normalized(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for want, edit := range map[string]func(*GenerateSettings){
		`couplings = "weird"`:       func(s *GenerateSettings) { s.Ensemble.Couplings = "weird" },
		"dilution = 2":              func(s *GenerateSettings) { s.Ensemble.Dilution = 2 },
		"shape 7 has 1 axes":        func(s *GenerateSettings) { s.Shape = []int{7} },
		"shape has 0 axes":          func(s *GenerateSettings) { s.Shape = nil },
		`boundary "open"`:           func(s *GenerateSettings) { s.Boundary = "open" },
		`boundary ""`:               func(s *GenerateSettings) { s.Boundary = "" },
		"count = 0, want > 0":       func(s *GenerateSettings) { s.Count = 0 },
		"count = -1, want > 0":      func(s *GenerateSettings) { s.Count = -1 },
		"shard_size = -1, want 1":   func(s *GenerateSettings) { s.ShardSize = -1 },
		"shard_size = 99, want 1 t": func(s *GenerateSettings) { s.Shape, s.ShardSize = []int{1024, 1024}, 99 },
		"shard_size = 0, want 1":    func(s *GenerateSettings) { s.ShardSize = 0 },
		"workers = 0, want at leas": func(s *GenerateSettings) { s.Workers = 0 },
		"walls = true, want lattic": func(s *GenerateSettings) { s.Walls, s.Shape, s.Boundary = true, []int{3, 3, 3}, "free" },
		`solver_settings = "{"`:     func(s *GenerateSettings) { s.SolverSettings = json.RawMessage("{") },
	} {
		t.Run(want, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new")
			_, err := Generate(t.Context(), dir, settings(edit), fakeSolve)
			wantError(t, err, want)
			if !errors.Is(err, ErrSettings) {
				t.Errorf("%v is no ErrSettings", err)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("directory was created")
			}
		})
	}
}

func TestSolverErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		want string
		edit func(*ising.Solved) error
	}{
		{"broken", func(s *ising.Solved) error { return broken }},
		{"3 spins, want 12", func(s *ising.Solved) error { s.Spins = s.Spins[:3]; return nil }},
		{"spin 0 at site 2, want 1 or -1", func(s *ising.Solved) error { s.Spins[2] = 0; return nil }},
		{"but the spins have", func(s *ising.Solved) error { s.Energy++; return nil }},
		{"energy NaN", func(s *ising.Solved) error { s.Energy = math.NaN(); return nil }},
		{"want NaN or a lower bound", func(s *ising.Solved) error { s.Bound = s.Energy + 0.1; return nil }},
		{"bound -Inf", func(s *ising.Solved) error { s.Bound = math.Inf(-1); return nil }},
	} {
		t.Run(test.want, func(t *testing.T) {
			dir := t.TempDir()
			fifth := settings().Ensemble.Draw(generate(t, t.TempDir(), settings()).Lattice(), ising.Stream(1, "couplings", 5))
			d, err := Generate(t.Context(), dir, settings(), func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*ising.Solved, error) {
				s, _ := fakeSolve(ctx, in, rng)
				if in.J[0] == fifth.J[0] {
					return s, test.edit(s)
				}
				return s, nil
			})
			wantError(t, err, "instance 5: ", test.want)
			if test.want == "broken" && !errors.Is(err, broken) {
				t.Error("the solver's error is not wrapped")
			}
			if d.Len() != 3 {
				t.Errorf("Len %d, want 3", d.Len())
			}
		})
	}
}

// A directory in the place of the second shard makes its writing fail, even for
// the superuser, whom permissions do not stop.
func TestWriteFails(t *testing.T) {
	reference, dir := t.TempDir(), t.TempDir()
	generate(t, reference, settings())
	obstacle := filepath.Join(dir, shardName(1))
	d, err := Generate(t.Context(), dir, settings(), func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*ising.Solved, error) {
		os.Mkdir(obstacle, 0o777)
		if _, err := os.Stat(filepath.Join(dir, shardName(0))); err != nil {
			os.Remove(obstacle) // not yet
		}
		return fakeSolve(ctx, in, rng)
	})
	wantError(t, err, obstacle)
	if d.Len() != 3 {
		t.Errorf("Len %d, want 3", d.Len())
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	generate(t, dir, settings())
	if diff := cmp.Diff(snapshot(t, reference), snapshot(t, dir)); diff != "" {
		t.Errorf("files differ:\n%s", diff)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	generate(t, dir, settings())
	path := filepath.Join(dir, indexName)
	intact := snapshot(t, dir)[indexName]
	for _, test := range []struct{ name, old, new, want string }{
		{"newer format", "dataset v1", "dataset v2", `format is "spinlearn dataset v2", this program reads "spinlearn dataset v1"`},
		{"no format", `"format"`, `"form"`, `format is ""`},
		{"not JSON", "{", "<", "invalid character"},
		{"wrong type", `"count": 7`, `"count": "7"`, "count"},
		{"negative seed", `"seed": 1`, `"seed": -1`, "seed"},
		{"huge shape", "shape\": [\n    3,", "shape\": [\n    3000000000,", "more than"},
		{"ensemble", "gaussian", "gauss", `couplings = "gauss"`},
		{"no count", `"count": 7`, `"count": 0`, "count = 0"},
		{"no shard size", `"shard_size": 3`, `"shard_size": 0`, "shard_size = 0"},
		{"huge shard size", `"shard_size": 3`, `"shard_size": 3000000000`, "shard_size = 3000000000"},
		{"file elsewhere", "part-00001.npz", "../secret.npz", `shard 1 is "../secret.npz"`},
		{"wrong count", `"count": 7`, `"count": 6`, "shard 2 is"},
		{"wrong shard count", "\"count\": 3", "\"count\": 2", "shard 0 is"},
		{"wrong proven", `"proven": `, `"proven": 9`, "proven = 9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := strings.Replace(intact, test.old, test.new, 1)
			if changed == intact {
				t.Fatal("nothing changed")
			}
			if err := os.WriteFile(path, []byte(changed), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir)
			wantError(t, err, path, test.want)
			_, err = Generate(t.Context(), dir, settings(), fakeSolve)
			wantError(t, err, path, test.want)
		})
	}
	t.Run("missing", func(t *testing.T) {
		_, err := Open(t.TempDir())
		wantError(t, err, indexName, "no such file")
	})
}

func TestProvenCountIsChecked(t *testing.T) {
	d := generate(t, t.TempDir(), settings())
	d.index.Shards[0].Proven = (d.index.Shards[0].Proven + 1) % 3
	wantError(t, firstError(d.All()), shardName(0), "instances are proven")
}

func TestEpoch(t *testing.T) {
	d := generate(t, t.TempDir(), settings(func(s *GenerateSettings) { s.Count, s.ShardSize = 40, 10 }))
	key := func(s *ising.Solved) float64 { return s.J[0] }
	order := func(seq iter.Seq2[*ising.Solved, error]) []float64 {
		var keys []float64
		for _, s := range collect(t, seq) {
			keys = append(keys, key(s))
		}
		return keys
	}
	stored, first := order(d.All()), order(d.Epoch(1, 1))
	if !slices.Equal(first, order(d.Epoch(1, 1))) {
		t.Error("the same epoch has two orders")
	}
	for name, other := range map[string][]float64{"storage": stored, "epoch 2": order(d.Epoch(1, 2)), "seed 2": order(d.Epoch(2, 1))} {
		if slices.Equal(first, other) {
			t.Errorf("epoch 1 has the order of %s", name)
		}
		if !slices.Equal(slices.Sorted(slices.Values(first)), slices.Sorted(slices.Values(other))) {
			t.Errorf("epoch 1 and %s have different instances", name)
		}
	}

	taken := 0
	for range d.Epoch(1, 1) {
		if taken++; taken == 15 {
			break
		}
	}
}

// The first instances of a dataset are nested, and all of them are the dataset.
func TestFirst(t *testing.T) {
	d := generate(t, t.TempDir(), settings())
	energies := func(list iter.Seq2[*ising.Solved, error]) []float64 {
		var v []float64
		for s, err := range list {
			if err != nil {
				t.Fatal(err)
			}
			v = append(v, s.Energy)
		}
		return v
	}
	all := energies(d.All())
	for n := 1; n <= len(all); n++ {
		p, err := d.First(n)
		if err != nil {
			t.Fatal(err)
		}
		if got := energies(p.All()); p.Len() != n || !slices.Equal(got, all[:n]) {
			t.Errorf("first %d: length %d, %v, want %v", n, p.Len(), got, all[:n])
		}
		if got := slices.Sorted(slices.Values(energies(p.Epoch(1, 2)))); !slices.Equal(got, slices.Sorted(slices.Values(all[:n]))) {
			t.Errorf("an epoch of the first %d has %v", n, got)
		}
		if n == len(all) && !slices.Equal(energies(p.Epoch(3, 4)), energies(d.Epoch(3, 4))) {
			t.Error("an epoch of all instances is not that of the dataset")
		}
	}
	for _, n := range []int{-1, 0, len(all) + 1} {
		if _, err := d.First(n); err == nil || !strings.Contains(err.Error(), "first "+strconv.Itoa(n)) {
			t.Errorf("first %d: error %v", n, err)
		}
	}
}
