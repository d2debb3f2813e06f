package gsm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Clean normalises a text as phones and carriers send it, so that what looks
// the same is the same:
//   - every line end (CRLF, CR, NEL, the Unicode separators) is "\n";
//   - every kind of space, tabs included, is a plain space: dropping one would
//     run two words or two numbers together;
//   - other control characters, zero-width and bidirectional controls and
//     variation selectors are dropped: nobody typed them;
//   - invalid UTF-8 is U+FFFD, one for each run of bad bytes;
//   - letters and their accents are composed (NFC): a decomposed é would
//     force a text into UCS-2.
//
// The result is valid UTF-8, and cleaning it again changes nothing.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return norm.NFC.String(strings.Map(cleanRune, s))
}

// isClean finds the usual text, plain ASCII, which needs no work.
func isClean(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\n') || c >= 0x7f {
			return false
		}
	}
	return true
}

// cleanRune gives what a character is replaced by, -1 to drop it.
func cleanRune(r rune) rune {
	switch {
	case r == '\n' || r > ' ' && r < 0x7f:
		return r
	case r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029:
		return '\n'
	case unicode.IsSpace(r): // tab, form feed, no-break and wide spaces
		return ' '
	case unicode.IsControl(r), isVariationSelector(r):
		return -1
	case unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return -1 // the exception are number signs of Arabic, which one can see
	}
	return r
}

func isVariationSelector(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }
