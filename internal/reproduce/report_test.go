package reproduce

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spinlearn/cnn"
	"spinlearn/internal/base/report"
	"spinlearn/internal/base/stats"
	"spinlearn/internal/reproduce/study"
)

// arms draws gaps of three seeds on 50 instances about the given means.
func arms(names []string, means ...float64) []*study.Arm {
	rng := rand.New(rand.NewPCG(1, 2))
	var list []*study.Arm
	for k, name := range names {
		a := &study.Arm{Name: name}
		for range 3 {
			row := make([]float64, 50)
			for i := range row {
				row[i] = means[k] + 0.1*rng.NormFloat64()
			}
			a.Gaps = append(a.Gaps, row)
		}
		list = append(list, a)
	}
	return list
}

// What is said of the paper's claim is what the numbers say, either way.
func TestClaimOfThePaper(t *testing.T) {
	for name, c := range map[string]struct {
		means []float64
		want  string
	}{
		"as claimed": {[]float64{40, 30, 20, 10}, "confirmed: cross-entropy > margin, cross-entropy > local-energy, cross-entropy > true-energy, margin > local-energy, margin > true-energy, local-energy > true-energy"},
		"reverse":    {[]float64{10, 20, 30, 40}, "contradicted: cross-entropy > margin, cross-entropy > local-energy, cross-entropy > true-energy, margin > local-energy, margin > true-energy, local-energy > true-energy"},
		"partly":     {[]float64{40, 20, 20, 30}, "confirmed: cross-entropy > margin, cross-entropy > local-energy, cross-entropy > true-energy; contradicted: margin > true-energy, local-energy > true-energy; not resolved: margin > local-energy"},
	} {
		t.Run(name, func(t *testing.T) {
			got := claim(study.NewOrder(arms(claimed, c.means...)))
			if len(got) != 1 {
				t.Fatalf("%d facts", len(got))
			}
			if diff := cmp.Diff(c.want, got[0].Value); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got := claim(study.NewOrder(arms([]string{cnn.Boltzmann, "other"}, 1, 2))); got != nil {
		t.Errorf("%v of losses that the paper does not have", got)
	}
}

func TestVerb(t *testing.T) {
	list := arms([]string{"a", "b", "c"}, 1, 2, 1)
	for _, c := range []struct {
		a, b int
		want string
	}{{0, 1, better}, {1, 0, worse}, {0, 2, level}} {
		if got := verb(study.Difference(list[c.a], list[c.b])); got != c.want {
			t.Errorf("%s against %s: %s, want %s", list[c.a].Name, list[c.b].Name, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for want, e := range map[string]stats.Estimate{
		"12.3 ± 1.2": {Mean: 12.345, Error: 1.234, Count: 3},
		"5 ± 0":      {Mean: 5, Count: 3},
		"":           stats.Mean(nil),
	} {
		if got := report.Estimate(e); got.Text != want {
			t.Errorf("%+v: %q, want %q", e, got, want)
		}
	}
	for _, got := range []report.Cell{number(math.NaN(), 1), probability(math.NaN())} {
		if got != (report.Cell{}) {
			t.Errorf("no number is %v", got)
		}
	}
	if got := number(0, -1); got != (report.Cell{}) {
		t.Errorf("no temperature is %v", got)
	}
	if got := probability(1e-9); got.Text != "< 0.0001" || got.Key != "1e-09" {
		t.Errorf("%v", got)
	}
}

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	markdown(&b, report.Table{Caption: "gaps", Columns: []report.Column{{Name: "loss"}, {Name: "|J| (%)", Numeric: true}},
		Rows: [][]report.Cell{{{Text: "a"}, {Text: "1"}}, {{Text: "b"}, {Text: "2"}}}})
	want := "gaps\n\n| loss | \\|J\\| (%) |\n|---|---:|\n| a | 1 |\n| b | 2 |\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
