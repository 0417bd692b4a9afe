// Package command is the command line: one file a command, with its flags, the files
// it touches and nothing that another package could compute.
//
// [Run] is the whole program. A command binds its flags to the settings of the packages, which
// check them, and prints what they return. This package imports all others; none imports it.
package command
