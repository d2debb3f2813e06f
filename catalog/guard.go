package catalog

import "strings"

// Guard makes a cell that a spreadsheet would run as a formula one that it shows
// as it is: an apostrophe stands before what begins with = + - or @. Plain takes
// it off again, whatever the cell was.
func Guard(cell string) string {
	if wouldRun(cell) {
		return "'" + cell
	}
	return cell
}

// Plain is what Guard was given.
func Plain(cell string) string {
	if rest, guarded := strings.CutPrefix(cell, "'"); guarded && wouldRun(rest) {
		return rest
	}
	return cell
}

// wouldRun tells of formulas, and of those that are guarded already: or else
// nobody could tell how often to take the guard off.
func wouldRun(cell string) bool {
	rest := strings.TrimLeft(cell, "'")
	return rest != "" && strings.ContainsRune("=+-@", rune(rest[0]))
}
