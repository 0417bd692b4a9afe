package data

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"spinlearn/internal/base/atomicfile"
	"spinlearn/ising"
)

var (
	// ErrSettings is wrapped by every error about the settings of [Generate].
	ErrSettings = errors.New("data: invalid settings")
	// ErrDiffers is wrapped by the error of [Generate] for a directory that holds a
	// dataset with another description.
	ErrDiffers = errors.New("data: dataset with other settings")
)

// A Solve finds a configuration of low energy, and its walls if the description asks for them.
// Its result may depend only on the instance and the generator, never on time. If ctx ends, its
// error should wrap ctx.Err(). It is called from several goroutines.
type Solve func(ctx context.Context, in *ising.Instance, rng *rand.Rand) (*ising.Solved, error)

// GenerateSettings are the settings of [Generate]. Only the description changes the data.
type GenerateSettings struct {
	Description
	// Program is the name and version of the program, for the record. Another version may
	// continue a dataset; the dataset keeps the name of the one that began it.
	Program string
	// Workers is the number of instances solved at the same time, at least 1.
	Workers int
	// Progress, unless nil, is called before the first instance and after each one, on
	// the goroutine of the caller.
	Progress func(Progress)
}

// DefaultGenerate returns 16,000 Gaussian instances on the 16×16 torus, from seed 1, in shards of
// 256, with a worker for each processor. The caller names solver and program.
func DefaultGenerate() *GenerateSettings {
	return &GenerateSettings{
		Description: Description{
			Ensemble: ising.Ensemble{Couplings: ising.Gaussian}, Shape: []int{16, 16}, Boundary: "periodic",
			Seed: 1, Count: 16000, ShardSize: 256,
		},
		Workers: runtime.GOMAXPROCS(0),
	}
}

// Progress counts instances.
type Progress struct {
	Done   int // solved so far, by this run and earlier ones, on disk or not yet
	Proven int // solved so far with a proven ground state
	Total  int // in the complete dataset
}

// normalized returns the settings with a normalized description, and the lattice.
func (set *GenerateSettings) normalized() (GenerateSettings, *ising.Lattice, error) {
	s := *set
	if s.Workers < 1 {
		return s, nil, fmt.Errorf("%w: workers = %d, want at least 1", ErrSettings, s.Workers)
	}
	l, err := s.normalize()
	if err != nil {
		return s, nil, fmt.Errorf("%w: %w", ErrSettings, err)
	}
	return s, l, nil
}

// Generate writes a dataset into dir, which it creates if it does not exist. Instance i has
// couplings from the stream (Seed, "couplings", i) and is solved with the stream
// (Seed, "solver", i). So every file is the same to the byte for any number of workers and of
// interruptions.
//
// A run may be interrupted at any moment. Started again with an equal description, it
// continues: it checks the shards listed in dataset.json, keeps them, and does everything else
// again. A complete dataset is left as it is. Generate refuses a directory that holds a
// different dataset ([ErrDiffers]) or other files, and changes nothing there. Only one run may
// write to a directory at a time.
//
// When ctx ends or a solver fails, the instances of the current shard are lost. Generate then
// returns the dataset so far, and an error that wraps ctx.Err() or the error of the solver.
// The dataset is nil if the run was refused.
func Generate(ctx context.Context, dir string, set *GenerateSettings, solve Solve) (*Dataset, error) {
	s, l, err := set.normalized()
	if err != nil {
		return nil, err
	}
	d, err := prepare(dir, &s, l)
	if err != nil {
		return nil, err
	}
	g := generator{d, &s, solve, Progress{d.Len(), d.Proven(), s.Count}}
	g.report()
	for !d.Complete() {
		solved, err := g.nextShard(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return d, fmt.Errorf("data: %s: stopped with %d of %d instances written: %w", dir, d.Len(), s.Count, ctx.Err())
		case err != nil:
			return d, err
		}
		if err := d.append(solved); err != nil {
			return d, err
		}
	}
	return d, nil
}

// prepare opens or creates the dataset in dir and removes the temporary files of an
// interrupted run.
func prepare(dir string, set *GenerateSettings, l *ising.Lattice) (*Dataset, error) {
	d, err := Open(dir)
	isNew := errors.Is(err, fs.ErrNotExist)
	switch {
	case isNew:
		d = &Dataset{dir, l, index{Format: format, Program: set.Program, Description: set.Description, Shards: []shard{}}}
	case err != nil:
		return nil, err
	default:
		if err := compare(&d.index.Description, &set.Description); err != nil {
			return nil, fmt.Errorf("%w in %s: %w", ErrDiffers, dir, err)
		}
	}

	temporary, err := d.temporaryFiles(isNew)
	if err != nil {
		return nil, err
	}
	for k := range d.index.Shards {
		if _, err := d.shardFile(k); err != nil {
			return nil, err
		}
	}
	if err := atomicfile.Clean(dir, temporary...); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if isNew {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
		// dataset.json is written first, to mark the directory as ours.
		if err := d.writeIndex(d.index); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// compare reports the first field in which two normalized descriptions differ.
func compare(have, want *Description) error {
	h, w := reflect.ValueOf(have).Elem(), reflect.ValueOf(want).Elem()
	for i := range h.NumField() {
		a, err1 := json.Marshal(h.Field(i).Interface())
		b, err2 := json.Marshal(w.Field(i).Interface())
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if string(a) != string(b) {
			name, _, _ := strings.Cut(h.Type().Field(i).Tag.Get("json"), ",")
			return fmt.Errorf("%s is %s there, %s now", name, a, b)
		}
	}
	return nil
}

// fileName matches the files of datasets.
var fileName = regexp.MustCompile(`^(dataset\.json|part-[0-9]{5,}\.npz)$`)

func isTemporary(e fs.DirEntry) bool {
	name, ok := atomicfile.Temporary(e.Name())
	return ok && e.Type().IsRegular() && fileName.MatchString(name)
}

// temporaryFiles returns the names whose temporary files are in the directory, and fails
// if there is a file that no run with these settings has written.
func (d *Dataset) temporaryFiles(isNew bool) ([]string, error) {
	ours := map[string]bool{}
	if !isNew {
		ours[indexName] = true
		for k := range len(d.index.Shards) + 1 { // one may have been written but not listed
			ours[shardName(k)] = d.index.shardCount(k) > 0
		}
	}
	entries, err := os.ReadDir(d.dir)
	if err != nil && !(isNew && errors.Is(err, fs.ErrNotExist)) {
		return nil, fmt.Errorf("data: %w", err)
	}
	var temporary []string
	for _, e := range entries {
		switch name := e.Name(); {
		case isTemporary(e):
			whole, _ := atomicfile.Temporary(name)
			temporary = append(temporary, whole)
		case !e.Type().IsRegular() || !ours[name]:
			return nil, fmt.Errorf("data: %s holds %s, which is no file of this dataset", d.dir, name)
		}
	}
	return temporary, nil
}

// generator is the state of one run.
type generator struct {
	dataset  *Dataset
	set      *GenerateSettings
	solve    Solve
	progress Progress
}

func (g *generator) report() {
	if g.set.Progress != nil {
		g.set.Progress(g.progress)
	}
}

// nextShard draws and solves the instances of the first shard that is missing.
func (g *generator) nextShard(ctx context.Context) ([]*ising.Solved, error) {
	shards := len(g.dataset.index.Shards)
	first := shards * g.set.ShardSize
	solved := make([]*ising.Solved, g.set.shardCount(shards))
	done := make(chan *ising.Solved)
	var taken atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range min(g.set.Workers, len(solved)) {
		group.Go(func() error {
			for {
				i := int(taken.Add(1)) - 1
				if i >= len(solved) {
					return nil
				}
				s, err := g.solveInstance(ctx, uint64(first+i))
				if err != nil {
					return fmt.Errorf("data: instance %d: %w", first+i, err)
				}
				solved[i] = s
				done <- s
			}
		})
	}
	go func() {
		group.Wait()
		close(done)
	}()
	for s := range done {
		g.progress.Done++
		if s.Proven() {
			g.progress.Proven++
		}
		g.report()
	}
	return solved, group.Wait()
}

func (g *generator) solveInstance(ctx context.Context, i uint64) (*ising.Solved, error) {
	in := g.set.Ensemble.Draw(g.dataset.lattice, ising.Stream(g.set.Seed, "couplings", i))
	result, err := g.solve(ctx, in, ising.Stream(g.set.Seed, "solver", i))
	// If ctx has ended, the result may be what the solver had found so far.
	if err := cmp.Or(err, ctx.Err()); err != nil {
		return nil, err
	}
	s := &ising.Solved{Instance: in, Spins: result.Spins, Energy: result.Energy, Bound: result.Bound}
	if g.set.Walls {
		s.Walls = result.Walls
	}
	return s, check(s, g.set.Walls)
}

// append writes the next shard and lists it in dataset.json.
func (d *Dataset) append(solved []*ising.Solved) error {
	file, err := encodeShard(d.lattice, solved)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	name := shardName(len(d.index.Shards))
	if err := atomicfile.Write(d.path(name), file); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	ix := d.index
	ix.Shards = append(ix.Shards, shard{name, len(solved), countProven(solved), checksum(file)})
	if err := d.writeIndex(ix); err != nil {
		return err
	}
	d.index = ix
	return nil
}

func (d *Dataset) writeIndex(ix index) error {
	file, err := json.MarshalIndent(ix, "", "  ")
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if err := atomicfile.Write(d.path(indexName), seal(append(file, '\n'))); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}
