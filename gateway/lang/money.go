package lang

import (
	"strconv"
	"strings"

	"haat/catalog"
)

// money is how a language writes numbers and amounts.
type money struct {
	Thousands  string            `yaml:"thousands"`  // between groups of digits; may be empty
	Decimal    string            `yaml:"decimal"`    // before the minor unit
	Grouping   []int             `yaml:"grouping"`   // digits in each group, from the right; the last goes on
	Digits     string            `yaml:"digits"`     // 0 to 9, where not ASCII
	After      bool              `yaml:"after"`      // the currency stands behind the amount
	Currencies map[string]string `yaml:"currencies"` // what a currency is called, where not by its ISO code
}

// Currency is what people call the currency with the ISO 4217 code.
func (l *Language) Currency(code string) string {
	if name, ok := l.money.Currencies[code]; ok {
		return name
	}
	return code
}

// Money writes an amount with its currency: "KES 1,700", "1 700,50 F".
func (l *Language) Money(m catalog.Money) string {
	if l.money.After {
		return l.Amount(m) + " " + l.Currency(m.Currency)
	}
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
	b.Grow(24)
	b.WriteString(sign)
	digits := strconv.FormatUint(whole, 10)
	for i := range len(digits) {
		if i > 0 && l.groupEnds(len(digits)-i) {
			b.WriteString(l.money.Thousands)
		}
		b.WriteByte(digits[i])
	}
	if cents > 0 {
		b.WriteString(l.money.Decimal)
		b.WriteByte('0' + byte(cents/10))
		b.WriteByte('0' + byte(cents%10))
	}
	return l.Digits(b.String())
}

// groupEnds tells whether a group of digits ends so many digits from the right.
func (l *Language) groupEnds(n int) bool {
	for i := 0; n > 0; i++ {
		n -= l.money.Grouping[min(i, len(l.money.Grouping)-1)]
	}
	return n == 0
}

// Number writes a count.
func (l *Language) Number(n int) string { return l.Digits(strconv.Itoa(n)) }

// Digits writes a text's digits as the language does.
func (l *Language) Digits(text string) string {
	if l.money.Digits == "" {
		return text
	}
	own := []rune(l.money.Digits)
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return own[r-'0']
		}
		return r
	}, text)
}
