package plots_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"spinlearn/plots"
)

// method is a way to predict spins, with a mean relative gap in per cent and a
// CPU time an instance in milliseconds as they come out for 20×20 lattices.
type method struct {
	name, group string
	loss        string
	percent     float64
	solved      float64 // part of the instances with gap 0
	ms          float64
}

// methods returns n of 25 methods with names as long as they get.
func methods(n int) []method {
	var all []method
	for i, target := range []string{"site", "bond"} {
		for j, loss := range []string{"cross-entropy", "margin", "boltzmann", "local-energy"} {
			for k, after := range []string{"3 passes", "3 passes + tree"} {
				m := method{
					name:    fmt.Sprintf("%s · %s · %s", target, loss, after),
					group:   target + " target",
					loss:    loss,
					percent: 9 / float64(1+i*3+j+4*k),
					solved:  0.02 * float64(i+k),
					ms:      (4 + float64(9*k+i) + 0.3*float64(j)),
				}
				all = append(all, m)
			}
		}
	}
	for i, s := range []int{1, 10, 100, 1000, 10000, 100000} {
		m := method{fmt.Sprintf("annealing %d sweeps", s), "classical", "", 8 / math.Pow(4, float64(i)), 0.19 * float64(i), 0.05 * float64(s)}
		all = append(all, m)
	}
	all = append(all,
		method{"greedy descent", "classical", "", 11, 0, 0.02},
		method{"parallel tempering, 24 replicas", "classical", "", 0, 1, 5200},
		method{"random spins + descent to 2-flip minimum", "classical", "", 8.5, 0, 0.2})
	return all[:n]
}

// truths returns ground state energies per spin of n instances.
func truths(rng *rand.Rand, n int) []float64 {
	e := make([]float64, n)
	for i := range e {
		e[i] = -1.32 + 0.02*rng.NormFloat64()
	}
	return e
}

// gaps returns the relative gaps in per cent of m for n instances.
func (m method) gaps(rng *rand.Rand, n int) []float64 {
	g := make([]float64, n)
	for i := range g {
		if x := rng.Float64(); x >= m.solved {
			g[i] = m.percent * math.Exp(0.45*rng.NormFloat64())
		}
	}
	return g
}

func energies(nMethods, n int) plots.Energies {
	rng := rand.New(rand.NewPCG(1, 2))
	c := plots.Energies{Proven: true, Truth: truths(rng, n)}
	for _, m := range methods(nMethods) {
		r := plots.EnergyRow{Name: m.name, Group: m.group}
		for i, g := range m.gaps(rng, n) {
			r.PerSpin = append(r.PerSpin, c.Truth[i]*(1-g/100))
		}
		c.Rows = append(c.Rows, r)
	}
	return c
}

// gapRow counts gaps up to 0 and those that do not exist as solved.
func gapRow(name, group string, percent []float64) plots.GapRow {
	r := plots.GapRow{Name: name, Group: group, Percent: percent}
	for _, p := range percent {
		if !(p > 0) {
			r.Solved++
		}
	}
	return r
}

func gaps(nMethods, n int) plots.Gaps {
	rng := rand.New(rand.NewPCG(3, 4))
	c := plots.Gaps{Proven: true}
	for _, m := range methods(nMethods) {
		c.Rows = append(c.Rows, gapRow(m.name, m.group, m.gaps(rng, n)))
	}
	return c
}

// wideGaps has gaps over five decades, energies below the reference and a
// method that reaches it always.
func wideGaps() plots.Gaps {
	rng := rand.New(rand.NewPCG(5, 6))
	c := plots.Gaps{Title: "20×20, Gaussian couplings"}
	for i := range 6 {
		r := plots.GapRow{Name: fmt.Sprintf("annealing, slow schedule %d", i)}
		for range 100 {
			r.Percent = append(r.Percent, math.Pow(10, -float64(i)+1+0.4*rng.NormFloat64()))
		}
		if i == 5 {
			r.Percent[3], r.Percent[70] = -0.01, -2
		}
		c.Rows = append(c.Rows, gapRow(r.Name, r.Group, r.Percent))
	}
	c.Rows = append(c.Rows, gapRow("parallel tempering", "", make([]float64, 100)))
	return c
}

func scatter(nPanels, n int) plots.Scatter {
	rng := rand.New(rand.NewPCG(7, 8))
	truth := truths(rng, n)
	c := plots.Scatter{Proven: true}
	for _, m := range methods(25)[12 : 12+nPanels] {
		p := plots.ScatterPanel{Name: m.name, Truth: truth}
		for i, g := range m.gaps(rng, n) {
			p.Predicted = append(p.Predicted, truth[i]*(1-g/100))
			p.Percent = append(p.Percent, g)
		}
		c.Panels = append(c.Panels, p)
	}
	return c
}

// times has annealing and tempering curves and single points of networks,
// clustered as equal networks are.
func times(nPoints int) plots.Times {
	c := plots.Times{Proven: true}
	anneal := plots.TimeSeries{Name: "simulated annealing", Group: "classical, label: sweeps"}
	temper := plots.TimeSeries{Name: "parallel tempering", Group: anneal.Group}
	for i := range 6 {
		sweeps := math.Pow(10, float64(i))
		p := plots.TimePoint{Label: fmt.Sprintf("%.0f", sweeps), Milliseconds: 0.05 * sweeps, Percent: 8 / math.Pow(4, float64(i))}
		anneal.Points = append(anneal.Points, p)
		p.Milliseconds *= 3
		p.Percent /= 1 + float64(i)*float64(i)
		if i == 5 {
			p.Percent = 0
		}
		temper.Points = append(temper.Points, p)
	}
	c.Series = append(c.Series, anneal, temper)
	for _, m := range methods(25)[:nPoints] {
		p := plots.TimePoint{Milliseconds: m.ms, Percent: m.percent}
		c.Series = append(c.Series, plots.TimeSeries{Name: m.name, Group: m.group, Loss: m.loss, Points: []plots.TimePoint{p}})
	}
	return c
}

// frontier has panels of six curves over times, some of which reach zero, and of two
// points; sizes has the same gaps over sides.
func frontier(nPanels int, proven bool) plots.Curves {
	c := plots.Curves{Title: "Gap against CPU time", Proven: proven, X: "CPU time an instance (ms)", Notes: []string{"A note of the caller."}}
	for i := range nPanels {
		p := plots.CurvePanel{Name: fmt.Sprintf("panel %d of a name that is long enough to take two lines where there are three in a row", i)}
		for k, name := range []string{"tree", "exact", "network", "one read", "bipartite", "lanes", "tempering", "refinement"} {
			curve := plots.Curve{Name: name, Fixed: k < 2}
			for j := range 6 {
				if k < 2 && j > 0 {
					break
				}
				gap := 3 * float64(1+i) * float64(9-k) / math.Pow(float64(k+1), float64(j))
				if k == 1 || j == 5 && k == 4 {
					gap = 0
				}
				curve.Points = append(curve.Points, plots.CurvePoint{X: math.Pow(3, float64(j)) * (1 + 0.1*float64(k)), Percent: gap, Error: gap * 0.3 * float64(j)})
			}
			p.Curves = append(p.Curves, curve)
		}
		c.Panels = append(c.Panels, p)
	}
	return c
}

func sizes(nPanels int) plots.Curves {
	c := frontier(nPanels, false)
	c.Title, c.X, c.Places = "Gap against size", "side (sites)", []float64{10, 16, 32, 64, 100, 128}
	for _, p := range c.Panels {
		for _, curve := range p.Curves {
			for j := range curve.Points {
				curve.Points[j].X = c.Places[j]
			}
		}
	}
	c.Panels[0].Curves[3].Points[0].Percent = -0.5
	return c
}

// manyCurves has more curves than there are looks.
func manyCurves() plots.CurvePanel {
	p := plots.CurvePanel{Name: "<&>\n\x00"}
	for i := range 40 {
		p.Curves = append(p.Curves, plots.Curve{Name: fmt.Sprint("curve ", i), Fixed: i%5 == 0, Points: []plots.CurvePoint{{X: 1, Percent: float64(i)}, {X: 2, Percent: 1}}})
	}
	return p
}

// oneCurve is a Curves of one point.
func oneCurve(x, percent, sem float64, places ...float64) plots.Curves {
	return plots.Curves{Places: places, Panels: []plots.CurvePanel{{Curves: []plots.Curve{{Points: []plots.CurvePoint{{X: x, Percent: percent, Error: sem}}}}}}}
}

// training has nRuns runs over up to five kinds of loss, one of them negative
// and one over three decades, with nGaps validation points each.
func training(nRuns, nKinds, nSteps, nGaps int) plots.Training {
	rng := rand.New(rand.NewPCG(9, 10))
	losses := []string{"cross-entropy (nats per spin)", "energy (J per spin)", "squared error", "hinge", "free energy (J per spin)"}
	c := plots.Training{Proven: true}
	for i := range nRuns {
		k := i % nKinds
		r := plots.TrainingRun{Name: fmt.Sprintf("bond · %s · seed %d", losses[k], i), Loss: losses[k]}
		for s := range nSteps {
			t := float64(s) / float64(nSteps)
			noise := 1 + 0.15*rng.NormFloat64()
			var v float64
			switch k {
			case 1, 4:
				v = -1.28 + (0.6-0.1*float64(i))*math.Exp(-6*t) + 0.02*rng.NormFloat64()
			case 2:
				v = math.Exp(-(5+0.2*float64(i))*math.Sqrt(t)) * noise
			default:
				v = (0.2 + 0.03*float64(i) + 0.5*math.Exp(-8*t)) * noise
			}
			r.Steps = append(r.Steps, float64(10*s))
			r.Losses = append(r.Losses, v)
		}
		for s := range nGaps {
			r.GapSteps = append(r.GapSteps, float64(10*nSteps*(s+1)/nGaps))
			r.Percent = append(r.Percent, (1+12*math.Exp(-float64(s)/3)+0.4*float64(i))*(1+0.1*rng.NormFloat64()))
		}
		c.Runs = append(c.Runs, r)
	}
	return c
}

// lattice is an instance of ±J or Gaussian couplings with a truth of random
// spins and a prediction that differs from its flip in a few square domains.
func lattice(rows, cols int, gaussian, periodic bool) plots.Lattice {
	rng := rand.New(rand.NewPCG(11, 12))
	n := rows * cols
	l := plots.Lattice{
		Proven: true, Rows: rows, Cols: cols, PeriodicRows: periodic, PeriodicCols: periodic,
		Down: make([]float64, n), Right: make([]float64, n), Frustrated: make([]bool, n),
		Truth: make([]int8, n), Prediction: make([]int8, n),
		TruthEnergy: -1.39 * float64(n), PredictionEnergy: -1.39*float64(n) + 14.25, Percent: 1425 / (1.39 * float64(n)),
	}
	for i := range n {
		l.Down[i], l.Right[i] = float64(2*rng.IntN(2)-1), float64(2*rng.IntN(2)-1)
		if gaussian {
			l.Down[i], l.Right[i] = rng.NormFloat64(), rng.NormFloat64()
		}
		l.Truth[i] = int8(2*rng.IntN(2) - 1)
		l.Prediction[i] = -l.Truth[i]
	}
	for i := range n {
		r, c := i/cols, i%cols
		right, down := r*cols+(c+1)%cols, (r+1)%rows*cols+c
		l.Frustrated[i] = l.Down[i]*l.Right[i]*l.Down[right]*l.Right[down] < 0
	}
	for range 4 {
		r0, c0, h, w := rng.IntN(rows), rng.IntN(cols), 1+rng.IntN(1+rows/4), 1+rng.IntN(1+cols/4)
		for r := r0; r < r0+h; r++ {
			for c := c0; c < c0+w; c++ {
				l.Prediction[r%rows*cols+c%cols] = l.Truth[r%rows*cols+c%cols]
			}
		}
	}
	return l
}

func couplings(rows, cols int, gaussian, periodic bool) plots.Couplings {
	l := lattice(rows, cols, gaussian, periodic)
	return plots.Couplings{
		Title: "a title", Rows: rows, Cols: cols, Down: l.Down, Right: l.Right,
		PeriodicRows: periodic, PeriodicCols: periodic, Frustrated: l.Frustrated,
	}
}

// decoding takes the couplings for log-odds and the down bonds and the first row for a tree.
func decoding(rows, cols int) plots.Decoding {
	l := lattice(rows, cols, true, false)
	c := plots.Decoding{
		Title: "a title", Couplings: couplings(rows, cols, true, false), DownOdds: make([]float64, rows*cols), RightOdds: l.Right,
		DownTree: make([]bool, rows*cols), RightTree: make([]bool, rows*cols), Spins: l.Truth, Caption: "a caption",
	}
	for i := range rows * cols {
		c.DownOdds[i] = 20 * l.Down[i]
		c.DownTree[i], c.RightTree[i] = i < (rows-1)*cols, i < cols-1
	}
	return c
}

// curves returns gaps that fall with the size, a band behind them; the error of the last
// point reaches below zero.
func curves(n, nPoints int) plots.Curves {
	p := plots.CurvePanel{Bands: []plots.Band{{"cross-entropy", 1.9, 0.1}}}
	var places []float64
	for k := range n {
		c := plots.Curve{Name: fmt.Sprintf("loss %d", k)}
		x, y := 100.0, 6-0.5*float64(k)
		for i := range nPoints {
			c.Points = append(c.Points, plots.CurvePoint{X: x, Percent: y, Error: 0.3 * y * float64(i*i) / float64(nPoints)})
			places = append(places, x)
			x, y = 4*x, 0.6*y
		}
		p.Curves = append(p.Curves, c)
	}
	slices.Sort(places)
	return plots.Curves{Title: "bond targets, 1 pass, 3 seeds", Proven: true, X: "training instances", Places: slices.Compact(places), Panels: []plots.CurvePanel{p}}
}

// means returns losses under three ways of decoding and methods of one value.
func means(nLosses, nMethods int) plots.Means {
	c := plots.Means{Title: "bond targets, 200 instances, 3 seeds", Proven: true}
	for k := range nLosses {
		r := plots.MeanRow{Name: fmt.Sprintf("loss %d", k), Group: fmt.Sprintf("loss %d", k)}
		for i, kind := range []string{"1 pass", "1 pass + descent", "3 passes + descent"} {
			y := 6 / math.Pow(4, float64(i)) * (1 + 0.4*float64(k))
			r.Values = append(r.Values, plots.MeanValue{Kind: kind, Percent: y, Error: 0.1 * y})
		}
		c.Rows = append(c.Rows, r)
	}
	for k := range nMethods {
		y := 30 / math.Pow(3, float64(k))
		c.Rows = append(c.Rows, plots.MeanRow{Name: fmt.Sprintf("method %d", k), Group: "no network", Values: []plots.MeanValue{{"classical", y, y / float64(nMethods-k)}}})
	}
	return c
}
