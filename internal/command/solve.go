package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"spinlearn/data"
	"spinlearn/internal/atomicfile"
	"spinlearn/internal/cputime"
	"spinlearn/internal/safetext"
	"spinlearn/ising"
	"spinlearn/ising/instancefile"
	"spinlearn/solver"
)

// solveOptions are what the flags of solve say.
type solveOptions struct {
	from, sign       string
	method           string
	limit            time.Duration
	engine           string
	reads, sweeps    int
	target           float64
	seed             uint64
	workers          int
	start            string
	model            string
	passes, effort   int
	out, certificate string
	json             bool
}

func solveCommand() *cli.Command {
	o := solveOptions{}
	return &cli.Command{
		Name:      "solve",
		Usage:     "find the ground state of an instance file, with a proof where one is possible",
		ArgsUsage: "FILE",
		Description: `Prints energy, lower bound and status: proven, heuristic, time limit or interrupted.
FILE is in any of the formats of convert; the lattice is recognised from its bonds.
Or it is the name of one of spinlearn samples.

--method exact proves ground states of lattices in two dimensions by matching, of
small others by packing frustrated cycles or by enumeration, and gives a lower bound
of everything else. The others prove nothing: anneal is simulated annealing, temper
parallel tempering with cluster moves, refine improves the state of the spanning tree
by exact search in windows, model predicts with a network as spinlearn predict does, in
two dimensions. By default the method is exact where a proof is to be
expected or a certificate is wanted, else anneal.

--out writes the spins in the order of the file, one a line, or as numpy reads them if
the name ends in .npy. --certificate writes the proof for spinlearn verify.

Examples:
   spinlearn solve sample:torus-gauss-16
   spinlearn solve G11.rud --out G11.npy --certificate G11.json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "method", Usage: "exact, anneal, temper, refine or model", DefaultText: "exact where a proof is to be expected", Destination: &o.method},
			&cli.DurationFlag{Name: "time-limit", Usage: "ends the search with the best so far, such as 60s", DefaultText: "none", Destination: &o.limit},
			&cli.StringFlag{Name: "engine", Usage: "of anneal: multispin, lanes, bipartite or sparse", DefaultText: "by the instance", Destination: &o.engine},
			&cli.IntFlag{Name: "reads", Usage: "independent runs of anneal or temper", DefaultText: "by the method", Destination: &o.reads},
			&cli.IntFlag{Name: "sweeps", Usage: "sweeps of each run of anneal or temper", DefaultText: "by the method", Destination: &o.sweeps},
			&cli.Float64Flag{Name: "target-energy", Usage: "ends anneal or temper when it is reached", DefaultText: "none", Destination: &o.target},
			&cli.StringFlag{Name: "start", Usage: "spins to begin with, of anneal, refine or model: a file as --out writes it", Destination: &o.start},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of all methods but exact", Destination: &o.seed},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "runs of anneal or temper at a time, goroutines of model", Destination: &o.workers},
			&cli.StringFlag{Name: "from", Usage: "format of FILE", DefaultText: "by its content", Destination: &o.from},
			&cli.StringFlag{Name: "sign", Usage: "plus (H = Σ w s s) or minus (H = -Σ w s s)", DefaultText: "that of the format", Destination: &o.sign},
			&cli.StringFlag{Name: "out", Usage: "file for the spins", Destination: &o.out},
			&cli.StringFlag{Name: "certificate", Usage: "file for the proof", Destination: &o.certificate},
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object", Destination: &o.json},
		},
		Action: func(c *cli.Context) error {
			o.effort = byTarget
			return solveFile(c, &o)
		},
	}
}

// solveFile is what solve and predict do.
func solveFile(c *cli.Context, o *solveOptions) error {
	if err := checkFiles(c); err != nil {
		return err
	}
	if err := checkOut([]string{c.Args().First(), o.start, o.modelFile()}, o.out, o.certificate); err != nil {
		return err
	}
	s, err := solve(c.Context, c.App.ErrWriter, c.Command.Name, c.Args().First(), o)
	if s == nil {
		return err
	}
	write := s.writeText
	if o.json {
		write = s.writeJSON
	}
	return errors.Join(write(c.App.Writer), err)
}

// A solution is a result in terms of the file that it is of.
type solution struct {
	file          *instancefile.File
	name          string
	chosen        string // method
	result        *solver.Result
	cpu           time.Duration
	energy, bound float64 // with the file's offset
}

// solve returns what is known when the search ends, also if that is by an interrupt.
func solve(ctx context.Context, stderr io.Writer, command, path string, o *solveOptions) (*solution, error) {
	set, err := instanceSettings("from", o.from, "sign", o.sign)
	if err != nil {
		return nil, err
	}
	if o.limit < 0 {
		return nil, usagef("--time-limit = %v, want at least 0", o.limit)
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	f, err := openInstance(path, set)
	if err != nil {
		return nil, err
	}
	if o.method == "" {
		o.method = exactSolver
		if o.certificate == "" && solver.CheckExact(f.Lattice) != nil {
			o.method = annealSolver
		}
	}
	if o.target != 0 {
		o.target -= f.Offset
	}
	start, err := readStart(ctx, o.start, f)
	if err != nil {
		return nil, err
	}
	if o.method == modelSolver {
		if err := checkPlane(path, f.Lattice); err != nil {
			return nil, err
		}
	}
	search, err := o.search(f.Instance, start)
	if err != nil {
		return nil, err
	}
	stop := heartbeat(stderr, command+" "+filepath.Base(path))
	cpu := cputime.Now()
	r, err := search(ctx, ising.Stream(o.seed, "solve", 0))
	cpu = cputime.Now() - cpu
	stop()
	if r == nil {
		return nil, err
	}
	s := &solution{f, filepath.Base(path), o.method, r, cpu, r.Energy + f.Offset, r.Bound + f.Offset}
	err = errors.Join(s.writeFiles(o), err)
	if lower := s.certified(); o.certificate != "" && r.Status == solver.Proven && lower < s.bound {
		fmt.Fprintf(stderr, "solve %s: the proof is enumeration; %s shows only that no energy is below %s\n", safetext.Terminal(s.name), safetext.Terminal(o.certificate), plain(lower))
	}
	return s, err
}

// certified returns the lower bound that the certificate proves.
func (s *solution) certified() float64 {
	c := s.result.Certificate
	if c == nil {
		return math.Inf(-1)
	}
	if c.Bound == c.Energy {
		return s.bound
	}
	return min(s.bound, float64(c.Bound)/c.Scale-s.result.Rounding+s.file.Offset)
}

// validate refuses flags that do not belong to the method.
func (o *solveOptions) validate() error {
	methods := []string{exactSolver, annealSolver, temperSolver, refineSolver, modelSolver}
	if o.method != "" && !slices.Contains(methods, o.method) {
		return usagef("--method = %q, want %s", o.method, strings.Join(methods, ", "))
	}
	for _, f := range []struct {
		name    string
		given   bool
		methods []string
	}{
		{"certificate", o.certificate != "", []string{exactSolver, ""}},
		{"engine", o.engine != "", []string{annealSolver}},
		{"reads", o.reads != 0, []string{annealSolver, temperSolver}},
		{"sweeps", o.sweeps != 0, []string{annealSolver, temperSolver}},
		{"target-energy", o.target != 0, []string{annealSolver, temperSolver}},
		{"start", o.start != "", []string{annealSolver, refineSolver, modelSolver}},
		{"time-limit", o.limit != 0, []string{exactSolver, annealSolver, temperSolver, refineSolver, ""}},
	} {
		if f.given && !slices.Contains(f.methods, o.method) {
			return usagef("--%s wants --method %s", f.name, strings.Trim(strings.Join(f.methods, " or "), " or"))
		}
	}
	return nil
}

// A search is a solver with its settings bound.
type search func(context.Context, *rand.Rand) (*solver.Result, error)

func (o *solveOptions) search(in *ising.Instance, start []int8) (search, error) {
	switch o.method {
	case annealSolver:
		return func(ctx context.Context, rng *rand.Rand) (*solver.Result, error) {
			return solver.Anneal(ctx, in, &solver.AnnealSettings{Engine: solver.Engine(o.engine), Reads: o.reads, Sweeps: o.sweeps, Start: start,
				TargetEnergy: o.target, TimeLimit: o.limit, Workers: o.workers}, rng)
		}, nil
	case temperSolver:
		return func(ctx context.Context, rng *rand.Rand) (*solver.Result, error) {
			return solver.Temper(ctx, in, &solver.TemperSettings{Families: o.reads, Sweeps: o.sweeps,
				TargetEnergy: o.target, TimeLimit: o.limit, Workers: o.workers}, rng)
		}, nil
	case refineSolver:
		return func(ctx context.Context, rng *rand.Rand) (*solver.Result, error) {
			return solver.Refine(ctx, in, &solver.RefineSettings{Start: start, TimeLimit: o.limit}, rng)
		}, nil
	case modelSolver:
		return o.prediction(in, start)
	}
	return func(ctx context.Context, _ *rand.Rand) (*solver.Result, error) {
		return solver.Exact(ctx, in, &solver.ExactSettings{TimeLimit: o.limit})
	}, nil
}

func (s *solution) writeFiles(o *solveOptions) error {
	if o.out != "" {
		spins := s.file.VertexSpins(s.result.Spins)
		var text bytes.Buffer
		if filepath.Ext(o.out) == ".npy" {
			if err := data.WriteSpins(&text, spins); err != nil {
				return err
			}
		} else {
			for _, v := range spins {
				fmt.Fprintln(&text, v)
			}
		}
		if err := atomicfile.Write(o.out, text.Bytes()); err != nil {
			return err
		}
	}
	if o.certificate != "" {
		c := s.result.Certificate
		if c == nil {
			return fmt.Errorf("%s: nothing is proven yet, nothing was written", o.certificate)
		}
		c.Program = program
		var text bytes.Buffer
		if err := c.Write(&text); err != nil {
			return err
		}
		return atomicfile.Write(o.certificate, text.Bytes())
	}
	return nil
}

// method returns the method, of exact search the one that it chose.
func (s *solution) method() string {
	return cmp.Or(string(s.result.Method), s.chosen)
}

// cut returns the weight of the cut where the file is a MaxCut problem.
func (s *solution) cut() (cut float64, ok bool) {
	return s.file.Cut(s.result.Energy), s.file.Format == instancefile.EdgeList
}

func (s *solution) writeText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	line("instance", "%s, %v", safetext.Terminal(s.name), s.file.Lattice)
	line("status", "%v", s.result.Status)
	line("energy", "%s", plain(s.energy))
	if math.IsNaN(s.bound) {
		line("bound", "none")
	} else {
		line("bound", "%s", plain(s.bound))
	}
	if cut, ok := s.cut(); ok {
		line("cut", "%s", plain(cut))
	}
	if s.result.Rounding > 0 {
		line("scale", "couplings times %v, rounded; no energy changes by more than %.2g", s.result.Scale, s.result.Rounding)
	}
	line("method", "%s", s.method())
	line("time", "%.3f s, %.3f s of CPU", s.result.Elapsed.Seconds(), s.cpu.Seconds())
	return t.Flush()
}

// plain writes a number without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (s *solution) writeJSON(w io.Writer) error {
	number := func(v float64) *float64 { // null if there is none
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	spins := s.file.VertexSpins(s.result.Spins)
	list := make([]int, len(spins))
	for i, v := range spins {
		list[i] = int(v)
	}
	cut := math.NaN()
	if c, ok := s.cut(); ok {
		cut = c
	}
	text, err := json.Marshal(struct {
		Instance string   `json:"instance"`
		Lattice  string   `json:"lattice"`
		Status   string   `json:"status"`
		Energy   float64  `json:"energy"`
		Bound    *float64 `json:"bound"`
		Cut      *float64 `json:"cut,omitempty"`
		Scale    float64  `json:"scale,omitempty"`
		Rounding float64  `json:"rounding"`
		Method   string   `json:"method"`
		Spins    []int    `json:"spins"`
		CPU      float64  `json:"cpu_seconds"`
		Elapsed  float64  `json:"elapsed_seconds"`
	}{
		s.name, s.file.Lattice.String(), s.result.Status.String(), s.energy, number(s.bound), number(cut), s.result.Scale, s.result.Rounding,
		s.method(), list, s.cpu.Seconds(), s.result.Elapsed.Seconds(),
	})
	if err != nil {
		return err
	}
	_, err = w.Write(append(safetext.JSON(text), '\n'))
	return err
}

// heartbeat writes every few seconds how long the work has taken, until stop is called.
func heartbeat(w io.Writer, title string) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	begin, title := time.Now(), safetext.Terminal(title)
	go func() {
		defer close(done)
		tick := time.NewTicker(lineEvery)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case now := <-tick.C:
				fmt.Fprintf(w, "%s: %v\n", title, now.Sub(begin).Round(time.Second))
			}
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}
