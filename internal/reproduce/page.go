package reproduce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/base/report"
	"spinlearn/plots"
)

// The files of the report.
const (
	resultsFile = "results.jsonl"
	ReportFile  = "report.md"
	pageFile    = "report.html"
)

// A section is a part of the report.
type section struct {
	title  string
	words  string
	found  []report.Fact
	tables []report.Table
	charts []figure
}

// A figure is a chart with the file it is drawn to.
type figure struct {
	name, caption string
	chart         interface{ Figure() (*plots.Figure, error) }
}

func (f *figure) png() ([]byte, error) {
	drawn, err := f.chart.Figure()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	var b bytes.Buffer
	if err := drawn.Encode(&b, "png"); err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return b.Bytes(), nil
}

// writeReport draws the charts and writes report.md and report.html.
func (x *folder) writeReport(title string, facts []report.Fact, sections []section) error {
	page := &report.Report{Title: title, Facts: facts, Foot: x.Program}
	var md strings.Builder
	fmt.Fprintf(&md, "# %s\n\n", page.Title)
	for _, f := range page.Facts {
		fmt.Fprintf(&md, "- %s: %s\n", f.Name, f.Value)
	}
	for _, part := range sections {
		fmt.Fprintf(&md, "\n## %s\n", part.title)
		if part.words != "" {
			fmt.Fprintf(&md, "\n%s\n", part.words)
			page.Facts = append(page.Facts, report.Fact{Name: part.title, Value: part.words})
		}
		if len(part.found) > 0 {
			md.WriteByte('\n')
		}
		for _, f := range part.found {
			fmt.Fprintf(&md, "- %s: %s\n", f.Name, f.Value)
		}
		page.Facts = append(page.Facts, part.found...)
		for _, t := range part.tables {
			md.WriteByte('\n')
			markdown(&md, t)
			t.Caption = strings.TrimSuffix(part.title+": "+t.Caption, ": ") // the page has no sections
			page.Tables = append(page.Tables, t)
		}
		for _, c := range part.charts {
			picture, err := c.png()
			if err != nil {
				return err
			}
			if err := atomicfile.Write(x.path(c.name), picture); err != nil {
				return err
			}
			fmt.Fprintf(&md, "\n![%s](%s)\n", c.caption, c.name)
			page.Charts = append(page.Charts, report.Chart{Caption: c.caption, PNG: picture})
		}
	}
	fmt.Fprintf(&md, "\n%s. What each stage took is in [%s](%s), every energy in [%s](%s).\n", x.Program, timesFile, timesFile, resultsFile, resultsFile)
	if err := atomicfile.Write(x.path(ReportFile), []byte(md.String())); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := page.Write(&b); err != nil {
		return err
	}
	return atomicfile.Write(x.path(pageFile), b.Bytes())
}

// markdown writes a table, numbers to the right.
func markdown(w *strings.Builder, t report.Table) {
	if t.Caption != "" {
		fmt.Fprintf(w, "%s\n\n", t.Caption)
	}
	escape := strings.NewReplacer("|", `\|`)
	w.WriteByte('|')
	for _, c := range t.Columns {
		fmt.Fprintf(w, " %s |", escape.Replace(c.Name))
	}
	w.WriteString("\n|")
	for _, c := range t.Columns {
		if c.Numeric {
			w.WriteString("---:|")
		} else {
			w.WriteString("---|")
		}
	}
	for _, r := range t.Rows {
		w.WriteString("\n|")
		for _, c := range r {
			fmt.Fprintf(w, " %s |", escape.Replace(c.Text))
		}
	}
	w.WriteByte('\n')
}

// writeResults writes a line for each.
func (x *folder) writeResults(lines []any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, l := range lines {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	return atomicfile.Write(x.path(resultsFile), b.Bytes())
}

// number formats a value, NaN as none; 0 is left out where digits is -1, which writes as few
// as needed.
func number(v float64, digits int) report.Cell {
	if math.IsNaN(v) || digits < 0 && v == 0 {
		return report.Cell{}
	}
	format := byte('f')
	if digits < 0 {
		format = 'g'
	}
	return report.Number(strconv.FormatFloat(v, format, digits, 64), v)
}

func probability(p float64) report.Cell {
	if math.IsNaN(p) {
		return report.Cell{}
	}
	text := strconv.FormatFloat(p, 'g', 2, 64)
	if p < 1e-4 {
		text = "< 0.0001"
	}
	return report.Number(text, p)
}

func slug(text string) string { return strings.NewReplacer(" + ", "-", " ", "-").Replace(text) }
