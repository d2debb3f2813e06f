package gsm

import "strings"

// escape announces a character of the extension table.
const escape = 0x1b

// extended gives the codes of the extension table's characters
// (3GPP TS 23.038, 6.2.1.1).
func extended(r rune) (code byte, ok bool) {
	switch r {
	case '\f':
		return 0x0a, true
	case '^':
		return 0x14, true
	case '{':
		return 0x28, true
	case '}':
		return 0x29, true
	case '\\':
		return 0x2f, true
	case '[':
		return 0x3c, true
	case '~':
		return 0x3d, true
	case ']':
		return 0x3e, true
	case '|':
		return 0x40, true
	case euro:
		return 0x65, true
	}
	return 0, false
}

// codes holds the code of every character of the default alphabet, and
// unescaped and escaped hold the characters of the codes.
var codes, unescaped, escaped = func() (codes [0x400]byte, unescaped, escaped [0x80]rune) {
	code := byte(0)
	for _, r := range basic {
		if code == escape {
			code++
		}
		codes[r], unescaped[code] = code, r
		code++
	}
	for _, r := range extension + string(euro) {
		code, _ := extended(r)
		escaped[code] = r
	}
	return codes, unescaped, escaped
}()

// AppendSeptets adds the text in GSM-7 to b, one septet an octet, not packed. A
// character that GSM-7 lacks becomes a question mark: see [Encoding].
func AppendSeptets(b []byte, s string) []byte {
	for _, r := range s {
		switch cost(r) {
		case 1:
			b = append(b, codes[r])
		case 2:
			code, _ := extended(r)
			b = append(b, escape, code)
		default:
			b = append(b, codes['?'])
		}
	}
	return b
}

// FromSeptets reads a text in GSM-7 with one septet an octet. As the standard
// asks, an escape before a code that the extension table lacks is ignored. An
// octet beyond 0x7f, which is no septet, becomes U+FFFD.
func FromSeptets(b []byte) string {
	var s strings.Builder
	s.Grow(len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == escape {
			if i++; i == len(b) {
				break
			}
			if c = b[i]; c < 0x80 && escaped[c] != 0 {
				s.WriteRune(escaped[c])
				continue
			}
		}
		switch {
		case c >= 0x80:
			s.WriteRune('\ufffd')
		case c == escape: // two in a row are a space for who knows no further table
			s.WriteByte(' ')
		default:
			s.WriteRune(unescaped[c])
		}
	}
	return s.String()
}
