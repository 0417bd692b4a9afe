package anneal

import (
	"math"
	"time"

	"spinlearn/solver"
)

// A Schedule says how β grows from BetaMin to BetaMax over the sweeps of a read.
type Schedule string

const (
	Geometric Schedule = "geometric" // by equal factors
	Linear    Schedule = "linear"    // by equal steps
)

// A plan is how β goes in a group of reads.
type plan struct {
	*Settings
	watch  *solver.Watch
	sites  int
	sweeps int           // of each read
	share  time.Duration // if not 0, the time for the reads in place of sweeps
}

// beta returns the inverse temperature of a sweep, counted from 0, of so many.
func (set *Settings) beta(sweep, sweeps int) float64 {
	if sweeps == 1 {
		return set.BetaMax
	}
	return set.betaAt(float64(sweep) / float64(sweeps-1))
}

// betaAt returns the inverse temperature after a part x of the read, 0 to 1.
func (set *Settings) betaAt(x float64) float64 {
	if set.Schedule == Linear {
		return set.BetaMin + x*(set.BetaMax-set.BetaMin)
	}
	return set.BetaMin * math.Pow(set.BetaMax/set.BetaMin, x)
}

// follow calls step with each β in turn and the number of sweeps to make at it, and
// returns how many that were when it ended or the watch did. β changes at most 1000 times,
// and a step has at most so many sweeps that the watch is looked at often.
func (p *plan) follow(step func(beta float64, sweeps int)) (done int) {
	if p.share != 0 {
		p.sweeps = p.followClock(step)
		return p.sweeps
	}
	stride := (p.sweeps + 999) / 1000
	most := max(1, (1<<13)/max(p.sites, 1))
	for done < p.sweeps && p.watch.Err() == nil {
		at := done / stride * stride
		n := min(at+stride-done, most, p.sweeps-done)
		step(p.beta(min(at+stride/2, p.sweeps-1), p.sweeps), n)
		done += n
	}
	return done
}

// followClock is follow where β goes with the time.
func (p *plan) followClock(step func(beta float64, sweeps int)) (done int) {
	sweeps := max(1, (1<<11)/p.sites)
	for begin := p.watch.Used(); p.watch.Err() == nil; done += sweeps {
		x := float64(p.watch.Used()-begin) / float64(p.share)
		if !(x >= 0 && x < 1) {
			break
		}
		step(p.betaAt(x), sweeps)
	}
	return done
}
