package screen

import "golang.org/x/text/unicode/bidi"

// mark is RIGHT-TO-LEFT MARK: it is not seen, and a line that begins with it
// runs from right to left.
const mark = "\u200f"

// directed begins a line with a mark where the draft runs from right to left and
// so do letters of the line, but not the first of them: a phone takes the
// direction of a line from its first letter.
func (l *layout) directed(text string) string {
	if l.rtl && mixed(text) {
		return mark + text
	}
	return text
}

// piece is what stands on a page of a line that began on an earlier one: it has
// to say its direction anew.
func (l *layout) piece(at position, text string) string {
	if at.offset == 0 {
		return text
	}
	return l.directed(text)
}

// markAt is the room that a piece keeps for its mark.
func (l *layout) markAt(at position) size {
	if l.rtl && at.offset > 0 {
		return size{units: 1}
	}
	return size{}
}

// mixed tells whether a text has letters of both directions and begins with one
// that runs from left to right.
func mixed(text string) bool {
	begins := false
	for _, r := range text {
		switch p, _ := bidi.LookupString(string(r)); p.Class() {
		case bidi.L:
			begins = true
		case bidi.R, bidi.AL:
			return begins
		}
	}
	return false
}
