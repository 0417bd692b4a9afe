package study

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"spinlearn/internal/base/stats"
)

// An Arm holds the results of one setting. Gaps[s][i] is the gap of seed s on instance i, or
// NaN for all seeds if the instance has no gap. There is at least one seed, and all seeds
// have the same instances.
type Arm struct {
	Name string
	Gaps [][]float64
}

// An Estimate is a mean with its standard error over seeds and instances, in the unit of
// the gaps. With a single seed the error is over instances only. Count is the number of
// instances that have gaps.
type Estimate struct {
	stats.Estimate
	Freedom float64 // degrees of freedom of Error
}

// Mean returns the estimate of an arm's mean gap.
func (a *Arm) Mean() Estimate {
	p := a.parts()
	return estimate(p.instances, p.seed, p.seedFreedom, p.rest)
}

// Difference returns the estimate of the mean gap of a minus that of b, paired over
// instances. It panics if the numbers of instances differ.
func Difference(a, b *Arm) Estimate {
	p, q := a.parts(), b.parts()
	if len(p.instances) != len(q.instances) {
		panic("study: numbers of instances differ")
	}
	difference := make([]float64, len(p.instances))
	for i, v := range p.instances {
		difference[i] = v - q.instances[i]
	}
	seed := p.seed + q.seed
	freedom := seed * seed / (p.seed*p.seed/max(p.seedFreedom, 1) + q.seed*q.seed/max(q.seedFreedom, 1))
	return estimate(difference, seed, freedom, p.rest+q.rest)
}

// Sigmas returns the distance of the mean from 0, in standard errors.
func (e Estimate) Sigmas() float64 {
	if e.Mean == 0 {
		return 0
	}
	return math.Abs(e.Mean) / e.Error
}

// P returns the two-sided p-value: the probability of a mean at least so far from 0 if the
// true mean is 0. It is NaN if there is no mean.
func (e Estimate) P() float64 {
	if !e.Exists() {
		return math.NaN()
	}
	if e.Error == 0 {
		if e.Mean == 0 {
			return 1
		}
		return 0
	}
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: e.Freedom}.Survival(e.Sigmas())
}

// resolvedP is the probability that a normal variable is more than two standard deviations
// away from its mean, 4.6 %.
var resolvedP = 2 * distuv.UnitNormal.Survival(2)

// Resolved reports whether the mean differs from 0 by at least two standard errors and P is
// at most 4.6 %. Few seeds make the error uncertain; then two standard errors do not suffice.
func (e Estimate) Resolved() bool { return e.Sigmas() >= 2 && e.P() <= resolvedP }

// parts are what the variance of an arm's mean is computed from.
type parts struct {
	instances   []float64 // mean over the seeds of each instance, NaN if it has no gap
	seed        float64   // estimate of σ_seed²/S + σ_rest²/(SN), 0 for a single seed
	seedFreedom float64   // degrees of freedom of seed
	rest        float64   // estimate of σ_rest²/(SN), 0 for a single seed
}

func (a *Arm) parts() parts {
	seeds, count := float64(len(a.Gaps)), len(a.Gaps[0])
	p := parts{instances: make([]float64, count), seedFreedom: seeds - 1}
	var means []float64
	for _, row := range a.Gaps {
		if len(row) != count {
			panic("study: numbers of instances differ")
		}
		means = append(means, stats.Mean(row).Mean)
		for i, v := range row {
			p.instances[i] += v / seeds
		}
	}
	n := float64(stats.Mean(p.instances).Count)
	if len(means) < 2 || n < 2 {
		return p
	}
	grand, sum := stats.Mean(means), 0.0
	for s, row := range a.Gaps {
		for i, v := range row {
			if r := v - means[s] - p.instances[i] + grand.Mean; !math.IsNaN(r) {
				sum += r * r
			}
		}
	}
	p.seed = grand.Error * grand.Error
	p.rest = sum / ((seeds - 1) * (n - 1)) / (seeds * n)
	return p
}

// estimate returns the mean over the instances with its error. The variance over instances
// and that over seeds both contain the rest, so it is subtracted once, but never more than
// the variance over seeds.
func estimate(instances []float64, seed, seedFreedom, rest float64) Estimate {
	e := Estimate{Estimate: stats.Mean(instances)}
	n, variance := float64(e.Count), e.Error*e.Error
	total := variance + max(0, seed-rest)
	e.Error, e.Freedom = math.Sqrt(total), n-1
	if seed > rest {
		e.Freedom = total * total / (variance*variance/(n-1) + seed*seed/max(seedFreedom, 1))
		e.Freedom = max(1, min(e.Freedom, n-1))
	}
	return e
}
