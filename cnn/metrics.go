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

	"spinlearn/internal/atomicfile"
	"spinlearn/internal/readfile"
)

// A Metric is one line of metrics.jsonl, as JSON: after some steps their mean loss
// and the learning rate, after a validation its gap.
type Metric struct {
	Step int `json:"step"`
	// Loss is the mean training loss since the line before, in the unit of the
	// loss, with LearningRate; both are 0 in a validation's line.
	Loss         float64 `json:"loss,omitempty"`
	LearningRate float64 `json:"learning_rate,omitempty"`
	// ValidationGap is the mean relative gap (E-E0)/|E0| of one pass without
	// descent, nil in a line of losses. WithoutGap is the number of validation instances
	// left out of it, whose energy E0 is 0.
	ValidationGap *float64 `json:"validation_gap,omitempty"`
	WithoutGap    int      `json:"validation_without_gap,omitempty"`
}

// maxMetrics bounds a metrics file, in bytes: a hundred a line, and a line in ten steps.
const maxMetrics = 1 << 28

// ReadMetrics reads a metrics file. A last line that was cut short is left out.
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

// openMetrics keeps the lines up to a step, which the run that wrote them may have
// passed after its last checkpoint, and appends to them.
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
