package gateway

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTariff(t *testing.T) {
	tariff := Tariff{Currency: "USD", Prices: map[string]int64{"+1": 7_500, "+254": 25_000, "+2547": 20_000}}
	for _, tt := range []struct {
		phone    Phone
		segments int
		want     string // "": not known
	}{
		{"+254700000001", 1, "USD 0.02"},
		{"+254100000001", 3, "USD 0.075"},
		{"+15005550006", 1, "USD 0.0075"},
		{"+15005550006", 0, "USD 0.00"},
		{"+919800000001", 1, ""},
	} {
		got := ""
		if c := tariff.Cost(tt.phone, tt.segments); c != nil {
			got = c.String()
		}
		if got != tt.want {
			t.Errorf("%d segments to %s cost %q, want %q", tt.segments, tt.phone, got, tt.want)
		}
	}
	tariff.Prices["+"] = 1_000_000
	if c := tariff.Cost("+919800000001", 2); c == nil || c.String() != "USD 2.00" {
		t.Errorf("everybody else costs %v", c)
	}
}

func TestParsePrice(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "0.8": 800_000, "0.80": 800_000, ".5": 500_000, "12": 12_000_000, "0.000001": 1, "1000000": 1_000_000_000_000} {
		if got, err := ParsePrice(text); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "-1", "1e3", "1/3", "0x10", "0.0000001", "1000001", "1,5", "1_000", "+1e-9", "NaN", "Inf"} {
		if got, err := ParsePrice(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestCostIsWrittenAsItIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Cost{rapid.Int64Range(0, 1_000_000_000_000).Draw(t, "micros"), "KES"}
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back Cost
		if err := json.Unmarshal(data, &back); err != nil || back != c {
			t.Fatalf("%s is read as %+v, %v", data, back, err)
		}
	})
}

func TestParseBalance(t *testing.T) {
	for text, want := range map[string]string{
		"1785.5000 KES": "KES 1785.50", "0 KES": "KES 0.00", "-0.35 USD": "USD -0.35", "-12 USD": "USD -12.00", "2500000.0000 UGX": "UGX 2500000.00",
		"0.0000019 USD": "USD 0.000001", "-0.0000019 USD": "USD -0.000001", "9223372036854.775807 USD": "USD 9223372036854.775807",
		"-9223372036854.775808 USD": "USD -9223372036854.775808", ".5 USD": "USD 0.50", "5. USD": "USD 5.00",
	} {
		amount, currency, _ := strings.Cut(text, " ")
		got, err := ParseBalance(amount, currency)
		if err != nil || got.String() != want {
			t.Errorf("%q is %v, %v, want %s", text, got, err, want)
		}
		if back, err := ParseBalance(got.Decimal(), got.Currency); err != nil || back != got {
			t.Errorf("%v is read again as %v, %v", got, back, err)
		}
	}
	for _, text := range []string{
		"", " KES", "x KES", "- KES", "--1 KES", "+1 KES", "1e3 KES", "1/3 KES", "0x10 KES", "1,5 KES", "1_000 KES", "1.2.3 KES", "NaN KES", "Inf KES", ". KES",
		"9223372036855 KES", "1785.5", "1785.5 kes", "1785.5 KE", "1785.5 SHILLING", "1785.5 K3S", strings.Repeat("0", 1000) + " KES",
	} {
		amount, currency, _ := strings.Cut(text, " ")
		if got, err := ParseBalance(amount, currency); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
