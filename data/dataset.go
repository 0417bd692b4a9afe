package data

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"

	"spinlearn/internal/base/readfile"
	"spinlearn/ising"
)

const (
	format    = "spinlearn dataset v1"
	indexName = "dataset.json"

	maxCouplings = 1 << 26 // of a shard: half a GiB in memory
	maxIndexFile = 1 << 26 // bytes
)

// A Description has everything that a user chooses about the content of a dataset. A run
// continues a dataset only if the descriptions are equal.
type Description struct {
	Ensemble ising.Ensemble `json:"ensemble"`
	Shape    []int          `json:"shape"`    // side lengths of the lattice
	Boundary string         `json:"boundary"` // in words, as [ising.ParseBoundary] reads them
	// Seed determines couplings and solver runs. Datasets that must not share instances, such
	// as those for training and for testing, need different seeds.
	Seed uint64 `json:"seed"`
	// Solver and SolverSettings name the solver. They are kept and compared, but not
	// interpreted. SolverSettings is JSON; it is compared as text without white space, and
	// empty means {}.
	Solver         string          `json:"solver"`
	SolverSettings json.RawMessage `json:"solver_settings"`
	Count          int             `json:"count"` // instances, at least 1
	// ShardSize is the number of instances in a file, and what an interruption can lose: at least
	// 1, and at most what has 2^26 couplings.
	ShardSize int `json:"shard_size"`
	// Walls says that the instances have [ising.Solved.Walls]. It needs two axes.
	Walls bool `json:"walls,omitempty"`
}

// Lattice returns the lattice of the shape and boundary. Its error wraps [ising.ErrLattice].
func (d *Description) Lattice() (*ising.Lattice, error) {
	return ising.ParseLattice(d.Shape, d.Boundary)
}

// normalize validates the description and returns its lattice. It brings fields that can be
// written in several ways to one form, so that equal descriptions have equal fields.
func (d *Description) normalize() (*ising.Lattice, error) {
	if err := d.Ensemble.Validate(); err != nil {
		return nil, err
	}
	l, err := d.Lattice()
	if err != nil {
		return nil, err
	}
	d.Shape, d.Boundary = l.Shape(), ising.FormatBoundary(l.Periodic())
	var settings bytes.Buffer
	if err := json.Compact(&settings, d.SolverSettings); err != nil && len(d.SolverSettings) > 0 {
		return nil, fmt.Errorf("solver_settings = %.40q, want JSON", d.SolverSettings)
	}
	d.SolverSettings = []byte(cmp.Or(settings.String(), "{}"))
	if d.Count < 1 {
		return nil, fmt.Errorf("count = %d, want > 0", d.Count)
	}
	if most := maxCouplings / l.Slots(); d.ShardSize < 1 || d.ShardSize > most {
		return nil, fmt.Errorf("shard_size = %d, want 1 to %d for lattice %v", d.ShardSize, most, l)
	}
	if d.Walls && l.Axes() != 2 {
		return nil, fmt.Errorf("walls = true, want lattices of two axes, not %v", l)
	}
	return l, nil
}

// shardCount returns how many instances shard k of the complete dataset has; it is
// 0 or less beyond the last.
func (d *Description) shardCount(k int) int { return min(d.ShardSize, d.Count-k*d.ShardSize) }

// index is the content of dataset.json.
type index struct {
	Format  string `json:"format"`
	Program string `json:"program"`
	Description
	Shards []shard `json:"shards"`
	SHA256 string  `json:"sha256,omitempty"` // of the file without this line; see seal
}

type shard struct {
	File   string `json:"file"`
	Count  int    `json:"count"`
	Proven int    `json:"proven"`
	SHA256 string `json:"sha256"`
}

func shardName(k int) string { return fmt.Sprintf("part-%05d.npz", k) }

// A Dataset is a directory of solved instances. It is safe for concurrent use.
type Dataset struct {
	dir     string
	lattice *ising.Lattice
	index   index
}

// Checksum returns the SHA-256 of dataset.json on disk, in hexadecimal, without the line that
// holds this checksum. It depends on all data, because dataset.json holds the checksums of the
// shards.
func (d *Dataset) Checksum() (string, error) {
	file, err := readFile(d.path(indexName), maxIndexFile)
	if err != nil {
		return "", fmt.Errorf("data: %w", err)
	}
	_, rest := unseal(file)
	return checksum(rest), nil
}

// seal adds the field sha256, the checksum of the file without it, to dataset.json, whose
// text ends in a line "}".
func seal(file []byte) []byte {
	return fmt.Appendf(bytes.TrimSuffix(file, []byte(end)), ",\n  \"sha256\": %q%s", checksum(file), end)
}

const end = "\n}\n"

var sealLine = regexp.MustCompile(`,\n  "sha256": "([0-9a-f]{64})"\n\}\n$`)

// unseal is the inverse of seal. A file without the field is all rest.
func unseal(file []byte) (sum string, rest []byte) {
	m := sealLine.FindSubmatchIndex(file)
	if m == nil {
		return "", file
	}
	return string(file[m[2]:m[3]]), append(bytes.Clone(file[:m[0]]), end...)
}

// Identity returns a line that identifies the content of the dataset: its description in
// short and the beginning of its checksum.
func (d *Dataset) Identity() (string, error) {
	sum, err := d.Checksum()
	if err != nil {
		return "", err
	}
	s := &d.index.Description
	return fmt.Sprintf("%d %s %v %s seed %d sha256 %s", s.Count, s.Ensemble.Couplings, d.lattice, s.Solver, s.Seed, sum[:16]), nil
}

// Open reads and validates dataset.json in dir. The shards are read and checked later, by
// [Dataset.All] and [Dataset.Epoch]. A dataset whose generation has not ended can be opened
// too, and holds the instances written so far; see [Dataset.Complete].
func Open(dir string) (*Dataset, error) {
	path := filepath.Join(dir, indexName)
	file, err := readFile(path, maxIndexFile)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	d := &Dataset{dir: dir}
	if err := d.parse(file); err != nil {
		return nil, fmt.Errorf("data: %s: %w", path, err)
	}
	return d, nil
}

func (d *Dataset) parse(file []byte) error {
	ix := &d.index
	err := json.Unmarshal(file, ix)
	if ix.Format != format && json.Valid(file) {
		return fmt.Errorf("format is %.40q, this program reads %q", ix.Format, format)
	}
	if err != nil {
		return err
	}
	if d.lattice, err = ix.normalize(); err != nil {
		return err
	}
	for k, s := range ix.Shards {
		if want := ix.shardCount(k); s.File != shardName(k) || s.Count != want || want < 1 {
			return fmt.Errorf("shard %d is %.40q with %d instances, which does not fit count = %d and shard_size = %d",
				k, s.File, s.Count, ix.Count, ix.ShardSize)
		}
		if s.Proven < 0 || s.Proven > s.Count {
			return fmt.Errorf("shard %d: proven = %d, want 0 to %d", k, s.Proven, s.Count)
		}
	}
	return ix.checkSeal(file)
}

// checkSeal checks the checksum of dataset.json, if it has one, and refuses fields that
// have no meaning: one of them could be the checksum with a damaged name.
func (ix *index) checkSeal(file []byte) error {
	strict := json.NewDecoder(bytes.NewReader(file))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&index{}); err != nil {
		return err
	}
	sum, rest := unseal(file)
	if ix.SHA256 != sum || sum != "" && checksum(rest) != sum {
		return errors.New("the checksum in the field sha256 is not that of the rest (file damaged or edited)")
	}
	ix.SHA256 = "" // it is of the file, and made anew when the index is written
	return nil
}

// Description returns the description of the dataset. The caller must not change the slices
// in it.
func (d *Dataset) Description() Description { return d.index.Description }

// Program returns the name and version of the program that began the dataset.
func (d *Dataset) Program() string { return d.index.Program }

// Lattice returns the lattice that all instances share.
func (d *Dataset) Lattice() *ising.Lattice { return d.lattice }

// Len returns the number of instances on disk.
func (d *Dataset) Len() int {
	n := 0
	for _, s := range d.index.Shards {
		n += s.Count
	}
	return n
}

// Proven returns how many of the instances on disk have a proven ground state.
func (d *Dataset) Proven() int {
	n := 0
	for _, s := range d.index.Shards {
		n += s.Proven
	}
	return n
}

// Complete reports whether all instances of the description are on disk.
func (d *Dataset) Complete() bool { return d.Len() == d.index.Count }

// All yields the instances in order, with one shard in memory at a time. It checks everything
// it reads: checksums, types and shapes, that couplings are finite and spins ±1, that the
// spins have the energy, and that no bound lies above it. It ends at the first error.
func (d *Dataset) All() iter.Seq2[*ising.Solved, error] { return d.whole().All() }

// Epoch is [Dataset.All] in another order, which seed and epoch determine: the shards come in
// random order, and the instances of each shard are shuffled.
func (d *Dataset) Epoch(seed, epoch uint64) iter.Seq2[*ising.Solved, error] {
	return d.whole().Epoch(seed, epoch)
}

func (d *Dataset) whole() *Part { return &Part{d, d.Len()} }

func (d *Dataset) readShard(k int) ([]*ising.Solved, error) {
	file, err := d.shardFile(k)
	if err != nil {
		return nil, err
	}
	s := d.index.Shards[k]
	solved, err := decodeShard(file, d.lattice, s.Count, d.index.Walls)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", d.path(s.File), err)
	}
	if n := countProven(solved); n != s.Proven {
		return nil, fmt.Errorf("data: %s: %d instances are proven, dataset.json has %d", d.path(s.File), n, s.Proven)
	}
	return solved, nil
}

// maxShard returns the number of bytes that a shard of n instances may have: twice what
// its arrays take, and headers.
func (d *Dataset) maxShard(n int) int64 {
	numbers := d.lattice.Axes()*d.lattice.Sites() + 2 // couplings, energy and bound
	if d.index.Walls {
		numbers += 2 * d.lattice.Sites()
	}
	return 1<<19 + 2*int64(n)*int64(8*numbers+d.lattice.Sites())
}

// shardFile returns the bytes of shard k if they have the checksum of dataset.json.
func (d *Dataset) shardFile(k int) ([]byte, error) {
	s := d.index.Shards[k]
	file, err := readFile(d.path(s.File), d.maxShard(s.Count))
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if checksum(file) != s.SHA256 {
		return nil, fmt.Errorf("data: %s: checksum differs from dataset.json (file damaged or cut short)", d.path(s.File))
	}
	return file, nil
}

func (d *Dataset) path(name string) string { return filepath.Join(d.dir, name) }

func readFile(path string, limit int64) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	return readfile.All(context.Background(), path, limit)
}

func checksum(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}

func countProven(solved []*ising.Solved) int {
	n := 0
	for _, s := range solved {
		if s.Proven() {
			n++
		}
	}
	return n
}
