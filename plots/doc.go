// Package plots draws the charts of an experiment from plain numbers: final
// energies, gaps to the ground truth, prediction against truth, cost in time,
// training curves, means with errors over methods, sizes or temperatures, and one lattice
// with its domain walls.
//
// # Use
//
// Each chart is a struct of data. Its Figure method checks the data and lays
// the chart out; the Figure is then saved as PNG, SVG or PDF by the extension
// of the file name:
//
//	f, err := plots.Gaps{Proven: true, Rows: rows}.Figure()
//	if err != nil {
//		return err
//	}
//	return f.Save("gaps.png")
//
// # Conventions
//
// Energies are in units of J, per spin where a field says so. The relative gap
// of an energy E to the ground truth E₀ is 100 (E−E₀)/|E₀|, in per cent. It is
// exactly zero where an instance is solved, and NaN where E₀ is zero: means leave
// such instances out.
//
// A Figure shares the slices of its chart: it never changes them, and reads them
// each time it is drawn. Equal data give equal pictures: jitter is a fixed
// sequence.
//
// # Errors
//
// Figure returns an error, prefixed "plots: ", if the data hold NaN where a field
// does not say what NaN stands for, Inf or a magnitude above 1e30, if there is nothing to draw, or if lengths differ. It
// does not panic. What a chart had to leave out or count otherwise is said in
// [Figure.Notes] and at the foot of the picture.
package plots
