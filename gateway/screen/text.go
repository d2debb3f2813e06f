package screen

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// plain makes one line of a text: what breaks lines, controls the phone, or
// is a space that GSM 03.38 does not have becomes a plain space. Joiners and
// marks of direction stay, for they shape the words of many scripts.
func plain(s string) string {
	if isPlain(s) {
		return strings.Trim(s, " ")
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, s)
	return strings.Trim(norm.NFC.String(s), " ")
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// firstRunes is the beginning of a text, n characters at most.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
