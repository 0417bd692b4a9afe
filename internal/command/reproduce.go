package command

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"spinlearn/internal/base/safetext"
	"spinlearn/internal/reproduce"
)

func reproduceCommand() *cli.Command {
	set := reproduce.Settings{Program: program, Workers: runtime.GOMAXPROCS(0)}
	preset, seeds := "quick", 0
	var sweep bool
	return &cli.Command{
		Name:  "reproduce",
		Usage: "compare the losses in a study with equal tuning and several seeds",
		Description: `Makes proven instances of 16×16 with uniform couplings and free boundaries, tunes
every loss by the same number of short runs, trains it with several seeds, trains
bond losses on fewer instances too, and writes report.md, report.html, results.jsonl
and charts into the folder. If it is stopped, the same command goes on where it was.

Presets: quick takes minutes and standard an hour or two. paper has the sizes of the
paper (256 channels, 10,000 instances) and takes weeks on two cores and 3 GB for each
worker. model takes six minutes on two cores; it trains a model like the one that is
part of the program, writes it as model.safetensors, and makes tables of its gaps and
times.

--sweep adds temperatures and offsets of the energy losses; it may be given later, for
the same folder. --seeds sets the number of runs of every loss, for a folder of its own.

Example:
   spinlearn reproduce --preset quick --out study`,
		Flags: []cli.Flag{
			&cli.GenericFlag{Name: "preset", Value: one(&preset, word(append(reproduce.Presets(), reproduce.Model)...)), Usage: "quick, standard, paper or model"},
			&cli.GenericFlag{Name: "seeds", Value: one(&seeds, whole(2, maxSeeds)), Usage: "runs of every loss, 2 to 1000", DefaultText: "the preset's"},
			&cli.BoolFlag{Name: "sweep", Usage: "sweep temperature and offset of the energy losses too", Destination: &sweep},
			&cli.GenericFlag{Name: "workers", Value: workers(&set.Workers), Usage: "goroutines; the number does not change the results"},
			&cli.StringFlag{Name: "out", Usage: "folder of data, runs and report", Destination: &set.Dir},
		},
		Action: func(c *cli.Context) error {
			if err := checkLine(c, "out"); err != nil {
				return err
			}
			if err := checkEffects(c, "preset", []string{preset}, []effect{{"sweep", reproduce.Presets()}, {"seeds", reproduce.Presets()}}); err != nil {
				return err
			}
			if preset == reproduce.Model {
				return runReproduction(c.App.Writer, c.App.ErrWriter, &set, func() (findings, error) {
					return reproduce.RunModel(c.Context, reproduce.ModelPreset(), &set)
				})
			}
			plan, err := reproduce.Preset(preset)
			if err != nil {
				return usagef("--%w", err)
			}
			if c.IsSet("seeds") {
				plan.Seeds = seeds
			}
			return runReproduction(c.App.Writer, c.App.ErrWriter, &set, func() (findings, error) {
				return reproduce.Run(c.Context, plan, sweep, &set)
			})
		},
	}
}

// maxSeeds bounds the runs that a typing error can ask for.
const maxSeeds = 1000

// findings are what was found, in lines.
type findings interface{ Findings() string }

func runReproduction(stdout, stderr io.Writer, set *reproduce.Settings, run func() (findings, error)) error {
	var r *reporter
	stage := ""
	set.Progress = func(p reproduce.Progress) {
		if p.Stage != stage {
			r, stage = newReporter(stderr, p.Stage, p.Unit, p.Total), p.Stage
		}
		r.update(p.Done, p.Note)
		if p.Done == p.Total {
			r.finish(fmt.Sprintf("%d %s", p.Total, p.Unit))
		}
	}
	s, err := run()
	if err != nil {
		if r != nil && r.done < r.total {
			r.stop()
		}
		return interruptHint(err, "the same command goes on from there")
	}
	if _, err := fmt.Fprint(stdout, s.Findings()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "\nTables and charts are in %s.\n", safetext.Terminal(filepath.Join(set.Dir, reproduce.ReportFile)))
	return err
}
