// Command gen draws the first figures of README.md with the commands that stand beside
// them there. It is run by go generate in the folder above.
package main

import (
	"encoding/csv"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"spinlearn/plots"
)

func main() {
	log.SetFlags(0)
	work, err := os.MkdirTemp("", "spinlearn-readme-")
	check(err)
	defer os.RemoveAll(work)
	program := filepath.Join(work, "spinlearn")
	run("go", "build", "-o", program, "../..")

	run(program, "predict", "sample:free-uniform-16", "--plot", "idea.png")

	data, table := filepath.Join(work, "test"), filepath.Join(work, "table")
	run(program, "generate", "--shape", "32x32", "--count", "100", "--seed", "302", "--out", data)
	run(program, "compare", "--data", data, "--models", "shipped", "--passes", "2", "--sweeps", "1000", "--out", table)
	f, err := os.Open(filepath.Join(table, "energies.csv"))
	check(err)
	lines, err := csv.NewReader(f).ReadAll()
	check(err)
	check(f.Close())
	chart := plots.Gaps{Title: "100 tori of 32×32 spins, Gaussian couplings", Proven: true}
	for _, row := range []struct{ column, name, group string }{
		{"greedy descent", "single-spin descent", "classical"},
		{"annealing 1000 sweeps", "annealing, one run of 1000 sweeps", "classical"},
		{"spanning tree + descent", "spanning tree + descent", "classical"},
		{"bond cross-entropy 2 passes + descent", "network, 2 passes + descent", "network"},
		{"16 combined reads of 1000 sweeps", "annealing, 16 runs combined", "classical"},
		{"bond cross-entropy 2 passes + effort 2", "network, then annealing (predict)", "network"},
	} {
		r := plots.GapRow{Name: row.name, Group: row.group}
		k := slices.Index(lines[0], row.column)
		if k < 0 {
			log.Fatalf("no column %q among %s", row.column, strings.Join(lines[0], ", "))
		}
		for _, line := range lines[1:] {
			truth, e := number(line[1]), number(line[k])
			r.Percent = append(r.Percent, 100*(e-truth)/-truth)
			// Energies of Gaussian couplings are sums of a thousand numbers.
			if e-truth < 1e-9 {
				r.Percent[len(r.Percent)-1] = 0
				r.Solved++
			}
		}
		chart.Rows = append(chart.Rows, r)
	}
	figure, err := chart.Figure()
	check(err)
	check(figure.Save("methods.png"))
}

func run(name string, args ...string) {
	c := exec.Command(name, args...)
	c.Stderr = os.Stderr
	check(c.Run())
}

func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
