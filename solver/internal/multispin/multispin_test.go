package multispin

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"spinlearn/internal/base/cputime"
)

// grid returns the network of a lattice of one shape, periodic or free along every axis,
// with random signs and a fraction of the bonds missing.
func grid(t testing.TB, shape []int, periodic bool, missing float64, rng *rand.Rand) (*Network, [][2]int32, []bool) {
	t.Helper()
	n := 1
	for _, side := range shape {
		n *= side
	}
	var ends [][2]int32
	var negative []bool
	stride := n
	for _, side := range shape {
		stride /= side
		for i := range n {
			j := i + stride
			if i/stride%side == side-1 {
				if j -= side * stride; !periodic {
					continue
				}
			}
			if rng.Float64() >= missing {
				ends = append(ends, [2]int32{int32(i), int32(j)})
				negative = append(negative, rng.IntN(2) == 0)
			}
		}
	}
	net, err := NewNetwork(n, ends, negative)
	if err != nil {
		t.Fatal(err)
	}
	return net, ends, negative
}

func BenchmarkSweep(b *testing.B) {
	for _, shape := range [][]int{{64, 64}, {16, 16}, {10, 10, 10}, {16, 16, 16}} {
		b.Run(fmt.Sprint(shape), func(b *testing.B) {
			net, _, _ := grid(b, shape, true, 0, rand.New(rand.NewPCG(1, 1)))
			r := net.NewReplicas(Lanes, rand.NewPCG(1, 2))
			r.SetBeta(1)
			begin := cputime.Now()
			for b.Loop() {
				r.Sweep(1)
			}
			b.ReportMetric(float64(b.N)*float64(len(net.sites)*Lanes)/float64(cputime.Now()-begin), "updates/cpu-ns")
		})
	}
}

// complete returns the complete graph of n sites with random signs.
func complete(t testing.TB, n int, rng *rand.Rand) (*Network, [][2]int32, []bool) {
	t.Helper()
	var ends [][2]int32
	var negative []bool
	for i := range int32(n) {
		for j := range i {
			ends = append(ends, [2]int32{i, j})
			negative = append(negative, rng.IntN(2) == 0)
		}
	}
	net, err := NewNetwork(n, ends, negative)
	if err != nil {
		t.Fatal(err)
	}
	return net, ends, negative
}

func broken(ends [][2]int32, negative []bool, s []int8) int {
	n := 0
	for k, e := range ends {
		if (s[e[0]]*s[e[1]] < 0) != negative[k] {
			n++
		}
	}
	return n
}

// Every replica for itself visits the states as often as the Boltzmann distribution
// says: χ² over all states, at degrees from 2 to 6, also if each has its own β.
func TestReplicasSampleBoltzmann(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		name string
		make func() (*Network, [][2]int32, []bool)
	}{
		{"degree 2 and 3", func() (*Network, [][2]int32, []bool) { return grid(t, []int{2, 3}, false, 0, rng) }},
		{"degree 5", func() (*Network, [][2]int32, []bool) { return complete(t, 6, rng) }},
		{"degree 6", func() (*Network, [][2]int32, []bool) { return complete(t, 7, rng) }},
		{"degree 4", func() (*Network, [][2]int32, []bool) { return complete(t, 5, rng) }},
		{"degrees 0 to 3", func() (*Network, [][2]int32, []bool) { return grid(t, []int{2, 4}, false, 0.4, rng) }},
	} {
		for _, own := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, own), func(t *testing.T) {
				net, ends, negative := c.make()
				n := len(net.sites)
				r := net.NewReplicas(Lanes, rand.NewPCG(2, 3))
				betas := make([]float64, Lanes)
				for lane := range betas {
					betas[lane] = 0.3
					if own {
						betas[lane] = 0.15 + 0.25*float64(lane)/Lanes
					}
				}
				if own {
					rungs := make([]int, Lanes)
					for lane := range rungs {
						rungs[lane] = lane
					}
					r.SetBetas(betas, rungs)
				} else {
					r.SetBeta(0.3)
				}
				const samples, between = 3000, 6
				count := make([][Lanes]float64, 1<<n)
				r.Sweep(20)
				for range samples {
					r.Sweep(between + rng.IntN(4))
					// Whole sweeps in order flip whatever gains, and so never reach some states of
					// tiny systems; parts of a sweep do.
					if part := 1 + rng.IntN(n); part <= net.even {
						r.update(net.sites[:part], &r.rules[0], 0)
					} else {
						r.update(net.sites[net.even:part], &r.rules[1], 0)
					}
					for lane := range Lanes {
						state := 0
						for i := range n {
							state |= int(r.spins[i][lane/64]>>(lane%64)&1) << i
						}
						count[state][lane]++
					}
				}
				cost := make([]float64, 1<<n)
				s := make([]int8, n)
				for state := range cost {
					for i := range s {
						s[i] = 1 - 2*int8(state>>i&1)
					}
					cost[state] = 2 * float64(broken(ends, negative, s))
				}
				dof := float64(len(cost) - 1)
				sum, worst := 0.0, 0.0
				for lane, beta := range betas {
					total, chi := 0.0, 0.0
					for _, e := range cost {
						total += math.Exp(-beta * e)
					}
					for state, e := range cost {
						want := samples * math.Exp(-beta*e) / total
						chi += (count[state][lane] - want) * (count[state][lane] - want) / want
					}
					sum += chi
					worst = max(worst, chi)
				}
				// Five standard deviations of χ² over all replicas, with one per cent for the
				// correlation of a replica's samples; eight for the worst of 512.
				if want := Lanes * dof; sum > 1.01*want+5*math.Sqrt(2*want) || sum < want-5*math.Sqrt(2*want) {
					t.Errorf("χ² of all replicas is %.0f with %.0f degrees of freedom", sum, want)
				}
				if worst > dof+8*math.Sqrt(2*dof) {
					t.Errorf("χ² of one replica is %.0f with %.0f degrees of freedom", worst, dof)
				}
			})
		}
	}
}

// Replicas at the same site and time do not know of each other: the products of their
// spins, relative to the state's first, average to zero.
func TestReplicasAreIndependent(t *testing.T) {
	net, _, _ := grid(t, []int{8, 8}, true, 0, rand.New(rand.NewPCG(1, 5)))
	r := net.NewReplicas(Lanes, rand.NewPCG(1, 6))
	r.SetBeta(0.5)
	const samples = 400
	sum := make([]float64, Lanes)
	product := make([]float64, Lanes) // with the next replica
	squares := 0.0
	counts := make([]int, Lanes)
	r.Sweep(50)
	for range samples {
		r.Sweep(10)
		r.Broken(counts)
		mean := 0.0
		for _, c := range counts {
			mean += float64(c) / Lanes
		}
		for lane, c := range counts {
			d := float64(c) - mean
			sum[lane] += d
			product[lane] += d * (float64(counts[(lane+1)%Lanes]) - mean)
			squares += d * d / (samples * Lanes)
		}
	}
	total := 0.0
	for _, p := range product {
		total += p / (samples * Lanes * squares)
	}
	if limit := 5 / math.Sqrt(samples*Lanes); math.Abs(total) > limit+1.0/Lanes { // the mean is that of the replicas
		t.Errorf("correlation of neighbouring replicas is %v, want below %v", total, limit)
	}
}

// The instruction sets differ in nothing but speed.
func TestInstructionSetsAgree(t *testing.T) {
	for _, c := range []struct {
		shape    []int
		periodic bool
		missing  float64
	}{{[]int{6, 5}, true, 0}, {[]int{5, 7}, false, 0.2}, {[]int{3, 4, 5}, true, 0}, {[]int{4, 3, 3}, false, 0.1}} {
		for _, lanes := range []int{1, 64, 200, Lanes} {
			var want *Replicas
			forEachSet(t, func(name string) {
				net, _, _ := grid(t, c.shape, c.periodic, c.missing, rand.New(rand.NewPCG(1, 3)))
				r := net.NewReplicas(lanes, rand.NewPCG(1, 4))
				for k := range 20 {
					r.SetBeta(0.1 * float64(k))
					r.Sweep(3)
				}
				r.SetBetas([]float64{0, 0.3}, make([]int, lanes))
				r.Sweep(1)
				r.SetBeta(math.Inf(1))
				r.Sweep(1)
				if want == nil {
					want = r
					return
				}
				for i := range r.spins {
					for w := range (lanes + 63) / 64 {
						if r.spins[i][w] != want.spins[i][w] {
							t.Fatalf("%s, %v, %d replicas: site %d differs", name, c.shape, lanes, i)
						}
					}
				}
			})
		}
	}
}

func TestStoreSetBroken(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	net, ends, negative := grid(t, []int{5, 6}, false, 0.1, rng)
	r := net.NewReplicas(Lanes, rng)
	counts := make([]int, Lanes)
	r.Broken(counts)
	for lane, got := range counts {
		s := make([]int8, 30)
		r.Store(s, lane)
		if want := broken(ends, negative, s); got != want {
			t.Fatalf("replica %d: %d broken bonds, want %d", lane, got, want)
		}
		for i := range s {
			s[i] = 1 - 2*int8(rng.IntN(2))
		}
		r.Set(lane, s)
		back := make([]int8, 30)
		r.Store(back, lane)
		for i := range s {
			if s[i] != back[i] {
				t.Fatalf("replica %d: spin %d is %d, want %d", lane, i, back[i], s[i])
			}
		}
	}
	if _, err := NewNetwork(8, [][2]int32{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}, {0, 7}}, make([]bool, 7)); err == nil {
		t.Error("a site with seven bonds was taken")
	}
}
