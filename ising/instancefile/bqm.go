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

// An object is the JSON object of a binary quadratic model, by key.
type object struct {
	*scanner
	members map[string]member
}

type member struct {
	raw json.RawMessage
	at  int64 // offset in the text
}

// A bqmTerm is a term in schema 1.
type bqmTerm struct {
	Bias  json.RawMessage `json:"bias"`
	Label json.RawMessage `json:"label"`
	Head  json.RawMessage `json:"label_head"`
	Tail  json.RawMessage `json:"label_tail"`
}

func readBQM(s *scanner) (*builder, error) {
	o, err := s.object()
	if err != nil {
		return nil, err
	}
	var (
		kind     string
		useBytes bool
		version  struct {
			Schema string `json:"bqm_schema"`
		}
		raw []json.RawMessage
	)
	for _, m := range []struct {
		key   string
		value any
	}{{"variable_type", &kind}, {"use_bytes", &useBytes}, {"version", &version}, {"variable_labels", &raw}} {
		if err := o.decode(m.key, m.value); err != nil {
			return nil, err
		}
	}
	switch {
	case kind != spinType && kind != binaryType:
		return nil, o.errorOf("variable_type", "variable_type %s, want %s or %s", quote(kind), spinType, binaryType)
	case useBytes:
		return nil, o.errorOf("use_bytes", "use_bytes is true, want the biases as numbers")
	case len(raw) < 1 || len(raw) > ising.MaxSites:
		return nil, o.errorOf("variable_labels", "%d variable_labels, want 1 to %d", len(raw), ising.MaxSites)
	}
	b := &builder{scanner: s, vertices: len(raw), binary: kind == binaryType}
	if _, ok := o.members["offset"]; ok {
		if b.offset, err = o.real("offset", o.members["offset"].raw); err != nil {
			return nil, err
		}
	}
	labels := make([]string, len(raw))
	for i, l := range raw {
		labels[i] = compact(l)
	}
	vertex, err := o.number(labels)
	if err != nil {
		return nil, err
	}
	switch major, _, _ := strings.Cut(version.Schema, "."); major {
	case "1":
		err = o.addTerms(b, vertex)
	case "3":
		err = o.addArrays(b, labels, vertex)
	default:
		err = o.errorOf("version", "bqm_schema %s, want 3.0.0 or 1.0.0", quote(version.Schema))
	}
	if err != nil {
		return nil, err
	}
	for _, count := range []struct {
		key, what string
		have      int
	}{{"num_variables", "variable_labels", len(labels)}, {"num_interactions", "interactions", len(b.bonds)}} {
		m, ok := o.members[count.key]
		if n, err := strconv.Atoi(string(m.raw)); ok && (err != nil || n != count.have) {
			return nil, o.errorOf(count.key, "%s is %s, but there are %d %s", count.key, quote(string(m.raw)), count.have, count.what)
		}
	}
	return b, nil
}

// object splits the text, which has to be one JSON object, into its members.
func (s *scanner) object() (*object, error) {
	text := []byte(s.rest)
	if err := json.Unmarshal(text, &map[string]json.RawMessage{}); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, s.errorAt(s.lineAt(syntax.Offset), "no JSON: %v", syntax)
		}
		return nil, s.errorAt(1, "no JSON object: %v", err)
	}
	o := &object{scanner: s, members: map[string]member{}}
	d := json.NewDecoder(bytes.NewReader(text))
	for _, err := d.Token(); d.More(); { // the text is valid JSON
		key, keyErr := d.Token()
		var raw json.RawMessage
		if err := errors.Join(err, keyErr, d.Decode(&raw)); err != nil {
			return nil, s.errorAt(1, "no JSON: %v", err)
		}
		name := key.(string)
		at := d.InputOffset() - int64(len(raw))
		if _, twice := o.members[name]; twice {
			return nil, s.errorAt(s.lineAt(at), "the key %s stands twice", quote(name))
		}
		o.members[name] = member{raw, at}
	}
	return o, nil
}

// errorOf returns an error in the line where the value of a key begins, or in line 1 if the key
// is missing.
func (o *object) errorOf(key, format string, args ...any) *SyntaxError {
	return o.errorAt(o.lineOf(key), format, args...)
}

func (o *object) lineOf(key string) int { return o.lineAt(o.members[key].at) }

func (s *scanner) lineAt(offset int64) int {
	return 1 + strings.Count(s.rest[:min(int(offset), len(s.rest))], "\n")
}

// decode reads the value of a key, if it is there.
func (o *object) decode(key string, v any) error {
	m, ok := o.members[key]
	if !ok {
		return nil
	}
	err := json.Unmarshal(m.raw, v)
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return o.errorAt(o.lineAt(m.at+kind.Offset), "%s is a %.60q, want %v", key, kind.Value, kind.Type)
	}
	if err != nil {
		return o.errorOf(key, "%s: %v", key, err)
	}
	return nil
}

// real reads a number that is the value of the key or part of it.
func (o *object) real(key string, raw json.RawMessage) (float64, error) {
	v, fault := parseReal(string(raw))
	if fault != "" {
		return 0, o.errorOf(key, "%s %s, %s", key, quote(string(raw)), fault)
	}
	return v, nil
}

// elements calls read with every element of an array and its line. It returns their number.
func (o *object) elements(key string, read func(number string, line int) (fault string)) (int, error) {
	m := o.members[key]
	d := json.NewDecoder(bytes.NewReader(m.raw))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return 0, o.errorOf(key, "%s %s, want an array of numbers", key, quote(string(m.raw)))
	}
	n, line, seen := 0, o.lineOf(key), int64(0)
	for ; d.More(); n++ {
		t, err := d.Token()
		if err != nil {
			return n, o.errorOf(key, "%s: %v", key, err)
		}
		end := d.InputOffset()
		line += bytes.Count(m.raw[seen:end], []byte("\n"))
		seen = end
		number, ok := t.(json.Number)
		if !ok {
			value, _ := json.Marshal(t) // a delimiter is a rune
			if delim, ok := t.(json.Delim); ok {
				value = []byte(delim.String())
			}
			return n, o.errorAt(line, "%s[%d] is %s, want a number", key, n, quote(string(value)))
		}
		if fault := read(number.String(), line); fault != "" {
			return n, o.errorAt(line, "%s[%d] is %s, %s", key, n, quote(number.String()), fault)
		}
	}
	return n, nil
}

// integers reads an array of indices of variables.
func (o *object) integers(key string, variables int) (list []int, err error) {
	_, err = o.elements(key, func(number string, _ int) string {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n >= variables {
			return "want 0 to " + strconv.Itoa(variables-1)
		}
		list = append(list, n)
		return ""
	})
	return list, err
}

// reals reads an array of biases and their lines.
func (o *object) reals(key string) (list []float64, lines []int, err error) {
	_, err = o.elements(key, func(number string, line int) string {
		v, fault := parseReal(number)
		list, lines = append(list, v), append(lines, line)
		return fault
	})
	return list, lines, err
}

// compact returns a label, any JSON, without white space.
func compact(label json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, label) != nil {
		return string(label) // it is missing
	}
	return b.String()
}

// number gives each label its vertex.
func (o *object) number(labels []string) (map[string]int, error) {
	vertex := make(map[string]int, len(labels))
	numbered := true
	for i, name := range labels {
		if _, twice := vertex[name]; twice {
			return nil, o.errorOf("variable_labels", "label %s stands twice", quote(name))
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

func (o *object) addArrays(b *builder, labels []string, vertex map[string]int) error {
	linear, lines, err := o.reals("linear_biases")
	if err != nil {
		return err
	}
	if len(linear) != len(labels) {
		return o.errorOf("linear_biases", "%d linear_biases for %d variables", len(linear), len(labels))
	}
	at := make([]int, len(labels))
	for i, l := range labels {
		at[i] = vertex[l]
	}
	for i, h := range linear {
		b.add(at[i], at[i], lines[i], h)
	}
	quadratic, lines, err := o.reals("quadratic_biases")
	if err != nil {
		return err
	}
	head, err := o.integers("quadratic_head", len(at))
	if err != nil {
		return err
	}
	tail, err := o.integers("quadratic_tail", len(at))
	if err != nil {
		return err
	}
	if len(head) != len(quadratic) || len(tail) != len(quadratic) {
		return o.errorOf("quadratic_biases", "%d quadratic_biases, but %d quadratic_head and %d quadratic_tail", len(quadratic), len(head), len(tail))
	}
	for k, w := range quadratic {
		if head[k] == tail[k] {
			return o.errorAt(lines[k], "quadratic_biases[%d] joins the variable %d to itself", k, head[k])
		}
		b.add(at[head[k]], at[tail[k]], lines[k], w)
	}
	return nil
}

func (o *object) addTerms(b *builder, vertex map[string]int) error {
	var linear, quadratic []bqmTerm
	if err := errors.Join(o.decode("linear_terms", &linear), o.decode("quadratic_terms", &quadratic)); err != nil {
		return err
	}
	line := o.lineOf("linear_terms")
	for k, x := range linear {
		i, ok := vertex[compact(x.Label)]
		if !ok {
			return o.errorAt(line, "linear term %d has the label %s, which is not in variable_labels", k, quote(string(x.Label)))
		}
		h, err := o.real("linear_terms", x.Bias)
		if err != nil {
			return err
		}
		b.add(i, i, line, h)
	}
	line = o.lineOf("quadratic_terms")
	for k, x := range quadratic {
		i, known := vertex[compact(x.Head)]
		j, too := vertex[compact(x.Tail)]
		if !known || !too || i == j {
			return o.errorAt(line, "quadratic term %d joins %s and %s, want two different variable_labels", k, quote(string(x.Head)), quote(string(x.Tail)))
		}
		w, err := o.real("quadratic_terms", x.Bias)
		if err != nil {
			return err
		}
		b.add(i, j, line, w)
	}
	return nil
}

// A bias is a number that is written in such a way that [parseReal] reads it back.
type bias float64

func (v bias) MarshalJSON() ([]byte, error) {
	if math.Abs(float64(v)) >= 1<<53 {
		return strconv.AppendFloat(nil, float64(v), 'e', -1, 64), nil
	}
	return json.Marshal(float64(v))
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
		labels, linear := make([]int, t.vertices), make([]bias, t.vertices)
		for i, h := range t.fields {
			labels[i], linear[i] = i, bias(h)
		}
		quadratic, head, tail := []bias{}, []int32{}, []int32{}
		for _, b := range t.bonds {
			quadratic, head, tail = append(quadratic, bias(b.w)), append(head, b.i), append(tail, b.j)
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
			{"offset", bias(t.offset)},
			{"info", struct{}{}},
			{"linear_biases", linear},
			{"quadratic_biases", quadratic},
			{"quadratic_head", head},
			{"quadratic_tail", tail},
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
