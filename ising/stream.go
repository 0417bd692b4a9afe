package ising

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream returns the random generator for item number index of a purpose such as
// "couplings". Equal arguments give equal streams. Streams of different arguments are
// independent for all practical purposes, because seed, index and purpose pass through SHA-256.
func Stream(seed uint64, purpose string, index uint64) *rand.Rand {
	b := binary.LittleEndian.AppendUint64(nil, seed)
	b = binary.LittleEndian.AppendUint64(b, index)
	h := sha256.Sum256(append(b, purpose...))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(h[:]), binary.LittleEndian.Uint64(h[8:])))
}
