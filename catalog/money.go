package catalog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount in the minor unit of its currency: KES 850.00 is
// {Minor: 85000, Currency: "KES"}.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"` // ISO 4217
}

// noMinorUnit lists the currencies whose ISO 4217 exponent is 0; every other
// currency that haat's markets use has 2 digits.
var noMinorUnit = map[string]bool{"RWF": true, "UGX": true, "XAF": true, "XOF": true, "BIF": true, "DJF": true, "GNF": true, "KMF": true, "VND": true, "JPY": true, "KRW": true}

// Digits is how many decimal digits the currency's minor unit has.
func Digits(currency string) int {
	if noMinorUnit[currency] {
		return 0
	}
	return 2
}

// maxMinor keeps every total of a full basket far below the limit of int64.
const maxMinor = 1e13

// ErrMoney says that a text is no amount of money.
var ErrMoney = errors.New(sayAmount)

// notMoney is an ErrMoney that tells in which way.
type notMoney struct{ Reason }

func (e *notMoney) Error() string        { return e.Say }
func (e *notMoney) Is(target error) bool { return target == ErrMoney }

// ParseMoney reads a decimal such as "850", "850.5" or "850.00". It does not
// read signs, exponents, or more digits than the currency has.
func ParseMoney(s, currency string) (Money, error) {
	m, why := parseMoney(s, currency)
	if why.Key != "" {
		return Money{}, &notMoney{why}
	}
	return m, nil
}

// parseMoney gives a reason where a text is no amount.
func parseMoney(s, currency string) (m Money, why Reason) {
	whole, frac, dot := strings.Cut(s, ".")
	digits := Digits(currency)
	if whole == "" || dot && frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return m, reasons.Of("amount")
	}
	if len(strings.TrimRight(frac, "0")) > digits {
		return m, reasons.Of("amount_digits", "currency", currency, "n", digits)
	}
	frac = (frac + strings.Repeat("0", digits))[:digits]
	minor, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil || minor > maxMinor {
		return m, reasons.Of("amount_large")
	}
	return Money{Minor: minor, Currency: currency}, why
}

// Decimal writes the amount as a plain decimal with all digits of its
// currency: "850.00".
func (m Money) Decimal() string {
	digits := Digits(m.Currency)
	if digits == 0 {
		return strconv.FormatInt(m.Minor, 10)
	}
	sign, minor := "", m.Minor
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return fmt.Sprintf("%s%d.%02d", sign, minor/100, minor%100)
}

// Times is the amount n times over.
func (m Money) Times(n int) Money { return Money{m.Minor * int64(n), m.Currency} }

// Plus adds two amounts of one currency.
func (m Money) Plus(o Money) Money { return Money{m.Minor + o.Minor, m.Currency} }
