package screen

import (
	"fmt"

	"haat/gateway/gsm"
)

// MinSeptets and MinUnits are the smallest budget for which fitting is
// promised: beside the bare keys "98 0 00" there is always room for an
// option's key and some of its text.
const (
	MinSeptets = 40
	MinUnits   = 40
)

// Budget is what one message may hold. A text of GSM 03.38 characters is
// measured in septets, any other in UCS-2 code units.
type Budget struct {
	Septets int
	Units   int
	GSM7    bool // the channel carries GSM 03.38 alone; Units is of no use then
}

// USSD is what one screen of a USSD session holds on the networks that allow
// least, unless they are configured otherwise.
func USSD() Budget {
	return Budget{Septets: gsm.SingleSeptets, Units: gsm.SingleUnits}
}

// SMS is what a message of so many segments holds (fewer than 1 count as 1). In
// a message of several segments each but the last may have to end one short, so
// that no extension character and no surrogate pair is torn in two; that room
// is not part of the budget, and whatever fits takes no more segments.
func SMS(segments int) Budget {
	if segments <= 1 {
		return Budget{Septets: gsm.SingleSeptets, Units: gsm.SingleUnits}
	}
	torn := segments - 1
	return Budget{Septets: segments*gsm.PartSeptets - torn, Units: segments*gsm.PartUnits - torn}
}

// Valid tells whether the budget is large enough for a screen. A draft that is
// fitted to a smaller one is fitted to the smallest instead.
func (b Budget) Valid() error {
	if b.Septets < MinSeptets {
		return fmt.Errorf("a budget of %d septets is too small for a screen: set at least %d", b.Septets, MinSeptets)
	}
	if b.Units < MinUnits {
		return fmt.Errorf("a budget of %d UCS-2 units is too small for a screen: set at least %d", b.Units, MinUnits)
	}
	return nil
}

// Fits tells whether the text can be sent whole within the budget.
func (b Budget) Fits(text string) bool {
	s := measure(text)
	return s.of(s.ucs2) <= b.in(s.ucs2) && !(b.GSM7 && s.ucs2)
}

// holds is Fits for pieces that are put together one by one: whatever holds
// goes on to hold when a piece is taken away. For that a text in UCS-2 must not
// have more septets than the budget either, lest taking the one character away
// that GSM-7 lacks doubles the price of extension characters. It matters only
// where UCS-2 has room for more than half of the septets.
func (b Budget) holds(s size) bool {
	return s.septets <= b.Septets && (!s.ucs2 || s.units <= b.Units)
}

// in is the budget in code units where the text needs UCS-2, else in septets.
func (b Budget) in(ucs2 bool) int {
	if ucs2 {
		return b.Units
	}
	return b.Septets
}

// bytes is a length in UTF-8 beyond which no text fits: a septet costs at most
// two bytes (the euro sign has two septets in its three), a code unit three.
func (b Budget) bytes() int { return max(2*b.Septets, 3*b.Units) }

// size is the length of a piece of a page in both measures, for which of them
// counts is known only when the whole page is. Septets are those of the
// characters that GSM 03.38 has.
type size struct {
	septets, units int
	ucs2           bool // a character is not in GSM 03.38
}

func measure(s string) size {
	septets, ok := gsm.Septets(s)
	return size{septets: septets, units: gsm.Units(s), ucs2: !ok}
}

// ascii is the size of n characters of ASCII that are not of the extension table.
func ascii(n int) size { return size{septets: n, units: n} }

func (s size) plus(t size) size {
	return size{s.septets + t.septets, s.units + t.units, s.ucs2 || t.ucs2}
}

// of is the size in code units, or in septets.
func (s size) of(ucs2 bool) int {
	if ucs2 {
		return s.units
	}
	return s.septets
}
