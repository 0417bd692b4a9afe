// Package anneal is simulated annealing in many replicas whose reads are combined.
//
// [Settings] is the solver. An [Engine] makes groups of reads: bits of a word (±J), lanes of a
// vector, or one replica on any graph. Where two reads differ, each connected cluster is
// taken from the read with the lower energy; what the best reads have in common is frozen,
// the frozen clusters are contracted to single spins, and the smaller glass is annealed
// again. [Contraction] does the same from bonds that are thought to be right, which is how a
// network's prediction is refined.
//
// It imports solver, descent, the graph that searches share, and the kernels lanes and
// multispin, which update many replicas at the same time.
package anneal
