// Package report writes tables and charts as one HTML file that needs no network: style,
// script and pictures stand in the file, and its policy forbids the browser to ask for
// anything else.
//
// [Page] is such a file and [Table] a table in it. The package imports no other of this module.
package report
