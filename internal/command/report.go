package command

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"spinlearn/internal/atomicfile"
	"spinlearn/internal/compare"
	"spinlearn/internal/report"
)

// compareReport is the page with the table and the charts of a comparison.
const compareReport = "report.html"

var chartCaptions = map[string]string{
	"frontier.png": "Gap against CPU time, one core.",
	"sizes.png":    "Gap against size, of what each method reached within a time.",
	"energies.png": "Energy per spin of every method.",
	"gaps.png":     "Relative gap to the reference of every method.",
	"scatter.png":  "Predictions against the reference, instance by instance.",
	"time.png":     "Gap against CPU time.",
	"training.png": "Training curves.",
	"lattice.png":  "One instance, its reference and a prediction.",
}

// writeReport writes the page from the table and the charts that stand in the folder.
func writeReport(o *compareOptions, t *compare.Table) error {
	return savePage(o.out, &report.Report{
		Title:   "Comparison on " + filepath.Base(filepath.Clean(o.data[0])),
		Opening: o.opening,
		Facts: []report.Fact{
			{Name: "data", Value: o.data[0]}, {Name: "lattice", Value: t.Lattice.String()}, {Name: "instances", Value: fmt.Sprint(len(t.Truth))},
			{Name: "proven ground states", Value: fmt.Sprint(t.Proven)}, {Name: "seed of the classical methods", Value: fmt.Sprint(o.seed)},
		},
		Tables: []report.Table{t.Report()},
		Foot:   program,
	})
}

// savePage adds the charts that stand in the folder and writes the page there.
func savePage(dir string, r *report.Report) error {
	for _, name := range compareCharts {
		picture, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		r.Charts = append(r.Charts, report.Chart{Caption: chartCaptions[name], PNG: picture})
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, compareReport), b.Bytes())
}
