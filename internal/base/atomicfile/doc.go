// Package atomicfile writes files that appear whole or not at all.
//
// [Write] is all that most need; [Temporary] and [Clean] know what a killed program leaves
// behind. The package imports no other of this module.
package atomicfile
