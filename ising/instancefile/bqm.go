package instancefile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"spinlearn/ising"
)

// bqmHeader says how a binary quadratic model is written.
type bqmHeader struct {
	Version struct {
		Schema string `json:"bqm_schema"`
	} `json:"version"`
	UseBytes     bool              `json:"use_bytes"`
	VariableType string            `json:"variable_type"`
	Labels       []json.RawMessage `json:"variable_labels"`
	Offset       float64           `json:"offset"`
}

// bqmArrays are the terms in schema 3.
type bqmArrays struct {
	Linear    []float64 `json:"linear_biases"`
	Quadratic []float64 `json:"quadratic_biases"`
	Head      []int     `json:"quadratic_head"`
	Tail      []int     `json:"quadratic_tail"`
}

// bqmTerms are the terms in schema 1.
type bqmTerms struct {
	Linear []struct {
		Bias  float64         `json:"bias"`
		Label json.RawMessage `json:"label"`
	} `json:"linear_terms"`
	Quadratic []struct {
		Bias float64         `json:"bias"`
		Head json.RawMessage `json:"label_head"`
		Tail json.RawMessage `json:"label_tail"`
	} `json:"quadratic_terms"`
}

func readBQM(s *scanner) (*builder, error) {
	var h bqmHeader
	if err := s.decode(&h); err != nil {
		return nil, err
	}
	switch {
	case h.VariableType != spinType && h.VariableType != binaryType:
		return nil, s.errorAt(s.lineOf("variable_type"), "variable_type %s, want %s or %s", quote(h.VariableType), spinType, binaryType)
	case h.UseBytes:
		return nil, s.errorAt(s.lineOf("use_bytes"), "use_bytes is true, want the biases as numbers")
	case len(h.Labels) < 1 || len(h.Labels) > ising.MaxSites:
		return nil, s.errorAt(s.lineOf("variable_labels"), "%d variable_labels, want 1 to %d", len(h.Labels), ising.MaxSites)
	}
	b := &builder{scanner: s, vertices: len(h.Labels), binary: h.VariableType == binaryType, offset: h.Offset}
	labels := make([]string, len(h.Labels))
	for i, l := range h.Labels {
		labels[i] = compact(l)
	}
	vertex, err := b.number(labels)
	if err != nil {
		return nil, err
	}
	switch major, _, _ := strings.Cut(h.Version.Schema, "."); major {
	case "1":
		err = b.addTerms(vertex)
	case "3":
		err = b.addArrays(labels, vertex)
	default:
		err = s.errorAt(s.lineOf("bqm_schema"), "bqm_schema %s, want 3.0.0 or 1.0.0", quote(h.Version.Schema))
	}
	return b, err
}

// compact returns a label, any JSON, without white space.
func compact(label json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, label) != nil {
		return string(label) // it is missing
	}
	return b.String()
}

// number returns the vertex of each label.
func (b *builder) number(labels []string) (map[string]int, error) {
	vertex := make(map[string]int, len(labels))
	numbered := true
	for i, name := range labels {
		if _, twice := vertex[name]; twice {
			return nil, b.errorAt(b.lineOf("variable_labels"), "label %s stands twice", quote(name))
		}
		vertex[name] = i
		n, err := strconv.Atoi(name)
		numbered = numbered && err == nil && n >= 0 && n < len(labels)
	}
	if numbered {
		for name := range vertex {
			vertex[name], _ = strconv.Atoi(name)
		}
	}
	return vertex, nil
}

func (b *builder) addArrays(labels []string, vertex map[string]int) error {
	var a bqmArrays
	if err := b.decode(&a); err != nil {
		return err
	}
	linear, line := b.lineOf("linear_biases"), b.lineOf("quadratic_biases")
	if len(a.Linear) != len(labels) {
		return b.errorAt(linear, "%d linear_biases for %d variables", len(a.Linear), len(labels))
	}
	if len(a.Head) != len(a.Quadratic) || len(a.Tail) != len(a.Quadratic) {
		return b.errorAt(line, "%d quadratic_biases, but %d quadratic_head and %d quadratic_tail", len(a.Quadratic), len(a.Head), len(a.Tail))
	}
	at := make([]int, len(labels))
	for i, l := range labels {
		at[i] = vertex[l]
	}
	for i, h := range a.Linear {
		b.add(at[i], at[i], linear, h)
	}
	for k, w := range a.Quadratic {
		i, j := a.Head[k], a.Tail[k]
		if i < 0 || j < 0 || i >= len(at) || j >= len(at) || i == j {
			return b.errorAt(line, "quadratic bias %d joins variables %d and %d, want two different ones of 0 to %d", k, i, j, len(at)-1)
		}
		b.add(at[i], at[j], line, w)
	}
	return nil
}

func (b *builder) addTerms(vertex map[string]int) error {
	var t bqmTerms
	if err := b.decode(&t); err != nil {
		return err
	}
	line := b.lineOf("linear_terms")
	for k, x := range t.Linear {
		i, ok := vertex[compact(x.Label)]
		if !ok {
			return b.errorAt(line, "linear term %d has the label %s, which is not in variable_labels", k, quote(string(x.Label)))
		}
		b.add(i, i, line, x.Bias)
	}
	line = b.lineOf("quadratic_terms")
	for k, x := range t.Quadratic {
		i, known := vertex[compact(x.Head)]
		j, too := vertex[compact(x.Tail)]
		if !known || !too || i == j {
			return b.errorAt(line, "quadratic term %d joins %s and %s, want two different variable_labels", k, quote(string(x.Head)), quote(string(x.Tail)))
		}
		b.add(i, j, line, x.Bias)
	}
	return nil
}

// decode reads the whole text into v.
func (s *scanner) decode(v any) error {
	err := json.Unmarshal([]byte(s.rest), v)
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return s.errorAt(s.lineAt(syntax.Offset), "no JSON: %v", syntax)
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return s.errorAt(s.lineAt(kind.Offset), "%s is a %.60s, want %v", kind.Field, kind.Value, kind.Type)
	}
	return s.errorAt(1, "no JSON: %v", err)
}

func (s *scanner) lineAt(offset int64) int {
	return 1 + strings.Count(s.rest[:min(int(offset), len(s.rest))], "\n")
}

// lineOf returns the line of a key, 1 if it is missing.
func (s *scanner) lineOf(key string) int {
	return s.lineAt(int64(max(0, strings.Index(s.rest, strconv.Quote(key)))))
}

// writeBQM writes schema 3.0.0, every value in a line of its own.
func writeBQM(binary bool) func(io.Writer, *File, Sign) error {
	return func(w io.Writer, f *File, sign Sign) error {
		t, vartype := f.terms(sign), spinType
		if binary {
			t.toBinary()
			vartype = binaryType
		}
		if math.IsInf(t.offset, 0) {
			return errors.New("instancefile: the offset is not finite")
		}
		labels := make([]int, t.vertices)
		for i := range labels {
			labels[i] = i
		}
		a := bqmArrays{Linear: t.fields, Quadratic: []float64{}, Head: []int{}, Tail: []int{}}
		for _, b := range t.bonds {
			a.Quadratic = append(a.Quadratic, b.w)
			a.Head = append(a.Head, int(b.i))
			a.Tail = append(a.Tail, int(b.j))
		}
		out := bufio.NewWriter(w)
		for k, x := range []struct {
			key   string
			value any
		}{
			{"type", "BinaryQuadraticModel"},
			{"version", map[string]string{"bqm_schema": "3.0.0"}},
			{"use_bytes", false},
			{"index_type", "int32"},
			{"bias_type", "float64"},
			{"num_variables", t.vertices},
			{"num_interactions", len(t.bonds)},
			{"variable_labels", labels},
			{"variable_type", vartype},
			{"offset", t.offset},
			{"info", struct{}{}},
			{"linear_biases", a.Linear},
			{"quadratic_biases", a.Quadratic},
			{"quadratic_head", a.Head},
			{"quadratic_tail", a.Tail},
		} {
			value, err := json.Marshal(x.value)
			if err != nil {
				return err
			}
			separator := ",\n "
			if k == 0 {
				separator = "{"
			}
			out.WriteString(separator + strconv.Quote(x.key) + ": ")
			out.Write(bytes.TrimSpace(value))
		}
		out.WriteString("}\n")
		return out.Flush()
	}
}
