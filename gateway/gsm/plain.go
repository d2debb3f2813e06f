package gsm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Plain writes a text in GSM 03.38: accents that the alphabet lacks are left
// out, typographic quotes, dashes and spaces become the plain ones, digits of
// other scripts become 0 to 9, and what nobody sees is dropped. It is not ok
// where the text has a character without a plain form, such as one of Arabic;
// the text then comes back as it was.
func Plain(s string) (plain string, ok bool) {
	return fold(s, func(rune) (string, bool) { return "", false })
}

// Force is Plain for channels that carry nothing else: a character without a
// plain form becomes "?". Whatever the text, the result is GSM 03.38.
func Force(s string) string {
	forced, _ := fold(s, func(rune) (string, bool) { return unknownChar, true })
	return forced
}

// unknownChar is what phones, too, show for a character that they lack.
const unknownChar = "?"

// fold writes a text in GSM 03.38, with other for characters that have no plain
// form. The text comes back as it was where other refuses one.
func fold(s string, other func(rune) (string, bool)) (string, bool) {
	if Encoding(s) == GSM7 {
		return s, true
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFC.String(s) { // so that an accent beside its letter is one with it
		if cost(r) > 0 {
			b.WriteRune(r)
			continue
		}
		plain, ok := plainRune(r)
		if !ok {
			plain, ok = other(r)
		}
		if !ok {
			return s, false
		}
		b.WriteString(plain)
	}
	return b.String(), true
}

// plainSigns are those that Unicode does not take apart.
var plainSigns = map[rune]string{
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '′': "'", 'ʼ': "'", 'ʹ': "'", '`': "'", '´': "'",
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '″': `"`, '«': `"`, '»': `"`, '‹': "'", '›': "'",
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '•': "-", '·': ".",
	'×': "x", '⁄': "/", '÷': "/", '→': "->", '°': " ",
	'œ': "oe", 'Œ': "OE", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ħ': "h", 'Ħ': "H", 'ı': "i", 'þ': "th", 'Þ': "Th", 'ð': "d", 'Ð': "D",
	'\u00a0': " ", '\t': " ",
}

// plainRune is the plain form of a character that GSM 03.38 lacks, if it has
// one.
func plainRune(r rune) (string, bool) {
	if plain, ok := plainSigns[r]; ok {
		return plain, true
	}
	switch {
	case r == utf8.RuneError:
		return "", false
	case unicode.IsSpace(r):
		return " ", true
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), isVariationSelector(r), r >= 0x300 && r <= 0x36f:
		return "", true
	}
	if d, ok := Digit(r); ok {
		return string(d), true
	}
	return takenApart(r)
}

// takenApart is what is left of a letter without its accents, or of a form that
// is there for its looks alone, such as a full-width letter.
func takenApart(r rune) (string, bool) {
	var b strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		sign, known := plainSigns[part]
		switch {
		case part == r: // it has no parts
			return "", false
		case cost(part) > 0:
			b.WriteRune(part)
		case known:
			b.WriteString(sign)
		case part < 0x300 || part > 0x36f:
			return "", false
		}
	}
	return b.String(), true
}

// Digit is the ASCII digit of the same value as a decimal digit of any script.
func Digit(r rune) (rune, bool) {
	if r < 0x80 {
		return r, r >= '0' && r <= '9'
	}
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	// Every script has its ten digits in one run that begins with the zero;
	// where runs of several touch, they still come in tens.
	start := r
	for unicode.Is(unicode.Nd, start-1) {
		start--
	}
	return '0' + (r-start)%10, true
}
