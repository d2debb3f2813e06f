package orders

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"haat/catalog"
)

// Limits of an order. The dialogue keeps well within them; the processor
// refuses what is beyond, whoever sent it.
const (
	MaxLines = 200
	MaxQty   = 9999 // of one line
	maxWord  = 64   // bytes of an id, a channel, a language, ...
)

// Validate says what is wrong with a request that no order can be made of. Such
// a request is refused for good: it would fail in the same way every time.
func (r Request) Validate() error {
	switch {
	case r.Place != nil && r.Cancel != nil:
		return errors.New("a request places or cancels, not both")
	case r.Place != nil:
		return r.Place.Validate()
	case r.Cancel != nil:
		return r.Cancel.validate()
	}
	return errors.New("a request must place or cancel an order")
}

func (c *Cancel) validate() error {
	if err := validWord("id", c.ID); err != nil {
		return err
	}
	return ValidPhone(c.Phone)
}

// Validate says what is wrong with an order that is to be placed: its words
// and numbers, and whether its total is the sum of its lines in one currency.
func (o *Order) Validate() error {
	for _, w := range []struct{ name, word string }{
		{"id", o.ID}, {"channel", o.Channel}, {"language", o.Language}, {"pickup_code", o.PickupCode},
	} {
		if err := validWord(w.name, w.word); err != nil {
			return err
		}
	}
	if err := ValidPhone(o.Phone); err != nil {
		return err
	}
	switch {
	case !isID(o.Station):
		return fmt.Errorf("station %q must be 1 to %d letters, digits, - or _", o.Station, maxWord)
	case o.Number <= 0:
		return fmt.Errorf("number is %d, not above zero", o.Number)
	case o.Status != "" && o.Status != Placed:
		return fmt.Errorf("status is %q before it was decided", o.Status)
	case o.PlacedAt.Year() < 2000 || o.PlacedAt.Year() > 2200: // kept as nanoseconds of an int64
		return fmt.Errorf("placed_at %s is no time of an order", o.PlacedAt.Format(time.RFC3339))
	}
	return validLines(o.Lines, o.Total)
}

func validLines(lines []Line, total catalog.Money) error {
	if len(lines) < 1 || len(lines) > MaxLines {
		return fmt.Errorf("%d lines, not 1 to %d", len(lines), MaxLines)
	}
	if len(total.Currency) != 3 {
		return fmt.Errorf("currency %q is no ISO 4217 code", total.Currency)
	}
	dearest := catalog.LargestPrice(total.Currency).Minor // also keeps the sum within an int64
	for i, l := range lines {
		switch {
		case validWord("sku", l.SKU) != nil:
			return fmt.Errorf("line %d: %w", i+1, validWord("sku", l.SKU))
		case l.Qty < 1 || l.Qty > MaxQty:
			return fmt.Errorf("line %d: quantity %d, not 1 to %d", i+1, l.Qty, MaxQty)
		case l.UnitPrice.Currency != total.Currency:
			return fmt.Errorf("line %d is in %q and the total in %q", i+1, l.UnitPrice.Currency, total.Currency)
		case l.UnitPrice.Minor < 0 || l.UnitPrice.Minor > dearest:
			return fmt.Errorf("line %d: a price of %s", i+1, l.UnitPrice.Decimal())
		}
	}
	if sum := Sum(lines, total.Currency); sum != total {
		return fmt.Errorf("the total is %s and its lines add up to %s", total.Decimal(), sum.Decimal())
	}
	return nil
}

func validWord(name, word string) error {
	if word == "" || len(word) > maxWord || !utf8.ValidString(word) || strings.ContainsFunc(word, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return fmt.Errorf("%s must be 1 to %d bytes of plain text", name, maxWord)
	}
	return nil
}

// isID tells whether a station's id can stand in a NATS subject.
func isID(id string) bool {
	return id != "" && len(id) <= maxWord &&
		strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

var errPhone = errors.New("a phone number is written in E.164: + and 8 to 15 digits")

// ValidPhone refuses what is not written like E.164. It does not say the
// number, so that the error may be logged.
func ValidPhone(phone string) error {
	digits, plus := strings.CutPrefix(phone, "+")
	if !plus || len(digits) < 8 || len(digits) > 15 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return errPhone
	}
	return nil
}
