package cnn

import (
	"cmp"
	"fmt"
)

// A Description says what a model is and how it was made. It stands in the metadata of the model
// file, so that the file alone is enough to predict.
type Description struct {
	Format   int           `json:"format"`   // 1
	Training TrainSettings `json:"training"` // network and run, as [TrainSettings.Recorded]
	// Step is the number of steps after which the weights were kept. Gap is their mean relative
	// gap on the validation instances, nil if there were none. Proven says that all validation
	// instances had proven ground states.
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
	if err := m.take(f); err != nil {
		return nil, fmt.Errorf("cnn: %s: %w: %w", name, ErrFormat, err)
	}
	return m, nil
}

// ParseModel reads the content of a model file.
func ParseModel(b []byte) (*Model, error) {
	m := &Model{}
	f, err := parseTensors(b, &m.Description)
	if err == nil {
		err = m.take(f)
	}
	if err != nil {
		return nil, fmt.Errorf("cnn: %w: %w", ErrFormat, err)
	}
	return m, nil
}

// take checks the description and takes the weights that it describes.
func (m *Model) take(f *tensorFile) (err error) {
	if m.Format != modelFormat {
		return fmt.Errorf("model format %d, this program reads %d", m.Format, modelFormat)
	}
	if err := m.Training.Network.Validate(); err != nil {
		return err
	}
	loss := m.Training.Loss
	loss.Cost = cmp.Or(loss.Cost, FlipCost) // which files leave out
	if err := loss.checkNames(m.Training.Target); err != nil {
		return err
	}
	m.weights, err = f.weights("", m.Training.Network)
	return err
}
