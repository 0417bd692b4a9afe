package plots_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/cmpimg"

	"spinlearn/plots"
)

type chart interface {
	Figure() (*plots.Figure, error)
}

// goldens are drawn at goldenDPI to keep the files small.
const goldenDPI = 60

var goldens = map[string]chart{
	"energies": energies(16, 100),
	"gaps":     gaps(25, 100),
	"below":    wideGaps(),
	"scatter":  scatter(6, 60),
	"times":    times(16),
	"frontier": frontier(3, true),
	"sizes":    sizes(2),
	"training": training(5, 2, 200, 10),
	"lattice":  lattice(16, 16, true, true),

	"couplings": couplings(12, 20, true, true),
	"decoding":  decoding(12, 12),

	"curves": curves(3, 5),
	"means":  means(4, 6),
}

func TestGolden(t *testing.T) {
	if testing.Short() {
		t.Skip("drawing is slow under the race detector")
	}
	for name, c := range goldens {
		t.Run(name, func(t *testing.T) {
			got := encode(t, c, "png")
			file := filepath.Join("testdata", name+"_golden.png")
			if *cmpimg.GenerateTestData { // flag -regen
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// The tolerance covers rounding in antialiasing, which differs between processors.
			if same, err := cmpimg.EqualApprox("png", got, want, 0.1); err != nil || !same {
				out := filepath.Join(t.ArtifactDir(), name+".png")
				if err := os.WriteFile(out, got, 0o644); err != nil {
					t.Error(err)
				}
				t.Errorf("%s differs from %s: %v", out, file, err)
			}
		})
	}
}

// encode draws c in the given format at goldenDPI.
func encode(t *testing.T, c chart, format string) []byte {
	t.Helper()
	f, err := c.Figure()
	if err != nil {
		t.Fatal(err)
	}
	f.DPI = goldenDPI
	var b bytes.Buffer
	if err := f.Encode(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// point is a Times of one point.
func point(ms, percent float64) plots.Times {
	return plots.Times{Series: []plots.TimeSeries{{Name: "one", Points: []plots.TimePoint{{Milliseconds: ms, Percent: percent}}}}}
}

// oneGap is a Gaps of one row.
func oneGap(v ...float64) plots.Gaps {
	return plots.Gaps{Rows: []plots.GapRow{gapRow("one", "", v)}}
}

// oneRun is a Training of one run.
func oneRun(steps, losses, gapSteps, percent []float64) plots.Training {
	return plots.Training{Runs: []plots.TrainingRun{{Name: "one", Steps: steps, Losses: losses, GapSteps: gapSteps, Percent: percent}}}
}

func band(percent, err float64) plots.Curves {
	c := oneCurve(1, 1, 0)
	c.Panels[0].Bands = []plots.Band{{"b", percent, err}}
	return c
}

func mean(values ...plots.MeanValue) plots.Means {
	return plots.Means{Rows: []plots.MeanRow{{Name: "a", Values: values}}}
}

func TestExtremes(t *testing.T) {
	long := strings.Repeat("a long name · ", 40)
	v := func(x ...float64) []float64 { return x }
	tests := map[string]chart{
		"energies of one instance":   energies(8, 1),
		"energies of 1000 instances": energies(25, 1000),
		"equal energies":             plots.Energies{Truth: v(-1, -1), Rows: []plots.EnergyRow{{Name: "a", PerSpin: v(-1, -1)}}},
		"energies apart by rounding": plots.Energies{Truth: v(-1.4), Rows: []plots.EnergyRow{{Name: "a", PerSpin: v(math.Nextafter(-1.4, 0))}}},
		"huge energies":              plots.Energies{Truth: v(-1e30, 1e30), Rows: []plots.EnergyRow{{Name: "a", PerSpin: v(0, 1e-30)}}},
		"long names": plots.Energies{Title: long, Truth: v(-1), Rows: []plots.EnergyRow{
			{Name: long, Group: long, PerSpin: v(-0.9)}, {Name: "<&>\n\x00\xff∑😀", PerSpin: v(-1)}, {PerSpin: v(-1)}}},
		"one gap":                 oneGap(3),
		"one gap of zero":         oneGap(0),
		"all gaps zero":           plots.Gaps{Proven: true, Rows: []plots.GapRow{gapRow("a", "", make([]float64, 100)), gapRow("b", "", make([]float64, 9))}},
		"negative gaps":           oneGap(-1, -2, -1e30),
		"gaps over all decades":   oneGap(2e-9, 1e30),
		"a gap of a part in 1e14": oneGap(1e-12, 1),
		"a gap that is none":      oneGap(math.NaN(), 1, math.NaN()),
		"scatter of one point":    scatter(1, 1),
		"exact scatter":           plots.Scatter{Panels: []plots.ScatterPanel{{Truth: v(-1, -2), Predicted: v(-1, -2), Percent: v(0, 0)}}},
		"scatter with zeros":      plots.Scatter{Panels: []plots.ScatterPanel{{Truth: v(-1, 0), Predicted: v(-1, 0), Percent: v(0, math.NaN())}, {Truth: v(0), Predicted: v(0), Percent: v(math.NaN())}}},
		"scatter of 12 panels":    scatter(12, 100),
		"long panel name":         plots.Scatter{Title: long, Panels: []plots.ScatterPanel{{Name: long, Truth: v(1e-30), Predicted: v(1e30), Percent: v(1e30)}}},
		"one time":                point(3, 2),
		"one time, gap zero":      point(3, 0),
		"one time, below":         point(3, -2),
		"times over decades":      plots.Times{Series: []plots.TimeSeries{{Name: long, Group: long, Points: []plots.TimePoint{{long, 1e-30, 1e30}, {"", 1e30, 1e-8}}}}},
		"25 times":                times(25),
		"one curve":               oneCurve(3, 2, 0),
		"one curve, gap zero":     oneCurve(3, 0, 0, 3),
		"curves over decades":     oneCurve(1e-29, 1e30, 1e30),
		"an error over the gap":   oneCurve(5, 1e-8, 1),
		"12 panels":               frontier(12, false),
		"an empty panel":          plots.Curves{Panels: append(sizes(1).Panels, plots.CurvePanel{Name: long})},
		"many curves":             plots.Curves{Title: long, Panels: []plots.CurvePanel{manyCurves()}},
		"one step":                training(1, 1, 1, 1),
		"losses without gaps":     training(3, 3, 50, 0),
		"gaps without losses":     oneRun(nil, nil, v(0, 10), v(5, 0)),
		"constant loss":           oneRun(v(1, 1, 1), v(0, 0, 0), v(1), v(-3)),
		"many kinds":              training(10, 5, 200, 60),
		"huge loss":               oneRun(v(0, 1), v(1e30, -1e30), nil, nil),
		"loss over decades":       oneRun(v(0, 1), v(1e30, 1e-29), nil, nil),
		"a band of zero":          band(0, 0),
		"bands over decades":      band(-1, 1e30),
		"many curves and a band":  curves(12, 9),
		"one mean":                plots.Means{Rows: []plots.MeanRow{{Values: []plots.MeanValue{{Percent: 3}}}}},
		"means of zero":           plots.Means{Title: long, Rows: []plots.MeanRow{{Name: long, Group: long, Values: []plots.MeanValue{{long, 0, 0}, {"b", -1, 2}, {"c", 1e-12, 1e30}}}}},
		"lattice 2×2":             lattice(2, 2, false, true),
		"lattice 64×64":           lattice(64, 64, true, false),
		"lattice 2×64":            lattice(2, 64, true, true),
		"lattice 64×3":            lattice(64, 3, false, false),
		"couplings 2×64":          couplings(2, 64, false, false),
		"couplings 64×2":          couplings(64, 2, true, true),
		"lattice without bonds":   plots.Lattice{Rows: 2, Cols: 2, Down: make([]float64, 4), Right: make([]float64, 4), Frustrated: make([]bool, 4), Truth: []int8{1, 1, 1, 1}, Prediction: []int8{1, -1, 1, -1}, Percent: math.NaN()},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && (strings.Contains(name, "64") || strings.Contains(name, "1000")) {
				t.Skip("large")
			}
			if _, err := png.Decode(bytes.NewReader(encode(t, c, "png"))); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	v := func(x ...float64) []float64 { return x }
	energy := func(truth, row []float64) plots.Energies {
		return plots.Energies{Truth: truth, Rows: []plots.EnergyRow{{Name: "a", PerSpin: row}}}
	}
	panel := func(truth, predicted []float64) plots.Scatter {
		return plots.Scatter{Panels: []plots.ScatterPanel{{Name: "a", Truth: truth, Predicted: predicted, Percent: make([]float64, len(truth))}}}
	}
	bad := func(change func(*plots.Lattice)) plots.Lattice {
		l := lattice(4, 4, true, true)
		change(&l)
		return l
	}
	kinds := plots.Training{}
	for i := range 13 {
		kinds.Runs = append(kinds.Runs, plots.TrainingRun{Loss: fmt.Sprint(i), Steps: v(0), Losses: v(1)})
	}
	tests := []struct {
		name  string
		chart chart
		want  string // part of the error
	}{
		{"energies: empty", plots.Energies{}, "no values"},
		{"energies: no rows", plots.Energies{Truth: v(-1)}, "no rows"},
		{"energies: NaN truth", energy(v(nan), v(-1)), "value 0 is NaN"},
		{"energies: Inf", energy(v(-1, -1), v(-1, inf)), `row "a": value 1 is +Inf`},
		{"energies: too large", energy(v(-1), v(-1e31)), "-1e+31"},
		{"energies: lengths", energy(v(-1, -1), v(-1)), "1 values for 2 instances"},
		{"gaps: empty", plots.Gaps{}, "no rows"},
		{"gaps: empty row", oneGap(), "no values"},
		{"gaps: none", oneGap(nan, nan), "no instance has a relative gap"},
		{"gaps: Inf", oneGap(1, inf), "+Inf"},
		{"curves: band", band(1, nan), `band "b": value 1 is NaN`},
		{"curves: band's error", band(1, -1), "error is -1"},
		{"means: empty", plots.Means{}, "no rows"},
		{"means: no values", plots.Means{Rows: []plots.MeanRow{{Name: "a"}}}, `row "a": no values`},
		{"means: Inf", mean(plots.MeanValue{"", inf, 0}), "+Inf"},
		{"means: error", mean(plots.MeanValue{"", 1, -2}), "error is -2"},
		{"means: kinds", mean(plots.MeanValue{"a", 1, 0}, plots.MeanValue{"b", 1, 0}, plots.MeanValue{"c", 1, 0}, plots.MeanValue{"d", 1, 0}, plots.MeanValue{"e", 1, 0}, plots.MeanValue{"f", 1, 0}), "6 kinds"},
		{"scatter: empty", plots.Scatter{}, "0 panels"},
		{"scatter: 13 panels", plots.Scatter{Panels: make([]plots.ScatterPanel, 13)}, "13 panels"},
		{"scatter: empty panel", panel(nil, nil), "no values"},
		{"scatter: lengths", panel(v(-1), v(-1, -1)), "1 energies of the truth, 2 predicted"},
		{"scatter: NaN", panel(v(-1), v(nan)), "NaN"},
		{"scatter: Inf", panel(v(inf), v(-1)), "Inf"},
		{"scatter: no gaps", plots.Scatter{Panels: []plots.ScatterPanel{{Truth: v(-1), Predicted: v(-1)}}}, "1 energies of the truth, 0 gaps"},
		{"scatter: infinite gap", plots.Scatter{Panels: []plots.ScatterPanel{{Truth: v(-1), Predicted: v(-1), Percent: v(inf)}}}, "a gap is above 1e+30"},
		{"times: empty", plots.Times{}, "no series"},
		{"times: no points", plots.Times{Series: []plots.TimeSeries{{Name: "a"}}}, "no points"},
		{"times: zero time", point(0, 1), "time is 0 ms"},
		{"times: negative time", point(-1, 1), "time is -1 ms"},
		{"times: NaN", point(1, nan), "NaN"},
		{"curves: empty", plots.Curves{}, "0 panels"},
		{"curves: 13 panels", frontier(13, true), "13 panels"},
		{"curves: no curve", plots.Curves{Panels: make([]plots.CurvePanel, 2)}, "no curves"},
		{"curves: no points", plots.Curves{Panels: []plots.CurvePanel{{Curves: make([]plots.Curve, 1)}}}, "no points"},
		{"curves: NaN", oneCurve(1, nan, 0), "NaN"},
		{"curves: infinite error", oneCurve(1, 1, inf), "Inf"},
		{"curves: negative error", oneCurve(1, 1, -1), "error is -1"},
		{"curves: zero time", oneCurve(0, 1, 0), "X is 0"},
		{"curves: elsewhere", oneCurve(3, 1, 0, 2, 4), "X is 3, none of the places"},
		{"curves: odd places", oneCurve(3, 1, 0, -2, 3), "place"},
		{"training: empty", plots.Training{}, "no runs"},
		{"training: empty run", oneRun(nil, nil, nil, nil), "no values"},
		{"training: lengths", oneRun(v(0, 1), v(1), nil, nil), "2 steps for 1 losses"},
		{"training: gap lengths", oneRun(nil, nil, v(1), nil), "1 steps for 0 gaps"},
		{"training: NaN loss", oneRun(v(0), v(nan), nil, nil), "losses: value 0 is NaN"},
		{"training: Inf step", oneRun(v(inf), v(1), nil, nil), "steps of losses"},
		{"training: steps decrease", oneRun(v(1, 0), v(1, 1), nil, nil), "decrease"},
		{"training: 13 kinds", kinds, "13 kinds"},
		{"lattice: empty", plots.Lattice{}, "0×0 sites"},
		{"couplings: empty", plots.Couplings{}, "plots: Couplings: 0×0 sites"},
		{"couplings: too big", couplings(4, 65, true, true), "4×65 sites"},
		{"couplings: NaN", plots.Couplings{Rows: 2, Cols: 2, Down: []float64{1, nan, 0, 0}, Right: make([]float64, 4), Frustrated: make([]bool, 4)}, "Couplings.Down: value 1"},
		{"couplings: lengths", plots.Couplings{Rows: 2, Cols: 2, Down: make([]float64, 4), Right: make([]float64, 4)}, "Couplings.Frustrated: 0 values for 4 sites"},
		{"lattice: too big", lattice(65, 4, true, true), "65×4 sites"},
		{"decoding: tree", plots.Decoding{Couplings: couplings(2, 2, true, true), DownOdds: make([]float64, 4), RightOdds: make([]float64, 4)}, "Decoding: tree of 0 and 0 bonds"},
		{"decoding: odds", plots.Decoding{Couplings: couplings(2, 2, true, true)}, "Decoding odds.Down: 0 values"},
		{"lattice: lengths", bad(func(l *plots.Lattice) { l.Down = l.Down[1:] }), "Lattice.Down: 15 values for 16 sites"},
		{"lattice: no prediction", bad(func(l *plots.Lattice) { l.Prediction = nil }), "Lattice.Prediction"},
		{"lattice: spin 0", bad(func(l *plots.Lattice) { l.Truth[5] = 0 }), "site 5 has spins 0"},
		{"lattice: spin -128", bad(func(l *plots.Lattice) { l.Truth[5] = -128 }), "site 5"},
		{"lattice: NaN", bad(func(l *plots.Lattice) { l.Right[2] = nan }), "Lattice.Right: value 2"},
		{"lattice: Inf energy", bad(func(l *plots.Lattice) { l.TruthEnergy = inf }), "energies"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := tt.chart.Figure()
			if err == nil {
				t.Fatal("no error")
			}
			if f != nil {
				t.Error("a figure besides the error")
			}
			if !strings.HasPrefix(err.Error(), "plots: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q, want %q in it", err, tt.want)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	if testing.Short() {
		t.Skip("drawing is slow under the race detector")
	}
	for name, c := range goldens {
		t.Run(name, func(t *testing.T) {
			pdf := encode(t, c, "pdf")
			if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(pdf), []byte("%%EOF")) {
				t.Error("PDF is not whole")
			}
			d := xml.NewDecoder(bytes.NewReader(encode(t, c, "SVG")))
			for {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestSave(t *testing.T) {
	f, err := oneGap(1, 2).Figure()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, magic := range map[string]string{
		"a.png": "\x89PNG", "b.PNG": "\x89PNG", "c": "\x89PNG", "d.svg": "<?xml", "e.pdf": "%PDF",
	} {
		if err := f.Save(filepath.Join(dir, name)); err != nil {
			t.Error(err)
			continue
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		if !bytes.HasPrefix(got, []byte(magic)) {
			t.Errorf("%s begins with %q, want %q", name, got[:5], magic)
		}
	}
	if err := f.Save(filepath.Join(dir, "f.jpeg")); !errors.Is(err, plots.ErrFormat) || !strings.Contains(err.Error(), `"jpeg"`) {
		t.Errorf("jpeg: error %v, want ErrFormat naming it", err)
	}
	if err := f.Save(filepath.Join(dir, "missing", "g.png")); err == nil {
		t.Error("no error for a missing folder")
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 5 {
		t.Errorf("%d files, want the 5 saved and no others", len(files))
	}
	f.DPI = -1
	if err := f.Encode(io.Discard, "png"); err == nil {
		t.Error("no error for DPI = -1")
	}
}

// TestOrder reads the names off the picture: the lowest mean comes first.
func TestOrder(t *testing.T) {
	none := math.NaN()
	c := plots.Gaps{Rows: []plots.GapRow{
		gapRow("worst", "", []float64{9, 8, none}),
		gapRow("exact", "", []float64{0, 0, none}),
		gapRow("middle", "", []float64{1, 0, none}),
	}}
	svg := string(encode(t, c, "svg"))
	for _, column := range [][]string{{"exact", "middle", "worst"}, {"3/3", "2/3", "1/3"}} {
		at := -1
		for _, text := range column {
			i := strings.Index(svg, text)
			if i <= at {
				t.Errorf("%q does not follow in order", text)
			}
			at = i
		}
	}
}

// TestSmallEnergies reads means off the picture that four decimals would make 0.
func TestSmallEnergies(t *testing.T) {
	c := plots.Energies{Truth: []float64{-1.25e-5}, Rows: []plots.EnergyRow{{Name: "a", PerSpin: []float64{-1.125e-5}}}}
	if svg := string(encode(t, c, "svg")); !strings.Contains(svg, "−0.00001125<") {
		t.Error("the mean of -0.00001125 J is not there")
	}
	l := lattice(2, 2, true, true)
	l.TruthEnergy, l.PredictionEnergy = -5e-5, 0
	if svg := string(encode(t, l, "svg")); !strings.Contains(svg, "−0.0000125 J") || !strings.Contains(svg, ", 0 J (prediction)") {
		t.Error("the energy of -0.0000125 J per spin is not there")
	}
}

func TestNotes(t *testing.T) {
	for name, tt := range map[string]struct {
		chart chart
		want  []string
	}{
		"gaps":     {wideGaps(), []string{"2 energies below the reference: counted as gap 0."}},
		"none":     {oneGap(math.NaN(), 1), []string{"1 instance of reference energy 0 has no relative gap."}},
		"both":     {oneGap(math.NaN(), 1, -1, math.NaN()), []string{"1 energy below the reference: counted as gap 0.", "2 instances of reference energy 0 have no relative gap."}},
		"times":    {point(1, -1), []string{"1 energy below the reference: counted as gap 0."}},
		"given":    {plots.Times{Notes: []string{"a note"}, Series: point(1, -1).Series}, []string{"a note", "1 energy below the reference: counted as gap 0."}},
		"training": {oneRun(nil, nil, []float64{1, 2}, []float64{-1, -1}), []string{"2 energies below the reference: counted as gap 0."}},
		"nothing":  {gaps(3, 10), nil},
		"lattice":  {lattice(3, 3, true, true), nil},
	} {
		f, err := tt.chart.Figure()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tt.want, f.Notes); d != "" {
			t.Errorf("%s: notes (-want +got):\n%s", name, d)
		}
	}
}

// TestRepeatable draws twice and looks for changed data.
func TestRepeatable(t *testing.T) {
	e, g := energies(5, 30), gaps(5, 30)
	first := append(encode(t, e, "svg"), encode(t, g, "svg")...)
	second := append(encode(t, e, "svg"), encode(t, g, "svg")...)
	if !bytes.Equal(first, second) {
		t.Error("two drawings of equal data differ")
	}
	if d := cmp.Diff(energies(5, 30), e); d != "" {
		t.Errorf("energies changed (-want +got):\n%s", d)
	}
	if d := cmp.Diff(gaps(5, 30), g); d != "" {
		t.Errorf("gaps changed (-want +got):\n%s", d)
	}
}
