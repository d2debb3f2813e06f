package catalog

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseMoney(t *testing.T) {
	tests := []struct {
		name, text, currency string
		minor                int64
		want                 string // written again
	}{
		{"whole", "850", "KES", 85000, "850.00"},
		{"one digit", "850.5", "KES", 85050, "850.50"},
		{"two digits", "850.05", "KES", 85005, "850.05"},
		{"zeroes beyond", "850.0500", "KES", 85005, "850.05"},
		{"below one", "0.05", "KES", 5, "0.05"},
		{"leading zeroes", "007", "KES", 700, "7.00"},
		{"no minor unit", "850", "UGX", 850, "850"},
		{"no minor unit, zeroes", "850.00", "UGX", 850, "850"},
		{"largest", "100000000000", "KES", 1e13, "100000000000.00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseMoney(tt.text, tt.currency)
			if err != nil || got != (Money{tt.minor, tt.currency}) {
				t.Fatalf("got %v, %v", got, err)
			}
			if got.Decimal() != tt.want {
				t.Errorf("writes %s", got.Decimal())
			}
		})
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "dot": ".", "no whole": ".5", "no fraction": "5.", "two dots": "1.2.3", "sign": "-1", "plus": "+1",
		"comma": "1,5", "exponent": "1e3", "space": " 1", "letters": "KES", "other digits": "٥", "too fine": "1.005",
		"too large": "100000000000.01", "beyond int64": strings.Repeat("9", 40),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := ParseMoney(text, "KES"); !errors.Is(err, ErrMoney) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	if _, err := ParseMoney("1.5", "UGX"); !errors.Is(err, ErrMoney) {
		t.Errorf("a fraction of a shilling that has none: %v", err)
	}
}

func TestMoneyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Money{rapid.Int64Range(0, maxMinor).Draw(t, "minor"), rapid.SampledFrom([]string{"KES", "UGX", "INR", "XOF"}).Draw(t, "currency")}
		got, err := ParseMoney(m.Decimal(), m.Currency)
		if err != nil || got != m {
			t.Fatalf("%v is written %s and read as %v, %v", m, m.Decimal(), got, err)
		}
	})
}

func TestMoneySums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := Money{rapid.Int64Range(0, 1e9).Draw(t, "price"), "KES"}
		n, more := rapid.IntRange(0, 9999).Draw(t, "n"), rapid.IntRange(0, 9999).Draw(t, "more")
		if price.Times(n).Plus(price.Times(more)) != price.Times(n+more) {
			t.Fatal("n times and more times are not n+more times")
		}
	})
}

func TestMoneyBelowZero(t *testing.T) {
	if got := (Money{-5, "KES"}).Decimal(); got != "-0.05" {
		t.Errorf("writes %s", got)
	}
}
