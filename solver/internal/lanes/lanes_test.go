package lanes

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spinlearn/internal/base/cputime"
)

type graph struct {
	sites     int
	ends      [][2]int32
	couplings []float64
}

func (g *graph) network() *Network { return NewNetwork(g.sites, g.ends, g.couplings) }

func (g *graph) energy(s []int8) float64 {
	e := 0.0
	for k, c := range g.couplings {
		e -= c * float64(s[g.ends[k][0]]) * float64(s[g.ends[k][1]])
	}
	return e
}

// grid returns a Gaussian lattice, periodic or free along every axis.
func grid(shape []int, periodic bool, rng *rand.Rand) *graph {
	g := &graph{sites: 1}
	for _, side := range shape {
		g.sites *= side
	}
	stride := g.sites
	for _, side := range shape {
		stride /= side
		for i := range g.sites {
			j := i + stride
			if i/stride%side == side-1 {
				if j -= side * stride; !periodic {
					continue
				}
			}
			g.ends = append(g.ends, [2]int32{int32(i), int32(j)})
			g.couplings = append(g.couplings, rng.NormFloat64())
		}
	}
	return g
}

// complete returns the complete graph of n sites with Gaussian couplings.
func complete(n int, rng *rand.Rand) *graph {
	g := &graph{sites: n}
	for i := range int32(n) {
		for j := range i {
			g.ends = append(g.ends, [2]int32{i, j})
			g.couplings = append(g.couplings, rng.NormFloat64())
		}
	}
	return g
}

// Every replica for itself visits the states as often as the Boltzmann distribution
// says, that of all spins or that of one colour's with the others at their best.
func TestReplicasSampleBoltzmann(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		name string
		*graph
		bipartite bool
	}{
		{"2x3", grid([]int{2, 3}, false, rng), false},
		{"complete", complete(6, rng), false},
		{"one colour of 3x4", grid([]int{3, 4}, false, rng), true},
		{"one colour of 2x2x3", grid([]int{2, 2, 3}, false, rng), true},
	} {
		for _, own := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, own), func(t *testing.T) {
				net := c.network()
				r := net.NewReplicas(c.bipartite, rand.NewPCG(2, 3))
				betas := slices.Repeat([]float64{0.4}, Lanes)
				r.SetBeta(0.4)
				if own {
					for lane := range betas {
						betas[lane] = 0.2 + 0.03*float64(lane)
					}
					for lane, beta := range betas {
						r.SetBetaOf(lane, beta)
					}
				}
				var free []int // spins that make the state
				for i := range c.sites {
					if !c.bipartite || !net.minimised[i] {
						free = append(free, i)
					}
				}
				// cost of a state: the least over the spins that are minimised
				cost := slices.Repeat([]float64{math.Inf(1)}, 1<<len(free))
				s := make([]int8, c.sites)
				for code := range 1 << c.sites {
					for i := range s {
						s[i] = 1 - 2*int8(code>>i&1)
					}
					state := 0
					for k, i := range free {
						state |= code >> i & 1 << k
					}
					cost[state] = min(cost[state], c.energy(s))
				}
				const samples, between = 20000, 5
				count := make([][Lanes]float64, len(cost))
				r.Sweep(20)
				for range samples {
					r.Sweep(between)
					for lane := range Lanes {
						state := 0
						for k, i := range free {
							state |= int(r.spins[i][lane]>>31) << k
						}
						count[state][lane]++
					}
				}
				dof := float64(len(cost) - 1)
				all := 0.0
				for lane, beta := range betas {
					total, chi := 0.0, 0.0
					for _, e := range cost {
						total += math.Exp(-beta * e)
					}
					for state, e := range cost {
						want := samples * math.Exp(-beta*e) / total
						chi += (count[state][lane] - want) * (count[state][lane] - want) / want
					}
					all += chi
					// Six standard deviations of χ² and three per cent for the correlation of samples.
					if chi > 1.03*dof+6*math.Sqrt(2*dof) {
						t.Errorf("χ² of replica %d is %.0f with %.0f degrees of freedom", lane, chi, dof)
					}
				}
				if want := Lanes * dof; all > 1.03*want+5*math.Sqrt(2*want) || all < want-5*math.Sqrt(2*want) {
					t.Errorf("χ² of all replicas is %.0f with %.0f degrees of freedom", all, want)
				}
			})
		}
	}
}

// The deviate is exponential: moments and tail.
func TestDeviate(t *testing.T) {
	r := grid([]int{2, 2}, false, rand.New(rand.NewPCG(1, 2))).network().NewReplicas(false, rand.NewPCG(1, 3))
	const n = 1 << 20
	mean, square := 0.0, 0.0
	var beyond [12]float64
	for range n {
		v := float64(r.deviate(3))
		if v < -2e-5 {
			t.Fatalf("deviate %v", v)
		}
		mean += v / n
		square += v * v / n
		for k := range beyond {
			if v > float64(k) {
				beyond[k] += 1.0 / n
			}
		}
	}
	if math.Abs(mean-1) > 5/math.Sqrt(n) || math.Abs(square-2) > 5*math.Sqrt(20.0/n) { // five standard errors
		t.Errorf("mean %v, mean square %v, want 1 and 2", mean, square)
	}
	for k, got := range beyond {
		if want := math.Exp(-float64(k)); math.Abs(got-want) > 5*math.Sqrt(want/n)+3e-5 {
			t.Errorf("above %d: %v, want %v", k, got, want)
		}
	}
}

// The instruction sets differ in nothing but speed.
func TestInstructionSetsAgree(t *testing.T) {
	for _, c := range []struct {
		shape     []int
		periodic  bool
		bipartite bool
	}{{[]int{6, 4}, true, false}, {[]int{6, 4}, true, true}, {[]int{5, 7}, true, false}, {[]int{3, 4, 5}, false, true}} {
		var want *Replicas
		var wantEnergies [Lanes]float64
		forEachSet(t, func(name string) {
			r := grid(c.shape, c.periodic, rand.New(rand.NewPCG(1, 4))).network().NewReplicas(c.bipartite, rand.NewPCG(1, 5))
			for k := range 30 {
				r.SetBeta(0.1 * float64(k))
				r.Sweep(10)
			}
			r.SetBeta(math.Inf(1))
			r.Sweep(1)
			var energies [Lanes]float64
			r.Energies(&energies)
			if want == nil {
				want, wantEnergies = r, energies
				return
			}
			if !slices.Equal(r.spins, want.spins) || !slices.Equal(r.fields, want.fields) || r.random != want.random {
				t.Errorf("%s, %+v: another state", name, c)
			}
			if energies != wantEnergies {
				t.Errorf("%s, %+v: other energies", name, c)
			}
		})
	}
}

// Energies and spins that come back are those of the graph, to the rounding of the
// couplings, whatever their unit; fields that are kept up to date do not drift.
func TestEnergies(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	for _, factor := range []float64{1, 1e-30, 1e30} {
		for _, bipartite := range []bool{false, true} {
			g := grid([]int{6, 8}, true, rng)
			for k := range g.couplings {
				g.couplings[k] *= factor
			}
			r := g.network().NewReplicas(bipartite, rng)
			r.SetBeta(1 / factor)
			r.Sweep(1000)
			var got [Lanes]float64
			s := make([]int8, g.sites)
			for round := range 2 {
				r.Energies(&got)
				for lane, e := range got {
					r.Store(s, lane)
					if want := g.energy(s); math.Abs(e-want) > 1e-4*factor { // 96 couplings rounded by 2^-20
						t.Errorf("replica %d: energy %v, want %v", lane, e, want)
					}
					if round == 0 {
						for i := range s {
							s[i] = 1 - 2*int8(rng.IntN(2))
						}
						r.Set(lane, s)
					}
				}
			}
			r.Sweep(100)
			if bipartite {
				kept := slices.Clone(r.fields)
				if r.refresh(); !slices.Equal(kept, r.fields) {
					t.Error("the fields have drifted")
				}
			}
		}
	}
}

func TestColours(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	for _, c := range []struct {
		*graph
		want bool
	}{
		{grid([]int{4, 6}, true, rng), true}, {grid([]int{5, 6}, true, rng), false}, {grid([]int{5, 3, 3}, false, rng), true},
		{complete(3, rng), false}, {&graph{sites: 3}, true},
		{&graph{5, [][2]int32{{0, 1}, {0, 2}, {0, 3}, {0, 4}}, []float64{1, 1, 1, 1}}, true},
	} {
		net := c.network()
		if net.Bipartite() != c.want {
			t.Fatalf("%d sites: bipartite is %v, want %v", c.sites, net.Bipartite(), c.want)
		}
		if c.want && 2*net.half.sites > c.sites {
			t.Errorf("%d of %d sites are annealed", net.half.sites, c.sites)
		}
	}
}

func BenchmarkSweep(b *testing.B) {
	for _, shape := range [][]int{{64, 64}, {16, 16}, {10, 10, 10}} {
		for _, bipartite := range []bool{false, true} {
			b.Run(fmt.Sprintf("%v/bipartite=%v", shape, bipartite), func(b *testing.B) {
				r := grid(shape, true, rand.New(rand.NewPCG(1, 1))).network().NewReplicas(bipartite, rand.NewPCG(1, 2))
				r.SetBeta(1)
				begin := cputime.Now()
				for b.Loop() {
					r.Sweep(1)
				}
				proposed := r.all.sites
				if bipartite {
					proposed = r.Network.half.sites
				}
				b.ReportMetric(float64(b.N)*float64(proposed*Lanes)/float64(cputime.Now()-begin), "updates/cpu-ns")
			})
		}
	}
}
