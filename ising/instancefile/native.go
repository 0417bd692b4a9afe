package instancefile

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"spinlearn/ising"
)

const nativeMark = "# spinlearn instance "

// nativeHeader is what the first line of our own format says.
type nativeHeader struct {
	shape    []int // none for a graph
	periodic []bool
	sites    int
	bonds    int
	offset   float64
	ghost    bool
	negative float64
	dilution float64
	ensemble *ising.Ensemble
}

func readNative(s *scanner, sign Sign) (*File, error) {
	h, err := s.nativeHeader()
	if err != nil {
		return nil, err
	}
	b := newBuilder(s, 0, h.sites, h.bonds)
	b.ghost, b.offset = h.ghost, float64(sign)*h.offset
	for s.next() {
		if len(b.bonds) == h.bonds {
			return nil, s.errorf("more than the %d bonds of the header", h.bonds)
		}
		if err := b.addLine(0, false, false); err != nil {
			return nil, err
		}
	}
	if err := b.checkCount(1, h.bonds); err != nil {
		return nil, err
	}
	if err := b.checkSites(1); err != nil {
		return nil, err
	}
	if h.shape != nil {
		if b.lattice, err = ising.NewLattice(h.shape, h.periodic); err != nil {
			return nil, s.errorAt(1, "%v", err)
		}
	}
	f, err := b.file(sign)
	if err != nil {
		return nil, err
	}
	f.Format, f.Ensemble = Native, h.ensemble
	return f, nil
}

// nativeHeader reads the first line.
func (s *scanner) nativeHeader() (*nativeHeader, error) {
	first, _, _ := strings.Cut(s.rest, "\n")
	text, marked := strings.CutPrefix(first, nativeMark)
	words := strings.Fields(text)
	if !marked || len(words) == 0 {
		return nil, s.errorAt(1, "no header, want %q with version, shape and bonds", nativeMark)
	}
	if words[0] != "v1" {
		return nil, s.errorAt(1, "version %s, this program reads v1", quote(words[0]))
	}
	value := map[string]string{}
	h := &nativeHeader{}
	for _, w := range words[1:] {
		key, v, ok := strings.Cut(w, "=")
		if _, twice := value[key]; !ok || twice {
			return nil, s.errorAt(1, "%s in the header, want each key=value once", quote(w))
		}
		value[key] = v
		var err error
		fault := ""
		switch key {
		case "shape":
			h.shape, err = ising.ParseShape(v)
		case "sites":
			h.sites, err = strconv.Atoi(v)
		case "bonds":
			h.bonds, err = strconv.Atoi(v)
		case "negative":
			h.negative, fault = parseReal(v)
		case "dilution":
			h.dilution, fault = parseReal(v)
		case "offset":
			h.offset, fault = parseReal(v)
		case "ghost":
			if h.ghost = v == "yes"; !h.ghost {
				err = strconv.ErrSyntax
			}
		case "boundary", "couplings": // below
		default:
			return nil, s.errorAt(1, "unknown key %s in the header", quote(key))
		}
		if err != nil || fault != "" {
			return nil, s.errorAt(1, "%s is not valid%s", quote(w), strings.TrimSuffix(", "+fault, ", "))
		}
	}
	if err := h.complete(value); err != nil {
		return nil, s.errorAt(1, "%v", err)
	}
	return h, nil
}

// complete reads the keys that depend on others and checks that all fit together.
func (h *nativeHeader) complete(value map[string]string) (err error) {
	_, hasSites := value["sites"]
	_, hasBonds := value["bonds"]
	boundary, hasBoundary := value["boundary"]
	switch {
	case hasSites == (h.shape != nil) || hasBoundary != (h.shape != nil):
		return fmt.Errorf("header wants either shape and boundary or sites")
	case !hasBonds:
		return fmt.Errorf("header does not give the number of bonds")
	case h.ghost && (h.shape != nil || h.sites < 2):
		return fmt.Errorf("ghost=yes wants at least two sites of a graph")
	}
	if h.shape != nil {
		if h.periodic, err = ising.ParseBoundary(boundary, len(h.shape)); err != nil {
			return err
		}
		h.sites = 1
		for _, side := range h.shape {
			if side > ising.MaxSites/h.sites {
				return fmt.Errorf("shape %s has more than %d sites", ising.FormatShape(h.shape), ising.MaxSites)
			}
			h.sites *= side
		}
	}
	if h.sites < 1 || h.sites > ising.MaxSites {
		return fmt.Errorf("%d sites, want 1 to %d", h.sites, ising.MaxSites)
	}
	if h.bonds < 0 || h.bonds > ising.MaxBonds {
		return fmt.Errorf("%d bonds, want 0 to %d", h.bonds, ising.MaxBonds)
	}
	e := ising.Ensemble{Couplings: value["couplings"]}
	e.Negative, e.Dilution = h.negative, h.dilution
	if e != (ising.Ensemble{}) {
		h.ensemble = &e
		return e.Validate()
	}
	return nil
}

func writeNative(w io.Writer, f *File, sign Sign) error {
	bonds := f.bonds(sign)
	out := newLineWriter(w)
	fmt.Fprintf(out, "%sv1", nativeMark)
	if f.Axes() > 0 && f.Site == nil {
		fmt.Fprintf(out, " shape=%s boundary=%s", ising.FormatShape(f.Shape()), ising.FormatBoundary(f.Periodic()))
	} else {
		fmt.Fprintf(out, " sites=%d", f.Sites())
	}
	fmt.Fprintf(out, " bonds=%d", len(bonds))
	number := func(key string, v float64) {
		if v != 0 {
			out.WriteString(" " + key + "=" + strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	if e := f.Ensemble; e != nil {
		out.WriteString(" couplings=" + e.Couplings)
		number("negative", e.Negative)
		number("dilution", e.Dilution)
	}
	number("offset", f.Offset)
	if f.Ghost {
		out.WriteString(" ghost=yes")
	}
	out.WriteByte('\n')
	for _, b := range bonds {
		out.term(int(b.i), int(b.j), b.w, 'g')
	}
	return out.Flush()
}
