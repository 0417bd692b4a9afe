// Package certificate holds the certificates of exact ground states and their checker.
package certificate
