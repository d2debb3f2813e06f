// Package lang holds what is said, per language: every phrase, the words
// that people type, and how numbers and money are written. A language is one
// YAML file beside this one; adding a language is adding a file.
package lang

// Set is the languages of a market in the order in which they are offered.
type Set struct{}
