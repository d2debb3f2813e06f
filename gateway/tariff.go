package gateway

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
)

// Cost is what a carrier takes for short messages: millionths of a currency's
// major unit, since prices such as 0.0075 dollars are less than a cent.
type Cost struct {
	Micros   int64
	Currency string // ISO 4217
}

// ParsePrice reads a decimal such as "0.80" as millionths.
func ParsePrice(s string) (int64, error) {
	n, ok := new(big.Rat).SetString(s)
	if !ok || strings.ContainsAny(s, "eE/xX_") {
		return 0, fmt.Errorf("%q is no price: write a decimal such as 0.80", s)
	}
	n.Mul(n, big.NewRat(1_000_000, 1))
	if !n.IsInt() || n.Sign() < 0 || !n.Num().IsInt64() || n.Num().Int64() > 1_000_000_000_000 {
		return 0, fmt.Errorf("%q is no price: write 0 to 1000000 with at most six decimals", s)
	}
	return n.Num().Int64(), nil
}

// Decimal writes the cost without its currency: "0.8", with two decimals at least.
func (c Cost) Decimal() string {
	s := fmt.Sprintf("%d.%06d", c.Micros/1_000_000, c.Micros%1_000_000)
	for strings.HasSuffix(s, "0") && len(s)-strings.IndexByte(s, '.') > 3 {
		s = s[:len(s)-1]
	}
	return s
}

func (c Cost) String() string { return c.Currency + " " + c.Decimal() }

// costJSON is a cost on the wire: a decimal as text, so that no reader rounds it.
type costJSON struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// MarshalJSON implements [json.Marshaler].
func (c Cost) MarshalJSON() ([]byte, error) {
	return json.Marshal(costJSON{c.Decimal(), c.Currency})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Cost) UnmarshalJSON(data []byte) error {
	var wire costJSON
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	micros, err := ParsePrice(wire.Amount)
	*c = Cost{micros, wire.Currency}
	return err
}

// Tariff is what a channel's carrier takes for one segment.
type Tariff struct {
	Currency string
	Prices   map[string]int64 // millionths, by the beginning of the phone number: "+254"; "+" is everybody else
}

// Prefix is the longest beginning of the phone number that has a price, or "".
func (t Tariff) Prefix(p Phone) string {
	for n := len(p); n > 0; n-- {
		if _, ok := t.Prices[string(p[:n])]; ok {
			return string(p[:n])
		}
	}
	return ""
}

// Cost is the price of segments to a phone, nil where the tariff has none.
func (t Tariff) Cost(p Phone, segments int) *Cost {
	if prefix := t.Prefix(p); prefix != "" {
		return &Cost{t.Prices[prefix] * int64(segments), t.Currency}
	}
	return nil
}
