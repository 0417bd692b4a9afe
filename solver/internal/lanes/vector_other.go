//go:build !amd64

package lanes

func (r *Replicas) update()                 { r.updatePortable() }
func (r *Replicas) updateBipartite()        { r.updateBipartitePortable() }
func (r *Replicas) sum(dst *[Lanes]float64) { r.sumPortable(dst) }
