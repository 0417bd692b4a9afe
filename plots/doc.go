// Package plots draws the charts of an experiment from plain numbers.
//
// Each chart is a struct of data: [Energies], [Gaps] and [Means] have one row a method,
// [Times] and [Curves] set the gap against time or size, [Scatter] the predicted against the
// true energy, [Training] shows runs, [Lattice] and
// [Couplings] one instance, [Decoding] how a network predicts it. The Figure
// method of a chart checks the data, with errors prefixed "plots: ", and lays out a [Figure],
// which is saved as PNG, SVG or PDF. What a chart left out or counted otherwise stands at its
// foot and in Figure.Notes. Equal data give equal pictures, and no data are changed.
//
// Energies are in units of J. A relative gap is 100 (E−E₀)/|E₀| per cent, exactly 0 where the
// instance is solved and NaN where E₀ is 0. Magnitudes are at most 1e30.
//
// Axes, grids, lines, markers and error bars are those of gonum/plot. The package has what
// gonum/plot lacks: a strip for zero on a logarithmic axis, a legend above the panels, labels
// that keep clear of each other, the lattice. It imports internal/stats and
// internal/base/atomicfile, nothing else of this module.
package plots
