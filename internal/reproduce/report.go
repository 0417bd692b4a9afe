package reproduce

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"spinlearn/cnn"
	"spinlearn/internal/base/report"
	"spinlearn/internal/reproduce/study"
	"spinlearn/plots"
)

// write writes results.jsonl and the report.
func (s *Study) write() error {
	if err := s.writeResults(); err != nil {
		return err
	}
	return s.x.writeReport("Losses compared, preset "+s.x.Plan.Preset, s.facts(), s.sections())
}

func (s *Study) facts() []report.Fact {
	p := s.x.Plan
	facts := []report.Fact{
		{Name: "program", Value: s.x.Program + ", `spinlearn reproduce " + p.flags(s.x.sweep) + "`"},
		{Name: "data", Value: fmt.Sprintf("%v, %s couplings, ground states all proven (unit of J throughout)", s.x.train.Lattice(), p.Data.Ensemble.Couplings)},
		{Name: "training", Value: s.x.trainName}, {Name: "validation", Value: s.x.names.validation}, {Name: "test", Value: s.x.names.test},
		{Name: "seeds", Value: fmt.Sprintf("1 to %d for every arm; errors are over seeds and instances", p.Seeds)},
	}
	for _, t := range p.Targets {
		c := t.Common
		facts = append(facts, report.Fact{Name: c.Target + " targets", Value: fmt.Sprintf(
			"%d channels, %d residual blocks, %d steps of %d instances, Adam; %d tuning runs of %d steps for every loss",
			c.Channels, c.Blocks, c.Steps, c.Batch, len(t.Arms[0].Trials), t.TrialSteps)})
	}
	return facts
}

// sections returns the parts of the report after the findings, which they give.
func (s *Study) sections() []section {
	var parts []section
	findings := section{title: "What was found", words: "The larger gap stands first. Braces hold losses that are not resolved: closer than two standard errors, " +
		"or than as many more as so few seeds ask for (p above 4.6 %, from Student's distribution). Each p is of its own difference, not corrected for their number."}
	for i := range s.x.Plan.Targets {
		t := &s.x.Plan.Targets[i]
		part, found := s.lossSection(t)
		parts = append(parts, part)
		findings.found = append(findings.found, found...)
		for _, extra := range []func(*Target) (section, []report.Fact){s.sizeSection, s.sweepSection} {
			if part, found := extra(t); len(part.tables) > 0 {
				parts = append(parts, part)
				findings.found = append(findings.found, found...)
			}
		}
	}
	parts = append(parts, s.classicalSection(), s.tuningSection())
	return append([]section{findings}, parts...)
}

// of returns the cells of a target.
func of(list []*cell, target string) []*cell {
	var own []*cell
	for _, c := range list {
		if c.target == target {
			own = append(own, c)
		}
	}
	return own
}

func studies(cells []*cell, decoding string) []*study.Arm {
	var arms []*study.Arm
	for _, c := range cells {
		arms = append(arms, c.study(decoding))
	}
	return arms
}

// lossSection sets the losses of a target side by side.
func (s *Study) lossSection(t *Target) (section, []report.Fact) {
	target := t.Common.Target
	cells := of(s.losses, target)
	part := section{title: strings.ToUpper(target[:1]) + target[1:] + " targets"}
	var found []report.Fact

	table := report.Table{Caption: fmt.Sprintf("Relative gap in %%, and E − E₀ in J, mean ± standard error over %d seeds and %s", s.x.Plan.Seeds, size(s.x.test)),
		Columns: []report.Column{{Name: "loss"}}}
	chart := plots.Means{Title: fmt.Sprintf("%s targets, %s, %d seeds", target, size(s.x.test), s.x.Plan.Seeds), Proven: true}
	rows := make([][]report.Cell, len(cells))
	for i, c := range cells {
		rows[i] = []report.Cell{{Text: c.arm}}
		chart.Rows = append(chart.Rows, plots.MeanRow{Name: c.arm, Group: c.arm})
	}
	for _, d := range decodings(target) {
		table.Columns = append(table.Columns, report.Column{Name: d.name + " (%)", Numeric: true}, report.Column{Name: d.name + " (J)", Numeric: true})
		for i, c := range cells {
			e := c.study(d.name).Mean()
			excess := c.above(d.name).Mean()
			rows[i] = append(rows[i], report.Estimate(e.Estimate), report.Estimate(excess.Estimate))
			chart.Rows[i].Values = append(chart.Rows[i].Values, plots.MeanValue{Kind: d.name, Percent: e.Mean, Error: e.Error})
		}
	}
	table.Rows = rows
	part.tables = append(part.tables, table)
	for _, c := range s.classical {
		e := c.study("").Mean()
		chart.Rows = append(chart.Rows, plots.MeanRow{Name: c.arm, Group: "no network", Values: []plots.MeanValue{{Kind: "classical method", Percent: e.Mean, Error: e.Error}}})
	}
	part.charts = append(part.charts, figure{"losses-" + target + ".png", "Mean relative gap of every loss, " + target + " targets", chart})

	for i, d := range decodings(target) {
		order := study.NewOrder(studies(cells, d.name))
		found = append(found, report.Fact{Name: target + " targets, " + d.name, Value: order.String()})
		part.tables = append(part.tables, pairTable(fmt.Sprintf("%s: differences of every two losses, in percentage points", d.name), order))
		if target == cnn.Site && i == 0 {
			found = append(found, claim(order)...)
		}
	}
	return part, append(found, s.against(target, cells)...)
}

// claimed is the order of Table 5 of the paper, largest energy first.
var claimed = []string{cnn.CrossEntropy, cnn.Margin, cnn.LocalEnergy, cnn.TrueEnergy}

// claim sets the paper's claim against an order.
func claim(order *study.Order) []report.Fact {
	verdicts := map[study.Verdict][]string{}
	for i, larger := range claimed {
		for _, smaller := range claimed[i+1:] {
			if v, err := order.Judge(larger, smaller); err == nil {
				verdicts[v] = append(verdicts[v], larger+" > "+smaller)
			}
		}
	}
	var words []string
	for _, v := range []study.Verdict{study.Confirmed, study.Contradicted, study.NotResolved} {
		if list := verdicts[v]; len(list) > 0 {
			words = append(words, fmt.Sprintf("%s: %s", v, strings.Join(list, ", ")))
		}
	}
	if len(words) == 0 {
		return nil // none of its losses
	}
	return []report.Fact{{Name: "the paper's Table 5, " + strings.Join(claimed, " > ") + " (58.8, 49.9, 45.6, 14.6 J, if energies above the ground state are meant)",
		Value: strings.Join(words, "; ")}}
}

// against sets the best loss of every decoding against the classical methods.
func (s *Study) against(target string, cells []*cell) []report.Fact {
	var found []report.Fact
	for _, d := range decodings(target) {
		best := slices.MinFunc(cells, func(a, b *cell) int {
			return cmp.Compare(a.study(d.name).Mean().Mean, b.study(d.name).Mean().Mean)
		})
		names := map[string][]string{}
		for _, c := range s.classical {
			v := verb(study.Difference(best.study(d.name), c.study("")))
			names[v] = append(names[v], c.arm)
		}
		words := []string{fmt.Sprintf("%s with %v %%", best.arm, best.study(d.name).Mean())}
		for _, v := range []string{better, level, worse} {
			if len(names[v]) > 0 {
				words = append(words, v+" "+strings.Join(names[v], ", "))
			}
		}
		found = append(found, report.Fact{Name: "best of " + target + " targets, " + d.name, Value: strings.Join(words, "; ")})
	}
	return found
}

// What a difference of two gaps says of the first.
const (
	better = "better than"
	level  = "not resolved from"
	worse  = "worse than"
)

func verb(e study.Estimate) string {
	switch {
	case !e.Resolved():
		return level
	case e.Mean < 0:
		return better
	}
	return worse
}

func (s *Study) classicalSection() section {
	t := report.Table{Columns: []report.Column{{Name: "method"}, {Name: "gap (%)", Numeric: true}, {Name: "E − E₀ (J)", Numeric: true}}}
	for _, c := range s.classical {
		t.Rows = append(t.Rows, []report.Cell{{Text: c.arm}, report.Estimate(c.study("").Mean().Estimate), report.Estimate(c.above("").Mean().Estimate)})
	}
	return section{title: "Classical methods on the same instances, without any learning", tables: []report.Table{t}}
}

func pairTable(caption string, o *study.Order) report.Table {
	t := report.Table{Caption: caption, Columns: []report.Column{{Name: "larger"}, {Name: "smaller"},
		{Name: "difference", Numeric: true}, {Name: "standard errors", Numeric: true}, {Name: "degrees of freedom", Numeric: true}, {Name: "p", Numeric: true}, {Name: "resolved"}}}
	for _, p := range o.Pairs {
		t.Rows = append(t.Rows, append([]report.Cell{{Text: p.Larger}, {Text: p.Smaller}}, significance(p.Estimate)...))
	}
	return t
}

// significance returns the cells of a difference.
func significance(e study.Estimate) []report.Cell {
	word := "not resolved"
	if e.Resolved() {
		word = "yes"
	}
	return []report.Cell{report.Estimate(e.Estimate), number(e.Sigmas(), 1), number(e.Freedom, 0), probability(e.P()), {Text: word}}
}

// sizeSection draws the gap against the number of training instances.
func (s *Study) sizeSection(t *Target) (section, []report.Fact) {
	target := t.Common.Target
	cells := of(s.sizes, target)
	part := section{title: "Gap against the number of training instances, " + target + " targets",
		words: fmt.Sprintf("Every size is the first instances of one dataset, trained for the same %d steps.", t.Common.Steps)}
	if len(cells) == 0 {
		return part, nil
	}
	var found []report.Fact
	for _, d := range decodings(target) {
		table := report.Table{Caption: d.name + ": relative gap in %", Columns: []report.Column{{Name: "instances", Numeric: true}}}
		chart, panel := s.curves(target, d.name, "training instances")
		for _, size := range t.Sizes {
			chart.Places = append(chart.Places, float64(size))
		}
		var orders []string
		for _, arm := range t.SizeArms {
			table.Columns = append(table.Columns, report.Column{Name: arm, Numeric: true})
			panel.Curves = append(panel.Curves, plots.Curve{Name: arm})
		}
		table.Columns = append(table.Columns, report.Column{Name: "order"})
		for _, size := range t.Sizes {
			row := []report.Cell{number(float64(size), 0)}
			var same []*cell
			for _, c := range cells {
				if c.size != size {
					continue
				}
				e := c.study(d.name).Mean()
				row = append(row, report.Estimate(e.Estimate))
				k := len(same)
				panel.Curves[k].Points = append(panel.Curves[k].Points, plots.CurvePoint{X: float64(size), Percent: e.Mean, Error: e.Error})
				same = append(same, c)
			}
			order := study.NewOrder(studies(same, d.name))
			table.Rows = append(table.Rows, append(row, report.Cell{Text: order.String()}))
			orders = append(orders, fmt.Sprintf("%d: %s", size, order))
		}
		found = append(found, report.Fact{Name: target + " targets by training instances, " + d.name, Value: strings.Join(orders, "; ")})
		var ratios []string
		for _, c := range panel.Curves {
			few, many := c.Points[0], c.Points[len(c.Points)-1]
			if many.Percent > 0 {
				ratios = append(ratios, fmt.Sprintf("%s %.2f", c.Name, few.Percent/many.Percent))
			}
		}
		found = append(found, report.Fact{Name: fmt.Sprintf("%s targets, %s, gap with %d training instances over that with %d", target, d.name, t.Sizes[0], t.Sizes[len(t.Sizes)-1]), Value: strings.Join(ratios, ", ")})
		part.tables = append(part.tables, table)
		part.charts = append(part.charts, figure{"sizes-" + target + "-" + slug(d.name) + ".png", "Gap against the number of training instances, " + d.name, chart})
	}
	return part, found
}

// curves returns a chart of one panel.
func (s *Study) curves(target, decoding, x string) (*plots.Curves, *plots.CurvePanel) {
	c := &plots.Curves{Title: fmt.Sprintf("%s targets, %s, %d seeds", target, decoding, s.x.Plan.Seeds), Proven: true, X: x, Panels: make([]plots.CurvePanel, 1)}
	return c, &c.Panels[0]
}

// sweepSection draws the gap against the temperature.
func (s *Study) sweepSection(t *Target) (section, []report.Fact) {
	target := t.Common.Target
	cells := of(s.sweep, target)
	part := section{title: "Temperature and offset, " + target + " targets", words: fmt.Sprintf(
		"Differences are to %s, paired over instances, in percentage points: a negative one is better.", t.Arms[0].Name)}
	if len(cells) == 0 {
		return part, nil
	}
	reference := of(s.losses, target)[0]
	var found []report.Fact
	for _, d := range decodings(target) {
		base := reference.study(d.name)
		mean := base.Mean()
		table := report.Table{Caption: d.name, Columns: []report.Column{{Name: "loss"}, {Name: "T (J)", Numeric: true}, {Name: "h₀ (J)", Numeric: true}, {Name: "gap (%)", Numeric: true},
			{Name: "difference", Numeric: true}, {Name: "standard errors", Numeric: true}, {Name: "degrees of freedom", Numeric: true}, {Name: "p", Numeric: true}, {Name: "resolved"}}}
		chart, panel := s.curves(target, d.name, "temperature of the loss (J)")
		panel.Bands = []plots.Band{{Name: reference.arm, Percent: mean.Mean, Error: mean.Error}}
		best := map[string]*cell{}
		var arms []string
		for _, c := range cells {
			e := c.study(d.name).Mean()
			row := []report.Cell{{Text: c.arm}, number(c.loss.Temperature, -1), number(c.loss.Offset, -1), report.Estimate(e.Estimate)}
			table.Rows = append(table.Rows, append(row, significance(study.Difference(c.study(d.name), base))...))
			if b := best[c.arm]; b == nil || s.validation(c) < s.validation(b) {
				if b == nil {
					arms = append(arms, c.arm)
				}
				best[c.arm] = c
			}
			if c.loss.Offset != 0 {
				continue
			}
			k := slices.IndexFunc(panel.Curves, func(r plots.Curve) bool { return r.Name == c.arm })
			if k < 0 {
				k = len(panel.Curves)
				panel.Curves = append(panel.Curves, plots.Curve{Name: c.arm})
			}
			chart.Places = append(chart.Places, c.loss.Temperature)
			panel.Curves[k].Points = append(panel.Curves[k].Points, plots.CurvePoint{X: c.loss.Temperature, Percent: e.Mean, Error: e.Error})
		}
		part.tables = append(part.tables, table)
		part.charts = append(part.charts, figure{"sweep-" + target + "-" + slug(d.name) + ".png", "Gap against the temperature of the loss, " + d.name, chart})
		for _, arm := range arms {
			c := best[arm]
			e := study.Difference(c.study(d.name), base)
			found = append(found, report.Fact{Name: fmt.Sprintf("%s targets, %s, %s at the swept setting of least validation gap (T = %v J, h₀ = %v J)", target, d.name, arm, c.loss.Temperature, c.loss.Offset),
				Value: fmt.Sprintf("%s %s, %v points, %.1f standard errors", verb(e), reference.arm, e, e.Sigmas())})
		}
	}
	return part, found
}

// validation returns the mean validation gap of a cell's runs.
func (s *Study) validation(c *cell) float64 {
	sum := 0.0
	for _, r := range c.runs {
		sum += *s.evaluations[r.dir].Gap
	}
	return sum / float64(len(c.runs))
}

func (s *Study) tuningSection() section {
	t := report.Table{Columns: []report.Column{{Name: "target"}, {Name: "loss"}, {Name: "T (J)", Numeric: true}, {Name: "learning rate", Numeric: true}, {Name: "validation gap (%)", Numeric: true}, {Name: "chosen"}}}
	for _, r := range s.trials {
		chosen := ""
		if r.chosen {
			chosen = "chosen"
		}
		t.Rows = append(t.Rows, []report.Cell{{Text: r.target}, {Text: r.arm}, number(r.run.trial.Recorded().Temperature, -1), number(r.set.LearningRate, -1), report.Significant(100 * r.gap), {Text: chosen}})
	}
	return section{title: "Tuning", words: "The same number of short runs for every loss of a target; " +
		"the one of least validation gap, in one pass without descent, is chosen for all seeds and sizes.", tables: []report.Table{t}}
}

// charts returns the names that charts may have.
func charts() []string {
	var names []string
	for _, target := range []string{cnn.Site, cnn.Bond} {
		names = append(names, "losses-"+target+".png")
		for _, d := range decodings(target) {
			names = append(names, "sizes-"+target+"-"+slug(d.name)+".png", "sweep-"+target+"-"+slug(d.name)+".png")
		}
	}
	return names
}

// writeResults writes every energy: a line with the ground states, then a line for every
// run, or classical method, and decoding.
func (s *Study) writeResults() error {
	type line struct {
		Target       string    `json:"target,omitempty"`
		Arm          string    `json:"arm"`
		Cost         string    `json:"cost,omitempty"`
		Temperature  float64   `json:"temperature_j,omitempty"`
		Offset       float64   `json:"offset_j,omitempty"`
		LearningRate float64   `json:"learning_rate,omitempty"`
		Instances    int       `json:"training_instances,omitempty"`
		Seed         uint64    `json:"seed,omitempty"`
		Decoding     string    `json:"decoding,omitempty"`
		Energies     []float64 `json:"energies_j"`
	}
	truth := make([]float64, len(s.x.test))
	for i, t := range s.x.test {
		truth[i] = t.Energy
	}
	lines := []any{line{Arm: "ground state", Energies: truth}}
	for _, d := range s.evaluations[""].Energies {
		lines = append(lines, line{Arm: d.Name, Energies: d.Energies})
	}
	done := map[*run]bool{}
	for _, c := range slices.Concat(s.losses, s.sizes, s.sweep) {
		for _, r := range c.runs {
			if done[r] {
				continue
			}
			done[r] = true
			for _, d := range s.evaluations[r.dir].Energies {
				lines = append(lines, line{r.set.Target, r.arm, c.loss.Cost, c.loss.Temperature, c.loss.Offset, r.set.LearningRate, r.size, r.seed, d.Name, d.Energies})
			}
		}
	}
	return s.x.writeResults(lines)
}

// Findings returns what was found, in lines.
func (s *Study) Findings() string {
	var b strings.Builder
	for _, f := range s.sections()[0].found {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	return b.String()
}
