package matching

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// count returns how many cases a test tries: n, a tenth of them in short mode, long of
// them if the variable SPINLEARN_LONG is set.
func count(n, long int) int {
	switch {
	case testing.Short():
		return (n + 9) / 10
	case os.Getenv("SPINLEARN_LONG") != "":
		return long
	}
	return n
}

// spread returns a random weight: few values and so many ties, or many.
func spread(rng *rand.Rand) func() int64 {
	most := []int64{0, 1, 1, 2, 3, 7, 1000, 1 << 50}[rng.IntN(8)]
	least := int64(0)
	if most > 0 && rng.IntN(2) == 0 {
		least = 1
	}
	return func() int64 { return least + rng.Int64N(most-least+1) }
}

// A listGraph is a graph of listed edges; From[e] = -1 stands for one that does not exist.
type listGraph struct {
	vertices int
	From, To []int32
	weight   []int64
}

func (g *listGraph) Vertices() int             { return g.vertices }
func (g *listGraph) Edges() int                { return len(g.From) }
func (g *listGraph) Ends(e int32) (u, v int32) { return g.From[e], g.To[e] }
func (g *listGraph) Weight(e int32) int64      { return g.weight[e] }

func (g *listGraph) Arcs(v int32, room []Arc) []Arc {
	for e, u := range g.From {
		if u >= 0 && (u == v || g.To[e] == v) {
			room = append(room, Arc{g.weight[e], int32(e), u ^ g.To[e] ^ v})
		}
	}
	return room
}

func (g *listGraph) Curve(visit func(v int32)) {
	for v := range int32(g.vertices) {
		visit(v)
	}
}

// randomGraph draws a graph of a few vertices: a grid, periodic or not, or any.
func randomGraph(rng *rand.Rand, vertices int) *listGraph {
	g := &listGraph{}
	weight := spread(rng)
	join := func(u, v int) {
		if rng.IntN(12) == 0 { // an edge that does not exist
			g.From, g.To, g.weight = append(g.From, -1), append(g.To, 0), append(g.weight, 0)
			return
		}
		g.From, g.To, g.weight = append(g.From, int32(u)), append(g.To, int32(v)), append(g.weight, weight())
	}
	if rng.IntN(3) == 0 {
		g.vertices = vertices
		for u := range vertices {
			for v := range u {
				if rng.Float64() < 2.5/float64(vertices) {
					join(u, v)
				}
			}
		}
		return g
	}
	rows := 2 + rng.IntN(3)
	cols := vertices / rows
	periodic := rng.IntN(2) == 0
	g.vertices = rows * cols
	for r := range rows {
		for c := range cols {
			if u := r*cols + c; c+1 < cols || periodic && cols > 2 {
				join(u, r*cols+(c+1)%cols)
			}
			if u := r*cols + c; r+1 < rows || periodic && rows > 2 {
				join(u, (r+1)%rows*cols+c)
			}
		}
	}
	return g
}

// leastJoins returns the weight of the least T-join for every T, given by its bits:
// edges are added one by one. without is an edge to leave out, -1 for none.
func leastJoins(g *listGraph, removed []bool, without int) []int64 {
	least := slices.Repeat([]int64{forever}, 1<<g.vertices)
	least[0] = 0
	for e, u := range g.From {
		if u < 0 || removed[e] || e == without {
			continue
		}
		ends := 1<<u | 1<<g.To[e]
		for set, w := range least {
			if other := set ^ ends; set < other {
				o := least[other]
				least[set], least[other] = min(w, o+g.weight[e]), min(o, w+g.weight[e])
			}
		}
	}
	for set, w := range least {
		if w > forever/2 {
			least[set] = forever
		}
	}
	return least
}

// distances returns all shortest distances.
func distances(g *listGraph, removed []bool, without int) [][]int64 {
	d := make([][]int64, g.vertices)
	for v := range d {
		d[v] = slices.Repeat([]int64{forever / 4}, g.vertices)
		d[v][v] = 0
	}
	for e, u := range g.From {
		if u >= 0 && !removed[e] && e != without {
			v := g.To[e]
			d[u][v] = min(d[u][v], g.weight[e])
			d[v][u] = d[u][v]
		}
	}
	for m := range d {
		for u := range d {
			for v := range d {
				d[u][v] = min(d[u][v], d[u][m]+d[m][v])
			}
		}
	}
	return d
}

// checkDuals asserts that duals are feasible for distances, and returns Σ y + Σ z. A pair
// of terminals bears the z of every set that holds one of them.
func checkDuals(t testing.TB, d Duals, distance [][]int64) (sum int64) {
	t.Helper()
	holds := make([][]bool, len(d.Sets))
	for k, s := range d.Sets {
		holds[k] = make([]bool, len(d.Y))
		size := 0
		for _, m := range s.Of {
			if m >= 0 {
				holds[k][m] = true
				continue
			}
			for u, is := range holds[-1-m] {
				holds[k][u] = holds[k][u] || is
			}
		}
		for _, is := range holds[k] {
			if is {
				size++
			}
		}
		if s.Z < 0 || size%2 == 0 {
			t.Fatalf("set %d of %d terminals has z = %d", k, size, s.Z)
		}
		sum += s.Z
	}
	for u, y := range d.Y {
		sum += y[1]
		for v := range u {
			need := y[1] + d.Y[v][1]
			for k, s := range d.Sets {
				if holds[k][u] != holds[k][v] {
					need += s.Z
				}
			}
			if 2*distance[y[0]][d.Y[v][0]] < need {
				t.Fatalf("terminals %d and %d: twice the distance is %d, the duals need %d", v, u, 2*distance[y[0]][d.Y[v][0]], need)
			}
		}
	}
	return sum
}

// weigh returns the weight of a set of edges and the vertices at which it is odd.
func weigh(g *listGraph, join []bool) (sum int64, odd []bool) {
	odd = make([]bool, g.vertices)
	for e, is := range join {
		if is {
			sum += g.weight[e]
			odd[g.From[e]] = !odd[g.From[e]]
			odd[g.To[e]] = !odd[g.To[e]]
		}
	}
	return sum, odd
}

func bits(odd []bool) (set int) {
	for v, is := range odd {
		if is {
			set |= 1 << v
		}
	}
	return set
}
