// Package study says what runs of several seeds on the same instances show: means with
// their errors, differences between arms, and which order of the arms is resolved.
//
// An instance whose gaps are NaN, for its reference energy is 0, has none, and is left out.
//
// # Model
//
// The gap of seed s on instance i is taken as a mean, plus an effect of the seed, plus an
// effect of the instance, plus a rest, all independent. The mean over S seeds and N
// instances then has the variance σ_seed²/S + σ_instance²/N + σ_rest²/(SN). The variance
// of the seeds' means over S estimates the first and the last term, that of the instances'
// means over N the last two, and the mean square of what both leave the last; see Searle,
// Casella, McCulloch, Variance Components (1992), chapter 4.
//
// Arms are compared on the same instances, so that the effects of instances are those of
// the differences. Their seeds are not paired: equal seeds share the first weights and the
// order of the instances, which could only make the true errors smaller.
//
// The few seeds of a study leave its errors uncertain. The degrees of freedom of an error
// are those of Satterthwaite, Biometrics Bulletin 2, 110 (1946), and probabilities are
// from Student's distribution with them.
package study

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"spinlearn/internal/stats"
)

// An Arm is what one setting reached: Gaps[s][i] is the gap of seed s on instance i, NaN
// for all seeds if the instance has none. There is at least one seed, and all have the same
// instances.
type Arm struct {
	Name string
	Gaps [][]float64
}

// An Estimate is a mean with its standard error over seeds and instances, in the unit of
// the gaps, and the degrees of freedom of that error. With a single seed the error is
// over instances only. Count is the number of instances that have gaps.
type Estimate struct {
	stats.Estimate
	Freedom float64
}

// Mean returns the estimate of an arm's mean gap.
func (a *Arm) Mean() Estimate {
	p := a.parts()
	return estimate(p.instances, p.seed, p.seedFreedom, p.rest)
}

// Difference returns the estimate of the mean of a less that of b, paired over
// instances. It panics if their numbers of instances differ.
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

// Sigmas returns the number of standard errors by which the mean differs from 0.
func (e Estimate) Sigmas() float64 {
	if e.Mean == 0 {
		return 0
	}
	return math.Abs(e.Mean) / e.Error
}

// P returns the probability of a mean so far from 0, on either side, if the true one is 0;
// NaN of no mean.
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

// resolvedP is the probability of a normal variable beyond two standard deviations.
var resolvedP = 2 * distuv.UnitNormal.Survival(2)

// Resolved reports whether the mean differs from 0 by at least two standard errors, or by
// more where few seeds make the error uncertain: P is at most that of two standard
// deviations, 4.6 %.
func (e Estimate) Resolved() bool { return e.Sigmas() >= 2 && e.P() <= resolvedP }

// parts are the pieces of an arm's variance.
type parts struct {
	instances   []float64 // mean over the seeds, NaN where there are no gaps
	seed        float64   // variance of the mean by the seeds, with its rest
	seedFreedom float64   // 0 for a single seed
	rest        float64   // variance of the mean by the rest
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

// estimate puts the error together. The rest stands in both variances and is taken off
// once, but for what the seeds' variance has not.
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
