package plots

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"spinlearn/internal/base/atomicfile"
)

// ErrFormat reports a picture format other than png, svg and pdf.
var ErrFormat = errors.New("plots: format is not png, svg or pdf")

// defaultDPI shows 9 pt text about 14 pixels high when an 8 inch wide chart is
// scaled to a page 900 pixels wide.
const defaultDPI = 150

// Figure is a chart laid out and ready to be written any number of times.
type Figure struct {
	// DPI is the resolution of PNG output in dots per inch. Zero means 150. SVG
	// and PDF ignore it.
	DPI int

	// Notes say what the chart left out or counted otherwise, one sentence each.
	// They also stand at the foot of the picture.
	Notes []string

	width, height vg.Length
	paint         func(draw.Canvas)
}

// Save draws f in the format named by the extension of name (.png, .svg or
// .pdf, in any case; none means PNG) and writes the file name as given. The file
// appears whole or not at all. The error wraps ErrFormat for another extension.
func (f *Figure) Save(name string) error {
	format := strings.TrimPrefix(filepath.Ext(name), ".")
	if format == "" {
		format = "png"
	}
	var b bytes.Buffer
	if err := f.Encode(&b, format); err != nil {
		return err
	}
	if err := atomicfile.Write(name, b.Bytes()); err != nil {
		return fmt.Errorf("plots: %w", err)
	}
	return nil
}

// Encode draws f in the given format ("png", "svg" or "pdf", in any case) and
// writes it to w. Text is searchable in SVG only; the fonts of SVG are not
// embedded. The error wraps ErrFormat for another format.
func (f *Figure) Encode(w io.Writer, format string) error {
	var c vg.CanvasWriterTo
	switch strings.ToLower(format) {
	case "png":
		dpi := f.DPI
		if dpi == 0 {
			dpi = defaultDPI
		}
		if dpi < 10 || dpi > 1200 {
			return fmt.Errorf("plots: DPI = %d, want 10 to 1200", dpi)
		}
		c = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(dpi))}
	case "svg":
		c = vgsvg.New(f.width, f.height)
	case "pdf":
		c = vgpdf.New(f.width, f.height)
	default:
		return fmt.Errorf("%w: %q", ErrFormat, format)
	}
	var page vg.Canvas = c
	if _, pdf := c.(*vgpdf.Canvas); pdf {
		page = outlined{c}
	}
	f.paint(draw.NewCanvas(page, f.width, f.height))
	if _, err := c.WriteTo(w); err != nil {
		return fmt.Errorf("plots: %w", err)
	}
	return nil
}
