package bench

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"

	"spinlearn/internal/stats"
)

// WriteText writes the rows for reading. A gap is left empty where the target is 0.
func WriteText(w io.Writer, rows []*Row) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "file\tmethod\trun\tCPU (s)\tupdates/ns\tbest E/N (J)\tmean E/N (J)\tgap (%)\tp(success)\tTTS99 (s)\t95 % interval (s)\t")
	for _, r := range rows {
		rate := ""
		if !math.IsNaN(r.UpdatesPerNS) {
			rate = strconv.FormatFloat(r.UpdatesPerNS, 'g', 3, 64)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%.3g\t%s\t%s\t%v\t%v\t%d/%d\t%s\t%s to %s\t\n", r.File, r.Method, r.Length, r.CPU.Seconds(), rate,
			stats.Number(r.Best), r.Energy, r.Gap, r.Hits, r.Runs, seconds(r.TTS), seconds(r.TTSLow), seconds(r.TTSHigh))
	}
	return tw.Flush()
}

func seconds(t float64) string {
	if math.IsInf(t, 1) {
		return "∞"
	}
	return strconv.FormatFloat(t, 'g', 3, 64)
}
