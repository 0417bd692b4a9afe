package matching

// A Graph has weighted edges. Its weights are at least 0 and sum up to less than 2^60.
type Graph interface {
	Vertices() int
	Edges() int
	// Ends returns the two vertices that an edge joins.
	Ends(e int32) (u, v int32)
	Weight(e int32) int64
	// Arcs returns the edges of a vertex, in room if it has not got them.
	Arcs(v int32, room []Arc) []Arc
	// Curve visits all vertices in such an order that those near each other in it are near
	// each other in the graph, mostly.
	Curve(visit func(v int32))
}

// An Arc is an edge as one of its ends sees it.
type Arc struct {
	Weight   int64
	Edge, To int32
}
