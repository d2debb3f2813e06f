package console

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/unicode/runenames"

	"haat/gateway"
	"haat/gateway/gsm"
)

// sizeView is what an SMS takes, and which character makes it dear.
type sizeView struct {
	gsm.Size
	Parts   int
	Cost    string // with its currency; "" where nobody knows the price
	Problem string // the text of why its channel does not send it
	Dear    *dearView
	Room    int // what its segments hold, for the meter
	refused error
}

// dearView is the first character for which a text travels in UCS-2.
type dearView struct {
	Before, Char, After string // the text around it
	Code, Name          string // as Unicode has it
	Plain               string // what it may be replaced by; "" where there is nothing
	Fixed               string // the whole text with all such characters replaced; "" where that does not help
	Saves               int    // segments that the replacement spares
}

// around is how much of the text is shown beside the character, in characters.
const around = 28

// sizeOf is what a text takes when a channel sends it to a phone.
func sizeOf(text string, phone gateway.Phone, by Writer) sizeView {
	v := sizeView{Size: gsm.Measure(text), Parts: max(by.Parts, 1)}
	if cost := by.Tariff.Cost(phone, max(v.Segments, 1)); cost != nil && v.Segments > 0 {
		v.Cost = cost.String()
	}
	v.Dear = dearIn(text, v.Segments)
	switch {
	case v.Segments == 0:
		v.refused = gateway.ErrEmpty
	case v.Segments > v.Parts:
		v.refused, v.Problem = gateway.ErrTooLong, "compose.too_long"
	case by.GSM7 && v.Alphabet != gsm.GSM7:
		v.refused, v.Problem = gateway.ErrAlphabet, "compose.alphabet"
	}
	v.Room = v.Length + v.Left
	return v
}

// dearIn marks the first character that GSM-7 lacks.
func dearIn(text string, segments int) *dearView {
	r, at := gsm.Dear(text)
	if at < 0 {
		return nil
	}
	end := at + utf8.RuneLen(r)
	d := &dearView{Before: lastOf(text[:at]), Char: string(r), After: firstOf(text[end:]), Code: fmt.Sprintf("U+%04X", r), Name: runenames.Name(r)}
	if plain, ok := gsm.Plain(d.Char); ok {
		d.Plain = plain
	}
	if fixed, ok := gsm.Plain(text); ok {
		d.Fixed, d.Saves = fixed, segments-gsm.Segments(fixed)
	}
	return d
}

func lastOf(s string) string {
	if runes := []rune(s); len(runes) > around {
		return "…" + string(runes[len(runes)-around:])
	}
	return s
}

func firstOf(s string) string {
	if runes := []rune(s); len(runes) > around {
		return string(runes[:around]) + "…"
	}
	return s
}
