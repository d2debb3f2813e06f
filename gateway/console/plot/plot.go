// Package plot draws figures as pictures in SVG, with what says the same in
// words: nothing in a picture needs a script.
package plot

// Lengths of stretches of time, in seconds.
const (
	Minute   = 60
	Quarter  = 15 * Minute
	Hour     = 60 * Minute
	SixHours = 6 * Hour
	Day      = 24 * Hour
)
