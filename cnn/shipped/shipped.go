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
