package gateway

import (
	"encoding/json"
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
