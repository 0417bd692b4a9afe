package bench

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
)

// WriteText writes the rows for reading.
func WriteText(w io.Writer, rows []*Row) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "file\tmethod\trun\tCPU s\tupdates/ns\tbest E/N\tmean E/N\tgap (%)\tp(success)\tTTS99 s\t95 % interval\t")
	for _, r := range rows {
		rate := ""
		if !math.IsNaN(r.UpdatesPerNS) {
			rate = strconv.FormatFloat(r.UpdatesPerNS, 'g', 3, 64)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%.3g\t%s\t%.6f\t%.6f ± %.6f\t%.4f\t%d/%d\t%s\t%s to %s\t\n", r.File, r.Method, r.Length, r.CPU.Seconds(), rate,
			r.Best, r.Mean, r.SEM, 100*r.Gap, r.Hits, r.Runs, seconds(r.TTS), seconds(r.TTSLow), seconds(r.TTSHigh))
	}
	return tw.Flush()
}

func seconds(t float64) string {
	if math.IsInf(t, 1) {
		return "∞"
	}
	return strconv.FormatFloat(t, 'g', 3, 64)
}
