// Package gsm knows how texts travel over GSM: which characters the GSM 03.38
// (3GPP TS 23.038) default alphabet has, what each costs, and into how many
// segments a text falls when it is sent as SMS.
//
// A character of the default alphabet is one septet; one of its extension table
// is two, an escape and a septet. A text with any other character travels
// whole in UCS-2, where a character outside the basic plane is a surrogate
// pair of two code units.
package gsm

// Alphabet is the character coding in which a text travels.
type Alphabet uint8

// The two alphabets that a text can need.
const (
	GSM7 Alphabet = iota // the default alphabet with its extension table
	UCS2                 // everything else
)

func (a Alphabet) String() string {
	if a == GSM7 {
		return "GSM-7"
	}
	return "UCS-2"
}

// What a single short message holds, and what is left in each part of a
// concatenated one beside the header that joins the parts.
const (
	SingleSeptets = 160
	PartSeptets   = 153
	SingleUnits   = 70
	PartUnits     = 67
)

// basic leaves out the escape itself, which is no character of its own: a
// text that holds it could otherwise pass for an extension character.
const (
	basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ" +
		" !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
		"¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "\f^{}\\[~]|" // and the euro sign, which lies beyond the table
	euro      = '€'
)

// costs holds the septets of every character below its length; 0 marks those
// that GSM-7 does not have. It ends after Greek, the last script with letters
// in the default alphabet.
var costs = func() (t [0x400]uint8) {
	for _, r := range basic {
		t[r] = 1
	}
	for _, r := range extension {
		t[r] = 2
	}
	return t
}()

// cost is how many septets a character takes, 0 where GSM-7 does not have it.
func cost(r rune) int {
	if r < rune(len(costs)) {
		return int(costs[r])
	}
	if r == euro {
		return 2
	}
	return 0
}

// Septets is the length of a text in septets, extension characters counted
// twice. It is not ok when GSM-7 lacks a character of the text, and the length
// then is that of the characters which it has: lengths of pieces add up.
func Septets(s string) (n int, ok bool) {
	ok = true
	for _, r := range s {
		c := cost(r)
		n += c
		ok = ok && c > 0
	}
	return n, ok
}

// Units is the length of a text in UTF-16 code units, which is what UCS-2
// counts on the air. Every invalid byte counts as the one replacement character
// that it would be sent as.
func Units(s string) int {
	n := 0
	for _, r := range s {
		n += units(r)
	}
	return n
}

func units(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// Encoding is the alphabet in which a text travels: GSM7 whenever it has all
// of the text's characters.
func Encoding(s string) Alphabet {
	if _, ok := Septets(s); ok {
		return GSM7
	}
	return UCS2
}

// Segments is how many short messages a text takes, 0 for an empty one. Neither
// an extension character nor a surrogate pair is torn in two: one that
// would straddle a part's end moves to the next part as a whole.
func Segments(s string) int {
	n, ok := Septets(s)
	if !ok {
		return segments(s, Units(s), SingleUnits, PartUnits, units)
	}
	return segments(s, n, SingleSeptets, PartSeptets, cost)
}

func segments(s string, length, single, part int, cost func(rune) int) int {
	if length == 0 {
		return 0
	}
	if length <= single {
		return 1
	}
	count, used := 1, 0
	for _, r := range s {
		c := cost(r)
		if used += c; used > part {
			count, used = count+1, c
		}
	}
	return count
}
