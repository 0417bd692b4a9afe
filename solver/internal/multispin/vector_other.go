//go:build !amd64

package multispin

func (r *Replicas) update(sites []site, rule *rules, phase int) { r.updateWords(sites, rule, phase) }
