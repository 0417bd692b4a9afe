// Package experiment runs methods on instances and shows what they reached.
//
// [Run] takes every [Row], a variant of a method, through the instances of a dataset, and
// [Repeat] runs rows again and again on the instances of files. Both return a [Table], whose
// rows have a [Search] for each run: its energy, gap and CPU time. Text, CSV, JSON Lines, page
// and charts are views of tables: a [Comparison] is the files of compare, a [Bench] the text
// and the chart of bench. A new column is an entry in text.go or records.go, a new file or
// chart one in [Comparison.Files].
//
// Gaps and what counts as solved are those of [ising.Solved], means and errors those of
// package stats. The package imports solver/methods, solver, cnn, data, plots, ising and what
// has no physics. It writes no files and knows no flags.
package experiment
