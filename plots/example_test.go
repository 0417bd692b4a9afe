package plots_test

import (
	"fmt"
	"os"
	"path/filepath"

	"spinlearn/plots"
)

func ExampleGaps() {
	c := plots.Gaps{
		Proven: true,
		Rows: []plots.GapRow{
			{Name: "greedy descent", Group: "classical", Percent: []float64{9.2, 11.4, 7.9}},
			{Name: "annealing 1000 sweeps", Group: "classical", Percent: []float64{0, 0.3, 0}, Solved: 2},
			{Name: "bond · cross-entropy", Group: "bond target", Percent: []float64{1.1, 0, 2.5}, Solved: 1},
		},
	}
	f, err := c.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "plots")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	fmt.Println(f.Save(filepath.Join(dir, "gaps.png")))
	fmt.Println(f.Save(filepath.Join(dir, "gaps.bmp")))
	// Output:
	// <nil>
	// plots: format is not png, svg or pdf: "bmp"
}
