package command

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// npy returns a file as numpy.save writes it.
func npy(t *testing.T, dtype, shape string, fortran bool, values any) string {
	t.Helper()
	order := map[bool]string{true: "True", false: "False"}[fortran]
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", dtype, order, shape)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	var b bytes.Buffer
	b.WriteString(numpyMagic + "\x01\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(header))))
	b.WriteString(header)
	var bytes binary.ByteOrder = binary.LittleEndian
	if dtype[0] == '>' {
		bytes = binary.BigEndian
	}
	if err := binary.Write(&b, bytes, values); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A ground state in every form that numpy writes is a start, which no method leaves for a
// higher energy, and inspect finds its energy; other arrays are refused.
func TestStart(t *testing.T) {
	dir := t.TempDir()
	writeInstance(t, filepath.Join(dir, "t.spin"), []int{3, 4})
	energy := energyLine(succeed(t, dir, "solve DIR/t.spin --out DIR/s.txt"))
	spins, _, err := readSpins(t.Context(), nil, filepath.Join(dir, "s.txt"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var wide []int64
	var middle []int32
	var real []float64
	var savetxt strings.Builder
	for _, s := range spins {
		wide, middle, real = append(wide, int64(s)), append(middle, int32(s)), append(real, float64(s))
		fmt.Fprintf(&savetxt, "%.18e\r\n", float64(s))
	}
	half, zero := append([]float64{0.5}, real[1:]...), append([]int8{0}, spins[1:]...)
	for name, c := range map[string]struct{ file, want string }{
		"int8":          {npy(t, "|i1", "12,", false, spins), ""},
		"int64":         {npy(t, "<i8", "12,", false, wide), ""},
		"int32":         {npy(t, ">i4", "12,", false, middle), ""},
		"float64":       {npy(t, "<f8", "12,", false, real), ""},
		"lattice":       {npy(t, "<i8", "3, 4", false, wide), ""},
		"savetxt":       {savetxt.String(), ""},
		"other lattice": {npy(t, "<i8", "4, 3", false, wide), "the array has the shape (4, 3), the instance 12 spins and the lattice 3x4"},
		"fortran":       {npy(t, "<i8", "3, 4", true, wide), "numpy.ascontiguousarray"},
		"bool":          {npy(t, "|b1", "12,", false, spins), "the type of the array is |b1, want integers"},
		"unsigned":      {npy(t, "|u1", "12,", false, spins), "the type of the array is |u1, want integers"},
		"half":          {npy(t, "<f8", "12,", false, half), "spin 0 is 0.5, want 1 or -1"},
		"zero":          {npy(t, "|i1", "12,", false, zero), "spin 0 is 0, want 1 or -1"},
		"few":           {npy(t, "|i1", "11,", false, spins[:11]), "11 spins, the instance has 12"},
		"short":         {npy(t, "<i8", "12,", false, wide[:7]), "cut short after 7 of 12"},
		"long":          {npy(t, "<i8", "12,", false, append(wide, 1)), "longer than the shape"},
		"huge":          {npy(t, "<i8", "99999999, 99999999", false, wide), "the shape of the array is (99999999, 99999999)"},
		"none":          {npy(t, "<i8", "0,", false, wide[:0]), "the shape of the array is (0)"},
		"number":        {npy(t, "<i8", "", false, wide[:1]), "the shape of the array is ()"},
		"text":          {"1\n-1\n2\n", ":3: \"2\", want 1 or -1"},
		"few lines":     {"1\n-1\n", "2 spins, the instance has 12"},
		"archive":       {"PK\x03\x04", ":1: \"PK"},
		"nothing":       {"", "0 spins, the instance has 12"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "start")
			write(t, path, c.file)
			for _, line := range []string{"solve DIR/t.spin --method anneal --reads 1 --sweeps 1 --start DIR/start", "solve DIR/t.spin --method refine --start DIR/start", "predict DIR/t.spin --start DIR/start"} {
				code, out, stderr := call(t.Context(), dir, line)
				switch {
				case c.want == "" && (code != exitOK || !strings.Contains(out, energy+"\n")):
					t.Errorf("%s: code %d, no %q in\n%s%s", line, code, energy, out, stderr)
				case c.want != "" && (code != exitFailure || out != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "--start: "+path) || !strings.Contains(stderr, c.want)):
					t.Errorf("%s: code %d, %q, %q, want %q", line, code, out, stderr, c.want)
				}
			}
			if c.want != "" {
				return
			}
			facts := strings.Join(strings.Fields(succeed(t, dir, "inspect DIR/start --instance DIR/t.spin")), " ")
			for _, want := range []string{"kind spins ", " spins 12 ", " lattice 3x4 ", strings.Join(strings.Fields(energy), " ")} {
				if !strings.Contains(facts, want) {
					t.Errorf("inspect: no %q in %q", want, facts)
				}
			}
		})
	}
}

// A shape is of no use where the file numbers its vertices in its own order; a list is.
func TestStartOfShuffledVertices(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "t.rud"), shuffledSquare)
	energy := energyLine(succeed(t, dir, "solve DIR/t.rud --out DIR/s.npy"))
	if out := succeed(t, dir, "solve DIR/t.rud --method refine --start DIR/s.npy"); !strings.Contains(out, energy) {
		t.Errorf("no %q in\n%s", energy, out)
	}
	write(t, filepath.Join(dir, "square.npy"), npy(t, "|i1", "3, 3", false, []int8{1, 1, 1, 1, 1, 1, 1, 1, 1}))
	refuse(t, dir, "solve DIR/t.rud --method refine --start DIR/square.npy", 1, "--start: another order give 9 spins")
}

// shuffledSquare is a free lattice of 3x3 sites in the order 1 6 2 / 8 4 9 / 3 7 5.
const shuffledSquare = "9 12\n1 6 1\n6 2 -1\n8 4 1\n4 9 2\n3 7 -1\n7 5 1\n1 8 -3\n8 3 1\n6 4 1\n4 7 -2\n2 9 1\n9 5 1\n"

// What is counted of spins is right, also without an instance.
func TestInspectSpins(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "s"), "1\n-1\n1\n+1\n")
	want := "shape (4) spins 4 up 3 down 1 magnetisation per spin 0.5"
	if got := strings.Join(strings.Fields(succeed(t, dir, "inspect DIR/s")), " "); !strings.HasSuffix(got, want) {
		t.Errorf("%q, want %q at its end", got, want)
	}
	write(t, filepath.Join(dir, "half"), "1\n-1\n0.5\n")
	refuse(t, dir, "inspect DIR/half", 1, `half:3: "0.5"`)
	write(t, filepath.Join(dir, "other.npy"), npy(t, "<f8", "2,", false, []float64{1, 2}))
	if got := succeed(t, dir, "inspect DIR/other.npy"); !strings.Contains(got, "numpy file") || strings.Contains(got, "magnetisation") {
		t.Errorf("of an array that is no spins:\n%s", got)
	}
	write(t, filepath.Join(dir, "i.rud"), "2 1\n1 2 1\n")
	refuse(t, dir, "inspect DIR/other.npy --instance DIR/i.rud", 1, "other.npy spin 1 is 2")
	refuse(t, dir, "inspect DIR/s --instance DIR/i.rud", 1, "s: 4 spins, the instance has 2")
	refuse(t, dir, "solve DIR/s", 1, "s is no instance file but of kind spins")
}

// energyLine returns the line of the energy in the table of solve.
func energyLine(table string) string {
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "energy") {
			return strings.TrimSuffix(line, "\n")
		}
	}
	return "no line of the energy"
}
