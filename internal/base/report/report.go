package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"math"
	"strconv"

	"spinlearn/internal/base/stats"
)

// A Report is the content of the page.
type Report struct {
	Title   string
	Opening []string // paragraphs below the title: what to look at
	Facts   []Fact
	Tables  []Table
	Charts  []Chart
	Foot    string
}

// A Fact is a name and a value.
type Fact struct{ Name, Value string }

// A Table is sorted by the reader, column by column. Every row has a cell a column.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]Cell
}

// A Column has a name with its unit. Numbers stand at the right.
type Column struct {
	Name    string
	Numeric bool
}

// A Cell is a text and, in numeric columns, what it is sorted by: any number in decimal
// form, or empty for last.
type Cell struct{ Text, Key string }

// Number returns the cell of a number with its text.
func Number(text string, v float64) Cell {
	return Cell{text, strconv.FormatFloat(v, 'g', -1, 64)}
}

// Significant returns the cell of a number with three digits; it is empty for NaN.
func Significant(v float64) Cell {
	switch {
	case math.IsNaN(v):
		return Cell{}
	case math.IsInf(v, 1):
		return Cell{Text: "∞"}
	}
	return Number(strconv.FormatFloat(v, 'g', 3, 64), v)
}

// Estimate returns the cell of a mean with its error; it is empty if there is none.
func Estimate(e stats.Estimate) Cell {
	if !e.Exists() {
		return Cell{}
	}
	return Number(e.String(), e.Mean)
}

// A Chart is a picture in PNG form.
type Chart struct {
	Caption string
	PNG     []byte
}

// Source returns the picture as a URL of itself.
func (c Chart) Source() template.URL {
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(c.PNG))
}

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	style template.CSS
	//go:embed page.js
	script template.JS

	page = template.Must(template.New("page").Parse(pageText))
)

// Write writes the page.
func (r *Report) Write(w io.Writer) error {
	var b bytes.Buffer
	err := page.Execute(&b, struct {
		*Report
		Style  template.CSS
		Script template.JS
	}{r, style, script})
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}
