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
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"spinlearn/data"
	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/base/cputime"
	"spinlearn/internal/base/safetext"
	"spinlearn/ising"
	"spinlearn/ising/instancefile"
	"spinlearn/solver"
	"spinlearn/solver/anneal"
	"spinlearn/solver/methods"
)

// solveOptions are what the flags of solve and predict say.
type solveOptions struct {
	from, sign string
	method     string
	methods.Options
	budget           solver.Budget // its target is the file's
	seed             uint64
	start            string
	model            string
	seeded           bool // the seed is given
	out, certificate string
	plot             string // of predict
	json             bool
	stdin            io.Reader
	stdout           io.Writer // of files whose name is -
}

func newSolveOptions() *solveOptions {
	o := &solveOptions{Options: methods.Default(), seed: 1}
	o.Workers = runtime.GOMAXPROCS(0)
	return o
}

func solveCommand() *cli.Command {
	o := newSolveOptions()
	target := 0.0
	return &cli.Command{
		Name:      "solve",
		Usage:     "find a ground state, with a proof where one is possible",
		ArgsUsage: "FILE",
		Description: `Prints energy, lower bound and status: proven, heuristic, time limit or interrupted.
Proven means that no configuration has a lower energy, or, where the couplings had to
be rounded, that none is lower by more than the stated rounding.

FILE is in any of the formats of convert; the lattice is recognised from its bonds.
Or it is the name of one of spinlearn samples, or - for standard input.

The methods are:
` + methods.Table("   ") + `
Without --method the search is exact where a proof is expected, and with
--certificate. Elsewhere it is anneal, followed by a lower bound that takes a few
seconds at most; a note says if the bound was stopped. Options of one method need
--method.

The line "sign" says how the weights of the file were read, and why; --sign changes it.

--out writes the spins in the order of the file, one a line, or as numpy reads them if
the name ends in .npy. --certificate writes the proof for spinlearn verify. If one of
them is - it goes to standard output, and the table to standard error.

Times are in seconds, or have a unit: 60, 0.5, 1m30s, 500ms.

Examples:
   spinlearn solve sample:torus-gauss-16
   spinlearn solve G11.rud --out G11.npy --time-limit 60
   spinlearn solve G11.rud --certificate - | spinlearn verify G11.rud -`,
		Flags: []cli.Flag{
			&cli.GenericFlag{Name: "method", Value: one(&o.method, word(methods.Names()...)), Usage: enumerate(methods.Names(), "or"), DefaultText: "exact where a proof is expected, else anneal and a bound"},
			&cli.GenericFlag{Name: "time-limit", Value: one(&o.budget.Limit, span), Usage: of(methods.Limit) + "time after which the search ends with the best so far, in seconds or with a unit", DefaultText: "none"},
			&cli.GenericFlag{Name: "engine", Value: one(&o.Engine, word(anneal.Engines...)), Usage: of(methods.Engine) + enumerate(anneal.Engines, "or"), DefaultText: "by the instance"},
			&cli.GenericFlag{Name: "reads", Value: one(&o.Reads, whole(1, 1<<20)), Usage: of(methods.Reads) + "number of independent runs", DefaultText: "by the method"},
			&cli.GenericFlag{Name: "sweeps", Value: one(&o.Sweeps, atLeast(1)), Usage: of(methods.Sweeps) + "sweeps of each run", DefaultText: "by the method"},
			&cli.GenericFlag{Name: "target-energy", Value: one(&target, finite), Usage: of(methods.Target) + "the search ends when it reaches this energy, in the unit of the file", DefaultText: "none"},
			&cli.StringFlag{Name: "start", Usage: of(methods.Start) + "spins to begin with, a file as --out or numpy.save writes it, or -", Destination: &o.start},
			&cli.GenericFlag{Name: "seed", Value: seed(&o.seed), Usage: of(methods.Seed) + "seed of the random numbers"},
			&cli.GenericFlag{Name: "workers", Value: workers(&o.Workers), Usage: of(methods.Workers) + "goroutines; without a time limit the number does not change the result"},
			&cli.StringFlag{Name: "from", Usage: "format of FILE", DefaultText: "by its content", Destination: &o.from},
			&cli.StringFlag{Name: "sign", Usage: "plus (H = Σ w s s) or minus (H = -Σ w s s)", DefaultText: "by its format and ending", Destination: &o.sign},
			&cli.StringFlag{Name: "out", Usage: "file for the spins, or -", Destination: &o.out},
			&cli.StringFlag{Name: "certificate", Usage: "file for the proof, or -; method exact only", Destination: &o.certificate},
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object", Destination: &o.json},
		},
		Action: func(c *cli.Context) error {
			if c.IsSet("target-energy") {
				o.budget.Target = &target
			}
			return solveFile(c, o)
		},
	}
}

// effects says on which methods options have an effect.
func effects(options ...string) (list []effect) {
	for _, option := range options {
		list = append(list, effect{option, methods.Taking(option)})
	}
	return list
}

// of begins the help of an option that does not belong to all methods.
func of(option string) string { return "of " + enumerate(methods.Taking(option), "and") + ": " }

// checkSolve refuses flags that do not go together. Without a method the instance decides,
// and only options that every choice has may be given.
func checkSolve(c *cli.Context, o *solveOptions) error {
	var chosen []string
	if o.method != "" {
		chosen = []string{o.method}
		if err := checkEffects(c, "method", chosen, append(effects(methods.Limit), effect{"certificate", []string{methods.Exact}})); err != nil {
			return err
		}
	}
	if err := checkEffects(c, "method", chosen, effects(methods.Engine, methods.Reads, methods.Sweeps, methods.Target, methods.Start, methods.Seed, methods.Workers)); err != nil {
		return err
	}
	if err := checkDashes(c, "start"); err != nil {
		return err
	}
	var out []string
	for _, f := range []struct {
		name  string
		given bool
	}{{"--json", o.json}, {"--out -", o.out == dash}, {"--certificate -", o.certificate == dash}} {
		if f.given {
			out = append(out, f.name)
		}
	}
	if len(out) > 1 && (o.out == dash || o.certificate == dash) {
		return usagef("only one of %s can write to standard output; leave the rest out or give it the name of a file", enumerate(out, "and"))
	}
	return checkOut([]string{c.Args().First(), o.start, o.modelFile()}, o.out, o.certificate, o.plot)
}

// solveFile is what solve and predict do.
func solveFile(c *cli.Context, o *solveOptions) error {
	if err := checkFiles(c); err != nil {
		return err
	}
	if err := checkSolve(c, o); err != nil {
		return err
	}
	o.stdin, o.stdout = c.App.Reader, c.App.Writer
	s, err := solve(c.Context, c.App.ErrWriter, c.Command.Name, c.Args().First(), o)
	if s == nil {
		return err
	}
	write, to := s.writeText, c.App.Writer
	if o.json {
		write = s.writeJSON
	}
	if o.out == dash || o.certificate == dash {
		to = c.App.ErrWriter
	}
	return errors.Join(write(to), err)
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
	f, err := openInstance(o.stdin, path, set)
	if err != nil {
		return nil, err
	}
	if o.Start, err = o.readStart(ctx, f); err != nil {
		return nil, err
	}
	if o.Start != nil && looksNegated(f, o.Start) {
		e := f.FileEnergy(o.Start)
		fmt.Fprintf(stderr, "%s: the spins of --start %s have the energy %s, which would be %s by the other sign; %s\n", command, safetext.Terminal(label(o.start)), plain(e), plain(-e), otherSign(f))
	}
	search, err := o.search(path, f)
	if err != nil {
		return nil, err
	}
	budget := o.budget
	if budget.Target != nil {
		budget.Target = new(f.InstanceTarget(*budget.Target))
	}
	name := nameOf(path)
	stop := heartbeat(stderr, command+" "+name)
	cpu := cputime.Now()
	r, err := search.Solve(ctx, f.Instance, budget, ising.Stream(o.seed, "solve", 0))
	cpu = cputime.Now() - cpu
	stop()
	if r == nil {
		return nil, err
	}
	s := &solution{f, name, search.Name(), r, cpu, f.FileEnergy(r.Spins), f.FileBound(r.Spins, r.Bound)}
	err = errors.Join(s.writeFiles(o), err)
	if o.plot != "" && err == nil {
		err = s.plotPrediction(ctx, o.Model, o.plot)
	}
	if lower := s.certified(); o.certificate != "" && r.Status == solver.Proven && lower < s.bound {
		fmt.Fprintf(stderr, "solve %s: the proof is enumeration; %s shows only that no energy is below %s\n", safetext.Terminal(s.name), safetext.Terminal(o.certificate), plain(lower))
	}
	return s, err
}

// certified returns the lower bound that the certificate proves.
func (s *solution) certified() float64 {
	c := s.result.Proof
	if c == nil {
		return math.Inf(-1)
	}
	if c.Bound == c.Energy {
		return s.bound
	}
	q := s.file.Integers()
	return min(s.bound, s.file.FileBound(s.result.Spins, q.Energy(c.Bound)-q.Rounding))
}

// search returns the solver that the flags choose, ready for the instance.
func (o *solveOptions) search(path string, f *instancefile.File) (solver.Solver, error) {
	name := o.method
	if name == "" && o.certificate != "" {
		name = methods.Exact
	}
	if name == "" {
		return methods.Auto{Workers: o.Workers}, nil
	}
	m, err := methods.Named(name)
	if err != nil {
		return nil, err
	}
	if m.Takes(methods.Model) {
		if err := o.loadModel(path, f); err != nil {
			return nil, err
		}
	}
	s := m.New(o.Options)
	if err := s.Check(f.Instance); err != nil {
		return nil, err
	}
	if p, ok := s.(solver.Batcher); ok {
		return s, p.Prepare(f.Instance)
	}
	return s, nil
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
		if err := o.writeFile(o.out, text.Bytes()); err != nil {
			return err
		}
	}
	if o.certificate != "" {
		c := s.result.Proof
		if c == nil {
			return fmt.Errorf("--certificate %s: nothing is proven yet, nothing was written", o.certificate)
		}
		c.Program = program
		var text bytes.Buffer
		if err := c.Write(&text); err != nil {
			return err
		}
		return o.writeFile(o.certificate, text.Bytes())
	}
	return nil
}

// writeFile writes a file, or to standard output.
func (o *solveOptions) writeFile(path string, content []byte) error {
	if path == dash {
		_, err := o.stdout.Write(content)
		return err
	}
	return atomicfile.Write(path, content)
}

// method returns the method, or what it chose to do.
func (s *solution) method() string { return cmp.Or(s.result.Search, s.chosen) }

// bounded reports whether there is a lower bound.
func (s *solution) bounded() bool { return !math.IsNaN(s.bound) && !math.IsInf(s.bound, 0) }

// lostCoupling explains a proof that cannot be.
const lostCoupling = "the smallest couplings are too small beside the largest for a proof; the true ground-state energy lies between bound and energy"

// notes say what the numbers do not.
func (s *solution) notes() (list []string) {
	if s.file.Integers().Lost >= 0 && s.bounded() {
		list = append(list, lostCoupling)
	}
	if t := s.result.BoundStopped; t > 0 {
		list = append(list, fmt.Sprintf("the bound was stopped after %.3g s; --method exact goes on until the bound can rise no further or --time-limit ends it", t.Seconds()))
	}
	return list
}

// cut returns the weight of the cut where the file is a MaxCut problem.
func (s *solution) cut() (cut float64, ok bool) {
	return s.file.Cut(s.result.Spins), hasCut(s.file)
}

func (s *solution) writeText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	line("instance", "%s, %s", safetext.Terminal(s.name), latticeOf(s.file))
	line("sign", "%s", convention(s.file))
	if notes := s.file.Notes; len(notes) > 0 {
		line("file", "%s", strings.Join(notes, "; "))
	}
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
	if r := s.file.Rounding(); r > 0 && s.bounded() {
		line("scale", "couplings times %v, rounded to integers", s.file.Integers().Scale)
		line("rounding", "%.2g; proven means that no energy is lower by more than this", r)
	}
	line("method", "%s", s.method())
	line("time", "%.3f s, %.3f s of CPU", s.result.Elapsed.Seconds(), s.cpu.Seconds())
	for _, note := range s.notes() {
		line("note", "%s", note)
	}
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
	scale := 0.0
	if s.bounded() {
		scale = s.file.Integers().Scale
	}
	text, err := json.Marshal(struct {
		Instance string   `json:"instance"`
		Lattice  string   `json:"lattice"`
		Meaning  string   `json:"convention"`
		From     string   `json:"convention_from"` // flag, ending or format
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
		File     string   `json:"file,omitempty"`
		Note     string   `json:"note,omitempty"`
	}{
		s.name, s.file.Lattice.String(), function(s.file.Format, s.file.Sign), string(s.file.SignBy), s.result.Status.String(), s.energy, number(s.bound), number(cut), scale, s.file.Rounding(),
		s.method(), list, s.cpu.Seconds(), s.result.Elapsed.Seconds(),
		strings.Join(s.file.Notes, "; "), strings.Join(s.notes(), "; "),
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
