package index

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"haat/gateway/gsm"
)

// fold gives the words of a text as they are compared, with one space between
// them: without case, without accents, vowel signs and other marks, digits of
// all scripts alike. A text and what somebody types to find it fold the same,
// whether or not either was written with its marks.
func fold(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range decomposed(text) {
		if r < utf8.RuneSelf {
			foldASCII(&b, byte(r))
			continue
		}
		foldRune(&b, r)
	}
	return strings.TrimSuffix(b.String(), " ")
}

// decomposed parts letters from their accents, and makes one of what differs in
// its looks alone: wide letters, ligatures, Arabic's forms of a letter.
func decomposed(text string) string {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return norm.NFKD.String(text)
		}
	}
	return text
}

func foldASCII(b *strings.Builder, c byte) {
	switch {
	case c >= 'A' && c <= 'Z':
		b.WriteByte(c + 'a' - 'A')
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		b.WriteByte(c)
	case c == '\'': // ng'ombe is one word
	default:
		endWord(b)
	}
}

func foldRune(b *strings.Builder, r rune) {
	if digit, ok := gsm.Digit(r); ok {
		b.WriteRune(digit)
		return
	}
	r = unicode.ToLower(r)
	if same, ok := alike(r); ok {
		b.WriteString(same)
		return
	}
	switch {
	case r == utf8.RuneError, unicode.IsSpace(r), unicode.IsPunct(r), unicode.IsControl(r):
		endWord(b)
	case unicode.Is(unicode.M, r), unicode.Is(unicode.Cf, r):
	default:
		b.WriteRune(r)
	}
}

func endWord(b *strings.Builder) {
	if s := b.String(); s != "" && s[len(s)-1] != ' ' {
		b.WriteByte(' ')
	}
}

// alike is what people type for a letter that has no accent to part it from, or
// that their keyboard writes another way.
func alike(r rune) (string, bool) {
	switch r {
	case 'ß':
		return "ss", true
	case 'æ':
		return "ae", true
	case 'œ':
		return "oe", true
	case 'ø':
		return "o", true
	case 'đ', 'ɗ':
		return "d", true
	case 'ł':
		return "l", true
	case 'ħ':
		return "h", true
	case 'ɓ':
		return "b", true
	case 'ƙ':
		return "k", true
	case 'ƴ':
		return "y", true
	case 'ı':
		return "i", true
	case 'ς':
		return "σ", true
	case 'ى', 'ی':
		return "ي", true
	case 'ک':
		return "ك", true
	case 'ة', 'ہ', 'ھ':
		return "ه", true
	case '’', '‘', 'ʼ', 'ʻ', 'ـ': // apostrophes, and Arabic's stretched line
		return "", true
	}
	return "", false
}
