package experiment

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"

	"spinlearn/internal/base/report"
	"spinlearn/plots"
)

// A Comparison is tables with what its files say besides.
type Comparison struct {
	Title   string   // of the page
	Opening []string // of the page, paragraphs; may be nil
	Tables  []*Table
	Origins []*Origin       // of each table
	Times   []time.Duration // of a comparison at equal time, ascending, else nil and there is one table
	// Of a comparison that is not at equal time:
	Path     string // of the dataset
	Training []Training
	Instance int // of lattice.png, one of the kept
}

// timed reports whether the comparison is at equal time.
func (c *Comparison) timed() bool { return c.Times != nil }

// ResultsFile is the table for programs, by which a comparison is known.
const ResultsFile = "results.jsonl"

// PageFile is the page with tables and charts.
const PageFile = "report.html"

// files are those of all comparisons, with the captions of charts. The first says whose the
// others are, should writing be stopped.
var files = []struct{ name, caption string }{
	{ResultsFile, ""}, {"results.csv", ""}, {"energies.csv", ""}, {"runs.csv", ""}, {"results.txt", ""},
	{"frontier.png", "Gap against CPU time, one core."},
	{"sizes.png", "Gap against size, of what each method reached within a time."},
	{"energies.png", "Energy per spin of every method."},
	{"gaps.png", "Relative gap to the reference of every method."},
	{"scatter.png", "Predictions against the reference, instance by instance."},
	{"time.png", "Gap against CPU time."},
	{"training.png", "Training curves."},
	{"lattice.png", "One instance, its reference and a prediction."},
	{PageFile, ""},
}

// FileNames returns the names that files of comparisons have, in the order of writing.
func FileNames() (names []string) {
	for _, f := range files {
		names = append(names, f.name)
	}
	return names
}

// chart is what every chart of package plots has.
type chart interface {
	Figure() (*plots.Figure, error)
}

// Files returns the content of the files that the comparison has, by name.
func (c *Comparison) Files() (map[string][]byte, error) {
	content := map[string][]byte{}
	writers := map[string]func(io.Writer) error{
		ResultsFile: c.WriteJSONL, "results.csv": c.WriteCSV, "results.txt": c.WriteText,
	}
	charts := map[string]chart{}
	if !c.timed() {
		writers["energies.csv"] = c.WriteEnergies
		c.draw(charts)
	} else {
		writers["runs.csv"] = c.WriteRuns
		c.drawTimed(charts)
	}
	for name, drawn := range charts {
		writers[name] = func(w io.Writer) error { return encode(drawn, w) }
	}
	writers[PageFile] = func(w io.Writer) error { return c.page(content).Write(w) }
	for _, f := range files { // the page is the last, with the pictures of those before
		if write, ok := writers[f.name]; ok {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				return nil, fmt.Errorf("%s: %w", f.name, err)
			}
			content[f.name] = b.Bytes()
		}
	}
	return content, nil
}

func encode(c chart, w io.Writer) error {
	f, err := c.Figure()
	if err != nil {
		return err
	}
	return f.Encode(w, "png")
}

// WriteText writes the tables for reading, gaps in per cent.
func (c *Comparison) WriteText(w io.Writer) error {
	for k, t := range c.Tables {
		if k > 0 {
			fmt.Fprintln(w)
		}
		if err := write(w, c.reading(t)); err != nil {
			return err
		}
	}
	return nil
}

// page returns the page with the charts among the files.
func (c *Comparison) page(content map[string][]byte) *report.Report {
	page := &report.Report{Title: c.Title, Opening: c.Opening, Foot: c.Origins[0].Program}
	page.Facts = []report.Fact{{Name: "seed of the classical methods", Value: fmt.Sprint(c.Origins[0].Seed)}}
	if !c.timed() {
		t := c.Tables[0]
		page.Facts = slices.Concat([]report.Fact{
			{Name: "data", Value: c.Path}, {Name: "lattice", Value: t.Lattice.String()}, {Name: "instances", Value: fmt.Sprint(t.Count())},
			{Name: "proven ground states", Value: fmt.Sprint(t.Proven)},
		}, page.Facts)
	}
	for k, t := range c.Tables {
		view := c.reading(t)
		if c.timed() {
			page.Facts = append(page.Facts, report.Fact{Name: t.Name, Value: c.Origins[k].Data})
		} else {
			view = extend(view, predictionColumns, c.rows(t))
		}
		view.Caption += ". ± is the standard error of the mean, CPU times are of an instance. A click on a name sorts."
		page.Tables = append(page.Tables, view)
	}
	for _, f := range files {
		if picture, ok := content[f.name]; ok && f.caption != "" {
			page.Charts = append(page.Charts, report.Chart{Caption: f.caption, PNG: picture})
		}
	}
	return page
}
