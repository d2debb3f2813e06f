package lang

import (
	"strconv"
	"strings"

	"haat/catalog"
)

// money is how a language writes amounts.
type money struct {
	Thousands  string            `yaml:"thousands"`  // between groups of three digits; may be empty
	Decimal    string            `yaml:"decimal"`    // before the minor unit
	Currencies map[string]string `yaml:"currencies"` // what a currency is called, where not by its ISO code
}

// Currency is what people call the currency with the ISO 4217 code.
func (l *Language) Currency(code string) string {
	if name, ok := l.money.Currencies[code]; ok {
		return name
	}
	return code
}

// Money writes an amount with its currency: "KES 1,700", "KES 1,700.50".
func (l *Language) Money(m catalog.Money) string {
	return l.Currency(m.Currency) + " " + l.Amount(m)
}

// Amount writes an amount without its currency, and without a minor part that
// is zero.
func (l *Language) Amount(m catalog.Money) string {
	sign, minor := "", uint64(m.Minor)
	if m.Minor < 0 {
		sign, minor = "-", -minor // also right for the smallest int64
	}
	whole, cents := minor, uint64(0)
	if catalog.Digits(m.Currency) == 2 {
		whole, cents = minor/100, minor%100
	}
	var b strings.Builder
	b.Grow(16)
	b.WriteString(sign)
	digits := strconv.FormatUint(whole, 10)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(l.money.Thousands)
		}
		b.WriteByte(digits[i])
	}
	if cents > 0 {
		b.WriteString(l.money.Decimal)
		b.WriteByte('0' + byte(cents/10))
		b.WriteByte('0' + byte(cents%10))
	}
	return b.String()
}
