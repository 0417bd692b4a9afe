package command

import (
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"spinlearn/cnn"
)

func versionCommand() *cli.Command {
	var asJSON bool
	return &cli.Command{
		Name:  "version",
		Usage: "print version, build and kernels in use",
		Description: `The revision is that of the source, where the program was built in its repository.

Example:
   spinlearn version --json`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print one JSON object", Destination: &asJSON}},
		Action: func(c *cli.Context) error {
			if err := checkLine(c); err != nil {
				return err
			}
			build, _ := debug.ReadBuildInfo()
			list := versionFacts(build)
			if asJSON {
				return list.writeJSON(c.App.Writer)
			}
			return list.writeText(c.App.Writer)
		},
	}
}

// versionFacts takes what the Go tool left in the program; nil is nothing.
func versionFacts(build *debug.BuildInfo) facts {
	list := facts{{"program", program}, {"go", runtime.Version()}}
	if build != nil {
		set := map[string]string{}
		for _, s := range build.Settings {
			set[s.Key] = s.Value
		}
		if set["vcs.revision"] != "" {
			list.add("revision", set["vcs.revision"])
			list.add("revision_time", set["vcs.time"])
			list.add("modified", set["vcs.modified"] == "true")
		}
	}
	list.add("platform", runtime.GOOS+"/"+runtime.GOARCH)
	list.add("kernel", cnn.Kernel())
	return list
}
