// Package shipped holds the model that is part of the program: target bond, trained with
// cross-entropy on proven ground states of 16×16 lattices, Gaussian, uniform and ±J, free
// and periodic. The command that made it is
//
//	spinlearn reproduce --preset model --out DIR
//
// which leaves it as DIR/model.safetensors.
package shipped

import (
	_ "embed"
	"sync"

	"spinlearn/cnn"
)

//go:embed model.safetensors
var file []byte

// Model returns the model. It is not to be changed.
var Model = sync.OnceValue(func() *cnn.Model {
	m, err := cnn.ParseModel(file)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return m
})
