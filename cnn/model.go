package cnn

import "fmt"

// A Description says what a model is and how it was made. It stands in the model
// file's metadata, so that a model file alone is enough to predict.
type Description struct {
	Format   int           `json:"format"`   // 1
	Training TrainSettings `json:"training"` // of the run that made the weights; names the network
	// Step is the number of steps after which the weights were kept, and Gap their
	// mean relative gap on the validation instances, nil if there were none. Proven
	// says that it is the gap to proven ground states.
	Step   int      `json:"step"`
	Gap    *float64 `json:"validation_gap"`
	Proven bool     `json:"validation_proven"`
}

const modelFormat = 1

// A Model is a network with its weights.
type Model struct {
	Description
	weights [][]float32
}

// Save writes the model as a safetensors file, atomically.
func (m *Model) Save(name string) error {
	f := &tensorFile{}
	f.setWeights("", m.Training.Network, m.weights)
	return f.write(name, m.Description)
}

// LoadModel reads a model file. It fails, naming the file, if the file is not a
// model of this program or if its tensors do not fit its description.
func LoadModel(name string) (*Model, error) {
	m := &Model{}
	f, err := readTensorFile(name, &m.Description)
	if err != nil {
		return nil, err
	}
	if m.Format != modelFormat {
		return nil, fmt.Errorf("cnn: %s: %w: model format %d, this program reads %d", name, ErrFormat, m.Format, modelFormat)
	}
	if err := m.Training.Network.Validate(); err != nil {
		return nil, fmt.Errorf("cnn: %s: %w: %w", name, ErrFormat, err)
	}
	if m.weights, err = f.weights("", m.Training.Network); err != nil {
		return nil, fmt.Errorf("cnn: %s: %w: %w", name, ErrFormat, err)
	}
	return m, nil
}
