package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
	"spinlearn/data"
	"spinlearn/internal/base/readfile"
	"spinlearn/internal/base/safetext"
	"spinlearn/internal/base/stats"
	"spinlearn/internal/experiment"
	"spinlearn/internal/reproduce"
	"spinlearn/ising"
	"spinlearn/ising/instancefile"
	"spinlearn/plots"
	"spinlearn/solver/certificate"
)

// inspectOptions are what the flags of inspect say.
type inspectOptions struct {
	from, sign string
	plot       string
	instance   string // of a certificate or spins
	json       bool
	stdin      io.Reader
}

func inspectCommand() *cli.Command {
	o := inspectOptions{}
	return &cli.Command{
		Name:      "inspect",
		Usage:     "say what a file or folder is and what it holds",
		ArgsUsage: "FILE",
		Description: `FILE is an instance file in any of the formats of convert, one of spinlearn samples, a
dataset or one of its shards, a run of train, a model file, a comparison, a study of
reproduce, a certificate or spins of solve. Datasets are read whole and their checksums
compared. With --instance a certificate is checked, and the energy of spins computed.
Energies are in the unit of the couplings. FILE or the file of --instance may be - for
standard input.

Examples:
   spinlearn inspect t2g10_5555.rud --plot couplings.png
   spinlearn inspect G11.json --instance G11.rud`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "format of an instance file", DefaultText: "by its content", Destination: &o.from},
			&cli.StringFlag{Name: "sign", Usage: "plus or minus, of an instance file", DefaultText: "by its format and ending", Destination: &o.sign},
			&cli.StringFlag{Name: "instance", Usage: "instance file of a certificate, to check it, or of spins, for their energy", Destination: &o.instance},
			&cli.StringFlag{Name: "plot", Usage: "chart of the couplings, .png, .svg or .pdf", Destination: &o.plot},
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object", Destination: &o.json},
		},
		Action: func(c *cli.Context) error {
			if err := checkFiles(c); err != nil {
				return err
			}
			if err := checkDashes(c, "instance"); err != nil {
				return err
			}
			o.stdin = c.App.Reader
			if err := checkPlot(o.plot); err != nil {
				return err
			}
			if err := checkOut([]string{c.Args().First(), o.instance}, o.plot); err != nil {
				return err
			}
			list, err := inspect(c.Context, c.Args().First(), &o)
			if err != nil {
				return err
			}
			if o.json {
				return list.writeJSON(c.App.Writer)
			}
			return list.writeText(c.App.Writer)
		},
	}
}

// What inspect reads at most, in bytes, of a certificate whose instance it does not know,
// of another file in JSON, and of spins or standard input.
const maxUnknownProof, maxObject, maxUnknown = 1 << 27, 1 << 26, 1 << 30

// facts are names and values in order.
type facts []fact

type fact struct {
	name  string
	value any
}

func (l *facts) add(name string, value any) { *l = append(*l, fact{name, value}) }

func (l facts) writeText(w io.Writer) error {
	width := 0
	for _, f := range l {
		width = max(width, len(safetext.Terminal(f.name)))
	}
	var b bytes.Buffer
	for _, f := range l {
		value := f.value
		if v, ok := value.(float64); ok && v == math.Trunc(v) && math.Abs(v) < 1e15 {
			value = int64(v) // no exponent
		}
		fmt.Fprintf(&b, "%-*s  %v\n", width, safetext.Terminal(strings.ReplaceAll(f.name, "_", " ")), safetext.Terminal(fmt.Sprint(value)))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (l facts) writeJSON(w io.Writer) error {
	var b bytes.Buffer
	for i, f := range l {
		separator := ", "
		if i == 0 {
			separator = "{"
		}
		name, err1 := json.Marshal(f.name)
		value, err2 := json.Marshal(f.value)
		if err := cmp.Or(err1, err2); err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s%s: %s", separator, name, value)
	}
	b.WriteString("}\n")
	_, err := w.Write(safetext.JSON(b.Bytes()))
	return err
}

// inspect finds out what stands at a path.
func inspect(ctx context.Context, path string, o *inspectOptions) (facts, error) {
	set, err := instanceSettings("from", o.from, "sign", o.sign)
	if err != nil {
		return nil, err
	}
	name, kind := label(path), ""
	var content []byte
	if path == dash {
		if content, _, err = readFile(ctx, o.stdin, path, maxUnknown); err != nil {
			return nil, err
		}
		kind = kindOfHead(content[:min(len(content), headSize)])
		o.stdin = bytes.NewReader(content)
	} else if kind, err = kindOf(path); err != nil {
		return nil, err
	}
	var spins []int8
	var shape []int
	if kind == numpyKind || kind == spinsKind {
		spins, shape, err = readSpins(ctx, o.stdin, path, maxUnknown)
		switch {
		case err == nil:
			kind = spinsKind
		case kind == spinsKind || o.instance != "":
			return nil, err
		}
	}
	switch ofInstance := kind == instanceKind || o.instance != ""; {
	case o.instance != "" && kind != certificateKind && kind != spinsKind:
		return nil, usagef("--instance is for certificates and spins, %s is of kind %s", name, kind)
	case !ofInstance && (o.from != "" || o.sign != ""), kind != instanceKind && o.plot != "":
		return nil, usagef("--from, --sign and --plot are for instance files, %s is of kind %s", name, kind)
	}
	list := facts{{"file", name}, {"kind", kind}}
	switch kind {
	case datasetKind:
		err = list.dataset(ctx, path)
	case runKind:
		err = list.run(path)
	case modelKind:
		err = list.model(path, content)
	case certificateKind:
		err = list.certificate(ctx, path, o, set)
	case spinsKind:
		err = list.spins(name, spins, shape, o, set)
	case comparisonKind:
		err = list.comparison(ctx, path)
	case studyKind:
		err = list.study(ctx, path)
	case numpyKind:
		err = list.arrays(path, content)
	case otherKind:
		err = list.other(ctx, path, o.stdin)
	default:
		var f *instancefile.File
		if f, err = openInstance(o.stdin, path, set); err == nil {
			list.instance(f)
			if err := list.sample(path); err != nil {
				return nil, err
			}
			if o.plot != "" {
				err = plotInstance(f, name, o.plot)
			}
		}
	}
	return list, err
}

// The kinds of what a path can be.
const (
	instanceKind    = "instance"
	datasetKind     = "dataset"
	runKind         = "run"
	modelKind       = "model"
	certificateKind = "certificate"
	comparisonKind  = "comparison"
	studyKind       = "study"
	spinsKind       = "spins"
	numpyKind       = "numpy file"
	otherKind       = "spinlearn file"
)

// kindOf tells the kind by what a folder holds or a file begins with.
func kindOf(path string) (string, error) {
	if path == dash {
		return instanceKind, nil // for the reader to find out
	}
	if _, is, err := findSample(path); is {
		return instanceKind, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		for _, k := range []struct{ file, kind string }{{"dataset.json", datasetKind}, {reproduce.PlanFile, studyKind}, {cnn.ModelFile, runKind}, {experiment.ResultsFile, comparisonKind}} {
			if _, err := os.Stat(filepath.Join(path, k.file)); err == nil {
				return k.kind, nil
			}
		}
		return "", fmt.Errorf("%s holds no dataset, no run that has ended, no comparison and no study", path)
	}
	if !info.Mode().IsRegular() {
		return instanceKind, nil // a pipe is read once
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", err
	}
	return kindOfHead(head[:n]), nil
}

// headSize is how many bytes tell the kind of a file.
const headSize = 64

func kindOfHead(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\x93NUMPY")), bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return numpyKind
	case len(head) > 8 && head[8] == '{' && bytes.IndexByte(head[:8], 0) >= 0: // the length of the header
		return modelKind
	case bytes.Contains(head, []byte(`"spinlearn certificate `)):
		return certificateKind
	case bytes.Contains(head, []byte(`"spinlearn `)):
		return otherKind
	case looksLikeSpins(head):
		return spinsKind
	}
	return instanceKind
}

func (l *facts) instance(f *instancefile.File) {
	s := f.Summary()
	l.add("format", f.Format)
	if len(f.Notes) > 0 {
		l.add("notes", strings.Join(f.Notes, "; "))
	}
	l.add("convention", convention(f))
	l.add("lattice", latticeOf(f))
	if f.Site != nil {
		l.add("numbering", "not row-major")
	}
	l.add("vertices", f.Vertices())
	bound := f.Offset - s.Sum
	if f.Ghost {
		all := s.Bonds
		s = withoutGhost(f).Summary()
		l.add("ghost_spin", true)
		l.add("fields", all-s.Bonds)
	}
	l.add("bonds", s.Bonds)
	if s.Missing > 0 {
		l.add("missing_bonds", s.Missing)
	}
	if e := f.Ensemble; e != nil {
		l.add("ensemble", e.Couplings)
		if e.Couplings == ising.PlusMinus {
			l.add("ensemble_negative", e.Negative)
		}
		l.add("ensemble_dilution", e.Dilution)
	}
	l.add("couplings", s.Values)
	if s.Bonds > 0 {
		l.add("negative_bonds", s.Negative)
		l.add("coupling_least", s.Least)
		l.add("coupling_most", s.Most)
		l.add("coupling_mean", s.Mean)
		l.add("coupling_rms", s.RMS)
	}
	if s.Plaquettes > 0 {
		l.add("plaquettes", s.Plaquettes)
		l.add("frustrated_plaquettes", s.Frustrated)
	}
	if f.Offset != 0 {
		l.add("offset", f.Offset)
	}
	up := make([]int8, f.Sites())
	for i := range up {
		up[i] = 1
	}
	tree := f.SpanningTree(f.J, nil).Spins(f.J)
	l.add("energy_bound", bound)
	l.add("energy_spanning_tree", f.FileEnergy(tree))
	l.add("energy_all_up", f.FileEnergy(up))
	if hasCut(f) {
		l.add("total_weight", f.Total)
		l.add("cut_spanning_tree", f.Cut(tree))
	}
}

// withoutGhost returns the bonds between the spins of a file with fields.
func withoutGhost(f *instancefile.File) *ising.Instance {
	var ends [][2]int
	var J []float64
	for k, v := range f.J {
		if i, j := f.Ends(k); max(i, j) < f.Vertices() {
			ends, J = append(ends, [2]int{i, j}), append(J, v)
		}
	}
	g, err := ising.NewGraph(f.Vertices(), ends)
	if err == nil {
		var in *ising.Instance
		if in, err = ising.NewInstance(g, J); err == nil {
			return in
		}
	}
	panic(err) // part of an instance is one
}

// sample adds what is known of a sample beyond its file; other paths have nothing.
func (l *facts) sample(path string) error {
	s, is, err := findSample(path)
	if !is || err != nil {
		return err
	}
	_, v, err := checkedSample(s)
	if err != nil {
		return err
	}
	l.add("seed", s.Seed)
	l.add("energy_ground_state", v.Energy)
	l.add("proven", v.Proven)
	return nil
}

// plotInstance draws the couplings of a lattice of two axes.
func plotInstance(f *instancefile.File, path, name string) error {
	sides := f.Shape()
	if f.Axes() != 2 || max(sides[0], sides[1]) > plots.MaxLattice {
		return fmt.Errorf("%s: --plot draws lattices of two axes and sides up to %d, this is %v", path, plots.MaxLattice, f.Lattice)
	}
	c := couplingsOf(f)
	c.Title = fmt.Sprintf("%s, %v", filepath.Base(path), f.Lattice)
	return draw(c, name)
}

// couplingsOf returns the chart of a lattice of two axes, without a title.
func couplingsOf(f *instancefile.File) plots.Couplings {
	n, sides := f.Sites(), f.Shape()
	return plots.Couplings{
		Rows: sides[0], Cols: sides[1], Down: f.J[:n], Right: f.J[n:],
		PeriodicRows: f.Periodic()[0], PeriodicCols: f.Periodic()[1], Frustrated: f.Frustrated(),
	}
}

// checkPlot refuses the name of a chart of another kind.
func checkPlot(name string) error {
	if ending := filepath.Ext(name); name != "" && !slices.Contains([]string{".png", ".svg", ".pdf"}, ending) {
		return usagef("--plot %s ends in %q, want .png, .svg or .pdf", name, ending)
	}
	return nil
}

func (l *facts) dataset(ctx context.Context, dir string) error {
	d, err := data.Open(dir)
	if err != nil {
		return err
	}
	s := d.Description()
	sum, err := d.Checksum()
	if err != nil {
		return err
	}
	var perSite []float64
	for solved, err := range d.All() {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		perSite = append(perSite, solved.Energy/float64(solved.Sites()))
	}
	l.add("program", d.Program())
	l.add("lattice", d.Lattice().String())
	l.add("ensemble", s.Ensemble.Couplings)
	if s.Ensemble.Couplings == ising.PlusMinus {
		l.add("ensemble_negative", s.Ensemble.Negative)
	}
	l.add("ensemble_dilution", s.Ensemble.Dilution)
	l.add("seed", s.Seed)
	l.add("solver", s.Solver)
	l.add("solver_settings", jsonText(s.SolverSettings))
	l.add("instances", d.Len())
	l.add("instances_wanted", s.Count)
	l.add("proven", d.Proven())
	if s.Walls {
		l.add("walls", true)
	}
	if len(perSite) > 0 {
		energy := stats.Mean(perSite)
		least, most := math.Inf(1), math.Inf(-1)
		for _, e := range perSite {
			least, most = min(least, e), max(most, e)
		}
		l.add("energy_per_site_mean", energy.Mean)
		l.add("energy_per_site_sem", energy.Error)
		l.add("energy_per_site_least", least)
		l.add("energy_per_site_most", most)
	}
	l.add("sha256", sum)
	return nil
}

// jsonText is JSON that is printed as it stands.
type jsonText json.RawMessage

func (t jsonText) String() string               { return string(t) }
func (t jsonText) MarshalJSON() ([]byte, error) { return t, nil }

func (l *facts) run(dir string) error {
	runs, err := loadRuns([]string{dir})
	if err != nil {
		return err
	}
	l.describe(runs[0].Model)
	l.add("metrics", len(runs[0].Metrics))
	return nil
}

// model lists what a model file says, which is content if the name is -.
func (l *facts) model(name string, content []byte) error {
	var m *cnn.Model
	var err error
	if name == dash {
		m, err = cnn.ParseModel(content)
	} else {
		m, err = cnn.LoadModel(name)
	}
	if err != nil {
		return err
	}
	l.describe(m)
	return nil
}

func (l *facts) describe(m *cnn.Model) {
	t := m.Training
	l.add("program", t.Program)
	l.add("target", t.Target)
	l.add("channels", t.Channels)
	l.add("blocks", t.Blocks)
	l.add("loss", t.Loss.Name)
	if t.Cost != "" {
		l.add("cost", t.Cost)
	}
	l.add("seed", t.Seed)
	l.add("data", t.Data)
	l.add("steps", t.Steps)
	l.add("steps_of_best_weights", m.Step)
	if m.Gap != nil {
		l.add("validation_gap", *m.Gap)
		l.add("validation_proven", m.Proven)
	}
}

// spins lists what a configuration has and, if there is an instance, its energy there.
func (l *facts) spins(name string, spins []int8, shape []int, o *inspectOptions, set *instancefile.Settings) error {
	up := 0
	for _, v := range spins {
		if v > 0 {
			up++
		}
	}
	l.add("shape", sides(shape))
	l.add("spins", len(spins))
	l.add("up", up)
	l.add("down", len(spins)-up)
	l.add("magnetisation_per_spin", float64(2*up-len(spins))/float64(len(spins)))
	if o.instance == "" {
		return nil
	}
	f, err := openInstance(o.stdin, o.instance, set)
	if err != nil {
		return err
	}
	if spins, err = siteSpins(spins, shape, f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	l.add("instance", label(o.instance))
	l.add("lattice", f.Lattice.String())
	l.add("energy", f.FileEnergy(spins))
	return nil
}

// certificate lists what a certificate says and, if there is an instance, what it proves
// of that file.
func (l *facts) certificate(ctx context.Context, path string, o *inspectOptions, set *instancefile.Settings) error {
	var f *instancefile.File
	var limit int64 = maxUnknownProof
	if o.instance != "" {
		var err error
		if f, err = openInstance(o.stdin, o.instance, set); err != nil {
			return err
		}
		limit = certificate.MaxSize(f.Sites(), f.Slots())
	}
	c, err := openCertificate(ctx, o.stdin, path, limit)
	if err != nil {
		if o.instance == "" && errors.Is(err, readfile.ErrTooLarge) {
			err = fmt.Errorf("%w; --instance FILE allows what its instance justifies", err)
		}
		return err
	}
	l.add("program", c.Program)
	l.add("proof", c.Kind)
	l.add("sites", c.Sites)
	l.add("bonds", c.Bonds)
	l.add("steps", c.Steps())
	l.add("scale", c.Scale)
	if energy, bound := float64(c.Energy)/c.Scale, float64(c.Bound)/c.Scale; c.Scale > 0 && !math.IsInf(energy, 0) && !math.IsInf(bound, 0) {
		l.add("energy_claimed", energy)
		l.add("bound_claimed", bound)
	}
	if o.instance == "" {
		l.add("checked", false)
		return nil
	}
	v, err := checkProof(c, path, f)
	if err != nil {
		return err
	}
	l.add("checked", true)
	l.add("instance", label(o.instance))
	l.add("lattice", f.Lattice.String())
	l.add("energy", f.FileEnergy(v.Spins))
	l.add("bound", f.FileBound(v.Spins, v.Bound))
	l.add("proven", v.Proven)
	if v.Rounding > 0 {
		l.add("rounding", v.Rounding)
	}
	if f.Integers().Lost >= 0 {
		l.add("note", lostCoupling)
	}
	return nil
}

// comparison lists what the lines of a comparison have in common, and its best method.
func (l *facts) comparison(ctx context.Context, dir string) error {
	path := filepath.Join(dir, experiment.ResultsFile)
	text, err := readfile.All(ctx, path, maxTable)
	if err != nil {
		return err
	}
	type line struct {
		experiment.Origin
		Dataset   string // at equal time
		Method    string
		Instances int
		Proven    int
		Gap       *float64 `json:"gap_mean_fraction"` // nil if no instance has a relative gap
	}
	var first, best line
	var datasets, names []string
	methods := 0
	for d := json.NewDecoder(bytes.NewReader(text)); ; methods++ { // the first line is the reference
		var next line
		err := d.Decode(&next)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", path, methods+1, err)
		}
		if next.Method == "" {
			return fmt.Errorf("%s: line %d: no method", path, methods+1)
		}
		if next.Dataset != "" && !slices.Contains(datasets, next.Dataset) {
			datasets = append(datasets, next.Dataset)
		}
		if !slices.Contains(names, next.Method) {
			names = append(names, next.Method)
		}
		switch {
		case methods == 0:
			first = next
		case next.Gap != nil && (best.Gap == nil || *next.Gap < *best.Gap):
			best = next
		}
	}
	if methods == 0 {
		return fmt.Errorf("%s: no line", path)
	}
	l.add("program", first.Program)
	if len(datasets) > 0 {
		l.add("seed", first.Seed)
		l.add("datasets", strings.Join(datasets, " "))
		l.add("methods", len(names))
		l.add("rows", methods)
		return nil
	}
	l.add("data", first.Data)
	l.add("lattice", first.Lattice)
	l.add("seed", first.Seed)
	l.add("instances", first.Instances)
	l.add("proven", first.Proven)
	l.add("methods", methods-1)
	if best.Gap != nil {
		l.add("best_method", best.Method)
		l.add("best_gap_fraction", *best.Gap)
	}
	return nil
}

// arrays lists the arrays of a file, which is content if the path is -.
func (l *facts) arrays(path string, content []byte) error {
	var list []data.Array
	var err error
	if path == dash {
		list, err = data.ReadArrays(bytes.NewReader(content), int64(len(content)), stdinName)
	} else {
		list, err = data.Arrays(path)
	}
	if err != nil {
		return err
	}
	for _, a := range list {
		name := a.Name
		if name == "" {
			name = "array"
		}
		l.add(name, fmt.Sprintf("%s (%s)", a.Type, a.Shape))
	}
	return nil
}

// study lists the plan of a folder of reproduce, and whether it is carried out.
func (l *facts) study(ctx context.Context, path string) error {
	if err := l.other(ctx, filepath.Join(path, reproduce.PlanFile), nil); err != nil {
		return err
	}
	_, err := os.Stat(filepath.Join(path, reproduce.ReportFile))
	if errors.Is(err, fs.ErrNotExist) {
		l.add("report", "none yet")
		return nil
	}
	l.add("report", reproduce.ReportFile)
	return err
}

// other lists the numbers and words of a JSON object that says what it is.
func (l *facts) other(ctx context.Context, path string, stdin io.Reader) error {
	text, path, err := readFile(ctx, stdin, path, maxObject)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("%s: no JSON object", path)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		switch v := value.(type) {
		case string:
			if len(v) > 80 {
				value = fmt.Sprintf("%d characters", len(v))
			}
		case map[string]any:
			value = fmt.Sprintf("%d entries", len(v))
		case []any:
			value = fmt.Sprintf("%d entries", len(v))
		}
		l.add(name.(string), value)
	}
	return nil
}
