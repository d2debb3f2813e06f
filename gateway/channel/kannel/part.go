package kannel

import (
	"fmt"
	"hash/fnv"

	"haat/gateway/gsm"
)

// maxParts is how many parts the header of a long SMS can count.
const maxParts = 255

// part is one short message of a long SMS, or the whole of a short one.
type part struct {
	text       string
	number, of int // 1 of 3; 0 of 0 is the whole
}

// partID is our id of a part of an SMS.
func partID(ref, number string) string { return ref + "." + number }

// header is the user data header by which a phone puts the parts together, in
// hexadecimal, "" for a whole: 3GPP TS 23.040, 9.2.3.24.1, concatenation with a
// reference of 8 bits. The reference comes from ours, so that it is the same at
// every attempt.
func (p part) header(ref string) string {
	if p.of == 0 {
		return ""
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(ref)) // a hash never fails
	return fmt.Sprintf("050003%02x%02x%02x", sum.Sum32()&0xff, p.of, p.number)
}

// coding is Kannel's for a text. It must be said of a part even where it is
// GSM-7: a message with a header is taken for binary.
func coding(text string) string {
	if gsm.Encoding(text) == gsm.GSM7 {
		return gsm7
	}
	return ucs2
}
