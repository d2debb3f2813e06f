package screen

import (
	"unicode"
	"unicode/utf8"
)

const joiner = 0x200d // zero width joiner: glues emoji and Indic letters

// cluster is the length in bytes of what reads as the first character of a
// text that is not empty: a letter with its marks, a flag, a family of emoji. It
// follows the rules of UAX #29 as far as catalogues need them.
func cluster(s string) int {
	first, n := utf8.DecodeRuneInString(s)
	for prev := first; n < len(s); {
		r, w := utf8.DecodeRuneInString(s[n:])
		flag := regional(prev) && regional(r) && n == utf8.RuneLen(first)
		if !flag && !extends(r) && !joins(prev, r) {
			break
		}
		prev, n = r, n+w
	}
	return n
}

// extends finds what belongs to the character before it.
func extends(r rune) bool {
	if r < 0x300 {
		return false
	}
	return unicode.IsMark(r) || r == joiner || r == 0x200c || // non-joiner
		r >= 0x1160 && r <= 0x11ff || // vowels and finals of Hangul
		r >= 0x1f3fb && r <= 0x1f3ff || // tones of skin
		r >= 0xe0020 && r <= 0xe007f // tags of the flags of regions
}

// joins tells whether a character that extends the one before also takes the
// one after: the joiner does, and a virama does with the next consonant.
func joins(prev, next rune) bool {
	return prev == joiner && next > 0x7f || virama(prev) && unicode.IsLetter(next)
}

// virama finds the signs that make one shape of two consonants in the
// scripts of India that do so.
func virama(r rune) bool {
	switch r {
	case 0x94d, 0x9cd, 0xacd, 0xb4d, 0xc4d, 0xd4d:
		return true
	}
	return false
}

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
