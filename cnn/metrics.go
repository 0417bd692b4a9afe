package cnn

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"spinlearn/internal/base/atomicfile"
	"spinlearn/internal/base/readfile"
)

// A Metric is one line of metrics.jsonl: either the mean loss over some steps, with the learning
// rate, or the gap of a validation.
type Metric struct {
	Step int `json:"step"`
	// Loss is the mean training loss since the previous line of losses, in the unit of the loss.
	// Loss and LearningRate are 0 in a validation's line.
	Loss         float64 `json:"loss,omitempty"`
	LearningRate float64 `json:"learning_rate,omitempty"`
	// ValidationGap is the mean relative gap (E-E0)/|E0| of one pass without descent, nil in a
	// line of losses. WithoutGap is the number of validation instances left out of the mean,
	// because their E0 is 0.
	ValidationGap *float64 `json:"validation_gap,omitempty"`
	WithoutGap    int      `json:"validation_without_gap,omitempty"`
}

// maxMetrics bounds a metrics file, in bytes. A line has about a hundred, and there is a line for
// every ten steps.
const maxMetrics = 1 << 28

// ReadMetrics reads a metrics file. It leaves out a last line that was cut short.
func ReadMetrics(name string) ([]Metric, error) {
	b, err := readfile.All(context.Background(), name, maxMetrics)
	if err != nil {
		return nil, fmt.Errorf("cnn: %w", err)
	}
	var list []Metric
	for number := 1; ; number++ {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if !whole {
			return list, nil
		}
		var m Metric
		if err := json.Unmarshal(line, &m); err != nil {
			return nil, fmt.Errorf("cnn: %s:%d: %w", name, number, err)
		}
		list = append(list, m)
		b = rest
	}
}

// metrics appends to a metrics file.
type metrics struct{ file *os.File }

// openMetrics opens a metrics file to append to it. It keeps the lines up to a step, that of the
// last checkpoint, and drops what a run that was killed wrote after it.
func openMetrics(name string, step int) (*metrics, error) {
	var kept bytes.Buffer
	if step > 0 {
		old, err := ReadMetrics(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		w := bufio.NewWriter(&kept)
		for _, m := range old {
			if m.Step <= step {
				if err := writeLine(w, m); err != nil {
					return nil, err
				}
			}
		}
		w.Flush()
	}
	if err := atomicfile.Write(name, kept.Bytes()); err != nil {
		return nil, fmt.Errorf("cnn: %w", err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("cnn: %w", err)
	}
	return &metrics{f}, nil
}

func writeLine(w io.Writer, m Metric) error {
	b, err := json.Marshal(m)
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("cnn: metrics: %w", err)
	}
	return nil
}

func (m *metrics) write(line Metric) error { return writeLine(m.file, line) }

func (m *metrics) close() { m.file.Close() }
