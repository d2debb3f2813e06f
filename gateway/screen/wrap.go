package screen

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// head is the length in bytes of the longest beginning of text that fits and
// after which a line may break; 0 when not even the first word fits. Spaces at
// its end belong to neither side.
func head(text string, fits func(size) bool) int {
	return longest(text, fits, mayBreak)
}

// cut is the length in bytes of the longest beginning of text that fits, in
// the middle of a word if need be, but never inside what reads as one character.
func cut(text string, fits func(size) bool) int {
	return longest(text, fits, func(_, _ rune) bool { return true })
}

// split is the length in bytes of the longest beginning of text that fits, and
// at least of one character, for texts whose first letter has more marks than
// a page can hold.
func split(text string, fits func(size) bool) int {
	used := size{}
	for i, r := range text {
		used = used.plus(measure(string(r)))
		if i > 0 && !fits(used) {
			return i
		}
	}
	return len(text)
}

// shorten is the longest beginning of text that fits, whole words if even one
// does, else whole characters.
func shorten(text string, fits func(size) bool) string {
	n := head(text, fits)
	if n == 0 {
		n = cut(text, fits)
	}
	return text[:n]
}

func longest(text string, fits func(size) bool, breaks func(prev, next rune) bool) int {
	var (
		used, word size // so far; up to the last character that is no space
		wordEnd    int
		end        int
		prev       rune
	)
	for i := 0; i < len(text); {
		next, _ := utf8.DecodeRuneInString(text[i:])
		if i > 0 && breaks(prev, next) {
			end = wordEnd
		}
		n := cluster(text[i:])
		used = used.plus(measure(text[i : i+n]))
		i += n
		prev, _ = utf8.DecodeLastRuneInString(text[:i])
		if next != ' ' {
			word, wordEnd = used, i
			if !fits(word) {
				return end
			}
		}
	}
	return wordEnd
}

// mayBreak tells whether a line may end between two neighbouring characters:
// at a space, and beside a character of a script that writes without them, but
// not before punctuation that closes, after punctuation that opens, or between
// a number and its unit.
func mayBreak(prev, next rune) bool {
	if prev == ' ' || next == ' ' {
		return true
	}
	if !unspaced(prev) && !unspaced(next) {
		return false
	}
	return !closes(next) && !opens(prev) && !unicode.IsDigit(prev)
}

// unspaced finds the characters of Chinese and Japanese.
func unspaced(r rune) bool {
	return r >= 0x2e80 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) ||
		r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xff60)
}

func closes(r rune) bool {
	return strings.ContainsRune(",.:;!?%)]}", r) || unicode.In(r, unicode.Pe, unicode.Pf) ||
		strings.ContainsRune("、。，．：；！？％ー々", r)
}

func opens(r rune) bool {
	return unicode.In(r, unicode.Ps, unicode.Pi)
}
